//! What a form asks for: fields, their wire form, and the check of what was entered.

mod check;
mod field;
mod wire;

pub use check::InvalidInput;
pub use field::{Field, FieldKind, Need};

use serde_json::{Map, Value};

/// The fields of one form, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    fields: Vec<Field>,
}

impl Schema {
    /// Returns a form that asks for nothing: there is only a button to press.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    #[must_use]
    pub fn with(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// Returns the fields.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Fills fields with suggestions, by name: what an entry has now, or what was entered before.
    #[must_use]
    pub fn suggest(mut self, values: &Map<String, Value>) -> Self {
        for field in &mut self.fields {
            match (&mut field.kind, values.get(&field.name)) {
                (FieldKind::Section { schema, .. }, Some(Value::Object(inner))) => {
                    *schema = std::mem::take(schema).suggest(inner);
                }
                // A secret is never given back.
                (FieldKind::Secret, _) | (_, None) => {}
                (_, Some(value)) => field.suggested = Some(value.clone()),
            }
        }
        self
    }

    /// Returns the list that clients draw the form from.
    pub fn to_wire(&self) -> Value {
        wire::schema(self)
    }

    /// Checks what was entered: every required field, nothing unknown, each value of its kind. Returns the values with
    /// defaults filled in.
    ///
    /// # Errors
    /// [`InvalidInput`], with every field that is wrong.
    pub fn check(&self, input: &Map<String, Value>) -> Result<Map<String, Value>, InvalidInput> {
        check::input(self, input)
    }
}

#[cfg(test)]
mod tests;
