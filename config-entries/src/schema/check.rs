//! The check of what was entered, with the words that clients know.

use serde_json::{Map, Value, json};

use super::{Field, FieldKind, Need, Schema};

/// What was entered is not what the form asks for. Names fields, never values.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("the input is not what the form asks for: {}", self.summary())]
pub struct InvalidInput {
    /// What is wrong with a field, by its name.
    pub fields: Vec<(String, String)>,
    /// What is wrong with something that is no field of the form itself.
    pub base: Vec<String>,
}

impl InvalidInput {
    /// Returns the `errors` object of an answer: a text for each field, a list under `base`.
    pub fn to_wire(&self) -> Value {
        let mut errors: Map<_, _> = self.fields.iter().map(|(name, text)| (name.clone(), json!(text))).collect();
        if !self.base.is_empty() {
            errors.insert("base".to_owned(), json!(self.base));
        }
        Value::Object(errors)
    }

    fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.base.is_empty()
    }

    fn summary(&self) -> String {
        let fields = self.fields.iter().map(|(name, text)| format!("{name}: {text}"));
        fields.chain(self.base.iter().cloned()).collect::<Vec<_>>().join("; ")
    }
}

pub(super) fn input(schema: &Schema, input: &Map<String, Value>) -> Result<Map<String, Value>, InvalidInput> {
    let mut wrong = InvalidInput::default();
    let values = fields(schema, input, None, &mut wrong);
    if wrong.is_empty() { Ok(values) } else { Err(wrong) }
}

/// The most characters of an unknown name that an error repeats.
const SHOWN: usize = 64;
/// The most unknown names that an error repeats.
const N_SHOWN: usize = 32;

fn fields(
    schema: &Schema,
    input: &Map<String, Value>,
    section: Option<&str>,
    wrong: &mut InvalidInput,
) -> Map<String, Value> {
    let mut values = Map::new();
    for field in schema.fields() {
        let mut refuse = |text: String| match section {
            None => wrong.fields.push((field.name.clone(), text)),
            Some(section) => wrong.base.push(format!("{text} at '{section}.{}'", field.name)),
        };
        let given = match (input.get(&field.name), &field.default, field.need) {
            (Some(given), _, _) => given.clone(),
            (None, Some(default), _) => default.clone(),
            // A section whose fields may all be left out may be left out itself.
            (None, None, _) if matches!(&field.kind, FieldKind::Section { schema, .. } if can_be_empty(schema)) => {
                json!({})
            }
            (None, None, Need::Optional) => continue,
            (None, None, Need::Required) => {
                refuse("required key not provided".to_owned());
                continue;
            }
        };
        match (&field.kind, given) {
            (FieldKind::Section { schema, .. }, Value::Object(inner)) => {
                let inner = fields(schema, &inner, Some(&field.name), wrong);
                values.insert(field.name.clone(), Value::Object(inner));
            }
            (_, given) => match value(&field.kind, given) {
                Ok(value) => _ = values.insert(field.name.clone(), value),
                Err(text) => refuse(text),
            },
        }
    }
    let unknown = input.keys().filter(|name| !schema.fields().iter().any(|field| field.name == **name));
    for name in unknown.take(N_SHOWN) {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
        let place = section.map_or_else(|| shown.clone(), |section| format!("{section}.{shown}"));
        wrong.base.push(format!("not a valid option at '{place}'"));
    }
    values
}

fn can_be_empty(schema: &Schema) -> bool {
    let may_miss = |field: &Field| field.default.is_some() || field.need == Need::Optional;
    schema.fields().iter().all(may_miss)
}

fn value(kind: &FieldKind, given: Value) -> Result<Value, String> {
    let fits = match kind {
        FieldKind::Text | FieldKind::Secret => given.is_string().then_some(()).ok_or("expected str"),
        FieldKind::Float => given.is_number().then_some(()).ok_or("expected float"),
        FieldKind::Boolean => given.is_boolean().then_some(()).ok_or("expected bool"),
        FieldKind::Section { .. } => Err("expected a dictionary"),
        FieldKind::Integer(least, most) => {
            let Some(number) = given.as_i64() else { return Err("expected int".to_owned()) };
            if let Some(least) = least.filter(|least| number < *least) {
                return Err(format!("value must be at least {least}"));
            }
            if let Some(most) = most.filter(|most| number > *most) {
                return Err(format!("value must be at most {most}"));
            }
            Ok(())
        }
        FieldKind::Select(options) => return one_of(options, given),
        FieldKind::MultiSelect(options) => {
            let Value::Array(items) = given else { return Err("Not a list".to_owned()) };
            let known = |item: &Value| item.as_str().is_some_and(|item| options.iter().any(|(value, _)| value == item));
            if !items.iter().all(known) {
                return Err("is not a valid option".to_owned());
            }
            return Ok(Value::Array(items));
        }
        FieldKind::Constant(value) => (given == *value).then_some(()).ok_or("not a valid value"),
        FieldKind::Selector(name, settings) => selector(name, settings, &given),
    };
    fits.map(|()| given).map_err(str::to_owned)
}

fn one_of(options: &[(String, String)], given: Value) -> Result<Value, String> {
    if given.as_str().is_some_and(|given| options.iter().any(|(value, _)| value == given)) {
        return Ok(given);
    }
    let options: Vec<_> = options.iter().map(|(value, _)| format!("'{value}'")).collect();
    Err(format!("value must be one of [{}]", options.join(", ")))
}

fn selector(name: &str, settings: &Map<String, Value>, given: &Value) -> Result<(), &'static str> {
    let multiple = settings.get("multiple").and_then(Value::as_bool).unwrap_or(false);
    let one = |value: &Value| match name {
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "object" => true,
        _ => value.is_string(),
    };
    let fits = match given {
        Value::Array(items) if multiple => items.iter().all(one),
        value => !multiple && one(value),
    };
    fits.then_some(()).ok_or(match name {
        "boolean" => "expected bool",
        "number" => "expected float",
        _ if multiple => "expected list",
        _ => "expected str",
    })
}
