//! Changes of entries: worked out on a copy, kept, then seen and announced.

use std::sync::Arc;

use auth_core::{Action, Authorized, Timestamp, Unauthorized, UserId};
use serde_json::{Map, Value, json};

use super::{Manager, Shared, Slot, apart};
use crate::{
    AddEntry, By, ChangeEntry, ConfigEntry, EntryBook, EntryChange, EntryError, HostError, IgnoreIssue, Kept,
    ListIssues, News, RemoveSubentry, UpdateEntry, UpdateSubentry, handle::HandleError,
};

/// Why something with an entry was not done. Nothing has changed, unless it says so.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// The caller may not.
    #[error(transparent)]
    Unauthorized(#[from] Unauthorized),
    /// The book of entries refused.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The entry's state does not allow it: only a restart of the hub helps.
    #[error("config entry `{0}` is {1}: it cannot be taken down or set up again")]
    NotRecoverable(String, &'static str),
    /// Its integration could not take it down: the hub must restart.
    #[error("config entry `{0}` could not be taken down")]
    UnloadFailed(String),
    /// The integration has no reauthentication, or is not here.
    #[error("config entry `{0}` has no reauthentication")]
    NoReauth(String),
    /// There is no such issue.
    #[error("Issue '{0}' not found")]
    UnknownIssue(String),
    /// It could not be kept.
    #[error(transparent)]
    Host(#[from] HostError),
}

impl Manager {
    /// Changes an entry's title or preferences. A change of polling reloads a loaded entry. Tells whether the hub must
    /// restart for it.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn update(&self, request: Authorized<UpdateEntry>) -> Result<bool, ManageError> {
        let shared = Arc::clone(&self.shared);
        apart(async move {
            let entry_id = request.request().entry_id.clone();
            let polling = request.request().pref_disable_polling;
            let before = shared.entry(&entry_id);
            let by = By::own(request.principal().clone());
            let update = |book: &mut EntryBook, now| shared.renew_then(request, |asked| book.update(asked, now));
            shared.change(&entry_id, by, update).await?;
            let changed = polling.is_some() && before.is_some_and(|entry| Some(entry.pref_disable_polling) != polling);
            if changed && shared.is_loaded(&entry_id) {
                return shared.reload_entry(&entry_id).await;
            }
            Ok(false)
        })
        .await
    }

    /// Renames a part of an entry.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn update_subentry(&self, request: Authorized<UpdateSubentry>) -> Result<(), ManageError> {
        let (shared, entry_id) = (Arc::clone(&self.shared), request.request().entry_id.clone());
        apart(async move {
            let by = By::own(request.principal().clone());
            let update =
                |book: &mut EntryBook, now| shared.renew_then(request, |asked| book.update_subentry(asked, now));
            shared.change(&entry_id, by, update).await.map(drop)
        })
        .await
    }

    /// Removes a part of an entry.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn remove_subentry(&self, request: Authorized<RemoveSubentry>) -> Result<(), ManageError> {
        let (shared, entry_id) = (Arc::clone(&self.shared), request.request().entry_id.clone());
        apart(async move {
            let by = By::own(request.principal().clone());
            let remove =
                |book: &mut EntryBook, now| shared.renew_then(request, |asked| book.remove_subentry(asked, now));
            shared.change(&entry_id, by, remove).await.map(drop)
        })
        .await
    }

    /// Returns the issues as clients see them. `version` is what is said to have been dismissed.
    pub fn issues(&self, _request: &Authorized<ListIssues>, version: &str) -> Vec<Value> {
        self.shared.lock().issues.to_wire(version)
    }

    /// Tells whether there is such an issue.
    pub fn has_issue(&self, _request: &Authorized<ListIssues>, domain: &str, issue_id: &str) -> bool {
        self.shared.lock().issues.contains(domain, issue_id)
    }

    /// Tells whether somebody wants to see an issue no more. For the host, which keeps it.
    pub fn is_issue_ignored(&self, domain: &str, issue_id: &str) -> bool {
        self.shared.lock().issues.is_ignored(domain, issue_id)
    }

    /// Ignores an issue, or no more. `keep` puts it on disk first.
    ///
    /// # Errors
    /// [`ManageError::UnknownIssue`], and what `keep` says.
    pub async fn ignore_issue<E: From<ManageError>>(
        &self,
        request: Authorized<IgnoreIssue>,
        keep: impl AsyncFnOnce(&IgnoreIssue) -> Result<(), E>,
    ) -> Result<(), E> {
        let (_, wish) = request.into_parts();
        if !self.shared.lock().issues.contains(&wish.domain, &wish.issue_id) {
            return Err(ManageError::UnknownIssue(wish.issue_id).into());
        }
        keep(&wish).await?;
        self.shared.lock().issues.ignore(&wish.domain, &wish.issue_id, wish.ignore);
        self.shared
            .host
            .announce(News::Issue(json!({"action": "update", "domain": wish.domain, "issue_id": wish.issue_id})));
        Ok(())
    }
}

