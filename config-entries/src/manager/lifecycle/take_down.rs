//! Taking an entry down, and removing it.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use tokio::time::timeout;

use crate::{
    By, Cause, ConfigEntry, EntryBook, EntryChange, EntryError, EntryState, Kept, Reason,
    manager::{ManageError, Shared, Turn},
};

/// How long taking down may take before it counts as failed.
const UNLOAD_TIME: Duration = Duration::from_secs(60);

impl Shared {
    /// Takes an entry down. One that does not run is down at once.
    pub(in crate::manager) async fn unload(&self, turn: &mut Turn, entry_id: &str) -> Result<(), ManageError> {
        self.cancel_timer(entry_id);
        let state = self.state(entry_id).unwrap_or_default();
        let refuse = |state: &EntryState| ManageError::NotRecoverable(entry_id.to_owned(), state.as_str());
        match &state {
            EntryState::NotLoaded => return Ok(()),
            EntryState::SetupError(_) | EntryState::SetupRetry(_) => {
                self.advance(entry_id, Cause::Unload);
                return Ok(());
            }
            EntryState::Loaded => {}
            EntryState::SetupInProgress
            | EntryState::MigrationError
            | EntryState::UnloadInProgress
            | EntryState::FailedUnload(_) => return Err(refuse(&state)),
        }
        self.advance(entry_id, Cause::Unload);
        let Some(mut run) = turn.running.take() else {
            self.advance(entry_id, Cause::Unloaded);
            return Ok(());
        };
        let unload = AssertUnwindSafe(run.running.unload()).catch_unwind();
        let failed = match timeout(UNLOAD_TIME, unload).await {
            Ok(Ok(Ok(()))) => None,
            Ok(Ok(Err(reason))) => Some(reason),
            Ok(Err(_)) => Some(Reason::text("the integration panicked")),
            Err(_) => Some(Reason::text("taking down took too long")),
        };
        // Its tasks and entities are ended either way: what may live on is what only the integration knows of.
        run.handle.take_down().await;
        self.host.withdraw(entry_id).await;
        match failed {
            None => {
                self.advance(entry_id, Cause::Unloaded);
                Ok(())
            }
            Some(reason) => {
                tracing::error!(entry = entry_id, ?reason, "an entry could not be taken down");
                self.advance(entry_id, Cause::UnloadFailed(reason));
                Err(ManageError::UnloadFailed(entry_id.to_owned()))
            }
        }
    }

    /// Removes an entry that is down.
    pub(in crate::manager) async fn remove_entry(
        &self,
        entry_id: &str,
        by: By,
        take: impl FnOnce(&mut EntryBook) -> Result<EntryChange, EntryError>,
    ) -> Result<(), ManageError> {
        let gone = {
            let _turn = self.writes.lock().await;
            let before = self.entry(entry_id);
            let mut book = self.lock().book.clone();
            let change = take(&mut book)?;
            self.host.keep(&[Kept::of(before, &change)], by).await?;
            self.show(&change);
            change.into_entry()
        };
        self.clean_up_after(&gone).await;
        Ok(())
    }

    /// Ends what is left of an entry that has been removed.
    pub(in crate::manager) async fn clean_up_after(&self, gone: &ConfigEntry) {
        let entry_id = &*gone.entry_id;
        self.drop_from_reauth(entry_id);
        self.end_flows_about(entry_id);
        if let Some(mut slot) = self.lock().slots.remove(entry_id) {
            slot.set_timer(None);
        }
        if let Some(registered) = self.registered(&gone.domain) {
            let removed = AssertUnwindSafe(registered.integration.removed(gone)).catch_unwind();
            if !matches!(timeout(UNLOAD_TIME, removed).await, Ok(Ok(()))) {
                tracing::error!(entry = entry_id, "an integration did not clean up after an entry");
            }
        }
    }
}
