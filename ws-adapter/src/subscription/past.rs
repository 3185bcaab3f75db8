//! The history and the logbook, followed: what was, then what comes.

use std::collections::HashSet;

use auth_core::{EntityId, Timestamp};
use home::{History, Home, LineForm, Logbook, ReadHistory, ReadLogbook, Shape, history_states, line, live_state};
use indexmap::IndexMap;
use recorder::{Period, is_worth_a_line};
use serde_json::{Value, json};
use service_bus::{Event, EventData, Viewer};

/// The states of some entities, from a moment on.
#[derive(Debug)]
pub(crate) struct HistorySubscription {
    entities: IndexMap<EntityId, Seen>,
    period: Period,
    shape: Shape,
}

/// What a listener has of an entity.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// It could be read when the world was last looked at.
    is_live: bool,
    /// Events up to this number are known, or were none.
    since: u64,
}

impl HistorySubscription {
    pub(crate) fn new(entity_ids: Vec<EntityId>, period: Period, shape: Shape) -> Self {
        let entities = entity_ids.into_iter().map(|entity_id| (entity_id, Seen::default())).collect();
        Self { entities, period, shape }
    }

    /// Returns what to ask for: everything that this listener does not have.
    pub(crate) fn wish(&self) -> ReadHistory {
        let entities = self.entities.iter().map(|(entity_id, seen)| (entity_id.clone(), seen.since)).collect();
        ReadHistory { entities, period: self.period, shape: self.shape }
    }

    /// Shows what was: of every entity that may be read what this listener does not have yet. What may no longer be read
    /// is shown no more. Its times are those of what is in it.
    pub(crate) fn past(&mut self, history: &History, now: Timestamp) -> String {
        self.entities.values_mut().for_each(|seen| seen.is_live = false);
        for (entity_id, _) in &history.entities {
            if let Some(seen) = self.entities.get_mut(entity_id) {
                *seen = Seen { is_live: true, since: history.last.max(seen.since) };
            }
        }
        let last = |(_, stretch): &(EntityId, recorder::Stretch)| stretch.states.last().map(|state| state.last_updated);
        let end = history.entities.iter().filter_map(last).max().or(self.period.end).unwrap_or(now);
        let states = history_states(&history.viewer(), &history.entities, self.period.start, self.shape);
        let (start, end) = (json!(self.period.start.as_secs_f64()), json!(end.as_secs_f64()));
        format!(r#"{{"states":{states},"start_time":{start},"end_time":{end}}}"#)
    }

    /// Tells whether an event has to do with it.
    pub(crate) fn wants(&self, event: &Event) -> bool {
        matches!(&event.data, EventData::StateChanged { entity_id, .. } if self.entities.contains_key(entity_id))
    }

    /// Shows a state that was just written, if it is significant. Whoever calls this has asked whether the event may be
    /// heard now.
    pub(crate) fn change(&mut self, home: &Home, viewer: &Viewer<'_>, event: &Event) -> Option<String> {
        let EventData::StateChanged { entity_id, .. } = &event.data else { return None };
        let seen = self.entities.get_mut(entity_id)?;
        // What could not be read at the last look is shown after the next.
        if !seen.is_live || event.number() <= seen.since {
            return None;
        }
        seen.since = event.number();
        let recorded = home.recorded(event)?;
        let significant_only = self.period.significant_only || self.shape.minimal;
        let period = Period { significant_only, ..self.period };
        let is_shown = period.holds(entity_id.domain(), &recorded);
        is_shown.then(|| format!(r#"{{"states":{}}}"#, live_state(viewer, entity_id, &recorded, self.shape)))
    }
}

/// The lines of the logbook, from a moment on.
#[derive(Debug)]
pub(crate) struct LogbookSubscription {
    /// Of these entities; of all that may be read if there is no list.
    entity_ids: Option<HashSet<EntityId>>,
    period: Period,
    since: u64,
}

impl LogbookSubscription {
    pub(crate) const fn new(entity_ids: Option<HashSet<EntityId>>, period: Period) -> Self {
        Self { entity_ids, period, since: 0 }
    }

    pub(crate) fn wish(&self) -> ReadLogbook {
        ReadLogbook { entity_ids: self.entity_ids.clone(), period: self.period, context: None }
    }

    /// Shows what was: in one event for a period that is over. For one that goes on, in one that says that it is not all,
    /// if there is something, and then in one that ends it, as Home Assistant does.
    pub(crate) fn past(&mut self, logbook: &Logbook, now: Timestamp, goes_on: bool) -> Vec<String> {
        self.since = logbook.last;
        let viewer = logbook.viewer();
        let lines = logbook.lines.iter();
        let lines: Vec<_> = lines.map(|(id, recorded)| line(&viewer, id, recorded, LineForm::Socket)).collect();
        let end = self.period.end.filter(|_| !goes_on).unwrap_or(now);
        let event = |lines: &[Value]| {
            let (start, end) = (self.period.start.as_secs_f64(), end.as_secs_f64());
            json!({"events": lines, "start_time": start, "end_time": end})
        };
        if !goes_on || lines.is_empty() {
            return vec![event(&lines).to_string()];
        }
        let mut first = event(&lines);
        if let Value::Object(members) = &mut first {
            members.insert("partial".to_owned(), Value::Bool(true));
        }
        vec![first.to_string(), event(&[]).to_string()]
    }

    /// Tells whether an event has to do with it.
    pub(crate) fn wants(&self, event: &Event) -> bool {
        let EventData::StateChanged { entity_id, .. } = &event.data else { return false };
        event.number() > self.since && self.entity_ids.as_ref().is_none_or(|ids| ids.contains(entity_id))
    }

    /// Shows a state that was just written, if it is worth a line. Whoever calls this has asked whether the event may be
    /// heard now.
    pub(crate) fn change(&self, home: &Home, viewer: &Viewer<'_>, event: &Event) -> Option<String> {
        let EventData::StateChanged { entity_id, .. } = &event.data else { return None };
        let recorded = home.recorded(event)?;
        let domain = entity_id.domain();
        let is_shown = self.period.holds(domain, &recorded) && is_worth_a_line(domain, &recorded);
        is_shown.then(|| json!({"events": [line(viewer, entity_id, &recorded, LineForm::Socket)]}).to_string())
    }
}
