use auth_core::{AuthSnapshot, Group, Permission, Policy, Timestamp, User, principal::danger};
use serde_json::Value;

use super::*;
use crate::{AreaPatch, DevicePatch, EntityPatch, LabelPatch, RegistryError};

const NOW: Timestamp = Timestamp::from_secs(1_795_331_367);

fn entity(id: &str, device: Option<&str>, area: Option<&str>) -> EntityEntry {
    let (device_id, area_id) = (device.map(str::to_owned), area.map(str::to_owned));
    EntityEntry { device_id, area_id, ..EntityEntry::new(id.parse().unwrap(), "test", id, id, NOW) }
}

fn device(id: &str, parent: Option<&str>, area: Option<&str>) -> DeviceEntry {
    let (parent_device_id, area_id) = (parent.map(str::to_owned), area.map(str::to_owned));
    DeviceEntry { id: id.to_owned(), parent_device_id, area_id, ..DeviceEntry::default() }
}

fn home(rule: AreaRule) -> Registries {
    let mut home = Registries::new(rule);
    for name in ["Kitchen", "Hall"] {
        home.create_area(AreaPatch::named(name), NOW).unwrap();
    }
    home.put_device(device("main", None, Some("kitchen")));
    home.put_device(device("part", Some("main"), None));
    home.put_device(device("part_of_part", Some("part"), None));
    home.put_entity(entity("light.plain", Some("main"), None));
    home.put_entity(entity("light.moved", Some("main"), Some("hall")));
    home.put_entity(entity("light.part", Some("part"), None));
    home.put_entity(entity("light.deep", Some("part_of_part"), None));
    home.put_entity(entity("light.loose", None, Some("hall")));
    home
}

#[track_caller]
fn check_areas(rule: AreaRule, expected: [Option<&str>; 5]) {
    let home = home(rule);
    let ids = ["light.plain", "light.moved", "light.part", "light.deep", "light.loose"];
    assert_eq!(ids.map(|id| home.area_of(&id.parse().unwrap())), expected);
}

#[test]
fn an_entity_is_in_one_area() {
    check_areas(AreaRule::Own, [Some("kitchen"), Some("hall"), Some("kitchen"), None, Some("hall")]);
    check_areas(AreaRule::Device, [Some("kitchen"), Some("kitchen"), Some("kitchen"), None, None]);
}

