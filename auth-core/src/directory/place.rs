//! Where an entity is, in numbers.

/// The numbers of whatever an entity belongs to; zero stands for "none". 16 bytes, so that a row of the directory has
/// room for a name beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) device: u32,
    area: u32,
    /// Floor and labels together, since few entities have any.
    pub(crate) tags: u32,
    /// The domain's number, and above it the marks.
    domain: u32,
}

/// It is in a registry.
const PRESENT: u32 = 1 << 31;
/// A policy speaks of it by its id, or did.
const NAMED: u32 = 1 << 30;
/// Its number was another one's before, or its own before it was removed.
const RENEWED: u32 = 1 << 29;
/// Its area or its domain has a number beyond those that masks have at hand.
const FAR: u32 = 1 << 28;
const MARKS: u32 = PRESENT | NAMED | RENEWED | FAR;

/// Areas and domains with numbers below these are at hand. Nearly every home has fewer.
pub(crate) const NEAR_AREAS: usize = 512;
pub(crate) const NEAR_DOMAINS: usize = 128;

const _: () = assert!(crate::numbered::MAX & MARKS == 0, "a domain's number must not reach the marks");

impl Place {
    /// Returns the place of an entity of a domain that is nowhere else and in no registry.
    pub(crate) const fn new(domain: u32) -> Self {
        Self { device: 0, area: 0, tags: 0, domain }.measured()
    }

    #[inline(always)]
    pub(crate) const fn area(&self) -> u32 {
        self.area
    }

    #[inline(always)]
    pub(crate) const fn domain(&self) -> u32 {
        self.domain & !MARKS
    }

    /// Tells whether the entity is in a registry.
    #[inline(always)]
    pub(crate) const fn is_present(&self) -> bool {
        self.domain & PRESENT != 0
    }

    /// Tells whether a policy speaks of the entity by its id, or did: the rules of most entities need not be looked for.
    #[inline(always)]
    pub(crate) const fn is_named(&self) -> bool {
        self.domain & NAMED != 0
    }

    /// Tells whether the entity is like most: no policy speaks of it by its id, and its area and domain are at hand.
    #[inline(always)]
    pub(crate) const fn is_ordinary(&self) -> bool {
        self.domain & (NAMED | FAR) == 0
    }

    /// The same, and it is in a registry under a number that is in its first generation.
    #[inline(always)]
    pub(crate) const fn is_ordinary_and_first(&self) -> bool {
        self.domain & MARKS == PRESENT
    }

    /// Returns it as that of an entity in a registry; `is_first` says whether its number is in its first generation.
    pub(crate) const fn present(mut self, is_first: bool) -> Self {
        self.domain |= if is_first { PRESENT } else { PRESENT | RENEWED };
        self
    }

    pub(crate) const fn named(mut self, named: bool) -> Self {
        self.domain |= if named { NAMED } else { 0 };
        self
    }

    pub(crate) const fn in_area(self, area: u32) -> Self {
        Self { area, ..self }.measured()
    }

    pub(crate) const fn in_domain(mut self, domain: u32) -> Self {
        self.domain = self.domain & MARKS | domain;
        self.measured()
    }

    const fn measured(mut self) -> Self {
        let is_far = self.area as usize >= NEAR_AREAS || self.domain() as usize >= NEAR_DOMAINS;
        self.domain = self.domain & !FAR | if is_far { FAR } else { 0 };
        self
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::{Directory, Whereabouts};

    const NAME: &str = "light.of_the_bedroom";

    #[test]
    fn ordinary_entities_take_the_short_road_and_all_others_the_long_one() {
        let mut directory = Directory::default();
        directory.place_entity(NAME, Whereabouts::default());
        let (no, place) = directory.guess(NAME).unwrap();
        assert!(no != 0 && place.is_ordinary());
        let first = directory.entity(NAME).unwrap();
        assert!(directory.ordinary_place(first).is_some());
        // Its number in its second generation.
        directory.remove_entity(NAME);
        assert!(directory.ordinary_place(first).is_none() && directory.place(first).is_none());
        directory.place_entity(NAME, Whereabouts::default());
        let second = directory.entity(NAME).unwrap();
        assert_ne!(second, first);
        assert!(directory.ordinary_place(second).is_none() && directory.place(second).is_some());
        assert!(directory.ordinary_place(first).is_none() && directory.place(first).is_none());
    }

    #[test]
    fn numbers_beyond_those_at_hand_are_marked() {
        let mut directory = Directory::default();
        for n in 1..NEAR_AREAS + 3 {
            let area = format!("area_{n}");
            let name = format!("light.in_area_number_{n}");
            directory.place_entity(&name, Whereabouts { area_id: Some(&area), ..Whereabouts::default() });
            let (_, place) = directory.look_up(&name).unwrap();
            assert_eq!((place.area() as usize, place.is_ordinary()), (n, n < NEAR_AREAS));
            // And not any more when it comes back.
            directory.place_entity(&name, Whereabouts::default());
            assert!(directory.look_up(&name).unwrap().1.is_ordinary());
        }
        for n in 2..NEAR_DOMAINS + 3 {
            let name = format!("domain_{n}.of_some_entity");
            directory.place_entity(&name, Whereabouts::default());
            let (_, place) = directory.look_up(&name).unwrap();
            assert_eq!((place.domain() as usize, place.is_ordinary()), (n, n < NEAR_DOMAINS));
            assert!(place.is_present() && !place.is_named());
        }
    }

    #[test]
    fn marks_and_numbers_do_not_touch_one_another() {
        let place = Place::new(7).named(true).present(false).in_area(3);
        assert_eq!((place.domain(), place.area()), (7, 3));
        assert!(place.is_named() && place.is_present() && !place.is_ordinary() && !place.is_ordinary_and_first());
        let place = place.in_domain(9);
        assert_eq!((place.domain(), place.area()), (9, 3));
        assert!(place.is_named() && place.is_present());
        assert!(Place::new(1).present(true).is_ordinary_and_first());
        assert!(!Place::new(1).is_ordinary_and_first() && Place::new(1).is_ordinary());
        assert!(!Place::new(1).named(false).is_named());
    }
}
