//! What the rewriter makes of operators.

use std::cmp::Ordering;

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::{Call, GLOBAL, Native, native};
use crate::context::Context;
use crate::duration::Duration;
use crate::error::{TemplateError, runtime_error, type_error, undefined_value};
use crate::moment::Moment;
use crate::python;
use crate::value::{
    Num, as_index, charge_deep, compare, int_value, items, list, object, shallow_size, tuple, type_name,
};

pub(super) const TABLE: &[Native] = &[
    native("_dw_calculate", GLOBAL, calculate_chain),
    native("_dw_compare", GLOBAL, compare_chain),
    native("_dw_negative", GLOBAL, negative),
];

/// `a op b op c`, from left to right; every second argument is an operator.
fn calculate_chain(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let mut args = call.args.iter();
    let mut left = args.next().cloned().unwrap_or_default();
    while let (Some(op), Some(right)) = (args.next(), args.next()) {
        left = calculate(&call.context, &left, op.as_str().unwrap_or_default(), right)?;
        call.charge(shallow_size(&left))?;
    }
    Ok(left)
}

/// `a < b < c`: each pair in turn, until one fails.
fn compare_chain(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let mut args = call.args.iter();
    let mut left = args.next().cloned().unwrap_or_default();
    while let (Some(op), Some(right)) = (args.next(), args.next()) {
        if !calculate(&call.context, &left, op.as_str().unwrap_or_default(), right)?.is_true() {
            return Ok(Value::from(false));
        }
        left = right.clone();
    }
    Ok(Value::from(true))
}

/// One operator.
pub(super) fn calculate(context: &Context, a: &Value, op: &str, b: &Value) -> Result<Value, Error> {
    if context.strict
        && matches!(op, "==" | "!=" | "in" | "not in" | "~")
        && let Some(undefined) = [a, b].into_iter().find(|side| side.is_undefined())
    {
        return Err(undefined_value(undefined));
    }
    match op {
        "==" => return equal(context, a, b).map(Value::from),
        "!=" => return equal(context, a, b).map(|same| Value::from(!same)),
        "in" => return contains(context, b, a).map(Value::from),
        "not in" => return contains(context, b, a).map(|found| Value::from(!found)),
        "<" => return Ok(Value::from(compare(context, a, b, op)? == Ordering::Less)),
        "<=" => return Ok(Value::from(compare(context, a, b, op)? != Ordering::Greater)),
        ">" => return Ok(Value::from(compare(context, a, b, op)? == Ordering::Greater)),
        ">=" => return Ok(Value::from(compare(context, a, b, op)? != Ordering::Less)),
        "~" => {
            let mut text = python::str(context, a)?;
            python::write_str(context, b, &mut text)?;
            return Ok(Value::from(text));
        }
        _ => {}
    }
    if let (Some(a), Some(b)) = (Num::of(a), Num::of(b)) {
        return arithmetic(a, op, b).map(Num::into_value);
    }
    if a.is_undefined() || b.is_undefined() {
        return Err(undefined_value(if a.is_undefined() { a } else { b }));
    }
    if let Some(result) = with_time(a, op, b)? {
        return Ok(result);
    }
    if op == "%"
        && let Some(format) = a.as_str()
    {
        return crate::format::percent(context, format, b);
    }
    match (op, a.kind(), b.kind()) {
        ("+", ValueKind::String, ValueKind::String) => {
            let (a, b) = (a.as_str().unwrap_or_default(), b.as_str().unwrap_or_default());
            context.charge(a.len() + b.len())?;
            Ok(Value::from([a, b].concat()))
        }
        ("+", ValueKind::Seq | ValueKind::Iterable, ValueKind::Seq | ValueKind::Iterable)
            if a.is_tuple() == b.is_tuple() =>
        {
            let mut all = items(context, a)?;
            all.extend(items(context, b)?);
            Ok(if a.is_tuple() { tuple(all) } else { list(all) })
        }
        ("*", ValueKind::String | ValueKind::Seq, _) if as_index(b).is_some() => repeat(context, a, b),
        ("*", _, ValueKind::String | ValueKind::Seq) if as_index(a).is_some() => repeat(context, b, a),
        ("+", ValueKind::String, _) => {
            Err(type_error(format!("can only concatenate str (not \"{}\") to str", type_name(b))))
        }
        _ => {
            let (a, b) = (type_name(a), type_name(b));
            let op = if op == "**" { "** or pow()" } else { op };
            Err(type_error(format!("unsupported operand type(s) for {op}: '{a}' and '{b}'")))
        }
    }
}

