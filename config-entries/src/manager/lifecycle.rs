//! Setting entries up and taking them down. Whoever does either holds the entry's turn.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use auth_core::Authorized;
use futures_util::FutureExt;
use tokio::{sync::OwnedMutexGuard, time::timeout};

use super::{ManageError, Manager, Run, Shared, Turn, apart};
use crate::{
    Cause, ChangeEntry, ConfigEntry, EntryBook, EntryChange, EntryError, EntryState, Kept, Manifest, MigrateError,
    Reason, ReloadEntry, RemoveEntry, SetDisabled, Setback, Source,
    erased::{AnyIntegration, Failure},
    handle::Handle,
};

/// How long setting up may take before it counts as not ready.
pub(super) const SETUP_TIME: Duration = Duration::from_secs(300);
/// How long taking down may take before it counts as failed.
const UNLOAD_TIME: Duration = Duration::from_secs(60);
/// How long setting up waits for the first step of a reauthentication.
const FIRST_STEP_TIME: Duration = Duration::from_secs(1);
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
            drop(shared.renew(request)?);
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
            let set = |book: &mut EntryBook, now| shared.renew_then(request, |asked| book.set_disabled(asked, now));
            let changed = shared.change(&entry_id, set).await?;
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
            let clean = shared.unload(&mut turn, &entry_id).await.is_ok();
            if let Err(error) = shared.remove_entry(&entry_id, |book| book.remove(request)).await {
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
            if let Some(before) = slot.timer.replace(timer.abort_handle()) {
                before.abort();
            }
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

    /// Sets an entry up, if it is one to be set up: not disabled, not ignored, of an integration that is here.
    pub(super) async fn set_up(&self, turn: &mut Turn, entry_id: &str) {
        let Some(entry) = self.entry(entry_id) else { return };
        let Some(registered) = self.registered(&entry.domain) else { return };
        if entry.disabled_by.is_some() || entry.source == Source::Ignore.as_str() || self.lock().stopped {
            return;
        }
        let startable = matches!(
            self.state(entry_id),
            Some(EntryState::NotLoaded | EntryState::SetupRetry(_) | EntryState::SetupError(_))
        );
        if !startable || !self.advance(entry_id, Cause::Setup) {
            return;
        }
        self.cancel_timer(entry_id);
        let integration = &*registered.integration;
        if let Err(setback) = self.migrate(integration, &entry).await {
            let retry = matches!(setback, Setback::NotReady(_));
            if self.advance(entry_id, Cause::Failed(setback)) && retry {
                self.arm_retry(entry_id, None);
            }
            return;
        }
        let handle = Arc::new(Handle::new(self.me.clone(), entry_id));
        let setup = AssertUnwindSafe(integration.setup(Arc::clone(&handle))).catch_unwind();
        let outcome = match timeout(SETUP_TIME, setup).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => {
                tracing::error!(entry = entry_id, domain = entry.domain, "an integration panicked while setting up");
                Err(Failure::Fatal(Reason::default()))
            }
            Err(_) => Err(Failure::NotReady(Reason::text("setting up took too long"), None)),
        };
        let failure = match outcome {
            Ok(running) => {
                turn.running = Some(Run { running, handle });
                self.advance(entry_id, Cause::SetUp);
                return;
            }
            Err(failure) => failure,
        };
        // What a try that failed has begun is taken back before anybody hears that it failed.
        handle.take_down().await;
        self.host.withdraw(entry_id).await;
        match failure {
            Failure::AuthFailed(reason) => {
                let setback = Setback::Fatal(reason.or_text("could not authenticate"));
                self.advance(entry_id, Cause::Failed(setback));
                // Whoever waits for the outcome also sees the flow, unless its first step takes its time.
                if let Some(started) = self.start_reauth(entry_id) {
                    _ = timeout(FIRST_STEP_TIME, started).await;
                }
            }
            Failure::NotReady(reason, retry_after) => {
                self.advance(entry_id, Cause::Failed(Setback::NotReady(reason)));
                self.arm_retry(entry_id, retry_after);
            }
            Failure::Fatal(reason) => {
                self.advance(entry_id, Cause::Failed(Setback::Fatal(reason)));
            }
        }
    }

    /// Brings an entry's data to its integration's version.
    async fn migrate(&self, integration: &dyn AnyIntegration, entry: &ConfigEntry) -> Result<(), Setback> {
        let Manifest { version, minor_version, .. } = *integration.manifest();
        if entry.version == version && entry.minor_version >= minor_version {
            return Ok(());
        }
        if entry.version > version {
            tracing::error!(entry = entry.entry_id, "the entry was written by a newer version of its integration");
            return Err(Setback::Migration);
        }
        let migrated = match AssertUnwindSafe(integration.migrate(entry)).catch_unwind().await {
            Ok(Ok(migrated)) => migrated,
            Ok(Err(MigrateError::NotReady(reason))) => return Err(Setback::NotReady(reason)),
            Ok(Err(MigrateError::Failed(reason))) => {
                tracing::error!(entry = entry.entry_id, reason, "the entry's data could not be migrated");
                return Err(Setback::Migration);
            }
            Err(_) => return Err(Setback::Migration),
        };
        let wish = ChangeEntry {
            entry_id: entry.entry_id.clone(),
            data: Some(migrated.data),
            options: Some(migrated.options),
            unique_id: Some(migrated.unique_id),
            version: Some((version, minor_version)),
            ..ChangeEntry::default()
        };
        match self.change_as_integration(wish).await {
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::error!(entry = entry.entry_id, %error, "the migrated data could not be kept");
                Err(Setback::NotReady(Reason::text("the migrated data could not be kept")))
            }
        }
    }

    /// Takes an entry down. One that does not run is down at once.
    pub(super) async fn unload(&self, turn: &mut Turn, entry_id: &str) -> Result<(), ManageError> {
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
    pub(super) async fn remove_entry(
        &self,
        entry_id: &str,
        take: impl FnOnce(&mut EntryBook) -> Result<EntryChange, EntryError>,
    ) -> Result<(), ManageError> {
        let gone = {
            let _turn = self.writes.lock().await;
            let before = self.entry(entry_id);
            let mut book = self.lock().book.clone();
            let change = take(&mut book)?;
            self.host.keep(&[Kept::of(before, &change)]).await?;
            self.show(&change);
            change.into_entry()
        };
        self.clean_up_after(&gone).await;
        Ok(())
    }

    /// Ends what is left of an entry that has been removed.
    pub(super) async fn clean_up_after(&self, gone: &ConfigEntry) {
        let entry_id = &*gone.entry_id;
        self.drop_from_reauth(entry_id);
        self.end_flows_about(entry_id);
        if let Some(timer) = self.lock().slots.remove(entry_id).and_then(|slot| slot.timer) {
            timer.abort();
        }
        if let Some(registered) = self.registered(&gone.domain) {
            let removed = AssertUnwindSafe(registered.integration.removed(gone)).catch_unwind();
            if !matches!(timeout(UNLOAD_TIME, removed).await, Ok(Ok(()))) {
                tracing::error!(entry = entry_id, "an integration did not clean up after an entry");
            }
        }
    }

    fn arm_retry(&self, entry_id: &str, retry_after: Option<Duration>) {
        let Some(shared) = self.strong() else { return };
        let random = u64::try_from(self.host.random() & u128::from(u32::MAX)).unwrap_or(0);
        let mut inner = self.lock();
        if inner.stopped {
            return;
        }
        let Some(slot) = inner.slots.get_mut(entry_id) else { return };
        let wait = slot.retry.next_wait(retry_after, random);
        let id = entry_id.to_owned();
        let timer = tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            // Not in this task: setting up ends the timer.
            tokio::spawn(async move { shared.set_up_again(&id).await });
        });
        if let Some(before) = slot.timer.replace(timer.abort_handle()) {
            before.abort();
        }
    }

    /// Has another try, if the entry still waits for one.
    async fn set_up_again(&self, entry_id: &str) {
        let Ok(mut turn) = self.turn(entry_id).await else { return };
        if matches!(self.state(entry_id), Some(EntryState::SetupRetry(_))) {
            self.set_up(&mut turn, entry_id).await;
        }
    }

    fn cancel_timer(&self, entry_id: &str) {
        let timer = self.lock().slots.get_mut(entry_id).and_then(|slot| slot.timer.take());
        if let Some(timer) = timer {
            timer.abort();
        }
    }
}
