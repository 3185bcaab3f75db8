//! Numbers.

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::convert::parse_float;
use super::{Call, FILTER, GLOBAL, Native, native};
use crate::error::{TemplateError, type_error, value_error};
use crate::value::{Num, compare, float_to_int, int_value, items, sort_by, type_name};

const BOTH: u8 = GLOBAL | FILTER;

pub(super) const TABLE: &[Native] = &[
    native("round", BOTH, round),
    native("abs", BOTH, abs),
    native("multiply", BOTH, |call| with_amount(call, |a, b| a * b)),
    native("add", BOTH, |call| with_amount(call, |a, b| a + b)),
    native("min", BOTH, |call| extreme(call, std::cmp::Ordering::Less)),
    native("max", BOTH, |call| extreme(call, std::cmp::Ordering::Greater)),
    native("sum", BOTH, sum),
    native("average", BOTH, |call| {
        over_numbers(call, |numbers| {
            #[expect(clippy::cast_precision_loss, reason = "a list is never that long")]
            let n = numbers.len() as f64;
            numbers.iter().sum::<f64>() / n
        })
    }),
    native("median", BOTH, |call| over_numbers(call, median)),
    native("statistical_mode", BOTH, statistical_mode),
    native("log", BOTH, log),
    native("sqrt", BOTH, |call| real(call, f64::sqrt)),
    native("sin", BOTH, |call| real(call, f64::sin)),
    native("cos", BOTH, |call| real(call, f64::cos)),
    native("tan", BOTH, |call| real(call, f64::tan)),
    native("asin", BOTH, |call| real(call, f64::asin)),
    native("acos", BOTH, |call| real(call, f64::acos)),
    native("atan", BOTH, |call| real(call, f64::atan)),
    native("atan2", BOTH, atan2),
    native("clamp", BOTH, clamp),
    native("bitwise_and", BOTH, |call| bits(call, |a, b| a & b)),
    native("bitwise_or", BOTH, |call| bits(call, |a, b| a | b)),
    native("bitwise_xor", BOTH, |call| bits(call, |a, b| a ^ b)),
];

/// The default of a call for input it cannot use, or Home Assistant's error if it was given none.
pub(super) fn otherwise(call: &Call<'_, '_, '_>, at: usize, value: &Value) -> Result<Value, Error> {
    if let Some(default) = call.get(at, "default") {
        return Ok(default);
    }
    if value.is_undefined() {
        return Err(crate::error::undefined_value(value));
    }
    let shown = crate::python::str(&call.context, value)?;
    let shown: String = shown.chars().take(256).collect();
    Err(value_error(format!(
        "Template error: {} got invalid input '{shown}' when rendering template '{}' but no default was specified",
        call.name,
        call.context.source_text(),
    )))
}

fn number(value: &Value) -> Option<f64> {
    Num::of(value).map(Num::as_f64).or_else(|| value.as_str().and_then(parse_float))
}

/// `round(precision, method, default)`: a whole number if the precision is 0.
fn round(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    let precision = call.get_int(1, "precision", 0)?.clamp(-300, 300);
    let method = call.get_str(2, "method")?;
    let Some(number) = number(&value).filter(|number| number.is_finite()) else { return otherwise(call, 3, &value) };
    let power = 10_f64.powi(i32::try_from(precision).unwrap_or_default());
    let rounded = match method.as_deref() {
        Some("ceil") => (number * power).ceil() / power,
        Some("floor") => (number * power).floor() / power,
        Some("half") => (number * 2.0).round_ties_even() / 2.0,
        _ if precision >= 0 => {
            // Printing rounds the exact decimal value, half to even, as Python's `round` does.
            format!("{number:.*}", usize::try_from(precision.min(30)).unwrap_or_default()).parse().unwrap_or(number)
        }
        _ => (number * power).round_ties_even() / power,
    };
    if !rounded.is_finite() {
        return Ok(value);
    }
    if precision == 0 { Ok(int_value(float_to_int(rounded)?)) } else { Ok(Value::from(rounded)) }
}

fn abs(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    match Num::of(&value) {
        Some(Num::Int(int)) => int.checked_abs().map(int_value).ok_or_else(crate::python::overflow),
        Some(Num::Float(float)) => Ok(Value::from(float.abs())),
        None => Err(type_error(format!("bad operand type for abs(): '{}'", type_name(&value)))),
    }
}

fn with_amount(call: &Call<'_, '_, '_>, run: fn(f64, f64) -> f64) -> Result<Value, Error> {
    let (value, amount) = (call.need(0, "value")?, call.need(1, "amount")?);
    match (number(&value), number(&amount)) {
        (Some(value), Some(amount)) => Ok(Value::from(run(value, amount))),
        _ => otherwise(call, 2, &value),
    }
}

/// The items of a list given alone, or the arguments themselves.
fn operands(call: &Call<'_, '_, '_>) -> Result<Vec<Value>, Error> {
    match call.args.as_slice() {
        [only] if only.as_str().is_none() => items(&call.context, only),
        all => Ok(all.to_vec()),
    }
}

