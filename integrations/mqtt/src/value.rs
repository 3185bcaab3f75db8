//! Value templates: what a device's payload says, and what a command becomes, in Jinja within bounds.

use std::{borrow::Cow, io, sync::LazyLock};

use config_entries::hub::parse_json;
use minijinja::{
    Environment, ErrorKind, Output, State, UndefinedBehavior, Value,
    value::{Kwargs, ValueKind},
};
use serde_json::{Map, Value as Json};

/// A template that has been read once, so that it is known to be one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Template {
    source: String,
    cost: Cost,
}

/// How much a template could make of what it is given.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cost {
    /// How often it could join texts or lists.
    joins: usize,
    /// It keeps what it made, so that joins can double it each time.
    keeps: bool,
    /// It does things again and again.
    loops: bool,
    /// It multiplies.
    multiplies: bool,
    /// How often it could repeat a text, all multiplications together.
    times: usize,
}

/// Why a template is refused or gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TemplateError {
    /// It is longer than [`MAX_SOURCE`], or uses what is not offered here.
    #[error("a template that {0}")]
    Refused(&'static str),
    /// It is no template.
    #[error("not a template: {0}")]
    Syntax(String),
    /// It failed on this value.
    #[error("the template failed: {0}")]
    Failed(String),
}

/// The most bytes of a template.
const MAX_SOURCE: usize = 4_096;
/// The most bytes that a template may make.
const MAX_OUTPUT: usize = 64 * 1_024;
/// The most bytes that a template could make on the way, reckoned before it is run.
const MAX_WORK: usize = 64 << 20;
/// The most steps of one render.
const FUEL: u64 = 10_000;
/// The longest value for which there are as many steps. For a longer one there are fewer, since each may look at all of
/// it.
const FULL_FUEL: usize = 4 * 1_024;
/// The fewest steps, however long the value is.
const MIN_FUEL: u64 = 500;
/// The most multiplications.
const MAX_TIMES: usize = 3;
/// How much more a loop is reckoned to cost.
const LOOP: usize = 64;

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`]: it is none, or not within the bounds.
    pub(crate) fn parse(source: &str) -> Result<Self, TemplateError> {
        if source.len() > MAX_SOURCE {
            return Err(TemplateError::Refused("is too long"));
        }
        if ["macro", "recursive", "call"].iter().any(|word| source.split(is_no_word).any(|found| found == *word)) {
            return Err(TemplateError::Refused("calls itself or others"));
        }
        let n_times = source.matches('*').count();
        if n_times > MAX_TIMES || (n_times > 0 && has_list(source)) {
            return Err(TemplateError::Refused("multiplies too much"));
        }
        let times = factors(source).ok_or(TemplateError::Refused("multiplies by what is no number written there"))?;
        let joins = source.chars().filter(|c| matches!(c, '~' | '+' | '*' | ',')).count();
        let has = |words: &[&str]| source.split(is_no_word).any(|word| words.contains(&word));
        let (keeps, loops) = (has(&["set", "with", "filter"]), has(&["for"]));
        let cost = Cost { joins, keeps, loops, multiplies: n_times > 0, times };
        // Before it is read: what is written out is worked out then.
        if !cost.allows(source.len()) {
            return Err(TemplateError::Refused("makes too much"));
        }
        ENGINE.template_from_str(source).map_err(|error| TemplateError::Syntax(error.kind().to_string()))?;
        Ok(Self { source: source.to_owned(), cost })
    }

    /// Returns what it makes of a payload: `value` is the payload's text, `value_json` what it says as JSON.
    ///
    /// # Errors
    /// [`TemplateError::Failed`].
    pub(crate) fn read(&self, payload: &str) -> Result<String, TemplateError> {
        self.read_with(payload, &[])
    }

    /// Returns what it makes of a payload, with further values.
    ///
    /// # Errors
    /// [`TemplateError::Failed`].
    pub(crate) fn read_with(&self, payload: &str, more: &[(&str, Value)]) -> Result<String, TemplateError> {
        let mut context = vec![("value", Value::from(payload))];
        if self.source.contains("value_json")
            && let Ok(json) = parse_json(payload.as_bytes())
        {
            context.push(("value_json", from_json(&json, !self.cost.multiplies)));
        }
        context.extend(more.iter().cloned());
        self.render(payload.len(), context)
    }

    /// Returns the payload of a command, of which `value` is what is asked for.
    ///
    /// # Errors
    /// [`TemplateError::Failed`].
    pub(crate) fn command(&self, value: Value, more: &[(&str, Value)]) -> Result<String, TemplateError> {
        let size = value.as_str().map_or(32, str::len);
        let mut context = vec![("value", value)];
        context.extend(more.iter().cloned());
        self.render(size, context)
    }

    fn render(&self, given: usize, context: Vec<(&str, Value)>) -> Result<String, TemplateError> {
        if !self.cost.allows(given + self.source.len()) {
            return Err(TemplateError::Failed("the value is too long for it".to_owned()));
        }
        let failed = |error: &minijinja::Error| {
            let text = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
            TemplateError::Failed(text.chars().take(120).collect())
        };
        let scaled = (given > FULL_FUEL).then(|| {
            let mut engine = ENGINE.clone();
            engine.set_fuel(Some((FUEL * FULL_FUEL as u64 / given as u64).max(MIN_FUEL)));
            engine
        });
        let engine = scaled.as_ref().unwrap_or(&ENGINE);
        let template = engine.template_from_str(&self.source).map_err(|error| failed(&error))?;
        let mut output = Bounded(Vec::new());
        let rendered = template.render_captured_to(Value::from_pairs(context), &mut output);
        rendered.map_err(|error| failed(&error))?;
        let text = String::from_utf8(output.0).map_err(|_| TemplateError::Failed("not text".to_owned()))?;
        Ok(text.trim().to_owned())
    }
}

impl Cost {
    /// Tells whether it stays within bounds for so many bytes.
    fn allows(self, bytes: usize) -> bool {
        let doublings = u32::try_from(self.joins).unwrap_or(u32::MAX);
        let joined = if self.keeps {
            1_usize.checked_shl(doublings).unwrap_or(usize::MAX)
        } else {
            // Each join copies what those before it made.
            (self.joins + 1).saturating_mul(self.joins + 2) / 2
        };
        let loops = if self.loops && (self.joins > 0 || self.multiplies) { LOOP } else { 1 };
        bytes.saturating_mul(joined).saturating_mul(self.times).saturating_mul(loops) <= MAX_WORK
    }
}

/// Returns how often a template could repeat a text: the product of the numbers that it multiplies by. None if one of
/// them is not written there, for a payload could then say any number.
fn factors(source: &str) -> Option<usize> {
    let mut product = 1_usize;
    let mut rest = source;
    let mut before = "";
    while let Some((left, right)) = rest.split_once('*') {
        if let Some(power) = right.strip_prefix('*') {
            // Of numbers alone.
            (before, rest) = ("*", power);
            continue;
        }
        let factor = number_behind(right).or_else(|| number_before(left, before))?;
        product = product.checked_mul(factor)?;
        (before, rest) = ("*", right);
    }
    Some(product)
}

/// Returns the whole number at or above the one that a text starts with, unless something else is made of it.
fn number_behind(text: &str) -> Option<usize> {
    let text = text.trim_start();
    let text = text.strip_prefix('-').unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, mut rest) = text.split_at(end);
    // A filter that rounds changes nothing of note, others may.
    while let Some(filter) = rest.trim_start().strip_prefix('|') {
        let filter = filter.trim_start();
        let end = filter.find(is_no_word).unwrap_or(filter.len());
        let (name, after) = filter.split_at(end);
        if !matches!(name, "round" | "int" | "float") {
            return None;
        }
        rest = after;
        if let Some(arguments) = rest.trim_start().strip_prefix('(') {
            let (arguments, after) = arguments.split_once(')')?;
            if arguments.contains('(') {
                return None;
            }
            rest = after;
        }
    }
    let stands_alone = !rest.starts_with(|c: char| !is_no_word(c));
    let rest = rest.trim_start();
    (stands_alone && !rest.starts_with(['.', '[', '(']) && !rest.starts_with("**")).then(|| ceiling(number))?
}

/// Returns the whole number at or above the one that a text ends with, if that is all of the left side of a
/// multiplication.
fn number_before(text: &str, before: &str) -> Option<usize> {
    let text = text.trim_end();
    let start = text.rfind(|c: char| !c.is_ascii_digit() && c != '.').map_or(0, |at| at + 1);
    let (rest, number) = (text.get(..start)?, text.get(start..)?);
    let last = rest.trim_end().chars().next_back().or_else(|| before.chars().next_back());
    last.is_some_and(|last| matches!(last, '{' | '(' | '+' | '-' | '~' | ',' | '=' | '<' | '>'))
        .then(|| ceiling(number))?
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "floats to integers saturate")]
fn ceiling(number: &str) -> Option<usize> {
    let number: f64 = number.parse().ok()?;
    Some(number.ceil().max(1.0) as usize)
}

/// Tells whether a list or tuple may be written in a template: a `[` that looks nothing up, or a comma that is not
/// between the arguments of a call.
fn has_list(source: &str) -> bool {
    let (mut open, mut quote, mut before) = (Vec::new(), None, ' ');
    for c in source.chars() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if !open.is_empty() => quote = Some(c),
            (None, '[') if !(before.is_alphanumeric() || matches!(before, '_' | ']' | ')' | '"' | '\'')) => {
                return true;
            }
            (None, '(') => open.push(before.is_alphanumeric() || before == '_'),
            (None, '[' | '{') => open.push(false),
            (None, ')' | ']' | '}') => _ = open.pop(),
            (None, ',') if open.last() == Some(&false) => return true,
            _ => {}
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    false
}

fn is_no_word(c: char) -> bool {
    !c.is_ascii_alphanumeric() && c != '_'
}

/// A writer that ends the render when too much has come.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT {
            return Err(io::Error::other("the output is too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Nothing of the home is in it: no states, no functions, no files.
static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::empty();
    engine.set_fuel(Some(FUEL));
    engine.set_formatter(print);
    engine.set_recursion_limit(50);
    engine.set_undefined_behavior(UndefinedBehavior::Lenient);
    engine.add_filter("round", round);
    engine.add_filter("float", float);
    engine.add_filter("int", int);
    engine.add_filter("default", minijinja::filters::default);
    engine.add_filter("d", minijinja::filters::default);
    engine.add_filter("tojson", to_json);
    engine.add_filter("to_json", to_json);
    engine.add_filter("abs", minijinja::filters::abs);
    engine.add_filter("lower", |text: Cow<'_, str>| text.to_lowercase());
    engine.add_filter("upper", |text: Cow<'_, str>| text.to_uppercase());
    engine.add_filter("capitalize", minijinja::filters::capitalize);
    engine.add_filter("title", minijinja::filters::title);
    engine.add_filter("trim", |text: Cow<'_, str>| text.trim().to_owned());
    engine.add_filter("length", minijinja::filters::length);
    engine.add_filter("count", minijinja::filters::length);
    engine.add_filter("first", minijinja::filters::first);
    engine.add_filter("string", |value: Value| match value.kind() {
        ValueKind::Number | ValueKind::Bool | ValueKind::String => Ok(value.to_string()),
        _ => Err(minijinja::Error::new(ErrorKind::InvalidOperation, "no text")),
    });
    engine.add_filter("bool", |value: Value| value.is_true());
    engine.add_filter("is_defined", is_defined);
    engine.add_filter("iif", |value: Value, yes: Option<Value>, no: Option<Value>| {
        if value.is_true() { yes.unwrap_or(Value::from(true)) } else { no.unwrap_or(Value::from(false)) }
    });
    engine.add_test("defined", minijinja::tests::is_defined);
    engine.add_test("undefined", minijinja::tests::is_undefined);
    engine.add_test("none", minijinja::tests::is_none);
    engine.add_test("number", minijinja::tests::is_number);
    engine.add_test("string", minijinja::tests::is_string);
    engine.add_test("true", minijinja::tests::is_true);
    engine.add_test("false", minijinja::tests::is_false);
    engine.add_test("in", minijinja::tests::is_in);
    engine.add_test("even", minijinja::tests::is_even);
    engine.add_test("odd", minijinja::tests::is_odd);
    engine.add_test("mapping", minijinja::tests::is_mapping);
    engine.add_test("sequence", minijinja::tests::is_sequence);
    engine.add_function("float", float);
    engine.add_function("int", int);
    engine.add_function("is_number", |value: Value| number(&value).is_some());
    // The one method that discovery messages use, of `dict`.
    engine.set_unknown_method_callback(|_, value, method, args| match (method, args) {
        ("get", [key]) if value.kind() == ValueKind::Map => {
            let found = value.get_item(key)?;
            Ok(if found.is_undefined() { Value::from(()) } else { found })
        }
        ("get", [key, default]) if value.kind() == ValueKind::Map => {
            let found = value.get_item(key)?;
            Ok(if found.is_undefined() { default.clone() } else { found })
        }
        _ => Err(minijinja::Error::from(ErrorKind::UnknownMethod)),
    });
    engine
});

/// Returns the number that a value is, or that its text says.
fn number(value: &Value) -> Option<f64> {
    let number = match value.kind() {
        ValueKind::Number => f64::try_from(value.clone()).ok()?,
        ValueKind::Bool => f64::from(u8::from(value.is_true())),
        ValueKind::String => value.as_str()?.trim().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

fn or_default(
    found: Option<Value>,
    default: Option<Value>,
    kwargs: &Kwargs,
    what: &str,
) -> Result<Value, minijinja::Error> {
    let named: Option<Value> = kwargs.get("default")?;
    kwargs.assert_all_used()?;
    found.or(default).or(named).ok_or_else(|| minijinja::Error::new(ErrorKind::InvalidOperation, format!("no {what}")))
}

fn float(value: Value, default: Option<Value>, kwargs: Kwargs) -> Result<Value, minijinja::Error> {
    let default = default.filter(|default| !default.is_undefined());
    or_default(number(&value).map(Value::from), default, &kwargs, "number")
}

#[expect(clippy::cast_possible_truncation, reason = "floats to integers saturate")]
fn int(value: Value, default: Option<Value>, kwargs: Kwargs) -> Result<Value, minijinja::Error> {
    or_default(number(&value).map(|number| Value::from(number.trunc() as i64)), default, &kwargs, "whole number")
}

/// As Python rounds, but for halves: to the nearest even one.
#[expect(clippy::cast_possible_truncation, reason = "floats to integers saturate")]
fn round(
    value: Value,
    precision: Option<i32>,
    method: Option<String>,
    kwargs: Kwargs,
) -> Result<Value, minijinja::Error> {
    let (precision, method) = (precision.unwrap_or(0).clamp(-12, 12), method.unwrap_or_default());
    let scale = 10_f64.powi(precision);
    let rounded = number(&value).map(|number| {
        let scaled = number * scale;
        let whole = match method.as_str() {
            "floor" => scaled.floor(),
            "ceil" => scaled.ceil(),
            _ => scaled.round_ties_even(),
        };
        let rounded = whole / scale + 0.0;
        if precision <= 0 { Value::from(rounded as i64) } else { Value::from(rounded) }
    });
    or_default(rounded, None, &kwargs, "number")
}

fn to_json(value: Value) -> Result<Value, minijinja::Error> {
    let wrong = || minijinja::Error::new(ErrorKind::BadSerialization, "cannot be written as JSON");
    // Of one list in it many can be made.
    let mut left = MAX_OUTPUT;
    Ok(Value::from_safe_string(json_of(&value, &mut left, 0).ok_or_else(wrong)?.to_string()))
}

/// Returns the engine's value of a JSON one. Without `lists` an array becomes a map of places, which is read in the same
/// way and cannot be multiplied: a list that was, and is looked through, would take seconds.
fn from_json(json: &Json, lists: bool) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(flag) => Value::from(*flag),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Value::from(number),
            (None, Some(number)) => Value::from(number),
            (None, None) => Value::from(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) if lists => items.iter().map(|item| from_json(item, lists)).collect::<Vec<_>>().into(),
        Json::Array(items) => Value::from_pairs(items.iter().enumerate().map(|(n, item)| (n, from_json(item, lists)))),
        Json::Object(members) => {
            Value::from_pairs(members.iter().map(|(name, value)| (name.clone(), from_json(value, lists))))
        }
    }
}

/// Returns the JSON of a value; none if it has none, or is larger than what is left.
fn json_of(value: &Value, left: &mut usize, depth: usize) -> Option<Json> {
    *left = left.checked_sub(value.as_str().map_or(1, |text| text.len() + 1))?;
    if depth > 64 {
        return None;
    }
    Some(match value.kind() {
        ValueKind::Undefined | ValueKind::None => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number => match i64::try_from(value.clone()) {
            Ok(number) if !value.to_string().contains('.') => Json::from(number),
            _ => Json::from(f64::try_from(value.clone()).ok()?),
        },
        ValueKind::String => Json::from(value.as_str()?),
        ValueKind::Map => {
            let mut members = Map::new();
            for name in value.try_iter().ok()? {
                let member = value.get_item(&name).ok()?;
                members.insert(name.to_string(), json_of(&member, left, depth + 1)?);
            }
            Json::Object(members)
        }
        _ => {
            let items = value.try_iter().ok()?.map(|item| json_of(&item, left, depth + 1));
            Json::Array(items.collect::<Option<_>>()?)
        }
    })
}

/// Prints as Python does: `True`, `None`, and nothing for what is not there.
fn print(output: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    let written = match value.kind() {
        ValueKind::Undefined => Ok(()),
        ValueKind::None => output.write_str("None"),
        ValueKind::Bool => output.write_str(if value.is_true() { "True" } else { "False" }),
        // Of a list in it many can be made, and the engine would print them all.
        ValueKind::Map | ValueKind::Seq | ValueKind::Iterable => {
            let text = json_of(value, &mut MAX_OUTPUT.clone(), 0).map(|json| json.to_string());
            text.map_or(Err(std::fmt::Error), |text| output.write_str(&text))
        }
        _ => write!(output, "{value}"),
    };
    written.map_err(minijinja::Error::from)
}

/// Home Assistant's: lets a payload that lacks the value be passed over.
fn is_defined(value: Value) -> Result<Value, minijinja::Error> {
    if value.is_undefined() {
        return Err(minijinja::Error::new(ErrorKind::UndefinedError, "the value is not defined"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests;
