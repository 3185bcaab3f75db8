//! Text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::{Call, FILTER, GLOBAL, Native, native};
use crate::context::Context;
use crate::error::{type_error, value_error};
use crate::python;
use crate::value::{Num, pairs, type_name};

const BOTH: u8 = GLOBAL | FILTER;

pub(super) const TABLE: &[Native] = &[
    native("upper", FILTER, |call| Ok(Value::from(call.need_text(0, "s")?.to_uppercase()))),
    native("lower", FILTER, |call| Ok(Value::from(call.need_text(0, "s")?.to_lowercase()))),
    native("title", FILTER, |call| Ok(Value::from(title(&call.need_text(0, "s")?)))),
    native("capitalize", FILTER, |call| Ok(Value::from(capitalize(&call.need_text(0, "s")?)))),
    native("trim", FILTER, trim),
    native("replace", FILTER, replace),
    native("join", FILTER, join),
    native("center", FILTER, |call| {
        let width = call.get_int(1, "width", 80)?;
        pad(&call.context, &call.need_text(0, "value")?, width, " ", Side::Both)
    }),
    native("truncate", FILTER, truncate),
    native("indent", FILTER, indent),
    native("wordcount", FILTER, |call| Ok(Value::from(call.need_text(0, "s")?.split_whitespace().count()))),
    native("format", FILTER, |call| {
        let text = call.need_text(0, "value")?;
        let args = if call.named.is_empty() {
            crate::value::tuple(call.args.iter().skip(1).cloned().collect())
        } else {
            crate::value::dict(call.named.iter().map(|(key, value)| (Value::from(key.as_str()), value.clone())))
        };
        crate::format::percent(&call.context, &text, &args)
    }),
    native("escape", FILTER, escape),
    native("e", FILTER, escape),
    native("safe", FILTER, |call| call.need(0, "value")),
    native("striptags", FILTER, striptags),
    native("urlencode", BOTH, urlencode),
    native("slugify", BOTH, slugify),
    native("ordinal", FILTER, ordinal),
    native("base64_encode", FILTER, |call| Ok(Value::from(STANDARD.encode(call.need_text(0, "value")?)))),
    native("base64_decode", FILTER, base64_decode),
];

pub(crate) fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphabetic() || (inside && (c == '\'' || c.is_alphanumeric()));
    }
    out
}

pub(crate) fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars.as_str().to_lowercase().chars()).collect(),
        None => String::new(),
    }
}

/// The part of `text` without the given characters at its ends; without blanks if none are given.
pub(crate) fn strip(
    context: &Context,
    text: &str,
    chars: Option<&str>,
    left: bool,
    right: bool,
) -> Result<String, Error> {
    let Some(chars) = chars else {
        let text = if left { text.trim_start() } else { text };
        return Ok(if right { text.trim_end() } else { text }.to_owned());
    };
    // Every character is looked for among all of those.
    context.charge(text.len().saturating_mul(chars.len()) / 8)?;
    let of = |c: char| chars.contains(c);
    let text = if left { text.trim_start_matches(of) } else { text };
    Ok(if right { text.trim_end_matches(of) } else { text }.to_owned())
}

fn trim(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let (text, chars) = (call.need_text(0, "value")?, call.get_str(1, "chars")?);
    strip(&call.context, &text, chars.as_deref(), true, true).map(Value::from)
}

fn replace(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let (text, old, new) = (call.need_text(0, "s")?, call.need_text(1, "old")?, call.need_text(2, "new")?);
    let count = call.get_int(3, "count", -1)?;
    replaced(&call.context, &text, &old, &new, count)
}

/// Replaces, at most `count` times if that is not negative.
pub(crate) fn replaced(context: &Context, text: &str, old: &str, new: &str, count: i64) -> Result<Value, Error> {
    context.charge(text.len())?;
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let n_found = if old.is_empty() { text.chars().count() + 1 } else { text.matches(old).take(most).count() };
    context.charge(n_found.min(most).saturating_mul(new.len()))?;
    Ok(Value::from(text.replacen(old, new, most)))
}

fn join(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let all = call.need_items(0, "value")?;
    let separator = match call.get(1, "d") {
        Some(separator) => python::str(&call.context, &separator)?,
        None => String::new(),
    };
    let attribute = call.get_str(2, "attribute")?;
    let mut items = Vec::with_capacity(all.len());
    for item in all {
        items.push(match &attribute {
            Some(path) => super::select::path(&call.context, &item, path)?,
            None => item,
        });
    }
    joined(&call.context, &items, &separator)
}

/// The texts of `items` with `separator` between.
pub(crate) fn joined(context: &Context, items: &[Value], separator: &str) -> Result<Value, Error> {
    context.charge(separator.len().saturating_mul(items.len()))?;
    let mut out = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(separator);
        }
        python::write_str(context, item, &mut out)?;
    }
    Ok(Value::from(out))
}

/// Where the text stands when it is padded.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Left,
    Right,
    Both,
}

/// Pads to a width.
pub(crate) fn pad(context: &Context, text: &str, width: i64, fill: &str, side: Side) -> Result<Value, Error> {
    let len = text.chars().count();
    let missing = usize::try_from(width).unwrap_or(0).saturating_sub(len);
    context.charge(text.len().saturating_add(missing.saturating_mul(fill.len())))?;
    let before = match side {
        Side::Left => 0,
        Side::Right => missing,
        Side::Both => missing / 2,
    };
    Ok(Value::from([&fill.repeat(before), text, &fill.repeat(missing - before)].concat()))
}

