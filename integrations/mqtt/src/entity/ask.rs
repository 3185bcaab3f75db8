//! A service call as a model gets it.

use config_entries::hub::{EntityId, HandlerError, Timestamp};
use serde_json::{Map, Value};

/// What is asked of a model. The data has passed the service's schema.
pub(crate) struct Ask<'a> {
    pub(crate) service: &'a str,
    pub(crate) entity_id: &'a EntityId,
    pub(crate) data: &'a Map<String, Value>,
    pub(crate) now: Timestamp,
}

impl<'a> Ask<'a> {
    pub(crate) fn has(&self, field: &str) -> bool {
        self.data.contains_key(field)
    }

    pub(crate) fn text(&self, field: &str) -> Option<&'a str> {
        self.data.get(field).and_then(Value::as_str)
    }

    pub(crate) fn float(&self, field: &str) -> Option<f64> {
        self.data.get(field).and_then(Value::as_f64)
    }

    pub(crate) fn flag(&self, field: &str) -> Option<bool> {
        self.data.get(field).and_then(Value::as_bool)
    }

    pub(crate) fn floats<const N: usize>(&self, field: &str) -> Option<[f64; N]> {
        let items = self.data.get(field)?.as_array()?;
        let numbers: Vec<f64> = items.iter().filter_map(Value::as_f64).collect();
        numbers.try_into().ok()
    }

    /// Returns the word of a field, which must be one of `known`.
    pub(crate) fn word<'k>(&self, field: &str, known: &'k [String]) -> Result<&'k str, HandlerError> {
        let word = self.text(field).unwrap_or_default();
        let found = known.iter().find(|known| *known == word).map(String::as_str);
        found.ok_or_else(|| {
            let (word, known) = (crate::discovery::short(word), known.join(", "));
            invalid(format!("`{word}` is not one of the {field}s of {}: {known}", self.entity_id))
        })
    }
}

/// Returns that an entity does not do what was asked.
pub(crate) fn unsupported(ask: &Ask<'_>) -> HandlerError {
    let action = format!("{}.{}", ask.entity_id.domain(), ask.service);
    HandlerError::Validation {
        message: format!("Entity {} does not support action {action}", ask.entity_id),
        key: Some("service_not_supported"),
        domain: "homeassistant",
        placeholders: vec![
            ("domain", ask.entity_id.domain().to_owned()),
            ("service", ask.service.to_owned()),
            ("entity_id", ask.entity_id.to_string()),
        ],
    }
}

/// Returns a refusal.
pub(crate) fn invalid(text: impl Into<String>) -> HandlerError {
    HandlerError::validation(text)
}
