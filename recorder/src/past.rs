//! The past of one entity.

use std::{collections::VecDeque, sync::Arc};

use auth_core::Timestamp;

use crate::{
    Period, Recorded, Stretch,
    limits::{STATE_BYTES, bytes_of},
};

/// What an entity was, in order.
#[derive(Debug, Default)]
pub(crate) struct Past {
    pub(crate) rows: VecDeque<Row>,
}

/// A state, or that there was none any more.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) number: u64,
    pub(crate) at: Timestamp,
    /// None: the entity was removed.
    pub(crate) state: Option<Arc<Recorded>>,
    /// What it costs. Attributes that several rows share are counted with the first of them.
    pub(crate) bytes: usize,
    attribute_bytes: usize,
}

impl Row {
    /// Makes a row that follows `last`, with whose attributes it shares its own if they are equal.
    pub(crate) fn new(mut recorded: Recorded, last: Option<&Self>) -> Self {
        let last = last.and_then(|row| row.state.as_deref());
        let attribute_bytes = match last {
            Some(last) if last.attributes == recorded.attributes => {
                recorded.attributes = Arc::clone(&last.attributes);
                0
            }
            _ => bytes_of(&recorded.attributes),
        };
        let bytes = STATE_BYTES + recorded.state.len() + attribute_bytes;
        let (number, at) = (recorded.number, recorded.last_updated);
        Self { number, at, state: Some(Arc::new(recorded)), bytes, attribute_bytes }
    }

    pub(crate) const fn removal(number: u64, at: Timestamp) -> Self {
        Self { number, at, state: None, bytes: STATE_BYTES, attribute_bytes: 0 }
    }
}

impl Past {
    /// Takes the oldest row out; returns what it cost.
    pub(crate) fn pop(&mut self) -> usize {
        let Some(row) = self.rows.pop_front() else { return 0 };
        // Whoever shared its attributes holds them from now on.
        if let (Some(gone), Some(next)) = (&row.state, self.rows.front_mut())
            && next.state.as_ref().is_some_and(|next| Arc::ptr_eq(&next.attributes, &gone.attributes))
        {
            next.attribute_bytes += row.attribute_bytes;
            next.bytes += row.attribute_bytes;
            return row.bytes - row.attribute_bytes;
        }
        row.bytes
    }

    pub(crate) fn bytes(&self) -> usize {
        self.rows.iter().map(|row| row.bytes).sum()
    }

    /// Finds what a period holds. O(states of the entity), by the times that they bear: clocks are set back.
    pub(crate) fn stretch(&self, domain: &str, period: &Period) -> Stretch {
        let mut stretch = Stretch::default();
        // What is known already is passed over from the end, since there is mostly nothing new.
        let n_known = if period.after == 0 {
            0
        } else {
            self.rows.len() - self.rows.iter().rev().take_while(|row| row.number > period.after).count()
        };
        for row in self.rows.iter().skip(n_known) {
            if row.at < period.start {
                stretch.before = row.state.clone().filter(|_| period.with_start);
            } else if let Some(state) = row.state.as_ref().filter(|state| period.holds(domain, state)) {
                stretch.states.push(Arc::clone(state));
            }
        }
        stretch
    }
}
