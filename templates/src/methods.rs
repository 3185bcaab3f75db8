//! Methods of texts, lists and dicts, as Python has them.
//!
//! The harmless ones are minijinja-contrib's; those that can make much of little are written here, with their cost.

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, State, Value};
use minijinja_contrib::pycompat;

use crate::bounds::CALL;
use crate::context::Context;
use crate::error::{type_error, undefined_error, undefined_value};
use crate::format::braces;
use crate::functions::text::{Side, capitalize, joined, pad, replaced, strip, title};
use crate::value::{as_index, items, list, pairs, shallow_size, tuple, type_name};

/// Calls a method that an object does not have itself.
pub(crate) fn call(state: &mut State<'_, '_>, value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    let context = Context::of(state)?;
    let size = args.iter().map(shallow_size).fold(shallow_size(value), usize::saturating_add);
    // Most methods are one pass over the text.
    context.charge(size.saturating_add(CALL))?;
    let result = match value.kind() {
        ValueKind::Undefined => return Err(undefined_value(value)),
        ValueKind::String => text_method(&context, state, value, method, args)?,
        ValueKind::Map => dict_method(&context, value, method, args)?,
        ValueKind::Seq | ValueKind::Iterable => list_method(&context, value, method, args)?,
        _ => None,
    };
    match result {
        Some(result) => {
            context.charge(shallow_size(&result))?;
            Ok(result)
        }
        // An item of that name may be callable; the engine tries that, and else reports what is missing.
        None if value.as_object().is_some() => Err(Error::from(ErrorKind::UnknownMethod)),
        None => Err(undefined_error(format!("'{} object' has no attribute '{method}'", type_name(value)))),
    }
}

fn text_at(args: &[Value], at: usize) -> Result<&str, Error> {
    args.get(at).and_then(Value::as_str).ok_or_else(|| type_error("argument must be str"))
}

fn optional_text(args: &[Value], at: usize) -> Result<Option<&str>, Error> {
    match args.get(at) {
        Some(value) if !value.is_none() => text_at(args, at).map(Some),
        _ => Ok(None),
    }
}

fn int_at(args: &[Value], at: usize, otherwise: Option<i64>) -> Result<i64, Error> {
    match args.get(at) {
        Some(value) => as_index(value).ok_or_else(|| type_error("argument must be int")),
        None => otherwise.ok_or_else(|| type_error("missing argument")),
    }
}

fn text_method(
    context: &Context,
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Option<Value>, Error> {
    let text = value.as_str().unwrap_or_default();
    Ok(Some(match method {
        "strip" => Value::from(strip(context, text, optional_text(args, 0)?, true, true)?),
        "lstrip" => Value::from(strip(context, text, optional_text(args, 0)?, true, false)?),
        "rstrip" => Value::from(strip(context, text, optional_text(args, 0)?, false, true)?),
        "removeprefix" => Value::from(text.strip_prefix(text_at(args, 0)?).unwrap_or(text)),
        "removesuffix" => Value::from(text.strip_suffix(text_at(args, 0)?).unwrap_or(text)),
        "replace" => replaced(context, text, text_at(args, 0)?, text_at(args, 1)?, int_at(args, 2, Some(-1))?)?,
        "join" => match args.first() {
            Some(parts) => joined(context, &items(context, parts)?, text)?,
            None => return Err(type_error("join() takes exactly one argument (0 given)")),
        },
        "format" => braces(context, text, args)?,
        "center" | "ljust" | "rjust" => {
            let side = match method {
                "ljust" => Side::Left,
                "rjust" => Side::Right,
                _ => Side::Both,
            };
            let fill = optional_text(args, 1)?.unwrap_or(" ");
            if fill.chars().count() != 1 {
                return Err(type_error("The fill character must be exactly one character long"));
            }
            pad(context, text, int_at(args, 0, None)?, fill, side)?
        }
        "zfill" => {
            let (sign, digits) = match text.strip_prefix(['-', '+']) {
                Some(digits) => (text.get(..1).unwrap_or_default(), digits),
                None => ("", text),
            };
            let width = int_at(args, 0, None)?.saturating_sub(i64::try_from(sign.len()).unwrap_or_default());
            let padded = pad(context, digits, width, "0", Side::Right)?;
            Value::from([sign, padded.as_str().unwrap_or_default()].concat())
        }
        "split" | "rsplit" => {
            split(context, text, optional_text(args, 0)?, int_at(args, 1, Some(-1))?, method == "rsplit")?
        }
        "partition" | "rpartition" => {
            let separator = text_at(args, 0)?;
            let found = if method == "partition" { text.split_once(separator) } else { text.rsplit_once(separator) };
            let parts = match found {
                Some((before, after)) => [before, separator, after],
                None if method == "partition" => [text, "", ""],
                None => ["", "", text],
            };
            tuple(parts.map(Value::from).to_vec())
        }
        "splitlines" => {
            context.charge(text.len().saturating_mul(8))?;
            list(text.lines().map(Value::from).collect())
        }
        "swapcase" => Value::from(
            text.chars()
                .flat_map(|c| -> Vec<char> {
                    if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() }
                })
                .collect::<String>(),
        ),
        "casefold" => Value::from(text.to_lowercase()),
        "title" => Value::from(title(text)),
        "capitalize" => Value::from(capitalize(text)),
        "index" => match text.find(text_at(args, 0)?) {
            Some(at) => Value::from(text.get(..at).unwrap_or_default().chars().count()),
            None => return Err(crate::error::value_error("substring not found")),
        },
        "isdecimal" => Value::from(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit())),
        "upper" | "lower" | "islower" | "isupper" | "isspace" | "isdigit" | "isnumeric" | "isalnum" | "isalpha"
        | "isascii" | "count" | "find" | "rfind" | "startswith" | "endswith" => {
            pycompat::unknown_method_callback(state, value, method, args)?
        }
        _ => return Ok(None),
    }))
}

