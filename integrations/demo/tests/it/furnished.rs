//! What is in the home.

use std::collections::{BTreeMap, BTreeSet};

use auth_core::EntityId;
use demo::furnish;
use registries::{EntityPatch, Registries};

use crate::home::{Home, MOMENT, start};

#[test]
fn everything_that_is_named_exists() {
    let home = furnish(MOMENT);
    let hex = |id: &str| id.len() == 32 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    for entry in home.entities() {
        let name = &entry.entity_id;
        assert!(hex(&entry.id), "{name}");
        assert_eq!(entry.platform, "demo");
        assert!(entry.device_id.as_deref().is_none_or(|id| home.device(id).is_some()), "{name}: device");
        assert!(entry.area_id.as_deref().is_none_or(|id| home.area(id).is_some()), "{name}: area");
        assert!(entry.labels.iter().all(|id| home.label(id).is_some()), "{name}: label");
        assert!(entry.original_name.is_some() || entry.device_id.is_some(), "{name}: nameless");
    }
    let mut devices = BTreeSet::new();
    for device in home.devices() {
        let name = device.name.as_deref().unwrap();
        assert!(hex(&device.id) && devices.insert(&device.id), "{name}");
        assert!(device.area_id.as_deref().is_none_or(|id| home.area(id).is_some()), "{name}: area");
        for other in device.parent_device_id.iter().chain(&device.via_device_id) {
            assert!(home.device(other).is_some(), "{name}: other device");
        }
        assert!(device.labels.iter().all(|id| home.label(id).is_some()), "{name}: label");
        assert!(home.entities().any(|entry| entry.device_id.as_ref() == Some(&device.id)), "{name}: no entity");
    }
    for area in home.areas() {
        assert!(area.floor_id.as_deref().is_none_or(|id| home.floor(id).is_some()), "{}: floor", area.id);
        assert!(area.labels.iter().all(|id| home.label(id).is_some()), "{}: label", area.id);
        for sensor in area.temperature_entity_id.iter().chain(&area.humidity_entity_id) {
            assert!(home.entity(sensor).is_some(), "{}: {sensor}", area.id);
        }
    }
    assert_eq!(home.floors().count(), 2);
    assert!((6..=8).contains(&home.areas().count()));
}

#[test]
fn ids_are_distinct_and_always_the_same() {
    let (home, again) = (furnish(MOMENT), furnish(MOMENT.plus_secs(99)));
    let ids = |home: &Registries| home.entities().map(|entry| entry.id.clone()).collect::<Vec<_>>();
    let n = home.entities().count();
    assert_eq!(ids(&home), ids(&again));
    assert_eq!(ids(&home).into_iter().collect::<BTreeSet<_>>().len(), n);
    assert_eq!(home.entities().map(|entry| &entry.unique_id).collect::<BTreeSet<_>>().len(), n);
}

#[test]
fn there_is_something_of_every_kind() {
    let home = furnish(MOMENT);
    let count = |what: &dyn Fn(&registries::EntityEntry) -> bool| home.entities().filter(|entry| what(entry)).count();
    assert!(count(&|entry| entry.entity_category.as_deref() == Some("diagnostic")) >= 3);
    assert!(count(&|entry| entry.entity_category.as_deref() == Some("config")) >= 3);
    assert!(count(&|entry| entry.hidden_by.is_some()) >= 2);
    assert!(count(&|entry| entry.disabled_by.is_some()) >= 2);
    assert!(count(&|entry| !entry.labels.is_empty()) >= 5);
    // Its own area, other than its device's.
    let moved = |entry: &registries::EntityEntry| {
        entry
            .device_id
            .as_deref()
            .and_then(|id| home.area_of_device(id))
            .is_some_and(|area| entry.area_id.as_deref().is_some_and(|own| own != area))
    };
    assert!(count(&moved) >= 2);
    assert!(home.devices().filter(|device| device.parent_device_id.is_some()).count() >= 2);
    let area = |id: &str| home.area_of(&id.parse().unwrap()).map(str::to_owned);
    assert_eq!(area("light.kitchen_lights"), Some("kitchen".into()));
    assert_eq!(area("light.bed_light"), Some("bedroom".into()));
    assert_eq!(area("switch.outlet_1"), Some("office".into()), "the parent's");
    assert_eq!(area("switch.outlet_2"), Some("kitchen".into()));
}

