//! One set-up of an integration.

use auth_core::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{EntryState, Manifest};

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
    /// What else a stored entry has that is not known here: kept, and exported again.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
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
    /// What else a stored part has that is not known here: kept, and exported again.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl Subentry {
    /// Returns the part as clients see it: never its data.
    pub fn to_wire(&self) -> Value {
        json!({
            "subentry_id": self.subentry_id,
            "subentry_type": self.subentry_type,
            "title": self.title,
            "unique_id": self.unique_id,
        })
    }
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
            unknown: Map::new(),
        }
    }
}

impl ConfigEntry {
    /// Returns the entry as clients see it: no data, no options, no unique id. `manifest` is that of its integration,
    /// if it is here.
    pub fn to_wire(&self, state: &EntryState, manifest: Option<&Manifest>) -> Value {
        let reason = state.reason();
        let translation = reason.and_then(|reason| reason.translation.as_ref());
        let placeholders = translation.map(|t| &t.placeholders).filter(|placeholders| !placeholders.is_empty());
        let subentries = manifest.map(|manifest| manifest.subentries).unwrap_or_default();
        let subentries: Map<_, _> = subentries
            .iter()
            .map(|(kind, reconfigure)| ((*kind).to_owned(), json!({"supports_reconfigure": reconfigure})))
            .collect();
        json!({
            "created_at": self.created_at.as_secs_f64(),
            "entry_id": self.entry_id,
            "domain": self.domain,
            "modified_at": self.modified_at.as_secs_f64(),
            "title": self.title,
            "source": self.source,
            "state": state.as_str(),
            "supports_options": manifest.is_some_and(|manifest| manifest.options),
            "supports_remove_device": false,
            "supports_unload": manifest.is_some(),
            "supports_reconfigure": manifest.is_some_and(|manifest| manifest.reconfigure),
            "supported_subentry_types": subentries,
            "pref_disable_new_entities": self.pref_disable_new_entities,
            "pref_disable_polling": self.pref_disable_polling,
            "disabled_by": self.disabled_by,
            "reason": reason.and_then(|reason| reason.text.as_deref()),
            "error_reason_translation_domain": translation.map(|t| &t.domain),
            "error_reason_translation_key": translation.map(|t| &t.key),
            "error_reason_translation_placeholders": placeholders,
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