/// Python's `split`: at blanks if there is no separator, at most `most` times if that is not negative.
fn split(context: &Context, text: &str, separator: Option<&str>, most: i64, from_right: bool) -> Result<Value, Error> {
    let most = usize::try_from(most).map_or(usize::MAX, |most| most.saturating_add(1));
    context.charge(text.len().saturating_mul(8))?;
    let parts: Vec<Value> = match separator {
        Some("") => return Err(crate::error::value_error("empty separator")),
        Some(separator) if from_right => {
            let mut parts: Vec<Value> = text.rsplitn(most, separator).map(Value::from).collect();
            parts.reverse();
            parts
        }
        Some(separator) => text.splitn(most, separator).map(Value::from).collect(),
        None => {
            let mut parts = Vec::new();
            let mut rest = text.trim();
            while !rest.is_empty() {
                let cut = if parts.len() + 1 >= most {
                    None
                } else if from_right {
                    rest.rsplit_once(char::is_whitespace).map(|(before, after)| (after, before.trim_end()))
                } else {
                    rest.split_once(char::is_whitespace).map(|(before, after)| (before, after.trim_start()))
                };
                let (part, left) = cut.unwrap_or((rest, ""));
                parts.push(Value::from(part));
                rest = left;
            }
            if from_right {
                parts.reverse();
            }
            parts
        }
    };
    Ok(list(parts))
}

fn dict_method(context: &Context, value: &Value, method: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    Ok(Some(match method {
        "keys" => list(items(context, value)?),
        "values" => list(pairs(context, value)?.into_iter().map(|(_, value)| value).collect()),
        "items" => list(pairs(context, value)?.into_iter().map(|(key, value)| tuple(vec![key, value])).collect()),
        "get" => {
            let key = args.first().ok_or_else(|| type_error("get expected at least 1 argument, got 0"))?;
            crate::value::charge_deep(context, key, 0)?;
            let found = value.as_object().and_then(|object| object.get_value(key));
            match found {
                Some(found) => found,
                None => args.get(1).cloned().unwrap_or_else(|| Value::from(())),
            }
        }
        "copy" => crate::value::dict(pairs(context, value)?),
        _ => return Ok(None),
    }))
}

fn list_method(context: &Context, value: &Value, method: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    let wanted = || args.first().ok_or_else(|| type_error(format!("{method}() takes exactly one argument")));
    Ok(Some(match method {
        "count" => {
            let mut n = 0_usize;
            for item in items(context, value)? {
                n += usize::from(crate::functions::equal(context, &item, wanted()?)?);
            }
            Value::from(n)
        }
        "index" => {
            for (at, item) in items(context, value)?.iter().enumerate() {
                if crate::functions::equal(context, item, wanted()?)? {
                    return Ok(Some(Value::from(at)));
                }
            }
            return Err(crate::error::value_error("value is not in list"));
        }
        "copy" => list(items(context, value)?),
        _ => return Ok(None),
    }))
}
