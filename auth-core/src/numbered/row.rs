//! How names are kept, hashed and compared.

use alloc::sync::Arc;
use core::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;

/// A name and its value. With a value of 16 bytes it is 64 bytes long and lies on one line of the cache.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(super) struct Row<T> {
    pub(super) value: T,
    text: Text,
}

#[derive(Clone, Debug)]
enum Text {
    Short {
        len: u8,
        bytes: [u8; ROOM],
    },
    Long(Arc<str>),
    /// Nobody has the number; the next one that is free, or zero.
    Free {
        next: u32,
    },
}

/// The longest name that fits into a row, in bytes.
const ROOM: usize = 46;

/// A name from 16 bytes to as many as fit in a row, as most entity ids are: hashed and compared in three parts, which is
/// half the work of hashing and comparing texts of any length, and the same for each of them: no branch on a length.
///
/// The parts overlap: the first 16 bytes, the next 16 or, if there are fewer, the last, and the last 16.
#[derive(Clone, Copy, Debug)]
pub(super) struct Middling<'a>(&'a [u8]);

impl<'a> Middling<'a> {
    /// Reads a name; `None` if it is shorter or longer.
    #[inline(always)]
    pub(super) const fn new(text: &'a str) -> Option<Self> {
        if text.len() >= PART && text.len() <= ROOM { Some(Self(text.as_bytes())) } else { None }
    }

    /// Returns a hash, the same as [`hash`] of the whole.
    #[inline(always)]
    pub(super) fn hash(self, state: &RandomState) -> Option<u64> {
        let [head, middle, tail] = parts(self.0)?.map(in_halves);
        let mut hasher = state.build_hasher();
        // The length keeps apart what the overlap makes alike. Each part goes through the hash by itself: if two were
        // joined first, names could be chosen that collide whatever the key is.
        hasher.write_u128(head ^ self.0.len() as u128);
        hasher.write_u128(middle);
        hasher.write_u128(tail);
        Some(hasher.finish())
    }

    /// Tells whether a row has this name.
    #[inline(always)]
    pub(super) fn is<T>(self, row: &Row<T>) -> bool {
        let Text::Short { len, bytes } = &row.text else { return false };
        if usize::from(*len) != self.0.len() {
            return false;
        }
        let (Some(own), Some(other)) = (bytes.get(..self.0.len()).and_then(parts), parts(self.0)) else { return false };
        let ([head, middle, tail], [other_head, other_middle, other_tail]) = (own.map(whole), other.map(whole));
        // All at once, and not as far as they are alike.
        (head ^ other_head) | (middle ^ other_middle) | (tail ^ other_tail) == 0
    }
}

#[inline(always)]
fn parts(name: &[u8]) -> Option<[&[u8; PART]; 3]> {
    // In these words the compiler sees that nothing is out of bounds.
    let middle = name.get(..name.len().min(2 * PART))?.last_chunk()?;
    Some([name.first_chunk()?, middle, name.last_chunk()?])
}

/// Reads a part for a comparison.
#[inline(always)]
fn whole(part: &[u8; PART]) -> u128 {
    u128::from_ne_bytes(*part)
}

/// Reads a part for arithmetic. The same number, but the compiler then keeps the halves in registers of their own, and what
/// it compares in those for vectors.
#[inline(always)]
fn in_halves(part: &[u8; PART]) -> u128 {
    let half = |half: Option<&[u8; PART / 2]>| half.map_or(0, |half| u128::from(u64::from_le_bytes(*half)));
    half(part.first_chunk()) | half(part.last_chunk()) << 64
}

const PART: usize = size_of::<u128>();

/// Returns a name's hash.
pub(super) fn hash(name: &str, state: &RandomState) -> u64 {
    if let Some(hash) = Middling::new(name).and_then(|name| name.hash(state)) {
        return hash;
    }
    let mut hasher = state.build_hasher();
    hasher.write(name.as_bytes());
    hasher.finish()
}

