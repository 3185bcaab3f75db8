//! What of a past is asked for.

use std::{cmp::Reverse, sync::Arc};

use auth_core::{EntityId, Timestamp};

use crate::{Recorded, counts_always, limits::bytes_of};

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

/// Keeps the newest states of several entities, so many and of so many bytes at most: what is left out is the oldest of
/// them all, and with it what an entity had before. Attributes count where `with_attributes` says so of an entity's domain,
/// each time: an answer repeats what the book holds once. O(states, sorted if too many).
pub fn keep_newest(
    stretches: &mut [(EntityId, Stretch)],
    states: usize,
    bytes: usize,
    with_attributes: impl Fn(&str) -> bool,
) {
    let mut costs = Vec::new();
    for (entity_id, stretch) in stretches.iter() {
        let with_attributes = with_attributes(entity_id.domain());
        let mut last: Option<(&Arc<Recorded>, usize)> = None;
        for state in &stretch.states {
            let attributes = match last {
                _ if !with_attributes => 0,
                Some((last, bytes)) if Arc::ptr_eq(&last.attributes, &state.attributes) => bytes,
                _ => bytes_of(&state.attributes),
            };
            last = Some((state, attributes));
            costs.push((state.number, SHOWN_BYTES + state.state.len() + attributes));
        }
    }
    let sum = costs.iter().fold(0, |sum: usize, (_, cost)| sum.saturating_add(*cost));
    if costs.len() <= states && sum <= bytes {
        return;
    }
    costs.sort_unstable_by_key(|(number, _)| Reverse(*number));
    let mut sum = 0_usize;
    let last_out = costs.iter().enumerate().find_map(|(n, (number, cost))| {
        sum = sum.saturating_add(*cost);
        (n >= states || sum > bytes).then_some(*number)
    });
    let Some(last_out) = last_out else { return };
    for (_, stretch) in stretches {
        let n = stretch.states.len();
        stretch.states.retain(|state| state.number > last_out);
        if stretch.states.len() < n {
            stretch.before = None;
        }
    }
}

/// About what a state costs in an answer beside its text and attributes.
const SHOWN_BYTES: usize = 64;
