//! Changes of floors.

use std::sync::Arc;

use auth_core::Timestamp;

use super::edit::{check_name, free_id, reorder, set, trimmed};
use crate::{AreaPatch, Change, FloorEntry, FloorPatch, Registries, RegistryError, Verb};

impl Registries {
    /// Makes a floor, with an id made from its name.
    ///
    /// # Errors
    /// [`RegistryError::NameInUse`], [`RegistryError::NameMissing`].
    pub fn create_floor(&mut self, patch: FloorPatch, now: Timestamp) -> Result<Vec<Change>, RegistryError> {
        let id = free_id(&self.floors, patch.name.as_deref())?;
        let entry = FloorEntry { id: id.clone(), created_at: now, ..FloorEntry::default() };
        self.change_floor(entry, patch, now)?;
        Ok(vec![Change::Floor { verb: Verb::Create, id }])
    }

    /// Changes a floor.
    ///
    /// # Errors
    /// [`RegistryError::UnknownFloor`], [`RegistryError::NameInUse`], [`RegistryError::NameMissing`].
    pub fn update_floor(&mut self, id: &str, patch: FloorPatch, now: Timestamp) -> Result<Vec<Change>, RegistryError> {
        let before = self.floor(id).cloned().ok_or_else(|| RegistryError::UnknownFloor(id.to_owned()))?;
        let changed = self.change_floor(FloorEntry::clone(&before), patch, now)?;
        Ok(if changed { vec![Change::Floor { verb: Verb::Update, id: id.to_owned() }] } else { Vec::new() })
    }

    fn change_floor(&mut self, before: FloorEntry, patch: FloorPatch, now: Timestamp) -> Result<bool, RegistryError> {
        let mut after = before.clone();
        if let Some(name) = patch.name {
            check_name(&name, &after.id, self.floors.values().map(|floor| (floor.id.as_str(), floor.name.as_str())))?;
            after.name = name.trim().to_owned();
        }
        set(&mut after.aliases, patch.aliases.map(trimmed));
        set(&mut after.icon, patch.icon);
        set(&mut after.level, patch.level);
        let changed = after != before || !self.floors.contains_key(&after.id);
        after.modified_at = if changed { now } else { before.modified_at };
        self.floors.insert(after.id.clone(), Arc::new(after));
        Ok(changed)
    }

    /// Removes a floor; its areas stay, on no floor.
    ///
    /// # Errors
    /// [`RegistryError::UnknownFloor`].
    pub fn delete_floor(&mut self, id: &str, now: Timestamp) -> Result<Vec<Change>, RegistryError> {
        self.floors.shift_remove(id).ok_or_else(|| RegistryError::UnknownFloor(id.to_owned()))?;
        let mut changes = vec![Change::Floor { verb: Verb::Remove, id: id.to_owned() }];
        let areas: Vec<_> = self.areas().filter(|a| a.floor_id.as_deref() == Some(id)).map(|a| a.id.clone()).collect();
        for area in areas {
            changes.extend(self.update_area(&area, AreaPatch { floor_id: Some(None), ..AreaPatch::default() }, now)?);
        }
        Ok(changes)
    }

    /// Puts the floors in the order given.
    ///
    /// # Errors
    /// [`RegistryError::BadOrder`] unless every floor is named once.
    pub fn reorder_floors(&mut self, ids: &[String]) -> Result<Vec<Change>, RegistryError> {
        reorder(&mut self.floors, ids)?;
        Ok(vec![Change::Floor { verb: Verb::Reorder, id: String::new() }])
    }
}