fn repeat(context: &Context, what: &Value, times: &Value) -> Result<Value, Error> {
    let times = usize::try_from(as_index(times).unwrap_or(0).max(0)).unwrap_or(usize::MAX);
    context.charge(shallow_size(what).saturating_mul(times))?;
    if let Some(text) = what.as_str() {
        // An empty text may be repeated without end, and costs nothing.
        return Ok(Value::from(if text.is_empty() { String::new() } else { text.repeat(times) }));
    }
    let once = items(context, what)?;
    let all: Vec<Value> =
        if once.is_empty() { Vec::new() } else { once.iter().cycle().take(once.len() * times).cloned().collect() };
    Ok(if what.is_tuple() { tuple(all) } else { list(all) })
}

fn arithmetic(a: Num, op: &str, b: Num) -> Result<Num, Error> {
    let zero = |text: &str| Error::from(TemplateError::ZeroDivision(text.to_owned()));
    if let (Num::Int(a), Num::Int(b)) = (a, b) {
        let exact = match op {
            "+" => a.checked_add(b),
            "-" => a.checked_sub(b),
            "*" => a.checked_mul(b),
            "//" | "%" if b == 0 => return Err(zero("integer division or modulo by zero")),
            "//" => floor_divide(a, b).map(|(quotient, _)| quotient),
            "%" => floor_divide(a, b).map(|(_, rest)| rest),
            "**" if b >= 0 => u32::try_from(b).ok().and_then(|power| a.checked_pow(power)),
            _ => return float_arithmetic(Num::Int(a).as_f64(), op, Num::Int(b).as_f64()),
        };
        return exact.map(Num::Int).ok_or_else(python::overflow);
    }
    float_arithmetic(a.as_f64(), op, b.as_f64())
}

/// Python's floor division: the rest has the sign of the divisor.
fn floor_divide(a: i128, b: i128) -> Option<(i128, i128)> {
    let (quotient, rest) = (a.checked_div(b)?, a.checked_rem(b)?);
    if rest != 0 && (rest < 0) != (b < 0) {
        return Some((quotient.checked_sub(1)?, rest.checked_add(b)?));
    }
    Some((quotient, rest))
}

fn float_arithmetic(a: f64, op: &str, b: f64) -> Result<Num, Error> {
    let zero = |text: &str| Error::from(TemplateError::ZeroDivision(text.to_owned()));
    Ok(Num::Float(match op {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" if b == 0.0 => return Err(zero("division by zero")),
        "/" => a / b,
        "//" | "%" if b == 0.0 => return Err(zero("float floor division by zero")),
        "//" => ((a - rest(a, b)) / b).round(),
        "%" => rest(a, b),
        "**" if a == 0.0 && b < 0.0 => return Err(zero("zero to a negative power")),
        "**" => {
            let power = a.powf(b);
            if power.is_infinite() && a.is_finite() && b.is_finite() {
                return Err(TemplateError::Overflow("Numerical result out of range".to_owned()).into());
            }
            power
        }
        _ => return Err(runtime_error(format!("unknown operator {op}"))),
    }))
}

fn rest(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest }
}

