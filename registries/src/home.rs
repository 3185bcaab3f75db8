//! The registries of one home, and every change they take.

use std::{collections::BTreeSet, sync::Arc};

use auth_core::{EntityId, Timestamp};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    AreaEntry, AreaPatch, AreaRule, Change, DeviceEntry, DevicePatch, EntityEntry, EntityPatch, FloorEntry, FloorPatch,
    LabelEntry, LabelPatch, RegistryError, Verb, label::is_color, normalize_name, slugify,
};

/// The entities, devices, areas, floors and labels of one home, each in its own order.
///
/// Cloning is O(number of entries); the entries are shared.
#[derive(Clone, Debug, Default)]
pub struct Registries {
    area_rule: AreaRule,
    entities: IndexMap<EntityId, Arc<EntityEntry>>,
    devices: IndexMap<String, Arc<DeviceEntry>>,
    areas: IndexMap<String, Arc<AreaEntry>>,
    floors: IndexMap<String, Arc<FloorEntry>>,
    labels: IndexMap<String, Arc<LabelEntry>>,
}

impl Registries {
    /// Returns empty registries.
    pub fn new(area_rule: AreaRule) -> Self {
        Self { area_rule, ..Self::default() }
    }

    /// Returns the rule by which [`Registries::area_of`] decides.
    pub const fn area_rule(&self) -> AreaRule {
        self.area_rule
    }

    /// Returns an entity's entry.
    pub fn entity(&self, entity_id: &str) -> Option<&Arc<EntityEntry>> {
        self.entities.get(entity_id)
    }

    /// Iterates over the entities.
    pub fn entities(&self) -> impl Iterator<Item = &Arc<EntityEntry>> {
        self.entities.values()
    }

    /// Returns a device's entry.
    pub fn device(&self, id: &str) -> Option<&Arc<DeviceEntry>> {
        self.devices.get(id)
    }

    /// Iterates over the devices.
    pub fn devices(&self) -> impl Iterator<Item = &Arc<DeviceEntry>> {
        self.devices.values()
    }

    /// Iterates over the parts of a device.
    pub fn children_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Arc<DeviceEntry>> {
        self.devices.values().filter(move |device| device.parent_device_id.as_deref() == Some(id))
    }

    /// Returns an area.
    pub fn area(&self, id: &str) -> Option<&Arc<AreaEntry>> {
        self.areas.get(id)
    }

    /// Iterates over the areas.
    pub fn areas(&self) -> impl Iterator<Item = &Arc<AreaEntry>> {
        self.areas.values()
    }

    /// Returns a floor.
    pub fn floor(&self, id: &str) -> Option<&Arc<FloorEntry>> {
        self.floors.get(id)
    }

    /// Iterates over the floors.
    pub fn floors(&self) -> impl Iterator<Item = &Arc<FloorEntry>> {
        self.floors.values()
    }

    /// Returns a label.
    pub fn label(&self, id: &str) -> Option<&Arc<LabelEntry>> {
        self.labels.get(id)
    }

    /// Iterates over the labels.
    pub fn labels(&self) -> impl Iterator<Item = &Arc<LabelEntry>> {
        self.labels.values()
    }

    /// Adds an entity or replaces the one with its id, as an integration or an import gives it.
    pub fn put_entity(&mut self, entry: EntityEntry) -> Vec<Change> {
        let entity_id = entry.entity_id.clone();
        let before = self.entities.insert(entity_id.clone(), Arc::new(entry));
        let verb = if before.is_some() { Verb::Update } else { Verb::Create };
        vec![Change::Entity { verb, entity_id, old_entity_id: None, old: Map::new() }]
    }

    /// Adds a device or replaces the one with its id, as an integration or an import gives it.
    pub fn put_device(&mut self, entry: DeviceEntry) -> Vec<Change> {
        let id = entry.id.clone();
        let before = self.devices.insert(id.clone(), Arc::new(entry));
        let verb = if before.is_some() { Verb::Update } else { Verb::Create };
        vec![Change::Device { verb, id, old: Map::new() }]
    }

