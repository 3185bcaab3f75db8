//! What entities were: kept beside the bus, read with the rights of now.

mod read;
pub(crate) mod shown;
pub use read::{History, Logbook};

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use auth_core::{EntityId, Principal, Unauthorized};
use recorder::{Book, Called, Limits, Recorded};
use registries::{Change, Verb};
use serde_json::Value;
use service_bus::{Bus, Event, EventData, Feed, Next, OpenFeed, State, now};

use crate::Home;

/// Keeps what entities were. Whoever reads first takes in what waits, so an answer holds everything that was written
/// before it was asked for; the bus is never waited for, nor does it wait.
#[derive(Debug)]
pub(crate) struct Historian {
    shelf: Mutex<Shelf>,
    n_gaps: AtomicU64,
}

/// The book, and where its states come from.
#[derive(Debug)]
struct Shelf {
    book: Book,
    source: Option<Source>,
}

#[derive(Debug)]
struct Source {
    bus: Bus,
    principal: Principal,
    feed: Feed,
    /// The number of the last event that was taken in.
    last: u64,
}

/// What can be measured of the history.
pub(crate) struct Measured<'a> {
    pub(crate) n_states: usize,
    pub(crate) bytes: usize,
    pub(crate) n_gaps: &'a AtomicU64,
}

/// How many events may wait to be taken in. Beyond it events are lost, and that is noted.
const QUEUE: usize = 1 << 16;

/// How often what waits is taken in if nobody reads.
const BETWEEN: Duration = Duration::from_millis(100);

impl Default for Historian {
    fn default() -> Self {
        let shelf = Shelf { book: Book::new(Limits::default()), source: None };
        Self { shelf: Mutex::new(shelf), n_gaps: AtomicU64::new(0) }
    }
}

impl Historian {
    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the shelf with everything on it that was published before.
    fn up_to_date(&self) -> MutexGuard<'_, Shelf> {
        let mut shelf = self.lock();
        self.catch_up(&mut shelf);
        shelf
    }

    /// Takes in what waits, and counts what was lost.
    fn catch_up(&self, shelf: &mut Shelf) {
        if shelf.catch_up() {
            self.n_gaps.fetch_add(1, Relaxed);
        }
    }
}

impl Home {
    /// Begins to keep what entities are, as far as `principal` may hear of it. Until then there is no history, and
    /// afterwards there is one from now on: the states of this moment are the first. [`Home::keep_history`] has to be
    /// running.
    ///
    /// # Errors
    /// [`Unauthorized`], if the principal may not listen.
    pub fn start_history(&self, principal: Principal) -> Result<(), Unauthorized> {
        let mut shelf = self.inner.history.lock();
        let source = open(self.bus(), principal)?;
        shelf.begin(source);
        Ok(())
    }

    /// Takes in what is published, and drops what is too old. Never returns.
    ///
    /// # Cancel safety
    /// Nothing is lost; nothing is kept either until somebody reads.
    pub async fn keep_history(&self) {
        loop {
            drop(self.inner.history.up_to_date());
            tokio::time::sleep(BETWEEN).await;
        }
    }

    /// Tells whether a history is kept.
    pub fn has_history(&self) -> bool {
        self.inner.history.lock().source.is_some()
    }

    pub(crate) fn history_measured(&self) -> Measured<'_> {
        let shelf = self.inner.history.lock();
        Measured { n_states: shelf.book.n_states(), bytes: shelf.book.bytes(), n_gaps: &self.inner.history.n_gaps }
    }

    /// Lets `show` show a change of the registries, and with it ends the past of every id that stands for something else
    /// from then on: what a removed entity was is not to be read by the rights to the next one with its id.
    ///
    /// INVARIANT: both happen under one lock, under which a reader looks at the world and takes states. So nobody reads
    /// the old past by the new rights, nor the other way round.
    pub(crate) fn renew_past_with(&self, changes: &[Change], show: impl FnOnce()) {
        let ids = renewed(changes);
        if ids.is_empty() {
            return show();
        }
        let historian = &self.inner.history;
        let mut shelf = historian.lock();
        show();
        historian.catch_up(&mut shelf);
        let Shelf { book, source: Some(source) } = &mut *shelf else { return };
        ids.into_iter().for_each(|id| book.forget(id, source.last));
    }
}

