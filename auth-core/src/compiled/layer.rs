//! Permission bits by number, where most numbers have none.

use alloc::{vec, vec::Vec};

/// Bytes by number, in pages of 64. A page is there if one of its numbers has a bit, so a layer is as large as the
/// policy that it comes from, but for four bytes for each page of numbers below the highest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layer {
    /// Where each page starts; zero is the empty page.
    pages: Vec<u32>,
    bytes: Vec<u8>,
}

const PAGE: usize = 64;

impl Layer {
    /// Returns a number's bits. Two loads.
    #[inline]
    pub(super) fn get(&self, no: u32) -> u8 {
        let no = no as usize;
        match self.pages.get(no / PAGE) {
            None => 0,
            Some(page) => self.bytes.get(*page as usize + no % PAGE).copied().unwrap_or(0),
        }
    }

    /// Adds bits to a number. Zero is "none" and never has any.
    pub(super) fn put(&mut self, no: u32, bits: u8) {
        if no == 0 || bits == 0 {
            return;
        }
        let at = no as usize;
        if self.pages.len() <= at / PAGE {
            self.pages.resize(at / PAGE + 1, 0);
        }
        if self.bytes.is_empty() {
            self.bytes = vec![0; PAGE];
        }
        let Some(page) = self.pages.get_mut(at / PAGE) else { return };
        if *page == 0 {
            // As many bytes as there are numbers at most, which are counted in `u32`.
            let Ok(start) = u32::try_from(self.bytes.len()) else { return };
            *page = start;
            self.bytes.resize(self.bytes.len() + PAGE, 0);
        }
        if let Some(byte) = self.bytes.get_mut(*page as usize + at % PAGE) {
            *byte |= bits;
        }
    }

    /// Returns every bit that some number has.
    pub(super) fn any(&self) -> u8 {
        self.bytes.iter().fold(0, |any, bits| any | bits)
    }
}