    /// Adds an area as it stands, from a store or an import.
    pub fn put_area(&mut self, entry: AreaEntry) -> Vec<Change> {
        let id = entry.id.clone();
        self.areas.insert(id.clone(), Arc::new(entry));
        vec![Change::Area { verb: Verb::Create, id }]
    }

    /// Adds a floor as it stands, from a store or an import.
    pub fn put_floor(&mut self, entry: FloorEntry) -> Vec<Change> {
        let id = entry.id.clone();
        self.floors.insert(id.clone(), Arc::new(entry));
        vec![Change::Floor { verb: Verb::Create, id }]
    }

    /// Adds a label as it stands, from a store or an import.
    pub fn put_label(&mut self, entry: LabelEntry) -> Vec<Change> {
        let id = entry.id.clone();
        self.labels.insert(id.clone(), Arc::new(entry));
        vec![Change::Label { verb: Verb::Create, id }]
    }

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

    /// Makes a label, with an id made from its name.
    ///
    /// # Errors
    /// [`RegistryError::NameInUse`], [`RegistryError::NameMissing`], [`RegistryError::BadColor`].
    pub fn create_label(&mut self, patch: LabelPatch, now: Timestamp) -> Result<Vec<Change>, RegistryError> {
        let id = free_id(&self.labels, patch.name.as_deref())?;
        let entry = LabelEntry { id: id.clone(), created_at: now, ..LabelEntry::default() };
        self.change_label(entry, patch, now)?;
        Ok(vec![Change::Label { verb: Verb::Create, id }])
    }

    /// Changes a label.
    ///
    /// # Errors
    /// [`RegistryError::UnknownLabel`], [`RegistryError::NameInUse`], [`RegistryError::NameMissing`],
    /// [`RegistryError::BadColor`].
    pub fn update_label(&mut self, id: &str, patch: LabelPatch, now: Timestamp) -> Result<Vec<Change>, RegistryError> {
        let before = self.label(id).cloned().ok_or_else(|| RegistryError::UnknownLabel(id.to_owned()))?;
        let changed = self.change_label(LabelEntry::clone(&before), patch, now)?;
        Ok(if changed { vec![Change::Label { verb: Verb::Update, id: id.to_owned() }] } else { Vec::new() })
    }

    fn change_label(&mut self, before: LabelEntry, patch: LabelPatch, now: Timestamp) -> Result<bool, RegistryError> {
        let mut after = before.clone();
        if let Some(name) = patch.name {
            check_name(&name, &after.id, self.labels.values().map(|label| (label.id.as_str(), label.name.as_str())))?;
            after.name = name.trim().to_owned();
        }
        if let Some(Some(color)) = patch.color.as_ref().filter(|color| !color.as_deref().is_none_or(is_color)) {
            return Err(RegistryError::BadColor(color.clone()));
        }
        set(&mut after.color, patch.color);
        set(&mut after.description, patch.description);
        set(&mut after.icon, patch.icon);
        let changed = after != before || !self.labels.contains_key(&after.id);
        after.modified_at = if changed { now } else { before.modified_at };
        self.labels.insert(after.id.clone(), Arc::new(after));
        Ok(changed)
    }

