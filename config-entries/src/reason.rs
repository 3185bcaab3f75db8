//! Why an entry is in the state it is in, in words and for translation.

use serde_json::{Map, Value};

/// Why an entry is in the state it is in, for people. Never holds a secret: it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// The text in English.
    pub text: Option<String>,
    /// Where a translation of it is found.
    pub translation: Option<Box<Translation>>,
}

/// Names a text that clients translate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translation {
    /// The integration whose texts have it; `homeassistant` for shared ones.
    pub domain: String,
    /// The text's key.
    pub key: String,
    /// What to put in for its placeholders.
    pub placeholders: Map<String, Value>,
}

impl Reason {
    /// Returns a reason with a text alone.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), translation: None }
    }

    /// Returns a reason with a text and the key of its translation.
    pub fn translated(text: impl Into<String>, domain: &str, key: &str) -> Self {
        let translation = Translation { domain: domain.to_owned(), key: key.to_owned(), placeholders: Map::new() };
        Self { text: Some(text.into()), translation: Some(Box::new(translation)) }
    }

    /// Returns this reason, or one with `text` if this one has none.
    #[must_use]
    pub fn or_text(self, text: &str) -> Self {
        if self.text.is_some() { self } else { Self { text: Some(text.to_owned()), ..self } }
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}
