//! Areas: the rooms of a home.

use std::collections::BTreeSet;

use auth_core::Timestamp;
use serde::{Deserialize, Serialize};

/// A room, or another part of a home.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AreaEntry {
    /// The slug of the first name it had.
    pub id: String,
    /// For display; distinct among areas, compared without case and spaces.
    pub name: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// The floor it is on.
    pub floor_id: Option<String>,
    /// An icon's name.
    pub icon: Option<String>,
    /// Label ids.
    pub labels: BTreeSet<String>,
    /// An image's address.
    pub picture: Option<String>,
    /// The entity that measures its humidity.
    pub humidity_entity_id: Option<String>,
    /// The entity that measures its temperature.
    pub temperature_entity_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
}

/// A new area, or a change to one. What is not mentioned stays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AreaPatch {
    /// The name; needed for a new area.
    pub name: Option<String>,
    /// Other names; trimmed, empty ones dropped.
    pub aliases: Option<Vec<String>>,
    /// The floor.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub floor_id: Option<Option<String>>,
    /// The icon.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub icon: Option<Option<String>>,
    /// Label ids; unknown ones are dropped.
    pub labels: Option<BTreeSet<String>>,
    /// An image's address.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub picture: Option<Option<String>>,
    /// The entity that measures its humidity.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub humidity_entity_id: Option<Option<String>>,
    /// The entity that measures its temperature.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub temperature_entity_id: Option<Option<String>>,
}

impl AreaPatch {
    /// Returns the wish for an area of that name.
    pub fn named(name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..Self::default() }
    }
}
