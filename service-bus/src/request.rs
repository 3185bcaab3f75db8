//! What can be asked of the bus, and what each request needs.

use std::sync::Arc;

use auth_core::{Action, EntityId, Need, Permission};
use serde_json::{Map, Value};

use crate::Origin;

/// Read every state that the principal may read.
#[derive(Clone, Copy, Debug)]
pub struct ReadStates;

/// Read one state. Permission comes before existence.
#[derive(Clone, Debug)]
pub struct ReadState(pub EntityId);

/// Write a state over the API: the state machine only, no device is touched.
#[derive(Clone, Debug)]
pub struct SetState {
    /// Whose state.
    pub entity_id: EntityId,
    /// At most 255 characters.
    pub state: Arc<str>,
    /// Replaces all attributes.
    pub attributes: Map<String, Value>,
    /// Counts as a change even if nothing changed.
    pub force: bool,
}

/// Remove a state over the API.
#[derive(Clone, Debug)]
pub struct RemoveState(pub EntityId);

/// Fire an event over the API.
#[derive(Clone, Debug)]
pub struct FireEvent {
    /// At most 64 characters.
    pub event_type: String,
    /// The data.
    pub data: Map<String, Value>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Listen to events.
#[derive(Clone, Copy, Debug)]
pub struct OpenFeed {
    /// How many events may wait before the listener counts as too slow.
    pub capacity: usize,
}

/// Write the states of one integration's entities.
#[derive(Clone, Debug)]
pub struct WriteStates {
    /// The integration.
    pub integration: String,
}

impl Action for ReadStates {
    const NAME: &'static str = "ReadStates";

    fn need(&self) -> Need<'_> {
        Need::Authenticated
    }
}

impl Action for ReadState {
    const NAME: &'static str = "ReadState";

    fn need(&self) -> Need<'_> {
        Need::Entity(&self.0, Permission::Read)
    }
}

impl Action for SetState {
    const NAME: &'static str = "SetState";

    fn need(&self) -> Need<'_> {
        Need::Admin
    }
}

impl Action for RemoveState {
    const NAME: &'static str = "RemoveState";

    fn need(&self) -> Need<'_> {
        Need::Admin
    }
}

impl Action for FireEvent {
    const NAME: &'static str = "FireEvent";

    fn need(&self) -> Need<'_> {
        Need::Admin
    }
}

impl Action for OpenFeed {
    const NAME: &'static str = "OpenFeed";

    fn need(&self) -> Need<'_> {
        Need::Authenticated
    }
}

impl Action for WriteStates {
    const NAME: &'static str = "WriteStates";

    fn need(&self) -> Need<'_> {
        Need::Integration(&self.integration)
    }
}