impl Shared {
    /// Decides a request again that has waited for its turn.
    pub(super) fn renew<R: Action>(&self, request: Authorized<R>) -> Result<Authorized<R>, Unauthorized> {
        if !self.host.is_live(request.principal()) {
            let user_id = request.principal().user_id().cloned();
            return Err(Unauthorized { user_id, ..Unauthorized::default() });
        }
        self.host.bus().world().auth.renew(request)
    }

    /// Decides a request again, and does what it asks for.
    pub(super) fn renew_then<R: Action, T>(
        &self,
        request: Authorized<R>,
        change: impl FnOnce(Authorized<R>) -> Result<T, EntryError>,
    ) -> Result<T, ManageError> {
        Ok(change(self.renew(request)?)?)
    }

    /// Makes one change of an entry. Returns the entry as it is then, if it changed.
    pub(super) async fn change<E>(
        &self,
        entry_id: &str,
        by: By,
        change: impl FnOnce(&mut EntryBook, Timestamp) -> Result<Option<EntryChange>, E>,
    ) -> Result<Option<Arc<ConfigEntry>>, ManageError>
    where
        ManageError: From<E>,
    {
        let _turn = self.writes.lock().await;
        let before = self.entry(entry_id);
        let mut book = self.lock().book.clone();
        let Some(change) = change(&mut book, self.host.now())? else { return Ok(None) };
        self.host.keep(&[Kept::of(before, &change)], by).await?;
        self.show(&change);
        Ok(Some(change.into_entry()))
    }

    /// Shows a change that is on disk.
    pub(super) fn show(&self, change: &EntryChange) {
        let mut inner = self.lock();
        inner.book.apply(change);
        if let EntryChange::Added(entry) = change {
            inner.slots.insert(entry.entry_id.clone(), Slot::default());
        }
        self.tell(&inner, change);
    }

    /// Adds an entry in the name of its integration, because somebody asked for it.
    pub(super) async fn add(
        &self,
        entry: ConfigEntry,
        asked_by: Option<UserId>,
    ) -> Result<Arc<ConfigEntry>, ManageError> {
        let entry_id = entry.entry_id.clone();
        let principal = self.principal_of(&entry.domain);
        let principal = principal.ok_or_else(Unauthorized::default)?;
        let asked = self.host.bus().authorize(&principal, AddEntry(entry))?;
        let added = self
            .change(&entry_id, By { actor: principal, asked_by }, |book, now| book.add(asked, now).map(Some))
            .await?;
        Ok(added.unwrap_or_default())
    }

    /// Changes an entry in the name of its integration, because somebody asked for it or by itself. Returns the entry, if
    /// it changed.
    pub(super) async fn change_as_integration(
        &self,
        wish: ChangeEntry,
        asked_by: Option<UserId>,
    ) -> Result<Option<Arc<ConfigEntry>>, ManageError> {
        let entry_id = wish.entry_id.clone();
        let entry = self.entry(&entry_id).ok_or_else(|| EntryError::Unknown(entry_id.clone()))?;
        let principal = self.principal_of(&entry.domain);
        let principal = principal.ok_or_else(Unauthorized::default)?;
        let wish = ChangeEntry { domain: entry.domain.clone(), ..wish };
        let asked = self.host.bus().authorize(&principal, wish)?;
        self.change(&entry_id, By { actor: principal, asked_by }, |book, now| book.change_entry(asked, now)).await
    }

    pub(crate) async fn update_data(&self, entry_id: &str, data: Map<String, Value>) -> Result<(), HandleError> {
        let wish = ChangeEntry { entry_id: entry_id.to_owned(), merge_data: Some(data), ..ChangeEntry::default() };
        match self.change_as_integration(wish, None).await {
            Ok(_) => Ok(()),
            Err(ManageError::Host(error)) => Err(HandleError::Host(error)),
            Err(ManageError::Entry(_)) => Err(HandleError::Gone),
            Err(_) => Err(HandleError::NotYours),
        }
    }
}
