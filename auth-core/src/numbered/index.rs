//! From names to numbers, where the names themselves are in the rows.

use alloc::{boxed::Box, vec};

use super::{
    keys::Keys,
    row::{Middling, hash},
};

/// Numbers by the hash of their names, in buckets of some slots that are looked at all at once; what does not fit into its
/// bucket is in the next one that has room. At most two fifths full.
///
/// A look-up guesses from the slots of one bucket which number it can be, without a branch on any of them: nobody could
/// guess that branch right, and a wrong guess throws away the look-ups that were begun meanwhile. The name then says
/// whether it is; the other buckets are looked through by those few that were pushed out of theirs, or are not there.
///
/// The hash is keyed at random for each table: whoever chooses names cannot choose where they collide.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    keys: Keys,
    /// A power of two of them, or none.
    buckets: Box<[Bucket]>,
    /// The bits of a slot that are the number.
    mask: u32,
    len: usize,
}

/// Numbers, each with as many bits of the hash above it as fit; zero is an empty slot. The empty ones are the last.
#[derive(Clone, Debug, Default)]
#[repr(align(16))]
struct Bucket([u32; SLOTS]);

const SLOTS: usize = 4;

/// The least slots that there are, if any.
const FEW: usize = 8;

impl Index {
    /// Returns the number that a name probably has, if any; zero if probably none.
    #[inline(always)]
    pub(super) fn guess(&self, name: Middling<'_>) -> Option<u32> {
        let hash = name.hash(&self.keys)?;
        let bucket = self.buckets.get(self.home_of(hash))?;
        Some(bucket.guess(tag_of(hash), self.mask))
    }

    /// Returns a name's hash, which is the same for this table's copies.
    pub(super) fn hash(&self, name: &str) -> u64 {
        hash(name, &self.keys)
    }

    /// Returns the number of a name by its hash; `is_it` tells of each number that may be it.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let alike = |slot: &&u32| (**slot ^ tag_of(hash)) & !self.mask == 0 && **slot != 0;
        let mut at = self.home_of(hash);
        // Ends at a bucket with room, of which there always are.
        loop {
            let bucket = self.buckets.get(at)?;
            let mut numbers = bucket.0.iter().filter(alike).map(|slot| slot & self.mask);
            let found = numbers.find(|no| is_it(*no));
            if found.is_some() || bucket.has_room() {
                return found;
            }
            at = self.after(at);
        }
    }

    /// Adds a number that is not here yet. `name_of` gives its name, and those of others when room must be made.
    pub(super) fn insert<'a>(&mut self, no: u32, name_of: impl Fn(u32) -> &'a str) {
        if (self.len + 1) * 5 > self.buckets.len() * SLOTS * 2 || no > self.mask {
            let n_slots = ((self.len + 1) * 3).next_power_of_two().max(FEW);
            let old = core::mem::replace(&mut self.buckets, vec![Bucket::default(); n_slots / SLOTS].into());
            let old_mask = self.mask;
            // Room for numbers until the next time at least.
            self.mask = self.mask.max(no.saturating_mul(2).max(1).next_power_of_two().wrapping_sub(1));
            for slot in old.iter().flat_map(|bucket| bucket.0).filter(|slot| *slot != 0) {
                self.put(self.hash(name_of(slot & old_mask)), slot & old_mask);
            }
        }
        self.put(self.hash(name_of(no)), no);
        self.len += 1;
    }

    /// Takes a number out and fills the gap with what was pushed past it, so that it is still found. `name_of` gives its
    /// name, and those of others.
    pub(super) fn remove<'a>(&mut self, no: u32, name_of: impl Fn(u32) -> &'a str) {
        let mut gap = self.home_of(self.hash(name_of(no)));
        let mut was_full;
        loop {
            let Some(bucket) = self.buckets.get_mut(gap) else { return };
            was_full = !bucket.has_room();
            if bucket.take(|slot| slot & self.mask == no) {
                break;
            }
            if !was_full {
                return;
            }
            gap = self.after(gap);
        }
        self.len -= 1;
        let mut at = gap;
        // Nothing was pushed past a bucket that had room.
        while was_full {
            at = self.after(at);
            let pushed = |slot: u32| {
                let home = self.home_of(self.hash(name_of(slot & self.mask)));
                self.distance(home, at) >= self.distance(gap, at)
            };
            let Some(bucket) = self.buckets.get(at) else { return };
            was_full = !bucket.has_room();
            let Some(slot) = bucket.0.into_iter().find(|slot| *slot != 0 && pushed(*slot)) else { continue };
            if let Some(bucket) = self.buckets.get_mut(at) {
                bucket.take(|other| other == slot);
            }
            if let Some(bucket) = self.buckets.get_mut(gap) {
                bucket.put(slot);
            }
            gap = at;
        }
    }

    fn put(&mut self, hash: u64, no: u32) {
        let slot = tag_of(hash) & !self.mask | no;
        let mut at = self.home_of(hash);
        while self.buckets.get_mut(at).is_some_and(|bucket| !bucket.put(slot)) {
            at = self.after(at);
        }
    }

    #[cfg(test)]
    pub(super) fn n_taken(&self) -> usize {
        self.buckets.iter().flat_map(|bucket| bucket.0).filter(|slot| *slot != 0).count()
    }

    /// Where a hash starts to look. Not the bits that are kept.
    #[inline(always)]
    const fn home_of(&self, hash: u64) -> usize {
        hash as usize & self.buckets.len().wrapping_sub(1)
    }

    const fn after(&self, at: usize) -> usize {
        at.wrapping_add(1) & self.buckets.len().wrapping_sub(1)
    }

    /// How many buckets lie between one and another, going on from the end to the beginning.
    const fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & self.buckets.len().wrapping_sub(1)
    }
}

