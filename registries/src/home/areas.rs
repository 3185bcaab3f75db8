//! Changes of areas.

use std::sync::Arc;

use auth_core::Timestamp;

use super::edit::{check_name, free_id, reorder, set, trimmed};
use crate::{AreaEntry, AreaPatch, Change, DevicePatch, EntityEntry, Registries, RegistryError, Verb};

impl Registries {
    /// Makes an area, with an id made from its name.
    ///
    /// # Errors
    /// [`RegistryError::NameInUse`], [`RegistryError::NameMissing`].
    pub fn create_area(&mut self, patch: AreaPatch, now: Timestamp) -> Result<Vec<Change>, RegistryError> {
        let id = free_id(&self.areas, patch.name.as_deref())?;
        let entry = AreaEntry { id: id.clone(), created_at: now, ..AreaEntry::default() };
        self.change_area(entry, patch, now)?;
        Ok(vec![Change::Area { verb: Verb::Create, id }])
    }

    /// Changes an area.
    ///
    /// # Errors
    /// [`RegistryError::UnknownArea`], [`RegistryError::NameInUse`], [`RegistryError::NameMissing`].
    pub fn update_area(&mut self, id: &str, patch: AreaPatch, now: Timestamp) -> Result<Vec<Change>, RegistryError> {
        let before = self.area(id).cloned().ok_or_else(|| RegistryError::UnknownArea(id.to_owned()))?;
        let changed = self.change_area(AreaEntry::clone(&before), patch, now)?;
        Ok(if changed { vec![Change::Area { verb: Verb::Update, id: id.to_owned() }] } else { Vec::new() })
    }

    fn change_area(&mut self, before: AreaEntry, patch: AreaPatch, now: Timestamp) -> Result<bool, RegistryError> {
        let mut after = before.clone();
        if let Some(name) = patch.name {
            check_name(&name, &after.id, self.areas.values().map(|area| (area.id.as_str(), area.name.as_str())))?;
            after.name = name.trim().to_owned();
        }
        set(&mut after.aliases, patch.aliases.map(trimmed));
        set(&mut after.floor_id, patch.floor_id);
        set(&mut after.icon, patch.icon);
        set(&mut after.picture, patch.picture);
        set(&mut after.humidity_entity_id, patch.humidity_entity_id);
        set(&mut after.temperature_entity_id, patch.temperature_entity_id);
        set(&mut after.labels, patch.labels.map(|labels| self.known_labels(labels)));
        let changed = after != before || !self.areas.contains_key(&after.id);
        after.modified_at = if changed { now } else { before.modified_at };
        self.areas.insert(after.id.clone(), Arc::new(after));
        Ok(changed)
    }

    /// Removes an area and takes every entity and device out of it.
    ///
    /// # Errors
    /// [`RegistryError::UnknownArea`].
    pub fn delete_area(&mut self, id: &str, now: Timestamp) -> Result<Vec<Change>, RegistryError> {
        self.areas.shift_remove(id).ok_or_else(|| RegistryError::UnknownArea(id.to_owned()))?;
        let mut changes = vec![Change::Area { verb: Verb::Remove, id: id.to_owned() }];
        let here = |area: &Option<String>| area.as_deref() == Some(id);
        let devices: Vec<_> = self.devices().filter(|d| here(&d.area_id)).map(|d| d.id.clone()).collect();
        for device in devices {
            let patch = DevicePatch { area_id: Some(None), ..DevicePatch::default() };
            changes.extend(self.update_device(&device, patch, now)?);
        }
        let entities: Vec<_> = self.entities().filter(|e| here(&e.area_id)).cloned().collect();
        for before in entities {
            let after = EntityEntry { area_id: None, ..EntityEntry::clone(&before) };
            changes.extend(self.replace_entity(&before, after, now));
        }
        Ok(changes)
    }

    /// Puts the areas in the order given.
    ///
    /// # Errors
    /// [`RegistryError::BadOrder`] unless every area is named once.
    pub fn reorder_areas(&mut self, ids: &[String]) -> Result<Vec<Change>, RegistryError> {
        reorder(&mut self.areas, ids)?;
        Ok(vec![Change::Area { verb: Verb::Reorder, id: String::new() }])
    }
}
