//! The entries of a home.

use std::sync::Arc;

use auth_core::{Authorized, Timestamp};
use indexmap::IndexMap;

use crate::{
    AddEntry, Cause, ChangeEntry, ConfigEntry, EntryState, IllegalTransition, RemoveEntry, RemoveSubentry,
    ReplaceEntry, SetDisabled, UpdateEntry, UpdateSubentry,
};

/// The entries of a home in the order in which they were made, each with its state. Cloning shares the entries.
#[derive(Clone, Debug, Default)]
pub struct EntryBook {
    entries: IndexMap<String, (Arc<ConfigEntry>, EntryState)>,
}

/// What a change did: to store and to announce.
#[derive(Clone, Debug, PartialEq)]
pub enum EntryChange {
    /// Added; with the entry as it is now.
    Added(Arc<ConfigEntry>),
    /// Changed; with the entry as it is now.
    Updated(Arc<ConfigEntry>),
    /// Removed; with the entry as it was.
    Removed(Arc<ConfigEntry>),
}

impl EntryChange {
    /// Returns the entry as it is now, or as it was.
    pub fn into_entry(self) -> Arc<ConfigEntry> {
        match self {
            Self::Added(entry) | Self::Updated(entry) | Self::Removed(entry) => entry,
        }
    }
}

/// Why a change of an entry was refused. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// There is no such entry.
    #[error("Config entry not found")]
    Unknown(String),
    /// There is an entry of that id already.
    #[error("config entry `{0}` exists")]
    Exists(String),
    /// There is no such part of the entry.
    #[error("Config subentry not found")]
    UnknownSubentry(String),
    /// The entry is of another integration.
    #[error("config entry `{0}` is another integration's")]
    OtherDomain(String),
    /// The entry's state does not allow it.
    #[error(transparent)]
    Transition(#[from] IllegalTransition),
}

impl EntryBook {
    /// Puts a stored entry in the book; it is not loaded yet.
    pub fn restore(&mut self, entry: ConfigEntry) {
        self.entries.insert(entry.entry_id.clone(), (Arc::new(entry), EntryState::NotLoaded));
    }

    /// Returns an entry and its state.
    pub fn get(&self, entry_id: &str) -> Option<(&Arc<ConfigEntry>, &EntryState)> {
        self.entries.get(entry_id).map(|(entry, state)| (entry, state))
    }

    /// Iterates over the entries and their states.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<ConfigEntry>, &EntryState)> {
        self.entries.values().map(|(entry, state)| (entry, state))
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// [`EntryError::Exists`].
    pub fn add(&mut self, request: Authorized<AddEntry>, now: Timestamp) -> Result<EntryChange, EntryError> {
        let (_, AddEntry(entry)) = request.into_parts();
        if self.entries.contains_key(&entry.entry_id) {
            return Err(EntryError::Exists(entry.entry_id));
        }
        let entry = Arc::new(ConfigEntry { created_at: now, modified_at: now, ..entry });
        self.entries.insert(entry.entry_id.clone(), (Arc::clone(&entry), EntryState::NotLoaded));
        Ok(EntryChange::Added(entry))
    }

    /// Changes an entry's title or preferences; nothing if it has them already.
    ///
    /// # Errors
    /// [`EntryError::Unknown`].
    pub fn update(
        &mut self,
        request: Authorized<UpdateEntry>,
        now: Timestamp,
    ) -> Result<Option<EntryChange>, EntryError> {
        let (_, wish) = request.into_parts();
        self.change(&wish.entry_id, now, |entry| {
            entry.title = wish.title.unwrap_or_else(|| entry.title.clone());
            entry.pref_disable_new_entities = wish.pref_disable_new_entities.unwrap_or(entry.pref_disable_new_entities);
            entry.pref_disable_polling = wish.pref_disable_polling.unwrap_or(entry.pref_disable_polling);
        })
    }

    /// Changes what an integration keeps in an entry; nothing if it is so already.
    ///
    /// # Errors
    /// [`EntryError::Unknown`], [`EntryError::OtherDomain`].
    pub fn change_entry(
        &mut self,
        request: Authorized<ChangeEntry>,
        now: Timestamp,
    ) -> Result<Option<EntryChange>, EntryError> {
        let (_, wish) = request.into_parts();
        self.own(&wish.domain, &wish.entry_id)?;
        self.change(&wish.entry_id, now, |entry| {
            entry.title = wish.title.unwrap_or_else(|| entry.title.clone());
            if let Some(data) = wish.data {
                entry.data = data;
            }
            entry.data.extend(wish.merge_data.unwrap_or_default());
            if let Some(options) = wish.options {
                entry.options = options;
            }
            if let Some(unique_id) = wish.unique_id {
                entry.unique_id = unique_id;
            }
            if let Some(subentries) = wish.subentries {
                entry.subentries = subentries;
            }
            (entry.version, entry.minor_version) = wish.version.unwrap_or((entry.version, entry.minor_version));
        })
    }

