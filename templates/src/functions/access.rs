//! What the rewriter makes of subscripts, loops, assignments and printing.

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::{Call, GLOBAL, Native, native};
use crate::bounds::{DEPTH, ITEM, RANGE};
use crate::context::Context;
use crate::error::{TemplateError, runtime_error, type_error, undefined_value, value_error};
use crate::objects::{Set, StateObject};
use crate::value::{as_index, charge_deep, dict, items, length, list, not_iterable, shallow_size, tuple, type_name};

pub(super) const TABLE: &[Native] = &[
    native("_dw_item", GLOBAL, item),
    native("_dw_slice", GLOBAL, slice),
    native("_dw_key", GLOBAL, key),
    native("_dw_iter", GLOBAL, iter),
    native("_dw_splat", GLOBAL, splat),
    native("_dw_keep", GLOBAL, keep),
    native("_dw_keep_in", GLOBAL, keep_in_namespace),
    native("_dw_print", GLOBAL, print),
];

/// `a[b]`.
fn item(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let (container, key) = (call.need(0, "value")?, call.need(1, "key")?);
    get_item(&call.context, &container, &key)
}

/// An item by key or index, or an attribute by name; undefined if there is none.
pub(crate) fn get_item(context: &Context, container: &Value, key: &Value) -> Result<Value, Error> {
    match container.kind() {
        ValueKind::Undefined => Err(undefined_value(container)),
        ValueKind::String | ValueKind::Seq | ValueKind::Iterable if as_index(key).is_some() => {
            let at = as_index(key).unwrap_or_default();
            if container.kind() != ValueKind::Seq {
                // A text or a lazy list is counted from its start.
                context.charge(shallow_size(container))?;
            }
            let at = if at < 0 {
                let len = i64::try_from(length(context, container)?).unwrap_or(i64::MAX);
                at.saturating_add(len)
            } else {
                at
            };
            match usize::try_from(at) {
                Ok(at) => container.get_item_by_index(at).or(Ok(Value::UNDEFINED)),
                Err(_) => Ok(Value::UNDEFINED),
            }
        }
        _ => {
            charge_deep(context, key, 0)?;
            let Some(object) = container.as_object() else { return Ok(Value::UNDEFINED) };
            match object.get_value(key) {
                Some(value) => checked(value),
                None => Ok(Value::UNDEFINED),
            }
        }
    }
}

/// A value that an object gave, or the error in it.
fn checked(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Invalid => Err(runtime_error(value.to_string())),
        _ => Ok(value),
    }
}

/// `a[start:stop:step]`.
fn slice(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    let all = match value.kind() {
        ValueKind::String | ValueKind::Seq | ValueKind::Iterable => items(&call.context, &value)?,
        ValueKind::Undefined => return Err(undefined_value(&value)),
        _ => return Err(type_error(format!("'{}' object is not subscriptable", type_name(&value)))),
    };
    let part = |at: usize| -> Result<Option<i64>, Error> {
        match call.args.get(at) {
            Some(value) if !value.is_none() => {
                as_index(value).map(Some).ok_or_else(|| type_error("slice indices must be integers or None"))
            }
            _ => Ok(None),
        }
    };
    let step = part(3)?.unwrap_or(1);
    if step == 0 {
        return Err(value_error("slice step cannot be zero"));
    }
    let len = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let (lowest, highest) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let bound = |given: Option<i64>, otherwise: i64| match given {
        None => otherwise,
        Some(at) if at < 0 => at.saturating_add(len).clamp(lowest, highest),
        Some(at) => at.clamp(lowest, highest),
    };
    let (first, last) = if step > 0 { (0, len) } else { (len - 1, -1) };
    let (mut at, stop) = (bound(part(1)?, first), bound(part(2)?, last));
    let mut taken = Vec::new();
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        taken.extend(usize::try_from(at).ok().and_then(|at| all.get(at)).cloned());
        at = at.saturating_add(step);
    }
    call.charge(taken.len() * ITEM)?;
    if value.kind() == ValueKind::String {
        return Ok(Value::from(taken.iter().filter_map(Value::as_str).collect::<String>()));
    }
    Ok(if value.is_tuple() { tuple(taken) } else { list(taken) })
}

