//! Lists, dicts and sets.

use std::collections::BTreeSet;

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::access::range;
use super::ops::{contains, equal};
use super::{Call, FILTER, GLOBAL, Native, native};
use crate::bounds::ITEM;
use crate::context::Context;
use crate::error::{type_error, value_error};
use crate::value::{compare, dict, items, length, list, pairs, sort_by, tuple, type_name};

const BOTH: u8 = GLOBAL | FILTER;

pub(super) const TABLE: &[Native] = &[
    native("range", GLOBAL, |call| {
        let (first, stop) = match call.args.len() {
            1 => (0, call.get_int(0, "stop", 0)?),
            _ => (call.get_int(0, "start", 0)?, call.get_int(1, "stop", 0)?),
        };
        let numbers = range(first, stop, call.get_int(2, "step", 1)?)?;
        call.charge(numbers.len() * ITEM)?;
        Ok(list(numbers))
    }),
    native("length", FILTER, |call| length(&call.context, &call.need(0, "value")?).map(Value::from)),
    native("count", FILTER, |call| length(&call.context, &call.need(0, "value")?).map(Value::from)),
    native("len", GLOBAL, |call| length(&call.context, &call.need(0, "value")?).map(Value::from)),
    native("first", FILTER, |call| Ok(call.need_items(0, "seq")?.into_iter().next().unwrap_or_default())),
    native("last", FILTER, |call| Ok(call.need_items(0, "seq")?.pop().unwrap_or_default())),
    native("reverse", FILTER, reverse),
    native("sort", FILTER, sort),
    native("unique", FILTER, unique),
    native("items", FILTER, |call| {
        let value = call.need(0, "value")?;
        if value.is_undefined() {
            return Ok(list(Vec::new()));
        }
        Ok(list(pairs(&call.context, &value)?.into_iter().map(|(key, value)| tuple(vec![key, value])).collect()))
    }),
    native("dictsort", FILTER, dictsort),
    native("batch", FILTER, batch),
    native("slice", FILTER, slice),
    native("zip", BOTH, zip),
    native("flatten", BOTH, flatten),
    native("union", BOTH, |call| combine_sets(call, |_, _| true, true)),
    native("intersect", BOTH, |call| combine_sets(call, |_, in_other| in_other, false)),
    native("difference", BOTH, |call| combine_sets(call, |_, in_other| !in_other, false)),
    native("symmetric_difference", BOTH, |call| combine_sets(call, |_, in_other| !in_other, true)),
    native("combine", BOTH, combine),
];

/// The items of `all` without repetitions, in their order.
pub(super) fn distinct(context: &Context, all: Vec<Value>) -> Result<Vec<Value>, Error> {
    // Texts are looked up in a set; anything else is compared one by one, which is charged.
    let mut texts = BTreeSet::new();
    let mut others: Vec<Value> = Vec::new();
    let mut kept = Vec::new();
    for item in all {
        let new = match item.to_str() {
            Some(text) => {
                context.charge(text.len())?;
                texts.insert(text)
            }
            None => {
                let mut new = true;
                for other in &others {
                    context.charge(4)?;
                    if equal(context, other, &item)? {
                        new = false;
                        break;
                    }
                }
                if new {
                    others.push(item.clone());
                }
                new
            }
        };
        if new {
            kept.push(item);
        }
    }
    Ok(kept)
}

fn reverse(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    if let Some(text) = value.as_str() {
        call.charge(text.len())?;
        return Ok(Value::from(text.chars().rev().collect::<String>()));
    }
    let mut all = items(&call.context, &value)?;
    all.reverse();
    Ok(list(all))
}

/// A key to sort by: an attribute if one is named, text without its case unless told otherwise.
fn sort_key(context: &Context, item: &Value, attribute: Option<&str>, case_sensitive: bool) -> Result<Value, Error> {
    let key = match attribute {
        None => item.clone(),
        Some(paths) => {
            let mut parts = Vec::new();
            for path in paths.split(',') {
                parts.push(super::select::path(context, item, path.trim())?);
            }
            match <[Value; 1]>::try_from(parts) {
                Ok([one]) => one,
                Err(parts) => tuple(parts),
            }
        }
    };
    match key.as_str() {
        Some(text) if !case_sensitive => {
            context.charge(text.len())?;
            Ok(Value::from(text.to_lowercase()))
        }
        _ => Ok(key),
    }
}

