//! The services for entities of any domain.

use serde_json::{Value, json};

use crate::home::{Home, outcome};

/// One call as one user: how it ends and what reaches whom.
async fn check(who: &str, service: &str, data: Value, expected: &str, reached: &[&str]) {
    let home = Home::new();
    let result = home.call(who, service, data.clone()).await;
    assert_eq!(outcome(&result), expected, "{who} {service} {data}");
    assert_eq!(home.done(), reached, "{who} {service} {data}");
}

#[tokio::test]
async fn each_domain_gets_its_own_call() {
    let everything = json!({"entity_id": ["light.a", "switch.a", "sensor.a", "lock.a", "light.b", "no_such.thing"]});
    let reached = ["light.turn_on light.a {}", "light.turn_on light.b {}", "switch.turn_on switch.a {}"];
    check("admin", "homeassistant.turn_on", everything, "ok", &reached).await;
    let group = json!({"entity_id": "light.all", "brightness": 7});
    let reached = [r#"light.toggle light.a {"brightness":7}"#, r#"light.toggle light.b {"brightness":7}"#];
    check("admin", "homeassistant.toggle", group, "ok", &reached).await;
    check("admin", "homeassistant.turn_off", json!({"entity_id": "group.no_such"}), "ok", &[]).await;
    check("admin", "homeassistant.update_entity", json!({"entity_id": "light.a"}), "ok", &[]).await;
}

#[tokio::test]
async fn a_forbidden_entity_that_was_named_stops_everything() {
    for data in [
        json!({"entity_id": ["light.a", "light.b"]}),
        json!({"entity_id": ["light.a", "lock.a"]}),
        json!({"entity_id": "light.all"}),
        json!({"entity_id": "sensor.a"}),
        json!({"entity_id": ["light.a", "weather.a"]}),
    ] {
        for service in ["turn_on", "turn_off", "toggle", "update_entity"] {
            check("ann", &format!("homeassistant.{service}"), data.clone(), "unauthorized", &[]).await;
        }
    }
    let allowed = json!({"entity_id": ["light.a", "switch.a"]});
    check(
        "ann",
        "homeassistant.turn_off",
        allowed,
        "ok",
        &["light.turn_off light.a {}", "switch.turn_off switch.a {}"],
    )
    .await;
}

#[tokio::test]
async fn a_domain_that_refuses_the_data_does_not_stop_the_others() {
    let data = json!({"entity_id": ["light.a", "switch.a"], "brightness": 7});
    check("admin", "homeassistant.turn_on", data, "failed", &[r#"light.turn_on light.a {"brightness":7}"#]).await;
    let data = json!({"entity_id": ["switch.a", "light.a"], "brightness": 7});
    check("admin", "homeassistant.turn_on", data, "failed", &[r#"light.turn_on light.a {"brightness":7}"#]).await;
}

#[tokio::test]
async fn everything_means_what_the_caller_may_control() {
    let reached = ["light.turn_off light.a {}", "switch.turn_off switch.a {}"];
    check("ann", "homeassistant.turn_off", json!({"entity_id": "all"}), "ok", &reached).await;
    check("ann", "homeassistant.turn_on", json!({}), "invalid", &[]).await;
}
