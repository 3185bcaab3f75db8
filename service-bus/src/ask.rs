//! A call as what shows an entity reads it.

use auth_core::{EntityId, Timestamp};
use serde_json::{Map, Value};

use crate::{EntityCall, HandlerError};

/// What is asked of an entity: by its caller, and now. The data has passed the service's schema, so a field that is there
/// has the type that the schema says; the readers here return nothing for one that is not there or of another type.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The service's name, without its domain.
    pub service: &'a str,
    /// The entity.
    pub entity_id: &'a EntityId,
    /// The data, checked; without target keys.
    pub data: &'a Map<String, Value>,
    /// When it is asked.
    pub now: Timestamp,
}

impl EntityCall {
    /// Returns what is asked of the entity.
    pub fn ask(&self, now: Timestamp) -> Ask<'_> {
        Ask { service: &self.call.service, entity_id: &self.entity_id, data: &self.call.data, now }
    }
}

impl<'a> Ask<'a> {
    /// Tells whether a field is there.
    pub fn has(&self, field: &str) -> bool {
        self.data.contains_key(field)
    }

    /// Returns the text of a field.
    pub fn text(&self, field: &str) -> Option<&'a str> {
        self.data.get(field).and_then(Value::as_str)
    }

    /// Returns the whole number of a field.
    pub fn int(&self, field: &str) -> Option<i64> {
        self.data.get(field).and_then(Value::as_i64)
    }

    /// Returns the number of a field.
    pub fn float(&self, field: &str) -> Option<f64> {
        self.data.get(field).and_then(Value::as_f64)
    }

    /// Returns the truth value of a field.
    pub fn flag(&self, field: &str) -> Option<bool> {
        self.data.get(field).and_then(Value::as_bool)
    }

    /// Returns the texts of a field, which is a list.
    pub fn texts(&self, field: &str) -> Vec<&'a str> {
        self.data.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Returns the numbers of a field, if they are as many as wanted.
    pub fn floats<const N: usize>(&self, field: &str) -> Option<[f64; N]> {
        let items = self.data.get(field)?.as_array()?;
        let numbers: Vec<f64> = items.iter().filter_map(Value::as_f64).collect();
        numbers.try_into().ok()
    }

    /// Returns which of `known` a field names; none if the field is not there.
    ///
    /// # Errors
    /// A validation error that says what is known, if it is not one of them.
    pub fn word<'k, W: AsRef<str>>(&self, field: &str, known: &'k [W]) -> Result<Option<&'k str>, HandlerError> {
        /// How many characters of what a caller wrote are said back.
        const SHORT: usize = 64;
        let Some(word) = self.text(field) else { return Ok(None) };
        let mut words = known.iter().map(AsRef::as_ref);
        words.find(|known| *known == word).map(Some).ok_or_else(|| {
            let word: String = word.chars().take(SHORT).collect();
            let known: Vec<_> = known.iter().map(AsRef::as_ref).collect();
            let known = known.join(", ");
            HandlerError::validation(format!("`{word}` is not one of the {field}s of {}: {known}", self.entity_id))
        })
    }

    /// Returns that the entity does not do what is asked.
    pub fn unsupported(&self) -> HandlerError {
        let action = format!("{}.{}", self.entity_id.domain(), self.service);
        HandlerError::Validation {
            message: format!("Entity {} does not support action {action}", self.entity_id),
            key: Some("service_not_supported"),
            domain: "homeassistant",
            placeholders: vec![
                ("domain", self.entity_id.domain().to_owned()),
                ("service", self.service.to_owned()),
                ("entity_id", self.entity_id.to_string()),
            ],
        }
    }
}
