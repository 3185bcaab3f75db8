//! What the manager needs of the home that it runs in.

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{Principal, Timestamp, UserId};
use serde_json::Value;
use service_bus::Bus;

use crate::{ConfigEntry, NewEntity, oauth2::ApplicationCredential};

/// The home around a [`Manager`](crate::Manager): its clock, its disk, its registries, its listeners.
#[async_trait]
pub trait Host: Send + Sync + 'static {
    /// Returns the bus, whose present world decides requests.
    fn bus(&self) -> &Bus;

    /// Tells whether the session behind a principal is still alive. One without a session always is.
    fn is_live(&self, principal: &Principal) -> bool;

    /// Returns the present time.
    fn now(&self) -> Timestamp;

    /// Returns 128 bits that nobody can guess.
    fn random(&self) -> u128;

    /// Keeps changes of entries, all or none; they are on disk when this returns. What an entry brought with it goes
    /// with it in the same transaction: devices and entities of a removed entry are removed, those of a disabled one
    /// are disabled; so does what the home records of who is behind it.
    ///
    /// # Errors
    /// [`HostError`]; nothing has changed then.
    async fn keep(&self, changes: &[Kept], by: By) -> Result<(), HostError>;

    /// Keeps an application credential, or removes the one of this id; on disk when this returns. It has a secret in it.
    ///
    /// # Errors
    /// [`HostError`]; nothing has changed then.
    async fn keep_credential(
        &self,
        id: &str,
        credential: Option<&ApplicationCredential>,
        by: By,
    ) -> Result<(), HostError>;

    /// Tells who had something done with an entry that changes nothing that is kept. Must not wait.
    fn record(&self, by: By, what: &'static str, entry_id: &str);

    /// Removes what was kept of an ignored issue that is no more. Must not wait: it may be on disk later, unless
    /// [`Manager::is_issue_ignored`](crate::Manager::is_issue_ignored) says by then that a new one is ignored.
    fn stop_ignoring(&self, domain: &str, issue_id: &str);

    /// Tells whoever listens. Must not wait.
    fn announce(&self, news: News);

    /// Registers entities and their devices, and provides those that are enabled, in the name of their integration's
    /// `principal`. Returns when they are on disk.
    ///
    /// # Errors
    /// [`HostError`]; none is provided then.
    async fn provide(
        &self,
        entry: &ConfigEntry,
        principal: &Principal,
        entities: Vec<NewEntity>,
    ) -> Result<(), HostError>;

    /// Takes the entities back that an entry provided: they are unavailable now, and stay registered.
    async fn withdraw(&self, entry_id: &str);

    /// Removes entities of an entry for good, by domain and unique id, and devices that have none left.
    ///
    /// # Errors
    /// [`HostError`]; nothing has changed then.
    async fn forget(&self, entry: &ConfigEntry, unique_ids: &[(String, String)]) -> Result<(), HostError>;
}

/// Who is behind a change.
#[derive(Clone, Debug)]
pub struct By {
    /// Whose rights counted.
    pub actor: Principal,
    /// Who asked for it, where that is somebody else: a flow ends in the name of its integration.
    pub asked_by: Option<UserId>,
}

impl By {
    /// Returns somebody who acts on their own account.
    pub const fn own(actor: Principal) -> Self {
        Self { actor, asked_by: None }
    }
}

/// One change to keep: the entry before and after it; none where there is none.
#[derive(Clone, Debug)]
pub struct Kept {
    /// As it was.
    pub before: Option<Arc<ConfigEntry>>,
    /// As it is to be.
    pub after: Option<Arc<ConfigEntry>>,
}

/// Something that listeners may want to hear.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// An entry was added, changed (its state too) or removed: one item of `config_entries/subscribe`.
    Entry(Value),
    /// A flow that nobody has open began or ended: one item of `config_entries/flow/subscribe`.
    Flow(Value),
    /// A flow has moved on by itself: the data of `data_entry_flow_progressed`.
    FlowProgressed(Value),
    /// How far something is that a flow waits for: the data of `data_entry_flow_progress_update`.
    FlowProgress(Value),
    /// A repair issue came, changed or went: the data of `repairs_issue_registry_updated`.
    Issue(Value),
}

/// The home could not do it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct HostError(pub String);
