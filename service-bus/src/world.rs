//! Who may do what and what is where, as one snapshot that is swapped whole.

use std::sync::Arc;

use arc_swap::ArcSwap;
use auth_core::{AuthSnapshot, PolicyEpoch};
use registries::Registries;
use tokio::sync::watch;

/// Everything a decision depends on, at one epoch. Immutable; cloning shares the parts.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Users, groups, policies and where entities are.
    pub auth: AuthSnapshot,
    /// Entities, devices, areas, floors, labels.
    pub registries: Arc<Registries>,
}

/// The right to change the world. There is one; whoever keeps accounts and registries holds it.
#[derive(Debug)]
pub struct WorldWriter {
    shared: Arc<SharedWorld>,
}

#[derive(Debug, Default)]
pub(crate) struct SharedWorld {
    current: ArcSwap<World>,
    epoch: watch::Sender<PolicyEpoch>,
}

impl World {
    /// Returns the epoch that decisions from this world are good for.
    pub const fn epoch(&self) -> PolicyEpoch {
        self.auth.epoch()
    }
}

impl SharedWorld {
    pub(crate) fn load(&self) -> arc_swap::Guard<Arc<World>> {
        self.current.load()
    }

    pub(crate) fn load_full(&self) -> Arc<World> {
        self.current.load_full()
    }

    pub(crate) fn epochs(&self) -> watch::Receiver<PolicyEpoch> {
        self.epoch.subscribe()
    }
}

impl WorldWriter {
    pub(crate) const fn new(shared: Arc<SharedWorld>) -> Self {
        Self { shared }
    }

    /// Returns the present world.
    pub fn current(&self) -> Arc<World> {
        self.shared.load_full()
    }

    /// Puts `next` in place of the present world. From then on no decision uses the old one, and every feed is told
    /// to look again at what it may still show.
    pub fn replace(&mut self, next: World) {
        let epoch = next.epoch();
        self.shared.current.store(Arc::new(next));
        self.shared.epoch.send_replace(epoch);
    }
}
