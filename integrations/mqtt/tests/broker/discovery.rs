//! What is discovered, does and says.

use serde_json::{Value, json};

use crate::{broker::Broker, connected, device::Device};

/// How a component is described, what is said, the state that it comes to, a call.
type Component = (&'static str, Value, &'static str, &'static str, Option<Call>);
/// A service, its data, and what it sends.
type Call = (&'static str, Value, &'static str);

fn components() -> Vec<Component> {
    vec![
        ("light", json!({"cmd_t": "~/set", "stat_t": "~"}), "ON", "on", Some(("turn_off", json!({}), "OFF"))),
        ("switch", json!({"cmd_t": "~/set", "stat_t": "~"}), "ON", "on", Some(("toggle", json!({}), "OFF"))),
        ("sensor", json!({"stat_t": "~", "unit_of_meas": "W"}), "12.5", "12.5", None),
        ("binary_sensor", json!({"stat_t": "~"}), "ON", "on", None),
        (
            "cover",
            json!({"cmd_t": "~/set", "stat_t": "~"}),
            "opening",
            "opening",
            Some(("stop_cover", json!({}), "STOP")),
        ),
        ("lock", json!({"cmd_t": "~/set", "stat_t": "~"}), "LOCKED", "locked", Some(("unlock", json!({}), "UNLOCK"))),
        (
            "climate",
            json!({"mode_cmd_t": "~/set", "mode_stat_t": "~"}),
            "heat",
            "heat",
            Some(("set_hvac_mode", json!({"hvac_mode": "off"}), "off")),
        ),
        ("fan", json!({"cmd_t": "~/set", "stat_t": "~"}), "ON", "on", Some(("turn_off", json!({}), "OFF"))),
        ("number", json!({"cmd_t": "~/set", "stat_t": "~"}), "7", "7", Some(("set_value", json!({"value": 8}), "8"))),
        (
            "select",
            json!({"cmd_t": "~/set", "stat_t": "~", "ops": ["a", "b"]}),
            "a",
            "a",
            Some(("select_option", json!({"option": "b"}), "b")),
        ),
        ("button", json!({"cmd_t": "~/set"}), "", "unknown", Some(("press", json!({}), "PRESS"))),
    ]
}

#[tokio::test]
async fn every_component_says_and_does() {
    let broker = Broker::start().await;
    let (kit, _) = connected(&broker).await;
    let device = Device::new(&broker).await;
    for (component, mut message, said, _, _) in components() {
        message["~"] = json!(component);
        message["uniq_id"] = json!("it");
        message["obj_id"] = json!("it");
        message["dev"] = json!({"ids": ["d"], "name": "Device", "mf": "Maker"});
        device.describes(&format!("{component}/it"), message).await;
        if !said.is_empty() {
            device.says(component, said).await;
        }
    }
    for (component, _, _, state, call) in components() {
        let id = format!("{component}.it");
        kit.until_true(&format!("{id} is {state}"), || kit.entity_state(&id) == state).await;
        if let Some((service, mut data, sent)) = call {
            data["entity_id"] = json!(id);
            kit.call(component, service, data).await.unwrap();
            let topic = format!("{component}/set");
            kit.until_true(&format!("{topic} is heard"), || device.heard(&topic) == [sent]).await;
        }
    }
    device.says("light", "OFF").await;
    kit.until_true("the light is off", || kit.entity_state("light.it") == "off").await;
    // Taken away one after the other.
    for (n, (component, ..)) in components().iter().enumerate() {
        device.says(&format!("homeassistant/{component}/it/config"), "").await;
        let left = components().len() - n - 1;
        kit.until_true(&format!("{component} is gone"), || kit.registered().len() == left).await;
    }
    assert_eq!(kit.provided(), Vec::<String>::new());
}

#[tokio::test]
async fn availability_updates_and_devices() {
    let broker = Broker::start().await;
    let device = Device::new(&broker).await;
    // What is retained from before is found.
    device.says("there", "offline").await;
    device.says("a", r#"{"t": 1, "extra": 2, "friendly_name": "fake"}"#).await;
    let part = |unit: &str| {
        json!({"p": "sensor", "uniq_id": "a", "obj_id": "a", "name": "A", "stat_t": "a",
        "val_tpl": "{{ value_json.t }}", "unit_of_meas": unit, "json_attr_t": "a"})
    };
    let message = |parts: Value| json!({"dev": {"ids": ["d"], "name": "D"}, "o": {"name": "maker"}, "avty_t": "there", "cmps": parts});
    let second = json!({"p": "switch", "uniq_id": "b", "obj_id": "b", "cmd_t": "b/set"});
    device.describes("device/d", message(json!({"a": part("W"), "b": second}))).await;
    let (kit, _) = connected(&broker).await;
    kit.until_true("both are found", || kit.provided() == ["sensor.a", "switch.b"]).await;
    assert_eq!(kit.entity_state("sensor.a"), "unavailable");
    device.says("there", "online").await;
    kit.until_true("it is there", || kit.entity_state("sensor.a") == "1").await;
    let (_, attributes) = kit.entity("sensor.a").unwrap();
    assert_eq!((&attributes["extra"], &attributes["friendly_name"]), (&json!(2), &json!("D A")));
    kit.call("switch", "turn_on", json!({"entity_id": "switch.b"})).await.unwrap();
    kit.until_true("it is taken for on", || kit.entity_state("switch.b") == "on").await;
    kit.until_true("it was told so", || device.heard("b/set") == ["ON"]).await;
    // Changed in place, and without its second part.
    device.describes("device/d", message(json!({"a": part("kW"), "b": {"p": "switch"}}))).await;
    kit.until_true("one is left", || kit.registered() == ["sensor.a"]).await;
    let unit = || kit.entity("sensor.a").map(|(_, attributes)| attributes["unit_of_measurement"].clone());
    kit.until_true("its unit is new", || unit() == Some(json!("kW"))).await;
    kit.until_true("its state is there again", || kit.entity_state("sensor.a") == "1").await;
    device.says("there", "offline").await;
    kit.until_true("it is gone", || kit.entity_state("sensor.a") == "unavailable").await;
}

#[tokio::test]
async fn what_is_wrong_is_passed_over() {
    let broker = Broker::start().await;
    let (kit, id) = connected(&broker).await;
    let device = Device::new(&broker).await;
    device.says("homeassistant/light/a/config", "no JSON").await;
    device.says("homeassistant/light/b/config", r#"{"command_topic": 7}"#).await;
    device
        .says("homeassistant/light/c/config", &format!(r#"{{"command_topic": "c", "x": "{}"}}"#, "x".repeat(300_000)))
        .await;
    device.says("homeassistant/sensor/d/config", &"[".repeat(10_000)).await;
    device.describes("sensor/e", json!({"state_topic": "e", "unique_id": "same"})).await;
    device.describes("sensor/f", json!({"state_topic": "f", "unique_id": "same"})).await;
    device.describes("switch/good", json!({"command_topic": "good/set"})).await;
    kit.until_true("the good ones are there", || kit.provided() == ["sensor.e", "switch.good"]).await;
    assert_eq!(kit.state(&id), "loaded");
    device.says("e", "\u{0}\u{1}").await;
    device.says("e", "fine").await;
    kit.until_true("it goes on", || kit.entity_state("sensor.e") == "fine").await;
}
