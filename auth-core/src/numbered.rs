//! A map from names to numbered rows that is fast to read, cheap to copy and cheap to change.
//!
//! What everything here is looked up in: entities, devices, areas, groups, users. Most of it lies in one flat table that
//! copies share and nobody changes; what changed since that was made lies in a small one beside it. So a change costs the
//! same in a home of a thousand entities and of a hundred thousand, but for one in some hundreds, which makes the big
//! table anew. A reader goes from a slot of the index to a row, which holds name and value in one line of the cache.

mod base;
mod chunks;
mod generations;
mod index;
mod keys;
mod recent;
mod row;

use alloc::{string::String, sync::Arc};

use base::Base;
pub(crate) use generations::Generations;
use recent::Recent;
use row::{Middling, Row};

/// Names and their rows. A name has a number from 1 on as long as it is here; a number given out again has another
/// generation.
#[derive(Clone, Debug)]
pub(crate) struct Numbered<T> {
    base: Arc<Base<T>>,
    /// What stands in place of, or beside, what `base` says.
    recent: Arc<Recent<T>>,
    generations: Generations,
    len: u32,
    /// The first number that is free again; the row of each names the next.
    free: u32,
    /// The highest number ever given out.
    high: u32,
}

/// The highest number: bits above it are free for others to use.
pub(crate) const MAX: u32 = (1 << 28) - 1;

impl<T: Clone + Default> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            base: Arc::default(),
            recent: Arc::default(),
            generations: Generations::default(),
            len: 0,
            free: 0,
            high: 0,
        }
    }
}

impl<T: Clone + Default> Numbered<T> {
    /// Returns the number of a name, zero if it has none. One hash look-up.
    pub(crate) fn find(&self, name: &str) -> u32 {
        self.look_up(name).map_or(0, |(no, _)| no)
    }

    /// Returns the number and the value of a name. One hash look-up: a bucket of slots, then the row.
    #[inline(always)]
    pub(crate) fn look_up(&self, name: &str) -> Option<(u32, &T)> {
        self.guess(name).or_else(|| self.look_up_surely(name))
    }

    /// Returns the number and the value of a name if they are where they most probably are: not a name that is very short
    /// or long, nor one that was pushed from its place in the index, nor one that changed lately.
    #[inline(always)]
    pub(crate) fn guess(&self, name: &str) -> Option<(u32, &T)> {
        let (no, row) = self.base.guess(Middling::new(name)?)?;
        self.is_settled(no).then_some((no, &row.value))
    }

    #[inline(never)]
    fn look_up_surely(&self, name: &str) -> Option<(u32, &T)> {
        let hash = self.base.hash(name);
        match self.base.look_up(name, hash) {
            // The name may have gone, and its number have another.
            Some((no, row)) => match self.recent.row(no) {
                None => Some((no, &row.value)),
                Some(row) if row.is(name) => Some((no, &row.value)),
                Some(_) => self.recent.look_up(name, hash),
            },
            None => self.recent.look_up(name, hash),
        }
    }

    /// Returns what belongs to a number, which need not be in use: free ones have the default. A load or two.
    #[inline(always)]
    pub(crate) fn get(&self, no: u32) -> Option<&T> {
        self.row(no).map(|row| &row.value)
    }

    /// Returns what belongs to a number, if nothing changed there lately.
    #[inline(always)]
    pub(crate) fn settled(&self, no: u32) -> Option<&T> {
        let row = self.base.row(no)?;
        self.is_settled(no).then_some(&row.value)
    }

    /// Tells whether the big table is right about a number for sure.
    #[inline(always)]
    fn is_settled(&self, no: u32) -> bool {
        self.recent.is_empty() || !self.recent.may_have(no)
    }

    /// Tells whether a number belongs to a name. Cheaper than looking the name up.
    pub(crate) fn is_called(&self, no: u32, name: &str) -> bool {
        self.row(no).is_some_and(|row| row.is(name))
    }

    /// Returns a number's name; `None` if the number is free.
    pub(crate) fn name(&self, no: u32) -> Option<&str> {
        self.row(no)?.name()
    }

    /// Returns how often each number was given out before.
    pub(crate) const fn generations(&self) -> &Generations {
        &self.generations
    }

    /// Returns the value of a number for a change.
    pub(crate) fn get_mut(&mut self, no: u32) -> Option<&mut T> {
        // Zero is "none" and has nothing.
        self.row(no).filter(|_| no != 0)?;
        self.row_mut(no).map(|row| &mut row.value)
    }

