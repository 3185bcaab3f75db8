//! The manager: runs integrations and flows, one entry's work after the other. A thin shell around the state machine,
//! the books and the retry's waits; its clock and its disk are the [`Host`]'s.

mod entries;
mod finish;
mod flows;
mod lifecycle;
mod oauth2;
mod reauth;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak},
    time::Duration,
};

use auth_core::{Authorized, Principal, Unauthorized};
use serde_json::{Value, json};
use tokio::{sync::Mutex as AsyncMutex, task::AbortHandle};

use crate::{
    Cause, ConfigEntry, EntryBook, EntryChange, EntryFilter, EntryState, FlowBook, FlowId, Host, HostError,
    Integration, IssueBook, Kept, ListEntries, ListFlows, Manifest, News, Retry, RunIntegration, Running, Subentry,
    erased::AnyIntegration, handle::Handle, oauth2::OAuth,
};
use flows::Runner;

pub use entries::ManageError;
pub use flows::FlowError;

/// How long the end of the hub waits for refreshes of tokens that are under way.
const REFRESH_TIME: Duration = Duration::from_secs(10);

/// Runs the integrations and flows of a home. Cheap to clone; all clones are the same manager.
#[derive(Clone)]
pub struct Manager {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) host: Arc<dyn Host>,
    me: Weak<Self>,
    integrations: RwLock<BTreeMap<&'static str, Registered>>,
    /// Held for moments, never across an await.
    inner: Mutex<Inner>,
    /// Held while a change of entries is worked out and kept: they are made one after the other.
    writes: AsyncMutex<()>,
    /// Held while an entry is made from a flow, from looking whether there is one to adding it.
    creation: AsyncMutex<()>,
    pub(crate) oauth: OAuth,
}

#[derive(Clone)]
struct Registered {
    integration: Arc<dyn AnyIntegration>,
    /// The integration's own, with which its entries are made and changed.
    principal: Principal,
}

#[derive(Default)]
struct Inner {
    book: EntryBook,
    flows: FlowBook,
    runners: HashMap<FlowId, Arc<AsyncMutex<Runner>>>,
    slots: HashMap<String, Slot>,
    issues: IssueBook,
    /// The hub is ending: nothing is started any more.
    stopped: bool,
}

/// What the manager keeps of an entry besides its data and state.
#[derive(Default)]
struct Slot {
    /// Whoever holds it works with the entry. Fair: work is done in the order in which it was asked for.
    turn: Arc<AsyncMutex<Turn>>,
    retry: Retry,
    timer: Option<AbortHandle>,
}

impl Slot {
    /// Lets another timer run, or none: an entry has one at most.
    fn set_timer(&mut self, timer: Option<AbortHandle>) {
        if let Some(before) = std::mem::replace(&mut self.timer, timer) {
            before.abort();
        }
    }
}

/// What runs of an entry.
#[derive(Default)]
struct Turn {
    running: Option<Run>,
}

struct Run {
    running: Box<dyn Running>,
    handle: Arc<Handle>,
}

impl Manager {
    /// Returns a manager of these entries; none is set up yet.
    pub fn new(host: Arc<dyn Host>, entries: Vec<ConfigEntry>, ignored_issues: Vec<(String, String)>) -> Self {
        let mut inner = Inner::default();
        for entry in entries {
            inner.slots.insert(entry.entry_id.clone(), Slot::default());
            inner.book.restore(entry);
        }
        inner.issues.restore_ignored(ignored_issues);
        let shared = Arc::new_cyclic(|me| Shared {
            host,
            me: Weak::clone(me),
            integrations: RwLock::default(),
            inner: Mutex::new(inner),
            writes: AsyncMutex::default(),
            creation: AsyncMutex::default(),
            oauth: OAuth::default(),
        });
        Self { shared }
    }

    /// Makes an integration known. From then on its entries can be set up and its flows started, with `principal`:
    /// the one of this integration, which can do nothing with entries of others.
    ///
    /// # Errors
    /// [`Unauthorized`], if the principal may not manage entries of the integration's domain.
    pub fn register(&self, integration: impl Integration, principal: Principal) -> Result<(), Unauthorized> {
        let domain = Integration::manifest(&integration).domain;
        drop(self.shared.host.bus().authorize(&principal, RunIntegration(domain.to_owned()))?);
        let registered = Registered { integration: Arc::new(integration), principal };
        self.shared.integrations.write().unwrap_or_else(PoisonError::into_inner).insert(domain, registered);
        Ok(())
    }

