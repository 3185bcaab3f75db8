//! How an integration writes the states of its own entities.

use std::sync::Arc;

use auth_core::{Authorized, Context, EntityId};
use serde_json::{Map, Value};

use crate::{Bus, Entity, SetStateError, State, WriteStates, machine::Write, new_context_id, now};

/// The right of one integration to provide entities and write their states.
#[derive(Clone, Debug)]
pub struct StateWriter {
    bus: Bus,
    integration: Arc<str>,
}

impl Bus {
    /// Returns the writer of an integration.
    pub fn state_writer(&self, request: Authorized<WriteStates>) -> StateWriter {
        let (_, WriteStates { integration }) = request.into_parts();
        StateWriter { bus: self.clone(), integration: Arc::from(integration) }
    }
}

impl StateWriter {
    /// Returns the integration's domain.
    pub fn integration(&self) -> &str {
        &self.integration
    }

    /// Offers an entity to services. Its state is written separately.
    pub fn provide(&self, entity_id: EntityId, entity: Arc<dyn Entity>) {
        self.bus.shared.entities_mut().insert(entity_id, entity);
    }

    /// Takes an entity back: services pass it over, its state is removed.
    pub fn withdraw(&self, entity_id: &EntityId) {
        self.bus.shared.entities_mut().remove(entity_id);
        let at = now();
        self.bus.shared.machine.remove(entity_id, Context::new(new_context_id(at), None), at);
    }

    /// Offers an entity to services no longer, and leaves its state as it is.
    pub fn retract(&self, entity_id: &EntityId) {
        self.bus.shared.entities_mut().remove(entity_id);
    }

    /// Writes a state that nobody asked for.
    ///
    /// # Errors
    /// [`SetStateError`]; nothing is written.
    pub fn set(
        &self,
        entity_id: &EntityId,
        state: &str,
        attributes: Map<String, Value>,
    ) -> Result<Arc<State>, SetStateError> {
        self.set_in(entity_id, state, attributes, Context::new(new_context_id(now()), None))
    }

    /// Writes a state as the outcome of the action of `context`.
    ///
    /// # Errors
    /// [`SetStateError`]; nothing is written.
    pub fn set_in(
        &self,
        entity_id: &EntityId,
        state: &str,
        attributes: Map<String, Value>,
        context: Context,
    ) -> Result<Arc<State>, SetStateError> {
        let (state, attributes) = (Arc::from(state), Arc::new(attributes));
        let write = Write { entity_id: entity_id.clone(), state, attributes, force: false, context };
        self.bus.shared.machine.set(write, now()).map(|(state, _)| state)
    }

    /// Returns the present state of an entity.
    pub fn state(&self, entity_id: &EntityId) -> Option<Arc<State>> {
        self.bus.shared.machine.state(entity_id.as_str())
    }
}
