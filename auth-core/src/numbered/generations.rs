//! How often each number was given out before.

use alloc::sync::Arc;

use super::{chunks::Chunks, reach};

/// The generation of each number. Most numbers are in their first, which is told by one bit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Generations {
    counts: Chunks<u32, 1024>,
    /// A bit for each number that is past its first generation; as long as the highest of them needs.
    renewed: Arc<[u64]>,
}

impl Generations {
    /// Returns a number's generation.
    pub(crate) fn of(&self, no: u32) -> u32 {
        if self.is_renewed(no) { self.counts.get(no as usize).copied().unwrap_or_default() } else { 0 }
    }

    /// Tells whether `generation` is the one that a number is in. A load or two.
    ///
    /// The last generation does not end, so it never counts: a number that comes to it is good for nobody any more.
    #[inline]
    pub(crate) fn is_current(&self, no: u32, generation: u32) -> bool {
        match generation {
            0 => !self.is_renewed(no),
            u32::MAX => false,
            _ => self.counts.get(no as usize) == Some(&generation),
        }
    }

    /// Tells whether no number was ever given out before.
    pub(crate) fn is_first(&self) -> bool {
        self.renewed.is_empty()
    }

    /// Ends a number's generation and returns the next. The last one, after four thousand million, does not end.
    pub(crate) fn renew(&mut self, no: u32) -> u32 {
        let at = no as usize;
        reach(&mut self.renewed, no);
        if let Some(word) = Arc::make_mut(&mut self.renewed).get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
        self.counts.reserve(at + 1);
        let Some(count) = self.counts.get_mut(at) else { return u32::MAX };
        *count = count.saturating_add(1);
        *count
    }

    /// Iterates over the numbers whose generation may differ between this and `other`.
    pub(crate) fn unlike<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = u32> + 'a {
        self.counts.unlike(&other.counts).filter_map(|no| u32::try_from(no).ok())
    }

    #[inline]
    fn is_renewed(&self, no: u32) -> bool {
        self.renewed.get(no as usize / 64).is_some_and(|word| word >> (no % 64) & 1 != 0)
    }

    #[cfg(test)]
    pub(super) fn set(&mut self, no: u32, count: u32) {
        self.renew(no);
        *self.counts.get_mut(no as usize).unwrap() = count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_reach_as_far_as_the_highest_number_that_was_renewed() {
        let mut generations = Generations::default();
        assert!(generations.is_first());
        generations.renew(100);
        assert_eq!((generations.renewed.len(), generations.is_first()), (2, false));
        let at = generations.renewed.as_ptr();
        generations.renew(127);
        assert_eq!((generations.renewed.len(), generations.renewed.as_ptr()), (2, at));
        generations.renew(128);
        assert_eq!(generations.renewed.len(), 3);
        for (no, generation) in [(99, 0), (100, 1), (127, 1), (128, 1), (129, 0), (5_000, 0)] {
            assert_eq!(generations.of(no), generation, "{no}");
            assert!(generations.is_current(no, generation) && !generations.is_current(no, generation + 1), "{no}");
        }
    }
}