/// Operators with a date or duration on a side.
fn with_time(a: &Value, op: &str, b: &Value) -> Result<Option<Value>, Error> {
    let (left, right) = (a.downcast_object_ref::<Moment>(), b.downcast_object_ref::<Moment>());
    let (short, long) = (a.downcast_object_ref::<Duration>(), b.downcast_object_ref::<Duration>());
    let too_long = || Error::from(TemplateError::Overflow("date value out of range".to_owned()));
    let duration = |micros: Option<i64>| micros.map(|micros| object(Duration { micros })).ok_or_else(too_long);
    Ok(Some(match (op, left, right, short, long) {
        ("-", Some(a), Some(b), ..) => object(a.minus(b)?),
        ("+", Some(a), _, _, Some(b)) => object(a.plus(b.micros)?),
        ("+", _, Some(b), Some(a), _) => object(b.plus(a.micros)?),
        ("-", Some(a), _, _, Some(b)) => object(a.plus(b.micros.checked_neg().ok_or_else(too_long)?)?),
        ("+", _, _, Some(a), Some(b)) => duration(a.micros.checked_add(b.micros))?,
        ("-", _, _, Some(a), Some(b)) => duration(a.micros.checked_sub(b.micros))?,
        ("/", _, _, Some(a), Some(b)) => {
            arithmetic(Num::Int(a.micros.into()), "/", Num::Int(b.micros.into()))?.into_value()
        }
        ("//", _, _, Some(a), Some(b)) => {
            arithmetic(Num::Int(a.micros.into()), "//", Num::Int(b.micros.into()))?.into_value()
        }
        ("*" | "/", _, _, Some(a), _) if Num::of(b).is_some() => scaled(*a, op, b)?,
        ("*", _, _, _, Some(b)) if Num::of(a).is_some() => scaled(*b, op, a)?,
        _ => return Ok(None),
    }))
}

fn scaled(duration: Duration, op: &str, by: &Value) -> Result<Value, Error> {
    let by = Num::of(by).map_or(0.0, Num::as_f64);
    let micros = arithmetic(Num::Int(duration.micros.into()), op, Num::Float(by))?.as_f64();
    Ok(object(Duration::from_micros(micros)?))
}

/// Python's `==`.
pub(crate) fn equal(context: &Context, a: &Value, b: &Value) -> Result<bool, Error> {
    if let (Some(a), Some(b)) = (Num::of(a), Num::of(b)) {
        return Ok(match (a, b) {
            (Num::Int(a), Num::Int(b)) => a == b,
            (a, b) => a.as_f64() == b.as_f64(),
        });
    }
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        context.charge(a.len().min(b.len()))?;
        return Ok(a == b);
    }
    if let (Some(a), Some(b)) = (a.downcast_object_ref::<Moment>(), b.downcast_object_ref::<Moment>()) {
        return Ok(a.compare(b) == Some(Ordering::Equal));
    }
    if a.kind() != b.kind() || a.as_object().is_none() {
        return Ok(a.kind() == b.kind() && a == b);
    }
    charge_deep(context, a, 0)?;
    charge_deep(context, b, 0)?;
    Ok(a == b)
}

/// Python's `in`.
pub(super) fn contains(context: &Context, container: &Value, what: &Value) -> Result<bool, Error> {
    match container.kind() {
        ValueKind::String => match what.as_str() {
            Some(part) => {
                context.charge(shallow_size(container))?;
                Ok(container.as_str().unwrap_or_default().contains(part))
            }
            None => Err(type_error(format!("'in <string>' requires string as left operand, not {}", type_name(what)))),
        },
        ValueKind::Undefined if !context.strict => Ok(false),
        ValueKind::Map => {
            charge_deep(context, what, 0)?;
            Ok(container.as_object().is_some_and(|object| object.get_value(what).is_some()))
        }
        ValueKind::Seq | ValueKind::Iterable => {
            for item in items(context, container)? {
                if equal(context, &item, what)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Err(type_error(format!("argument of type '{}' is not iterable", type_name(container)))),
    }
}

fn negative(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    if let Some(duration) = value.downcast_object_ref::<Duration>() {
        return Ok(object(Duration { micros: duration.micros.checked_neg().ok_or_else(python::overflow)? }));
    }
    match Num::of(&value) {
        Some(Num::Int(int)) => int.checked_neg().map(int_value).ok_or_else(python::overflow),
        Some(Num::Float(float)) => Ok(Value::from(-float)),
        None if value.is_undefined() => Err(undefined_value(&value)),
        None => Err(type_error(format!("bad operand type for unary -: '{}'", type_name(&value)))),
    }
}
