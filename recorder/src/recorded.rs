//! One state of an entity, as it is kept.

use std::sync::Arc;

use auth_core::{Context, Timestamp};
use serde_json::{Map, Value};

use crate::domains::is_continuous;

/// One state of an entity. Text and attributes are shared with the state on the bus; what the bus caches beside them, its
/// encodings, is not kept, so that the bounds of the book are bounds of what it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The number of the event that brought it; later ones have higher numbers.
    pub number: u64,
    /// The state.
    pub state: Arc<str>,
    /// In the order in which they were written.
    pub attributes: Arc<Map<String, Value>>,
    /// When `state` last became another.
    pub last_changed: Timestamp,
    /// When `state` or `attributes` last became others.
    pub last_updated: Timestamp,
    /// The entity had another state before; not so if it had none.
    pub was_other: bool,
    /// The action that wrote it.
    pub context: Context,
    /// The service that was called in that action, if one was.
    pub call: Option<Arc<Called>>,
}

/// A service that was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Its domain.
    pub domain: String,
    /// Its name.
    pub service: String,
}

impl Recorded {
    /// Tells whether the state itself became another with this write, not only its attributes.
    pub fn is_change(&self) -> bool {
        self.last_changed == self.last_updated
    }
}

/// Tells whether the logbook has a line for a state: the entity had another one before, and is not of those whose states
/// are measurements (with a unit or a state class) and change all the time.
pub fn is_worth_a_line(domain: &str, recorded: &Recorded) -> bool {
    recorded.was_other
        && recorded.is_change()
        && !is_continuous(domain)
        && !["unit_of_measurement", "state_class"].iter().any(|name| recorded.attributes.contains_key(*name))
}