#[test]
fn permissions_follow_every_change_at_once() {
    let mut home = home(AreaRule::Own);
    let mut edit = AuthSnapshot::default().edit();
    let hall = Policy::parse(r#"{"entities":{"area_ids":{"hall":true}}}"#).unwrap();
    edit.set_group(Group::new("hall", "Hall", hall));
    edit.set_user(User { group_ids: vec!["hall".into()], ..User::new("u", "U") });
    home.place_all(&mut edit);
    let mut snapshot = edit.finish();
    let ann = danger::user_principal(&"u".into(), None);
    let visible = |snapshot: &AuthSnapshot| {
        let ids = ["light.plain", "light.moved", "light.part", "light.loose", "light.renamed"];
        ids.into_iter().filter(|id| snapshot.rights(&ann).check(id, Permission::Read)).collect::<Vec<_>>()
    };
    assert_eq!(visible(&snapshot), ["light.moved", "light.loose"]);

    let mut step = |home: &Registries, changes: Vec<Change>, expected: &[&str]| {
        let mut edit = snapshot.edit();
        home.place_changed(&mut edit, &changes);
        snapshot = edit.finish();
        assert_eq!(visible(&snapshot), expected, "{changes:?}");
    };
    let to = |area: &str| DevicePatch { area_id: Some(Some(area.to_owned())), ..DevicePatch::default() };
    let changes = home.update_device("main", to("hall"), NOW).unwrap();
    step(&home, changes, &["light.plain", "light.moved", "light.part", "light.loose"]);
    let patch = EntityPatch { new_entity_id: Some("light.renamed".to_owned()), ..EntityPatch::default() };
    let changes = home.update_entity(&"light.plain".parse().unwrap(), patch, NOW).unwrap();
    step(&home, changes, &["light.moved", "light.part", "light.loose", "light.renamed"]);
    let changes = home.remove_device("main", NOW).unwrap();
    step(&home, changes, &["light.moved", "light.loose"]);
    let changes = home.delete_area("hall", NOW).unwrap();
    step(&home, changes, &[]);
}

#[test]
fn names_are_distinct_and_ids_are_slugs() {
    let mut home = Registries::default();
    home.create_area(AreaPatch::named("Living Room"), NOW).unwrap();
    let error = home.create_area(AreaPatch::named("living room"), NOW).unwrap_err();
    assert_eq!(error.to_string(), "The name living room (livingroom) is already in use");
    home.create_area(AreaPatch::named("living-room"), NOW).unwrap();
    let ids: Vec<_> = home.areas().map(|area| area.id.as_str()).collect();
    assert_eq!(ids, ["living_room", "living_room_2"]);
    assert_eq!(home.create_area(AreaPatch::named(" "), NOW), Err(RegistryError::NameMissing));
    // An area may change to its own name in another spelling.
    home.update_area("living_room", AreaPatch::named("LivingRoom"), NOW).unwrap();
}

#[test]
fn a_refused_change_changes_nothing() {
    let mut home = home(AreaRule::Own);
    let before = format!("{home:?}");
    let rename = |to: &str| EntityPatch { new_entity_id: Some(to.to_owned()), ..EntityPatch::default() };
    let plain: EntityId = "light.plain".parse().unwrap();
    for to in ["switch.plain", "light.moved", "nonsense"] {
        assert!(home.update_entity(&plain, rename(to), NOW).is_err(), "{to}");
    }
    assert!(home.update_area("nowhere", AreaPatch::named("X"), NOW).is_err());
    assert!(home.update_area("kitchen", AreaPatch::named("hall"), NOW).is_err());
    assert!(home.delete_label("x", NOW).is_err());
    assert!(home.reorder_areas(&["hall".to_owned()]).is_err());
    let color = LabelPatch { name: Some("L".to_owned()), color: Some(Some("#12".to_owned())), ..LabelPatch::default() };
    assert!(home.create_label(color, NOW).is_err());
    assert_eq!(format!("{home:?}"), before);
}

#[test]
fn events_carry_old_values() {
    let mut home = home(AreaRule::Own);
    let patch = EntityPatch { name: Some(Some("Lamp".to_owned())), ..EntityPatch::default() };
    let plain = "light.plain".parse().unwrap();
    let changes = home.update_entity(&plain, patch.clone(), NOW).unwrap();
    let data = Value::Object(changes[0].event_data());
    assert_eq!(data, serde_json::json!({"action": "update", "entity_id": "light.plain", "changes": {"name": null}}));
    // The same again is no change.
    assert_eq!(home.update_entity(&plain, patch, NOW).unwrap(), []);
}

#[test]
fn only_presentation_is_for_editors() {
    let check = |json: &str| serde_json::from_str::<EntityPatch>(json).unwrap().only_presents();
    assert!(check(r#"{"name":"x","icon":null,"aliases":[null],"options_domain":"light","options":{}}"#));
    for json in [r#"{"area_id":null}"#, r#"{"labels":[]}"#, r#"{"new_entity_id":"light.x"}"#, r#"{"hidden_by":null}"#] {
        assert!(!check(json), "{json}");
    }
    assert!(serde_json::from_str::<EntityPatch>(r#"{"policy":true}"#).is_err());
}

#[test]
fn a_deleted_label_leaves_no_trace() {
    let mut home = home(AreaRule::Own);
    home.create_label(LabelPatch { name: Some("Night".to_owned()), ..LabelPatch::default() }, NOW).unwrap();
    let labels = Some(BTreeSet::from(["night".to_owned(), "unknown".to_owned()]));
    let plain: EntityId = "light.plain".parse().unwrap();
    home.update_entity(&plain, EntityPatch { labels: labels.clone(), ..EntityPatch::default() }, NOW).unwrap();
    home.update_device("main", DevicePatch { labels: labels.clone(), ..DevicePatch::default() }, NOW).unwrap();
    home.update_area("hall", AreaPatch { labels, ..AreaPatch::default() }, NOW).unwrap();
    assert_eq!(home.entity("light.plain").unwrap().labels.len(), 1);
    assert_eq!(home.delete_label("night", NOW).unwrap().len(), 4);
    assert!(home.entity("light.plain").unwrap().labels.is_empty());
    assert!(home.area("hall").unwrap().labels.is_empty());
}

#[test]
fn devices_with_a_name_in_common_are_linked() {
    let mut home = Registries::default();
    let pair = |kind: &str, id: &str| (kind.to_owned(), id.to_owned());
    let mut put = |id: &str, identifiers, connections| {
        home.put_device(DeviceEntry { identifiers, connections, ..device(id, None, None) });
    };
    put("by_mac", vec![pair("one", "1")], vec![pair("mac", "aa"), pair("mac", "bb")]);
    put("other_entrys", vec![pair("two", "1")], vec![pair("mac", "bb")]);
    put("same_identifier", vec![pair("one", "1")], vec![]);
    put("stranger", vec![pair("one", "2")], vec![pair("zigbee", "aa")]);
    put("nameless", vec![], vec![]);
    put("nameless_too", vec![], vec![]);
    let linked = |id: &str| {
        let device = home.device(id).unwrap();
        let mut ids: Vec<_> = home.linked_to(device).map(|other| other.id.as_str()).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(linked("by_mac"), ["other_entrys", "same_identifier"]);
    assert_eq!((linked("other_entrys"), linked("same_identifier")), (vec!["by_mac"], vec!["by_mac"]));
    assert!(["stranger", "nameless"].iter().all(|id| linked(id).is_empty()));
}
