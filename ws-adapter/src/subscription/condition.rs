//! A condition, looked at again when one of its entities changes.

use auth_core::{EntityId, Principal};
use home::{Condition, Home, Seen};
use serde_json::json;
use service_bus::{Event, EventData, ReadState, Viewer};

/// A condition, and what was said of it last.
#[derive(Debug)]
pub(crate) struct ConditionSubscription {
    condition: Condition,
    last: Option<String>,
}

impl ConditionSubscription {
    pub(crate) const fn new(condition: Condition) -> Self {
        Self { condition, last: None }
    }

    /// Tells whether an event could change the answer.
    pub(crate) fn wants(&self, event: &Event) -> bool {
        match &event.data {
            EventData::StateChanged { entity_id, .. } => self.condition.entities().contains(entity_id.as_str()),
            EventData::Registry { .. } | EventData::Other(_) => false,
        }
    }

    /// Looks now, with the rights of now; returns what is to be said if it is something else than last time. An entity that
    /// may not be read is one that is not there.
    pub(crate) fn look(&mut self, home: &Home, viewer: &Viewer<'_>, principal: &Principal) -> Option<String> {
        let read = |id: &str| {
            // Asked first, so that looking is no refusal to be recorded.
            let id = id.parse::<EntityId>().ok().filter(|id| viewer.reads(id.as_str()))?;
            let asked = home.bus().authorize(principal, ReadState(id)).ok()?;
            let state = home.bus().read_state(&asked)?;
            Some(Seen { state: state.state.to_string(), attributes: viewer.attributes(&state) })
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
