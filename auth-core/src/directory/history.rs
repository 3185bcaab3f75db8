//! Which entities moved since when, so that what was worked out for all of them is mended and not made anew.

use alloc::{sync::Arc, vec::Vec};
use core::sync::atomic::{AtomicU64, Ordering};

/// The last few changes of places.
///
/// Every state of all places has a stamp that no other state has, not even one that was made from the same and then
/// thrown away. Later states have greater ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    stamp: u64,
    recent: Option<Arc<Batch>>,
    /// What was `recent` until there was too much of it.
    older: Option<Arc<Batch>>,
    n_recent: usize,
}

/// The numbers of the entities that one change moved.
#[derive(Debug)]
struct Batch {
    before: u64,
    changed: Vec<u32>,
    earlier: Option<Arc<Batch>>,
}

/// How many numbers, and how many changes, are remembered for sure.
const KEPT: usize = 256;

static NEXT_STAMP: AtomicU64 = AtomicU64::new(1);

impl History {
    pub(crate) const fn stamp(&self) -> u64 {
        self.stamp
    }

    /// Notes a change; `all` says that so much changed that it is not worth remembering what.
    pub(super) fn record(&mut self, changed: Vec<u32>, all: bool) {
        let before = self.stamp;
        self.stamp = NEXT_STAMP.fetch_add(1, Ordering::Relaxed);
        if all {
            *self = Self { stamp: self.stamp, ..Self::default() };
            return;
        }
        if self.n_recent > KEPT {
            self.older = self.recent.take();
            self.n_recent = 0;
        }
        self.n_recent += changed.len();
        self.recent = Some(Arc::new(Batch { before, changed, earlier: self.recent.take() }));
    }

    /// Returns the numbers of all entities that moved since the state with `stamp`, some perhaps more than once. `None`
    /// if that is not remembered, or this state does not come from that one.
    pub(crate) fn since(&self, stamp: u64) -> Option<Vec<u32>> {
        let mut changed = Vec::new();
        if stamp == self.stamp {
            return Some(changed);
        }
        for segment in [&self.recent, &self.older] {
            let mut batch = segment.as_deref();
            while let Some(Batch { before, changed: some, earlier }) = batch {
                changed.extend_from_slice(some);
                if *before == stamp {
                    return Some(changed);
                }
                batch = earlier.as_deref();
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn remembers_as_many_as_it_says_and_not_twice_as_many() {
        let mut history = History::default();
        // Two segments, each until there is one too many in it.
        for n in 0..2 * (KEPT + 1) {
            history.record(vec![7], false);
            assert_eq!(history.since(0), Some(vec![7; n + 1]));
        }
        history.record(vec![7], false);
        assert_eq!(history.since(0), None);
        let mut history = History::default();
        (0..4).for_each(|_| history.record(vec![7; KEPT - 1], false));
        assert!(history.since(0).is_some());
        history.record(vec![7], false);
        assert_eq!(history.since(0), None);
    }

    #[test]
    fn remembers_the_last_changes_of_its_own_line() {
        let mut history = History::default();
        assert_eq!(history.since(0), Some(vec![]));
        history.record(vec![1], false);
        let first = history.stamp();
        let mut fork = history.clone();
        fork.record(vec![9], false);
        history.record(vec![2, 3], false);
        assert_eq!(history.since(first), Some(vec![2, 3]));
        assert_eq!(history.since(0), Some(vec![2, 3, 1]));
        // Another line of changes has other stamps, also if it was never in force.
        assert_eq!(history.since(fork.stamp()), None);
        assert_eq!(fork.since(history.stamp()), None);
        assert!(fork.stamp() < history.stamp());
        for n in 0..10 * KEPT {
            let before = history.stamp();
            history.record(vec![n as u32], false);
            assert_eq!(history.since(before), Some(vec![n as u32]));
        }
        assert_eq!(history.since(first), None);
        let before = history.stamp();
        history.record(vec![1], true);
        assert_eq!(history.since(before), None);
    }
}