#[tokio::test]
async fn states_are_home_assistants() {
    let home = Home::new();
    let states = home.states();
    assert!(states.len() >= 100, "{}", states.len());
    let domains: BTreeSet<_> = states.iter().map(|state| state.entity_id.domain().to_owned()).collect();
    assert!(domains.len() >= 16, "{domains:?}");
    let registries = &home.bus.world().registries;
    for entry in registries.entities() {
        let has = states.iter().any(|state| state.entity_id == entry.entity_id);
        assert_eq!(has, entry.is_enabled(), "{}", entry.entity_id);
    }
    let mut names = BTreeMap::new();
    for state in &states {
        let name = state.attributes["friendly_name"].as_str().unwrap();
        assert!(!name.is_empty());
        let before = names.insert((state.entity_id.domain().to_owned(), name.to_owned()), &state.entity_id);
        assert_eq!(before, None, "two are called {name}");
        let entry = registries.entity(state.entity_id.as_str());
        let features = state.attributes.get("supported_features").and_then(serde_json::Value::as_u64);
        assert_eq!(entry.map_or(0, |entry| entry.supported_features), features.unwrap_or(0), "{}", state.entity_id);
    }
    let off = home.state("light.bed_light");
    let names: Vec<_> = off.attributes.keys().map(String::as_str).collect();
    // Observed in a real Home Assistant's demo.
    let expected = [
        "min_color_temp_kelvin",
        "max_color_temp_kelvin",
        "effect_list",
        "supported_color_modes",
        "effect",
        "color_mode",
        "brightness",
        "color_temp_kelvin",
        "hs_color",
        "rgb_color",
        "xy_color",
        "friendly_name",
        "supported_features",
    ];
    assert_eq!(names, expected);
    assert!(off.attributes["brightness"].is_null() && &*off.state == "off");
    assert!(home.state("person.ada").attributes.get("user_id").is_none());
    assert!(home.state("group.all_outlets").attributes["entity_id"].is_array());
}

#[tokio::test]
async fn what_people_changed_in_the_registry_counts() {
    let mut home = Home::new();
    let old: EntityId = "light.hall_lights".parse().unwrap();
    let mut registries = Registries::clone(&home.bus.world().registries);
    let rename = EntityPatch {
        new_entity_id: Some("light.entrance".into()),
        name: Some(Some("Entrance".into())),
        ..EntityPatch::default()
    };
    registries.update_entity(&old, rename, MOMENT).unwrap();
    let off = EntityPatch { disabled_by: Some(Some("user".into())), ..EntityPatch::default() };
    registries.update_entity(&"fan.ceiling_fan".parse().unwrap(), off, MOMENT).unwrap();
    let current = home.world.current();
    let registries = std::sync::Arc::new(registries);
    home.world.replace(service_bus::World { auth: current.auth.clone(), registries: registries.clone() });
    // A hub that starts with these registries.
    let (bus, mut world) = service_bus::Bus::new();
    world.replace(service_bus::World { auth: current.auth.clone(), registries });
    let demo = start(&bus);
    let home = Home { bus, demo, world };
    assert_eq!(home.state("light.entrance").name(), "Entrance");
    assert!(!home.bus.has_state("light.hall_lights") && !home.bus.has_state("fan.ceiling_fan"));
    home.call("admin", "automation.trigger", serde_json::json!({"entity_id": "automation.hall_light_on_motion"}))
        .await
        .unwrap();
    assert_eq!(&*home.state("light.entrance").state, "on");
    assert_eq!(&*home.state("light.downstairs").state, "on");
}
