//! A map from names to numbered rows that is cheap to copy and cheap to change.
//!
//! What everything here is looked up in: entities, devices, areas, groups, users. A snapshot shares all but a few
//! kilobytes with the one before it, so a change costs the same in a home of a thousand entities and of a hundred
//! thousand. Readers follow two pointers more than in a flat table and find a name's row, place included, in one line
//! of the cache.

mod chunks;
mod index;
mod row;

use alloc::sync::Arc;

pub(crate) use chunks::Chunks;
use index::Index;
use row::{Row, Text};

/// How often each number was given out before, by number less one.
pub(crate) type Generations = Chunks<u32, 1024>;

/// Names and their rows. A name has a number from 1 on as long as it is here; a number given out again has another
/// generation.
#[derive(Clone, Debug)]
pub(crate) struct Numbered<T, const CHUNK: usize> {
    index: Index,
    /// By number less one.
    rows: Chunks<Row<T>, CHUNK>,
    /// Names that do not fit into their rows, by number less one.
    long: Chunks<Option<Arc<str>>, 64>,
    /// How often each number was given out before, by number less one.
    generations: Generations,
    len: u32,
    /// The first number that is free again; the row of each names the next.
    free: u32,
    /// How many numbers were ever given out.
    high: u32,
}

impl<T: Clone + Default, const CHUNK: usize> Default for Numbered<T, CHUNK> {
    fn default() -> Self {
        Self {
            index: Index::default(),
            rows: Chunks::default(),
            long: Chunks::default(),
            generations: Chunks::default(),
            len: 0,
            free: 0,
            high: 0,
        }
    }
}

impl<T: Clone + Default, const CHUNK: usize> Numbered<T, CHUNK> {
    /// Returns the number of a name, zero if it has none. One hash look-up.
    pub(crate) fn find(&self, name: &str) -> u32 {
        self.look_up(name).map_or(0, |(no, _)| no)
    }

    /// Returns the number and the row of a name. One hash look-up: a slot, then the row that holds name and value.
    #[inline]
    pub(crate) fn look_up(&self, name: &str) -> Option<(u32, &T)> {
        let hash = self.index.hash(name.as_bytes());
        let mut found = None;
        self.index.probe(hash, |no| {
            let Some(row) = self.row(no) else { return false };
            let same = match row.text.inline() {
                Some(text) => text == name.as_bytes(),
                None => self.long_text(no) == Some(name),
            };
            if same {
                found = Some((no, &row.value));
            }
            same
        });
        found
    }

    /// Returns what belongs to a number, which need not be in use: free ones have the default. A few loads.
    #[inline]
    pub(crate) fn get(&self, no: u32) -> Option<&T> {
        self.row(no).map(|row| &row.value)
    }

    /// Returns a number's name; `None` if the number is free.
    pub(crate) fn name(&self, no: u32) -> Option<&str> {
        let row = self.row(no)?;
        if row.next_free != IN_USE {
            return None;
        }
        match row.text.inline() {
            Some(text) => core::str::from_utf8(text).ok(),
            None => self.long_text(no),
        }
    }

    /// Returns how often each number was given out before.
    pub(crate) const fn generations(&self) -> &Generations {
        &self.generations
    }

    /// Returns the value of a number for a change; copies the rows around it if they are shared.
    pub(crate) fn get_mut(&mut self, no: u32) -> Option<&mut T> {
        self.rows.get_mut(no.checked_sub(1)? as usize).map(|row| &mut row.value)
    }

    /// Returns the number of a name, giving it one if it has none.
    ///
    /// Zero (which means "none" everywhere) if there are four thousand million names, which no memory holds.
    pub(crate) fn intern(&mut self, name: &str) -> u32 {
        let known = self.find(name);
        if known != 0 {
            return known;
        }
        let no = if self.free != 0 { self.free } else { self.high.saturating_add(1) };
        if no > Self::MAX {
            return 0;
        }
        let at = no as usize - 1;
        let text = Text::new(name);
        if text.is_none() {
            self.long.reserve(at + 1);
            if let Some(long) = self.long.get_mut(at) {
                *long = Some(Arc::from(name));
            }
        }
        self.rows.reserve(at + 1);
        if let Some(row) = self.rows.get_mut(at) {
            if self.free == no {
                self.free = row.next_free;
            }
            *row = Row { text: text.unwrap_or_default(), next_free: IN_USE, value: T::default() };
        }
        self.generations.reserve(at + 1);
        self.high = self.high.max(no);
        self.len += 1;
        let (rows, long) = (&self.rows, &self.long);
        self.index.insert(name.as_bytes(), no, |no| name_of(rows, long, no));
        no
    }

    /// Forgets a name. Its number may be given to another, in its next generation.
    pub(crate) fn remove(&mut self, no: u32) {
        let Some(name) = self.name(no) else { return };
        let hash = self.index.hash(name.as_bytes());
        self.index.remove(hash, no);
        let at = no as usize - 1;
        if self.long.get(at).is_some_and(Option::is_some)
            && let Some(long) = self.long.get_mut(at)
        {
            *long = None;
        }
        let Some(generation) = self.generations.get_mut(at) else { return };
        *generation = generation.saturating_add(1);
        // A number that has had all its generations is not given out again.
        let spent = *generation == u32::MAX;
        if let Some(row) = self.rows.get_mut(at) {
            *row = Row { next_free: if spent { 0 } else { self.free }, ..Row::default() };
        }
        if !spent {
            self.free = no;
        }
        self.len -= 1;
    }

    /// Ends a number's generation while its name stays.
    pub(crate) fn renew(&mut self, no: u32) {
        let at = (no as usize).wrapping_sub(1);
        let Some(generation) = self.generations.get_mut(at) else { return };
        *generation = generation.saturating_add(1);
    }

    /// Iterates over numbers, names and values, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &str, &T)> {
        (1..=self.high).filter_map(|no| Some((no, self.name(no)?, self.get(no)?)))
    }

    /// Returns how many names there are.
    pub(crate) const fn len(&self) -> usize {
        self.len as usize
    }

    /// Returns the highest number that was ever given out.
    pub(crate) const fn high(&self) -> u32 {
        self.high
    }

    /// Numbers stay below this, so that they can be counted in `u32` everywhere.
    const MAX: u32 = u32::MAX - 1;

    #[inline]
    fn row(&self, no: u32) -> Option<&Row<T>> {
        self.rows.get((no as usize).wrapping_sub(1))
    }

    fn long_text(&self, no: u32) -> Option<&str> {
        self.long.get((no as usize).wrapping_sub(1))?.as_deref()
    }
}

/// `next_free` of a row that is in use.
const IN_USE: u32 = u32::MAX;

/// Returns the name of a number in use, as the index needs it to make more room.
fn name_of<'a, T: Clone + Default, const CHUNK: usize>(
    rows: &'a Chunks<Row<T>, CHUNK>,
    long: &'a Chunks<Option<Arc<str>>, 64>,
    no: u32,
) -> &'a [u8] {
    let at = (no as usize).wrapping_sub(1);
    let long = || long.get(at).and_then(Option::as_deref).unwrap_or_default().as_bytes();
    rows.get(at).and_then(|row| row.text.inline()).unwrap_or_else(long)
}

#[cfg(test)]
mod tests;
