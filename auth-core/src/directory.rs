//! The home as permissions see it: dense numbers for entities, devices, areas, labels, floors and domains.
//!
//! A name gets its number when it is first heard of, in a registry or in a policy. Tables that policies were compiled to
//! speak of numbers, so they stay right whatever moves: a move changes an entity's [`Place`] and nothing else. A number
//! is given to another name only when nothing that is in force speaks of it (see `sweep`), and then as another
//! generation.

mod history;
mod place;
mod sweep;

use alloc::{sync::Arc, vec::Vec};

use policy_merge::{Rule, Rules, Subcategory};

pub(crate) use history::History;
pub(crate) use place::{NEAR_AREAS, NEAR_DOMAINS, Place};
pub(crate) use sweep::Used;

use crate::numbered::{Generations, Numbered, key_of};

/// The number of a registered entity: good from when it is placed until it is removed, and never for another one, in the
/// snapshots that follow one another. A snapshot that was made beside them from the same one has numbers of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityNo {
    pub(crate) no: u32,
    pub(crate) generation: u32,
}

/// Where an entity is, by name. The default is nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts<'a> {
    /// The entity's device.
    pub device_id: Option<&'a str>,
    /// The area that the entity counts as being in.
    pub area_id: Option<&'a str>,
    /// The floor that the area is on.
    pub floor_id: Option<&'a str>,
    /// The labels that the entity, its device or its area bears. Order and repetition have no influence.
    pub label_ids: &'a [&'a str],
}

/// The floor and the labels of some entities.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tags {
    pub(crate) floor: u32,
    pub(crate) labels: Arc<[u32]>,
}

/// Names and places of everything that a policy can speak about.
///
/// Cloning costs a few dozen counts, and a change copies some kilobytes around it, whatever the size of the home.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    entities: Numbered<Place>,
    devices: Names,
    areas: Names,
    labels: Names,
    floors: Names,
    domains: Names,
    tags: Numbered<Tags>,
    n_present: usize,
    history: History,
    /// How many names that no entity bears make a sweep worth while.
    sweep_at: usize,
}

type Names = Numbered<()>;

impl Directory {
    /// Returns the number of a registered entity. One hash look-up, no allocation.
    pub fn entity(&self, entity_id: &str) -> Option<EntityNo> {
        let (no, place) = self.entities.look_up(entity_id)?;
        place.is_present().then(|| self.numbered(no))
    }

    /// Returns the entity id behind a number; `None` if that entity has been removed.
    pub fn entity_id(&self, entity: EntityNo) -> Option<&str> {
        if self.is_current(entity) { self.entities.name(entity.no) } else { None }
    }

    /// Returns how many entities are registered.
    pub const fn n_entities(&self) -> usize {
        self.n_present
    }

    /// Iterates over the registered entities, by number. O(highest number).
    pub fn entities(&self) -> impl Iterator<Item = (EntityNo, &str)> {
        let present = self.entities.iter().filter(|(_, _, place)| place.is_present());
        present.map(|(no, name, _)| (self.numbered(no), name))
    }

    /// Returns the number and the place of an entity id that somebody has heard of. One hash look-up.
    #[inline(always)]
    pub(crate) fn look_up(&self, entity_id: &str) -> Option<(u32, &Place)> {
        self.entities.look_up(entity_id)
    }

    /// The same for most that somebody has heard of, and `None` for others too.
    #[inline(always)]
    pub(crate) fn guess(&self, entity_id: &str) -> Option<(u32, &Place)> {
        self.entities.guess(entity_id)
    }

    /// Returns where an entity is that nobody has heard of: in the domain that its id names.
    #[cold]
    pub(crate) fn place_of_unknown(&self, entity_id: &str) -> Place {
        Place::new(self.domains.find(domain_of(entity_id)))
    }

    /// Returns where a registered entity is; `None` if it has been removed. A few loads.
    #[inline]
    pub(crate) fn place(&self, entity: EntityNo) -> Option<&Place> {
        let place = self.entities.get(entity.no)?;
        (place.is_present() && self.is_current(entity)).then_some(place)
    }

    /// The same for ordinary entities, and `None` for others too. Two loads.
    #[inline(always)]
    pub(crate) fn ordinary_place(&self, entity: EntityNo) -> Option<&Place> {
        let place = self.entities.settled(entity.no)?;
        (place.is_ordinary_and_first() && entity.generation == 0).then_some(place)
    }

