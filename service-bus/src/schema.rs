//! What data a service takes: checked before anything happens, and shown to clients by `get_services`.

use serde_json::{Map, Value, json};

/// The fields of a service. Data with other fields is refused.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    fields: Vec<Field>,
    open: bool,
}

/// One field of a service's data.
#[derive(Clone, Debug)]
pub struct Field {
    name: &'static str,
    kind: Kind,
    required: bool,
}

/// What a field may hold.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Any JSON.
    Any,
    /// Text; other scalars are taken as their text.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number within bounds; text that reads as one is taken.
    Int(i64, i64),
    /// A number within bounds; text that reads as one is taken.
    Float(f64, f64),
    /// `true` or `false`; the words Home Assistant takes for them too.
    Bool,
    /// A list of numbers, as many as said, each within bounds.
    Floats(usize, f64, f64),
    /// A list of texts, or one text.
    Texts,
    /// An object.
    Object,
}

/// Why a service's data was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The service has no such field.
    #[error("extra keys not allowed @ data['{0}']")]
    UnknownField(String),
    /// A field that must be there is not.
    #[error("required key not provided @ data['{0}']")]
    Missing(&'static str),
    /// A field holds what it cannot.
    #[error("expected {expected} for dictionary value @ data['{field}']")]
    WrongValue {
        /// The field.
        field: String,
        /// What it can hold.
        expected: String,
    },
    /// A service for entities was called without saying which.
    #[error("must contain at least one of entity_id, device_id, area_id, floor_id, label_id.")]
    NoTarget,
}

impl Field {
    /// Returns a field that may be left out.
    pub const fn optional(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, required: false }
    }

    /// Returns a field that must be there.
    pub const fn required(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, required: true }
    }
}

impl Schema {
    /// Returns the schema of these fields and no others.
    pub const fn new(fields: Vec<Field>) -> Self {
        Self { fields, open: false }
    }

    /// Returns the schema that takes any object.
    pub const fn open() -> Self {
        Self { fields: Vec::new(), open: true }
    }

    /// Returns the data with its values in the kinds that the fields name. O(size).
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self, data: Map<String, Value>) -> Result<Map<String, Value>, SchemaError> {
        if let Some(missing) = self.fields.iter().find(|field| field.required && !data.contains_key(field.name)) {
            return Err(SchemaError::Missing(missing.name));
        }
        let mut checked = Map::with_capacity(data.len());
        for (name, value) in data {
            let value = match self.fields.iter().find(|field| field.name == name) {
                Some(field) => field
                    .kind
                    .read(value)
                    .ok_or_else(|| SchemaError::WrongValue { field: name.clone(), expected: field.kind.expected() })?,
                None if self.open => value,
                None => return Err(SchemaError::UnknownField(name)),
            };
            checked.insert(name, value);
        }
        Ok(checked)
    }

    /// Returns the fields as `get_services` describes them.
    pub(crate) fn describe(&self) -> Value {
        let field = |field: &Field| {
            let mut description = Map::new();
            if field.required {
                description.insert("required".to_owned(), Value::Bool(true));
            }
            description.insert("selector".to_owned(), field.kind.selector());
            (field.name.to_owned(), Value::Object(description))
        };
        Value::Object(self.fields.iter().map(field).collect())
    }
}

