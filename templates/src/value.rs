//! The engine's values with Python's eyes: their types, numbers, sizes, order and items.

use std::cmp::Ordering;
use std::sync::Arc;

use minijinja::value::{Object, Tuple, ValueKind};
use minijinja::{Error, Value};
use serde_json::Value as Json;

use crate::bounds::{DEPTH, ITEM};
use crate::context::Context;
use crate::duration::Duration;
use crate::error::{TemplateError, runtime_error, type_error, undefined_value};
use crate::moment::Moment;
use crate::objects::{Set, StateObject};

/// A number, as Python tells them apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Num {
    Int(i128),
    Float(f64),
}

impl Num {
    /// The number that `value` is; booleans are 0 and 1.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        match value.kind() {
            ValueKind::Bool => Some(Self::Int(i128::from(value.is_true()))),
            ValueKind::Number if value.is_integer() => i128::try_from(value.clone()).ok().map(Self::Int),
            ValueKind::Number => f64::try_from(value.clone()).ok().map(Self::Float),
            _ => None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "Python's int to float conversion rounds too")]
    pub(crate) fn as_f64(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }

    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Int(int) => int_value(int),
            Self::Float(float) => Value::from(float),
        }
    }
}

pub(crate) fn int_value(int: i128) -> Value {
    i64::try_from(int).map_or_else(|_| Value::from(int), Value::from)
}

/// The integer nearest to zero of a float.
///
/// # Errors
///
/// It is not finite, or too large to hold.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
pub(crate) fn float_to_int(float: f64) -> Result<i128, Error> {
    if float.is_finite() && float.abs() < 1e38 {
        return Ok(float as i128);
    }
    Err(TemplateError::Overflow("cannot convert float to integer".to_owned()).into())
}

/// An index or count, if `value` is an integer that fits.
pub(crate) fn as_index(value: &Value) -> Option<i64> {
    match Num::of(value)? {
        Num::Int(int) => i64::try_from(int).ok(),
        Num::Float(_) => None,
    }
}

/// The name of `value`'s type in Python.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined => "Undefined",
        ValueKind::None => "NoneType",
        ValueKind::Bool => "bool",
        ValueKind::Number if value.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::String => "str",
        ValueKind::Bytes => "bytes",
        ValueKind::Map if value.downcast_object_ref::<StateObject>().is_some() => "TemplateState",
        ValueKind::Map => "dict",
        _ if value.is_tuple() => "tuple",
        _ => {
            if let Some(moment) = value.downcast_object_ref::<Moment>() {
                moment.type_name()
            } else if value.downcast_object_ref::<Duration>().is_some() {
                "timedelta"
            } else if value.downcast_object_ref::<Set>().is_some() {
                "set"
            } else if value.kind() == ValueKind::Seq {
                "list"
            } else {
                "object"
            }
        }
    }
}

/// The size of `value` itself, without what its items hold.
pub(crate) fn shallow_size(value: &Value) -> usize {
    if let Some(text) = value.as_str() {
        return text.len();
    }
    if let Some(bytes) = value.as_bytes() {
        return bytes.len();
    }
    value.as_object().and_then(|object| object.enumerator_len()).map_or(0, |len| len.saturating_mul(ITEM))
}

