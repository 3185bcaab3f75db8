//! Setting entries up and taking them down. Whoever does either holds the entry's turn.

mod set_up;
mod take_down;

use std::{sync::Arc, time::Duration};

use auth_core::Authorized;
use tokio::sync::OwnedMutexGuard;

use super::{ManageError, Manager, Shared, Turn, apart};
use crate::{By, Cause, EntryBook, EntryError, EntryState, ReloadEntry, RemoveEntry, SetDisabled};

/// How long after an entity was enabled its entry is reloaded: several may be enabled in a row.
const ENABLE_WAIT: Duration = Duration::from_secs(30);

impl Manager {
    /// Takes an entry down and sets it up again, unless it is disabled. Tells whether the hub must restart.
    ///
    /// # Errors
    /// [`ManageError::NotRecoverable`] and others.
    pub async fn reload(&self, request: Authorized<ReloadEntry>) -> Result<bool, ManageError> {
        let shared = Arc::clone(&self.shared);
        apart(async move {
            let entry_id = request.request().0.clone();
            let mut turn = shared.turn(&entry_id).await?;
            let (principal, _) = shared.renew(request)?.into_parts();
            shared.host.record(By::own(principal), "reload_config_entry", &entry_id);
            shared.reload(&mut turn, &entry_id).await
        })
        .await
    }

    /// Disables or enables an entry. Tells whether the hub must restart for it.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn set_disabled(&self, request: Authorized<SetDisabled>) -> Result<bool, ManageError> {
        let shared = Arc::clone(&self.shared);
        apart(async move {
            let SetDisabled { entry_id, disabled } = request.request().clone();
            let mut turn = shared.turn(&entry_id).await?;
            let by = By::own(request.principal().clone());
            let set = |book: &mut EntryBook, now| shared.renew_then(request, |asked| book.set_disabled(asked, now));
            let changed = shared.change(&entry_id, by, set).await?;
            if changed.is_none() {
                return Ok(false);
            }
            if disabled {
                shared.drop_from_reauth(&entry_id);
                shared.end_flows_about(&entry_id);
                return Ok(shared.unload(&mut turn, &entry_id).await.is_err());
            }
            shared.set_up(&mut turn, &entry_id).await;
            Ok(shared.must_restart(&entry_id))
        })
        .await
    }

    /// Removes an entry for good, with its devices and entities. Tells whether the hub must restart for it.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn remove(&self, request: Authorized<RemoveEntry>) -> Result<bool, ManageError> {
        let shared = Arc::clone(&self.shared);
        apart(async move {
            let entry_id = request.request().0.clone();
            let mut turn = shared.turn(&entry_id).await?;
            let request = shared.renew(request)?;
            let by = By::own(request.principal().clone());
            let clean = shared.unload(&mut turn, &entry_id).await.is_ok();
            if let Err(error) = shared.remove_entry(&entry_id, by, |book| book.remove(request)).await {
                // It was taken down for nothing.
                shared.set_up(&mut turn, &entry_id).await;
                return Err(error);
            }
            Ok(!clean)
        })
        .await
    }

    /// Has another try at bringing the data of an entry to its integration's version.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn retry_migration(&self, request: Authorized<ReloadEntry>) -> Result<(), ManageError> {
        let shared = Arc::clone(&self.shared);
        apart(async move {
            let entry_id = request.request().0.clone();
            let mut turn = shared.turn(&entry_id).await?;
            drop(shared.renew(request)?);
            if shared.state(&entry_id) == Some(EntryState::MigrationError) {
                shared.advance(&entry_id, Cause::RetryMigration);
                shared.set_up(&mut turn, &entry_id).await;
            }
            Ok(())
        })
        .await
    }

    /// Says that an entity of an entry has been enabled: the entry is reloaded in a while, so that it provides it.
    pub fn entity_enabled(&self, entry_id: &str) {
        let (shared, id) = (Arc::clone(&self.shared), entry_id.to_owned());
        let mut inner = self.shared.lock();
        // An entry that waits for another try gets what is enabled then.
        if matches!(inner.book.get(entry_id), Some((_, EntryState::Loaded)))
            && !inner.stopped
            && let Some(slot) = inner.slots.get_mut(entry_id)
        {
            let timer = tokio::spawn(async move {
                tokio::time::sleep(ENABLE_WAIT).await;
                // Not in this task: reloading ends the timer.
                shared.reload_soon(&id);
            });
            slot.set_timer(Some(timer.abort_handle()));
        }
    }
}

impl Shared {
    /// Waits until nobody else works with an entry.
    pub(super) async fn turn(&self, entry_id: &str) -> Result<OwnedMutexGuard<Turn>, ManageError> {
        let unknown = || EntryError::Unknown(entry_id.to_owned());
        let turn = self.lock().slots.get(entry_id).map(|slot| Arc::clone(&slot.turn)).ok_or_else(unknown)?;
        let turn = turn.lock_owned().await;
        // It may have been removed while others were before us.
        self.entry(entry_id).map(|_| turn).ok_or_else(|| unknown().into())
    }

    pub(super) fn is_loaded(&self, entry_id: &str) -> bool {
        self.state(entry_id) == Some(EntryState::Loaded)
    }

    fn must_restart(&self, entry_id: &str) -> bool {
        self.state(entry_id).is_some_and(|state| !state.is_recoverable())
    }

    /// Sets an entry up when its turn comes.
    pub(super) async fn set_up_entry(&self, entry_id: &str) {
        if let Ok(mut turn) = self.turn(entry_id).await {
            self.set_up(&mut turn, entry_id).await;
        }
    }

    /// Takes an entry down because the hub ends.
    pub(super) async fn stop_entry(&self, entry_id: &str) {
        if let Ok(mut turn) = self.turn(entry_id).await {
            _ = self.unload(&mut turn, entry_id).await;
        }
    }

    pub(super) async fn reload_entry(&self, entry_id: &str) -> Result<bool, ManageError> {
        let mut turn = self.turn(entry_id).await?;
        self.reload(&mut turn, entry_id).await
    }

    async fn reload(&self, turn: &mut Turn, entry_id: &str) -> Result<bool, ManageError> {
        if let Some(state) = self.state(entry_id).filter(|state| !state.is_recoverable()) {
            return Err(ManageError::NotRecoverable(entry_id.to_owned(), state.as_str()));
        }
        self.cancel_timer(entry_id);
        self.drop_from_reauth(entry_id);
        let unloaded = self.unload(turn, entry_id).await;
        // Again: the run that has ended may have been refused until its end. The next one finds out for itself.
        self.drop_from_reauth(entry_id);
        match unloaded {
            Ok(()) => {}
            Err(ManageError::UnloadFailed(_)) => return Ok(true),
            Err(error) => return Err(error),
        }
        self.set_up(turn, entry_id).await;
        Ok(self.must_restart(entry_id))
    }

    /// Reloads an entry in a task of its own.
    pub(crate) fn reload_soon(&self, entry_id: &str) {
        let Some(shared) = self.strong() else { return };
        let entry_id = entry_id.to_owned();
        tokio::spawn(async move {
            if let Err(error) = shared.reload_entry(&entry_id).await {
                tracing::warn!(entry = entry_id, %error, "an entry was not reloaded");
            }
        });
    }
}
