//! Floors: groups of areas above one another.

use auth_core::Timestamp;
use serde::{Deserialize, Serialize};

/// A floor of the home.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FloorEntry {
    /// The slug of the first name it had.
    pub id: String,
    /// For display; distinct among floors.
    pub name: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// An icon's name.
    pub icon: Option<String>,
    /// 0 is the ground floor.
    pub level: Option<i64>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
}

/// A new floor, or a change to one. What is not mentioned stays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FloorPatch {
    /// The name; needed for a new floor.
    pub name: Option<String>,
    /// Other names; trimmed, empty ones dropped.
    pub aliases: Option<Vec<String>>,
    /// The icon.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub icon: Option<Option<String>>,
    /// 0 is the ground floor.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub level: Option<Option<i64>>,
}
