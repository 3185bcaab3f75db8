//! Anything may be asked of anything: nothing panics, nothing else changes.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use service_bus::{CallError, Handler};

use crate::home::{Home, outcome};

#[tokio::test]
async fn every_service_works_or_is_refused_in_good_order() {
    let home = Home::new();
    let entities: Vec<_> = home.states().iter().map(|state| state.entity_id.clone()).collect();
    let domains: BTreeSet<_> = entities.iter().map(|id| id.domain().to_owned()).collect();
    let mut worked = BTreeSet::new();
    for (domain, services) in home.bus.services() {
        for (name, spec) in services.iter().filter(|(_, spec)| matches!(spec.handler, Handler::EachEntity { .. })) {
            let service = format!("{domain}.{name}");
            for id in entities.iter().filter(|id| id.domain() == domain) {
                let fields = spec.describe()["fields"].as_object().unwrap().clone();
                let needed = fields.iter().filter(|(_, field)| field.get("required").is_some());
                let mut data: Map<String, Value> =
                    needed.map(|(field, what)| (field.clone(), plausible(&home, id.as_str(), field, what))).collect();
                if service.contains("alarm_") || id.as_str() == "lock.gun_safe" {
                    let code = if domain == "lock" { "4321" } else { "1234" };
                    data.insert("code".into(), json!(code));
                }
                match service.as_str() {
                    "calendar.get_events" => _ = data.insert("duration".into(), json!(3600)),
                    "climate.set_temperature" => _ = data.insert("temperature".into(), json!(20)),
                    "timer.change" => {
                        let running = json!({"entity_id": id.as_str()});
                        home.call("admin", "timer.start", running).await.unwrap();
                        data.insert("duration".into(), json!(-5));
                    }
                    "media_player.play_media" => {
                        data.insert("media_content_type".into(), json!("music"));
                        data.insert("media_content_id".into(), json!("1"));
                    }
                    _ => {}
                }
                data.insert("entity_id".into(), json!(id.as_str()));
                let result = home.call("admin", &service, Value::Object(data.clone())).await;
                // Panics unless it worked or was refused as the caller's fault.
                if outcome(&result) == "ok" {
                    worked.insert(service.clone());
                }
            }
        }
    }
    let all: BTreeSet<_> = components::specs()
        .into_iter()
        .filter(|spec| domains.contains(&spec.domain))
        .map(|spec| format!("{}.{}", spec.domain, spec.name))
        .collect();
    let never: Vec<_> = all.difference(&worked).map(String::as_str).collect();
    // What no entity of this home can do.
    let expected = [
        "calendar.create_event",
        "climate.set_swing_horizontal_mode",
        "media_player.browse_media",
        "remote.delete_command",
        "remote.learn_command",
    ];
    assert_eq!(never, expected);
}

/// A value that fits a field of an entity.
fn plausible(home: &Home, entity_id: &str, field: &str, what: &Value) -> Value {
    let attributes = home.state(entity_id).attributes.clone();
    let lists = [
        "options",
        "source_list",
        "preset_modes",
        "fan_modes",
        "swing_modes",
        "hvac_modes",
        "fan_speed_list",
        "available_modes",
        "operation_list",
    ];
    let list = match field {
        "option" => "options",
        "source" => "source_list",
        "preset_mode" => "preset_modes",
        "fan_mode" => "fan_modes",
        "swing_mode" => "swing_modes",
        "hvac_mode" => "hvac_modes",
        "fan_speed" => "fan_speed_list",
        "mode" => "available_modes",
        "operation_mode" => "operation_list",
        _ => "",
    };
    if lists.contains(&list) && attributes.get(list).is_some_and(Value::is_array) {
        return attributes[list][0].clone();
    }
    match field {
        "value" if entity_id.starts_with("text") => json!("word"),
        "value" => json!(attributes.get("min").and_then(Value::as_f64).unwrap_or(3.0)),
        "temperature" => json!(attributes["min_temp"].as_f64().unwrap() + 2.0),
        "item" if entity_id == "todo.chores" => json!("Water the plants"),
        "item" => json!("Milk"),
        "date" => json!("2026-11-22"),
        "time" => json!("10:00"),
        "humidity" => json!(50),
        "command" if entity_id.starts_with("remote") => json!(["a"]),
        "options" => json!(["a"]),
        _ => match &what["selector"] {
            selector if selector.get("select").is_some() => selector["select"]["options"][0].clone(),
            selector if selector.get("boolean").is_some() => json!(true),
            selector if selector.get("number").is_some() => selector["number"]["max"].clone(),
            _ => json!("x"),
        },
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-300_i64..300).prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        (0.0..100.0).prop_map(|number: f64| json!(number)),
        ".{0,20}".prop_map(Value::from),
        Just(json!("Milk")),
        Just(json!("off")),
        Just(json!("heat")),
        Just(json!("1234")),
        Just(json!("0:00:10")),
        Just(json!([255, 0, 0])),
        Just(json!([0.3, 0.3])),
        Just(json!(["a", "b"])),
        Just(json!({"hours": 1e18})),
        Just(json!("9999-12-31 23:59:59")),
    ];
    leaf.prop_recursive(2, 6, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..3).prop_map(|members| json!(members)),
        ]
    })
}

