//! Config entries: listed and changed. Running integrations from them is a later matter.

use std::sync::Arc;

use auth_core::{Action, Authorized, Context};
use config_entries::{EntryBook, EntryChange, EntryError, ListEntries, RemoveEntry, SetDisabled, UpdateEntry};
use serde_json::{Value, json};
use service_bus::{new_context_id, now};
use store::{Change, Record, RecordKind};

use crate::{ChangeError, Home};

impl Home {
    /// Returns every entry as clients see it.
    pub fn entries(&self, _request: &Authorized<ListEntries>) -> Vec<Value> {
        self.inner.entries.load().iter().map(|(entry, state)| entry.to_wire(state, None)).collect()
    }

    /// Returns one entry as clients see it.
    pub fn entry(&self, _request: &Authorized<ListEntries>, entry_id: &str) -> Option<Value> {
        self.inner.entries.load().get(entry_id).map(|(entry, state)| entry.to_wire(state, None))
    }

    /// Changes an entry's title or preferences.
    ///
    /// # Errors
    /// [`ChangeError::Entry`], [`ChangeError::Store`].
    pub async fn update_entry(&self, request: Authorized<UpdateEntry>) -> Result<(), ChangeError> {
        self.change_entries(request, |book, request| book.update(request, now())).await
    }

    /// Disables or enables an entry.
    ///
    /// # Errors
    /// [`ChangeError::Entry`], [`ChangeError::Store`].
    pub async fn set_entry_disabled(&self, request: Authorized<SetDisabled>) -> Result<(), ChangeError> {
        self.change_entries(request, |book, request| book.set_disabled(request, now())).await
    }

    /// Removes an entry.
    ///
    /// # Errors
    /// [`ChangeError::Entry`], [`ChangeError::Store`].
    pub async fn remove_entry(&self, request: Authorized<RemoveEntry>) -> Result<(), ChangeError> {
        self.change_entries(request, |book, request| book.remove(request).map(Some)).await
    }

    async fn change_entries<R: Action>(
        &self,
        request: Authorized<R>,
        change: impl FnOnce(&mut EntryBook, Authorized<R>) -> Result<Option<EntryChange>, EntryError>,
    ) -> Result<(), ChangeError> {
        let changes = self.inner.changes.lock().await;
        let request = self.renew(&changes, request)?;
        let mut book = EntryBook::clone(&self.inner.entries.load());
        let Some(change) = change(&mut book, request)? else { return Ok(()) };
        let (stored, verb, entry) = match &change {
            EntryChange::Added(entry) => (Change::Put(Box::new(Record::Entry((**entry).clone()))), "added", entry),
            EntryChange::Updated(entry) => (Change::Put(Box::new(Record::Entry((**entry).clone()))), "updated", entry),
            EntryChange::Removed(entry) => {
                (Change::Delete(RecordKind::Entry, entry.entry_id.clone()), "removed", entry)
            }
        };
        self.commit(vec![stored]).await?;
        let state = book.get(&entry.entry_id).map(|(_, state)| state.clone()).unwrap_or_default();
        let data = json!({"type": verb, "entry": entry.to_wire(&state, None)});
        self.inner.entries.store(Arc::new(book));
        self.announce(Self::ENTRY_EVENT, data, Context::new(new_context_id(now()), None));
        Ok(())
    }

    /// The event that feeds hear when an entry has changed: its data is one item of `config_entries/subscribe`.
    pub const ENTRY_EVENT: &str = "doorward_config_entry_changed";
}