    /// Sets up every entry that is not disabled, all at once, and returns when each has its first outcome.
    pub async fn start(&self) {
        let ids: Vec<_> = self.shared.lock().book.iter().map(|(entry, _)| entry.entry_id.clone()).collect();
        let setups = ids.into_iter().map(|id| {
            let shared = Arc::clone(&self.shared);
            tokio::spawn(async move { shared.set_up_entry(&id).await })
        });
        futures_util::future::join_all(setups).await;
    }

    /// Takes every entry down, for the end of the hub. Nothing is started any more, and no timer runs on.
    pub async fn stop(&self) {
        let ids: Vec<_> = {
            let mut inner = self.shared.lock();
            inner.stopped = true;
            inner.slots.keys().cloned().collect()
        };
        let unloads = ids.into_iter().map(|id| {
            let shared = Arc::clone(&self.shared);
            tokio::spawn(async move { shared.stop_entry(&id).await })
        });
        futures_util::future::join_all(unloads).await;
        // A token that is being rotated is kept, or lost for good.
        if tokio::time::timeout(REFRESH_TIME, self.shared.oauth.flights.wait()).await.is_err() {
            tracing::warn!("a token was being refreshed when the hub ended");
        }
        let mut inner = self.shared.lock();
        inner.runners.clear();
        inner.flows = FlowBook::default();
    }

    /// Returns the entries that `filter` wants as clients see them, in the order in which they were made.
    pub fn entries(&self, _request: &Authorized<ListEntries>, filter: &EntryFilter) -> Vec<Value> {
        let inner = self.shared.lock();
        let wire = |(entry, state): (&Arc<ConfigEntry>, &EntryState)| {
            let manifest = self.shared.manifest(&entry.domain);
            let wire = entry.to_wire(state, manifest.as_ref());
            filter.wants(&wire, manifest.map(|manifest| manifest.kind.as_str())).then_some(wire)
        };
        inner.book.iter().filter_map(wire).collect()
    }