    /// Removes a label from everything and for good.
    ///
    /// # Errors
    /// [`RegistryError::UnknownLabel`].
    pub fn delete_label(&mut self, id: &str, now: Timestamp) -> Result<Vec<Change>, RegistryError> {
        self.labels.shift_remove(id).ok_or_else(|| RegistryError::UnknownLabel(id.to_owned()))?;
        let mut changes = vec![Change::Label { verb: Verb::Remove, id: id.to_owned() }];
        let without = |labels: &BTreeSet<String>| {
            labels.contains(id).then(|| labels.iter().filter(|l| *l != id).cloned().collect::<BTreeSet<_>>())
        };
        let entities: Vec<_> =
            self.entities().filter_map(|e| Some((e.entity_id.clone(), without(&e.labels)?))).collect();
        for (entity_id, labels) in entities {
            let patch = EntityPatch { labels: Some(labels), ..EntityPatch::default() };
            changes.extend(self.update_entity(&entity_id, patch, now)?);
        }
        let devices: Vec<_> = self.devices().filter_map(|d| Some((d.id.clone(), without(&d.labels)?))).collect();
        for (device, labels) in devices {
            let patch = DevicePatch { labels: Some(labels), ..DevicePatch::default() };
            changes.extend(self.update_device(&device, patch, now)?);
        }
        let areas: Vec<_> = self.areas().filter_map(|a| Some((a.id.clone(), without(&a.labels)?))).collect();
        for (area, labels) in areas {
            changes.extend(self.update_area(&area, AreaPatch { labels: Some(labels), ..AreaPatch::default() }, now)?);
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

    /// Puts the floors in the order given.
    ///
    /// # Errors
    /// [`RegistryError::BadOrder`] unless every floor is named once.
    pub fn reorder_floors(&mut self, ids: &[String]) -> Result<Vec<Change>, RegistryError> {
        reorder(&mut self.floors, ids)?;
        Ok(vec![Change::Floor { verb: Verb::Reorder, id: String::new() }])
    }

    fn replace_entity(&mut self, before: &EntityEntry, mut after: EntityEntry, now: Timestamp) -> Vec<Change> {
        let old = old_values(before, &after);
        after.modified_at = now;
        let entity_id = after.entity_id.clone();
        self.entities.insert(entity_id.clone(), Arc::new(after));
        vec![Change::Entity { verb: Verb::Update, entity_id, old_entity_id: None, old }]
    }

    fn known_labels(&self, labels: BTreeSet<String>) -> BTreeSet<String> {
        labels.into_iter().filter(|id| self.labels.contains_key(id)).collect()
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn trimmed(names: Vec<String>) -> Vec<String> {
    names.into_iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

fn check_name<'a>(
    name: &str,
    own_id: &str,
    mut others: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), RegistryError> {
    if name.trim().is_empty() {
        return Err(RegistryError::NameMissing);
    }
    let normalized = normalize_name(name);
    if others.any(|(id, other)| id != own_id && normalize_name(other) == normalized) {
        return Err(RegistryError::NameInUse { name: name.to_owned(), normalized });
    }
    Ok(())
}

fn free_id<T>(taken: &IndexMap<String, T>, name: Option<&str>) -> Result<String, RegistryError> {
    let slug = slugify(name.filter(|name| !name.trim().is_empty()).ok_or(RegistryError::NameMissing)?);
    if !taken.contains_key(&slug) {
        return Ok(slug);
    }
    let numbered = (2usize..).map(|n| format!("{slug}_{n}")).find(|id| !taken.contains_key(id));
    Ok(numbered.unwrap_or(slug))
}

fn reorder<T>(entries: &mut IndexMap<String, T>, ids: &[String]) -> Result<(), RegistryError> {
    let distinct: BTreeSet<_> = ids.iter().collect();
    if distinct.len() != ids.len() || ids.len() != entries.len() || !ids.iter().all(|id| entries.contains_key(id)) {
        return Err(RegistryError::BadOrder);
    }
    for (place, id) in ids.iter().enumerate() {
        if let Some(from) = entries.get_index_of(id) {
            entries.move_index(from, place);
        }
    }
    Ok(())
}

fn members<T: Serialize>(entry: &T) -> Map<String, Value> {
    match serde_json::to_value(entry) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

/// Returns the members of `before` that `after` has otherwise, with their old values.
fn old_values<T: Serialize>(before: &T, after: &T) -> Map<String, Value> {
    let after = members(after);
    members(before).into_iter().filter(|(name, value)| after.get(name) != Some(value)).collect()
}

#[cfg(test)]
mod tests;
