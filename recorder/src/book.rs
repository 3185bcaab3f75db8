//! The book: the pasts of all entities within its limits.

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use auth_core::{ContextId, EntityId, Timestamp};

use crate::{
    Called, Limits, Period, Recorded, Stretch,
    births::Births,
    calls::Calls,
    is_worth_a_line,
    limits::ENTITY_BYTES,
    past::{Past, Row},
};

/// The pasts of all entities, within [`Limits`].
///
/// Putting a state in costs a look-up, a comparison of its attributes with those before and two small allocations; where
/// a limit is reached, what goes costs as much again. Nothing is copied but the context.
#[derive(Debug, Default)]
pub struct Book {
    limits: Limits,
    pasts: HashMap<EntityId, Past>,
    /// Rows that something has followed, in the order in which it did: the oldest are dropped first. A row that has gone
    /// already may still be listed here.
    ended: VecDeque<Ended>,
    n_rows: usize,
    bytes: usize,
    calls: Calls,
    births: Births,
}

/// A row that something has followed.
#[derive(Debug)]
struct Ended {
    entity_id: EntityId,
    number: u64,
    at: Timestamp,
}

impl Book {
    /// Returns an empty book.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Puts in the state that an entity has from now on. One that came no later than what is known of it is passed over.
    pub fn put(&mut self, entity_id: &EntityId, recorded: Recorded) {
        self.push(entity_id, |last| Row::new(recorded, last));
    }

    /// Notes that an entity has no state any more. What it was before ages like everything else.
    pub fn end(&mut self, entity_id: &EntityId, number: u64, at: Timestamp) {
        let has_state = self.pasts.get(entity_id).and_then(|past| past.rows.back()).is_some_and(|r| r.state.is_some());
        if has_state && self.push(entity_id, |_| Row::removal(number, at)) {
            self.ended.push_back(Ended { entity_id: entity_id.clone(), number, at });
        }
    }

    fn push(&mut self, entity_id: &EntityId, row: impl FnOnce(Option<&Row>) -> Row) -> bool {
        let is_new = !self.pasts.contains_key(entity_id);
        let past = self.pasts.entry(entity_id.clone()).or_default();
        let last = past.rows.back();
        let row = row(last);
        if last.is_some_and(|last| last.number >= row.number) {
            return false;
        }
        // A removal was listed when it came.
        if let Some(last) = last.filter(|last| last.state.is_some()) {
            self.ended.push_back(Ended { entity_id: entity_id.clone(), number: last.number, at: row.at });
        }
        self.n_rows += 1;
        self.bytes += row.bytes + if is_new { ENTITY_BYTES } else { 0 };
        past.rows.push_back(row);
        if past.rows.len() > self.limits.states_of_one {
            self.bytes -= past.pop();
            self.n_rows -= 1;
        }
        self.drop_if_empty(entity_id.as_str());
        self.make_room();
        true
    }

    /// Drops what was over so long ago that it need not be kept. The book knows no clock: whoever has one calls this.
    pub fn age(&mut self, now: Timestamp) {
        let oldest = now.plus_secs(self.limits.secs.saturating_neg());
        while self.ended.front().is_some_and(|ended| ended.at < oldest) {
            self.drop_oldest();
        }
    }

    /// Drops the past of an id that stands for something else from now on, or for nothing; events up to `number` were of
    /// what it stood for before.
    pub fn forget(&mut self, entity_id: &EntityId, number: u64) {
        self.births.add(entity_id, number);
        if let Some(past) = self.pasts.remove(entity_id) {
            self.n_rows -= past.rows.len();
            self.bytes -= past.bytes() + ENTITY_BYTES;
        }
        self.tidy();
    }

    /// Tells whether an event is of what has the id now; if not, nobody may be shown it by their rights to that.
    pub fn is_of_present(&self, entity_id: &str, number: u64) -> bool {
        self.births.is_of_present(entity_id, number)
    }

    /// Notes that a service was called in an action.
    pub fn called(&mut self, context: ContextId, called: Called) {
        self.calls.add(context, called);
    }

    /// Returns the service that was called in an action, if it was not too long ago.
    pub fn call_of(&self, context: ContextId) -> Option<Arc<Called>> {
        self.calls.of(context)
    }

