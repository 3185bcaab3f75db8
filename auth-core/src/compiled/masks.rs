//! The policies of a set of groups as permission bits by number: the form that answers checks.

use alloc::vec::Vec;

use policy_merge::{Permissions, Subcategory};

use super::{NumberedPolicy, NumberedRules, layer::Layer, near::Near};
use crate::directory::{Directory, Place};

/// What a set of groups may do, in layers. Made from the groups' policies alone, in time that depends on their rules
/// alone; nothing in it changes when an entity moves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    /// `{"entities": true}`.
    pub(super) category: bool,
    /// What `all` grants without exception.
    pub(super) all: Permissions,
    /// What every entity gets, by rules that name none and have no exceptions.
    everywhere: u8,
    /// No rule speaks of labels or floors, and nothing has exceptions.
    is_plain: bool,
    near: Near,
    layers: Layers,
    excepted: Vec<Excepted>,
}

/// Masks that say all there is to say of an ordinary entity by its place alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain<'a>(&'a Masks);

/// A layer for each subcategory with names. In those of [`Excepted`], the bits from [`EXCEPT`] on are taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Layers {
    entity: Layer,
    device: Layer,
    area: Layer,
    domain: Layer,
    label: Layer,
    floor: Layer,
}

/// One part with exceptions.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Excepted {
    layers: Layers,
    /// Exceptions that are `true` for a whole subcategory, in the order of [`Subcategory::NAMED`].
    whole: [u8; 6],
    /// What `all` and subcategories that are `true` as a whole grant, and what `all` takes out.
    all: u8,
}

/// Where the bits of exceptions start in a byte.
const EXCEPT: u32 = 4;
const ALL: u8 = Permissions::ALL.bits();

impl Masks {
    /// Joins policies. O(rules), and a few nanoseconds for each.
    pub(crate) fn join<'a>(directory: &Directory, policies: impl Iterator<Item = &'a NumberedPolicy> + Clone) -> Self {
        let layers = Layers::new(directory, policies.clone().map(|policy| (&policy.grants, 0)));
        let mut masks = Self { layers, ..Self::default() };
        for policy in policies {
            masks.near.add(&policy.grants);
            masks.category |= policy.category;
            masks.all = masks.all.union(policy.grants.all);
            masks.everywhere |= policy.grants.on_all();
            // A part that grants nothing has nothing to take out of either.
            let parts = policy.excepted.iter().filter(|(grants, _)| !grants.says_nothing());
            masks.excepted.extend(parts.map(|(grants, except)| Excepted::new(directory, grants, except)));
        }
        if masks.category {
            masks.everywhere = ALL;
        }
        masks.near.add_everywhere(masks.everywhere);
        masks.is_plain = masks.excepted.is_empty() && !masks.layers.use_tags();
        masks
    }

    /// Returns them if no rule speaks of labels or floors, and nothing has exceptions.
    #[inline(always)]
    pub(crate) const fn plain(&self) -> Option<Plain<'_>> {
        if self.is_plain { Some(Plain(self)) } else { None }
    }

    /// Returns the permissions on an entity.
    #[inline]
    pub(crate) fn granted(&self, directory: &Directory, no: u32, place: &Place) -> Permissions {
        let plainly = self.plain().and_then(|plain| plain.granted(place));
        plainly.unwrap_or_else(|| self.granted_otherwise(directory, no, place))
    }

    #[inline(never)]
    fn granted_otherwise(&self, directory: &Directory, no: u32, place: &Place) -> Permissions {
        let Layers { entity, device, area, domain, .. } = &self.layers;
        let granted = self.everywhere
            | if place.is_named() { entity.get(no) } else { 0 }
            | device.get(place.device)
            | area.get(place.area())
            | domain.get(place.domain())
            | if place.tags == 0 { 0 } else { self.layers.tagged(directory, place) };
        let bits = self.excepted.iter().fold(granted, |granted, part| granted | part.granted(directory, no, place));
        Permissions::from_bits(bits)
    }

    /// Returns what is granted on every entity there is or will be.
    pub(crate) fn everywhere(&self) -> Permissions {
        let bits = self.excepted.iter().fold(self.everywhere, |bits, part| bits | part.everywhere());
        Permissions::from_bits(bits)
    }
}

impl Plain<'_> {
    /// Returns the permissions on an ordinary entity; `None` for another. Half a dozen loads, no branch that depends on what
    /// the rules say.
    #[inline(always)]
    pub(crate) fn granted(self, place: &Place) -> Option<Permissions> {
        let Masks { near, layers, .. } = self.0;
        Some(Permissions::from_bits(near.get(place)? | layers.device.get(place.device)))
    }
}

impl NumberedRules {
    fn says_nothing(&self) -> bool {
        self.on_all() == 0 && self.spoken_of() == 0
    }

    /// What is granted by rules that name no entity, no place and no kind.
    fn on_all(&self) -> u8 {
        if self.whole.contains(&true) { ALL } else { self.all.bits() }
    }
}