    /// Renames a part of an entry; nothing if it is called so already.
    ///
    /// # Errors
    /// [`EntryError::Unknown`], [`EntryError::UnknownSubentry`].
    pub fn update_subentry(
        &mut self,
        request: Authorized<UpdateSubentry>,
        now: Timestamp,
    ) -> Result<Option<EntryChange>, EntryError> {
        let (_, UpdateSubentry { entry_id, subentry_id, title }) = request.into_parts();
        self.subentry(&entry_id, &subentry_id)?;
        self.change(&entry_id, now, |entry| {
            let part = entry.subentries.iter_mut().find(|part| part.subentry_id == subentry_id);
            if let (Some(part), Some(title)) = (part, title) {
                part.title = title;
            }
        })
    }

    /// Removes a part of an entry.
    ///
    /// # Errors
    /// [`EntryError::Unknown`], [`EntryError::UnknownSubentry`].
    pub fn remove_subentry(
        &mut self,
        request: Authorized<RemoveSubentry>,
        now: Timestamp,
    ) -> Result<Option<EntryChange>, EntryError> {
        let (_, RemoveSubentry { entry_id, subentry_id }) = request.into_parts();
        self.subentry(&entry_id, &subentry_id)?;
        self.change(&entry_id, now, |entry| entry.subentries.retain(|part| part.subentry_id != subentry_id))
    }

    fn known(&self, entry_id: &str) -> Result<&Arc<ConfigEntry>, EntryError> {
        self.get(entry_id).map(|(entry, _)| entry).ok_or_else(|| EntryError::Unknown(entry_id.to_owned()))
    }

    /// Refuses an entry that is another integration's.
    fn own(&self, domain: &str, entry_id: &str) -> Result<(), EntryError> {
        let is_own = self.known(entry_id)?.domain == domain;
        if is_own { Ok(()) } else { Err(EntryError::OtherDomain(entry_id.to_owned())) }
    }

    fn take(&mut self, entry_id: String) -> Result<EntryChange, EntryError> {
        let (entry, _) = self.entries.shift_remove(&entry_id).ok_or(EntryError::Unknown(entry_id))?;
        Ok(EntryChange::Removed(entry))
    }

    fn subentry(&self, entry_id: &str, subentry_id: &str) -> Result<(), EntryError> {
        let known = self.known(entry_id)?.subentries.iter().any(|part| part.subentry_id == subentry_id);
        if known { Ok(()) } else { Err(EntryError::UnknownSubentry(subentry_id.to_owned())) }
    }

    /// Disables or enables an entry; nothing if it is so already.
    ///
    /// # Errors
    /// [`EntryError::Unknown`].
    pub fn set_disabled(
        &mut self,
        request: Authorized<SetDisabled>,
        now: Timestamp,
    ) -> Result<Option<EntryChange>, EntryError> {
        let (_, SetDisabled { entry_id, disabled }) = request.into_parts();
        self.change(&entry_id, now, |entry| entry.disabled_by = disabled.then(|| "user".to_owned()))
    }

    /// Removes an entry.
    ///
    /// # Errors
    /// [`EntryError::Unknown`].
    pub fn remove(&mut self, request: Authorized<RemoveEntry>) -> Result<EntryChange, EntryError> {
        let (_, RemoveEntry(entry_id)) = request.into_parts();
        self.take(entry_id)
    }

    /// Removes an entry that its integration makes anew.
    ///
    /// # Errors
    /// [`EntryError::Unknown`], [`EntryError::OtherDomain`].
    pub fn replace(&mut self, request: Authorized<ReplaceEntry>) -> Result<EntryChange, EntryError> {
        let (_, ReplaceEntry { domain, entry_id }) = request.into_parts();
        self.own(&domain, &entry_id)?;
        self.take(entry_id)
    }

    /// Moves an entry to the state that `cause` leads to. Entries' states are not stored.
    ///
    /// # Errors
    /// [`EntryError::Unknown`], [`EntryError::Transition`].
    pub fn advance(&mut self, entry_id: &str, cause: Cause) -> Result<EntryChange, EntryError> {
        let slot = self.entries.get_mut(entry_id).ok_or_else(|| EntryError::Unknown(entry_id.to_owned()))?;
        slot.1 = slot.1.after(cause)?;
        Ok(EntryChange::Updated(Arc::clone(&slot.0)))
    }

