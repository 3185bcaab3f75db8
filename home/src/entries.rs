//! Config entries and flows, as the manager needs a home: its clock, its disk, its registries, its listeners.

use std::sync::Weak;

use async_trait::async_trait;
use audit::{Outcome, Record, Trail, action_name};
use auth_core::{Action, Authorized, Context, Principal, Timestamp, Unauthorized, Who};
use auth_login::Entropy;
use config_entries::{
    By, ConfigEntry, Host, HostError, IgnoreIssue, Integration, Kept, ManageError, NewEntity, News,
    oauth2::ApplicationCredential,
};
use registries::Registries;
use serde_json::{Value, json};
use service_bus::{Bus, Event, new_context_id, now};
use store::{Change, IgnoredIssue, RecordKind};

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
        let record = Record::of(now(), action_name(IgnoreIssue::NAME), Outcome::Done, request.principal());
        let mut turn = self.turn_for(Trail::Acts, record).await;
        let request = self.renew(&turn, request)?;
        let keep = async |wish: &IgnoreIssue| {
            let record = IgnoredIssue::of(&wish.domain, &wish.issue_id);
            turn.on(record.id.as_str());
            turn.with(json!({"ignore": wish.ignore}));
            let change = if wish.ignore {
                Change::Put(Box::new(store::Record::IgnoredIssue(record)))
            } else {
                Change::Delete(RecordKind::IgnoredIssue, record.id)
            };
            self.commit(&mut turn, vec![change]).await.map_err(ChangeError::from)
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
        let of_home = [Self::ENTRY_EVENT, Self::FLOW_EVENT, Self::AUDIT_EVENT];
        let of_bus = [Event::USER_DATA, Event::SYSTEM_DATA, Event::NOTIFICATION];
        of_home.contains(&event_type) || of_bus.contains(&event_type)
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

    async fn keep(&self, changes: &[Kept], by: By) -> Result<(), HostError> {
        let home = self.home()?;
        let stored = changes.iter().filter_map(|change| match (&change.before, &change.after) {
            (_, Some(after)) => Some(Change::Put(Box::new(store::Record::Entry(ConfigEntry::clone(after))))),
            (Some(before), None) => Some(Change::Delete(RecordKind::Entry, before.entry_id.clone())),
            (None, None) => None,
        });
        let mut stored: Vec<_> = stored.collect();
        stored.extend(changes.iter().filter_map(|kept| record_of(kept, &by)));
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
        let mut turn = home.quiet_turn().await;
        home.apply(&mut turn, None, stored, follow).await.map_err(|error| HostError(error.to_string()))?;
        Ok(())
    }

    async fn keep_credential(
        &self,
        id: &str,
        credential: Option<&ApplicationCredential>,
        by: By,
    ) -> Result<(), HostError> {
        let action = if credential.is_some() { "add_application_credential" } else { "remove_application_credential" };
        let change = match credential {
            Some(credential) => Change::Put(Box::new(store::Record::Credential(credential.clone()))),
            None => Change::Delete(RecordKind::Credential, id.to_owned()),
        };
        let changes = vec![change, acted(&by, action, id, Value::Null)];
        self.home()?.keep(changes).await.map_err(|error| HostError(error.to_string()))
    }

    fn record(&self, by: By, what: &'static str, entry_id: &str) {
        if let (Ok(home), Change::Audit(trail, record)) = (self.home(), acted(&by, what, entry_id, Value::Null)) {
            home.record(trail, *record);
        }
    }

    fn stop_ignoring(&self, domain: &str, issue_id: &str) {
        let Ok(home) = self.home() else { return };
        let record = IgnoredIssue::of(domain, issue_id);
        tokio::spawn(async move {
            // Nobody ignores an issue meanwhile.
            let mut turn = home.quiet_turn().await;
            if home.inner.manager.is_issue_ignored(&record.domain, &record.issue_id) {
                return;
            }
            let change = Change::Delete(RecordKind::IgnoredIssue, record.id);
            if let Err(error) = home.commit(&mut turn, vec![change]).await {
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

/// Returns the record of something done with an entry or a credential.
fn acted(by: &By, action: &'static str, on: &str, detail: Value) -> Change {
    let record = Record::of(now(), action, Outcome::Done, &by.actor).on(on).with(detail);
    Change::Audit(Trail::Acts, Box::new(Record { asked_by: by.asked_by.clone(), ..record }))
}

/// Returns the record of a change of an entry: which members changed, never what is in them. None for what an integration
/// does with its data by itself, such as keeping a token that was refreshed.
fn record_of(Kept { before, after }: &Kept, by: &By) -> Option<Change> {
    let about = |entry: &ConfigEntry| json!({"domain": entry.domain, "title": entry.title});
    match (before, after) {
        (None, None) => None,
        (None, Some(entry)) => Some(acted(by, "add_config_entry", &entry.entry_id, about(entry))),
        (Some(entry), None) => Some(acted(by, "remove_config_entry", &entry.entry_id, about(entry))),
        (Some(before), Some(after)) => {
            let members: [(&str, bool); 8] = [
                ("title", before.title != after.title),
                ("data", before.data != after.data),
                ("options", before.options != after.options),
                ("unique_id", before.unique_id != after.unique_id),
                ("subentries", before.subentries != after.subentries),
                ("disabled_by", before.disabled_by != after.disabled_by),
                ("pref_disable_new_entities", before.pref_disable_new_entities != after.pref_disable_new_entities),
                ("pref_disable_polling", before.pref_disable_polling != after.pref_disable_polling),
            ];
            let changed: Vec<_> = members.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
            let by_itself = by.asked_by.is_none() && matches!(by.actor.who(), Who::Integration { .. });
            if by_itself && changed.iter().all(|name| *name == "data") {
                return None;
            }
            let action = match (&before.disabled_by, &after.disabled_by) {
                (None, Some(_)) => "disable_config_entry",
                (Some(_), None) => "enable_config_entry",
                _ => "update_config_entry",
            };
            let detail = json!({"domain": after.domain, "title": after.title, "changed": changed});
            Some(acted(by, action, &after.entry_id, detail))
        }
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