/// Charges for all of `value`, and bounds its depth.
pub(crate) fn charge_deep(context: &Context, value: &Value, depth: usize) -> Result<(), Error> {
    if depth > DEPTH {
        return Err(runtime_error("value is nested too deeply"));
    }
    context.charge(shallow_size(value))?;
    let Some(object) = value.as_object() else { return Ok(()) };
    match value.kind() {
        ValueKind::Map => {
            for (_, item) in object.try_iter_pairs().into_iter().flatten() {
                context.charge(ITEM)?;
                charge_deep(context, &item, depth + 1)?;
            }
        }
        ValueKind::Seq | ValueKind::Iterable => {
            for item in object.try_iter().into_iter().flatten() {
                context.charge(ITEM)?;
                charge_deep(context, &item, depth + 1)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The items that Python's `for` would see.
///
/// # Errors
///
/// `value` cannot be iterated, or the budget is used up.
pub(crate) fn items(context: &Context, value: &Value) -> Result<Vec<Value>, Error> {
    match value.kind() {
        ValueKind::Undefined if context.strict => return Err(undefined_value(value)),
        ValueKind::Undefined => return Ok(Vec::new()),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            context.charge(text.len().saturating_mul(ITEM))?;
            return Ok(text.chars().map(|c| Value::from(c.to_string())).collect());
        }
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {}
        _ => return Err(not_iterable(value)),
    }
    let Some(items) = value.as_object().and_then(|object| object.try_iter()) else { return Err(not_iterable(value)) };
    let mut all = Vec::new();
    for item in items {
        context.charge(ITEM)?;
        all.push(item);
    }
    Ok(all)
}

pub(crate) fn not_iterable(value: &Value) -> Error {
    type_error(format!("'{}' object is not iterable", type_name(value)))
}

/// The key and value pairs of a dict.
pub(crate) fn pairs(context: &Context, value: &Value) -> Result<Vec<(Value, Value)>, Error> {
    let Some(object) = value.as_object().filter(|_| value.kind() == ValueKind::Map) else {
        return Err(type_error(format!("'{}' object is not a mapping", type_name(value))));
    };
    let mut all = Vec::new();
    for pair in object.try_iter_pairs().into_iter().flatten() {
        context.charge(ITEM * 2)?;
        all.push(pair);
    }
    Ok(all)
}

/// What Python's `len` says.
pub(crate) fn length(context: &Context, value: &Value) -> Result<usize, Error> {
    match value.kind() {
        ValueKind::Undefined if !context.strict => Ok(0),
        ValueKind::String => {
            context.charge(shallow_size(value))?;
            Ok(value.len().unwrap_or_default())
        }
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => match value.len() {
            Some(len) => Ok(len),
            None => Ok(items(context, value)?.len()),
        },
        _ => Err(type_error(format!("object of type '{}' has no len()", type_name(value)))),
    }
}

/// Compares two values of which the caller has charged the size.
///
/// # Errors
///
/// The types have no order between them.
pub(crate) fn compare(context: &Context, a: &Value, b: &Value, symbol: &str) -> Result<Ordering, Error> {
    if let (Some(a), Some(b)) = (Num::of(a), Num::of(b)) {
        return Ok(match (a, b) {
            (Num::Int(a), Num::Int(b)) => a.cmp(&b),
            // NaN has no place in Python's order either; any answer will do that cannot fail.
            (a, b) => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
        });
    }
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        context.charge(a.len().min(b.len()))?;
        return Ok(a.cmp(b));
    }
    if let (Some(a), Some(b)) = (a.downcast_object_ref::<Moment>(), b.downcast_object_ref::<Moment>())
        && let Some(order) = a.compare(b)
    {
        return Ok(order);
    }
    if let (Some(a), Some(b)) = (a.downcast_object_ref::<Duration>(), b.downcast_object_ref::<Duration>()) {
        return Ok(a.micros.cmp(&b.micros));
    }
    if a.kind() == ValueKind::Seq && b.kind() == ValueKind::Seq && a.is_tuple() == b.is_tuple() {
        let (left, right) = (items(context, a)?, items(context, b)?);
        for (a, b) in left.iter().zip(&right) {
            match compare(context, a, b, symbol)? {
                Ordering::Equal => {}
                order => return Ok(order),
            }
        }
        return Ok(left.len().cmp(&right.len()));
    }
    if a.is_undefined() || b.is_undefined() {
        return Err(undefined_value(if a.is_undefined() { a } else { b }));
    }
    let (a, b) = (type_name(a), type_name(b));
    Err(type_error(format!("'{symbol}' not supported between instances of '{a}' and '{b}'")))
}

/// Sorts with a comparison that may fail. A merge sort, since the standard one may panic if the order is not total.
pub(crate) fn sort_by<T>(
    mut items: Vec<T>,
    compare: &mut dyn FnMut(&T, &T) -> Result<Ordering, Error>,
) -> Result<Vec<T>, Error> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = items.split_off(items.len() / 2);
    let left = sort_by(items, compare)?;
    let right = sort_by(right, compare)?;
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let from_right = compare(b, a)? == Ordering::Less;
        merged.extend(if from_right { right.next() } else { left.next() });
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}

/// A list value.
pub(crate) fn list(items: Vec<Value>) -> Value {
    Value::from(items)
}

/// A tuple value.
pub(crate) fn tuple(items: Vec<Value>) -> Value {
    Value::from(Tuple::new(items))
}

/// A dict value, in the order of its pairs.
pub(crate) fn dict(pairs: impl IntoIterator<Item = (Value, Value)>) -> Value {
    Value::from_pairs(pairs)
}

/// Something of ours as a value.
pub(crate) fn object<T: Object + 'static>(object: T) -> Value {
    Value::from_dyn_object(Arc::new(object))
}

/// JSON as a value.
pub(crate) fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(bool) => Value::from(*bool),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => Value::from(int),
            (None, Some(int)) => Value::from(int),
            (None, None) => Value::from(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => list(items.iter().map(from_json).collect()),
        Json::Object(map) => dict(map.iter().map(|(key, item)| (Value::from(key.as_str()), from_json(item)))),
    }
}

/// A value as JSON, as Home Assistant's encoder writes it: dates as ISO text, sets and tuples as arrays.
pub(crate) fn to_json(context: &Context, value: &Value, depth: usize) -> Result<Json, Error> {
    if depth > DEPTH {
        return Err(runtime_error("value is nested too deeply"));
    }
    context.charge(shallow_size(value))?;
    let unfit = || type_error(format!("Type is not JSON serializable: {}", type_name(value)));
    match value.kind() {
        ValueKind::None => Ok(Json::Null),
        ValueKind::Bool => Ok(Json::Bool(value.is_true())),
        ValueKind::Number => Ok(match Num::of(value) {
            Some(Num::Int(int)) => match (i64::try_from(int), u64::try_from(int)) {
                (Ok(int), _) => Json::from(int),
                (_, Ok(int)) => Json::from(int),
                _ => return Err(type_error("Integer exceeds 64-bit range")),
            },
            Some(Num::Float(float)) => serde_json::Number::from_f64(float).map_or(Json::Null, Json::Number),
            None => return Err(unfit()),
        }),
        ValueKind::String => Ok(Json::String(value.as_str().unwrap_or_default().to_owned())),
        ValueKind::Map => {
            let mut map = serde_json::Map::new();
            for (key, item) in pairs(context, value)? {
                let key = match (key.as_str(), key.kind()) {
                    (Some(key), _) => key.to_owned(),
                    (None, ValueKind::None) => "null".to_owned(),
                    (None, ValueKind::Bool) => key.is_true().to_string(),
                    (None, ValueKind::Number) => key.to_string(),
                    _ => return Err(type_error("Dict key must be str")),
                };
                map.insert(key, to_json(context, &item, depth + 1)?);
            }
            Ok(Json::Object(map))
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let items = items(context, value)?;
            Ok(Json::Array(items.iter().map(|item| to_json(context, item, depth + 1)).collect::<Result<_, _>>()?))
        }
        ValueKind::Plain => match value.downcast_object_ref::<Moment>() {
            Some(moment) => Ok(Json::String(moment.isoformat())),
            None => Err(unfit()),
        },
        _ => Err(unfit()),
    }
}
