//! From one type to another.

use std::sync::Arc;

use minijinja::value::ValueKind;
use minijinja::{Error, Value};
use serde::Serialize;

use super::math::otherwise;
use super::{Call, FILTER, GLOBAL, Native, TEST, native};
use crate::bounds::ITEM;
use crate::error::value_error;
use crate::objects::Set;
use crate::python;
use crate::value::{
    Num, dict, float_to_int, from_json, int_value, items, list, object, pairs, to_json, tuple, type_name,
};

const BOTH: u8 = GLOBAL | FILTER;

pub(super) const TABLE: &[Native] = &[
    native("float", BOTH, float),
    native("int", BOTH, int),
    native("bool", BOTH, bool),
    native("string", FILTER, string),
    native("str", GLOBAL, string),
    native("list", BOTH, to_list),
    native("tuple", BOTH, to_tuple),
    native("set", BOTH, to_set),
    native("dict", GLOBAL, to_dict),
    native("from_json", BOTH, parse_json),
    native("to_json", BOTH, print_json),
    native("tojson", FILTER, print_json),
    native("typeof", BOTH, |call| Ok(Value::from(type_name(&call.need(0, "value")?)))),
    native("is_number", BOTH | TEST, is_number),
];

/// A number as Python's `float()` reads it from text.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    if text.is_empty() || text.len() > 400 {
        return None;
    }
    let bad_underscore = text.starts_with('_') || text.ends_with('_') || text.contains("__");
    if bad_underscore {
        return None;
    }
    text.replace('_', "").parse().ok()
}

fn parse_int(text: &str, base: u32) -> Option<i128> {
    let text = text.trim();
    if text.len() > 200 || text.starts_with('_') || text.ends_with('_') || text.contains("__") {
        return None;
    }
    let text = text.replace('_', "");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let prefix = match base {
        16 => ["0x", "0X"],
        8 => ["0o", "0O"],
        2 => ["0b", "0B"],
        _ => ["", ""],
    };
    let digits = prefix.iter().find_map(|prefix| digits.strip_prefix(prefix)).unwrap_or(digits);
    if digits.starts_with(['+', '-']) {
        return None;
    }
    i128::from_str_radix(&format!("{sign}{digits}"), base).ok()
}

/// `float(default)`.
fn float(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    let number = match Num::of(&value) {
        Some(number) => Some(number.as_f64()),
        None => value.as_str().and_then(parse_float),
    };
    match number {
        Some(number) => Ok(Value::from(number)),
        None => otherwise(call, 1, &value),
    }
}

/// `int(default, base)`.
fn int(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    let base = u32::try_from(call.get_int(2, "base", 10)?).ok().filter(|base| (2..=36).contains(base)).unwrap_or(10);
    let number = match Num::of(&value) {
        Some(Num::Int(int)) => Some(int),
        Some(Num::Float(float)) => float_to_int(float).ok(),
        None => value.as_str().and_then(|text| {
            parse_int(text, base).or_else(|| parse_float(text).and_then(|float| float_to_int(float).ok()))
        }),
    };
    match number {
        Some(number) => Ok(int_value(number)),
        None => otherwise(call, 1, &value),
    }
}

/// `bool(default)`: what Home Assistant takes for yes and no.
fn bool(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    if let Some(number) = Num::of(&value) {
        return Ok(Value::from(number.as_f64() != 0.0));
    }
    match value.as_str().map(|text| text.trim().to_ascii_lowercase()).as_deref() {
        Some("1" | "yes" | "true" | "on" | "enable") => Ok(Value::from(true)),
        Some("0" | "no" | "false" | "off" | "disable") => Ok(Value::from(false)),
        _ => otherwise(call, 1, &value),
    }
}

fn string(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    call.need_text(0, "value").map(Value::from)
}

fn to_list(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    if call.args.is_empty() {
        return Ok(list(Vec::new()));
    }
    call.need_items(0, "value").map(list)
}

fn to_tuple(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    if call.args.is_empty() {
        return Ok(tuple(Vec::new()));
    }
    call.need_items(0, "value").map(tuple)
}

fn to_set(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    if call.args.is_empty() {
        return Ok(object(Set(Vec::new())));
    }
    let all = call.need_items(0, "value")?;
    Ok(object(Set(super::collection::distinct(&call.context, all)?)))
}

fn to_dict(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let mut all = Vec::new();
    if let Some(value) = call.args.first() {
        if value.kind() == ValueKind::Map {
            all = pairs(&call.context, value)?;
        } else {
            for pair in items(&call.context, value)? {
                match items(&call.context, &pair)?.as_slice() {
                    [key, value] => {
                        crate::value::charge_deep(&call.context, key, 0)?;
                        all.push((key.clone(), value.clone()));
                    }
                    _ => return Err(value_error("dictionary update sequence element has the wrong length")),
                }
            }
        }
    }
    all.extend(call.named.iter().map(|(name, value)| (Value::from(name.as_str()), value.clone())));
    call.charge(all.len() * ITEM)?;
    Ok(dict(all))
}

fn parse_json(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.need_str(0, "value")?;
    // `[[],[],[]]` takes many times its own length when it is read.
    call.charge(text.len().saturating_mul(16))?;
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(json) => Ok(from_json(&json)),
        Err(error) => match call.get(1, "default") {
            Some(default) => Ok(default),
            None => Err(value_error(format!("invalid JSON: {error}"))),
        },
    }
}

fn print_json(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let mut json = to_json(&call.context, &call.need(0, "value")?, 0)?;
    if call.get_flag(3, "sort_keys", false) {
        json.sort_all_objects();
    }
    let mut out = Vec::new();
    let indent = [b' '; 2];
    let printed = if call.get_flag(2, "pretty_print", false) || call.get(usize::MAX, "indent").is_some() {
        let formatter = serde_json::ser::PrettyFormatter::with_indent(&indent);
        json.serialize(&mut serde_json::Serializer::with_formatter(&mut out, formatter))
    } else {
        json.serialize(&mut serde_json::Serializer::new(&mut out))
    };
    printed.map_err(|error| value_error(error.to_string()))?;
    let text: Arc<str> = String::from_utf8_lossy(&out).into();
    if call.get_flag(1, "ensure_ascii", false) {
        call.charge(text.len().saturating_mul(4))?;
        return Ok(Value::from(python::ascii_json(&text)));
    }
    Ok(Value::from(text))
}

/// Whether a value can be a finite number.
fn is_number(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    let number = Num::of(&value).map(Num::as_f64).or_else(|| value.as_str().and_then(parse_float));
    Ok(Value::from(number.is_some_and(f64::is_finite)))
}
