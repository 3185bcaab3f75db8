//! A set of registered entities, one bit each.

use alloc::{sync::Arc, vec, vec::Vec};

use crate::{Directory, EntityNo, numbered::Generations};

/// Some of the entities that were registered at one moment. Immutable; cloning is two counts.
///
/// Knows which generation of a number it means: the number of an entity that was removed is in no set of a later moment,
/// whoever has it now.
#[derive(Clone, Debug)]
pub struct EntitySet {
    /// By number.
    pub(super) words: Arc<Vec<u64>>,
    pub(super) generations: Generations,
}

impl EntitySet {
    /// Returns the set of the numbers up to `high` that `holds` says belong to it.
    pub(super) fn new(high: u32, generations: &Generations, mut holds: impl FnMut(u32) -> bool) -> Self {
        let mut words = vec![0; high as usize / 64 + 1];
        for (word, start) in words.iter_mut().zip((0u32..).step_by(64)) {
            *word = (start..=high.min(start + 63)).fold(0, |word, no| word | u64::from(holds(no)) << (no - start));
        }
        Self { words: Arc::new(words), generations: generations.clone() }
    }

    /// Corrects the answer for some numbers, each in one word.
    pub(super) fn mend(
        &mut self,
        high: u32,
        generations: &Generations,
        numbers: &[u32],
        mut holds: impl FnMut(u32) -> bool,
    ) {
        let words = Arc::make_mut(&mut self.words);
        if words.len() <= high as usize / 64 {
            words.resize(high as usize / 64 + 1, 0);
        }
        for no in numbers {
            if let Some(word) = words.get_mut(*no as usize / 64) {
                let bit = 1 << (no % 64);
                *word = if holds(*no) { *word | bit } else { *word & !bit };
            }
        }
        self.generations = generations.clone();
    }

    /// Tells whether an entity is in the set. Two loads.
    #[inline]
    pub fn contains(&self, entity: EntityNo) -> bool {
        let bit = |word: &u64| word >> (entity.no % 64) & 1 != 0;
        self.words.get(entity.no as usize / 64).is_some_and(bit)
            && self.generations.get((entity.no as usize).wrapping_sub(1)) == Some(&entity.generation)
    }

    /// Iterates over the entities, by number.
    pub fn iter(&self) -> impl Iterator<Item = EntityNo> {
        self.words
            .iter()
            .zip((0..).step_by(64))
            .flat_map(move |(word, start)| bits(*word).map(move |bit| self.numbered(start + bit)))
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
        let theirs = |at: usize| other.words.get(at).copied().unwrap_or_default();
        let plainly =
            self.words.iter().zip((0..).step_by(64)).enumerate().flat_map(move |(at, (word, start))| {
                bits(word & !theirs(at)).map(move |bit| self.numbered(start + bit))
            });
        // The same number can mean another entity; generations are shared where none ended.
        let both = |at: usize| (at as u32).checked_add(1).filter(|no| self.bit(*no) && other.bit(*no));
        let reused = self.generations.unlike(&other.generations).filter_map(both).map(|no| self.numbered(no));
        plainly.chain(reused.filter(|entity| !other.contains(*entity)))
    }

    fn bit(&self, no: u32) -> bool {
        self.words.get(no as usize / 64).is_some_and(|word| word >> (no % 64) & 1 != 0)
    }

    fn numbered(&self, no: u32) -> EntityNo {
        let generation = self.generations.get((no as usize).wrapping_sub(1)).copied().unwrap_or_default();
        EntityNo { no, generation }
    }

    /// Returns what is in both sets. O(highest number / 64).
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let both = self.words.iter().zip(other.words.iter()).map(|(ours, theirs)| ours & theirs).collect();
        let mut both = Self { words: Arc::new(both), generations: self.generations.clone() };
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

fn bits(mut word: u64) -> impl Iterator<Item = u32> {
    core::iter::from_fn(move || {
        let bit = word.trailing_zeros();
        (word != 0).then(|| {
            word &= word - 1;
            bit
        })
    })
}
