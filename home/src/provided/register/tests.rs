use std::sync::Arc;

use async_trait::async_trait;
use config_entries::EntitySlot;
use serde_json::Value;
use service_bus::{Entity, EntityCall, HandlerError};

use super::*;

struct Nothing;

#[async_trait]
impl Entity for Nothing {
    async fn call(&self, _: &EntityCall) -> Result<Option<Value>, HandlerError> {
        Ok(None)
    }
}

const NOW: Timestamp = Timestamp::from_secs(7);

fn entry(id: &str) -> ConfigEntry {
    ConfigEntry { entry_id: id.to_owned(), domain: "mqtt".to_owned(), ..ConfigEntry::default() }
}

fn offer(unique_id: &str, name: &str) -> NewEntity {
    let mut offer = NewEntity::new("light", unique_id, EntitySlot::new(), Arc::new(Nothing));
    offer.name = Some(name.to_owned());
    offer
}

fn on(device: NewDevice, offer: NewEntity) -> NewEntity {
    NewEntity { device: Some(device), ..offer }
}

fn device(identifier: &str) -> NewDevice {
    NewDevice {
        identifiers: vec![identifier.to_owned()],
        connections: vec![("mac".to_owned(), "00:11".to_owned())],
        name: Some(format!("Thing {identifier}")),
        ..NewDevice::default()
    }
}

/// Registers what is offered and returns the ids.
fn register(registries: &mut Registries, entry: &ConfigEntry, offered: &[NewEntity]) -> Vec<Option<String>> {
    let (_, ids) = all(registries, entry, offered, NOW, &|id| id == "light.taken_by_a_state");
    ids.into_iter().map(|id| id.map(|id| id.to_string())).collect()
}

fn some(ids: &[&str]) -> Vec<Option<String>> {
    ids.iter().map(|id| Some((*id).to_owned())).collect()
}

#[test]
fn ids_are_made_of_names_and_stay() {
    let mut home = Registries::default();
    let offered = [offer("1", "Lamp"), offer("2", "Lamp"), offer("3", "Taken by a state")];
    let ids = some(&["light.lamp", "light.lamp_2", "light.taken_by_a_state_2"]);
    assert_eq!(register(&mut home, &entry("a"), &offered), ids);
    // Offered anew, in another order and under another name: nothing is registered twice, no id moves.
    let offered = [offer("2", "Other"), offer("1", "Lamp")];
    assert_eq!(register(&mut home, &entry("a"), &offered), some(&["light.lamp_2", "light.lamp"]));
    assert_eq!(home.entities().count(), 3);
    assert_eq!(home.entity("light.lamp_2").unwrap().original_name.as_deref(), Some("Other"));
    let (changes, _) = all(&mut home, &entry("a"), &offered, NOW, &|_| false);
    assert!(changes.is_empty(), "nothing new, nothing changed: {changes:?}");
}

#[test]
fn what_people_said_stays() {
    let mut home = Registries::default();
    register(&mut home, &entry("a"), &[offer("1", "Lamp")]);
    let known = EntityEntry::clone(home.entity("light.lamp").unwrap());
    let said = EntityEntry { name: Some("Sun".into()), area_id: Some("hall".into()), ..known };
    home.put_entity(EntityEntry { disabled_by: Some("user".into()), ..said });
    register(&mut home, &entry("a"), &[offer("1", "Lamp two")]);
    let lamp = home.entity("light.lamp").unwrap();
    assert_eq!((lamp.name.as_deref(), lamp.area_id.as_deref()), (Some("Sun"), Some("hall")));
    assert_eq!((lamp.disabled_by.as_deref(), lamp.original_name.as_deref()), (Some("user"), Some("Lamp two")));
}

