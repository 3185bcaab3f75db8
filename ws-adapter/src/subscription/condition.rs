//! A condition, looked at again when one of its entities changes.

use std::collections::HashSet;

use auth_core::{EntityId, Principal};
use home::{Condition, Home, Seen};
use serde_json::{Map, json};
use service_bus::{Event, EventData, ReadState, Viewer};

/// A condition, and what was said of it last.
#[derive(Debug)]
pub(crate) struct ConditionSubscription {
    condition: Condition,
    /// What it is about: asked with every event.
    entities: HashSet<EntityId>,
    last: Option<String>,
}

impl ConditionSubscription {
    pub(crate) fn new(condition: Condition) -> Self {
        // What is no id is of no entity, so no event is about it.
        let entities = condition.entities().into_iter().filter_map(|id| id.parse().ok()).collect();
        Self { condition, entities, last: None }
    }

    /// Returns how many entities are looked at each time.
    pub(crate) fn n_looks(&self) -> usize {
        self.condition.n_looks()
    }

    /// Tells whether an event could change the answer.
    pub(crate) fn wants(&self, event: &Event) -> bool {
        match &event.data {
            EventData::StateChanged { entity_id, .. } => self.entities.contains(entity_id),
            EventData::Registry { .. } | EventData::Other(_) => false,
        }
    }

    /// Looks now, with the rights of now; returns what is to be said if it is something else than last time. An entity that
    /// may not be read is one that is not there.
    pub(crate) fn look(&mut self, home: &Home, viewer: &Viewer<'_>, principal: &Principal) -> Option<String> {
        let read = |id: &str, with_attributes: bool| {
            // Asked first, so that looking is no refusal to be recorded.
            let id = id.parse::<EntityId>().ok().filter(|id| viewer.reads(id.as_str()))?;
            let asked = home.bus().authorize(principal, ReadState(id)).ok()?;
            let state = home.bus().read_state(&asked)?;
            let attributes = if with_attributes { viewer.attributes(&state) } else { Map::new() };
            Some(Seen { state: state.state.to_string(), attributes })
        };
        let said = match self.condition.holds(&read) {
            Ok(holds) => json!({"result": holds}),
            Err(error) => json!({"error": error}),
        };
        let said = said.to_string();
        if self.last.as_ref() == Some(&said) {
            return None;
        }
        self.last = Some(said.clone());
        Some(said)
    }
}