/// `truncate(length, killwords, end, leeway)`.
fn truncate(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.need_text(0, "s")?;
    let length = usize::try_from(call.get_int(1, "length", 255)?).unwrap_or(0);
    let killwords = call.get_flag(2, "killwords", false);
    let end = call.get_str(3, "end")?.unwrap_or_else(|| "...".into());
    let leeway = usize::try_from(call.get_int(4, "leeway", 5)?).unwrap_or(0);
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(Value::from(text));
    }
    let mut cut: String = text.chars().take(length.saturating_sub(end.chars().count())).collect();
    if !killwords && let Some((words, _)) = cut.rsplit_once(' ') {
        cut.truncate(words.len());
    }
    Ok(Value::from(cut + &end))
}

/// `indent(width, first, blank)`.
fn indent(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.need_text(0, "s")?;
    let width = call.get(1, "width").unwrap_or_else(|| Value::from(4));
    let prefix = match width.to_str() {
        Some(prefix) => prefix.to_string(),
        None => {
            let width = usize::try_from(call.get_int(1, "width", 4)?).unwrap_or(0);
            call.charge(width)?;
            " ".repeat(width)
        }
    };
    let (first, blank) = (call.get_flag(2, "first", false), call.get_flag(3, "blank", false));
    call.charge(text.len().saturating_add(text.lines().count().saturating_mul(prefix.len())))?;
    let mut out = String::new();
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        if (at > 0 || first) && (blank || !line.trim().is_empty()) {
            out.push_str(&prefix);
        }
        out.push_str(line);
    }
    Ok(Value::from(out))
}

/// HTML's special characters as entities.
fn escape(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.need_text(0, "s")?;
    call.charge(text.len().saturating_mul(5))?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    Ok(Value::from(out))
}

fn striptags(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.need_text(0, "value")?;
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, tag)) = rest.split_once('<') {
        let Some((_, after)) = tag.split_once('>') else { break };
        out.push_str(before);
        rest = after;
    }
    out.push_str(rest);
    Ok(Value::from(out.split_whitespace().collect::<Vec<_>>().join(" ")))
}

/// Percent-encodes text, or the pairs of a dict as a query.
fn urlencode(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    let all = match value.kind() {
        ValueKind::Map => pairs(&call.context, &value)?,
        _ => {
            let text = call.need_text(0, "value")?;
            call.charge(text.len().saturating_mul(3))?;
            return Ok(Value::from(quoted(&text, "/")));
        }
    };
    let mut parts = Vec::new();
    for (key, value) in all {
        let (key, value) = (python::str(&call.context, &key)?, python::str(&call.context, &value)?);
        call.charge((key.len() + value.len()).saturating_mul(3))?;
        parts.push(format!("{}={}", quoted(&key, " ").replace(' ', "+"), quoted(&value, " ").replace(' ', "+")));
    }
    Ok(Value::from(parts.join("&")))
}

fn quoted(text: &str, kept: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "_.-~".contains(c) || (c.is_ascii() && kept.contains(c)) {
            out.push(c);
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}

/// `slugify(separator)`: lower case, with everything but letters and digits replaced.
fn slugify(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let (text, separator) = (call.need_text(0, "text")?, call.get_str(1, "separator")?);
    let separator = separator.as_deref().unwrap_or("_");
    call.charge(text.len().saturating_mul(separator.len().max(2)))?;
    let mut out = String::new();
    let mut gap = false;
    for c in text.chars().flat_map(char::to_lowercase) {
        let plain = transliterated(c);
        if plain.is_empty() {
            // Apostrophes vanish, so that "Anna's" stays one word.
            gap |= c != '\'';
            continue;
        }
        if gap && !out.is_empty() {
            out.push_str(separator);
        }
        gap = false;
        out.push_str(&plain);
    }
    if out.is_empty() && !text.is_empty() {
        out.push_str("unknown");
    }
    Ok(Value::from(out))
}

/// The letter in ASCII: what most languages of Europe need.
fn transliterated(c: char) -> String {
    if c.is_ascii_alphanumeric() {
        return c.to_string();
    }
    let plain = match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' | 'ģ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => "i",
        'ķ' => "k",
        'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ő' | 'ō' => "o",
        'œ' => "oe",
        'ř' | 'ŕ' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ž' | 'ż' => "z",
        c if c.is_alphanumeric() => return c.to_string(),
        _ => "",
    };
    plain.to_owned()
}

/// `1st`, `2nd`, `11th`.
fn ordinal(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    let number = match Num::of(&value) {
        Some(Num::Int(int)) => Some(int),
        Some(Num::Float(float)) => crate::value::float_to_int(float).ok(),
        None => value.as_str().and_then(|text| text.trim().parse().ok()),
    };
    let number = number.ok_or_else(|| type_error(format!("ordinal() needs a number, not '{}'", type_name(&value))))?;
    let suffix = match (number.rem_euclid(100), number.rem_euclid(10)) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    Ok(Value::from(format!("{number}{suffix}")))
}

fn base64_decode(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.need_text(0, "value")?;
    let bytes = STANDARD.decode(text.trim()).map_err(|_| value_error("Incorrect padding"))?;
    String::from_utf8(bytes).map(Value::from).map_err(|_| value_error("'utf-8' codec can't decode bytes"))
}
