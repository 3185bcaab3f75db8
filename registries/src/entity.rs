//! Registered entities.

use std::collections::{BTreeMap, BTreeSet};

use auth_core::{EntityId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What the registry knows of an entity. Entities without a unique id are in no registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EntityEntry {
    /// The entry's own id, 32 hex digits; stays when the entity id changes.
    pub id: String,
    /// The entity id.
    #[serde(with = "entity_id_text")]
    pub entity_id: EntityId,
    /// What the integration calls it.
    pub unique_id: String,
    /// The integration that provides it.
    pub platform: String,
    /// The config entry that it came with.
    pub config_entry_id: Option<String>,
    /// The part of that entry.
    pub config_subentry_id: Option<String>,
    /// The device it is part of.
    pub device_id: Option<String>,
    /// The area that a person put the entity itself in.
    pub area_id: Option<String>,
    /// The name that a person gave it.
    pub name: Option<String>,
    /// The name that the integration gives it.
    pub original_name: Option<String>,
    /// The name of an entity of a device is only its part of the name.
    pub has_entity_name: bool,
    /// The icon that a person gave it.
    pub icon: Option<String>,
    /// The icon that the integration gives it.
    pub original_icon: Option<String>,
    /// What kind of thing a person says it is.
    pub device_class: Option<String>,
    /// What kind of thing the integration says it is.
    pub original_device_class: Option<String>,
    /// `user`, `integration`, `config_entry`, `device` or `hass`.
    pub disabled_by: Option<String>,
    /// `user` or `integration`.
    pub hidden_by: Option<String>,
    /// `config` or `diagnostic`.
    pub entity_category: Option<String>,
    /// Label ids.
    pub labels: BTreeSet<String>,
    /// Other names; `None` stands for the computed one.
    pub aliases: Vec<Option<String>>,
    /// Scope to category id.
    pub categories: BTreeMap<String, String>,
    /// Domain to options, such as how to display a sensor.
    pub options: Map<String, Value>,
    /// What the integration says that it can do.
    pub capabilities: Option<Value>,
    /// Bits whose meaning depends on the domain.
    pub supported_features: u64,
    /// Of a sensor or number.
    pub unit_of_measurement: Option<String>,
    /// Names the entity in translations.
    pub translation_key: Option<String>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
}

/// A change to an entity's entry. What is not mentioned stays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EntityPatch {
    /// Other names.
    pub aliases: Option<Vec<Option<String>>>,
    /// The entity's own area.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub area_id: Option<Option<String>>,
    /// Scope to category id; `None` takes it out of the scope's category.
    pub categories: Option<BTreeMap<String, Option<String>>>,
    /// What kind of thing it is.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub device_class: Option<Option<String>>,
    /// `user` or nothing.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub disabled_by: Option<Option<String>>,
    /// `user` or nothing.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub hidden_by: Option<Option<String>>,
    /// The icon.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub icon: Option<Option<String>>,
    /// Label ids; unknown ones are dropped.
    pub labels: Option<BTreeSet<String>>,
    /// The name.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub name: Option<Option<String>>,
    /// The new entity id.
    pub new_entity_id: Option<String>,
    /// Whose options `options` are.
    pub options_domain: Option<String>,
    /// The options of that domain; `None` drops them.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub options: Option<Option<Map<String, Value>>>,
}

impl EntityEntry {
    /// Returns the entry of a newly registered entity.
    pub fn new(entity_id: EntityId, platform: &str, unique_id: &str, id: &str, now: Timestamp) -> Self {
        Self {
            id: id.to_owned(),
            entity_id,
            unique_id: unique_id.to_owned(),
            platform: platform.to_owned(),
            created_at: now,
            modified_at: now,
            ..Self::default()
        }
    }

    /// Tells whether the entity is part of the home: not disabled by anybody.
    pub const fn is_enabled(&self) -> bool {
        self.disabled_by.is_none()
    }

    /// Returns which part to put before the name for display: `device`, or nothing.
    pub fn next_name_part(&self) -> Option<&'static str> {
        (self.has_entity_name && self.device_id.is_some()).then_some("device")
    }
}

impl Default for EntityEntry {
    fn default() -> Self {
        #[expect(
            clippy::expect_used,
            reason = "a literal that parses; for reading stored entries with missing members"
        )]
        let entity_id = "unknown.unknown".parse().expect("an entity id");
        Self {
            id: String::new(),
            entity_id,
            unique_id: String::new(),
            platform: String::new(),
            config_entry_id: None,
            config_subentry_id: None,
            device_id: None,
            area_id: None,
            name: None,
            original_name: None,
            has_entity_name: false,
            icon: None,
            original_icon: None,
            device_class: None,
            original_device_class: None,
            disabled_by: None,
            hidden_by: None,
            entity_category: None,
            labels: BTreeSet::new(),
            aliases: Vec::new(),
            categories: BTreeMap::new(),
            options: Map::new(),
            capabilities: None,
            supported_features: 0,
            unit_of_measurement: None,
            translation_key: None,
            created_at: Timestamp::default(),
            modified_at: Timestamp::default(),
        }
    }
}

impl EntityPatch {
    /// Tells whether the change only concerns how the entity is presented to people: name, icon, aliases, display
    /// options. Whoever may edit an entity may do that; everything else changes rights or the home and is the
    /// administrator's.
    pub const fn only_presents(&self) -> bool {
        let Self { area_id, categories, device_class, disabled_by, hidden_by, labels, new_entity_id, .. } = self;
        area_id.is_none()
            && categories.is_none()
            && device_class.is_none()
            && disabled_by.is_none()
            && hidden_by.is_none()
            && labels.is_none()
            && new_entity_id.is_none()
    }
}

mod entity_id_text {
    use auth_core::EntityId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(id: &EntityId, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(id.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<EntityId, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
