//! A service call as a model gets it.

use auth_core::{EntityId, Timestamp};
use serde_json::{Map, Value};
use service_bus::HandlerError;

/// What a model answers.
pub(crate) type Answer = Result<Option<Value>, HandlerError>;

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

    pub(crate) fn int(&self, field: &str) -> Option<i64> {
        self.data.get(field).and_then(Value::as_i64)
    }

    pub(crate) fn float(&self, field: &str) -> Option<f64> {
        self.data.get(field).and_then(Value::as_f64)
    }

    pub(crate) fn flag(&self, field: &str) -> Option<bool> {
        self.data.get(field).and_then(Value::as_bool)
    }

    pub(crate) fn texts(&self, field: &str) -> Vec<&'a str> {
        self.data.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    pub(crate) fn floats<const N: usize>(&self, field: &str) -> Option<[f64; N]> {
        let items = self.data.get(field)?.as_array()?;
        let numbers: Vec<f64> = items.iter().filter_map(Value::as_f64).collect();
        numbers.try_into().ok()
    }

    /// Returns which of `known` a field names; none if the field is not there.
    pub(crate) fn word(
        &self,
        field: &'static str,
        known: &[&'static str],
    ) -> Result<Option<&'static str>, HandlerError> {
        let Some(word) = self.text(field) else { return Ok(None) };
        match known.iter().find(|k| **k == word) {
            Some(word) => Ok(Some(word)),
            None => {
                let text = format!("`{}` is not one of the {field}s {}", short(word), known.join(", "));
                Err(invalid(text))
            }
        }
    }

    /// Returns that this entity does not do this.
    pub(crate) fn unsupported(&self) -> HandlerError {
        let action = format!("{}.{}", self.entity_id.domain(), self.service);
        let placeholders = vec![
            ("domain", self.entity_id.domain().to_owned()),
            ("service", self.service.to_owned()),
            ("entity_id", self.entity_id.to_string()),
        ];
        let text = format!("Entity {} does not support action {action}", self.entity_id);
        keyed("homeassistant", "service_not_supported", text, placeholders)
    }
}

/// Returns a refusal.
pub(crate) fn invalid(text: impl Into<String>) -> HandlerError {
    HandlerError::validation(text)
}

/// Returns a refusal that clients can translate.
pub(crate) fn keyed(
    domain: &'static str,
    key: &'static str,
    text: impl Into<String>,
    placeholders: Vec<(&'static str, String)>,
) -> HandlerError {
    HandlerError::Validation { message: text.into(), key: Some(key), domain, placeholders }
}

/// Returns the beginning of what a caller wrote, to be said back in one line.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(64).collect()
}