#[test]
fn a_device_is_the_one_that_has_its_identifier_or_address() {
    let mut home = Registries::default();
    let with_area = NewDevice { suggested_area: Some("Living Room".into()), ..device("x") };
    register(&mut home, &entry("a"), &[on(with_area, offer("1", "One")), on(device("x"), offer("2", "Two"))]);
    register(&mut home, &entry("a"), &[on(device("renumbered"), offer("3", "Three"))]);
    assert_eq!(home.devices().count(), 1, "the address is the same");
    let thing = home.devices().next().unwrap();
    assert_eq!((thing.area_id.as_deref(), thing.identifiers.len()), (Some("living_room"), 2));
    assert!(home.entity("light.thing_x_one").is_some_and(|lamp| lamp.has_entity_name));
}

#[test]
fn another_entrys_device_is_not_taken_over() {
    let mut home = Registries::default();
    register(&mut home, &entry("a"), &[on(device("lock"), offer("1", "Door"))]);
    let lock = home.devices().next().unwrap().id.clone();
    // Claims to be the same thing: by its identifier and by its address.
    register(&mut home, &entry("b"), &[on(device("lock"), offer("2", "Impostor"))]);
    assert_eq!(home.devices().count(), 2);
    let impostor = home.entities().find(|entity| entity.unique_id == "2").unwrap();
    assert_ne!(impostor.device_id.as_deref(), Some(lock.as_str()));
    // Nor an entity of it.
    assert_eq!(register(&mut home, &entry("b"), &[offer("1", "Door")]), [None]);
    assert_eq!(home.entities().find(|entity| entity.unique_id == "1").unwrap().config_entry_id.as_deref(), Some("a"));
}

#[test]
fn what_is_forgotten_takes_its_empty_device_along() {
    let mut home = Registries::default();
    let offered = [on(device("x"), offer("1", "One")), on(device("x"), offer("2", "Two"))];
    register(&mut home, &entry("a"), &offered);
    let id = |unique_id: &str| ("light".to_owned(), unique_id.to_owned());
    assert!(forget(&mut home, &entry("b"), &[id("1")]).is_empty(), "another's");
    forget(&mut home, &entry("a"), &[id("1")]);
    assert_eq!((home.entities().count(), home.devices().count()), (1, 1));
    forget(&mut home, &entry("a"), &[id("2"), id("never there")]);
    assert_eq!((home.entities().count(), home.devices().count()), (0, 0));
}

#[test]
fn new_entities_may_start_disabled() {
    let mut home = Registries::default();
    let entry = ConfigEntry { pref_disable_new_entities: true, ..entry("a") };
    register(&mut home, &entry, &[offer("1", "One")]);
    assert!(!home.entity("light.one").unwrap().is_enabled());
}

#[test]
fn a_thing_that_says_of_itself_that_it_is_another_leaves_nothing_behind() {
    let (mut home, entry) = (Registries::default(), entry("a"));
    for n in 0..5 {
        let device = NewDevice { connections: Vec::new(), ..device(&n.to_string()) };
        register(&mut home, &entry, &[on(device, offer("1", "Lamp"))]);
    }
    assert_eq!(home.devices().count(), 1);
    assert_eq!(home.entities().count(), 1);
}

#[test]
fn a_device_does_not_collect_identifiers_without_end() {
    let (mut home, entry) = (Registries::default(), entry("a"));
    for n in 0..40 {
        let identifiers = (0..512).map(|m| format!("{n} {m}")).collect();
        let device = NewDevice { identifiers, ..device("d") };
        register(&mut home, &entry, &[on(device, offer("1", "Lamp"))]);
    }
    assert!(home.devices().all(|device| device.identifiers.len() <= 512));
}

#[test]
fn thousands_of_one_name_get_their_ids_soon() {
    let (mut home, entry) = (Registries::default(), entry("a"));
    let offers: Vec<_> = (0..10_000).map(|n| offer(&n.to_string(), "Lamp")).collect();
    let started = std::time::Instant::now();
    let ids = register(&mut home, &entry, &offers);
    assert_eq!(ids.last(), Some(&Some("light.lamp_10000".to_owned())));
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}