    /// Returns the state that an entity had last, if it has one.
    pub fn last(&self, entity_id: &str) -> Option<&Arc<Recorded>> {
        self.pasts.get(entity_id)?.rows.back()?.state.as_ref()
    }

    /// Iterates over the entities that have a past, in no order.
    pub fn entities(&self) -> impl Iterator<Item = &EntityId> {
        self.pasts.keys()
    }

    /// Returns what an entity was in a period. O(states of the entity).
    pub fn stretch(&self, entity_id: &str, period: &Period) -> Stretch {
        let found = self.pasts.get_key_value(entity_id);
        found.map(|(id, past)| past.stretch(id.domain(), period)).unwrap_or_default()
    }

    /// Returns the states of a period that are worth a line, of the entities that `wanted` chooses, in the order in which
    /// they came; the newest `most` of them. O(states of those entities).
    pub fn lines(
        &self,
        wanted: impl Fn(&EntityId) -> bool,
        period: &Period,
        context: Option<ContextId>,
        most: usize,
    ) -> Vec<(EntityId, Arc<Recorded>)> {
        let mut lines = Vec::new();
        for (entity_id, past) in self.pasts.iter().filter(|(entity_id, _)| wanted(entity_id)) {
            let domain = entity_id.domain();
            let states = past.rows.iter().filter_map(|row| row.state.as_ref());
            let found = states.filter(|state| {
                period.holds(domain, state)
                    && is_worth_a_line(domain, state)
                    && context.is_none_or(|context| state.context.id == context)
            });
            lines.extend(found.map(|state| (entity_id.clone(), Arc::clone(state))));
        }
        lines.sort_unstable_by_key(|(_, state)| state.number);
        if lines.len() > most {
            lines.drain(..lines.len() - most);
        }
        lines
    }

    /// Returns how many states it holds, removals included.
    pub const fn n_states(&self) -> usize {
        self.n_rows
    }

    /// Returns about how many bytes it holds.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Drops the oldest until every limit holds.
    fn make_room(&mut self) {
        while self.is_too_large() {
            if self.ended.is_empty() {
                self.drop_unchanged();
            } else {
                self.drop_oldest();
            }
        }
        self.tidy();
    }

    const fn is_too_large(&self) -> bool {
        self.n_rows > self.limits.states || self.bytes > self.limits.bytes
    }

    /// Drops the row that was followed by another the longest ago, if it is still there.
    fn drop_oldest(&mut self) {
        let Some(ended) = self.ended.pop_front() else { return };
        let Some(past) = self.pasts.get_mut(&ended.entity_id) else { return };
        if past.rows.front().is_some_and(|row| row.number == ended.number) {
            self.bytes -= past.pop();
            self.n_rows -= 1;
            self.drop_if_empty(ended.entity_id.as_str());
        }
    }

    /// Drops a sixteenth of the entities, none of which has changed since it was first seen: those that came first. Many
    /// at once, since they have to be looked for.
    fn drop_unchanged(&mut self) {
        let first = |past: &Past| past.rows.front().map_or(0, |row| row.number);
        let mut numbers: Vec<u64> = self.pasts.values().map(first).collect();
        let n = numbers.len() / 16;
        let Some((_, last_out, _)) = (!numbers.is_empty()).then(|| numbers.select_nth_unstable(n)) else { return };
        let last_out = *last_out;
        self.pasts.retain(|_, past| first(past) > last_out);
        self.n_rows = self.pasts.values().map(|past| past.rows.len()).sum();
        self.bytes = self.pasts.values().map(|past| past.bytes() + ENTITY_BYTES).sum();
    }

    fn drop_if_empty(&mut self, entity_id: &str) {
        if self.pasts.get(entity_id).is_some_and(|past| past.rows.is_empty()) {
            self.pasts.remove(entity_id);
            self.bytes -= ENTITY_BYTES;
        }
    }

    /// Takes rows that are gone out of the order when they are most of it.
    fn tidy(&mut self) {
        if self.ended.len() > 2 * self.n_rows + 64 {
            let pasts = &self.pasts;
            self.ended.retain(|ended| {
                let front = pasts.get(&ended.entity_id).and_then(|past| past.rows.front());
                front.is_some_and(|row| row.number <= ended.number)
            });
        }
    }
}