    /// Returns where the entity with a number is, if it is registered.
    pub(crate) fn place_at(&self, no: u32) -> Option<&Place> {
        self.entities.get(no).filter(|place| place.is_present())
    }

    /// Iterates over numbers and places of all entities, registered or not.
    pub(crate) fn places(&self) -> impl Iterator<Item = (u32, &Place)> {
        self.entities.values()
    }

    #[inline]
    fn is_current(&self, entity: EntityNo) -> bool {
        self.generations().is_current(entity.no, entity.generation)
    }

    fn numbered(&self, no: u32) -> EntityNo {
        EntityNo { no, generation: self.generations().of(no) }
    }

    pub(crate) const fn generations(&self) -> &Generations {
        self.entities.generations()
    }

    /// Returns the highest number that anything of a subcategory ever had.
    pub(crate) const fn high(&self, subcategory: Subcategory) -> u32 {
        match self.names(subcategory) {
            Some(names) => names.high(),
            None => self.entities.high(),
        }
    }

    /// Returns the floor and labels of some place.
    #[inline]
    pub(crate) fn tags(&self, place: &Place) -> Option<&Tags> {
        if place.tags == 0 { None } else { self.tags.get(place.tags) }
    }

    pub(crate) const fn history(&self) -> &History {
        &self.history
    }

    /// Iterates over the numbers under which rules of a subcategory speak of a registered entity; zero is none.
    pub(crate) fn numbers_of(&self, entity: EntityNo, subcategory: Subcategory) -> impl Iterator<Item = u32> {
        self.numbers_at(entity.no, self.place(entity).copied().unwrap_or_default(), subcategory)
    }

    /// The same for the entity number `no`, registered or not, at some place.
    pub(crate) fn numbers_at(&self, no: u32, place: Place, subcategory: Subcategory) -> impl Iterator<Item = u32> {
        let tags = self.tags(&place);
        let one = match subcategory {
            Subcategory::EntityIds => no,
            Subcategory::DeviceIds => place.device,
            Subcategory::AreaIds => place.area(),
            Subcategory::FloorIds => tags.map_or(0, |tags| tags.floor),
            Subcategory::Domains => place.domain(),
            Subcategory::LabelIds | Subcategory::All => 0,
        };
        let several = tags.filter(|_| subcategory == Subcategory::LabelIds).map(|tags| &*tags.labels);
        core::iter::once(one).chain(several.unwrap_or_default().iter().copied())
    }

    /// Returns the name behind a number; `None` for "none".
    pub(crate) fn name(&self, subcategory: Subcategory, no: u32) -> Option<&str> {
        match subcategory {
            Subcategory::EntityIds => self.entities.name(no),
            _ => self.names(subcategory)?.name(no),
        }
    }

    /// Returns the number of a name; zero if it has none.
    pub(crate) fn find(&self, subcategory: Subcategory, name: &str) -> u32 {
        match subcategory {
            Subcategory::EntityIds => self.entities.find(name),
            _ => self.names(subcategory).map_or(0, |names| names.find(name)),
        }
    }

    const fn names(&self, subcategory: Subcategory) -> Option<&Names> {
        match subcategory {
            Subcategory::DeviceIds => Some(&self.devices),
            Subcategory::AreaIds => Some(&self.areas),
            Subcategory::LabelIds => Some(&self.labels),
            Subcategory::FloorIds => Some(&self.floors),
            Subcategory::Domains => Some(&self.domains),
            Subcategory::EntityIds | Subcategory::All => None,
        }
    }

    /// Puts an entity where its registries say it is. Returns its number if that changed anything.
    pub(crate) fn place_entity(&mut self, entity_id: &str, at: Whereabouts<'_>) -> Option<u32> {
        let known = self.entities.look_up(entity_id).map(|(no, place)| (no, *place));
        let before = known.map(|(_, place)| place).unwrap_or_default();
        let no = known.map_or_else(|| self.entities.intern(entity_id), |(no, _)| no);
        let domain = if known.is_some() { before.domain() } else { self.domains.intern(domain_of(entity_id)) };
        let mut place = Place::new(domain).named(before.is_named()).present(self.generations().of(no) == 0);
        // Where most of it stays as it is, comparing is cheaper than looking up.
        place.device = number_of(&mut self.devices, before.device, at.device_id);
        place.tags = self.intern_tags(at);
        let place = place.in_area(number_of(&mut self.areas, before.area(), at.area_id));
        if before == place {
            return None;
        }
        *self.entities.get_mut(no)? = place;
        self.n_present += usize::from(!before.is_present());
        Some(no)
    }

