//! Filters that run other filters and tests over a list.

use minijinja::{Error, Value};

use super::access::get_item;
use super::ops::equal;
use super::{Call, FILTER, Native, is_filter, is_test, native};
use crate::context::Context;
use crate::error::{TemplateError, type_error};
use crate::value::{compare, list, object, sort_by, tuple};

pub(super) const TABLE: &[Native] = &[
    native("map", FILTER, map),
    native("select", FILTER, |call| choose(call, false, true)),
    native("reject", FILTER, |call| choose(call, false, false)),
    native("selectattr", FILTER, |call| choose(call, true, true)),
    native("rejectattr", FILTER, |call| choose(call, true, false)),
    native("groupby", FILTER, groupby),
    native("attr", FILTER, |call| path(&call.context, &call.need(0, "obj")?, &call.need_str(1, "name")?)),
];

/// What `a.b.0` leads to from a value; undefined if it leads nowhere.
pub(super) fn path(context: &Context, value: &Value, path: &str) -> Result<Value, Error> {
    let mut at = value.clone();
    for part in path.split('.') {
        if at.is_undefined() {
            return Ok(at);
        }
        let key = part.parse::<i64>().map_or_else(|_| Value::from(part), Value::from);
        at = get_item(context, &at, &key)?;
    }
    Ok(at)
}

fn named<'a>(call: &'a Call<'_, '_, '_>, name: &str) -> Option<&'a Value> {
    call.named.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// `map(attribute='name', default=..)` or `map('filter', ..)`.
fn map(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let all = call.need_items(0, "value")?;
    let mut mapped = Vec::with_capacity(all.len());
    if let Some(attribute) = named(call, "attribute").cloned() {
        let attribute = crate::python::str(&call.context, &attribute)?;
        let default = named(call, "default").cloned();
        for item in all {
            let value = path(&call.context, &item, &attribute)?;
            mapped.push(match &default {
                Some(default) if value.is_undefined() => default.clone(),
                _ => value,
            });
        }
        return Ok(list(mapped));
    }
    let filter = call.need_str(1, "filter")?;
    if !is_filter(&filter) {
        return Err(TemplateError::Runtime(format!("No filter named '{filter}'.")).into());
    }
    let mut args: Vec<Value> = call.args.iter().skip(1).cloned().collect();
    args.extend(keywords(call));
    for item in all {
        if let Some(first) = args.first_mut() {
            *first = item;
        }
        mapped.push(call.state.apply_filter(&filter, &args)?);
    }
    Ok(list(mapped))
}

/// The named arguments, as the engine passes them on.
fn keywords(call: &Call<'_, '_, '_>) -> Option<Value> {
    if call.named.is_empty() {
        return None;
    }
    Some(call.named.iter().cloned().collect::<minijinja::value::Kwargs>().into())
}

/// `select('test', ..)` and its relatives; without a test, truth decides.
fn choose(call: &mut Call<'_, '_, '_>, by_attribute: bool, wanted: bool) -> Result<Value, Error> {
    let all = call.need_items(0, "value")?;
    let attribute =
        if by_attribute { Some(crate::python::str(&call.context, &call.need(1, "attribute")?)?) } else { None };
    let first = if by_attribute { 2 } else { 1 };
    let test = match call.args.get(first) {
        Some(test) => Some(test.to_str().ok_or_else(|| type_error("the name of a test must be a str"))?),
        None => None,
    };
    if let Some(test) = test.as_ref().filter(|test| !is_test(test)) {
        return Err(TemplateError::Runtime(format!("No test named '{test}'.")).into());
    }
    let mut args: Vec<Value> = call.args.iter().skip(first).cloned().collect();
    args.extend(keywords(call));
    let mut chosen = Vec::new();
    for item in all {
        let value = match &attribute {
            Some(attribute) => path(&call.context, &item, attribute)?,
            None => item.clone(),
        };
        let holds = match &test {
            None => value.is_true(),
            Some(test) => {
                if let Some(first) = args.first_mut() {
                    *first = value;
                }
                call.state.perform_test(test, &args)?
            }
        };
        if holds == wanted {
            chosen.push(item);
        }
    }
    Ok(list(chosen))
}

/// `groupby(attribute, default)`: pairs of a value and the items that have it, sorted by the value.
fn groupby(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let all = call.need_items(0, "value")?;
    let attribute = crate::python::str(&call.context, &call.need(1, "attribute")?)?;
    let default = call.get(2, "default");
    let mut keyed = Vec::with_capacity(all.len());
    for item in all {
        let key = path(&call.context, &item, &attribute)?;
        let key = match &default {
            Some(default) if key.is_undefined() => default.clone(),
            _ => key,
        };
        keyed.push((key, item));
    }
    let context = std::sync::Arc::clone(&call.context);
    let sorted = sort_by(keyed, &mut |(a, _), (b, _)| {
        context.charge(8)?;
        compare(&context, a, b, "<")
    })?;
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for (key, item) in sorted {
        match groups.last_mut() {
            Some((last, group)) if equal(&context, last, &key)? => group.push(item),
            _ => groups.push((key, vec![item])),
        }
    }
    Ok(list(groups.into_iter().map(|(key, group)| object(Group { pair: tuple(vec![key, list(group)]) })).collect()))
}

/// What `groupby` gives: a pair whose halves also have names.
#[derive(Debug)]
struct Group {
    pair: Value,
}

impl minijinja::value::Object for Group {
    fn repr(self: &std::sync::Arc<Self>) -> minijinja::value::ObjectRepr {
        minijinja::value::ObjectRepr::Seq
    }

    fn get_value(self: &std::sync::Arc<Self>, key: &Value) -> Option<Value> {
        let at = match key.as_str() {
            Some("grouper") => 0,
            Some("list") => 1,
            Some(_) => return None,
            None => key.as_usize()?,
        };
        self.pair.get_item_by_index(at).ok().filter(|value| !value.is_undefined())
    }

    fn enumerate(self: &std::sync::Arc<Self>) -> minijinja::value::Enumerator {
        minijinja::value::Enumerator::Seq(2)
    }
}
