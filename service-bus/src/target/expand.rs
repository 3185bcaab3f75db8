//! From names to entities. Everything that the check must cover is in the outcome.

use std::collections::{BTreeSet, HashSet};

use auth_core::EntityId;
use indexmap::IndexSet;
use registries::{DeviceEntry, EntityEntry, Registries};

use super::{Target, TargetIds};

/// The entities that a target means, in the order in which they were found; each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpandedTarget {
    /// Named directly, groups replaced by their members. The caller must be allowed every one of them.
    pub direct: Vec<EntityId>,
    /// Found through a device, area, floor or label. Narrowed to what the caller may act on.
    pub indirect: Vec<EntityId>,
    /// `all` was named.
    pub all: bool,
    /// What is not meant after all, to be taken out of `all` as well.
    pub excluded: BTreeSet<EntityId>,
    /// A device, area, floor or label was named, whether or not it exists.
    pub by_place: bool,
    /// Devices that were referenced.
    pub devices: BTreeSet<String>,
    /// Areas that were referenced.
    pub areas: BTreeSet<String>,
}

impl Target {
    /// Expands the target in a home; `members` returns the members of an entity that is a group.
    ///
    /// What does not exist is passed over. Entities that are hidden or only configure or diagnose something are not
    /// found through devices and areas. O(entities) for each kind of name used. The rules are Home Assistant's.
    pub fn expand(
        &self,
        registries: &Registries,
        members: impl Fn(&EntityId) -> Option<Vec<EntityId>> + Copy,
    ) -> ExpandedTarget {
        let mut found = Found::new(registries);
        found.collect(self, members);
        // What is left out is so whether or not it is hidden, and a group with all the groups in it.
        let mut out = Found { include_hidden: true, keep_groups: true, ..Found::new(registries) };
        if let Some(exclude) = &self.exclude {
            out.collect(exclude, members);
        }
        let excluded: BTreeSet<_> = out.direct.into_iter().chain(out.indirect).collect();
        let all = self.entities == TargetIds::All;
        let direct: Vec<_> = found.direct.into_iter().filter(|id| !excluded.contains(id)).collect();
        let named: HashSet<_> = direct.iter().collect();
        let indirect = found.indirect.into_iter().filter(|id| !excluded.contains(id) && !named.contains(id)).collect();
        let places = [&self.device_ids, &self.area_ids, &self.floor_ids, &self.label_ids];
        let by_place = places.iter().any(|ids| !ids.is_empty());
        ExpandedTarget { direct, indirect, all, excluded, by_place, devices: found.devices, areas: found.areas }
    }
}

struct Found<'a> {
    registries: &'a Registries,
    include_hidden: bool,
    /// Groups stand for themselves besides their members.
    keep_groups: bool,
    direct: IndexSet<EntityId>,
    indirect: IndexSet<EntityId>,
    devices: BTreeSet<String>,
    areas: BTreeSet<String>,
}

impl<'a> Found<'a> {
    fn new(registries: &'a Registries) -> Self {
        Self {
            registries,
            include_hidden: false,
            keep_groups: false,
            direct: IndexSet::new(),
            indirect: IndexSet::new(),
            devices: BTreeSet::new(),
            areas: BTreeSet::new(),
        }
    }

    fn collect(&mut self, target: &Target, members: impl Fn(&EntityId) -> Option<Vec<EntityId>>) {
        if let TargetIds::Listed(listed) = &target.entities {
            for id in listed {
                self.add_direct(id, &members, &mut HashSet::new());
            }
        }
        let registries = self.registries;
        self.areas.extend(target.area_ids.iter().cloned());
        for area in registries.areas() {
            let on_floor = area.floor_id.as_ref().is_some_and(|floor| target.floor_ids.contains(floor));
            if on_floor || area.labels.iter().any(|label| target.label_ids.contains(label)) {
                self.areas.insert(area.id.clone());
            }
        }
        let labelled = |device: &DeviceEntry| device.labels.iter().any(|label| target.label_ids.contains(label));
        for device in registries.devices() {
            if target.device_ids.contains(&device.id) || labelled(device) {
                self.devices.extend(registries.children_of(&device.id).map(|child| child.id.clone()));
                self.devices.insert(device.id.clone());
            }
        }
        for entry in registries.entities().filter(|entry| entry.is_enabled()) {
            let hidden = entry.hidden_by.is_some() && !self.include_hidden;
            let plain = self.include_hidden || entry.entity_category.is_none();
            let labelled = entry.labels.iter().any(|label| target.label_ids.contains(label));
            if !hidden && (labelled || plain && self.holds(entry)) {
                self.indirect.insert(entry.entity_id.clone());
            }
        }
    }

    /// Tells whether an entity is part of a referenced device or in a referenced area.
    fn holds(&self, entry: &EntityEntry) -> bool {
        if let Some(area) = &entry.area_id
            && self.areas.contains(area)
        {
            return true;
        }
        let Some(device_id) = &entry.device_id else { return false };
        if self.devices.contains(device_id) {
            return true;
        }
        entry.area_id.is_none()
            && self.registries.area_of_device(device_id).is_some_and(|area| self.areas.contains(area))
    }

    /// Adds an entity, or the members of a group and of the groups among them; a group inside itself counts once.
    fn add_direct(
        &mut self,
        id: &EntityId,
        members: &impl Fn(&EntityId) -> Option<Vec<EntityId>>,
        seen: &mut HashSet<EntityId>,
    ) {
        let mut waiting = vec![id.clone()];
        while let Some(id) = waiting.pop() {
            if !seen.insert(id.clone()) {
                continue;
            }
            let inner = members(&id);
            if inner.is_none() || self.keep_groups {
                self.direct.insert(id);
            }
            waiting.extend(inner.unwrap_or_default().into_iter().rev());
        }
    }
}

#[cfg(test)]
mod tests;