/// A key of a dict that is being made.
fn key(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let key = call.need(0, "key")?;
    charge_deep(&call.context, &key, 0)?;
    match key.kind() {
        ValueKind::Map | ValueKind::Iterable => Err(type_error(format!("unhashable type: '{}'", type_name(&key)))),
        ValueKind::Seq if !key.is_tuple() => Err(type_error("unhashable type: 'list'")),
        _ => Ok(key),
    }
}

/// What a `for` goes through.
fn iter(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    match value.kind() {
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => Ok(value),
        ValueKind::String => Ok(list(items(&call.context, &value)?)),
        ValueKind::Undefined if !call.context.strict => Ok(list(Vec::new())),
        ValueKind::Undefined => Err(undefined_value(&value)),
        _ => Err(not_iterable(&value)),
    }
}

/// What `*` or `**` spreads over arguments.
fn splat(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    if length(&call.context, &value)? > MAX_SPLAT {
        return Err(type_error("too many arguments"));
    }
    match value.kind() {
        ValueKind::Map => Ok(dict(crate::value::pairs(&call.context, &value)?)),
        _ => Ok(list(items(&call.context, &value)?)),
    }
}

const MAX_SPLAT: usize = 256;

/// What is assigned to a name. Bounds how deep lists can grow by being put into each other.
fn keep(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    bound_depth(&call.context, &value, 0, Mutable::Allowed)?;
    Ok(value)
}

/// What is assigned to an attribute of a namespace. A namespace must not come to hold itself.
fn keep_in_namespace(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    bound_depth(&call.context, &value, 0, Mutable::Refused)?;
    Ok(value)
}

/// Whether a value may hold namespaces.
#[derive(Clone, Copy)]
pub(super) enum Mutable {
    Allowed,
    Refused,
}

pub(super) fn bound_depth(context: &Context, value: &Value, depth: usize, mutable: Mutable) -> Result<(), Error> {
    let items: Box<dyn Iterator<Item = Value>> = match (value.kind(), value.as_object()) {
        _ if is_mutable(value) => {
            return match mutable {
                Mutable::Allowed => Ok(()),
                Mutable::Refused => Err(type_error("a namespace cannot be kept in a namespace")),
            };
        }
        // What the home gave is as deep as it is, and holds nothing of the template's.
        (ValueKind::Map, _) if value.downcast_object_ref::<StateObject>().is_some() => return Ok(()),
        (ValueKind::Map, Some(map)) => Box::new(map.try_iter_pairs().into_iter().flatten().map(|(_, item)| item)),
        (ValueKind::Seq, Some(list)) => Box::new(list.try_iter().into_iter().flatten()),
        _ => match value.downcast_object_ref::<Set>() {
            Some(set) => Box::new(set.0.clone().into_iter()),
            None => return Ok(()),
        },
    };
    if depth > DEPTH {
        return Err(runtime_error("value is nested too deeply"));
    }
    for item in items {
        context.charge(1)?;
        bound_depth(context, &item, depth + 1, mutable)?;
    }
    Ok(())
}

/// Whether `value` can change after it was made: a namespace or a `loop`. Their types are private to the engine, but
/// have names.
fn is_mutable(value: &Value) -> bool {
    let is_one = |name: &str| name.ends_with("::Namespace") || name.ends_with("::Loop");
    value.as_object().is_some_and(|object| is_one(object.type_name()))
}

/// `{{ name }}`: an undefined value is a warning, or an error if strict.
fn print(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    if value.is_undefined() {
        let what = call.need_str(1, "what")?;
        call.context.undefined(&what)?;
    }
    Ok(value)
}

/// The numbers of a `range` call.
pub(super) fn range(first: i64, stop: i64, step: i64) -> Result<Vec<Value>, Error> {
    if step == 0 {
        return Err(value_error("range() arg 3 must not be zero"));
    }
    let span = if step > 0 { i128::from(stop) - i128::from(first) } else { i128::from(first) - i128::from(stop) };
    let n_numbers = if span <= 0 { 0 } else { (span - 1) / i128::from(step).abs() + 1 };
    match usize::try_from(n_numbers) {
        Ok(n_numbers) if n_numbers <= RANGE => Ok((0..n_numbers)
            .scan(first, |at, _| {
                let now = *at;
                *at = at.saturating_add(step);
                Some(Value::from(now))
            })
            .collect()),
        _ => Err(TemplateError::Overflow(format!(
            "Range too big. The sandbox blocks ranges larger than MAX_RANGE ({RANGE})."
        ))
        .into()),
    }
}
