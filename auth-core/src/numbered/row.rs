//! One name with its value, in one line of the cache.

/// A row. With a value of 20 bytes it is 64 bytes long and lies on one line.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(super) struct Row<T> {
    pub(super) value: T,
    /// The next number that is free, for a row that is; `u32::MAX` for one in use.
    pub(super) next_free: u32,
    pub(super) text: Text,
}

/// A short text in place, or the mark of a long one that is kept elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    len: u8,
    bytes: [u8; Text::ROOM],
}

impl Text {
    const ROOM: usize = 39;
    const LONG: u8 = u8::MAX;

    /// Returns the text, if there is room for it.
    pub(super) fn new(text: &str) -> Option<Self> {
        let mut bytes = [0; Self::ROOM];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self { len: u8::try_from(text.len()).ok()?, bytes })
    }

    /// Returns the text in place; `None` if it is a long one.
    #[inline]
    pub(super) fn inline(&self) -> Option<&[u8]> {
        self.bytes.get(..usize::from(self.len))
    }
}

impl Default for Text {
    fn default() -> Self {
        Self { len: Self::LONG, bytes: [0; Self::ROOM] }
    }
}

impl<T: Default> Default for Row<T> {
    fn default() -> Self {
        Self { value: T::default(), next_free: 0, text: Text::default() }
    }
}
