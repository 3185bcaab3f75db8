//! The state of an entity at one moment.

use std::sync::{Arc, OnceLock};

use auth_core::{Context, EntityId, Timestamp};
use bytes::Bytes;
use serde_json::{Map, Value};

/// The state of an entity, immutable; a write makes the next one. Encoded at most once for each form.
#[derive(Debug)]
pub struct State {
    /// Whose state it is.
    pub entity_id: EntityId,
    /// At most 255 characters.
    pub state: Arc<str>,
    /// In the order in which they were written.
    pub attributes: Arc<Map<String, Value>>,
    /// When `state` last became another.
    pub last_changed: Timestamp,
    /// When it was last written, changed or not.
    pub last_reported: Timestamp,
    /// When `state` or `attributes` last became others.
    pub last_updated: Timestamp,
    /// The action that wrote it.
    pub context: Context,
    pub(crate) encoded: Encodings,
}

/// Cached encodings of one state.
#[derive(Debug, Default)]
pub(crate) struct Encodings {
    /// The state object, with who asked.
    pub(crate) full: OnceLock<Bytes>,
    /// The state object without who asked.
    pub(crate) anonymous: OnceLock<Bytes>,
    /// The compressed form, with who asked.
    pub(crate) compressed: OnceLock<Bytes>,
    /// The compressed form without who asked.
    pub(crate) compressed_anonymous: OnceLock<Bytes>,
    /// Whether an attribute holds something that reads like another entity's id.
    pub(crate) names_entities: OnceLock<bool>,
}

impl State {
    /// The longest state, in characters.
    pub const MAX_LEN: usize = 255;

    /// Returns the attribute that names the entity for people, else its object id with spaces.
    pub fn name(&self) -> String {
        match self.attributes.get("friendly_name") {
            Some(Value::String(name)) => name.clone(),
            _ => self.entity_id.object_id().replace('_', " "),
        }
    }

    /// Tells whether an attribute's name or text could be the id of another entity. Looked at once.
    pub(crate) fn names_entities(&self) -> bool {
        *self.encoded.names_entities.get_or_init(|| members_hold_entity_id(&self.attributes))
    }
}

fn members_hold_entity_id(members: &Map<String, Value>) -> bool {
    members.iter().any(|(name, value)| name.parse::<EntityId>().is_ok() || holds_entity_id(value))
}

fn holds_entity_id(value: &Value) -> bool {
    match value {
        Value::String(text) => text.parse::<EntityId>().is_ok(),
        Value::Array(items) => items.iter().any(holds_entity_id),
        Value::Object(members) => members_hold_entity_id(members),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
