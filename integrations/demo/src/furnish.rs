//! What is in the home: a list of rooms, one of devices, one of entities.

mod device;
mod room;

mod appliance;
mod lights;
mod safety;
mod sensors;
mod settings;
mod together;

use auth_core::{EntityId, Timestamp};
use registries::{AreaRule, EntityEntry, Registries};
use serde_json::{Map, Value, json};

use crate::item::{Body, Item};

/// The integration's domain.
pub(crate) const PLATFORM: &str = "demo";

/// Returns the areas, floors, labels, devices and entities of the demo home, to be put into an empty home.
///
/// Ids are always the same; they are made of names.
pub fn furnish(now: Timestamp) -> Registries {
    let mut home = Registries::new(AreaRule::default());
    room::furnish(&mut home, now);
    device::furnish(&mut home, now);
    for item in items(now).iter().filter(|item| item.registered) {
        home.put_entity(entry(item, now));
    }
    home
}

/// Returns every entity, registered or not, in the order in which they appear.
pub(crate) fn items(now: Timestamp) -> Vec<Item> {
    let mut items = lights::items();
    items.extend(appliance::items());
    items.extend(safety::items());
    items.extend(sensors::items(now));
    items.extend(settings::items());
    items.extend(together::items());
    items
}

/// Returns an entity's whole name for people.
pub(crate) fn full_name(item: &Item) -> String {
    match (item.device.and_then(device::name), item.name) {
        (Some(device), Some(own)) => format!("{device} {own}"),
        (Some(device), None) => device.to_owned(),
        (None, own) => own.unwrap_or_default().to_owned(),
    }
}

/// Returns an id that is written in this crate.
pub(crate) fn known_id(text: &str) -> EntityId {
    #[expect(clippy::expect_used, reason = "written in this crate, and a test furnishes the home")]
    text.parse().expect("an entity id")
}

fn entry(item: &Item, now: Timestamp) -> EntityEntry {
    let id = hex_id("entity", item.entity_id);
    let mut entry = EntityEntry::new(known_id(item.entity_id), PLATFORM, &item.unique_id(), &id, now);
    entry.device_id = item.device.map(device::id);
    entry.has_entity_name = item.device.is_some();
    entry.original_name = item.name.map(str::to_owned);
    entry.area_id = item.area.map(str::to_owned);
    entry.labels = item.labels.iter().map(|label| (*label).to_owned()).collect();
    entry.entity_category = item.category.map(str::to_owned);
    entry.hidden_by = item.hidden.then(|| "user".to_owned());
    entry.disabled_by = item.disabled.then(|| "integration".to_owned());
    entry.original_device_class = item.device_class.map(str::to_owned);
    entry.original_icon = item.icon.map(str::to_owned);
    entry.aliases = vec![None];
    if let Body::Model(model) = &item.body {
        let attributes = model.attributes();
        entry.supported_features = model.features().unwrap_or(0);
        entry.unit_of_measurement = attributes.get("unit_of_measurement").and_then(Value::as_str).map(str::to_owned);
        entry.capabilities = capabilities(&attributes);
    }
    entry
}

/// Returns what an entity can do besides its bits: those attributes that never change.
fn capabilities(attributes: &Map<String, Value>) -> Option<Value> {
    let lasting = attributes.iter().filter(|(name, _)| CAPABILITIES.contains(&name.as_str()));
    let lasting: Map<_, _> = lasting.map(|(name, value)| (name.clone(), value.clone())).collect();
    (!lasting.is_empty()).then(|| json!(lasting))
}

/// Returns 32 hex digits made of a kind and a name (FNV-1a).
fn hex_id(kind: &str, name: &str) -> String {
    let bytes = kind.bytes().chain([b':']).chain(name.bytes());
    let hash = bytes.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    format!("{hash:032x}")
}

const CAPABILITIES: [&str; 18] = [
    "activity_list",
    "available_modes",
    "available_tones",
    "effect_list",
    "event_types",
    "fan_modes",
    "fan_speed_list",
    "hvac_modes",
    "max_color_temp_kelvin",
    "max_temp",
    "min_color_temp_kelvin",
    "min_temp",
    "operation_list",
    "options",
    "preset_modes",
    "state_class",
    "supported_color_modes",
    "swing_modes",
];
