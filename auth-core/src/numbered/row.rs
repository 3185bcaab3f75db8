//! How names are kept, hashed and compared.

use alloc::sync::Arc;
use core::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;

/// A name and its value. With a value of 20 bytes it is 64 bytes long and lies on one line of the cache.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(super) struct Row<T> {
    pub(super) value: T,
    /// The next number that is free, for one that is; `u32::MAX` for one in use.
    pub(super) next_free: u32,
    text: Text,
}

#[derive(Clone, Debug)]
enum Text {
    Short { len: u8, bytes: [u8; ROOM] },
    Long(Arc<str>),
}

/// The longest name that fits into a row, in bytes.
const ROOM: usize = 38;

/// A name to be looked up.
pub(super) trait Name: Copy {
    /// Returns a hash. Equal for equal names, of whatever type.
    fn hash(&self, state: &RandomState) -> u64;

    /// Tells whether a row has this name.
    fn is<T>(&self, row: &Row<T>) -> bool;
}

/// A name from 16 bytes to as many as fit in a row, as most entity ids are: hashed and compared as three numbers, which
/// is half the work of hashing and comparing texts of any length.
///
/// The numbers overlap: the first 16 bytes, the last, and (from 33 on, else zero) the next to the first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Middling {
    len: u8,
    head: u128,
    middle: u128,
    tail: u128,
}

impl Middling {
    /// Reads a name; `None` if it is shorter or longer.
    #[inline(always)]
    pub(super) fn new(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (head, tail) = (bytes.first_chunk()?, bytes.last_chunk()?);
        let len = u8::try_from(bytes.len()).ok().filter(|len| usize::from(*len) <= ROOM)?;
        let middle = if len > 32 { middle_of(bytes) } else { 0 };
        Some(Self { len, head: u128::from_ne_bytes(*head), middle, tail: u128::from_ne_bytes(*tail) })
    }
}

#[inline(always)]
fn middle_of(bytes: &[u8]) -> u128 {
    let middle = bytes.get(16..).and_then(<[u8]>::first_chunk);
    middle.map_or(0, |middle| u128::from_ne_bytes(*middle))
}

impl Name for Middling {
    #[inline(always)]
    fn hash(&self, state: &RandomState) -> u64 {
        let mut hasher = state.build_hasher();
        // The length keeps apart what the overlap makes alike.
        hasher.write_u128(self.head ^ u128::from(self.len));
        hasher.write_u128(self.tail ^ self.middle);
        hasher.finish()
    }

    #[inline(always)]
    fn is<T>(&self, row: &Row<T>) -> bool {
        let Text::Short { len, bytes } = &row.text else { return false };
        let end = usize::from(self.len);
        let number = |bytes: Option<&[u8; 16]>| bytes.map(|bytes| u128::from_ne_bytes(*bytes));
        *len == self.len
            && number(bytes.first_chunk()) == Some(self.head)
            && number(bytes.get(end.wrapping_sub(16)..end).and_then(<[u8]>::first_chunk)) == Some(self.tail)
            && (self.len <= 32 || middle_of(bytes) == self.middle)
    }
}

impl Name for &str {
    fn hash(&self, state: &RandomState) -> u64 {
        if let Some(middling) = Middling::new(self) {
            return middling.hash(state);
        }
        let mut hasher = state.build_hasher();
        hasher.write(self.as_bytes());
        hasher.finish()
    }

    fn is<T>(&self, row: &Row<T>) -> bool {
        row.name() == Some(*self)
    }
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
        Self { value: T::default(), next_free: IN_USE, text }
    }

    /// Returns the row of a number that is free.
    pub(super) fn free(next_free: u32) -> Self {
        Self { value: T::default(), next_free, text: Text::Short { len: 0, bytes: [0; ROOM] } }
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
            _ if self.next_free != IN_USE => None,
            Text::Short { len, bytes } => core::str::from_utf8(bytes.get(..usize::from(*len))?).ok(),
            Text::Long(name) => Some(name),
        }
    }

    pub(super) const fn is_free(&self) -> bool {
        self.next_free != IN_USE
    }
}

/// `next_free` of a number that is in use.
const IN_USE: u32 = u32::MAX;