/// A service, an entity, and data that often has the service's own fields.
#[derive(Clone, Debug)]
struct Shot {
    service: usize,
    entity: usize,
    fields: Vec<(usize, Value)>,
    stranger: bool,
}

fn shots() -> impl Strategy<Value = Vec<Shot>> {
    let fields = prop::collection::vec((0..20_usize, values()), 0..4);
    let shot = (any::<usize>(), any::<usize>(), fields, prop::bool::weighted(0.02));
    let shot = shot.prop_map(|(service, entity, fields, stranger)| Shot { service, entity, fields, stranger });
    prop::collection::vec(shot, 1..40)
}

/// Makes a call, with a value for each field that the service needs.
async fn shoot(home: &Home, shot: &Shot) -> (String, String, Result<service_bus::Outcome, CallError>) {
    let specs: Vec<_> = home.bus.services().into_values().flat_map(std::collections::BTreeMap::into_values).collect();
    let specs: Vec<_> = specs.iter().filter(|spec| matches!(spec.handler, Handler::EachEntity { .. })).collect();
    let spec = specs[shot.service % specs.len()];
    let states = home.states();
    let fitting: Vec<_> = states.iter().filter(|state| state.entity_id.domain() == spec.domain).collect();
    let entity_id = match fitting.len() {
        0 => states[shot.entity % states.len()].entity_id.to_string(),
        n => fitting[shot.entity % n].entity_id.to_string(),
    };
    let fields: Vec<_> = spec.describe()["fields"].as_object().unwrap().clone().into_iter().collect();
    let mut data = Map::new();
    for (n, value) in shot.fields.iter().filter(|_| !fields.is_empty()) {
        data.insert(fields[n % fields.len()].0.clone(), value.clone());
    }
    for (name, what) in fields.iter().filter(|(_, what)| what.get("required").is_some()) {
        data.entry(name.clone()).or_insert_with(|| plausible(home, &entity_id, name, what));
    }
    if shot.stranger {
        data.insert("stranger".into(), json!(1));
    }
    data.insert("entity_id".into(), json!(entity_id));
    let service = format!("{}.{}", spec.domain, spec.name);
    let result = home.call("admin", &service, Value::Object(data)).await;
    (service, entity_id, result)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn nothing_panics_and_nothing_else_changes(shots in shots()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let home = Home::new();
            for (n, shot) in shots.iter().enumerate() {
                let before = home.shown();
                let (service, target, result) = shoot(&home, shot).await;
                let after = home.shown();
                let routine = ["scene", "script", "automation"].iter().any(|domain| target.starts_with(domain));
                let changed: Vec<_> = after.iter().filter(|(id, shown)| before.get(*id) != Some(*shown)).collect();
                for (id, _) in &changed {
                    // A group's state follows; a routine's members are what it is for.
                    let follows = after[*id].1.get("entity_id").is_some();
                    let member = target == "light.downstairs" && id.domain() == "light";
                    assert!(id.as_str() == target || follows || member || routine, "{service} on {target} changed {id}");
                }
                if result.is_err() && !routine {
                    assert!(changed.is_empty(), "{service} on {target} was refused and changed {changed:?}");
                }
                home.demo.step(u64::try_from(n).unwrap());
            }
        });
    }
}
