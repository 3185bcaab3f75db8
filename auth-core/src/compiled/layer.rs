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

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;

    use super::*;

    /// Makes a layer of rules at these numbers, in two lists whose bits lie beside one another, and compares every number.
    #[track_caller]
    fn check(numbers: &[u32], high: u32, is_paged: bool) {
        let bits = |no: u32, at: u32| Permissions::from_bits(u8::try_from((no / 3 + at) % 7 + 1).unwrap());
        let list = |at: usize| -> Vec<_> {
            let own = numbers.iter().enumerate().filter(|(n, _)| n % 3 != at);
            own.map(|(_, no)| (*no, bits(*no, u32::try_from(at).unwrap()))).collect()
        };
        let lists = [list(0), list(1)];
        let layer = Layer::new(lists.iter().zip([0, 3]).map(|(list, shift)| (list.as_slice(), shift)), high);
        assert_eq!(matches!(layer, Layer::Paged { .. }), is_paged, "{} rules up to {high}", numbers.len());
        let mut expected = BTreeMap::<u32, u8>::new();
        for (list, shift) in lists.iter().zip([0, 3]) {
            list.iter().for_each(|(no, bits)| *expected.entry(*no).or_default() |= bits.bits() << shift);
        }
        for no in 0..high.max(numbers.last().copied().unwrap_or(0)) + 200 {
            assert_eq!(layer.get(no), expected.get(&no).copied().unwrap_or(0), "{no}");
        }
        assert_eq!(layer.any(), expected.values().fold(0, |any, bits| any | bits));
        if let Layer::Paged { pages, bytes } = &layer {
            // Every number that there was has a place, and no page is empty but the one that all without bits share.
            assert_eq!(pages.len(), high as usize / PAGE + 1);
            assert!(bytes.iter().skip(1).all(|page| page.iter().any(|bits| *bits != 0)));
            assert!(bytes.first().is_some_and(|page| *page == [0; PAGE]));
        }
    }

    #[test]
    fn every_number_has_its_bits_in_either_form() {
        let spread = |step: usize, high: u32| (1..=high).step_by(step).collect::<Vec<_>>();
        check(&[], 5000, false);
        check(&[1, 2, 3], 100, false);
        check(&spread(100, 2000), 2000, false);
        check(&spread(10, 5000), 5000, false);
        check(&spread(100, 5000), 5000, true);
        check(&[1, 63, 64, 65, 127, 128, 4095, 4096, 4999], 5000, true);
        check(&[5000], 5000, true);
        check(&[2047], 2047, false);
        check(&[2048], 2048, true);
        // Rules for numbers that were given out since.
        check(&[7, 9000], 9000, true);
        // Just as many as are much, and one more number.
        check(&spread(16, 4096), 4096, false);
    }
}
