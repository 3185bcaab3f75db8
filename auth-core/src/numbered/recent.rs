//! The small table: what changed since the big one was made.

use alloc::vec::Vec;

use super::{base::Base, index::tag_of, row::Row};

/// Rows that stand in place of those of the big table, or beside them.
#[derive(Clone, Debug)]
pub(super) struct Recent<T> {
    /// A bit for each remainder of a number that is here: most look-ups see from it that theirs is not.
    filter: [u64; WORDS],
    /// In order, and beside them their rows.
    numbers: Vec<u32>,
    rows: Vec<Row<T>>,
    /// Parts of the hashes of names that are not in the big table, or have another number there, and beside them the
    /// numbers. So few are looked through from end to end sooner than in order, and copied sooner.
    tags: Vec<u32>,
    added: Vec<u32>,
}

const WORDS: usize = 64;

/// With more rows than this, a new big table is due: then the copies of this one would be what costs.
const FULL: usize = 256;

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { filter: [0; WORDS], numbers: Vec::new(), rows: Vec::new(), tags: Vec::new(), added: Vec::new() }
    }
}

impl<T: Clone + Default> Recent<T> {
    /// Tells whether there may be a row with this number. A load.
    #[inline(always)]
    pub(super) fn may_have(&self, no: u32) -> bool {
        let word = self.filter.get(no as usize / 64 % WORDS);
        word.is_some_and(|word| word >> (no % 64) & 1 != 0)
    }

    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) const fn is_full(&self) -> bool {
        self.rows.len() >= FULL
    }

    #[cfg(test)]
    pub(super) const fn len(&self) -> usize {
        self.rows.len()
    }

    #[inline(never)]
    pub(super) fn row(&self, no: u32) -> Option<&Row<T>> {
        self.rows.get(self.find(no).ok()?)
    }

    /// Returns the number and value of a name that was added, by its hash.
    pub(super) fn look_up(&self, name: &str, hash: u64) -> Option<(u32, &T)> {
        let alike = self.tags.iter().zip(&self.added).filter(|(tag, _)| **tag == tag_of(hash));
        let mut rows = alike.filter_map(|(_, no)| Some((*no, self.row(*no)?)));
        rows.find(|(_, row)| row.is(name)).map(|(no, row)| (no, &row.value))
    }

    /// Returns a row for a change; `original` makes it if it is not here yet.
    pub(super) fn row_mut(&mut self, no: u32, original: impl FnOnce() -> Row<T>) -> Option<&mut Row<T>> {
        let at = match self.find(no) {
            Ok(at) => at,
            Err(at) => {
                self.numbers.insert(at, no);
                self.rows.insert(at, original());
                if let Some(word) = self.filter.get_mut(no as usize / 64 % WORDS) {
                    *word |= 1 << (no % 64);
                }
                at
            }
        };
        self.rows.get_mut(at)
    }

    /// Gives a number to a name that has none.
    pub(super) fn add(&mut self, no: u32, name: &str, hash: u64) {
        if let Some(row) = self.row_mut(no, Row::default) {
            *row = Row::new(name);
        }
        self.tags.push(tag_of(hash));
        self.added.push(no);
    }

    /// Takes a name out; `row` is that of a free number.
    pub(super) fn remove(&mut self, no: u32, row: Row<T>) {
        if let Some(at) = self.added.iter().position(|other| *other == no) {
            self.tags.swap_remove(at);
            self.added.swap_remove(at);
        }
        if let Some(place) = self.row_mut(no, Row::default) {
            *place = row;
        }
    }

    /// Makes all of it part of the big table.
    pub(super) fn fold_into(self, base: &mut Base<T>) {
        let same_name = |base: &Base<T>, no: u32, row: &Row<T>| base.row(no).and_then(Row::name) == row.name();
        // What goes makes room for what comes: a name may have gone from one number and come to another.
        for (no, row) in self.numbers.iter().zip(&self.rows) {
            if !same_name(base, *no, row) {
                base.remove(*no, Row::free(0));
            }
        }
        for (no, row) in self.numbers.into_iter().zip(self.rows) {
            match base.row_mut(no) {
                Some(place) if place.name() == row.name() => *place = row,
                _ => base.put(no, row),
            }
        }
    }

    fn find(&self, no: u32) -> Result<usize, usize> {
        // Numbers given out in order are added at the end.
        match self.numbers.last() {
            Some(last) if *last < no => Err(self.numbers.len()),
            _ => self.numbers.binary_search(&no),
        }
    }
}
