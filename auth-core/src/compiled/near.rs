//! The bits of the areas and domains with the lowest numbers, which is nearly all there are.

use policy_merge::Subcategory;

use super::NumberedRules;
use crate::directory::{NEAR_AREAS, NEAR_DOMAINS, Place};

/// Bits by number, in arrays of one length: an index that is cut to that length needs no look at where the end is.
///
/// What it says is right for ordinary places alone, whose area and domain are not beyond it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Near {
    /// Each entity has exactly one place here, if only that of no area; so these are also with what every entity gets.
    areas: [u8; NEAR_AREAS],
    domains: [u8; NEAR_DOMAINS],
}

impl Default for Near {
    fn default() -> Self {
        Self { areas: [0; NEAR_AREAS], domains: [0; NEAR_DOMAINS] }
    }
}

impl Near {
    /// Adds what rules say of areas and domains by name.
    pub(super) fn add(&mut self, rules: &NumberedRules) {
        set(&mut self.areas, rules, Subcategory::AreaIds);
        set(&mut self.domains, rules, Subcategory::Domains);
    }

    /// Adds what every entity gets.
    pub(super) fn add_everywhere(&mut self, bits: u8) {
        self.areas.iter_mut().for_each(|own| *own |= bits);
    }

    /// Returns what an ordinary entity gets by area, by domain and as every entity; `None` for another.
    #[inline(always)]
    pub(super) fn get(&self, place: &Place) -> Option<u8> {
        place.is_ordinary().then(|| at(&self.areas, place.area()) | at(&self.domains, place.domain()))
    }
}

/// Returns the bits of a number, if that is below `N`, and of another one if it is not.
#[inline(always)]
fn at<const N: usize>(bits: &[u8; N], no: u32) -> u8 {
    bits.get(no as usize % N).copied().unwrap_or(0)
}

fn set(bits: &mut [u8], rules: &NumberedRules, subcategory: Subcategory) {
    for (no, permissions) in rules.list(subcategory) {
        if let Some(place) = bits.get_mut(*no as usize) {
            *place |= permissions.bits();
        }
    }
}
