//! From hashes to numbers: a hash table in shards that copies share.

use alloc::{sync::Arc, vec::Vec};
use core::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;

/// Numbers by the hash of their names. Linear probing in shards of fixed size; a change copies one shard.
///
/// Names come from devices and integrations, so the hash is keyed at random for each table: whoever chooses names cannot
/// choose where they collide.
#[derive(Clone, Debug)]
pub(super) struct Index {
    state: RandomState,
    shards: Arc<[Arc<Shard>]>,
}

/// Slots of a number below and the upper half of its hash above; zero is empty.
type Shard = [u64; SLOTS];

const SLOTS: usize = 512;

/// A shard fuller than this makes all of them twice as many.
const FULL: usize = SLOTS / 8 * 7;

impl Default for Index {
    fn default() -> Self {
        Self { state: RandomState::default(), shards: Arc::from([Arc::new([0; SLOTS])]) }
    }
}

impl Index {
    #[inline]
    pub(super) fn hash(&self, name: &[u8]) -> u64 {
        let mut hasher = self.state.build_hasher();
        hasher.write(name);
        hasher.finish()
    }

    /// Offers every number that may belong to `hash`, until one is taken.
    #[inline]
    pub(super) fn probe(&self, hash: u64, mut take: impl FnMut(u32) -> bool) {
        let Some(shard) = self.shards.get(self.shard_of(hash)) else { return };
        let mut at = slot_of(hash);
        // Ends at an empty slot: no shard is ever full.
        while let Some(slot) = shard.get(at % SLOTS).copied().filter(|slot| *slot != 0) {
            if slot >> 32 == hash >> 32 && take(number(slot)) {
                return;
            }
            at += 1;
        }
    }

    /// Adds the number of a name that is not here yet. `name_of` gives the names of those that are, for when room must
    /// be made.
    pub(super) fn insert<'a>(&mut self, name: &[u8], no: u32, name_of: impl Fn(u32) -> &'a [u8]) {
        while !self.try_insert(self.hash(name), no) {
            self.grow(&name_of);
        }
    }

    /// Takes a number out and closes the gap, so that what was pushed past it is found.
    pub(super) fn remove(&mut self, hash: u64, no: u32) {
        let at = self.shard_of(hash);
        let Some(shard) = Arc::make_mut(&mut self.shards).get_mut(at).map(Arc::make_mut) else { return };
        let start = slot_of(hash);
        let Some(mut gap) = (start..start + SLOTS).find(|at| slot_at(shard, *at) == pack(hash, no)) else { return };
        let mut next = gap;
        loop {
            next += 1;
            let slot = slot_at(shard, next);
            if slot == 0 {
                break;
            }
            // A slot may move into the gap unless its own start lies behind it.
            let start = home_of(slot);
            if (next % SLOTS).wrapping_sub(start) % SLOTS >= (next % SLOTS).wrapping_sub(gap) % SLOTS {
                put(shard, gap, slot);
                gap = next;
            }
        }
        put(shard, gap, 0);
    }

    fn try_insert(&mut self, hash: u64, no: u32) -> bool {
        let at = self.shard_of(hash);
        let Some(shard) = Arc::make_mut(&mut self.shards).get_mut(at).map(Arc::make_mut) else { return false };
        if shard.iter().filter(|slot| **slot != 0).count() >= FULL {
            return false;
        }
        let start = slot_of(hash);
        let Some(free) = (start..start + SLOTS).find(|at| slot_at(shard, *at) == 0) else { return false };
        put(shard, free, pack(hash, no));
        true
    }

    fn grow<'a>(&mut self, name_of: &impl Fn(u32) -> &'a [u8]) {
        let n_shards = self.shards.len() * 2;
        let old: Vec<u32> = self
            .shards
            .iter()
            .flat_map(|shard| shard.iter())
            .filter(|slot| **slot != 0)
            .map(|slot| number(*slot))
            .collect();
        self.shards = (0..n_shards).map(|_| Arc::new([0; SLOTS])).collect();
        for no in old {
            // Each shard becomes two: what fitted before fits now.
            self.try_insert(self.hash(name_of(no)), no);
        }
    }

    #[inline]
    fn shard_of(&self, hash: u64) -> usize {
        // There is a power of two of them.
        hash as usize & (self.shards.len() - 1)
    }
}

/// Where a hash starts to look. From the upper half, which is kept in the slot.
#[inline]
const fn slot_of(hash: u64) -> usize {
    (hash >> 32) as usize % SLOTS
}

const fn home_of(slot: u64) -> usize {
    slot_of(slot)
}

const fn pack(hash: u64, no: u32) -> u64 {
    hash >> 32 << 32 | no as u64
}

#[inline]
const fn number(slot: u64) -> u32 {
    slot as u32
}

fn slot_at(shard: &Shard, at: usize) -> u64 {
    shard.get(at % SLOTS).copied().unwrap_or_default()
}

fn put(shard: &mut Shard, at: usize, slot: u64) {
    if let Some(place) = shard.get_mut(at % SLOTS) {
        *place = slot;
    }
}