impl Kind {
    fn read(&self, value: Value) -> Option<Value> {
        match (self, value) {
            (Self::Any, value) => Some(value),
            (Self::Text, Value::String(text)) => Some(Value::String(text)),
            (Self::Text, Value::Number(number)) => Some(Value::String(number.to_string())),
            (Self::Choice(words), Value::String(word)) => words.contains(&word.as_str()).then_some(Value::String(word)),
            (Self::Int(min, max), value) => {
                let number = integer(&value).filter(|n| (*min..=*max).contains(n))?;
                Some(json!(number))
            }
            (Self::Float(min, max), value) => float(&value, *min, *max).map(|n| json!(n)),
            (Self::Bool, Value::Bool(flag)) => Some(Value::Bool(flag)),
            (Self::Bool, Value::String(word)) => match word.to_ascii_lowercase().as_str() {
                "1" | "true" | "yes" | "on" | "enable" => Some(Value::Bool(true)),
                "0" | "false" | "no" | "off" | "disable" => Some(Value::Bool(false)),
                _ => None,
            },
            (Self::Floats(count, min, max), Value::Array(items)) if items.len() == *count => {
                let numbers: Option<Vec<_>> = items.iter().map(|item| float(item, *min, *max)).collect();
                Some(json!(numbers?))
            }
            (Self::Texts, Value::String(text)) => Some(json!([text])),
            (Self::Texts, Value::Array(items)) => items.iter().all(Value::is_string).then_some(Value::Array(items)),
            (Self::Object, Value::Object(members)) => Some(Value::Object(members)),
            _ => None,
        }
    }

    fn expected(&self) -> String {
        match self {
            Self::Any => "anything".to_owned(),
            Self::Text => "str".to_owned(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Int(min, max) => format!("int from {min} to {max}"),
            Self::Float(min, max) => format!("float from {min} to {max}"),
            Self::Bool => "bool".to_owned(),
            Self::Floats(count, min, max) => format!("{count} floats from {min} to {max}"),
            Self::Texts => "a list of str".to_owned(),
            Self::Object => "a dictionary".to_owned(),
        }
    }

    fn selector(&self) -> Value {
        match self {
            Self::Any | Self::Object | Self::Floats(..) => json!({"object": {}}),
            Self::Text => json!({"text": {}}),
            Self::Texts => json!({"text": {"multiple": true}}),
            Self::Choice(words) => json!({"select": {"options": words}}),
            Self::Int(min, max) => json!({"number": {"min": min, "max": max, "step": 1, "mode": "slider"}}),
            Self::Float(min, max) => json!({"number": {"min": min, "max": max, "step": "any", "mode": "box"}}),
            Self::Bool => json!({"boolean": {}}),
        }
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be a whole number of modest size")]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

fn float(value: &Value, min: f64, max: f64) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    (number.is_finite() && (min..=max).contains(&number)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: Kind, value: Value, expected: Option<Value>) {
        let schema = Schema::new(vec![Field::required("x", kind)]);
        let got = schema.check(Map::from_iter([("x".to_owned(), value.clone())])).ok();
        assert_eq!(got.map(|data| data["x"].clone()), expected, "{value}");
    }

    #[test]
    fn values_are_read_in_their_kind() {
        check(Kind::Int(0, 255), json!(12), Some(json!(12)));
        check(Kind::Int(0, 255), json!("12"), Some(json!(12)));
        check(Kind::Int(0, 255), json!(12.0), Some(json!(12)));
        for wrong in [json!(256), json!(-1), json!(1.5), json!(true), json!("x"), json!(null), json!([1])] {
            check(Kind::Int(0, 255), wrong, None);
        }
        check(Kind::Bool, json!("on"), Some(json!(true)));
        check(Kind::Bool, json!(1), None);
        check(Kind::Float(0.0, 1.0), json!("NaN"), None);
        check(Kind::Floats(2, 0.0, 1.0), json!([0, 1]), Some(json!([0.0, 1.0])));
        check(Kind::Floats(2, 0.0, 1.0), json!([0]), None);
        check(Kind::Texts, json!("a"), Some(json!(["a"])));
        check(Kind::Choice(&["a"]), json!("b"), None);
    }

    #[test]
    fn unknown_and_missing_fields_are_named() {
        let schema = Schema::new(vec![Field::required("x", Kind::Any)]);
        assert_eq!(schema.check(Map::new()), Err(SchemaError::Missing("x")));
        let both = Map::from_iter([("x".to_owned(), json!(1)), ("y".to_owned(), json!(1))]);
        assert_eq!(schema.check(both), Err(SchemaError::UnknownField("y".to_owned())));
    }
}
