//! What others have and do shows in none of what somebody is told: not in names, times or what becomes of their own.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    cli::{done, home},
    support::{Server, Ws, server::doorward},
};

fn notify(ws: &mut Ws, service: &str, data: Value) -> Value {
    ws.call("call_service", json!({"domain": "persistent_notification", "service": service, "service_data": data}))
}

fn notifications(ws: &mut Ws) -> Vec<(String, String)> {
    let all = ws.result("persistent_notification/get", json!({}));
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    all.as_array().unwrap().iter().map(|one| (text(one, "notification_id"), text(one, "message"))).collect()
}

#[test]
fn what_goes_out_of_sight_does_not_say_where_it_went() {
    let server = Server::demo();
    let (mut owner, mut areas) = (server.ws_as("owner"), server.ws_as("areas"));
    for name in ["entity", "device", "area", "floor"] {
        areas.result("subscribe_events", json!({"event_type": format!("{name}_registry_updated")}));
    }
    let light = owner.result("config/entity_registry/get", json!({"entity_id": "light.kitchen_lights"}));
    owner.result("config/device_registry/update", json!({"device_id": light["device_id"], "area_id": "bedroom"}));
    areas.drain();
    assert!(areas.transcript().contains(r#""action":"remove","entity_id":"light.kitchen_lights""#));
    // Back into sight, from there; and away again.
    for area in ["kitchen", "office"] {
        owner.result("config/entity_registry/update", json!({"entity_id": "light.kitchen_lights", "area_id": area}));
        areas.drain();
    }
    let heard = areas.transcript();
    assert!(heard.contains(r#""action":"create","entity_id":"light.kitchen_lights""#), "{heard}");
    for hidden in ["bedroom", "office", "upper_floor"] {
        assert!(!heard.contains(hidden), "{hidden} in {heard}");
    }
}

#[test]
fn that_something_hidden_is_kept_for_everybody_is_not_told() {
    let server = Server::demo();
    let (mut admin, mut kitchen) = (server.ws_as("admin"), server.ws_as("kitchen"));
    let mut ids = Vec::new();
    for key in ["home", "core"] {
        let id = kitchen.command("frontend/subscribe_system_data", json!({"key": key}));
        kitchen.event(id, |_| true);
        ids.push(id);
    }
    kitchen.drain();
    let rows = kitchen.received.len();
    let mut set = |key: &str, value: Value| {
        admin.result("frontend/set_system_data", json!({"key": key, "value": value}));
    };
    set("home", json!({"title": "The vault"}));
    set("core", json!({"note": "The vault"}));
    kitchen.drain();
    assert_eq!(kitchen.received.len(), rows + 1, "{:?}", &kitchen.received[rows..]);
    set("core", json!({"note": "The vault", "default_panel": "light"}));
    assert_eq!(kitchen.event(ids[1], |_| true), json!({"value": {"default_panel": "light"}}));
}

#[test]
fn notifications_of_others_are_not_seen_in_ones_own() {
    let server = Server::demo();
    let (mut admin, mut kitchen, mut reader) = (server.ws_as("admin"), server.ws_as("kitchen"), server.ws_as("reader"));
    notify(&mut admin, "create", json!({"message": "The vault", "notification_id": "x"}));
    notify(&mut reader, "create", json!({"message": "Coffee", "notification_id": "x"}));
    let told = kitchen.command("persistent_notification/subscribe", json!({}));
    kitchen.event(told, |_| true);
    // The name is theirs, whoever else has it.
    for (message, kind) in [("Tea", "added"), ("More tea", "updated")] {
        notify(&mut kitchen, "create", json!({"message": message, "notification_id": "x"}));
        let event = kitchen.event(told, |_| true);
        assert_eq!(
            (event["type"].as_str(), event["notifications"]["x"]["message"].as_str()),
            (Some(kind), Some(message))
        );
        assert_eq!(event["notifications"]["x"]["notification_id"], "x");
    }
    assert_eq!(notifications(&mut kitchen), [("x".to_owned(), "More tea".to_owned())]);
    // Administrators see all, each as something of its own, and dismiss the one that they name.
    let all = notifications(&mut admin);
    let of_kitchen = all.iter().find(|(_, message)| message == "More tea").unwrap().0.clone();
    assert_eq!(all.iter().filter(|(id, _)| *id == of_kitchen).count(), 1, "{all:?}");
    assert_eq!((all.len(), all[0].0.as_str()), (3, "x"), "{all:?}");
    notify(&mut admin, "dismiss", json!({"notification_id": of_kitchen}));
    let gone = kitchen.event(told, |_| true);
    assert_eq!((gone["type"].as_str(), gone["notifications"].get("x").is_some()), (Some("removed"), true));
    // However many one makes, the others keep theirs.
    for n in 0..2 * ::home::MAX_NOTIFICATIONS {
        notify(&mut kitchen, "create", json!({"message": n.to_string()}));
    }
    assert_eq!(notifications(&mut reader), [("x".to_owned(), "Coffee".to_owned())]);
    assert!(notifications(&mut admin).iter().any(|(_, message)| message == "The vault"));
    assert!(!kitchen.transcript().contains("vault") && !kitchen.transcript().contains("Coffee"));
    // Theirs go with them, and whoever saw them hears of it.
    let told = admin.command("persistent_notification/subscribe", json!({}));
    let seen = admin.event(told, |event| event["type"] == "current")["notifications"].as_object().unwrap().len();
    let user_id = kitchen.result("auth/current_user", json!({}))["id"].clone();
    admin.result("config/auth/delete", json!({"user_id": user_id}));
    let mut gone = BTreeSet::new();
    for _ in 0..::home::MAX_NOTIFICATIONS {
        let event = admin.event(told, |event| event["type"] == "removed");
        gone.extend(event["notifications"].as_object().unwrap().keys().cloned());
    }
    let left = notifications(&mut admin);
    assert_eq!((gone.len(), left.len()), (::home::MAX_NOTIFICATIONS, seen - ::home::MAX_NOTIFICATIONS));
    assert!(left.iter().all(|(id, _)| !gone.contains(id)));
}

#[test]
fn a_narrowed_token_has_nothing_to_do_with_its_users_notifications() {
    let dir = home(r#"{"entities":{}}"#);
    let data = dir.0.to_str().unwrap();
    let file = dir.0.join("narrow.json");
    std::fs::write(&file, r#"{"entities":{"domains":{"light":{"read":true}}}}"#).unwrap();
    let token = |name: &str, more: &[&str]| {
        let made = doorward(&[&["token", "create", "--data", data, "--user", "ann", "--name", name], more].concat());
        done(&made).trim().to_owned()
    };
    let (whole, narrow) = (token("whole", &[]), token("narrow", &["--policy", file.to_str().unwrap()]));
    let server = Server::serve(&dir.0, &[]);
    let (mut whole, mut narrow) = (Ws::open(&server.address, &whole), Ws::open(&server.address, &narrow));
    notify(&mut whole, "create", json!({"message": "The vault", "notification_id": "x"}));
    let told = narrow.command("persistent_notification/subscribe", json!({}));
    assert_eq!(narrow.event(told, |_| true)["notifications"], json!({}));
    assert_eq!(notifications(&mut narrow), []);
    for (service, data) in [
        ("create", json!({"message": "y", "notification_id": "x"})),
        ("dismiss", json!({"notification_id": "x"})),
        ("dismiss_all", json!({})),
    ] {
        assert_eq!(notify(&mut narrow, service, data)["success"], false, "{service}");
    }
    notify(&mut whole, "create", json!({"message": "The vault is open"}));
    assert_eq!(notifications(&mut whole).len(), 2);
    narrow.drain();
    assert!(!narrow.transcript().contains("vault"), "{}", narrow.transcript());
}

#[test]
fn conditions_are_bounded_in_what_they_look_at() {
    let server = Server::demo();
    let mut kitchen = server.ws_as("kitchen");
    let of = |n: usize| {
        let mut ids: Vec<_> = (1..n).map(|n| format!("light.nothing_{n}")).collect();
        ids.push("light.kitchen_lights".to_owned());
        let state = json!({"condition": "state", "entity_id": ids, "state": "on"});
        json!({"condition": {"condition": "not", "conditions": [state]}})
    };
    assert_eq!(kitchen.refused("subscribe_condition", of(60_000)), "invalid_format");
    let mut taken = Vec::new();
    loop {
        let answer = kitchen.call("subscribe_condition", of(4_000));
        if answer["success"] != true {
            assert_eq!(answer["error"]["code"], "not_allowed", "{answer}");
            break;
        }
        taken.push(answer["id"].as_u64().unwrap());
    }
    assert_eq!(taken.len(), 4);
    // What was given back may be used again.
    kitchen.result("unsubscribe_events", json!({"subscription": taken[0]}));
    kitchen.result("subscribe_condition", of(4_000));
}
