//! The big table: a flat index, and a flat list of rows by number.

use alloc::{sync::Arc, vec::Vec};

use super::{
    index::Index,
    row::{Middling, Row},
};

/// Names and values in flat tables. Cloning copies the rows; the index is shared until a name comes or goes.
#[derive(Clone, Debug)]
pub(super) struct Base<T> {
    index: Arc<Index>,
    /// By number; the first is nobody's.
    rows: Vec<Row<T>>,
}

impl<T> Default for Base<T> {
    fn default() -> Self {
        Self { index: Arc::default(), rows: Vec::new() }
    }
}

impl<T: Clone + Default> Base<T> {
    /// Returns the row of a name, if it is the one that it probably is. One bucket, then the row.
    #[inline(always)]
    pub(super) fn guess(&self, name: Middling<'_>) -> Option<(u32, &Row<T>)> {
        let no = self.index.guess(name)?;
        let row = self.row(no)?;
        name.is(row).then_some((no, row))
    }

    /// Returns a name's hash, which is the same for this table's copies.
    pub(super) fn hash(&self, name: &str) -> u64 {
        self.index.hash(name)
    }

    /// Returns the row of a name by its hash.
    pub(super) fn look_up(&self, name: &str, hash: u64) -> Option<(u32, &Row<T>)> {
        let no = self.index.find(hash, |no| self.row(no).is_some_and(|row| row.is(name)))?;
        self.row(no).map(|row| (no, row))
    }

    #[inline(always)]
    pub(super) fn row(&self, no: u32) -> Option<&Row<T>> {
        self.rows.get(no as usize)
    }

    pub(super) fn rows(&self) -> &[Row<T>] {
        &self.rows
    }

    #[cfg(test)]
    pub(super) fn n_slots_taken(&self) -> usize {
        self.index.n_taken()
    }

    #[cfg(test)]
    pub(super) const fn capacity(&self) -> usize {
        self.rows.capacity()
    }

    pub(super) fn row_mut(&mut self, no: u32) -> Option<&mut Row<T>> {
        self.rows.get_mut(no as usize)
    }

    /// Puts a row in place of that of a free number.
    pub(super) fn put(&mut self, no: u32, row: Row<T>) {
        let wanted = no as usize + 1;
        if self.rows.capacity() < wanted {
            // A little more than there is, and not twice as much.
            self.rows.reserve_exact((wanted - self.rows.len()).max(self.rows.len() / 32));
        }
        if self.rows.len() < wanted {
            self.rows.resize_with(wanted, Row::default);
        }
        let is_free = row.is_free();
        if let Some(place) = self.rows.get_mut(no as usize) {
            *place = row;
        }
        if !is_free {
            let rows = &self.rows;
            let name_of = |no: u32| rows.get(no as usize).and_then(Row::name).unwrap_or_default();
            Arc::make_mut(&mut self.index).insert(no, name_of);
        }
    }

    /// Takes a name out; `row` is that of a free number.
    pub(super) fn remove(&mut self, no: u32, row: Row<T>) {
        if self.row(no).is_none_or(Row::is_free) {
            return;
        }
        let rows = &self.rows;
        let name_of = |no: u32| rows.get(no as usize).and_then(Row::name).unwrap_or_default();
        Arc::make_mut(&mut self.index).remove(no, name_of);
        if let Some(place) = self.rows.get_mut(no as usize) {
            *place = row;
        }
    }
}
