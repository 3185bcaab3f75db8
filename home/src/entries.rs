//! Config entries and flows, as the manager needs a home: its clock, its disk, its registries, its listeners.

use std::sync::Weak;

use async_trait::async_trait;
use auth_core::{Authorized, Context, Principal, Timestamp, Unauthorized};
use auth_login::Entropy;
use config_entries::{
    ConfigEntry, Host, HostError, IgnoreIssue, Integration, Kept, ManageError, NewEntity, News,
    oauth2::ApplicationCredential,
};
use registries::Registries;
use serde_json::Value;
use service_bus::{Bus, new_context_id, now};
use store::{Change, IgnoredIssue, Record, RecordKind};

use crate::{ChangeError, Home, entropy::OsEntropy, home::Inner};

impl Home {
    /// Makes an integration known, with the principal that is its own.
    ///
    /// # Errors
    /// [`Unauthorized`], if the principal may not manage entries of the integration's domain.
    pub fn register(&self, integration: impl Integration, principal: Principal) -> Result<(), Unauthorized> {
        self.inner.manager.register(integration, principal)
    }

    /// Ignores a repair issue, or no more. On disk when this returns.
    ///
    /// # Errors
    /// [`ChangeError::Manage`], [`ChangeError::Store`].
    pub async fn ignore_issue(&self, request: Authorized<IgnoreIssue>) -> Result<(), ChangeError> {
        // Until the end: what is seen is what was kept last.
        let changes = self.inner.changes.lock().await;
        let request = self.renew(&changes, request)?;
        let keep = async |wish: &IgnoreIssue| {
            let record = IgnoredIssue::of(&wish.domain, &wish.issue_id);
            let change = if wish.ignore {
                Change::Put(Box::new(Record::IgnoredIssue(record)))
            } else {
                Change::Delete(RecordKind::IgnoredIssue, record.id)
            };
            self.commit(vec![change]).await.map_err(ChangeError::from)
        };
        self.inner.manager.ignore_issue(request, keep).await
    }

    /// The event that feeds hear when an entry has changed: its data is one item of `config_entries/subscribe`.
    pub const ENTRY_EVENT: &str = "doorward_config_entry_changed";

    /// The event that feeds hear when a flow that nobody has open begins or ends: its data is one item of
    /// `config_entries/flow/subscribe`.
    pub const FLOW_EVENT: &str = "doorward_flow_changed";

    /// Tells whether an event is for adapters: who listens to everything is not shown it.
    pub fn is_for_adapters(event_type: &str) -> bool {
        [Self::ENTRY_EVENT, Self::FLOW_EVENT].contains(&event_type)
    }
}

/// The home, as the manager holds it: without keeping it alive.
pub(crate) struct EntriesHost {
    bus: Bus,
    inner: Weak<Inner>,
}

impl EntriesHost {
    pub(crate) const fn new(bus: Bus, inner: Weak<Inner>) -> Self {
        Self { bus, inner }
    }

    fn home(&self) -> Result<Home, HostError> {
        let inner = self.inner.upgrade().ok_or_else(|| HostError("the home is closed".to_owned()))?;
        Ok(Home { inner })
    }
}

#[async_trait]
impl Host for EntriesHost {
    fn bus(&self) -> &Bus {
        &self.bus
    }

    fn is_live(&self, principal: &Principal) -> bool {
        self.home().is_ok_and(|home| home.is_alive(principal))
    }

    fn now(&self) -> Timestamp {
        now()
    }

    fn random(&self) -> u128 {
        let mut bytes = [0; 16];
        OsEntropy.fill(&mut bytes);
        u128::from_le_bytes(bytes)
    }

    async fn keep(&self, changes: &[Kept]) -> Result<(), HostError> {
        let home = self.home()?;
        let stored = changes.iter().filter_map(|change| match (&change.before, &change.after) {
            (_, Some(after)) => Some(Change::Put(Box::new(Record::Entry(ConfigEntry::clone(after))))),
            (Some(before), None) => Some(Change::Delete(RecordKind::Entry, before.entry_id.clone())),
            (None, None) => None,
        });
        let stored: Vec<_> = stored.collect();
        // What came with an entry goes with it, in the same transaction.
        let follow = |registries: &mut Registries, now| {
            let mut all = Vec::new();
            for Kept { before, after } in changes {
                match (before, after) {
                    (Some(before), None) => all.extend(registries.remove_config_entry(&before.entry_id, now)),
                    (Some(before), Some(after)) if before.disabled_by != after.disabled_by => {
                        let disabled = after.disabled_by.is_some();
                        all.extend(registries.set_config_entry_disabled(&after.entry_id, disabled, now));
                    }
                    _ => {}
                }
            }
            Ok(all)
        };
        let mut lock = home.inner.changes.lock().await;
        home.apply(&mut lock, None, stored, follow).await.map_err(|error| HostError(error.to_string()))?;
        Ok(())
    }

    async fn keep_credential(&self, id: &str, credential: Option<&ApplicationCredential>) -> Result<(), HostError> {
        let change = match credential {
            Some(credential) => Change::Put(Box::new(Record::Credential(credential.clone()))),
            None => Change::Delete(RecordKind::Credential, id.to_owned()),
        };
        self.home()?.commit(vec![change]).await.map_err(|error| HostError(error.to_string()))
    }

    fn stop_ignoring(&self, domain: &str, issue_id: &str) {
        let Ok(home) = self.home() else { return };
        let record = IgnoredIssue::of(domain, issue_id);
        tokio::spawn(async move {
            // Nobody ignores an issue meanwhile.
            let _changes = home.inner.changes.lock().await;
            if home.inner.manager.is_issue_ignored(&record.domain, &record.issue_id) {
                return;
            }
            let change = Change::Delete(RecordKind::IgnoredIssue, record.id);
            if let Err(error) = home.commit(vec![change]).await {
                tracing::warn!(%error, "an issue that is gone stays ignored");
            }
        });
    }

    fn announce(&self, news: News) {
        let (event_type, data) = match news {
            News::Entry(data) => (Home::ENTRY_EVENT, data),
            News::Flow(data) => (Home::FLOW_EVENT, data),
            News::FlowProgressed(data) => ("data_entry_flow_progressed", data),
            News::FlowProgress(data) => ("data_entry_flow_progress_update", data),
            News::Issue(data) => ("repairs_issue_registry_updated", data),
        };
        let Value::Object(data) = data else { return };
        self.bus.announce(event_type, data, Context::new(new_context_id(now()), None));
    }

    async fn provide(
        &self,
        entry: &ConfigEntry,
        principal: &Principal,
        entities: Vec<NewEntity>,
    ) -> Result<(), HostError> {
        self.home()?.provide(entry, principal, entities).await
    }

    async fn withdraw(&self, entry_id: &str) {
        if let Ok(home) = self.home() {
            home.withdraw(entry_id).await;
        }
    }

    async fn forget(&self, entry: &ConfigEntry, unique_ids: &[(String, String)]) -> Result<(), HostError> {
        self.home()?.forget(entry, unique_ids).await
    }
}

impl From<ManageError> for ChangeError {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::Unauthorized(refusal) => Self::Unauthorized(refusal),
            other => Self::Manage(other),
        }
    }
}