impl Layers {
    /// Returns the layers of some rules, and how far the bits of each are moved up.
    fn new<'a>(directory: &Directory, rules: impl Iterator<Item = (&'a NumberedRules, u32)> + Clone) -> Self {
        let spoken_of = rules.clone().fold(0, |all, (rules, _)| all | rules.spoken_of());
        let layer = |subcategory: Subcategory| {
            if spoken_of >> subcategory as u8 & 1 == 0 {
                return Layer::default();
            }
            let lists = rules.clone().map(move |(rules, shift)| (rules.list(subcategory), shift));
            Layer::new(lists, directory.high(subcategory))
        };
        Self {
            entity: layer(Subcategory::EntityIds),
            device: layer(Subcategory::DeviceIds),
            area: layer(Subcategory::AreaIds),
            domain: layer(Subcategory::Domains),
            label: layer(Subcategory::LabelIds),
            floor: layer(Subcategory::FloorIds),
        }
    }

    fn use_tags(&self) -> bool {
        self.label.any() != 0 || self.floor.any() != 0
    }

    fn labelled(&self, directory: &Directory, place: &Place) -> u8 {
        let labels = directory.tags(place).map(|tags| &*tags.labels).unwrap_or_default();
        labels.iter().fold(0, |bits, label| bits | self.label.get(*label))
    }

    fn on_floor(&self, directory: &Directory, place: &Place) -> u8 {
        directory.tags(place).map_or(0, |tags| self.floor.get(tags.floor))
    }

    fn tagged(&self, directory: &Directory, place: &Place) -> u8 {
        self.labelled(directory, place) | self.on_floor(directory, place)
    }
}

impl Excepted {
    fn new(directory: &Directory, grants: &NumberedRules, except: &NumberedRules) -> Self {
        let layers = Layers::new(directory, [(grants, 0), (except, EXCEPT)].into_iter());
        let whole = except.whole.map(|whole| if whole { ALL << EXCEPT } else { 0 });
        Self { layers, whole, all: grants.on_all() | except.all.bits() << EXCEPT }
    }

    /// The most specific level that speaks about a permission decides, and at each level its exceptions first.
    fn granted(&self, directory: &Directory, no: u32, place: &Place) -> u8 {
        let Layers { entity, device, area, domain, .. } = &self.layers;
        let said = [
            if place.is_named() { entity.get(no) } else { 0 },
            device.get(place.device),
            area.get(place.area()),
            self.layers.labelled(directory, place),
            self.layers.on_floor(directory, place),
            domain.get(place.domain()),
        ];
        let (mut open, mut granted) = (ALL, 0);
        for bits in said.into_iter().zip(self.whole).map(|(named, whole)| named | whole).chain([self.all]) {
            open &= !(bits >> EXCEPT);
            granted |= open & bits;
        }
        granted
    }

    /// What `all` grants and no exception ever takes out.
    fn everywhere(&self) -> u8 {
        let Layers { entity, device, area, domain, label, floor } = &self.layers;
        let layers = [entity, device, area, domain, label, floor].into_iter().map(Layer::any);
        let said = layers.chain(self.whole).fold(self.all, |any, bits| any | bits);
        self.all & ALL & !(said >> EXCEPT)
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use policy_merge::Policy;

    use super::*;

    fn masks(policies: &[&str]) -> Masks {
        let mut edit = crate::AuthSnapshot::default().edit();
        let policies = policies.iter().map(|policy| Policy::parse(policy).unwrap());
        let policies: Vec<_> =
            policies.inspect(|policy| edit.set_group(crate::Group::new("g", "G", policy.clone()))).collect();
        let snapshot = edit.finish();
        let numbered = policies.iter().map(|policy| NumberedPolicy::new(policy, snapshot.directory()));
        Masks::join(snapshot.directory(), numbered.collect::<Vec<_>>().iter())
    }

    #[track_caller]
    fn check(policy: &str, is_plain: bool) {
        let masks = masks(&[policy]);
        assert_eq!(masks.plain().is_some(), is_plain, "{policy}");
        let ordinary = masks.plain().map(|plain| plain.granted(&Place::new(1)));
        assert!(ordinary.is_none_or(|granted| granted.is_some()), "{policy}");
        assert_eq!(masks.plain().and_then(|plain| plain.granted(&Place::new(1).named(true))), None, "{policy}");
    }

    #[test]
    fn what_every_entity_gets_comes_from_all_parts() {
        const ALL_BUT: &str = r#"{"entities":{"all":true,"except":{"entity_ids":{"lock.a":{"read":true}}}}}"#;
        const READ: &str = r#"{"entities":{"all":{"read":true}}}"#;
        const NONE: &str = r#"{"entities":{"domains":{"light":true}}}"#;
        let everywhere = |policies: &[&str]| masks(policies).everywhere().bits();
        assert_eq!(everywhere(&[NONE]), 0);
        assert_eq!(everywhere(&[ALL_BUT]), 0b110);
        assert_eq!(everywhere(&[ALL_BUT, NONE]), 0b110);
        assert_eq!(everywhere(&[ALL_BUT, READ]), 0b111);
        assert_eq!(everywhere(&[ALL_BUT, r#"{"entities":true}"#]), 0b111);
        assert_eq!(everywhere(&[ALL_BUT, ALL_BUT]), 0b110);
        // What two exceptions name is no less excepted.
        let twice = r#"{"entity_ids":{"lock.a":{"read":true}},"domains":{"lock":{"read":true}}}"#;
        assert_eq!(everywhere(&[&format!(r#"{{"entities":{{"all":true,"except":{twice}}}}}"#)]), 0b110);
        assert_eq!(everywhere(&[r#"{"entities":{"all":true,"except":{"domains":true}}}"#]), 0);
    }

    #[test]
    fn policies_without_tags_and_exceptions_are_plain() {
        check(r#"{}"#, true);
        check(r#"{"entities":true}"#, true);
        check(r#"{"entities":{"domains":{"light":true},"area_ids":{"hall":{"read":true}},"all":{"read":true}}}"#, true);
        check(r#"{"entities":{"entity_ids":{"light.a":true},"device_ids":{"d":true}}}"#, true);
        check(r#"{"entities":{"except":{"domains":{"lock":true}}}}"#, true);
        check(r#"{"entities":{"label_ids":{"guest":true}}}"#, false);
        check(r#"{"entities":{"floor_ids":{"ground":true}}}"#, false);
        check(r#"{"entities":{"all":true,"except":{"domains":{"lock":true}}}}"#, false);
    }
}
