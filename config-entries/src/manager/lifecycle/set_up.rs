//! Setting an entry up: its data brought to the integration's version, its run started, another try if it is not ready.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::time::timeout;

use crate::{
    Cause, ChangeEntry, ConfigEntry, EntryState, Manifest, MigrateError, Reason, Setback, Source,
    erased::{AnyIntegration, Failure},
    handle::Handle,
    manager::{Run, Shared, Turn},
};

/// How long setting up, and migrating before, may take before it counts as not ready.
const SETUP_TIME: Duration = Duration::from_secs(300);
/// How long setting up waits for the first step of a reauthentication.
const FIRST_STEP_TIME: Duration = Duration::from_secs(1);

impl Shared {
    /// Sets an entry up, if it is one to be set up: not disabled, not ignored, of an integration that is here.
    pub(in crate::manager) async fn set_up(&self, turn: &mut Turn, entry_id: &str) {
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
        let migration = AssertUnwindSafe(integration.migrate(entry)).catch_unwind();
        let migrated = match timeout(SETUP_TIME, migration).await {
            Ok(Ok(Ok(migrated))) => migrated,
            Ok(Ok(Err(MigrateError::NotReady(reason)))) => return Err(Setback::NotReady(reason)),
            Ok(Ok(Err(MigrateError::Failed(reason)))) => {
                tracing::error!(entry = entry.entry_id, reason, "the entry's data could not be migrated");
                return Err(Setback::Migration);
            }
            Ok(Err(_)) => {
                tracing::error!(entry = entry.entry_id, "an integration panicked while migrating");
                return Err(Setback::Migration);
            }
            Err(_) => return Err(Setback::NotReady(Reason::text("migrating took too long"))),
        };
        let wish = ChangeEntry {
            entry_id: entry.entry_id.clone(),
            data: Some(migrated.data),
            options: Some(migrated.options),
            unique_id: Some(migrated.unique_id),
            version: Some((version, minor_version)),
            ..ChangeEntry::default()
        };
        match self.change_as_integration(wish, None).await {
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::error!(entry = entry.entry_id, %error, "the migrated data could not be kept");
                Err(Setback::NotReady(Reason::text("the migrated data could not be kept")))
            }
        }
    }

    /// Has another try made in a while.
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
        slot.set_timer(Some(timer.abort_handle()));
    }

    /// Has another try, if the entry still waits for one.
    async fn set_up_again(&self, entry_id: &str) {
        let Ok(mut turn) = self.turn(entry_id).await else { return };
        if matches!(self.state(entry_id), Some(EntryState::SetupRetry(_))) {
            self.set_up(&mut turn, entry_id).await;
        }
    }

    /// Ends the wait for another try, or for a reload.
    pub(super) fn cancel_timer(&self, entry_id: &str) {
        if let Some(slot) = self.lock().slots.get_mut(entry_id) {
            slot.set_timer(None);
        }
    }
}