    /// Forgets where an entity is. Its number goes to nobody while a policy speaks of it, but is no longer good.
    /// Returns it, if there was anything to forget.
    pub(crate) fn remove_entity(&mut self, entity_id: &str) -> Option<u32> {
        let (no, place) = self.entities.look_up(entity_id)?;
        if !place.is_present() {
            return None;
        }
        let place = Place::new(place.domain()).named(place.is_named());
        self.entities.renew(no);
        *self.entities.get_mut(no)? = place;
        self.n_present -= 1;
        Some(no)
    }

    /// Tells whether every name that some rules use has a number, and entities know that they are named.
    pub(crate) fn knows(&self, rules: &Rules) -> bool {
        names_in(rules).all(|(subcategory, name)| match subcategory {
            Subcategory::EntityIds => self.entities.look_up(name).is_some_and(|(_, place)| place.is_named()),
            _ => self.find(subcategory, name) != 0,
        })
    }

    /// Numbers every name that some rules use, so that tables compiled from them stay right when such things appear.
    pub(crate) fn intern_rules(&mut self, rules: &Rules) {
        for (subcategory, name) in names_in(rules) {
            match subcategory {
                Subcategory::EntityIds => self.intern_named_entity(name),
                Subcategory::DeviceIds => _ = self.devices.intern(name),
                Subcategory::AreaIds => _ = self.areas.intern(name),
                Subcategory::LabelIds => _ = self.labels.intern(name),
                Subcategory::FloorIds => _ = self.floors.intern(name),
                Subcategory::Domains => _ = self.domains.intern(name),
                Subcategory::All => {}
            }
        }
    }

    fn intern_named_entity(&mut self, entity_id: &str) {
        let domain = self.domains.intern(domain_of(entity_id));
        let no = self.entities.intern(entity_id);
        if self.entities.get(no).is_none_or(|place| !place.is_named())
            && let Some(place) = self.entities.get_mut(no)
        {
            *place = place.in_domain(domain).named(true);
        }
    }

    fn intern_tags(&mut self, at: Whereabouts<'_>) -> u32 {
        if at.floor_id.is_none() && at.label_ids.is_empty() {
            return 0;
        }
        let floor = at.floor_id.map_or(0, |floor| self.floors.intern(floor));
        let mut labels: Vec<u32> = at.label_ids.iter().map(|label| self.labels.intern(label)).collect();
        labels.sort_unstable();
        labels.dedup();
        let key = key_of(core::iter::once(&floor).chain(&labels));
        let known = self.tags.find(&key);
        if known != 0 {
            return known;
        }
        let no = self.tags.intern(&key);
        if let Some(tags) = self.tags.get_mut(no) {
            *tags = Tags { floor, labels: labels.into() };
        }
        no
    }

    /// Notes that the entities with these numbers are elsewhere now. Nothing in it if nothing changed.
    pub(crate) fn record(&mut self, changed: Vec<u32>) {
        if !changed.is_empty() {
            let all = changed.len() > self.entities.high() as usize / 4;
            self.history.record(changed, all);
        }
    }
}

/// Returns the number of a name, or of none, where it was probably `before`.
fn number_of(names: &mut Names, before: u32, name: Option<&str>) -> u32 {
    match name {
        None => 0,
        Some(name) if names.is_called(before, name) => before,
        Some(name) => names.intern(name),
    }
}

fn names_in(rules: &Rules) -> impl Iterator<Item = (Subcategory, &str)> {
    Subcategory::NAMED.into_iter().flat_map(move |subcategory| {
        let names = match rules.names(subcategory) {
            Some(Rule::Only(names)) => Some(names.keys()),
            Some(Rule::Everything) | None => None,
        };
        names.into_iter().flatten().map(move |name| (subcategory, &**name))
    })
}

/// Returns the part of an id before its first dot; all of it if there is none, as Home Assistant does.
pub(crate) fn domain_of(entity_id: &str) -> &str {
    entity_id.split('.').next().unwrap_or(entity_id)
}
