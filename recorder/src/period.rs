//! What of a past is asked for.

use std::sync::Arc;

use auth_core::{EntityId, Timestamp};

use crate::{Recorded, counts_always};

/// Which states of an entity are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// States from then on.
    pub start: Timestamp,
    /// States before then; without it, up to now.
    pub end: Option<Timestamp>,
    /// The state that the entity had at `start` is asked for as well.
    pub with_start: bool,
    /// Only changes of the state itself, but for domains that count always.
    pub significant_only: bool,
    /// Only what a later event than this brought: the rest is known.
    pub after: u64,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stretch {
    /// The state that the entity had when the period began, if it had one and it is still known.
    pub before: Option<Arc<Recorded>>,
    /// The states of the period, in the order in which they came.
    pub states: Vec<Arc<Recorded>>,
}

impl Default for Period {
    /// Everything that is known.
    fn default() -> Self {
        Self { start: Timestamp::default(), end: None, with_start: true, significant_only: false, after: 0 }
    }
}

impl Period {
    /// Tells whether a state belongs to what is asked for.
    pub fn holds(&self, domain: &str, recorded: &Recorded) -> bool {
        let at = recorded.last_updated;
        recorded.number > self.after
            && at >= self.start
            && self.end.is_none_or(|end| at < end)
            && (!self.significant_only || recorded.is_change() || counts_always(domain))
    }
}

impl Stretch {
    /// Returns the number of states, the one of before included.
    pub fn len(&self) -> usize {
        self.states.len() + usize::from(self.before.is_some())
    }

    /// Tells whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Keeps the newest `most` states of several entities: what is left out is the oldest of them all, and with it what an
/// entity had before. O(states).
pub fn keep_newest(stretches: &mut [(EntityId, Stretch)], most: usize) {
    let mut numbers: Vec<u64> =
        stretches.iter().flat_map(|(_, stretch)| stretch.states.iter().map(|state| state.number)).collect();
    let Some(surplus) = numbers.len().checked_sub(most).filter(|surplus| *surplus > 0) else { return };
    let (_, last_out, _) = numbers.select_nth_unstable(surplus - 1);
    let last_out = *last_out;
    for (_, stretch) in stretches {
        let n = stretch.states.len();
        stretch.states.retain(|state| state.number > last_out);
        if stretch.states.len() < n {
            stretch.before = None;
        }
    }
}
