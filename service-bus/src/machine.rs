//! States and listeners under one lock, so that a snapshot and what follows it fit together.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use auth_core::{Context, ContextId, EntityId, Timestamp};
use indexmap::IndexMap;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::{Event, EventData, Origin, SetStateError, State, state::Encodings};

/// The state machine and the book of listeners.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    states: IndexMap<EntityId, Arc<State>>,
    n_events: u64,
    listeners: HashMap<u64, Listener>,
    n_listeners: u64,
    /// Listeners by the event type they asked for.
    by_type: HashMap<Arc<str>, Vec<u64>>,
    /// Listeners to every type.
    to_all: Vec<u64>,
    /// States written under a context that somebody collects.
    collected: HashMap<ContextId, Vec<Arc<State>>>,
}

#[derive(Debug)]
struct Listener {
    queue: mpsc::Sender<Arc<Event>>,
    overflowed: Arc<AtomicBool>,
}

/// A write of one state.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) entity_id: EntityId,
    pub(crate) state: Arc<str>,
    pub(crate) attributes: Arc<Map<String, Value>>,
    pub(crate) force: bool,
    pub(crate) context: Context,
}

/// The most entities that a hub holds.
pub(crate) const MAX_ENTITIES: usize = 200_000;

impl Machine {
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn state(&self, entity_id: &str) -> Option<Arc<State>> {
        self.read().states.get(entity_id).cloned()
    }

    pub(crate) fn has(&self, entity_id: &str) -> bool {
        self.read().states.contains_key(entity_id)
    }

    /// Visits every state in the order of first writing, under the read lock: keep `visit` short.
    pub(crate) fn each(&self, mut visit: impl FnMut(&Arc<State>)) {
        self.read().states.values().for_each(&mut visit);
    }

    /// Writes a state by Home Assistant's rules; tells whether the entity is new.
    pub(crate) fn set(&self, write: Write, now: Timestamp) -> Result<(Arc<State>, bool), SetStateError> {
        if write.state.chars().count() > State::MAX_LEN {
            return Err(SetStateError::TooLong);
        }
        let mut inner = self.write();
        let old = inner.states.get(&write.entity_id).cloned();
        if old.is_none() && inner.states.len() >= MAX_ENTITIES {
            return Err(SetStateError::TooManyEntities(MAX_ENTITIES));
        }
        let same_state = old.as_ref().is_some_and(|old| old.state == write.state) && !write.force;
        let same_all = same_state && old.as_ref().is_some_and(|old| old.attributes == write.attributes);
        let (last_changed, last_updated) = match &old {
            Some(old) if same_all => (old.last_changed, old.last_updated),
            Some(old) if same_state => (old.last_changed, now),
            _ => (now, now),
        };
        if same_all && let Some(old) = &old {
            // Only the time of the report moves; nobody is told.
            let reported = Arc::new(State {
                entity_id: write.entity_id.clone(),
                state: Arc::clone(&old.state),
                attributes: Arc::clone(&old.attributes),
                last_changed,
                last_reported: now,
                last_updated,
                context: old.context.clone(),
                encoded: Encodings::default(),
            });
            inner.states.insert(write.entity_id, Arc::clone(&reported));
            return Ok((reported, false));
        }
        let new = Arc::new(State {
            entity_id: write.entity_id.clone(),
            state: write.state,
            attributes: write.attributes,
            last_changed,
            last_reported: now,
            last_updated,
            context: write.context.clone(),
            encoded: Encodings::default(),
        });
        inner.states.insert(write.entity_id.clone(), Arc::clone(&new));
        if let Some(states) = inner.collected.get_mut(&write.context.id) {
            states.push(Arc::clone(&new));
        }
        let is_new = old.is_none();
        let data = EventData::StateChanged { entity_id: write.entity_id, old, new: Some(Arc::clone(&new)) };
        inner.publish(Arc::from("state_changed"), data, Origin::Local, write.context, now);
        Ok((new, is_new))
    }

    /// Removes a state; tells whether there was one.
    pub(crate) fn remove(&self, entity_id: &EntityId, context: Context, now: Timestamp) -> bool {
        let mut inner = self.write();
        let Some(old) = inner.states.shift_remove(entity_id) else { return false };
        let data = EventData::StateChanged { entity_id: entity_id.clone(), old: Some(old), new: None };
        inner.publish(Arc::from("state_changed"), data, Origin::Local, context, now);
        true
    }

