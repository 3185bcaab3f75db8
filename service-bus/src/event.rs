//! Things that happened.

use std::sync::{Arc, OnceLock};

use auth_core::{Context, EntityId, Timestamp};
use bytes::Bytes;
use registries::Change;
use serde_json::{Map, Value};

use crate::{State, World};

/// Something that happened; immutable and shared by everybody who hears of it.
#[derive(Debug)]
pub struct Event {
    /// At most 64 characters.
    pub event_type: Arc<str>,
    /// What happened.
    pub data: EventData,
    /// Where it came from.
    pub origin: Origin,
    /// When it happened.
    pub time_fired: Timestamp,
    /// The action that made it happen.
    pub context: Context,
    /// Counts the events of this bus: later ones have higher numbers.
    pub(crate) number: u64,
    pub(crate) full: OnceLock<Bytes>,
    pub(crate) anonymous: OnceLock<Bytes>,
}

/// What an event says.
#[derive(Debug)]
pub enum EventData {
    /// An entity's state was written and is another now; `old` is none for a new entity, `new` for a removed one.
    StateChanged {
        /// Whose state.
        entity_id: EntityId,
        /// Before.
        old: Option<Arc<State>>,
        /// After.
        new: Option<Arc<State>>,
    },
    /// A registry changed.
    Registry {
        /// What changed.
        change: Change,
        /// How the world was before, so that whoever could see a removed thing learns that it is gone.
        before: Arc<World>,
    },
    /// Anything else.
    Other(Map<String, Value>),
}

/// Where an event came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From the hub itself.
    Local,
    /// Fired over REST.
    Remote,
}

impl Event {
    /// The longest event type, in characters.
    pub const MAX_TYPE_LEN: usize = 64;

    /// What the types begin with that the hub alone announces.
    pub const OWN_PREFIX: &str = "doorward_";

    /// What a frontend keeps for a user has changed: heard by that user alone, whom the member `user_id` names.
    pub const USER_DATA: &str = "doorward_user_data_changed";

    /// What a frontend keeps for everybody has changed.
    pub const SYSTEM_DATA: &str = "doorward_system_data_changed";

    /// A notification came, changed or went: heard by administrators, and by the user whom the member `user_id` names.
    pub const NOTIFICATION: &str = "doorward_notification_changed";

    /// Returns its number on this bus; later events have higher ones.
    pub const fn number(&self) -> u64 {
        self.number
    }
}

impl Origin {
    /// Returns the word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "LOCAL",
            Self::Remote => "REMOTE",
        }
    }
}