/// Returns the ids that stand for something else after these changes, or for nothing.
fn renewed(changes: &[Change]) -> Vec<&EntityId> {
    let mut ids = Vec::new();
    for change in changes {
        let Change::Entity { verb, entity_id, old_entity_id, .. } = change else { continue };
        if old_entity_id.is_some() || matches!(verb, Verb::Create | Verb::Remove) {
            ids.extend(old_entity_id.iter().chain([entity_id]));
        }
    }
    ids
}

fn open(bus: &Bus, principal: Principal) -> Result<Source, Unauthorized> {
    let asked = bus.authorize(&principal, OpenFeed { capacity: QUEUE })?;
    let feed = bus.open_feed(asked);
    Ok(Source { bus: bus.clone(), principal, feed, last: 0 })
}

impl Shelf {
    /// Takes the states of this moment, and listens from now on.
    fn begin(&mut self, mut source: Source) {
        source.feed.listen(Some("call_service"));
        let (states, number) = source.feed.listen_to_states(|_| true);
        source.last = number;
        let ended: Vec<_> = self
            .book
            .entities()
            .filter(|id| self.book.last(id.as_str()).is_some() && !source.bus.has_state(id.as_str()))
            .cloned()
            .collect();
        ended.iter().for_each(|id| self.book.end(id, number, now()));
        for state in states {
            let last = self.book.last(state.entity_id.as_str());
            // Every write that counts moves this time: with the same, nothing was lost of this entity.
            if last.is_none_or(|last| last.last_updated != state.last_updated) {
                let was_other = last.is_some_and(|last| last.state != state.state);
                let recorded = recorded(&state, number, was_other, &self.book);
                self.book.put(&state.entity_id, recorded);
            }
        }
        self.source = Some(source);
    }

    /// Takes in everything that was published before this is called. Tells whether some of it was lost.
    fn catch_up(&mut self) -> bool {
        let Some(source) = &mut self.source else { return false };
        let mut is_lost = false;
        let mut n = 0;
        // One more than can have waited, so that the end of a queue that overflowed is seen; what is published meanwhile may
        // wait on.
        while n <= QUEUE {
            match source.feed.try_next() {
                None => break,
                Some(Next::WorldChanged) => {}
                Some(Next::Event(event)) => {
                    n += 1;
                    source.last = event.number();
                    take_in(&mut self.book, &event);
                }
                Some(Next::TooSlow) => {
                    is_lost = true;
                    break;
                }
            }
        }
        if is_lost {
            tracing::warn!("states were written faster than they were kept: the history has a gap");
            let (bus, principal) = (source.bus.clone(), source.principal.clone());
            if let Ok(source) = open(&bus, principal) {
                self.begin(source);
            }
        }
        self.book.age(now());
        is_lost
    }
}

fn take_in(book: &mut Book, event: &Event) {
    match &event.data {
        EventData::StateChanged { entity_id, new: None, .. } => book.end(entity_id, event.number(), event.time_fired),
        EventData::StateChanged { entity_id, old, new: Some(new) } => {
            let was_other = old.as_ref().is_some_and(|old| old.state != new.state);
            book.put(entity_id, recorded(new, event.number(), was_other, book));
        }
        EventData::Other(data) => {
            let text = |name: &str| data.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
            if let (Some(domain), Some(service)) = (text("domain"), text("service")) {
                book.called(event.context.id, Called { domain, service });
            }
        }
        EventData::Registry { .. } => {}
    }
}

fn recorded(state: &State, number: u64, was_other: bool, book: &Book) -> Recorded {
    Recorded {
        number,
        state: Arc::clone(&state.state),
        attributes: Arc::clone(&state.attributes),
        last_changed: state.last_changed,
        last_updated: state.last_updated,
        was_other,
        context: state.context.clone(),
        call: book.call_of(state.context.id),
    }
}
