//! What an integration holds of its entry while it runs.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use auth_core::Timestamp;
use serde_json::{Map, Value};
use tokio::{
    sync::{OwnedRwLockReadGuard, RwLock},
    task::JoinSet,
};

use crate::{AuthFailed, ConfigEntry, HostError, NewEntity, manager::Shared};

/// An entry in the hands of its integration: what it may read, change and offer, of this one entry alone.
///
/// `R` is the integration's [`Refusal`](crate::Integration::Refusal): only an `Entry<AuthFailed>` can ask for a
/// reauthentication. Cheap to clone; all clones are the same entry.
pub struct Entry<R> {
    handle: Arc<Handle>,
    refusal: PhantomData<fn() -> R>,
}

/// [`Entry`] without its type parameter.
pub(crate) struct Handle {
    pub(crate) shared: Weak<Shared>,
    pub(crate) entry_id: String,
    /// Tasks of this run; none once it has been taken down.
    tasks: Mutex<Option<JoinSet<()>>>,
    /// Whether this run may still provide entities. Read while it does, or changes something: taking down waits for it.
    up: Arc<RwLock<bool>>,
}

/// Why an entry could not be changed by its integration. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// The entry has been removed.
    #[error("the config entry is gone")]
    Gone,
    /// The integration may not: the entry is another's, or another integration's entities were named.
    #[error("the integration may not change this")]
    NotYours,
    /// It could not be kept.
    #[error(transparent)]
    Host(#[from] HostError),
}

impl<R> Entry<R> {
    pub(crate) const fn new(handle: Arc<Handle>) -> Self {
        Self { handle, refusal: PhantomData }
    }

    pub(crate) fn shared(&self) -> Option<Arc<Shared>> {
        self.handle.shared.upgrade()
    }

    pub(crate) fn is_loaded(&self) -> bool {
        self.shared().is_some_and(|shared| shared.has_loaded(self.id()))
    }

    /// Returns the entry's id.
    pub fn id(&self) -> &str {
        &self.handle.entry_id
    }

    /// Returns the entry as it is now, or as it was last if it has been removed.
    pub fn get(&self) -> Arc<ConfigEntry> {
        let shared = self.handle.shared.upgrade();
        shared.and_then(|shared| shared.entry(&self.handle.entry_id)).unwrap_or_default()
    }

    /// Returns a text of the entry's data; empty if there is none.
    pub fn text(&self, name: &str) -> String {
        self.get().data.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Returns the present time by the home's clock.
    pub fn now(&self) -> Timestamp {
        self.handle.shared.upgrade().map_or_else(service_bus::now, |shared| shared.host.now())
    }

    /// Puts `data` over the entry's data, member by member. It is on disk when this returns, whether or not the entry
    /// is loaded: a rotated token is kept even if the entry is being taken down.
    ///
    /// # Errors
    /// [`HandleError`].
    pub async fn update_data(&self, data: Map<String, Value>) -> Result<(), HandleError> {
        let shared = self.handle.shared.upgrade().ok_or(HandleError::Gone)?;
        let (up, entry_id) = (self.handle.up().await, self.handle.entry_id.clone());
        wholly(up, async move { shared.update_data(&entry_id, data).await }).await
    }

    /// Registers entities and provides them. They are unavailable again when the entry is taken down.
    ///
    /// # Errors
    /// [`HandleError`]; none is provided then.
    pub async fn provide(&self, entities: Vec<NewEntity>) -> Result<(), HandleError> {
        let shared = self.handle.shared.upgrade().ok_or(HandleError::Gone)?;
        let entry = shared.entry(&self.handle.entry_id).ok_or(HandleError::Gone)?;
        let principal = shared.principal_of(&entry.domain).ok_or(HandleError::NotYours)?;
        let up = self.handle.up().await;
        if !*up {
            return Err(HandleError::Gone);
        }
        wholly(up, async move { Ok(shared.host.provide(&entry, &principal, entities).await?) }).await
    }

    /// Removes entities for good, by domain and unique id, and devices that have none left.
    ///
    /// # Errors
    /// [`HandleError`]; nothing has changed then.
    pub async fn forget(&self, unique_ids: &[(String, String)]) -> Result<(), HandleError> {
        let shared = self.handle.shared.upgrade().ok_or(HandleError::Gone)?;
        let entry = shared.entry(&self.handle.entry_id).ok_or(HandleError::Gone)?;
        let (up, unique_ids) = (self.handle.up().await, unique_ids.to_vec());
        wholly(up, async move { Ok(shared.host.forget(&entry, &unique_ids).await?) }).await
    }

    /// Starts a task that ends with the entry: when it is taken down, the task is ended at its next await.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.handle.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tasks) = &mut *tasks {
            // Those that have ended are let go, so that the set does not grow.
            while tasks.try_join_next().is_some() {}
            tasks.spawn(task);
        }
    }

    /// Has the entry taken down and set up again, soon.
    pub fn reload(&self) {
        if let Some(shared) = self.handle.shared.upgrade() {
            shared.reload_soon(&self.handle.entry_id);
        }
    }

    /// Starts a discovery flow of the integration's own domain: something was found.
    pub fn discovered(&self, data: Value) {
        if let Some(shared) = self.handle.shared.upgrade() {
            shared.discovered(&self.handle.entry_id, data);
        }
    }
}

/// Does something in a task of its own: a caller that is ended midway leaves nothing half done, such as what is on disk
/// and not known. Taking down waits for it.
async fn wholly(
    up: OwnedRwLockReadGuard<bool>,
    work: impl Future<Output = Result<(), HandleError>> + Send + 'static,
) -> Result<(), HandleError> {
    let done = tokio::spawn(async move {
        let done = work.await;
        drop(up);
        done
    });
    done.await.unwrap_or_else(|error| Err(HostError(error.to_string()).into()))
}

impl Entry<AuthFailed> {
    /// Says that the credentials are refused now, at run time. The entry stays loaded; one reauthentication is open
    /// when this was called once or a hundred times. Nothing happens once this run has been taken down: another may have
    /// got through.
    pub fn start_reauth(&self) {
        if let Some(shared) = self.handle.shared.upgrade() {
            drop(shared.start_reauth_while(&self.handle.entry_id, || self.handle.is_up()));
        }
    }
}

impl<R> Clone for Entry<R> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.handle))
    }
}

impl<R> fmt::Debug for Entry<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({})", self.handle.entry_id)
    }
}

impl Handle {
    pub(crate) fn new(shared: Weak<Shared>, entry_id: &str) -> Self {
        let (tasks, up) = (Mutex::new(Some(JoinSet::new())), Arc::new(RwLock::new(true)));
        Self { shared, entry_id: entry_id.to_owned(), tasks, up }
    }

    async fn up(&self) -> OwnedRwLockReadGuard<bool> {
        Arc::clone(&self.up).read_owned().await
    }

    /// Tells whether this run has not been taken down.
    fn is_up(&self) -> bool {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Ends every task of this run, and lets none be started any more. Returns when they have ended.
    pub(crate) async fn take_down(&self) {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut tasks) = tasks {
            tasks.shutdown().await;
        }
        *self.up.write().await = false;
    }
}
