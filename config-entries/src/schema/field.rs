//! One field of a form.

use serde_json::{Map, Value};

use super::Schema;

/// One field of a form.
#[derive(Clone, PartialEq)]
pub struct Field {
    /// Its name, the key of its value.
    pub name: String,
    /// What it takes.
    pub kind: FieldKind,
    /// Whether it must be there.
    pub need: Need,
    /// The value if nothing was entered; shown in the form.
    pub default: Option<Value>,
    /// What the form is filled with, without being a default.
    pub suggested: Option<Value>,
}

/// Whether a field must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must.
    Required,
    /// It may be left out.
    Optional,
}

/// What a field takes.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldKind {
    /// Text.
    Text,
    /// Text that is not shown while it is entered, and never given back.
    Secret,
    /// A whole number within bounds, both included.
    Integer(Option<i64>, Option<i64>),
    /// A number.
    Float,
    /// Yes or no.
    Boolean,
    /// One of these values, each with a label.
    Select(Vec<(String, String)>),
    /// Any of these values, each with a label.
    MultiSelect(Vec<(String, String)>),
    /// A value that cannot be changed.
    Constant(Value),
    /// What a selector of Home Assistant's frontend gives: its name and settings. Of the value, only the JSON type is
    /// checked for the selectors that are known here.
    Selector(String, Map<String, Value>),
    /// Fields that are shown together, folded or not. Their input is an object under this field's name. Sections do
    /// not nest.
    Section {
        /// The fields.
        schema: Schema,
        /// Shown unfolded.
        expanded: bool,
    },
}

impl Field {
    /// Returns a field that must be there.
    pub fn required(name: &str, kind: FieldKind) -> Self {
        Self { name: name.to_owned(), kind, need: Need::Required, default: None, suggested: None }
    }

    /// Returns a field that may be left out.
    pub fn optional(name: &str, kind: FieldKind) -> Self {
        Self { need: Need::Optional, ..Self::required(name, kind) }
    }

    /// Returns a section of further fields, folded.
    pub fn section(name: &str, schema: Schema) -> Self {
        Self::required(name, FieldKind::Section { schema, expanded: false })
    }

    /// Gives the field a value for when nothing is entered.
    #[must_use]
    pub fn default(self, value: impl Into<Value>) -> Self {
        Self { default: Some(value.into()), ..self }
    }

    /// Fills the field without making a default of it.
    #[must_use]
    pub fn suggested(self, value: impl Into<Value>) -> Self {
        Self { suggested: Some(value.into()), ..self }
    }

    /// Tells whether the value is a secret.
    pub const fn is_secret(&self) -> bool {
        matches!(self.kind, FieldKind::Secret)
    }
}

impl std::fmt::Debug for Field {
    /// Writes no values: they may have been entered before.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Field({})", self.name)
    }
}
