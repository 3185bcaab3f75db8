//! How much is kept.

use serde_json::{Map, Value};

use crate::Recorded;

/// The bounds of a book. Each holds after every call, whatever was put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a state is kept after another has followed it, in seconds. The one that an entity has now is kept as
    /// long as it has it, so that whoever asks for the last hours is told what it was when they began.
    pub secs: i64,
    /// States of one entity. One more, and its oldest goes.
    pub states_of_one: usize,
    /// States of all entities. One more, and the one goes that was followed by another the longest ago, whatever entity
    /// it is of; and if none was followed by another, the pasts of those entities that have not changed the longest.
    pub states: usize,
    /// Bytes of all, as [`Limits`] counts them: an estimate that is meant to be too high. Beyond it they go as above.
    pub bytes: usize,
}

impl Default for Limits {
    /// A day; 5000 states of one entity (one every 17 seconds), 200 000 in all, 64 MiB.
    fn default() -> Self {
        Self { secs: 86_400, states_of_one: 5_000, states: 200_000, bytes: 64 << 20 }
    }
}

/// What one state costs beside its text and attributes: the state, its place in the past of its entity and in the order
/// of all, their allocations and the room that growing collections leave.
pub(crate) const STATE_BYTES: usize = 2 * size_of::<Recorded>() + 128;

/// What an entity costs that has a past.
pub(crate) const ENTITY_BYTES: usize = 512;

/// Returns about how much memory attributes take.
pub(crate) fn bytes_of(attributes: &Map<String, Value>) -> usize {
    attributes.iter().map(|(name, value)| name.len() + 96 + bytes_of_value(value)).sum::<usize>() + 64
}

fn bytes_of_value(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len() + 16,
        Value::Array(items) => items.iter().map(|item| 32 + bytes_of_value(item)).sum::<usize>() + 16,
        Value::Object(members) => bytes_of(members),
    }
}
