//! The registries of one home: what is in them. How they change is in the modules below, a kind each.

mod areas;
mod config_entry;
mod edit;
mod entities;
mod floors;
mod labels;

use std::{collections::BTreeSet, sync::Arc};

use auth_core::EntityId;
use indexmap::IndexMap;
use serde_json::Map;

use crate::{AreaEntry, AreaRule, Change, DeviceEntry, EntityEntry, FloorEntry, LabelEntry, Verb};

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

    /// Iterates over the other devices that are the same thing as `device`, as other config entries see it: those with an
    /// identifier or a connection in common. O(devices).
    pub fn linked_to<'a>(&'a self, device: &'a DeviceEntry) -> impl Iterator<Item = &'a Arc<DeviceEntry>> {
        let share =
            |ours: &[(String, String)], theirs: &[(String, String)]| ours.iter().any(|pair| theirs.contains(pair));
        self.devices.values().filter(move |other| {
            other.id != device.id
                && (share(&device.identifiers, &other.identifiers) || share(&device.connections, &other.connections))
        })
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

    pub(super) fn known_labels(&self, labels: BTreeSet<String>) -> BTreeSet<String> {
        labels.into_iter().filter(|id| self.labels.contains_key(id)).collect()
    }
}

#[cfg(test)]
mod tests;
