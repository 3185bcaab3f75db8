//! A set of registered entities, one bit each.

use alloc::{sync::Arc, vec, vec::Vec};

use crate::{
    Directory, EntityNo,
    numbered::{Generations, reach},
};

/// Some of the entities that were registered at one moment. Immutable; cloning is two counts.
///
/// Knows which generation of a number it means: the number of an entity that was removed is in no set of a later moment,
/// whoever has it now. Sets can be compared where one snapshot follows the other.
#[derive(Clone, Debug)]
pub struct EntitySet {
    /// By number.
    pub(super) words: Arc<[u64]>,
    pub(super) generations: Generations,
}

impl EntitySet {
    /// Returns the set of the numbers up to `high` that are said to be in it.
    pub(super) fn new(high: u32, generations: &Generations, numbers: impl Iterator<Item = (u32, bool)>) -> Self {
        let mut words = vec![0u64; high as usize / 64 + 1];
        for (no, holds) in numbers {
            if let Some(word) = words.get_mut(no as usize / 64) {
                // No branch on what nobody can guess.
                *word |= u64::from(holds) << (no % 64);
            }
        }
        Self { words: words.into(), generations: generations.clone() }
    }

    /// Corrects the answer for some numbers, each in one word.
    pub(super) fn mend(
        &mut self,
        high: u32,
        generations: &Generations,
        numbers: &[u32],
        mut holds: impl FnMut(u32) -> bool,
    ) {
        reach(&mut self.words, high);
        let words = Arc::make_mut(&mut self.words);
        for no in numbers {
            if let Some(word) = words.get_mut(*no as usize / 64) {
                let bit = 1 << (no % 64);
                *word = if holds(*no) { *word | bit } else { *word & !bit };
            }
        }
        self.generations = generations.clone();
    }

    /// Tells whether an entity is in the set. A load or two.
    #[inline]
    pub fn contains(&self, entity: EntityNo) -> bool {
        self.bit(entity.no) & self.generations.is_current(entity.no, entity.generation)
    }

    /// Iterates over the entities, by number.
    pub fn iter(&self) -> impl Iterator<Item = EntityNo> {
        bits(self.words.iter().copied()).map(|no| self.numbered(no))
    }

    /// Returns the entities as a list, by number. Faster than collecting [`EntitySet::iter`].
    pub fn to_vec(&self) -> Vec<EntityNo> {
        let mut list = Vec::with_capacity(self.len());
        let first = self.generations.is_first();
        for (word, start) in self.words.iter().zip((0u32..).step_by(64)) {
            let mut word = *word;
            while word != 0 {
                let no = start + word.trailing_zeros();
                list.push(if first { EntityNo { no, generation: 0 } } else { self.numbered(no) });
                word &= word.wrapping_sub(1);
            }
        }
        list
    }

    /// Returns how many entities are in the set. O(highest number / 64).
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Tells whether no entity is in the set.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Iterates over the entities that are in this set and not in `other`, by number. What appeared is
    /// `after.difference(&before)`, what vanished `before.difference(&after)`. O(highest number / 64).
    pub fn difference<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = EntityNo> + 'a {
        let theirs = other.words.iter().copied().chain(core::iter::repeat(0));
        let plainly = bits(self.words.iter().zip(theirs).map(|(ours, theirs)| ours & !theirs));
        // The same number can mean another entity; generations are shared where none ended.
        let both = |no: &u32| self.bit(*no) && other.bit(*no) && self.generations.of(*no) != other.generations.of(*no);
        let reused = self.generations.unlike(&other.generations).filter(both);
        plainly.chain(reused).map(|no| self.numbered(no))
    }

    #[inline]
    fn bit(&self, no: u32) -> bool {
        self.words.get(no as usize / 64).is_some_and(|word| word >> (no % 64) & 1 != 0)
    }

    fn numbered(&self, no: u32) -> EntityNo {
        EntityNo { no, generation: self.generations.of(no) }
    }

    /// Returns what is in both sets. O(highest number / 64).
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let both = self.words.iter().zip(other.words.iter()).map(|(ours, theirs)| ours & theirs).collect();
        let mut both = Self { words: both, generations: self.generations.clone() };
        let strangers: Vec<EntityNo> = both.iter().filter(|entity| !other.contains(*entity)).collect();
        if !strangers.is_empty() {
            let numbers: Vec<u32> = strangers.iter().map(|entity| entity.no).collect();
            both.mend(0, &self.generations, &numbers, |_| false);
        }
        both
    }

    /// Returns the set of nothing.
    pub(crate) fn none(directory: &Directory) -> Self {
        Self { words: Arc::default(), generations: directory.generations().clone() }
    }
}

impl PartialEq for EntitySet {
    fn eq(&self, other: &Self) -> bool {
        self.difference(other).next().is_none() && other.difference(self).next().is_none()
    }
}

/// Iterates over the numbers of the bits that are set.
fn bits(words: impl Iterator<Item = u64>) -> impl Iterator<Item = u32> {
    words.zip((0u32..).step_by(64)).flat_map(|(mut word, start)| {
        core::iter::from_fn(move || {
            let bit = word.trailing_zeros();
            (word != 0).then(|| {
                word &= word - 1;
                start + bit
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_mended_in_place_and_as_long_as_it_needs_to_be() {
        let generations = Generations::default();
        let mut set = EntitySet::new(100, &generations, [(3, true), (70, true), (71, false)].into_iter());
        let at = set.words.as_ptr();
        set.mend(127, &generations, &[3, 71], |no| no == 71);
        assert_eq!((set.words.as_ptr(), set.words.len(), set.len()), (at, 2, 2));
        // Numbers that were given out since.
        set.mend(128, &generations, &[128], |_| true);
        assert_eq!((set.words.len(), set.len()), (3, 3));
        let listed: Vec<u32> = set.iter().map(|entity| entity.no).collect();
        assert_eq!(listed, [70, 71, 128]);
        assert!(set.contains(EntityNo { no: 128, generation: 0 }) && !set.contains(EntityNo { no: 3, generation: 0 }));
    }

    #[test]
    fn the_same_number_in_another_generation_is_another_entity() {
        let before = Generations::default();
        let mut after = before.clone();
        after.renew(3);
        let set = |generations| EntitySet::new(10, generations, [(3, true), (4, true)].into_iter());
        let (before, after) = (set(&before), set(&after));
        for (ours, theirs) in [(&before, &after), (&after, &before)] {
            let both = ours.intersection(theirs);
            assert_eq!(both.to_vec(), [EntityNo { no: 4, generation: 0 }]);
            assert_eq!(ours.difference(theirs).map(|entity| entity.no).collect::<Vec<_>>(), [3]);
            assert_eq!(ours.intersection(ours), *ours);
        }
    }
}