    /// Returns the type of an integration, such as `hub`, if it is here.
    pub fn kind_of(&self, domain: &str) -> Option<&'static str> {
        self.shared.manifest(domain).map(|manifest| manifest.kind.as_str())
    }

    /// Returns one entry as clients see it.
    pub fn entry(&self, _request: &Authorized<ListEntries>, entry_id: &str) -> Option<Value> {
        self.shared.wire_of(entry_id)
    }

    /// Returns the parts of an entry as clients see them.
    pub fn subentries(&self, _request: &Authorized<ListEntries>, entry_id: &str) -> Option<Vec<Value>> {
        let entry = self.shared.entry(entry_id)?;
        Some(entry.subentries.iter().map(Subentry::to_wire).collect())
    }

    /// Returns the flows under way that nobody has open, as clients see them.
    pub fn flows_in_progress(&self, _request: &Authorized<ListFlows>) -> Vec<Value> {
        let inner = self.shared.lock();
        let shown = |flow: &&crate::FlowRecord| flow.source.is_announced() && flow.step_id.is_some();
        inner.flows.iter().filter(shown).map(crate::FlowRecord::to_wire).collect()
    }

    /// Returns what is known of the integrations that are here, by domain.
    pub fn manifests(&self) -> Vec<Manifest> {
        let integrations = self.shared.integrations.read().unwrap_or_else(PoisonError::into_inner);
        integrations.values().map(|registered| registered.integration.manifest().clone()).collect()
    }

    /// Counts what runs beside the entries themselves: timers, flows, and entries with running code. For tests: after
    /// everything is removed there is none.
    pub fn count_running(&self) -> (usize, usize, usize) {
        let inner = self.shared.lock();
        let timers = inner.slots.values().filter(|slot| slot.timer.as_ref().is_some_and(|t| !t.is_finished())).count();
        let running = inner.slots.values().filter_map(|slot| slot.turn.try_lock().ok()).filter(|t| t.running.is_some());
        (timers, inner.runners.len(), running.count())
    }

    /// Returns every entry and its state, without secrets shown by `Debug`. For tests and the hub itself.
    pub fn states(&self) -> Vec<(Arc<ConfigEntry>, EntryState)> {
        self.shared.lock().book.iter().map(|(entry, state)| (Arc::clone(entry), state.clone())).collect()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn registered(&self, domain: &str) -> Option<Registered> {
        self.integrations.read().unwrap_or_else(PoisonError::into_inner).get(domain).cloned()
    }

    pub(crate) fn principal_of(&self, domain: &str) -> Option<Principal> {
        self.registered(domain).map(|registered| registered.principal)
    }

    fn manifest(&self, domain: &str) -> Option<Manifest> {
        let integrations = self.integrations.read().unwrap_or_else(PoisonError::into_inner);
        integrations.get(domain).map(|registered| registered.integration.manifest().clone())
    }

    pub(crate) fn entry(&self, entry_id: &str) -> Option<Arc<ConfigEntry>> {
        self.lock().book.get(entry_id).map(|(entry, _)| Arc::clone(entry))
    }

    pub(crate) fn entries_of(&self, domain: &str) -> Vec<Arc<ConfigEntry>> {
        let inner = self.lock();
        inner.book.iter().filter(|(entry, _)| entry.domain == domain).map(|(entry, _)| Arc::clone(entry)).collect()
    }

    fn state(&self, entry_id: &str) -> Option<EntryState> {
        self.lock().book.get(entry_id).map(|(_, state)| state.clone())
    }

    fn wire_of(&self, entry_id: &str) -> Option<Value> {
        let inner = self.lock();
        let (entry, state) = inner.book.get(entry_id)?;
        Some(entry.to_wire(state, self.manifest(&entry.domain).as_ref()))
    }

    /// Moves an entry to the state that `cause` leads to, and tells whoever listens. What is no listed transition is a
    /// mistake of ours: it is logged, and the entry stays as it was.
    fn advance(&self, entry_id: &str, cause: Cause) -> bool {
        let mut inner = self.lock();
        let change = match inner.book.advance(entry_id, cause) {
            Ok(change) => change,
            Err(error) => {
                tracing::error!(entry = entry_id, %error, "a state was not changed");
                return false;
            }
        };
        let waits =
            matches!(inner.book.get(entry_id), Some((_, EntryState::SetupRetry(_) | EntryState::SetupInProgress)));
        if let Some(slot) = inner.slots.get_mut(entry_id).filter(|_| !waits) {
            slot.retry.reset();
        }
        self.tell(&inner, &change);
        true
    }

    /// Announces a change of an entry that the book already has. Called with the lock held, so that what is heard has
    /// the order in which it happened.
    fn tell(&self, inner: &Inner, change: &EntryChange) {
        let (verb, entry) = match change {
            EntryChange::Added(entry) => ("added", entry),
            EntryChange::Updated(entry) => ("updated", entry),
            EntryChange::Removed(entry) => ("removed", entry),
        };
        let state = inner.book.get(&entry.entry_id).map(|(_, state)| state.clone()).unwrap_or_default();
        let wire = entry.to_wire(&state, self.manifest(&entry.domain).as_ref());
        self.host.announce(News::Entry(json!({"type": verb, "entry": wire})));
    }

    fn ulid(&self) -> String {
        let millis = u64::try_from(self.host.now().as_micros() / 1000).unwrap_or(0);
        auth_core::ContextId::from_parts(millis, self.host.random()).to_string()
    }

    /// Returns what it takes to go on without keeping the manager alive.
    fn strong(&self) -> Option<Arc<Self>> {
        self.me.upgrade()
    }
}

/// Does something in a task of its own: a caller who is gone midway does not leave it half done.
async fn apart<T: Send + 'static, E: From<HostError> + Send + 'static>(
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E> {
    tokio::spawn(work).await.unwrap_or_else(|error| Err(HostError(error.to_string()).into()))
}

impl Kept {
    fn of(before: Option<Arc<ConfigEntry>>, change: &EntryChange) -> Self {
        let after = match change {
            EntryChange::Added(entry) | EntryChange::Updated(entry) => Some(Arc::clone(entry)),
            EntryChange::Removed(_) => None,
        };
        Self { before, after }
    }
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager").finish_non_exhaustive()
    }
}
