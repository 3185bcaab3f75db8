//! Labels: free marks on entities, devices and areas.

use auth_core::Timestamp;
use serde::{Deserialize, Serialize};

/// A label.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelEntry {
    /// The slug of the first name it had.
    pub id: String,
    /// For display; distinct among labels.
    pub name: String,
    /// `#RRGGBB`, or a theme's name such as `red` or `primary`.
    pub color: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// An icon's name.
    pub icon: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
}

/// A new label, or a change to one. What is not mentioned stays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabelPatch {
    /// The name; needed for a new label.
    pub name: Option<String>,
    /// The colour.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub color: Option<Option<String>>,
    /// What it is for.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub description: Option<Option<String>>,
    /// The icon.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub icon: Option<Option<String>>,
}

/// Tells whether `color` can be shown: `#RRGGBB`, or a lower-case word with dashes.
pub(crate) fn is_color(color: &str) -> bool {
    match color.strip_prefix('#') {
        Some(hex) => hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()),
        None => !color.is_empty() && color.len() <= 32 && color.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
    }
}
