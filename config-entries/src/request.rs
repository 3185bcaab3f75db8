//! What can be asked of the entries, and what each request needs.

use auth_core::{Action, Need};

use crate::ConfigEntry;

/// List the entries. What comes back says which integrations there are: for administrators.
#[derive(Clone, Copy, Debug)]
pub struct ListEntries;

/// Add an entry.
#[derive(Clone, Debug)]
pub struct AddEntry(pub ConfigEntry);

/// Change an entry's title or preferences.
#[derive(Clone, Debug)]
pub struct UpdateEntry {
    /// Which.
    pub entry_id: String,
    /// The new title.
    pub title: Option<String>,
    /// New entities start disabled.
    pub pref_disable_new_entities: Option<bool>,
    /// The integration does not poll.
    pub pref_disable_polling: Option<bool>,
}

/// Disable an entry, or enable it again.
#[derive(Clone, Debug)]
pub struct SetDisabled {
    /// Which.
    pub entry_id: String,
    /// Disabled, or not.
    pub disabled: bool,
}

/// Remove an entry for good.
#[derive(Clone, Debug)]
pub struct RemoveEntry(pub String);

impl Action for ListEntries {
    fn need(&self) -> Need<'_> {
        Need::Admin
    }
}

impl Action for AddEntry {
    fn need(&self) -> Need<'_> {
        Need::Integration(&self.0.domain)
    }
}

impl Action for UpdateEntry {
    fn need(&self) -> Need<'_> {
        Need::Admin
    }
}

impl Action for SetDisabled {
    fn need(&self) -> Need<'_> {
        Need::Admin
    }
}

impl Action for RemoveEntry {
    fn need(&self) -> Need<'_> {
        Need::Admin
    }
}
