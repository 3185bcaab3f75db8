//! Choices and tests.

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::ops::{calculate, contains, equal};
use super::{Call, FILTER, GLOBAL, Native, TEST, native};
use crate::error::{type_error, undefined_value};
use crate::moment::Moment;
use crate::value::{Num, dict, type_name};

pub(super) const TABLE: &[Native] = &[
    native("iif", GLOBAL | FILTER, iif),
    native("default", FILTER, default),
    native("d", FILTER, default),
    native("is_defined", FILTER, is_defined),
    native("namespace", GLOBAL, namespace),
    native("contains", FILTER | TEST, |call| {
        contains(&call.context, &call.need(0, "seq")?, &call.need(1, "value")?).map(Value::from)
    }),
    native("defined", TEST, |call| test(call, |value| !value.is_undefined())),
    native("undefined", TEST, |call| test(call, Value::is_undefined)),
    native("none", TEST, |call| test(call, Value::is_none)),
    native("boolean", TEST, |call| test(call, |value| value.kind() == ValueKind::Bool)),
    native("true", TEST, |call| test(call, |value| value.kind() == ValueKind::Bool && value.is_true())),
    native("false", TEST, |call| test(call, |value| value.kind() == ValueKind::Bool && !value.is_true())),
    native("string", TEST, |call| test(call, |value| value.kind() == ValueKind::String)),
    native("string_like", TEST, |call| test(call, |value| value.kind() == ValueKind::String)),
    native("number", TEST, |call| test(call, |value| Num::of(value).is_some())),
    native("integer", TEST, |call| test(call, |value| type_name(value) == "int")),
    native("float", TEST, |call| test(call, |value| type_name(value) == "float")),
    native("mapping", TEST, |call| test(call, |value| value.kind() == ValueKind::Map)),
    native("iterable", TEST, |call| test(call, is_iterable)),
    native("sequence", TEST, |call| test(call, is_iterable)),
    native("callable", TEST, |call| test(call, |value| value.kind() == ValueKind::Plain && !is_time(value))),
    native("list", TEST, |call| test(call, |value| type_name(value) == "list")),
    native("set", TEST, |call| test(call, |value| type_name(value) == "set")),
    native("tuple", TEST, |call| test(call, |value| type_name(value) == "tuple")),
    native("lower", TEST, |call| test(call, |value| cased(value, char::is_lowercase, char::is_uppercase))),
    native("upper", TEST, |call| test(call, |value| cased(value, char::is_uppercase, char::is_lowercase))),
    native("odd", TEST, |call| divisible(call, 2, 1)),
    native("even", TEST, |call| divisible(call, 2, 0)),
    native("divisibleby", TEST, divisible_by),
    native("sameas", TEST, |call| both(call, "==")),
    native("eq", TEST, |call| both(call, "==")),
    native("equalto", TEST, |call| both(call, "==")),
    native("ne", TEST, |call| both(call, "!=")),
    native("lt", TEST, |call| both(call, "<")),
    native("lessthan", TEST, |call| both(call, "<")),
    native("le", TEST, |call| both(call, "<=")),
    native("gt", TEST, |call| both(call, ">")),
    native("greaterthan", TEST, |call| both(call, ">")),
    native("ge", TEST, |call| both(call, ">=")),
    native("==", TEST, |call| both(call, "==")),
    native("!=", TEST, |call| both(call, "!=")),
    native("<", TEST, |call| both(call, "<")),
    native("<=", TEST, |call| both(call, "<=")),
    native(">", TEST, |call| both(call, ">")),
    native(">=", TEST, |call| both(call, ">=")),
    native("in", TEST, |call| both(call, "in")),
];

fn test(call: &Call<'_, '_, '_>, holds: fn(&Value) -> bool) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    call.charge(crate::value::shallow_size(&value))?;
    Ok(Value::from(holds(&value)))
}

fn both(call: &Call<'_, '_, '_>, op: &str) -> Result<Value, Error> {
    calculate(&call.context, &call.need(0, "value")?, op, &call.need(1, "other")?)
}

fn is_iterable(value: &Value) -> bool {
    matches!(
        value.kind(),
        ValueKind::String | ValueKind::Seq | ValueKind::Iterable | ValueKind::Map | ValueKind::Undefined
    )
}

fn is_time(value: &Value) -> bool {
    value.downcast_object_ref::<Moment>().is_some()
        || value.downcast_object_ref::<crate::duration::Duration>().is_some()
}

fn cased(value: &Value, wanted: fn(char) -> bool, other: fn(char) -> bool) -> bool {
    value.as_str().is_some_and(|text| text.chars().any(wanted) && !text.chars().any(other))
}

fn divisible(call: &Call<'_, '_, '_>, by: i128, rest: i128) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    match Num::of(&value) {
        Some(Num::Int(int)) => Ok(Value::from(int.rem_euclid(by) == rest)),
        Some(Num::Float(float)) => Ok(Value::from(float.rem_euclid(Num::Int(by).as_f64()) == Num::Int(rest).as_f64())),
        None => Err(type_error(format!("not all arguments converted: '{}' is not a number", type_name(&value)))),
    }
}

fn divisible_by(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let rest = calculate(&call.context, &call.need(0, "value")?, "%", &call.need(1, "num")?)?;
    equal(&call.context, &rest, &Value::from(0)).map(Value::from)
}

/// `iif(test, if_true, if_false, if_none)`.
fn iif(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    if value.is_none()
        && let Some(none) = call.get(3, "if_none")
    {
        return Ok(none);
    }
    Ok(if value.is_true() {
        call.get(1, "if_true").unwrap_or_else(|| Value::from(true))
    } else {
        call.get(2, "if_false").unwrap_or_else(|| Value::from(false))
    })
}

/// `default(value, boolean)`.
fn default(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    if value.is_undefined() || (call.get_flag(2, "boolean", false) && !value.is_true()) {
        return Ok(call.get(1, "default_value").unwrap_or_else(|| Value::from("")));
    }
    Ok(value)
}

/// Lets a value through, and fails if it is undefined.
fn is_defined(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    if value.is_undefined() { Err(undefined_value(&value)) } else { Ok(value) }
}

/// `namespace(a=1)`: what can be assigned to from inside a loop.
fn namespace(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let mut all = Vec::new();
    if let Some(value) = call.args.first() {
        all = crate::value::pairs(&call.context, value)?;
    }
    all.extend(call.named.iter().map(|(name, value)| (Value::from(name.as_str()), value.clone())));
    for (_, value) in &all {
        super::access::bound_depth(&call.context, value, 0, super::access::Mutable::Refused)?;
    }
    minijinja::functions::namespace(Some(dict(all).into()))
}