/// `sort(reverse, case_sensitive, attribute)`.
fn sort(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let all = call.need_items(0, "value")?;
    let reverse = call.get_flag(1, "reverse", false);
    let case_sensitive = call.get_flag(2, "case_sensitive", false);
    let attribute = call.get(3, "attribute").filter(|value| !value.is_none());
    let attribute = match &attribute {
        Some(value) => Some(crate::python::str(&call.context, value)?),
        None => None,
    };
    let mut keyed = Vec::with_capacity(all.len());
    for item in all {
        keyed.push((sort_key(&call.context, &item, attribute.as_deref(), case_sensitive)?, item));
    }
    let context = &call.context;
    let sorted = sort_by(keyed, &mut |(a, _), (b, _)| {
        context.charge(8)?;
        let order = compare(context, a, b, "<")?;
        Ok(if reverse { order.reverse() } else { order })
    })?;
    Ok(list(sorted.into_iter().map(|(_, item)| item).collect()))
}

/// `unique(case_sensitive, attribute)`.
fn unique(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let all = call.need_items(0, "value")?;
    let case_sensitive = call.get_flag(1, "case_sensitive", false);
    let attribute = call.get_str(2, "attribute")?;
    let mut keys = Vec::new();
    for item in &all {
        keys.push(sort_key(&call.context, item, attribute.as_deref(), case_sensitive)?);
    }
    let mut kept: Vec<Value> = Vec::new();
    let mut texts = BTreeSet::new();
    let mut others: Vec<Value> = Vec::new();
    for (key, item) in keys.into_iter().zip(all) {
        let new = match key.to_str() {
            Some(text) => texts.insert(text),
            None => {
                let known = contains(&call.context, &list(others.clone()), &key)?;
                if !known {
                    call.charge(others.len() * ITEM)?;
                    others.push(key);
                }
                !known
            }
        };
        if new {
            kept.push(item);
        }
    }
    Ok(list(kept))
}

/// `dictsort(case_sensitive, by, reverse)`.
fn dictsort(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let all = pairs(&call.context, &call.need(0, "value")?)?;
    let case_sensitive = call.get_flag(1, "case_sensitive", false);
    let by_value = call.get_str(2, "by")?.as_deref() == Some("value");
    let reverse = call.get_flag(3, "reverse", false);
    let mut keyed = Vec::with_capacity(all.len());
    for (key, value) in all {
        let by = if by_value { &value } else { &key };
        keyed.push((sort_key(&call.context, by, None, case_sensitive)?, tuple(vec![key, value])));
    }
    let context = &call.context;
    let sorted = sort_by(keyed, &mut |(a, _), (b, _)| {
        context.charge(8)?;
        let order = compare(context, a, b, "<")?;
        Ok(if reverse { order.reverse() } else { order })
    })?;
    Ok(list(sorted.into_iter().map(|(_, item)| item).collect()))
}

/// `batch(size, fill)`: lists of that many items.
fn batch(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let all = call.need_items(0, "value")?;
    let Some(size) = usize::try_from(call.get_int(1, "linecount", 0)?).ok().filter(|size| *size > 0) else {
        return Err(value_error("batch size must be at least 1"));
    };
    let fill = call.get(2, "fill_with");
    let mut batches: Vec<Value> = Vec::new();
    for chunk in all.chunks(size) {
        let mut chunk = chunk.to_vec();
        if let Some(fill) = &fill {
            call.charge((size - chunk.len()).saturating_mul(ITEM))?;
            chunk.resize(size, fill.clone());
        }
        call.charge(ITEM * 2)?;
        batches.push(list(chunk));
    }
    Ok(list(batches))
}

/// `slice(n, fill)`: that many lists.
fn slice(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let all = call.need_items(0, "value")?;
    let Some(n) = usize::try_from(call.get_int(1, "slices", 0)?).ok().filter(|n| *n > 0) else {
        return Err(value_error("number of slices must be at least 1"));
    };
    call.charge(n.saturating_mul(ITEM * 2))?;
    let fill = call.get(2, "fill_with");
    let (each, longer) = (all.len() / n, all.len() % n);
    let mut rest = all.into_iter();
    let slices = (0..n).map(|at| {
        let take = each + usize::from(at < longer);
        let mut part: Vec<Value> = rest.by_ref().take(take).collect();
        if let (Some(fill), true) = (&fill, at >= longer && longer > 0) {
            part.push(fill.clone());
        }
        list(part)
    });
    Ok(list(slices.collect()))
}

