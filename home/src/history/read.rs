//! Reading what was, with the rights of now.

use std::{collections::HashSet, sync::Arc};

use auth_core::{Authorized, EntityId, Principal};
use recorder::{Period, Recorded, Stretch, keep_newest};
use service_bus::{Event, EventData, Viewer, World};

use super::recorded;
use crate::{Home, ReadHistory, ReadLogbook};

/// What entities were, as far as it may be read in `world`.
#[derive(Debug)]
pub struct History {
    /// The world that decided.
    pub world: Arc<World>,
    /// Who asked.
    pub principal: Principal,
    /// The entities that were asked for and may be read, in the order in which they were asked for, each once. Those of
    /// which nothing is known are here as well, whether or not there are such.
    pub entities: Vec<(EntityId, Stretch)>,
    /// The number of the last event that is in it.
    pub last: u64,
}

/// What the logbook has to say, as far as it may be read in `world`.
#[derive(Debug)]
pub struct Logbook {
    /// The world that decided.
    pub world: Arc<World>,
    /// Who asked.
    pub principal: Principal,
    /// States that are worth a line, in the order in which they came.
    pub lines: Vec<(EntityId, Arc<Recorded>)>,
    /// The number of the last event that is in it.
    pub last: u64,
}

/// The most states in an answer. Of more, the newest are in it.
const MAX_STATES: usize = 50_000;

/// The most bytes of states and attributes in an answer, as the book counts them. Of more, the newest are in it.
const MAX_BYTES: usize = 32 << 20;

/// The most lines in an answer. Of more, the newest are in it.
const MAX_LINES: usize = 20_000;

impl History {
    /// Returns what shows it.
    pub fn viewer(&self) -> Viewer<'_> {
        Viewer::new(&self.world, &self.principal)
    }
}

impl Logbook {
    /// Returns what shows it.
    pub fn viewer(&self) -> Viewer<'_> {
        Viewer::new(&self.world, &self.principal)
    }
}

impl Home {
    /// Returns what entities were. Those that may not be read are left out, as are those that never were: what comes
    /// back, and how much, depends on nothing else.
    ///
    /// INVARIANT: the world is looked at under the lock under which the states are taken, and after it was waited for. See
    /// `renew_past_with`.
    pub fn history(&self, asked: Authorized<ReadHistory>) -> History {
        let (principal, ReadHistory { entities: wanted, period, shape }) = asked.into_parts();
        let shelf = self.inner.history.up_to_date();
        let world = self.bus().world();
        let viewer = Viewer::new(&world, &principal);
        let mut seen = HashSet::new();
        let mut entities = Vec::new();
        for (entity_id, after) in wanted {
            if !viewer.reads(entity_id.as_str()) || !seen.insert(entity_id.clone()) {
                continue;
            }
            let period = Period { after, with_start: period.with_start && after == 0, ..period };
            let stretch = shelf.book.stretch(entity_id.as_str(), &period);
            entities.push((entity_id, stretch));
        }
        let last = shelf.source.as_ref().map_or(0, |source| source.last);
        drop(shelf);
        keep_newest(&mut entities, MAX_STATES, MAX_BYTES, |domain| shape.repeats_attributes(domain));
        History { world, principal, entities, last }
    }

    /// Returns what the logbook has to say, as [`Home::history`] does.
    pub fn logbook(&self, asked: Authorized<ReadLogbook>) -> Logbook {
        let (principal, ReadLogbook { entity_ids, period, context }) = asked.into_parts();
        let shelf = self.inner.history.up_to_date();
        let world = self.bus().world();
        let viewer = Viewer::new(&world, &principal);
        let wanted =
            |id: &EntityId| entity_ids.as_ref().is_none_or(|ids| ids.contains(id)) && viewer.reads(id.as_str());
        let lines = shelf.book.lines(wanted, &period, context, MAX_LINES);
        let last = shelf.source.as_ref().map_or(0, |source| source.last);
        drop(shelf);
        Logbook { world, principal, lines, last }
    }

    /// Returns the new state of an event as the history has it; none for a removed entity, and for what the id stood for
    /// before it stood for what it stands for now.
    pub fn recorded(&self, event: &Event) -> Option<Recorded> {
        let EventData::StateChanged { entity_id, old, new: Some(new) } = &event.data else { return None };
        let shelf = self.inner.history.up_to_date();
        let was_other = old.as_ref().is_some_and(|old| old.state != new.state);
        let is_of_present = shelf.book.is_of_present(entity_id.as_str(), event.number());
        is_of_present.then(|| recorded(new, event.number(), was_other, &shelf.book))
    }
}
