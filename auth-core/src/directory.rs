//! The home as permissions see it: dense numbers for entities, devices, areas and domains.
//!
//! A name gets its number when it is first heard of, in a registry or in a policy, and keeps it as long as the
//! directory lives; numbers are never given to another name. So tables that policies were compiled to stay right
//! whatever happens in the registries: moving an entity changes its [`Place`] and nothing else.

use std::sync::Arc;

use hashbrown::HashMap;
use policy_merge::{Policy, Rule, Subcategory};

/// The number of an entity id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntityNo(pub(crate) u32);

/// Where an entity is, in numbers. Zero stands for "none".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub(crate) domain: u32,
    pub(crate) device: u32,
    pub(crate) area: u32,
}

/// Names and places of everything that a policy can speak about.
///
/// Cloning is O(number of names); strings are shared.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    entities: Entities,
    devices: Numbers,
    areas: Numbers,
    domains: Numbers,
}

/// Entity ids with their numbers and places. A place stands beside the number that a look-up by name finds, because
/// fetching it from a table of its own would cost as much again as the look-up; that table is for look-ups by number.
#[derive(Clone, Debug, Default)]
struct Entities {
    by_name: HashMap<Arc<str>, (EntityNo, Place)>,
    /// By entity number less one.
    ids: Vec<Arc<str>>,
    /// By entity number less one.
    places: Vec<Place>,
}

/// Names and their numbers, from 1.
///
/// Entity ids come from devices and integrations, so the hash is keyed at random for each process.
#[derive(Clone, Debug, Default)]
struct Numbers {
    by_name: HashMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
}

impl Numbers {
    fn find(&self, name: &str) -> u32 {
        self.by_name.get(name).copied().unwrap_or(0)
    }

    fn intern(&mut self, name: &str) -> u32 {
        if let Some(no) = self.by_name.get(name) {
            return *no;
        }
        // Four thousand million names do not fit in memory; should they ever, the last shares "none", which denies.
        let Ok(no) = u32::try_from(self.names.len() + 1) else { return 0 };
        let name: Arc<str> = Arc::from(name);
        self.names.push(Arc::clone(&name));
        self.by_name.insert(name, no);
        no
    }

    fn name(&self, no: u32) -> Option<&Arc<str>> {
        self.names.get((no as usize).checked_sub(1)?)
    }
}

impl Directory {
    /// Returns the number of an entity id that has one. One hash look-up, no allocation.
    pub fn entity(&self, entity_id: &str) -> Option<EntityNo> {
        self.look_up(entity_id).map(|(no, _)| no)
    }

    /// Returns the number and the place of an entity id that has one. One hash look-up, no allocation.
    pub fn look_up(&self, entity_id: &str) -> Option<(EntityNo, Place)> {
        self.entities.by_name.get(entity_id).copied()
    }

    /// Returns where an entity is. A load.
    pub fn place(&self, entity: EntityNo) -> Place {
        (entity.0 as usize).checked_sub(1).and_then(|i| self.entities.places.get(i)).copied().unwrap_or_default()
    }

    /// Returns where an entity without a number is: in the domain that its id names, on no device, in no area.
    pub fn place_of_unknown(&self, entity_id: &str) -> Place {
        Place { domain: self.domains.find(domain_of(entity_id)), ..Place::default() }
    }

    /// Returns the entity id behind a number.
    pub fn entity_id(&self, entity: EntityNo) -> Option<&Arc<str>> {
        self.entities.ids.get((entity.0 as usize).checked_sub(1)?)
    }

    /// Returns the name behind one of a place's numbers; `None` for "none".
    pub fn name(&self, subcategory: Subcategory, place: Place) -> Option<&Arc<str>> {
        match subcategory {
            Subcategory::DeviceIds => self.devices.name(place.device),
            Subcategory::AreaIds => self.areas.name(place.area),
            Subcategory::Domains => self.domains.name(place.domain),
            Subcategory::EntityIds | Subcategory::All => None,
        }
    }

    /// Returns how many entity ids have a number.
    pub fn n_entities(&self) -> usize {
        self.entities.places.len()
    }

    /// Iterates over the numbered entity ids.
    pub fn entities(&self) -> impl Iterator<Item = (EntityNo, &Arc<str>)> {
        (1u32..).zip(&self.entities.ids).map(|(no, id)| (EntityNo(no), id))
    }

    pub(crate) fn find(&self, subcategory: Subcategory, name: &str) -> u32 {
        match subcategory {
            Subcategory::EntityIds => self.entity(name).map_or(0, |no| no.0),
            Subcategory::DeviceIds => self.devices.find(name),
            Subcategory::AreaIds => self.areas.find(name),
            Subcategory::Domains => self.domains.find(name),
            Subcategory::All => 0,
        }
    }

    /// Puts an entity where its registries say it is; `None` for no device, no area.
    pub(crate) fn place_entity(&mut self, entity_id: &str, device: Option<&str>, area: Option<&str>) {
        let no = self.intern_entity(entity_id);
        let device = device.map_or(0, |id| self.devices.intern(id));
        let area = area.map_or(0, |id| self.areas.intern(id));
        let known = self.entities.by_name.get_mut(entity_id);
        let listed = (no as usize).checked_sub(1).and_then(|i| self.entities.places.get_mut(i));
        if let (Some((_, known)), Some(listed)) = (known, listed) {
            known.device = device;
            known.area = area;
            *listed = *known;
        }
    }

    /// Numbers every name that a policy uses, so that tables compiled from it stay right when such things appear.
    pub(crate) fn intern_policy(&mut self, policy: &Policy) {
        let Some(Rule::Only(entities)) = &policy.entities else { return };
        for subcategory in Subcategory::NAMED {
            let Some(Rule::Only(names)) = entities.names(subcategory) else { continue };
            for name in names.keys() {
                match subcategory {
                    Subcategory::EntityIds => self.intern_entity(name),
                    Subcategory::DeviceIds => self.devices.intern(name),
                    Subcategory::AreaIds => self.areas.intern(name),
                    Subcategory::Domains => self.domains.intern(name),
                    Subcategory::All => 0,
                };
            }
        }
    }

    fn intern_entity(&mut self, entity_id: &str) -> u32 {
        if let Some(no) = self.entity(entity_id) {
            return no.0;
        }
        let Ok(no) = u32::try_from(self.entities.ids.len() + 1) else { return 0 };
        let place = Place { domain: self.domains.intern(domain_of(entity_id)), ..Place::default() };
        let id: Arc<str> = Arc::from(entity_id);
        self.entities.ids.push(Arc::clone(&id));
        self.entities.places.push(place);
        self.entities.by_name.insert(id, (EntityNo(no), place));
        no
    }
}

/// Returns the part of an id before its first dot; all of it if there is none, as Home Assistant does.
fn domain_of(entity_id: &str) -> &str {
    entity_id.split('.').next().unwrap_or(entity_id)
}
