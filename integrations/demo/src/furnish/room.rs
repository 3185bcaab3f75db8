//! Floors, areas and labels.

use auth_core::Timestamp;
use registries::{AreaEntry, FloorEntry, LabelEntry, Registries};

pub(super) fn furnish(home: &mut Registries, now: Timestamp) {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    for (id, name, level, icon) in FLOORS {
        home.put_floor(FloorEntry {
            id: id.to_owned(),
            name: name.to_owned(),
            icon: some(icon),
            level: Some(level),
            created_at: now,
            modified_at: now,
            ..FloorEntry::default()
        });
    }
    for (id, name, color, icon) in LABELS {
        home.put_label(LabelEntry {
            id: id.to_owned(),
            name: name.to_owned(),
            color: some(color),
            icon: some(icon),
            created_at: now,
            modified_at: now,
            ..LabelEntry::default()
        });
    }
    for (id, name, floor, icon, labels) in AREAS {
        home.put_area(AreaEntry {
            id: id.to_owned(),
            name: name.to_owned(),
            floor_id: some(floor),
            icon: some(icon),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            temperature_entity_id: (id == "living_room").then(|| "sensor.living_room_temperature".to_owned()),
            humidity_entity_id: (id == "living_room").then(|| "sensor.living_room_humidity".to_owned()),
            created_at: now,
            modified_at: now,
            ..AreaEntry::default()
        });
    }
}

/// Id, name, level, icon.
const FLOORS: [(&str, &str, i64, &str); 2] =
    [("ground_floor", "Ground floor", 0, "mdi:home-floor-0"), ("upper_floor", "Upper floor", 1, "mdi:home-floor-1")];

/// Id, name, colour, icon.
const LABELS: [(&str, &str, &str, &str); 4] = [
    ("security", "Security", "red", "mdi:shield-home"),
    ("energy", "Energy", "amber", "mdi:lightning-bolt"),
    ("night_light", "Night light", "indigo", "mdi:weather-night"),
    ("outdoors", "Outdoors", "green", "mdi:tree"),
];

/// Id, name, floor, icon, labels.
const AREAS: [(&str, &str, &str, &str, &[&str]); 8] = [
    ("kitchen", "Kitchen", "ground_floor", "mdi:stove", &[]),
    ("living_room", "Living Room", "ground_floor", "mdi:sofa", &[]),
    ("hall", "Hall", "ground_floor", "mdi:door", &["security"]),
    ("garage", "Garage", "ground_floor", "mdi:garage", &[]),
    ("bedroom", "Bedroom", "upper_floor", "mdi:bed", &[]),
    ("bathroom", "Bathroom", "upper_floor", "mdi:shower", &[]),
    ("office", "Office", "upper_floor", "mdi:desk", &[]),
    ("garden", "Garden", "", "mdi:flower", &["outdoors"]),
];
