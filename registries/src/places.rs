//! Where an entity is: the one place that decides it, and how the directory learns of it.

use std::collections::BTreeSet;

use auth_core::{Edit, EntityId, Whereabouts};

use crate::{Change, EntityEntry, Registries, Verb};

/// Which area an entity counts as being in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AreaRule {
    /// The entity's own area, else its device's, else that of the device's parent: as Home Assistant's interface shows.
    #[default]
    Own,
    /// The device's area, else that of its parent; the entity's own counts for nothing: as Home Assistant's permission
    /// code has it.
    Device,
}

impl Registries {
    /// Returns the area that a registered entity is in, by this home's rule. Two look-ups.
    pub fn area_of(&self, entity_id: &EntityId) -> Option<&str> {
        self.entity(entity_id.as_str()).and_then(|entry| self.area_of_entry(entry))
    }

    /// Returns the area that an entry's entity is in.
    pub fn area_of_entry<'a>(&'a self, entry: &'a EntityEntry) -> Option<&'a str> {
        let own = match self.area_rule() {
            AreaRule::Own => entry.area_id.as_deref(),
            AreaRule::Device => None,
        };
        own.or_else(|| self.area_of_device(entry.device_id.as_deref()?))
    }

    /// Returns the area that a device is in: its own, else its parent's. A parent that has a parent counts for nothing.
    pub fn area_of_device(&self, device_id: &str) -> Option<&str> {
        let device = self.device(device_id)?;
        if let Some(area) = &device.area_id {
            return Some(area);
        }
        let parent = self.device(device.parent_device_id.as_deref()?)?;
        if parent.parent_device_id.is_some() { None } else { parent.area_id.as_deref() }
    }

    /// Tells the directory where every registered entity is. O(entities).
    pub fn place_all(&self, edit: &mut Edit) {
        for entry in self.entities() {
            self.place(edit, entry);
        }
    }

    /// Tells the directory what `changes`, already applied here, mean for it. O(changes), or O(entities) where a
    /// device or an area changed.
    pub fn place_changed(&self, edit: &mut Edit, changes: &[Change]) {
        let (mut devices, mut areas) = (BTreeSet::new(), BTreeSet::new());
        for change in changes {
            match change {
                Change::Entity { verb, entity_id, old_entity_id, .. } => {
                    if let Some(old) = old_entity_id {
                        edit.remove_entity(old.as_str());
                    }
                    match self.entity(entity_id.as_str()) {
                        Some(entry) if *verb != Verb::Remove => self.place(edit, entry),
                        _ => edit.remove_entity(entity_id.as_str()),
                    }
                }
                Change::Device { id, .. } => {
                    devices.insert(id.as_str());
                    devices.extend(self.children_of(id).map(|child| child.id.as_str()));
                }
                // Its floor and its labels are those of everything in it.
                Change::Area { id, .. } => _ = areas.insert(id.as_str()),
                // Areas and entities that were on it or bore it have changes of their own.
                Change::Floor { .. } | Change::Label { .. } => {}
            }
        }
        if devices.is_empty() && areas.is_empty() {
            return;
        }
        for entry in self.entities() {
            let on_device = entry.device_id.as_deref().is_some_and(|id| devices.contains(id));
            if on_device || self.area_of_entry(entry).is_some_and(|id| areas.contains(id)) {
                self.place(edit, entry);
            }
        }
    }

    fn place(&self, edit: &mut Edit, entry: &EntityEntry) {
        let area = self.area_of_entry(entry).and_then(|id| self.area(id));
        let device = entry.device_id.as_deref().and_then(|id| self.device(id));
        // A label of a device or an area is one of all that is in it, as it is for a service's target.
        let borne = [Some(&entry.labels), device.map(|device| &device.labels), area.map(|area| &area.labels)];
        let label_ids: Vec<&str> = borne.into_iter().flatten().flatten().map(String::as_str).collect();
        let at = Whereabouts {
            device_id: entry.device_id.as_deref(),
            area_id: self.area_of_entry(entry),
            floor_id: area.and_then(|area| area.floor_id.as_deref()),
            label_ids: &label_ids,
        };
        edit.place_entity(entry.entity_id.as_str(), at);
    }
}
