//! A vector in chunks that copies share until one of them changes.

use alloc::{sync::Arc, vec::Vec};

/// Values by index, `N` to a chunk; `N` is a power of two. Cloning is one count; a change copies the chunk concerned
/// and the list of chunks, unless nobody else has them.
///
/// Chunks that were never written to are one and the same.
#[derive(Clone, Debug)]
pub(crate) struct Chunks<T, const N: usize> {
    chunks: Arc<[Arc<[T; N]>]>,
}

impl<T, const N: usize> Default for Chunks<T, N> {
    fn default() -> Self {
        Self { chunks: Arc::from(Vec::new()) }
    }
}

impl<T: Clone + Default, const N: usize> Chunks<T, N> {
    /// Returns a value; `None` beyond the last chunk. Two loads.
    #[inline(always)]
    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        self.chunks.get(at / N)?.get(at % N)
    }

    /// Returns a value for a change.
    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        let chunk = Arc::make_mut(&mut self.chunks).get_mut(at / N)?;
        Arc::make_mut(chunk).get_mut(at % N)
    }

    /// Makes room for at least `n` values; new ones have the default.
    pub(crate) fn reserve(&mut self, n: usize) {
        let (wanted, have) = (n.div_ceil(N), self.chunks.len());
        if wanted <= have {
            return;
        }
        let empty = Arc::new(core::array::from_fn(|_| T::default()));
        let wanted = wanted.max(have + have / 16);
        self.chunks = self.chunks.iter().cloned().chain((have..wanted).map(|_| Arc::clone(&empty))).collect();
    }

    /// Iterates over the places at which this and `other` may differ: those whose chunks are not the same.
    pub(crate) fn unlike<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = usize> + 'a {
        let longest = self.chunks.len().max(other.chunks.len());
        let same = |n: usize| match (self.chunks.get(n), other.chunks.get(n)) {
            (Some(ours), Some(theirs)) => Arc::ptr_eq(ours, theirs),
            (ours, theirs) => ours.is_none() && theirs.is_none(),
        };
        (0..longest).filter(move |n| !same(*n)).flat_map(|n| n * N..(n + 1) * N)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Small = Chunks<u32, 4>;

    #[test]
    fn values_are_where_they_were_put_and_copies_differ_where_they_changed() {
        let mut chunks = Small::default();
        assert!(chunks.get(0).is_none() && chunks.get_mut(0).is_none());
        chunks.reserve(13);
        assert_eq!((chunks.get(15), chunks.get(16)), (Some(&0), None));
        let before = chunks.clone();
        assert_eq!(chunks.unlike(&before).count(), 0);
        *chunks.get_mut(9).unwrap() = 7;
        assert_eq!((chunks.get(9), chunks.get(8), before.get(9)), (Some(&7), Some(&0), Some(&0)));
        // As far as the chunk goes in which something changed.
        let unlike: Vec<usize> = chunks.unlike(&before).collect();
        assert_eq!(unlike, [8, 9, 10, 11]);
        assert_eq!(before.unlike(&chunks).collect::<Vec<_>>(), unlike);
        // What only one of them has.
        chunks.reserve(17);
        assert_eq!(before.unlike(&chunks).collect::<Vec<_>>(), [8, 9, 10, 11, 16, 17, 18, 19]);
    }

    #[test]
    fn there_is_room_for_a_sixteenth_more() {
        let mut chunks = Small::default();
        chunks.reserve(4 * 160);
        assert_eq!(chunks.chunks.len(), 160);
        chunks.reserve(4 * 160 + 1);
        assert_eq!(chunks.chunks.len(), 170);
        chunks.reserve(4 * 200);
        assert_eq!(chunks.chunks.len(), 200);
        chunks.reserve(4);
        assert_eq!(chunks.chunks.len(), 200);
    }
}
