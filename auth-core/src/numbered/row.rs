//! How names are kept, hashed and compared.

use alloc::sync::Arc;
use core::hash::Hasher;

use super::keys::Keys;

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
    pub(super) fn hash(self, keys: &Keys) -> Option<u64> {
        let [head, middle, tail] = parts(self.0)?.map(in_halves);
        let mut hasher = keys.hasher();
        // Each part goes through the hash by itself: if two were joined first, or one with the length, names could be
        // chosen that collide whatever the keys are.
        hasher.write_u128(head);
        hasher.write_u128(middle);
        hasher.write_u128(tail);
        // What the overlap makes alike, such as the same letter 20 and 21 times.
        Some(hasher.finish().rotate_left(u32::from(self.0.len() as u8)))
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
pub(super) fn hash(name: &str, keys: &Keys) -> u64 {
    if let Some(hash) = Middling::new(name).and_then(|name| name.hash(keys)) {
        return hash;
    }
    let mut hasher = keys.hasher();
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
    use alloc::{collections::BTreeSet, format, string::String, vec::Vec};

    use super::*;

    /// Names whose parts differ from one another's by the same, so that their difference stays, and names of all lengths
    /// whose parts are alike, or would be with the length in one of them: a hash of those alone would be the same whatever
    /// its keys.
    #[test]
    fn names_cannot_be_chosen_to_collide() {
        let mut names = BTreeSet::new();
        for len in PART..=ROOM {
            let step = len.saturating_sub(2 * PART).max(1);
            for (at, letter) in (0..len).flat_map(|at| ('a'..='z').map(move |letter| (at, letter))) {
                let is_changed = |n: usize| n >= at && (n - at).is_multiple_of(step);
                names.insert((0..len).map(|n| if is_changed(n) { letter } else { 'a' }).collect::<String>());
            }
            for letter in b'a'..=b'z' {
                let first = char::from(letter ^ len as u8);
                names.extend(first.is_ascii().then(|| format!("{first}{}", "a".repeat(len - 1))));
            }
        }
        let keys = Keys::default();
        let mut hashes = BTreeSet::new();
        for name in &names {
            let middling = Middling::new(name).unwrap();
            assert_eq!(middling.hash(&keys), Some(hash(name, &keys)), "{name}");
            hashes.insert(hash(name, &keys));
        }
        assert_eq!(hashes.len(), names.len());
        let others = Keys::default();
        assert!(names.iter().all(|name| hash(name, &keys) != hash(name, &others)), "each table has its own keys");
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

    #[test]
    fn two_parts_that_differ_by_the_same_make_another_name() {
        for len in PART..=ROOM {
            let name: String = "abcdefgh".chars().cycle().take(len).collect();
            let row = Row::<u32>::new(&name);
            for (one, other) in (0..len).flat_map(|one| (0..one).map(move |other| (one, other))) {
                let flipped = |(n, own)| if n == one || n == other { own ^ 16 } else { own };
                let changed: String = name.bytes().enumerate().map(flipped).map(char::from).collect();
                assert!(!Middling::new(&changed).unwrap().is(&row), "{name} {changed}");
            }
        }
    }
}