fn zip(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let mut columns = Vec::new();
    for arg in &call.args {
        columns.push(items(&call.context, arg)?.into_iter());
    }
    let mut rows = Vec::new();
    if columns.is_empty() {
        return Ok(list(rows));
    }
    while let Some(row) = columns.iter_mut().map(Iterator::next).collect::<Option<Vec<Value>>>() {
        call.charge(ITEM * (row.len() + 2))?;
        rows.push(tuple(row));
    }
    Ok(list(rows))
}

/// `flatten(levels)`: the items of the lists within.
fn flatten(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    fn into(context: &Context, value: &Value, levels: Option<i64>, out: &mut Vec<Value>) -> Result<(), Error> {
        for item in items(context, value)? {
            if matches!(item.kind(), ValueKind::Seq | ValueKind::Iterable) && levels != Some(0) {
                into(context, &item, levels.map(|levels| levels - 1), out)?;
            } else {
                out.push(item);
            }
        }
        Ok(())
    }
    let value = call.need(0, "value")?;
    if value.as_str().is_some() {
        return Err(type_error("flatten expected a list, got str"));
    }
    // Bounds the depth before anything recurses over it.
    crate::value::charge_deep(&call.context, &value, 0)?;
    let levels = match call.get(1, "levels") {
        Some(levels) if !levels.is_none() => Some(call.get_int(1, "levels", 0)?),
        _ => None,
    };
    let mut out = Vec::new();
    into(&call.context, &value, levels, &mut out)?;
    Ok(list(out))
}

/// The items of the first list for which `keep` holds, and those of the second too if `both`.
fn combine_sets(call: &Call<'_, '_, '_>, keep: fn(&Value, bool) -> bool, both: bool) -> Result<Value, Error> {
    let (first, second) = (call.need(0, "value")?, call.need(1, "other")?);
    for side in [&first, &second] {
        if side.as_str().is_some() {
            return Err(type_error(format!("{} expected a list, got str", call.name)));
        }
    }
    let first = distinct(&call.context, items(&call.context, &first)?)?;
    let second = distinct(&call.context, items(&call.context, &second)?)?;
    let mut kept = Vec::new();
    let mut add = |from: &[Value], other: &[Value]| -> Result<(), Error> {
        let texts: BTreeSet<&str> = other.iter().filter_map(Value::as_str).collect();
        let rest = list(other.iter().filter(|item| item.as_str().is_none()).cloned().collect());
        for item in from {
            let in_other = match item.as_str() {
                Some(text) => texts.contains(text),
                None => contains(&call.context, &rest, item)?,
            };
            if keep(item, in_other) {
                kept.push(item.clone());
            }
        }
        Ok(())
    };
    add(&first, &second)?;
    if both {
        add(&second, &first)?;
    }
    distinct(&call.context, kept).map(list)
}

/// Dicts into one, later keys over earlier ones; with `recursive`, dicts within too.
fn combine(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    fn merge(context: &Context, base: &Value, over: &Value, depth: usize) -> Result<Value, Error> {
        if depth > crate::bounds::DEPTH {
            return Err(type_error("value is nested too deeply"));
        }
        let mut all = pairs(context, base)?;
        for (key, value) in pairs(context, over)? {
            context.charge(all.len())?;
            match all.iter_mut().find(|(known, _)| *known == key) {
                Some((_, old)) if old.kind() == ValueKind::Map && value.kind() == ValueKind::Map => {
                    *old = merge(context, old, &value, depth + 1)?;
                }
                Some((_, old)) => *old = value,
                None => all.push((key, value)),
            }
        }
        Ok(dict(all))
    }
    let recursive = call.get_flag(usize::MAX, "recursive", false);
    let mut result = dict(Vec::new());
    for arg in &call.args {
        if arg.kind() != ValueKind::Map {
            return Err(type_error(format!("combine expected a dict, got {}", type_name(arg))));
        }
        result = if recursive {
            merge(&call.context, &result, arg, 0)?
        } else {
            let mut all = pairs(&call.context, &result)?;
            all.extend(pairs(&call.context, arg)?);
            dict(all)
        };
    }
    Ok(result)
}
