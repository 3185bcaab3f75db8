//! Changes of entities and devices.

use std::sync::Arc;

use auth_core::{EntityId, Timestamp};
use serde_json::{Map, Value};

use super::edit::{members, old_values, set};
use crate::{Change, DeviceEntry, DevicePatch, EntityEntry, EntityPatch, Registries, RegistryError, Verb};

impl Registries {
    /// Changes an entity's entry.
    ///
    /// # Errors
    /// [`RegistryError::UnknownEntity`]; for a new entity id also that it is taken or of another domain.
    pub fn update_entity(
        &mut self,
        entity_id: &EntityId,
        patch: EntityPatch,
        now: Timestamp,
    ) -> Result<Vec<Change>, RegistryError> {
        let before = self.entity(entity_id.as_str()).ok_or_else(|| RegistryError::UnknownEntity(entity_id.clone()))?;
        let before = Arc::clone(before);
        let mut after = EntityEntry::clone(&before);
        set(&mut after.area_id, patch.area_id);
        set(&mut after.device_class, patch.device_class);
        set(&mut after.disabled_by, patch.disabled_by);
        set(&mut after.hidden_by, patch.hidden_by);
        set(&mut after.icon, patch.icon);
        set(&mut after.name, patch.name);
        set(&mut after.aliases, patch.aliases);
        set(&mut after.labels, patch.labels.map(|labels| self.known_labels(labels)));
        for (scope, category) in patch.categories.unwrap_or_default() {
            match category {
                Some(category) => _ = after.categories.insert(scope, category),
                None => _ = after.categories.remove(&scope),
            }
        }
        if let (Some(domain), Some(options)) = (patch.options_domain, patch.options) {
            match options {
                Some(options) => _ = after.options.insert(domain, Value::Object(options)),
                None => _ = after.options.shift_remove(&domain),
            }
        }
        if let Some(new) = patch.new_entity_id {
            let unchanged = || RegistryError::OtherDomain(entity_id.clone());
            let new = EntityId::parse_lenient(&new).map_err(|_| unchanged())?;
            if new.domain() != entity_id.domain() {
                return Err(unchanged());
            }
            if new != *entity_id && self.entities.contains_key(&new) {
                return Err(RegistryError::EntityIdTaken(new));
            }
            after.entity_id = new;
        }
        let old = old_values(&*before, &after);
        if old.is_empty() {
            return Ok(Vec::new());
        }
        after.modified_at = now;
        let new_id = after.entity_id.clone();
        let renamed = new_id != *entity_id;
        if renamed {
            // Takes the old one's place in the order.
            let place = self.entities.get_index_of(entity_id);
            self.entities.shift_remove(entity_id);
            let last = self.entities.len();
            self.entities.shift_insert(place.unwrap_or(last), new_id.clone(), Arc::new(after));
        } else {
            self.entities.insert(new_id.clone(), Arc::new(after));
        }
        let old_entity_id = renamed.then(|| entity_id.clone());
        Ok(vec![Change::Entity { verb: Verb::Update, entity_id: new_id, old_entity_id, old }])
    }

    /// Removes an entity from the registry.
    ///
    /// # Errors
    /// [`RegistryError::UnknownEntity`].
    pub fn remove_entity(&mut self, entity_id: &EntityId) -> Result<Vec<Change>, RegistryError> {
        let gone = self.entities.shift_remove(entity_id);
        gone.ok_or_else(|| RegistryError::UnknownEntity(entity_id.clone()))?;
        let (entity_id, old_entity_id) = (entity_id.clone(), None);
        Ok(vec![Change::Entity { verb: Verb::Remove, entity_id, old_entity_id, old: Map::new() }])
    }

    /// Changes a device's entry.
    ///
    /// # Errors
    /// [`RegistryError::UnknownDevice`].
    pub fn update_device(
        &mut self,
        id: &str,
        patch: DevicePatch,
        now: Timestamp,
    ) -> Result<Vec<Change>, RegistryError> {
        let before = self.device(id).cloned().ok_or_else(|| RegistryError::UnknownDevice(id.to_owned()))?;
        let mut after = DeviceEntry::clone(&before);
        set(&mut after.area_id, patch.area_id);
        set(&mut after.disabled_by, patch.disabled_by);
        set(&mut after.name_by_user, patch.name_by_user);
        set(&mut after.labels, patch.labels.map(|labels| self.known_labels(labels)));
        let old = old_values(&*before, &after);
        if old.is_empty() {
            return Ok(Vec::new());
        }
        after.modified_at = now;
        self.devices.insert(id.to_owned(), Arc::new(after));
        Ok(vec![Change::Device { verb: Verb::Update, id: id.to_owned(), old }])
    }

    /// Removes a device; its entities stay, on no device.
    ///
    /// # Errors
    /// [`RegistryError::UnknownDevice`].
    pub fn remove_device(&mut self, id: &str, now: Timestamp) -> Result<Vec<Change>, RegistryError> {
        let gone = self.devices.shift_remove(id).ok_or_else(|| RegistryError::UnknownDevice(id.to_owned()))?;
        let mut changes = vec![Change::Device { verb: Verb::Remove, id: id.to_owned(), old: members(&*gone) }];
        let orphans: Vec<_> = self.entities().filter(|e| e.device_id.as_deref() == Some(id)).cloned().collect();
        for orphan in orphans {
            let mut after = EntityEntry::clone(&orphan);
            after.device_id = None;
            changes.extend(self.replace_entity(&orphan, after, now));
        }
        Ok(changes)
    }

    pub(super) fn replace_entity(
        &mut self,
        before: &EntityEntry,
        mut after: EntityEntry,
        now: Timestamp,
    ) -> Vec<Change> {
        let old = old_values(before, &after);
        after.modified_at = now;
        let entity_id = after.entity_id.clone();
        self.entities.insert(entity_id.clone(), Arc::new(after));
        vec![Change::Entity { verb: Verb::Update, entity_id, old_entity_id: None, old }]
    }
}