    /// Makes a change that was worked out on a clone, when it has been kept. States stay as they are here.
    pub fn apply(&mut self, change: &EntryChange) {
        match change {
            EntryChange::Added(entry) => {
                self.entries.insert(entry.entry_id.clone(), (Arc::clone(entry), EntryState::NotLoaded));
            }
            EntryChange::Updated(entry) => {
                if let Some(slot) = self.entries.get_mut(&entry.entry_id) {
                    slot.0 = Arc::clone(entry);
                }
            }
            EntryChange::Removed(entry) => _ = self.entries.shift_remove(&entry.entry_id),
        }
    }

    /// Returns the entry of a domain with a unique id.
    pub fn find_unique(&self, domain: &str, unique_id: &str) -> Option<&Arc<ConfigEntry>> {
        let wanted =
            |entry: &&Arc<ConfigEntry>| entry.domain == domain && entry.unique_id.as_deref() == Some(unique_id);
        self.entries.values().map(|(entry, _)| entry).find(wanted)
    }

    fn change(
        &mut self,
        entry_id: &str,
        now: Timestamp,
        apply: impl FnOnce(&mut ConfigEntry),
    ) -> Result<Option<EntryChange>, EntryError> {
        let slot = self.entries.get_mut(entry_id).ok_or_else(|| EntryError::Unknown(entry_id.to_owned()))?;
        let mut after = ConfigEntry::clone(&slot.0);
        apply(&mut after);
        if after == *slot.0 {
            return Ok(None);
        }
        after.modified_at = now;
        slot.0 = Arc::new(after);
        Ok(Some(EntryChange::Updated(Arc::clone(&slot.0))))
    }
}

#[cfg(test)]
mod tests {
    use auth_core::{AuthSnapshot, Group, Principal, User, principal::danger};

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(5);

    fn home() -> AuthSnapshot {
        let mut edit = AuthSnapshot::default().edit();
        Group::system_groups().into_iter().for_each(|group| edit.set_group(group));
        edit.set_user(User { group_ids: vec![Group::ADMIN.into()], ..User::new("admin", "A") });
        edit.set_user(User { group_ids: vec![Group::USER.into()], ..User::new("user", "U") });
        edit.finish()
    }

    fn add(principal: Principal, book: &mut EntryBook) -> bool {
        let entry = ConfigEntry { entry_id: "1".into(), domain: "mqtt".into(), ..ConfigEntry::default() };
        home().authorize(principal, AddEntry(entry)).is_ok_and(|request| book.add(request, NOW).is_ok())
    }

    #[test]
    fn entries_are_made_by_administrators_and_their_integration() {
        let mut book = EntryBook::default();
        assert!(!add(danger::user_principal(&"user".into(), None), &mut book));
        assert!(!add(danger::integration_principal("zha"), &mut book));
        assert_eq!(book.iter().count(), 0);
        assert!(add(danger::integration_principal("mqtt"), &mut book));
        assert!(!add(danger::user_principal(&"admin".into(), None), &mut book), "the id is taken");
    }

    #[test]
    fn a_change_that_changes_nothing_is_none() {
        let mut book = EntryBook::default();
        let admin = || danger::user_principal(&"admin".into(), None);
        add(admin(), &mut book);
        let disable = |entry_id: &str| {
            home().authorize(admin(), SetDisabled { entry_id: entry_id.into(), disabled: true }).unwrap()
        };
        assert!(book.set_disabled(disable("1"), NOW).unwrap().is_some());
        assert_eq!(book.set_disabled(disable("1"), NOW), Ok(None));
        assert_eq!(book.set_disabled(disable("2"), NOW), Err(EntryError::Unknown("2".into())));
        assert!(book.advance("1", Cause::SetUp).is_err());
        assert!(book.advance("1", Cause::Setup).is_ok());
    }

    #[test]
    fn secrets_stay_in() {
        let mut entry = ConfigEntry::default();
        entry.data.insert("password".into(), "hunter2".into());
        entry.options.insert("token".into(), "hunter2".into());
        entry.unique_id = Some("hunter2".into());
        assert!(!format!("{entry:?}").contains("hunter2"));
        assert!(!entry.to_wire(&EntryState::Loaded, None).to_string().contains("hunter2"));
    }
}
