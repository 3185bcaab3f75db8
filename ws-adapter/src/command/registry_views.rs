//! Entries of the registries as they are sent.

use registries::{AreaEntry, DeviceEntry, EntityEntry, FloorEntry, LabelEntry, Registries};
use serde_json::{Map, Value, json};
use service_bus::Viewer;

pub(crate) fn entity(entry: &EntityEntry) -> Value {
    json!({
        "area_id": entry.area_id,
        "categories": entry.categories,
        "config_entry_id": entry.config_entry_id,
        "config_subentry_id": entry.config_subentry_id,
        "created_at": entry.created_at.as_secs_f64(),
        "device_id": entry.device_id,
        "disabled_by": entry.disabled_by,
        "entity_category": entry.entity_category,
        "entity_id": entry.entity_id.as_str(),
        "hidden_by": entry.hidden_by,
        "icon": entry.icon,
        "id": entry.id,
        "labels": entry.labels,
        "modified_at": entry.modified_at.as_secs_f64(),
        "name": entry.name,
        "next_name_part": entry.next_name_part(),
        "options": entry.options,
        "original_name": entry.original_name,
        "platform": entry.platform,
        "translation_key": entry.translation_key,
        "unique_id": entry.unique_id,
    })
}

pub(crate) fn entity_in_full(entry: &EntityEntry) -> Value {
    let mut shown = entity(entry);
    if let Value::Object(members) = &mut shown {
        members.insert("aliases".to_owned(), json!(entry.aliases));
        members.insert("capabilities".to_owned(), json!(entry.capabilities));
        members.insert("device_class".to_owned(), json!(entry.device_class));
        members.insert("original_device_class".to_owned(), json!(entry.original_device_class));
        members.insert("original_icon".to_owned(), json!(entry.original_icon));
    }
    shown
}

/// The short form: two letters a member, nothing that is not set.
pub(crate) fn entity_for_display(entry: &EntityEntry) -> Value {
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| _ = shown.insert(name.to_owned(), value);
    put("ei", json!(entry.entity_id.as_str()));
    put("pl", json!(entry.platform));
    put("lb", json!(entry.labels));
    let set = [
        ("ai", entry.area_id.as_deref()),
        ("di", entry.device_id.as_deref()),
        ("np", entry.next_name_part()),
        ("ic", entry.icon.as_deref()),
        ("tk", entry.translation_key.as_deref()),
        ("en", entry.name.as_deref().or(entry.original_name.as_deref())),
    ];
    for (name, value) in set {
        if let Some(value) = value {
            put(name, json!(value));
        }
    }
    match entry.entity_category.as_deref() {
        Some("config") => put("ec", json!(0)),
        Some("diagnostic") => put("ec", json!(1)),
        _ => {}
    }
    if entry.hidden_by.is_some() {
        put("hb", json!(true));
    }
    let sensor = entry.options.get("sensor");
    let precision = sensor.and_then(|o| o.get("display_precision").or_else(|| o.get("suggested_display_precision")));
    if let Some(precision) = precision.filter(|precision| precision.is_number()) {
        put("dp", precision.clone());
    }
    Value::Object(shown)
}

pub(crate) fn device(entry: &DeviceEntry, viewer: &Viewer<'_>) -> Value {
    // The area of a device that is seen for one of its entities may be another than those entities'.
    let area_id = entry.area_id.as_deref().filter(|area| viewer.sees_area(area));
    let labels: Vec<_> = entry.labels.iter().filter(|label| viewer.sees_label(label)).collect();
    if let Some(parent) = &entry.parent_device_id {
        return json!({
            "area_id": area_id,
            "config_entry_id": entry.config_entry_id,
            "config_subentry_id": entry.config_subentry_id,
            "created_at": entry.created_at.as_secs_f64(),
            "disabled_by": entry.disabled_by,
            "id": entry.id,
            "identifiers": entry.identifiers,
            "labels": labels,
            "modified_at": entry.modified_at.as_secs_f64(),
            "name_by_user": entry.name_by_user,
            "name": entry.name,
            "next_name_part": null,
            "parent_device_id": parent,
        });
    }
    let config_entries: Vec<_> = entry.config_entry_id.iter().collect();
    let subentries: Map<String, Value> =
        entry.config_entry_id.iter().map(|id| (id.clone(), json!([entry.config_subentry_id]))).collect();
    json!({
        "area_id": area_id,
        "configuration_url": entry.configuration_url,
        "config_entries": config_entries,
        "config_entries_subentries": subentries,
        "config_entry_id": entry.config_entry_id,
        "config_subentry_id": entry.config_subentry_id,
        "connections": entry.connections,
        "created_at": entry.created_at.as_secs_f64(),
        "disabled_by": entry.disabled_by,
        "entry_type": entry.entry_type,
        "hw_version": entry.hw_version,
        "id": entry.id,
        "identifiers": entry.identifiers,
        "labels": labels,
        "manufacturer": entry.manufacturer,
        "model": entry.model,
        "model_id": entry.model_id,
        "modified_at": entry.modified_at.as_secs_f64(),
        "name_by_user": entry.name_by_user,
        "name": entry.name,
        "next_name_part": null,
        "parent_device_id": null,
        "primary_config_entry": entry.config_entry_id,
        "serial_number": entry.serial_number,
        "sw_version": entry.sw_version,
        "via_device_id": entry.via_device_id.as_deref().filter(|via| viewer.sees_device(via)),
    })
}

pub(crate) fn area(entry: &AreaEntry, viewer: &Viewer<'_>) -> Value {
    let readable = |id: &Option<String>| id.clone().filter(|id| viewer.reads(id));
    json!({
        "aliases": entry.aliases,
        "area_id": entry.id,
        "floor_id": entry.floor_id,
        "humidity_entity_id": readable(&entry.humidity_entity_id),
        "icon": entry.icon,
        "labels": entry.labels.iter().filter(|label| viewer.sees_label(label)).collect::<Vec<_>>(),
        "name": entry.name,
        "picture": entry.picture,
        "temperature_entity_id": readable(&entry.temperature_entity_id),
        "created_at": entry.created_at.as_secs_f64(),
        "modified_at": entry.modified_at.as_secs_f64(),
    })
}

pub(crate) fn floor(entry: &FloorEntry) -> Value {
    json!({
        "floor_id": entry.id,
        "aliases": entry.aliases,
        "icon": entry.icon,
        "level": entry.level,
        "name": entry.name,
        "created_at": entry.created_at.as_secs_f64(),
        "modified_at": entry.modified_at.as_secs_f64(),
    })
}

pub(crate) fn label(entry: &LabelEntry) -> Value {
    json!({
        "label_id": entry.id,
        "color": entry.color,
        "description": entry.description,
        "icon": entry.icon,
        "name": entry.name,
        "created_at": entry.created_at.as_secs_f64(),
        "modified_at": entry.modified_at.as_secs_f64(),
    })
}

/// Returns the entries of a kind that a viewer may see.
pub(crate) fn devices(registries: &Registries, viewer: &Viewer<'_>) -> Value {
    registries.devices().filter(|entry| viewer.sees_device(&entry.id)).map(|entry| device(entry, viewer)).collect()
}