fn extreme(call: &mut Call<'_, '_, '_>, wanted: std::cmp::Ordering) -> Result<Value, Error> {
    let attribute = call.get_str(usize::MAX, "attribute")?;
    let mut best: Option<(Value, Value)> = None;
    for item in operands(call)? {
        let key = match &attribute {
            Some(path) => super::select::path(&call.context, &item, path)?,
            None => item.clone(),
        };
        let better = match &best {
            Some((found, _)) => compare(&call.context, &key, found, "<")? == wanted,
            None => true,
        };
        if better {
            best = Some((key, item));
        }
    }
    match best {
        Some((_, item)) => Ok(item),
        None => match call.named.iter().find(|(name, _)| name == "default") {
            Some((_, default)) => Ok(default.clone()),
            // Jinja's filter gives undefined, Python's function fails; this is both.
            None => Ok(Value::UNDEFINED),
        },
    }
}

fn sum(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let all = call.need_items(0, "iterable")?;
    let attribute = call.get_str(1, "attribute")?;
    let mut total = call.get(2, "start").unwrap_or_else(|| Value::from(0));
    for item in all {
        let item = match &attribute {
            Some(path) => super::select::path(&call.context, &item, path)?,
            None => item,
        };
        total = super::ops::calculate(&call.context, &total, "+", &item)?;
    }
    Ok(total)
}

fn over_numbers(call: &Call<'_, '_, '_>, run: fn(&mut [f64]) -> f64) -> Result<Value, Error> {
    // `average(1, 2, 3)` takes numbers, `average([1, 2], default)` a list.
    let (all, default) = match call.args.as_slice() {
        [first, rest @ ..] if first.as_object().is_some() => (items(&call.context, first)?, rest.first().cloned()),
        all => (all.to_vec(), None),
    };
    let default =
        default.or_else(|| call.named.iter().find(|(name, _)| name == "default").map(|(_, value)| value.clone()));
    let numbers: Option<Vec<f64>> = all.iter().map(|value| Num::of(value).map(Num::as_f64)).collect();
    match numbers {
        Some(mut numbers) if !numbers.is_empty() => Ok(Value::from(run(&mut numbers))),
        _ => match default {
            Some(default) => Ok(default),
            None => otherwise(call, usize::MAX, call.args.first().unwrap_or(&Value::UNDEFINED)),
        },
    }
}

fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    let at = |at: usize| numbers.get(at).copied().unwrap_or_default();
    if numbers.len() % 2 == 1 { at(middle) } else { (at(middle - 1) + at(middle)) / 2.0 }
}

fn statistical_mode(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let all = operands(call)?;
    let context = std::sync::Arc::clone(&call.context);
    let sorted = sort_by(all.clone(), &mut |a, b| compare(&context, a, b, "<"))?;
    let mut best: Option<(usize, Value)> = None;
    let mut run: Option<(usize, Value)> = None;
    for item in sorted {
        run = match run {
            Some((n, value)) if super::ops::equal(&context, &value, &item)? => Some((n + 1, value)),
            _ => Some((1, item)),
        };
        if let Some((n, value)) = &run
            && best.as_ref().is_none_or(|(most, _)| n > most)
        {
            best = Some((*n, value.clone()));
        }
    }
    match best {
        Some((_, value)) => Ok(value),
        None => otherwise(call, usize::MAX, call.args.first().unwrap_or(&Value::UNDEFINED)),
    }
}

fn real(call: &Call<'_, '_, '_>, run: fn(f64) -> f64) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    match number(&value).map(run) {
        Some(result) if !result.is_nan() => Ok(Value::from(result)),
        _ => otherwise(call, 1, &value),
    }
}

fn log(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    let base = match call.get(1, "base") {
        None => Some(std::f64::consts::E),
        Some(base) => number(&base),
    };
    let (Some(number), Some(base)) = (number(&value).filter(|number| *number > 0.0), base) else {
        return otherwise(call, 2, &value);
    };
    let log = |x: f64| {
        if base == std::f64::consts::E {
            x.ln()
        } else if base == 10.0 {
            x.log10()
        } else if base == 2.0 {
            x.log2()
        } else {
            x.ln() / base.ln()
        }
    };
    match log(number) {
        result if result.is_finite() => Ok(Value::from(result)),
        _ => otherwise(call, 2, &value),
    }
}

fn atan2(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let (y, x) = (call.need(0, "y")?, call.need(1, "x")?);
    match (number(&y), number(&x)) {
        (Some(y), Some(x)) => Ok(Value::from(y.atan2(x))),
        _ => otherwise(call, 2, &y),
    }
}

fn clamp(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    let (low, high) = (call.need(1, "min_value")?, call.need(2, "max_value")?);
    let [Some(number), Some(low), Some(high)] = [&value, &low, &high].map(number) else {
        return Err(type_error("clamp() needs numbers"));
    };
    if low > high || low.is_nan() || high.is_nan() {
        return Err(value_error("the minimum is above the maximum"));
    }
    Ok(Value::from(number.clamp(low, high)))
}

fn bits(call: &Call<'_, '_, '_>, run: fn(i128, i128) -> i128) -> Result<Value, Error> {
    let (first, second) = (call.need(0, "first_value")?, call.need(1, "second_value")?);
    let int = |value: &Value| match Num::of(value) {
        Some(Num::Int(int)) => Ok(int),
        _ if value.kind() == ValueKind::String => value
            .as_str()
            .and_then(|text| text.trim().parse().ok())
            .ok_or_else(|| Error::from(TemplateError::Value("invalid literal for int()".to_owned()))),
        Some(Num::Float(float)) => float_to_int(float),
        None => Err(type_error(format!("int() argument must be a number, not '{}'", type_name(value)))),
    };
    Ok(int_value(run(int(&first)?, int(&second)?)))
}
