//! One set-up of an integration.

use auth_core::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::EntryState;

/// A config entry as it is stored. `data` and `options` may hold secrets and never leave the hub.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConfigEntry {
    /// A ULID.
    pub entry_id: String,
    /// The integration; never changes.
    pub domain: String,
    /// For display.
    pub title: String,
    /// What the integration needs, secrets included.
    pub data: Map<String, Value>,
    /// What people can change.
    pub options: Map<String, Value>,
    /// What tells the thing that was set up from others of its kind.
    pub unique_id: Option<String>,
    /// Of `data`; an entry of a newer one cannot be loaded.
    pub version: u32,
    /// Of `data`, for changes that older code survives.
    pub minor_version: u32,
    /// How it came to be: `user`, `import`, a kind of discovery.
    pub source: String,
    /// `user`, or nobody.
    pub disabled_by: Option<String>,
    /// New entities start disabled.
    pub pref_disable_new_entities: bool,
    /// The integration does not poll.
    pub pref_disable_polling: bool,
    /// Its parts.
    pub subentries: Vec<Subentry>,
    /// What discovered it.
    pub discovery_keys: Map<String, Value>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
}

/// A part of an entry.
#[derive(Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Subentry {
    /// A ULID.
    pub subentry_id: String,
    /// What kind of part.
    pub subentry_type: String,
    /// For display.
    pub title: String,
    /// Unique within the entry.
    pub unique_id: Option<String>,
    /// What the integration needs.
    pub data: Map<String, Value>,
}

impl Default for ConfigEntry {
    fn default() -> Self {
        Self {
            entry_id: String::new(),
            domain: String::new(),
            title: String::new(),
            data: Map::new(),
            options: Map::new(),
            unique_id: None,
            version: 1,
            minor_version: 1,
            source: "user".to_owned(),
            disabled_by: None,
            pref_disable_new_entities: false,
            pref_disable_polling: false,
            subentries: Vec::new(),
            discovery_keys: Map::new(),
            created_at: Timestamp::default(),
            modified_at: Timestamp::default(),
        }
    }
}

impl ConfigEntry {
    /// Returns the entry as clients see it: no data, no options, no unique id.
    pub fn to_wire(&self, state: &EntryState) -> Value {
        json!({
            "created_at": self.created_at.as_secs_f64(),
            "entry_id": self.entry_id,
            "domain": self.domain,
            "modified_at": self.modified_at.as_secs_f64(),
            "title": self.title,
            "source": self.source,
            "state": state.as_str(),
            "supports_options": false,
            "supports_remove_device": false,
            "supports_unload": false,
            "supports_reconfigure": false,
            "supported_subentry_types": {},
            "pref_disable_new_entities": self.pref_disable_new_entities,
            "pref_disable_polling": self.pref_disable_polling,
            "disabled_by": self.disabled_by,
            "reason": state.reason(),
            "error_reason_translation_domain": null,
            "error_reason_translation_key": null,
            "error_reason_translation_placeholders": null,
            "num_subentries": self.subentries.len(),
        })
    }
}

impl std::fmt::Debug for ConfigEntry {
    /// Writes what identifies the entry; its data may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ConfigEntry({} {})", self.domain, self.entry_id)
    }
}

impl std::fmt::Debug for Subentry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Subentry({} {})", self.subentry_type, self.subentry_id)
    }
}
