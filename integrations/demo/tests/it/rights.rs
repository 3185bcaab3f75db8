//! Who may do what: a scene or a script opens none of its members.

use serde_json::{Value, json};

use crate::home::{Home, outcome};

/// Users: `runner` may control scenes and scripts and automations, `cook` that and the kitchen, `reader` may read.
fn home() -> Home {
    Home::with(&[
        ("runner", r#"{"entities":{"domains":{"scene":true,"script":true,"automation":true}}}"#),
        ("cook", r#"{"entities":{"domains":{"scene":true,"script":true},"area_ids":{"kitchen":true}}}"#),
        ("reader", r#"{"entities":{"all":{"read":true}}}"#),
        ("group", r#"{"entities":{"entity_ids":{"light.downstairs":true,"light.floor_lamp":true}}}"#),
    ])
}

/// A call as one user: how it ends, and which entities then show something else.
async fn check(who: &str, service: &str, data: Value, expected: &str, changed: &[&str]) {
    let home = home();
    let before = home.shown();
    let result = home.call(who, service, data.clone()).await;
    assert_eq!(outcome(&result), expected, "{who} {service} {data}");
    let after = home.shown();
    let different: Vec<_> =
        after.iter().filter(|(id, shown)| before.get(*id) != Some(*shown)).map(|(id, _)| id.as_str()).collect();
    assert_eq!(different, changed, "{who} {service} {data}");
}

#[tokio::test]
async fn a_scene_needs_its_members_too() {
    for scene in ["scene.evening", "scene.bright_kitchen", "scene.movie"] {
        let data = json!({"entity_id": scene});
        check("runner", "scene.turn_on", data.clone(), "unauthorized", &[]).await;
        check("runner", "homeassistant.turn_on", data.clone(), "unauthorized", &[]).await;
        check("reader", "scene.turn_on", data, "unauthorized", &[]).await;
    }
    let changed = ["light.downstairs", "light.kitchen_counter", "light.kitchen_lights", "scene.bright_kitchen"];
    check("cook", "scene.turn_on", json!({"entity_id": "scene.bright_kitchen"}), "ok", &changed).await;
}

#[tokio::test]
async fn a_script_needs_what_its_steps_need() {
    for (service, data) in [
        ("script.kitchen_flash", json!({})),
        ("script.turn_on", json!({"entity_id": "script.kitchen_flash"})),
        ("script.toggle", json!({"entity_id": "script.kitchen_flash"})),
        ("script.good_night", json!({})),
        ("script.leave_home", json!({})),
        ("automation.trigger", json!({"entity_id": "automation.guests_are_welcome"})),
    ] {
        check("runner", service, data.clone(), "unauthorized", &[]).await;
        check("reader", service, data, "unauthorized", &[]).await;
    }
    check("cook", "script.kitchen_flash", json!({}), "ok", &["script.kitchen_flash"]).await;
    check("cook", "automation.trigger", json!({"entity_id": "automation.guests_are_welcome"}), "unauthorized", &[])
        .await;
}

#[tokio::test]
async fn an_automation_can_be_turned_off_by_whoever_controls_it() {
    let data = json!({"entity_id": "automation.guests_are_welcome"});
    check("runner", "automation.turn_off", data, "ok", &["automation.guests_are_welcome"]).await;
}

#[tokio::test]
async fn a_light_group_needs_every_member() {
    let group = json!({"entity_id": "light.downstairs"});
    check("group", "light.turn_off", group.clone(), "unauthorized", &[]).await;
    check("group", "homeassistant.turn_off", group, "unauthorized", &[]).await;
    // Found with the rest, it is passed over: not all of its members may be controlled.
    let changed = ["light.downstairs", "light.floor_lamp"];
    check("group", "light.turn_off", json!({"entity_id": "all"}), "ok", &changed).await;
}

#[tokio::test]
async fn reading_is_enough_to_ask() {
    check("reader", "weather.get_forecasts", json!({"entity_id": "weather.home", "type": "daily"}), "ok", &[]).await;
    check("reader", "todo.get_items", json!({"entity_id": "todo.chores"}), "ok", &[]).await;
    check("reader", "todo.add_item", json!({"entity_id": "todo.chores", "item": "x"}), "unauthorized", &[]).await;
    check("runner", "todo.get_items", json!({"entity_id": "todo.chores"}), "unauthorized", &[]).await;
}
