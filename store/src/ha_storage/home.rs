//! Registries, config entries, persons and what the home is called.

use config_entries::ConfigEntry;
use registries::{AreaEntry, DeviceEntry, EntityEntry, FloorEntry, LabelEntry};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Import, objects, owned, report::timestamp, text};
use crate::{CoreConfig, Person, Record};

/// The files that are read if they are there, and the newest version of each that is known.
pub(super) const FILES: [(&str, u64); 8] = [
    ("core.floor_registry", 1),
    ("core.label_registry", 1),
    ("core.area_registry", 1),
    ("core.device_registry", 3),
    ("core.entity_registry", 1),
    ("core.config_entries", 1),
    ("person", 2),
    ("core.config", 1),
];

pub(super) fn read(name: &str, data: &Map<String, Value>, import: &mut Import) {
    match name {
        "core.floor_registry" => {
            each(data, "floors", "floors", import, |o| renamed::<FloorEntry>(o, "floor_id").map(Record::Floor))
        }
        "core.label_registry" => {
            each(data, "labels", "labels", import, |o| renamed::<LabelEntry>(o, "label_id").map(Record::Label))
        }
        "core.area_registry" => each(data, "areas", "areas", import, |o| plain::<AreaEntry>(o).map(Record::Area)),
        "core.device_registry" => {
            each(data, "devices", "devices", import, |o| device(o).map(Record::Device));
            each(data, "child_devices", "devices", import, |o| device(o).map(Record::Device));
        }
        "core.entity_registry" => each(data, "entities", "entities", import, |o| entity(o).map(Record::Entity)),
        "core.config_entries" => each(data, "entries", "config entries", import, |o| entry(o).map(Record::Entry)),
        "person" => each(data, "items", "persons", import, |o| plain::<Person>(o).map(Record::Person)),
        _ => {
            import.records.push(Record::Core(core(data)));
            import.report.count("core configuration");
        }
    }
}

fn each(
    data: &Map<String, Value>,
    list: &str,
    kind: &'static str,
    import: &mut Import,
    read: impl Fn(&Map<String, Value>) -> Result<Record, String>,
) {
    for (n, object) in objects(data, list).enumerate() {
        match read(object) {
            Ok(record) if !record.id().is_empty() => {
                import.records.push(record);
                import.report.count(kind);
            }
            Ok(_) => import.report.problem(format!("{list} {n}: no id")),
            Err(reason) => import.report.problem(format!("{list} {n}: {reason}")),
        }
    }
}

/// Reads an object whose members are ours under the same names, but for the times.
fn plain<T: DeserializeOwned>(object: &Map<String, Value>) -> Result<T, String> {
    let mut object = object.clone();
    for name in ["created_at", "modified_at"] {
        let at = text(&object, name).and_then(timestamp).unwrap_or_default();
        object.insert(name.to_owned(), Value::from(at.as_micros()));
    }
    serde_json::from_value(Value::Object(object)).map_err(|error| error.to_string())
}

/// Reads an object whose id has a name of its own.
fn renamed<T: DeserializeOwned>(object: &Map<String, Value>, id: &str) -> Result<T, String> {
    let mut object = object.clone();
    if let Some(value) = object.remove(id) {
        object.insert("id".to_owned(), value);
    }
    plain(&object)
}

fn device(object: &Map<String, Value>) -> Result<DeviceEntry, String> {
    let mut object = object.clone();
    // Some integrations write numbers, or more than two parts; only pairs of texts mean something here.
    for name in ["identifiers", "connections"] {
        let pairs = object.get(name).and_then(Value::as_array).into_iter().flatten();
        let pair = |pair: &Value| -> Option<Value> {
            let parts = pair.as_array()?;
            let text = |part: &Value| part.as_str().map_or_else(|| part.to_string(), str::to_owned);
            match parts.as_slice() {
                [domain, id, ..] => Some(Value::from(vec![text(domain), text(id)])),
                _ => None,
            }
        };
        let pairs: Vec<_> = pairs.filter_map(pair).collect();
        object.insert(name.to_owned(), Value::Array(pairs));
    }
    plain(&object)
}

fn entity(object: &Map<String, Value>) -> Result<EntityEntry, String> {
    let mut object = object.clone();
    // The newer list has `null` for the computed name.
    if let Some(aliases) = object.remove("aliases_v2") {
        object.insert("aliases".to_owned(), aliases);
    }
    let unique_id = object.get("unique_id").map_or_else(String::new, |id| match id {
        Value::String(id) => id.clone(),
        other => other.to_string(),
    });
    object.insert("unique_id".to_owned(), Value::String(unique_id));
    for name in ["labels", "options", "categories"] {
        if object.get(name).is_some_and(Value::is_null) {
            object.remove(name);
        }
    }
    plain(&object)
}

fn entry(object: &Map<String, Value>) -> Result<ConfigEntry, String> {
    let mut object = object.clone();
    // Older minor versions have none, or an object where the list is now.
    for (name, is_known) in
        [("subentries", Value::is_array as fn(&Value) -> bool), ("discovery_keys", Value::is_object)]
    {
        if object.get(name).is_some_and(|value| !is_known(value)) {
            object.remove(name);
        }
    }
    plain(&object)
}

fn core(data: &Map<String, Value>) -> CoreConfig {
    let default = CoreConfig::default();
    let number = |name: &str| data.get(name).and_then(Value::as_f64);
    let whole = |name: &str, default: i64| data.get(name).and_then(Value::as_i64).unwrap_or(default);
    CoreConfig {
        location_name: owned(data, "location_name").unwrap_or(default.location_name),
        latitude: number("latitude").unwrap_or(default.latitude),
        longitude: number("longitude").unwrap_or(default.longitude),
        elevation: whole("elevation", default.elevation),
        radius: whole("radius", default.radius),
        unit_system: owned(data, "unit_system_v2")
            .or_else(|| owned(data, "unit_system"))
            .unwrap_or(default.unit_system),
        time_zone: owned(data, "time_zone").unwrap_or(default.time_zone),
        currency: owned(data, "currency").unwrap_or(default.currency),
        country: owned(data, "country"),
        language: owned(data, "language").unwrap_or(default.language),
        external_url: owned(data, "external_url"),
        internal_url: owned(data, "internal_url"),
    }
}
