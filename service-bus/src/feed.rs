//! A bounded stream of events for one listener, filtered at the moment of delivery.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use auth_core::{Authorized, EntityId, PolicyEpoch, Principal};
use tokio::sync::{mpsc, watch};

use crate::{Bus, Event, OpenFeed, State, Viewer, World};

/// The events that one principal asked for and may hear. What it may hear is decided when an event is taken out, with
/// the rights of that moment, however long it waited.
#[derive(Debug)]
pub struct Feed {
    bus: Bus,
    principal: Principal,
    id: u64,
    events: mpsc::Receiver<Arc<Event>>,
    overflowed: Arc<AtomicBool>,
    epochs: watch::Receiver<PolicyEpoch>,
}

/// What a feed has to say next.
#[derive(Debug)]
pub enum Next {
    /// An event that the principal may hear now.
    Event(Arc<Event>),
    /// Rights or the home have changed: what was shown before may have to be taken back, or more may be shown.
    WorldChanged,
    /// The listener was too slow: the queue was full, an event is lost, and there will be no more.
    TooSlow,
}

impl Bus {
    /// Opens a feed with a queue of `capacity` events.
    pub fn open_feed(&self, request: Authorized<OpenFeed>) -> Feed {
        let (principal, OpenFeed { capacity }) = request.into_parts();
        let (id, events, overflowed) = self.shared.machine.open(capacity);
        let mut epochs = self.shared.world.epochs();
        epochs.mark_unchanged();
        Feed { bus: self.clone(), principal, id, events, overflowed, epochs }
    }
}

impl Feed {
    /// Returns who listens.
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Asks for a type of event, or every type. Returns the number of the last event before.
    ///
    /// Whether the principal may subscribe to it is not decided here: what it may not hear never arrives.
    pub fn listen(&self, event_type: Option<&str>) -> u64 {
        self.bus.shared.machine.listen(self.id, event_type, |_| {})
    }

    /// Asks for changes of states and takes the states of that very moment, those that the principal may read and
    /// `wanted` chooses. Returns them with the number of the last event before.
    pub fn listen_to_states(&self, wanted: impl Fn(&EntityId) -> bool) -> (Vec<Arc<State>>, u64) {
        let mut states = Vec::new();
        let last = self.bus.shared.machine.listen(self.id, Some("state_changed"), |state| {
            if wanted(&state.entity_id) {
                states.push(Arc::clone(state));
            }
        });
        self.bus.keep_readable(&self.principal, &mut states);
        (states, last)
    }

    /// Returns the states of this moment that the principal may read and `wanted` chooses, with the number of the last
    /// event before it.
    pub fn states_now(&self, wanted: impl Fn(&EntityId) -> bool) -> (Vec<Arc<State>>, u64) {
        let mut states = Vec::new();
        let last = self.bus.shared.machine.snapshot(|state| {
            if wanted(&state.entity_id) {
                states.push(Arc::clone(state));
            }
        });
        self.bus.keep_readable(&self.principal, &mut states);
        (states, last)
    }

    /// Takes one interest back.
    pub fn unlisten(&self, event_type: Option<&str>) {
        self.bus.shared.machine.unlisten(self.id, event_type);
    }

    /// Waits for what comes next. A change of the world comes before any event that waits.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Next {
        loop {
            tokio::select! {
                biased;
                changed = self.epochs.changed() => match changed {
                    Ok(()) => return Next::WorldChanged,
                    // The world's writer is gone: the hub is ending.
                    Err(_) => return Next::TooSlow,
                },
                event = self.events.recv() => match event {
                    Some(event) if self.hears(&event) => return Next::Event(event),
                    Some(_) => {}
                    None => return Next::TooSlow,
                },
            }
        }
    }

    /// Returns what comes next if it is there already: every event that was published before this is called.
    pub fn try_next(&mut self) -> Option<Next> {
        match self.epochs.has_changed() {
            Ok(true) => {
                self.epochs.mark_unchanged();
                return Some(Next::WorldChanged);
            }
            Ok(false) => {}
            Err(_) => return Some(Next::TooSlow),
        }
        loop {
            match self.events.try_recv() {
                Ok(event) if self.hears(&event) => return Some(Next::Event(event)),
                Ok(_) => {}
                Err(mpsc::error::TryRecvError::Empty) => return None,
                Err(mpsc::error::TryRecvError::Disconnected) => return Some(Next::TooSlow),
            }
        }
    }

    /// Returns the world as it is now, to show an event in.
    pub fn world(&self) -> Arc<World> {
        self.bus.world()
    }

    /// Tells whether an event was lost.
    pub fn is_too_slow(&self) -> bool {
        self.overflowed.load(Ordering::Acquire)
    }

    /// Tells whether the principal may hear of an event now.
    pub fn hears(&self, event: &Event) -> bool {
        let world = self.bus.shared.world.load();
        Viewer::new(&world, &self.principal).hears(event)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.bus.shared.machine.close(self.id);
    }
}
