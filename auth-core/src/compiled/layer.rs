//! Permission bits by number, where most numbers have none.

use alloc::{boxed::Box, vec, vec::Vec};

use policy_merge::Permissions;

/// Bytes by number: in one piece where that is not much more than the rules they come from, else in pages of 64, of which
/// those exist that have a bit. So a layer is as large as its rules, but for two bytes for each page.
///
/// All numbers that there were when it was made have a place, with or without a bit: whether one lies beyond the end is
/// a branch on what a look-up found, and if it were guessed wrong, all that was begun meanwhile would be thrown away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    Flat(Box<[u8]>),
    Paged {
        /// Which page each 64 numbers have; zero is the empty one.
        pages: Box<[u16]>,
        bytes: Box<[[u8; PAGE]]>,
    },
}

const PAGE: usize = 64;

/// Numbers below this are in one piece, however few have bits.
const LOW: usize = 2048;
/// So many bytes a rule are not much.
const FEW: usize = 16;

impl Default for Layer {
    fn default() -> Self {
        Self::Flat(Box::default())
    }
}

impl Layer {
    /// Returns a number's bits. A load, or two.
    #[inline(always)]
    pub(super) fn get(&self, no: u32) -> u8 {
        match self {
            Self::Flat(bytes) => bytes.get(no as usize).copied().unwrap_or(0),
            Self::Paged { pages, bytes } => {
                let page = pages.get(no as usize / PAGE).copied().unwrap_or(0);
                bytes.get(usize::from(page)).and_then(|page| page.get(no as usize % PAGE)).copied().unwrap_or(0)
            }
        }
    }

    /// Returns the layer of some rules, each list with its numbers in order, and how far its bits are moved up; `high`
    /// is the highest number there is.
    ///
    /// Zero is "none", and no rule has it.
    pub(super) fn new<'a>(lists: impl Iterator<Item = (&'a [(u32, Permissions)], u32)> + Clone, high: u32) -> Self {
        let (mut n_rules, mut highest) = (0, high as usize);
        for (rules, _) in lists.clone() {
            n_rules += rules.len();
            highest = highest.max(rules.last().map_or(0, |(no, _)| *no as usize));
        }
        if n_rules == 0 {
            return Self::default();
        }
        if highest >= LOW && highest > FEW * n_rules && n_rules < usize::from(u16::MAX) {
            return Self::in_pages(lists, highest);
        }
        let mut flat = vec![0; highest + 1];
        for (rules, shift) in lists {
            for (no, permissions) in rules {
                if let Some(byte) = flat.get_mut(*no as usize) {
                    *byte |= permissions.bits() << shift;
                }
            }
        }
        Self::Flat(flat.into())
    }

    fn in_pages<'a>(lists: impl Iterator<Item = (&'a [(u32, Permissions)], u32)>, highest: usize) -> Self {
        let mut pages = vec![0u16; highest / PAGE + 1];
        let mut bytes: Vec<[u8; PAGE]> = vec![[0; PAGE]];
        for (rules, shift) in lists {
            for (no, permissions) in rules {
                let at = *no as usize;
                let Some(page) = pages.get_mut(at / PAGE) else { continue };
                if *page == 0 {
                    // No more pages than rules.
                    *page = u16::try_from(bytes.len()).unwrap_or_default();
                    bytes.push([0; PAGE]);
                }
                if let Some(byte) = bytes.get_mut(*page as usize).and_then(|page| page.get_mut(at % PAGE)) {
                    *byte |= permissions.bits() << shift;
                }
            }
        }
        Self::Paged { pages: pages.into(), bytes: bytes.into() }
    }

    /// Returns every bit that some number has.
    pub(super) fn any(&self) -> u8 {
        let bytes = match self {
            Self::Flat(bytes) => bytes,
            Self::Paged { bytes, .. } => bytes.as_flattened(),
        };
        bytes.iter().fold(0, |any, bits| any | bits)
    }
}
