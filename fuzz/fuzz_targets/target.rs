//! What is excluded from a target is in no list of its expansion, and nothing is in it that was not meant.
#![no_main]

use std::{collections::BTreeSet, sync::LazyLock};

use auth_core::EntityId;
use fuzz::NOW;
use libfuzzer_sys::fuzz_target;
use registries::{AreaPatch, DeviceEntry, EntityEntry, FloorPatch, LabelPatch, Registries};
use serde_json::{Map, Value};
use service_bus::{Target, TargetIds};

const KEYS: [&str; 7] = ["entity_id", "device_id", "area_id", "floor_id", "label_id", "exclude", "metadata"];

static HOME: LazyLock<Registries> = LazyLock::new(|| {
    let mut home = Registries::default();
    home.create_floor(FloorPatch { name: Some("Ground".into()), ..FloorPatch::default() }, NOW).expect("a floor");
    home.create_label(LabelPatch { name: Some("Night".into()), ..LabelPatch::default() }, NOW).expect("a label");
    let kitchen = AreaPatch { floor_id: Some(Some("ground".into())), ..AreaPatch::named("Kitchen") };
    home.create_area(kitchen, NOW).expect("an area");
    home.create_area(AreaPatch::named("Hall"), NOW).expect("an area");
    for (id, parent, area) in [("stove", None, Some("kitchen")), ("hood", Some("stove"), None)] {
        let (parent_device_id, area_id) = (parent.map(str::to_owned), area.map(str::to_owned));
        home.put_device(DeviceEntry { id: id.into(), parent_device_id, area_id, ..DeviceEntry::default() });
    }
    let entity = |id: &str, device: Option<&str>, area: Option<&str>| EntityEntry {
        device_id: device.map(str::to_owned),
        area_id: area.map(str::to_owned),
        ..EntityEntry::new(id.parse().expect("an id"), "t", id, id, NOW)
    };
    home.put_entity(entity("light.stove", Some("stove"), None));
    home.put_entity(entity("fan.hood", Some("hood"), None));
    home.put_entity(entity("light.away", Some("stove"), Some("hall")));
    home.put_entity(EntityEntry { hidden_by: Some("user".into()), ..entity("light.hidden", Some("stove"), None) });
    home.put_entity(EntityEntry { disabled_by: Some("user".into()), ..entity("light.off", Some("stove"), None) });
    home.put_entity(EntityEntry { labels: ["night".to_owned()].into(), ..entity("light.night", None, None) });
    home
});

fn members(id: &EntityId) -> Option<Vec<EntityId>> {
    let ids: &[&str] = match id.as_str() {
        "group.a" => &["light.a", "group.b", "light.stove"],
        "group.b" => &["group.a", "light.b"],
        "group.c" => &[],
        _ => return None,
    };
    Some(ids.iter().map(|id| id.parse().expect("an id")).collect())
}

/// Returns the ids and what the groups among them hold.
fn with_members(ids: &TargetIds) -> BTreeSet<EntityId> {
    let TargetIds::Listed(ids) = ids else { return BTreeSet::new() };
    let mut waiting = ids.clone();
    let mut all = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if all.insert(id.clone()) {
            waiting.extend(members(&id).unwrap_or_default());
        }
    }
    all
}

fuzz_target!(|text: &str| {
    let Ok(Value::Object(data)) = serde_json::from_str(text) else { return };
    let is_own = |name: &String| KEYS.contains(&name.as_str());
    let mut rest = data.clone();
    let taken = Target::take_from(&mut rest);
    if taken.is_ok() {
        let left: Map<_, _> = data.clone().into_iter().filter(|(name, _)| !is_own(name)).collect();
        assert_eq!(rest, left, "what is not the target's stays as it was");
    }
    let parsed = Target::parse(data.clone());
    assert_eq!(parsed.is_ok(), taken.is_ok() && data.keys().all(is_own), "{parsed:?}");
    let Ok(target) = taken else { return };

    let expanded = target.expand(&HOME, members);
    let direct: BTreeSet<_> = expanded.direct.iter().cloned().collect();
    let indirect: BTreeSet<_> = expanded.indirect.iter().cloned().collect();
    assert_eq!((direct.len(), indirect.len()), (expanded.direct.len(), expanded.indirect.len()), "each once");
    assert!(direct.is_disjoint(&indirect), "named or found, not both");
    assert!(direct.is_disjoint(&expanded.excluded) && indirect.is_disjoint(&expanded.excluded), "what is excluded");
    if let Some(exclude) = &target.exclude {
        assert!(exclude.exclude.is_none(), "no exclusions from exclusions");
        // Of groups inside groups, only the members are left out.
        let is_listed = |id: &EntityId| matches!(&exclude.entities, TargetIds::Listed(ids) if ids.contains(id));
        let mut named = with_members(&exclude.entities);
        named.retain(|id| members(id).is_none() || is_listed(id));
        assert!(named.is_subset(&expanded.excluded), "everything excluded by name");
    } else {
        assert!(expanded.excluded.is_empty());
    }
    let named = with_members(&target.entities);
    assert!(direct.is_subset(&named), "what was not named is not direct");
    assert!(direct.iter().all(|id| members(id).is_none()), "groups are replaced");
    let meant = named.iter().filter(|id| members(id).is_none() && !expanded.excluded.contains(*id));
    assert!(meant.into_iter().all(|id| direct.contains(id)), "what was named is direct");
    for id in &indirect {
        let entry = HOME.entity(id.as_str()).expect("found in the registry");
        assert!(entry.is_enabled() && entry.hidden_by.is_none(), "{id}");
    }
    assert!(indirect.is_empty() || expanded.by_place, "found without a place");
    assert_eq!(expanded.all, target.entities == TargetIds::All);
});
