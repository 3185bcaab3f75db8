//! What belongs to a thing: its device, area, entries, and the other way round. Only what the caller may see, on both ends.

use std::collections::{BTreeMap, BTreeSet};

use config_entries::ListEntries;
use registries::EntityEntry;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use service_bus::{ReadStates, Viewer};

use super::{Reply, read};
use crate::{CommandError, connection::Connection};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ItemType {
    Area,
    Automation,
    AutomationBlueprint,
    ConfigEntry,
    Device,
    Entity,
    Floor,
    Group,
    Integration,
    Label,
    Person,
    Scene,
    Script,
    ScriptBlueprint,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Related {
    item_type: ItemType,
    item_id: String,
}

/// What was found, by type.
type Found = BTreeMap<&'static str, BTreeSet<String>>;

pub(crate) fn related(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let Related { item_type, item_id } = read(data)?;
    let sees_entries = connection.authorize(ListEntries).is_ok();
    let asked = connection.authorize(ReadStates)?;
    connection.view(|home, viewer| {
        let mut found = Found::new();
        let entities: Vec<_> = viewer.world().registries.entities().filter(|entry| viewer.sees_entity(entry)).collect();
        let id = item_id.as_str();
        for entry in entities.iter().filter(|entry| belongs(viewer, entry, item_type, id)) {
            add_entity(&mut found, viewer, entry, sees_entries);
        }
        if item_type == ItemType::Entity || item_type == ItemType::Group {
            // What stands for it, and what it stands for.
            for state in home.bus().read_states(&asked) {
                let members = state.attributes.get("entity_id").and_then(Value::as_array);
                let members: Vec<_> = members.into_iter().flatten().filter_map(Value::as_str).collect();
                if members.contains(&id) && viewer.reads(id) {
                    put(&mut found, "group", state.entity_id.as_str());
                }
                if state.entity_id.as_str() == id {
                    members.iter().filter(|id| viewer.reads(id)).for_each(|id| put(&mut found, "entity", id));
                }
            }
        }
        let own = match item_type {
            ItemType::Area => "area",
            ItemType::ConfigEntry => "config_entry",
            ItemType::Device => "device",
            ItemType::Floor => "floor",
            ItemType::Integration => "integration",
            ItemType::Label => "label",
            ItemType::Group => "group",
            _ => "entity",
        };
        if let Some(same) = found.get_mut(own) {
            same.remove(id);
        }
        found.retain(|_, ids| !ids.is_empty());
        Ok(Reply::Result(json!(found)))
    })
}

/// Tells whether a registered entity belongs to an item.
fn belongs(viewer: &Viewer<'_>, entry: &EntityEntry, item_type: ItemType, id: &str) -> bool {
    let registries = &viewer.world().registries;
    let area = registries.area_of_entry(entry);
    let device = entry.device_id.as_deref().and_then(|id| registries.device(id));
    match item_type {
        ItemType::Area => area == Some(id),
        ItemType::Floor => area.and_then(|id| registries.area(id)).is_some_and(|a| a.floor_id.as_deref() == Some(id)),
        ItemType::Device => entry.device_id.as_deref() == Some(id),
        ItemType::ConfigEntry => entry.config_entry_id.as_deref() == Some(id),
        ItemType::Integration => entry.platform == id,
        ItemType::Label => {
            entry.labels.contains(id)
                || device.is_some_and(|device| device.labels.contains(id))
                || area.and_then(|id| registries.area(id)).is_some_and(|area| area.labels.contains(id))
        }
        ItemType::Entity
        | ItemType::Group
        | ItemType::Person
        | ItemType::Scene
        | ItemType::Script
        | ItemType::Automation => entry.entity_id.as_str() == id,
        ItemType::AutomationBlueprint | ItemType::ScriptBlueprint => false,
    }
}

/// Adds an entity and where it is. Entries and integrations say what is in the home: to administrators.
fn add_entity(found: &mut Found, viewer: &Viewer<'_>, entry: &EntityEntry, sees_entries: bool) {
    let registries = &viewer.world().registries;
    put(found, "entity", entry.entity_id.as_str());
    let area = registries.area_of_entry(entry);
    if let Some(area) = area {
        put(found, "area", area);
        let floor = registries.area(area).and_then(|area| area.floor_id.as_deref());
        floor.into_iter().for_each(|floor| put(found, "floor", floor));
    }
    entry.device_id.iter().for_each(|device| put(found, "device", device));
    entry.labels.iter().for_each(|label| put(found, "label", label));
    if sees_entries {
        put(found, "integration", &entry.platform);
        entry.config_entry_id.iter().for_each(|id| put(found, "config_entry", id));
    }
}

fn put(found: &mut Found, kind: &'static str, id: &str) {
    found.entry(kind).or_default().insert(id.to_owned());
}
