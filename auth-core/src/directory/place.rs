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
