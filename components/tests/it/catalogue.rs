//! Every service of the catalogue.

use auth_core::Permission;
use serde_json::{Value, json};
use service_bus::{Bus, Handler, Manages, ResponseMode, ServiceAccess};

use crate::home::{Home, outcome};

#[test]
fn every_service_registers_and_is_described() {
    let (bus, _world) = Bus::new();
    components::register(&bus).unwrap();
    components::register(&bus).unwrap();
    let registered = bus.services();
    let specs = components::specs();
    assert_eq!(registered.values().map(std::collections::BTreeMap::len).sum::<usize>(), specs.len(), "a name twice");
    for domain in [
        "alarm_control_panel",
        "automation",
        "button",
        "calendar",
        "climate",
        "counter",
        "cover",
        "fan",
        "homeassistant",
        "humidifier",
        "input_boolean",
        "input_button",
        "input_number",
        "input_select",
        "lawn_mower",
        "light",
        "lock",
        "media_player",
        "notify",
        "number",
        "remote",
        "scene",
        "script",
        "select",
        "siren",
        "switch",
        "text",
        "timer",
        "todo",
        "update",
        "vacuum",
        "valve",
        "water_heater",
        "weather",
    ] {
        assert!(registered.contains_key(domain), "{domain}");
    }
    for spec in specs {
        let name = format!("{}.{}", spec.domain, spec.name);
        let described = spec.describe();
        assert!(described["fields"].is_object() && described["target"]["entity"].is_array(), "{name}");
        assert_eq!(spec.manages, Manages::Nothing, "{name}");
        assert_eq!(described.get("response").is_some(), spec.response != ResponseMode::None, "{name}");
    }
}

#[test]
fn only_what_reads_may_be_called_with_read() {
    let reading: Vec<_> = components::specs()
        .into_iter()
        .filter(|spec| spec.access != ServiceAccess::Entities(Permission::Control))
        .map(|spec| (spec.access.to_string(), format!("{}.{}", spec.domain, spec.name), spec.response))
        .collect();
    let expected = ["todo.get_items", "weather.get_forecasts", "calendar.get_events"];
    assert_eq!(reading, expected.map(|name| ("entities:read".to_owned(), name.to_owned(), ResponseMode::Only)));
}

#[test]
fn no_service_outside_homeassistant_reaches_other_domains() {
    for spec in components::specs() {
        let is_each = matches!(spec.handler, Handler::EachEntity { .. });
        assert_eq!(is_each, spec.domain != "homeassistant", "{}.{}", spec.domain, spec.name);
    }
}

#[tokio::test]
async fn unknown_fields_are_refused_by_every_service() {
    let home = Home::new();
    for spec in components::specs() {
        let name = format!("{}.{}", spec.domain, spec.name);
        let data = json!({"entity_id": format!("{}.a", spec.domain), "no_such_field": 1});
        let result = home.call("admin", &name, data).await;
        // The generic ones leave the data to the domain, and here no entity is of a domain that has them.
        let passes = spec.domain == "homeassistant" && spec.name != "update_entity";
        assert_eq!(outcome(&result), if passes { "ok" } else { "invalid" }, "{name}");
    }
    assert!(home.done().is_empty());
}

async fn check(service: &str, data: Value, expected: &str) {
    let home = Home::new();
    let mut with_target = data.clone();
    let domain = service.split_once('.').unwrap().0;
    with_target.as_object_mut().unwrap().insert("entity_id".into(), json!(format!("{domain}.a")));
    assert_eq!(outcome(&home.call("admin", service, with_target).await), expected, "{service} {data}");
}

#[tokio::test]
async fn fields_have_home_assistants_bounds() {
    for (data, expected) in [
        (json!({"brightness": 0}), "ok"),
        (json!({"brightness": 255, "transition": 2.5}), "ok"),
        (json!({"brightness": 256}), "invalid"),
        (json!({"brightness_pct": 100.5}), "invalid"),
        (json!({"brightness_step": -255}), "ok"),
        (json!({"brightness_step_pct": -101}), "invalid"),
        (json!({"rgb_color": [255, 0, 0]}), "ok"),
        (json!({"rgb_color": [255, 0]}), "invalid"),
        (json!({"rgbww_color": [1, 2, 3, 4, 5]}), "ok"),
        (json!({"hs_color": [361, 0]}), "invalid"),
        (json!({"xy_color": [0.3, 1.1]}), "invalid"),
        (json!({"color_name": "rebeccablue"}), "invalid"),
        (json!({"color_name": "tomato"}), "ok"),
        (json!({"flash": "long"}), "ok"),
        (json!({"flash": "longer"}), "invalid"),
        (json!({"white": 300}), "invalid"),
    ] {
        check("light.turn_on", data.clone(), expected).await;
        check("light.toggle", data, expected).await;
    }
    check("light.turn_off", json!({"brightness": 1}), "invalid").await;
    check("lock.lock", json!({"code": 1234}), "ok").await;
    check("lock.lock", json!({"code": [1]}), "invalid").await;
    check("weather.get_forecasts", json!({}), "invalid").await;
    check("weather.get_forecasts", json!({"type": "yearly"}), "invalid").await;
    check("switch.turn_on", json!({}), "ok").await;
}

#[tokio::test]
async fn reading_services_need_read_and_no_more() {
    let home = Home::new();
    let forecast = |id: &str| json!({"entity_id": id, "type": "daily"});
    assert_eq!(outcome(&home.call("ann", "weather.get_forecasts", forecast("weather.a")).await), "ok");
    assert_eq!(outcome(&home.call("ann", "weather.get_forecasts", forecast("weather.b")).await), "unauthorized");
}

#[test]
fn colours_have_names() {
    assert_eq!(components::color_by_name("tomato"), Some([255, 99, 71]));
    assert_eq!(components::color_by_name("rebeccablue"), None);
    assert!(components::COLOR_NAMES.iter().all(|name| components::color_by_name(name).is_some()));
}