    /// Returns the number of a name, giving it one if it has none.
    ///
    /// Zero (which means "none" everywhere) if there are two hundred million names, which no memory holds.
    pub(crate) fn intern(&mut self, name: &str) -> u32 {
        let known = self.find(name);
        if known != 0 {
            return known;
        }
        let no = if self.free != 0 { self.free } else { self.high.saturating_add(1) };
        if no > MAX {
            return 0;
        }
        if self.free == no {
            self.free = self.row(no).map_or(0, Row::next_free);
        }
        self.high = self.high.max(no);
        self.len += 1;
        match self.base_mut() {
            Some(base) => base.put(no, Row::new(name)),
            None => {
                let hash = self.base.hash(name);
                Arc::make_mut(&mut self.recent).add(no, name, hash);
            }
        }
        no
    }

    /// Forgets a name. Its number may be given to another, in its next generation.
    pub(crate) fn remove(&mut self, no: u32) {
        if self.name(no).is_none() {
            return;
        }
        // A number that has had all its generations is not given out again.
        let spent = self.generations.renew(no) == u32::MAX;
        let row = Row::free(if spent { 0 } else { self.free });
        match self.base_mut() {
            Some(base) => base.remove(no, row),
            None => Arc::make_mut(&mut self.recent).remove(no, row),
        }
        if !spent {
            self.free = no;
        }
        self.len -= 1;
    }

    /// Ends a number's generation while its name stays.
    pub(crate) fn renew(&mut self, no: u32) {
        self.generations.renew(no);
    }

    /// Iterates over numbers, names and values, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &str, &T)> {
        (1..=self.high).filter_map(|no| Some((no, self.name(no)?, self.get(no)?)))
    }

    /// Iterates over numbers and values, by number; those that are free have the default.
    pub(crate) fn values(&self) -> impl Iterator<Item = (u32, &T)> {
        let rows = self.base.rows();
        let beyond = u32::try_from(rows.len()).unwrap_or(u32::MAX)..=self.high;
        let here = (0u32..).zip(rows).map(|(no, row)| {
            let changed = if self.recent.may_have(no) { self.recent.row(no) } else { None };
            (no, &changed.unwrap_or(row).value)
        });
        here.chain(beyond.filter_map(|no| Some((no, &self.recent.row(no)?.value))))
    }

    /// Returns how many names there are.
    pub(crate) const fn len(&self) -> usize {
        self.len as usize
    }

    /// Returns the highest number that was ever given out.
    pub(crate) const fn high(&self) -> u32 {
        self.high
    }

    #[inline(always)]
    fn row(&self, no: u32) -> Option<&Row<T>> {
        if self.recent.may_have(no)
            && let Some(row) = self.recent.row(no)
        {
            return Some(row);
        }
        self.base.row(no)
    }

    fn row_mut(&mut self, no: u32) -> Option<&mut Row<T>> {
        if self.base_mut().is_some() {
            return self.base_mut()?.row_mut(no);
        }
        let base = &self.base;
        Arc::make_mut(&mut self.recent).row_mut(no, || base.row(no).cloned().unwrap_or_default())
    }

    /// Returns the big table for a change, if nobody else has it, or if too much stands beside it: then it is made anew.
    fn base_mut(&mut self) -> Option<&mut Base<T>> {
        // Nobody can come by another count of what only we have.
        if Arc::strong_count(&self.base) > 1 && !self.recent.is_full() {
            return None;
        }
        let base = Arc::make_mut(&mut self.base);
        if !self.recent.is_empty() {
            let recent = Arc::unwrap_or_clone(core::mem::take(&mut self.recent));
            recent.fold_into(base);
        }
        Some(base)
    }
}

/// Makes bits by number long enough for a number, those that were not there being zero.
pub(crate) fn reach(words: &mut Arc<[u64]>, no: u32) {
    let missing = (no as usize / 64 + 1).saturating_sub(words.len());
    if missing > 0 {
        *words = words.iter().copied().chain(core::iter::repeat_n(0, missing)).collect();
    }
}

/// Returns some numbers as a name: equal for equal numbers in the same order.
pub(crate) fn key_of<'a>(numbers: impl IntoIterator<Item = &'a u32>) -> String {
    let digit = |no: u32, at: u32| char::from_digit(no >> (4 * at) & 15, 16).unwrap_or_default();
    numbers.into_iter().flat_map(|no| (0..8).map(move |at| digit(*no, at))).collect()
}

#[cfg(test)]
mod tests;
