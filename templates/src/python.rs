//! Python's `str` and `repr` of a value.

use std::fmt::{self, Write};

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use crate::bounds::{DEPTH, ITEM};
use crate::context::Context;
use crate::duration::Duration;
use crate::error::{TemplateError, runtime_error};
use crate::moment::Moment;
use crate::objects::Set;
use crate::value::{Num, items, pairs};

/// The text of `value`, as Python's `str` gives it; nothing for undefined.
pub(crate) fn str(context: &Context, value: &Value) -> Result<String, Error> {
    let mut out = String::new();
    write_str(context, value, &mut out)?;
    Ok(out)
}

/// Writes the text of `value`.
pub(crate) fn write_str(context: &Context, value: &Value, out: &mut dyn Write) -> Result<(), Error> {
    match value.as_str() {
        Some(text) => {
            context.charge(text.len())?;
            put(context, out.write_str(text))
        }
        None if value.is_undefined() => Ok(()),
        None => write_repr(context, value, 0, out),
    }
}

/// The text of `value`, as Python's `repr` gives it.
pub(crate) fn repr(context: &Context, value: &Value) -> Result<String, Error> {
    let mut out = String::new();
    write_repr(context, value, 0, &mut out)?;
    Ok(out)
}

fn put(context: &Context, result: fmt::Result) -> Result<(), Error> {
    // Only the output's own writer fails, when it is full.
    result.map_err(|_| {
        context.mark_output_full();
        runtime_error("output is full")
    })
}

fn write_repr(context: &Context, value: &Value, depth: usize, out: &mut dyn Write) -> Result<(), Error> {
    if depth > DEPTH * 2 {
        return Err(runtime_error("value is nested too deeply"));
    }
    context.charge(ITEM)?;
    match value.kind() {
        ValueKind::Undefined => put(context, out.write_str("Undefined")),
        ValueKind::None => put(context, out.write_str("None")),
        ValueKind::Bool => put(context, out.write_str(if value.is_true() { "True" } else { "False" })),
        ValueKind::Number => match Num::of(value) {
            Some(Num::Int(int)) => put(context, write!(out, "{int}")),
            Some(Num::Float(float)) => put(context, out.write_str(&float_text(float))),
            None => put(context, write!(out, "{value}")),
        },
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            context.charge(text.len())?;
            put(context, out.write_str(&string_repr(text)))
        }
        ValueKind::Map if !is_own_text(value) => {
            put(context, out.write_char('{'))?;
            for (at, (key, item)) in pairs(context, value)?.iter().enumerate() {
                if at > 0 {
                    put(context, out.write_str(", "))?;
                }
                write_repr(context, key, depth + 1, out)?;
                put(context, out.write_str(": "))?;
                write_repr(context, item, depth + 1, out)?;
            }
            put(context, out.write_char('}'))
        }
        ValueKind::Seq | ValueKind::Iterable if !is_own_text(value) => {
            let items = items(context, value)?;
            let (open, close) = if value.is_tuple() {
                ("(", if items.len() == 1 { ",)" } else { ")" })
            } else if value.downcast_object_ref::<Set>().is_some() {
                if items.is_empty() { ("set(", ")") } else { ("{", "}") }
            } else {
                ("[", "]")
            };
            put(context, out.write_str(open))?;
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    put(context, out.write_str(", "))?;
                }
                write_repr(context, item, depth + 1, out)?;
            }
            put(context, out.write_str(close))
        }
        // Everything else prints itself, and is small.
        _ => {
            let text = if depth == 0 {
                value.to_string()
            } else if let Some(moment) = value.downcast_object_ref::<Moment>() {
                moment.repr_text()
            } else if let Some(duration) = value.downcast_object_ref::<Duration>() {
                duration.repr_text()
            } else {
                value.to_string()
            };
            context.charge(text.len())?;
            put(context, out.write_str(&text))
        }
    }
}

/// Whether `value` is an object of ours with its own text although it has attributes or items.
fn is_own_text(value: &Value) -> bool {
    use crate::objects::{DomainStates, StateObject};
    value.downcast_object_ref::<StateObject>().is_some() || value.downcast_object_ref::<DomainStates>().is_some()
}

/// A float as Python prints it: the shortest digits that read back the same, with an exponent if very large or small.
pub(crate) fn float_text(float: f64) -> String {
    if float.is_nan() {
        return "nan".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if float == 0.0 || (-4..16).contains(&exponent) {
        let text = float.to_string();
        return if text.contains('.') { text } else { text + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

/// A string in quotes, as Python chooses and escapes them.
pub(crate) fn string_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_ascii_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            // Python escapes what cannot be printed; of the rest of Unicode only C1 controls matter here.
            c if c.is_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// JSON with everything beyond ASCII escaped.
pub(crate) fn ascii_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// The error for a number that cannot be held.
pub(crate) fn overflow() -> Error {
    TemplateError::Overflow("number is too large".to_owned()).into()
}

#[cfg(test)]
mod tests {
    #[track_caller]
    fn check(float: f64, expected: &str) {
        assert_eq!(super::float_text(float), expected);
    }

    #[test]
    fn floats_print_as_in_python() {
        check(1.0, "1.0");
        check(0.1, "0.1");
        check(-0.0, "-0.0");
        check(1e16, "1e+16");
        check(123_456_789_012_345_680.0, "1.2345678901234568e+17");
        check(1e15, "1000000000000000.0");
        check(0.0001, "0.0001");
        check(0.000_01, "1e-05");
        check(f64::INFINITY, "inf");
        check(f64::NAN, "nan");
    }

    #[test]
    fn strings_choose_their_quotes() {
        assert_eq!(super::string_repr("it's"), "\"it's\"");
        assert_eq!(super::string_repr("a\n'\""), "'a\\n\\'\"'");
    }
}
