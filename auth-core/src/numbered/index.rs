//! From names to numbers, where the names themselves are in the rows.

use alloc::{boxed::Box, vec};

use foldhash::fast::RandomState;

use super::row::Name;

/// Numbers by the hash of their names; linear probing in a flat table of four bytes a slot, at most five eighths full.
///
/// Names come from devices and integrations, so the hash is keyed at random for each table: whoever chooses names cannot
/// choose where they collide.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    state: RandomState,
    /// A number in the bits of `mask`, and above it as many bits of the hash as fit; zero is empty. A power of two of
    /// them, or none.
    slots: Box<[u32]>,
    mask: u32,
    len: usize,
}

/// The least slots that there are, if any.
const FEW: usize = 8;

impl Index {
    /// Returns the number of a name; `is_it` tells of each number that may be it.
    #[inline(always)]
    pub(super) fn find(&self, name: &impl Name, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let hash = name.hash(&self.state);
        let mut at = self.home_of(hash);
        // Ends at an empty slot, of which there always are.
        loop {
            let slot = *self.slots.get(at)?;
            if (slot ^ tag_of(hash)) & !self.mask == 0 && is_it(slot & self.mask) {
                return Some(slot & self.mask);
            }
            if slot == 0 {
                return None;
            }
            at = self.after(at);
        }
    }

    /// Adds a number that is not here yet. `name_of` gives its name, and those of others when room must be made.
    pub(super) fn insert<'a>(&mut self, no: u32, name_of: impl Fn(u32) -> &'a str) {
        if (self.len + 1) * 8 > self.slots.len() * 5 || no > self.mask {
            let larger = vec![0; ((self.len + 1) * 2).next_power_of_two().max(FEW)].into();
            let old = core::mem::replace(&mut self.slots, larger);
            let old_mask = self.mask;
            // Room for numbers until the next time at least.
            self.mask = self.mask.max(no.saturating_mul(2).max(1).next_power_of_two().wrapping_sub(1));
            for slot in old.iter().filter(|slot| **slot != 0) {
                self.put(name_of(slot & old_mask).hash(&self.state), slot & old_mask);
            }
        }
        self.put(name_of(no).hash(&self.state), no);
        self.len += 1;
    }

    /// Takes a number out and closes the gap, so that what was pushed past it is found. `name_of` gives its name, and
    /// those of others.
    pub(super) fn remove<'a>(&mut self, no: u32, name_of: impl Fn(u32) -> &'a str) {
        let mut gap = self.home_of(name_of(no).hash(&self.state));
        while self.number_at(gap) != no {
            if self.number_at(gap) == 0 {
                return;
            }
            gap = self.after(gap);
        }
        let mut next = self.after(gap);
        while self.number_at(next) != 0 {
            // A slot may move into the gap unless its own start lies behind that.
            let home = self.home_of(name_of(self.number_at(next)).hash(&self.state));
            if self.distance(home, next) >= self.distance(gap, next) {
                self.set(gap, self.slots.get(next).copied().unwrap_or_default());
                gap = next;
            }
            next = self.after(next);
        }
        self.set(gap, 0);
        self.len -= 1;
    }

    fn put(&mut self, hash: u64, no: u32) {
        let mut at = self.home_of(hash);
        while self.number_at(at) != 0 {
            at = self.after(at);
        }
        self.set(at, tag_of(hash) & !self.mask | no);
    }

    /// Where a hash starts to look. Not the bits that are kept.
    #[inline(always)]
    const fn home_of(&self, hash: u64) -> usize {
        hash as usize & self.slots.len().wrapping_sub(1)
    }

    #[inline(always)]
    const fn after(&self, at: usize) -> usize {
        at.wrapping_add(1) & self.slots.len().wrapping_sub(1)
    }

    /// How many slots lie between one and another, going on from the end to the beginning.
    const fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & self.slots.len().wrapping_sub(1)
    }

    fn number_at(&self, at: usize) -> u32 {
        self.slots.get(at).map_or(0, |slot| slot & self.mask)
    }

    fn set(&mut self, at: usize, slot: u32) {
        if let Some(place) = self.slots.get_mut(at) {
            *place = slot;
        }
    }
}

/// The upper half of a hash.
#[inline(always)]
const fn tag_of(hash: u64) -> u32 {
    (hash >> 32) as u32
}
