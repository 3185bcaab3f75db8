use auth_core::Timestamp;
use registries::{AreaPatch, FloorPatch, LabelPatch};
use serde_json::{Value, json};

use super::*;

const NOW: Timestamp = Timestamp::from_secs(0);

fn home() -> Registries {
    let mut home = Registries::default();
    home.create_floor(FloorPatch { name: Some("Ground".into()), ..FloorPatch::default() }, NOW).unwrap();
    home.create_label(LabelPatch { name: Some("Night".into()), ..LabelPatch::default() }, NOW).unwrap();
    let kitchen = AreaPatch { floor_id: Some(Some("ground".into())), ..AreaPatch::named("Kitchen") };
    home.create_area(kitchen, NOW).unwrap();
    home.create_area(AreaPatch::named("Hall"), NOW).unwrap();
    let device = |id: &str, parent: Option<&str>, area: Option<&str>| DeviceEntry {
        id: id.into(),
        parent_device_id: parent.map(Into::into),
        area_id: area.map(Into::into),
        ..DeviceEntry::default()
    };
    home.put_device(device("stove", None, Some("kitchen")));
    home.put_device(device("hood", Some("stove"), None));
    let entity = |id: &str| EntityEntry::new(id.parse().unwrap(), "t", id, id, NOW);
    let on = |id: &str, device: &str| EntityEntry { device_id: Some(device.into()), ..entity(id) };
    home.put_entity(on("light.stove", "stove"));
    home.put_entity(on("fan.hood", "hood"));
    home.put_entity(EntityEntry { area_id: Some("hall".into()), ..on("light.away", "stove") });
    home.put_entity(EntityEntry { area_id: Some("kitchen".into()), ..entity("light.loose") });
    home.put_entity(EntityEntry { hidden_by: Some("user".into()), ..on("light.hidden", "stove") });
    home.put_entity(EntityEntry { entity_category: Some("diagnostic".into()), ..on("sensor.wifi", "stove") });
    home.put_entity(EntityEntry { disabled_by: Some("user".into()), ..on("light.disabled", "stove") });
    home.put_entity(EntityEntry { labels: ["night".to_owned()].into(), ..entity("light.night") });
    home
}

fn members(id: &EntityId) -> Option<Vec<EntityId>> {
    let ids: &[&str] = match id.as_str() {
        "group.lights" => &["light.a", "group.inner", "light.a"],
        "group.inner" => &["group.lights", "light.b"],
        "group.empty" => &[],
        _ => return None,
    };
    Some(ids.iter().map(|id| id.parse().unwrap()).collect())
}

#[track_caller]
fn check(target: Value, direct: &[&str], indirect: &[&str]) {
    let Value::Object(map) = target else { panic!("an object") };
    let expanded = Target::parse(map).unwrap().expand(&home(), members);
    let text = |ids: &[EntityId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        (text(&expanded.direct), text(&expanded.indirect)),
        (direct.iter().map(ToString::to_string).collect(), indirect.iter().map(ToString::to_string).collect())
    );
}

#[test]
fn areas_devices_floors_and_labels_hold_entities() {
    check(json!({"area_id": "kitchen"}), &[], &["light.stove", "fan.hood", "light.loose"]);
    check(json!({"floor_id": ["ground"]}), &[], &["light.stove", "fan.hood", "light.loose"]);
    check(json!({"area_id": "hall"}), &[], &["light.away"]);
    check(json!({"device_id": "stove"}), &[], &["light.stove", "fan.hood", "light.away"]);
    check(json!({"device_id": "hood"}), &[], &["fan.hood"]);
    check(json!({"label_id": "night"}), &[], &["light.night"]);
    check(json!({"area_id": "nowhere", "label_id": "none", "device_id": []}), &[], &[]);
}

#[test]
fn groups_become_their_members_and_cycles_end() {
    check(json!({"entity_id": ["group.lights", "light.c"]}), &["light.a", "light.b", "light.c"], &[]);
    check(json!({"entity_id": "group.empty"}), &[], &[]);
}

#[test]
fn what_is_named_directly_counts_as_direct() {
    let area = &["fan.hood", "light.loose"];
    check(json!({"area_id": "kitchen", "entity_id": "light.stove"}), &["light.stove"], area);
}

#[test]
fn excluded_is_excluded() {
    let without = json!({"area_id": "kitchen", "exclude": {"device_id": "stove"}});
    check(without, &[], &["light.loose"]);
    check(json!({"entity_id": ["light.a", "light.c"], "exclude": {"entity_id": "group.lights"}}), &["light.c"], &[]);
}

#[test]
fn a_group_is_left_out_with_the_groups_in_it() {
    let Value::Object(map) = json!({"entity_id": "all", "exclude": {"entity_id": "group.lights"}}) else {
        panic!("an object")
    };
    let excluded = Target::parse(map).unwrap().expand(&home(), members).excluded;
    let excluded: Vec<_> = excluded.iter().map(EntityId::as_str).collect();
    assert_eq!(excluded, ["group.inner", "group.lights", "light.a", "light.b"]);
}