impl<T: Default> Row<T> {
    /// Returns the row of a number in use.
    pub(super) fn new(name: &str) -> Self {
        let mut bytes = [0; ROOM];
        let text = match (u8::try_from(name.len()), bytes.get_mut(..name.len())) {
            (Ok(len), Some(place)) => {
                place.copy_from_slice(name.as_bytes());
                Text::Short { len, bytes }
            }
            _ => Text::Long(Arc::from(name)),
        };
        Self { value: T::default(), text }
    }

    /// Returns the row of a number that is free, as is the `next` one, if that is not zero.
    pub(super) fn free(next: u32) -> Self {
        Self { value: T::default(), text: Text::Free { next } }
    }
}

impl<T: Default> Default for Row<T> {
    fn default() -> Self {
        Self::free(0)
    }
}

impl<T> Row<T> {
    /// Returns the name; `None` if the number is free.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.text {
            Text::Short { len, bytes } => core::str::from_utf8(bytes.get(..usize::from(*len))?).ok(),
            Text::Long(name) => Some(name),
            Text::Free { .. } => None,
        }
    }

    /// Tells whether this is the row of a name.
    pub(super) fn is(&self, name: &str) -> bool {
        match &self.text {
            Text::Short { len, bytes } => bytes.get(..usize::from(*len)) == Some(name.as_bytes()),
            Text::Long(own) => **own == *name,
            Text::Free { .. } => false,
        }
    }

    /// Returns the next number that is free after this one that is; zero if there is none.
    pub(super) const fn next_free(&self) -> u32 {
        match self.text {
            Text::Free { next } => next,
            Text::Short { .. } | Text::Long(_) => 0,
        }
    }

    pub(super) const fn is_free(&self) -> bool {
        matches!(self.text, Text::Free { .. })
    }
}

#[cfg(test)]
mod tests {
    use alloc::{collections::BTreeSet, string::String, vec::Vec};

    use super::*;

    /// Changes what two parts of the name have in common, so that their difference stays: a hash of that alone would be
    /// the same for all of them, whatever its key.
    #[test]
    fn names_cannot_be_chosen_to_collide() {
        for len in 16..=ROOM {
            let state = RandomState::default();
            let mut hashes = BTreeSet::new();
            let step = len.saturating_sub(32).max(1);
            let changed = |at: usize, letter| {
                let is_changed = |n: usize| n >= at && (n - at).is_multiple_of(step);
                (0..len).map(|n| if is_changed(n) { letter } else { 'a' }).collect::<String>()
            };
            let starts = 0..len;
            let names: BTreeSet<_> = starts.flat_map(|at| ('a'..='z').map(move |letter| changed(at, letter))).collect();
            for name in &names {
                let middling = Middling::new(name).unwrap();
                assert_eq!(middling.hash(&state), Some(hash(name, &state)), "{name}");
                hashes.insert(hash(name, &state));
            }
            assert_eq!(hashes.len(), names.len(), "{len}");
        }
    }

    #[test]
    fn a_name_is_itself_and_no_other() {
        let names: Vec<String> = (0..=60).map(|len| "abcdefgh".chars().cycle().take(len).collect()).collect();
        let changed = names.iter().flat_map(|name| {
            (0..name.len()).map(|at| name.char_indices().map(|(n, own)| if n == at { 'x' } else { own }).collect())
        });
        let others: Vec<String> = changed.chain(names.iter().cloned()).collect();
        for name in &names {
            let row = Row::<u32>::new(name);
            assert_eq!((row.name(), row.is_free()), (Some(name.as_str()), false));
            for other in &others {
                assert_eq!(row.is(other), name == other, "{name} {other}");
                let middling = Middling::new(other);
                assert_eq!(middling.is_some(), (16..=ROOM).contains(&other.len()), "{other}");
                assert!(middling.is_none_or(|middling| middling.is(&row) == (name == other)), "{name} {other}");
            }
        }
    }
}