impl Bucket {
    /// Returns the number that has these bits of a hash; zero if none has, and nothing of use if several have.
    #[inline(always)]
    fn guess(&self, tag: u32, mask: u32) -> u32 {
        let number = |slot: u32| if (slot ^ tag) & !mask == 0 { slot & mask } else { 0 };
        self.0.iter().fold(0, |found, slot| found | number(*slot))
    }

    const fn has_room(&self) -> bool {
        let [.., last] = self.0;
        last == 0
    }

    /// Puts a slot in if there is room, and tells whether there was.
    fn put(&mut self, slot: u32) -> bool {
        let empty = self.0.iter_mut().find(|slot| **slot == 0);
        empty.map(|empty| *empty = slot).is_some()
    }

    /// Takes a slot out, closes the gap, and tells whether it was there.
    fn take(&mut self, which: impl Fn(u32) -> bool) -> bool {
        let at = self.0.iter().position(|slot| *slot != 0 && which(*slot));
        let Some(slots) = at.and_then(|at| self.0.get_mut(at..)) else { return false };
        slots.rotate_left(1);
        if let Some(last) = slots.last_mut() {
            *last = 0;
        }
        true
    }
}

/// The upper half of a hash.
#[inline(always)]
pub(super) const fn tag_of(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use alloc::{collections::BTreeSet, format, string::String, vec::Vec};
    use core::cell::Cell;

    use super::*;

    /// Looks for every name, and for as many that are not there.
    #[track_caller]
    fn check(index: &Index, names: &[String], here: &BTreeSet<usize>) {
        for (no, name) in names.iter().enumerate().skip(1) {
            let found = index.find(index.hash(name), |found| names.get(found as usize) == Some(name));
            assert_eq!(found, here.contains(&no).then_some(no as u32), "{name}");
            let guess = Middling::new(name).and_then(|name| index.guess(name));
            let guessed = guess.is_some_and(|guess| guess as usize == no);
            assert!(!guessed || here.contains(&no), "what was taken out is not guessed: {name}");
        }
    }

    /// In tables that are as full as they get, so that buckets run over, also from the last to the first.
    #[test]
    fn what_was_pushed_from_its_bucket_is_found_and_comes_back() {
        let mut n_pushed = 0;
        for round in 0..40 {
            let names: Vec<String> = (0..820).map(|n| format!("light.of_round_{round}_{n}")).collect();
            let name_of = |no: u32| names.get(no as usize).map(String::as_str).unwrap_or_default();
            let (mut index, mut here) = (Index::default(), BTreeSet::new());
            for no in 1..819 {
                index.insert(no as u32, name_of);
                here.insert(no);
            }
            check(&index, &names, &here);
            let guessed = here.iter().filter(|no| {
                let name = names.get(**no).and_then(|name| Middling::new(name));
                name.and_then(|name| index.guess(name)) == Some(**no as u32)
            });
            n_pushed += here.len() - guessed.count();
            for step in [3, 2, 1] {
                for no in (1..819).step_by(step) {
                    index.remove(no as u32, name_of);
                    here.remove(&no);
                }
                check(&index, &names, &here);
                // Whatever is left lies in the first bucket on its way that has room.
                for no in &here {
                    let mut at = index.home_of(index.hash(name_of(*no as u32)));
                    while !index.buckets[at].0.iter().any(|slot| slot & index.mask == *no as u32) {
                        assert!(!index.buckets[at].has_room(), "{no} lies behind a gap");
                        at = index.after(at);
                    }
                }
            }
            assert_eq!((index.len, here.len()), (0, 0));
            assert!(index.buckets.iter().all(|bucket| bucket.0 == [0; SLOTS]));
        }
        assert!((40..4_000).contains(&n_pushed), "{n_pushed}");
    }

    #[test]
    fn a_third_or_so_of_all_slots_are_taken() {
        let names: Vec<String> = (0..3_000).map(|n| format!("light.number_{n}")).collect();
        let n_asked = Cell::new(0);
        let name_of = |no: u32| {
            n_asked.set(n_asked.get() + 1);
            names.get(no as usize).map(String::as_str).unwrap_or_default()
        };
        let mut index = Index::default();
        for no in 1..names.len() {
            index.insert(no as u32, name_of);
            // Room is made for many at once: names are put in again a few times, however many there are.
            assert!(n_asked.get() <= 4 * no, "{} names were asked for to put {no} in", n_asked.get());
            let n_slots = index.buckets.len() * SLOTS;
            assert!(n_slots.is_power_of_two() && no * 5 <= n_slots * 2, "{no} in {n_slots}");
            assert!(n_slots <= (no * 5).next_power_of_two().max(FEW), "{no} in {n_slots}");
            assert!(no > 3 || n_slots == FEW, "{no} in {n_slots}");
            // Room for numbers, and as many bits of the hash as that leaves.
            assert!(no <= index.mask as usize && index.mask as usize <= 4 * no, "{no} of {}", index.mask);
        }
        check(&index, &names, &(1..names.len()).collect());
    }

    /// A number that does not fit beside the bits of the hash makes room for as many names as numbers in order would.
    #[test]
    fn a_high_number_makes_room_for_names_too() {
        let name_of = |no: u32| if no == 1_000 { "light.high" } else { ["", "a", "b", "c", "d", "e"][no as usize] };
        let mut index = Index::default();
        (1..=5).for_each(|no| index.insert(no, name_of));
        assert_eq!(index.buckets.len() * SLOTS, 16);
        index.insert(1_000, name_of);
        assert_eq!((index.buckets.len() * SLOTS, index.mask), (32, 2_047));
        assert_eq!(index.find(index.hash("light.high"), |_| true), Some(1_000));
    }
}