    pub(crate) fn publish(&self, event_type: &str, data: EventData, origin: Origin, context: Context, now: Timestamp) {
        self.write().publish(Arc::from(event_type), data, origin, context, now);
    }

    /// Opens a queue of `capacity` events; nothing arrives before an interest is added.
    pub(crate) fn open(&self, capacity: usize) -> (u64, mpsc::Receiver<Arc<Event>>, Arc<AtomicBool>) {
        let (queue, events) = mpsc::channel(capacity);
        let overflowed = Arc::new(AtomicBool::new(false));
        let mut inner = self.write();
        inner.n_listeners += 1;
        let id = inner.n_listeners;
        inner.listeners.insert(id, Listener { queue, overflowed: Arc::clone(&overflowed) });
        (id, events, overflowed)
    }

    pub(crate) fn close(&self, listener: u64) {
        self.write().forget(listener);
    }

    /// Adds an interest (`None`: in every type). Returns the number of the last event before it, and calls `snapshot`
    /// with every state of that moment.
    pub(crate) fn listen(&self, listener: u64, event_type: Option<&str>, mut snapshot: impl FnMut(&Arc<State>)) -> u64 {
        let mut inner = self.write();
        let ids = match event_type {
            Some(event_type) => inner.by_type.entry(Arc::from(event_type)).or_default(),
            None => &mut inner.to_all,
        };
        ids.push(listener);
        inner.states.values().for_each(&mut snapshot);
        inner.n_events
    }

    /// Calls `visit` with every state of this moment; returns the number of the last event before it.
    pub(crate) fn snapshot(&self, mut visit: impl FnMut(&Arc<State>)) -> u64 {
        let inner = self.read();
        inner.states.values().for_each(&mut visit);
        inner.n_events
    }

    /// Takes one interest back.
    pub(crate) fn unlisten(&self, listener: u64, event_type: Option<&str>) {
        let mut inner = self.write();
        let Some(event_type) = event_type else {
            take_one(&mut inner.to_all, listener);
            return;
        };
        if let Some(ids) = inner.by_type.get_mut(event_type) {
            take_one(ids, listener);
            if ids.is_empty() {
                inner.by_type.remove(event_type);
            }
        }
    }

    /// Counts interests by event type, `*` for every type; sorted.
    pub(crate) fn listener_counts(&self) -> Vec<(String, usize)> {
        let inner = self.read();
        let mut counts: Vec<_> = inner.by_type.iter().map(|(name, ids)| (name.to_string(), ids.len())).collect();
        if !inner.to_all.is_empty() {
            counts.push(("*".to_owned(), inner.to_all.len()));
        }
        counts.sort();
        counts
    }

    pub(crate) fn start_collecting(&self, context: ContextId) {
        self.write().collected.insert(context, Vec::new());
    }

    pub(crate) fn stop_collecting(&self, context: ContextId) -> Vec<Arc<State>> {
        self.write().collected.remove(&context).unwrap_or_default()
    }
}

impl Inner {
    fn publish(&mut self, event_type: Arc<str>, data: EventData, origin: Origin, context: Context, now: Timestamp) {
        self.n_events += 1;
        let mut heard: Vec<u64> = self.by_type.get(&event_type).cloned().unwrap_or_default();
        heard.extend(&self.to_all);
        if heard.is_empty() {
            return;
        }
        // One listener may ask for a type several times; it gets the event once.
        heard.sort_unstable();
        heard.dedup();
        let (full, anonymous) = (OnceLock::new(), OnceLock::new());
        let number = self.n_events;
        let event = Arc::new(Event { event_type, data, origin, time_fired: now, context, number, full, anonymous });
        for id in heard {
            let Some(listener) = self.listeners.get(&id) else { continue };
            if listener.queue.try_send(Arc::clone(&event)).is_err() {
                // Full: this listener is too slow and has lost an event. It is closed, nobody waits for it.
                listener.overflowed.store(true, Ordering::Release);
                self.forget(id);
            }
        }
    }

    fn forget(&mut self, listener: u64) {
        self.listeners.remove(&listener);
        self.to_all.retain(|id| *id != listener);
        self.by_type.retain(|_, ids| {
            ids.retain(|id| *id != listener);
            !ids.is_empty()
        });
    }
}

fn take_one(ids: &mut Vec<u64>, id: u64) {
    if let Some(place) = ids.iter().position(|other| *other == id) {
        ids.swap_remove(place);
    }
}
