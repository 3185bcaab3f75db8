//! Registered devices.

use std::collections::BTreeSet;

use auth_core::Timestamp;
use serde::{Deserialize, Serialize};

/// What the registry knows of a device. A child device is a logical part of another: it has a parent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceEntry {
    /// 32 hex digits.
    pub id: String,
    /// The device it is a part of; that one has no parent itself.
    pub parent_device_id: Option<String>,
    /// The area that a person put it in.
    pub area_id: Option<String>,
    /// The config entry that it came with.
    pub config_entry_id: Option<String>,
    /// The part of that entry.
    pub config_subentry_id: Option<String>,
    /// Pairs of domain and id.
    pub identifiers: Vec<(String, String)>,
    /// Pairs of kind and address.
    pub connections: Vec<(String, String)>,
    /// The name that the integration gives it.
    pub name: Option<String>,
    /// The name that a person gave it.
    pub name_by_user: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// What it is.
    pub model: Option<String>,
    /// The maker's name for the model.
    pub model_id: Option<String>,
    /// `service` for what is no thing.
    pub entry_type: Option<String>,
    /// Version of the hardware.
    pub hw_version: Option<String>,
    /// Version of the software.
    pub sw_version: Option<String>,
    /// The maker's number for this piece.
    pub serial_number: Option<String>,
    /// The device that connects it.
    pub via_device_id: Option<String>,
    /// A page to configure it.
    pub configuration_url: Option<String>,
    /// `user`, `integration`, `config_entry` or `device`.
    pub disabled_by: Option<String>,
    /// Label ids.
    pub labels: BTreeSet<String>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub modified_at: Timestamp,
}

/// A change to a device's entry. What is not mentioned stays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DevicePatch {
    /// The area.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub area_id: Option<Option<String>>,
    /// `user` or nothing.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub disabled_by: Option<Option<String>>,
    /// Label ids; unknown ones are dropped.
    pub labels: Option<BTreeSet<String>>,
    /// The name.
    #[serde(deserialize_with = "crate::double_option::present")]
    pub name_by_user: Option<Option<String>>,
}

impl DeviceEntry {
    /// Returns the name to show: a person's before the integration's.
    pub fn display_name(&self) -> Option<&str> {
        self.name_by_user.as_deref().or(self.name.as_deref())
    }
}
