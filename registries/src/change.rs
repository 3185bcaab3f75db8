//! What changed in the registries: what to store, what to announce, what permissions must follow.

use auth_core::EntityId;
use serde_json::{Map, Value, json};

/// What happened to one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It was added.
    Create,
    /// It was changed.
    Update,
    /// It was removed.
    Remove,
    /// The order of all of its kind was changed.
    Reorder,
}

/// One change of one registry.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Of an entity.
    Entity {
        /// What happened.
        verb: Verb,
        /// Its id, after a rename the new one.
        entity_id: EntityId,
        /// Its id before a rename.
        old_entity_id: Option<EntityId>,
        /// The old values of the members that changed.
        old: Map<String, Value>,
    },
    /// Of a device.
    Device {
        /// What happened.
        verb: Verb,
        /// Its id.
        id: String,
        /// The old values of the members that changed; all of them for a removed device.
        old: Map<String, Value>,
    },
    /// Of an area.
    Area {
        /// What happened.
        verb: Verb,
        /// Its id; empty for an order.
        id: String,
    },
    /// Of a floor.
    Floor {
        /// What happened.
        verb: Verb,
        /// Its id; empty for an order.
        id: String,
    },
    /// Of a label.
    Label {
        /// What happened.
        verb: Verb,
        /// Its id.
        id: String,
    },
}

impl Verb {
    /// Returns the word that events use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Remove => "remove",
            Self::Reorder => "reorder",
        }
    }
}

impl Change {
    /// Returns the type of the event that announces it.
    pub const fn event_type(&self) -> &'static str {
        match self {
            Self::Entity { .. } => "entity_registry_updated",
            Self::Device { .. } => "device_registry_updated",
            Self::Area { .. } => "area_registry_updated",
            Self::Floor { .. } => "floor_registry_updated",
            Self::Label { .. } => "label_registry_updated",
        }
    }

    /// Returns the data of the event that announces it, as Home Assistant sends it.
    pub fn event_data(&self) -> Map<String, Value> {
        let mut data = Map::new();
        let mut put = |name: &str, value: Value| _ = data.insert(name.to_owned(), value);
        match self {
            Self::Entity { verb, entity_id, old_entity_id, old } => {
                put("action", json!(verb.as_str()));
                put("entity_id", json!(entity_id.as_str()));
                if *verb == Verb::Update {
                    put("changes", Value::Object(old.clone()));
                }
                if let Some(old_entity_id) = old_entity_id {
                    put("old_entity_id", json!(old_entity_id.as_str()));
                }
            }
            Self::Device { verb, id, old } => {
                put("action", json!(verb.as_str()));
                put("device_id", json!(id));
                match verb {
                    Verb::Update => put("changes", Value::Object(old.clone())),
                    Verb::Remove => put("device", Value::Object(old.clone())),
                    Verb::Create | Verb::Reorder => {}
                }
            }
            Self::Area { verb, id } => {
                put("action", json!(verb.as_str()));
                put("area_id", if *verb == Verb::Reorder { Value::Null } else { json!(id) });
            }
            Self::Floor { verb, id } => {
                put("action", json!(verb.as_str()));
                if *verb != Verb::Reorder {
                    put("floor_id", json!(id));
                }
            }
            Self::Label { verb, id } => {
                put("action", json!(verb.as_str()));
                put("label_id", json!(id));
            }
        }
        data
    }
}
