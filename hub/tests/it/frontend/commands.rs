//! What the pages ask: what is kept for users, notifications, persons, what belongs together, words.

use serde_json::{Value, json};

use crate::{
    cli::{done, home, with_input},
    support::{Server, Ws, server::doorward},
};

#[test]
fn panels_for_administrators_are_for_administrators() {
    let server = Server::demo();
    let panels = |user: &str| server.ws_as(user).result("get_panels", json!({}));
    let admin = panels("admin");
    assert_eq!(admin["home"]["component_name"], "home");
    assert_eq!(admin["permissions"]["config"]["url"], "/doorward");
    let kitchen = panels("kitchen");
    assert_eq!(kitchen["light"], admin["light"]);
    assert!(kitchen.get("config").is_none() && kitchen.get("permissions").is_none(), "{kitchen}");
}

#[test]
fn what_is_kept_for_a_user_is_theirs_and_stays() {
    let dir = home(r#"{"entities":{}}"#);
    let data = dir.0.to_str().unwrap();
    done(&with_input(&["user", "create", "--data", data, "bob", "--group", "system-admin"], "another\n"));
    let token = |user: &str, more: &[&str]| {
        let name = format!("{user} {}", more.len());
        let made = doorward(&[&["token", "create", "--data", data, "--user", user, "--name", &name], more].concat());
        done(&made).trim().to_owned()
    };
    let (ann, bob) = (token("ann", &[]), token("bob", &[]));
    let narrow = dir.0.join("narrow.json");
    std::fs::write(&narrow, r#"{"entities":{"all":{"read":true}}}"#).unwrap();
    let narrow = token("ann", &["--policy", narrow.to_str().unwrap()]);

    let server = Server::serve(&dir.0, &[]);
    let open = |token: &str| Ws::open(&server.address, token);
    let (mut one, mut two, mut other) = (open(&ann), open(&ann), open(&bob));
    let subscribed = two.command("frontend/subscribe_user_data", json!({"key": "sidebar"}));
    assert_eq!(two.event(subscribed, |_| true), json!({"value": null}));
    // An administrator who names the event itself hears nothing of others.
    let spied = other.command("subscribe_events", json!({"event_type": "doorward_user_data_changed"}));
    other.answer(spied);
    let value = json!({"panelOrder": ["light", "home"], "secret": "of Ann's"});
    one.result("frontend/set_user_data", json!({"key": "sidebar", "value": value}));
    one.result("frontend/set_user_data", json!({"key": "language", "value": {"language": "nl"}}));
    assert_eq!(two.event(subscribed, |_| true), json!({"value": value}));
    assert_eq!(two.result("frontend/get_user_data", json!({}))["value"]["language"]["language"], "nl");
    assert_eq!(other.result("frontend/get_user_data", json!({})), json!({"value": {}}));
    other.drain();
    assert!(!other.transcript().contains("Ann's"), "{}", other.transcript());
    // A token that may do little does not learn what its user keeps.
    for command in ["frontend/get_user_data", "frontend/subscribe_user_data"] {
        assert_eq!(open(&narrow).refused(command, json!({})), "unauthorized");
    }
    let set = json!({"key": "a", "value": 1});
    assert_eq!(open(&narrow).refused("frontend/set_user_data", set), "unauthorized");
    let too_much = json!({"key": "big", "value": "x".repeat(::home::MAX_USER_DATA)});
    assert_eq!(one.refused("frontend/set_user_data", too_much), "invalid_info");
    drop(server);
    let server = Server::serve(&dir.0, &[]);
    let mut one = Ws::open(&server.address, &ann);
    assert_eq!(one.result("frontend/get_user_data", json!({"key": "sidebar"})), json!({"value": value}));
}

#[test]
fn what_is_kept_for_everybody_names_nothing_to_those_who_see_little() {
    let server = Server::demo();
    let mut admin = server.ws_as("admin");
    let home = json!({"favorite_entities": ["lock.front_door"], "title": "The vault"});
    let core = json!({"default_panel": "light", "note": "The vault"});
    admin.result("frontend/set_system_data", json!({"key": "home", "value": home}));
    admin.result("frontend/set_system_data", json!({"key": "core", "value": core}));
    let mut kitchen = server.ws_as("kitchen");
    let value = |ws: &mut Ws, key: &str| ws.result("frontend/get_system_data", json!({"key": key}))["value"].clone();
    assert_eq!(value(&mut server.ws_as("reader"), "home"), home);
    assert_eq!(value(&mut kitchen, "home"), Value::Null);
    assert_eq!(value(&mut kitchen, "core"), json!({"default_panel": "light"}));
    let subscribed = kitchen.command("frontend/subscribe_system_data", json!({"key": "core"}));
    kitchen.event(subscribed, |_| true);
    admin.result(
        "frontend/set_system_data",
        json!({"key": "core", "value": {"default_panel": "home", "note": "The vault"}}),
    );
    assert_eq!(kitchen.event(subscribed, |_| true), json!({"value": {"default_panel": "home"}}));
    assert_eq!(kitchen.refused("frontend/set_system_data", json!({"key": "core", "value": null})), "unauthorized");
    assert!(!kitchen.transcript().contains("vault"), "{}", kitchen.transcript());
}

#[test]
fn a_notification_is_for_whom_it_came_from_and_administrators() {
    let server = Server::demo();
    let (mut admin, mut kitchen, mut reader) = (server.ws_as("admin"), server.ws_as("kitchen"), server.ws_as("reader"));
    let subscribe = |ws: &mut Ws| {
        let id = ws.command("persistent_notification/subscribe", json!({}));
        assert_eq!(ws.event(id, |_| true)["type"], "current");
        id
    };
    let (to_admin, to_kitchen, to_reader) = (subscribe(&mut admin), subscribe(&mut kitchen), subscribe(&mut reader));
    let call = |service: &str, data: Value| json!({"domain": "persistent_notification", "service": service, "service_data": data});
    kitchen.result("call_service", call("create", json!({"message": "Tea", "notification_id": "mine"})));
    let shown = kitchen.event(to_kitchen, |event| event["type"] == "added");
    assert_eq!(shown["notifications"]["mine"]["message"], "Tea");
    assert_eq!(admin.event(to_admin, |event| event["type"] == "added")["notifications"], shown["notifications"]);
    // Of the same name, by somebody who does not see it: another one, which says nothing of the first.
    reader.result("call_service", call("create", json!({"message": "Coffee", "notification_id": "mine"})));
    let other = reader.event(to_reader, |event| event["type"] == "added");
    assert_eq!(other["notifications"]["mine"]["message"], "Coffee");
    reader.result("call_service", call("dismiss", json!({"notification_id": "mine"})));
    reader.event(to_reader, |event| event["type"] == "removed");
    reader.result("call_service", call("dismiss_all", json!({})));
    assert_eq!(reader.result("persistent_notification/get", json!({})), json!([]));
    assert_eq!(kitchen.result("persistent_notification/get", json!({}))[0]["message"], "Tea");
    admin.result("call_service", call("dismiss", json!({"notification_id": "mine"})));
    kitchen.event(to_kitchen, |event| event["type"] == "removed");
    assert!(!kitchen.transcript().contains("Coffee") && !reader.transcript().contains("Tea"));
    // As many as there may be, and the oldest goes.
    for n in 0..=::home::MAX_NOTIFICATIONS {
        kitchen.result("call_service", call("create", json!({"message": n.to_string()})));
    }
    let all = kitchen.result("persistent_notification/get", json!({}));
    assert_eq!((all.as_array().unwrap().len(), all[0]["message"].as_str()), (::home::MAX_NOTIFICATIONS, Some("1")));
    let long = "x".repeat(100_000);
    assert_eq!(kitchen.refused("call_service", call("create", json!({"message": long}))), "service_validation_error");
}

#[test]
fn persons_are_made_changed_and_deleted_by_administrators() {
    let server = Server::demo();
    let mut admin = server.ws_as("admin");
    let users = admin.result("config/auth/list", json!({}));
    let kitchen = users.as_array().unwrap().iter().find(|user| user["username"] == "kitchen").unwrap()["id"].clone();
    let made = admin.result("person/create", json!({"name": "Kit Chen", "user_id": kitchen, "device_trackers": []}));
    assert_eq!(made["id"], "kit_chen");
    let again = admin.result("person/create", json!({"name": "Kit Chen"}));
    assert_eq!(again["id"], "kit_chen_2");
    for (members, said) in [
        (json!({"person_id": "kit_chen_2", "user_id": kitchen}), "another person"),
        (json!({"person_id": "kit_chen_2", "user_id": "none"}), "no such user"),
        (json!({"person_id": "kit_chen_2", "name": " "}), "not empty"),
        (json!({"person_id": "kit_chen_2", "name": "x".repeat(256)}), "1 to 255 bytes"),
        (json!({"person_id": "kit_chen_2", "picture": "x".repeat(5_000)}), "picture has at most"),
        (json!({"person_id": "kit_chen_2", "device_trackers": vec!["device_tracker.a"; 101]}), "at most 100"),
        (json!({"person_id": "kit_chen_2", "device_trackers": ["light.a"]}), "no device_tracker"),
    ] {
        let answer = admin.call("person/update", members);
        assert!(answer["error"]["message"].as_str().unwrap().contains(said), "{answer}");
    }
    assert_eq!(admin.refused("person/update", json!({"person_id": "none", "name": "x"})), "not_found");
    let changed = admin.result("person/update", json!({"person_id": "kit_chen", "name": "Kit", "user_id": null}));
    assert_eq!((changed["name"].as_str(), &changed["user_id"]), (Some("Kit"), &Value::Null));
    admin.result("person/delete", json!({"person_id": "kit_chen_2"}));
    assert_eq!(admin.refused("person/delete", json!({"person_id": "kit_chen_2"})), "not_found");
    let audit = admin.result("doorward/audit/list", json!({"action": "set_person"}));
    assert!(audit.to_string().contains("kit_chen"), "{audit}");
}

#[test]
fn words_icons_and_what_belongs_together_are_of_what_one_sees() {
    let server = Server::demo();
    let (mut admin, mut kitchen) = (server.ws_as("admin"), server.ws_as("kitchen"));
    let words = |ws: &mut Ws| {
        ws.result("frontend/get_translations", json!({"language": "en", "category": "entity_component"}))["resources"]
            .clone()
    };
    assert_eq!(words(&mut admin)["component.lock.entity_component._.state.locked"], "Locked");
    let own = words(&mut kitchen);
    assert_eq!(own["component.light.entity_component._.name"], "Light");
    assert!(!own.to_string().contains("component.lock"), "{own}");
    let icons = kitchen.result("frontend/get_icons", json!({"category": "entity_component"}))["resources"].clone();
    assert_eq!(icons["light"]["_"]["default"], "mdi:lightbulb");
    assert!(icons.get("lock").is_none(), "{icons}");
    let ask =
        |ws: &mut Ws, kind: &str, id: &str| ws.result("search/related", json!({"item_type": kind, "item_id": id}));
    let all = ask(&mut admin, "area", "kitchen");
    assert!(all["entity"].as_array().unwrap().len() > 1 && all.get("integration").is_some(), "{all}");
    let own = ask(&mut kitchen, "area", "kitchen");
    assert_eq!(own["entity"], json!(["light.kitchen_lights"]));
    assert!(own.get("integration").is_none() && own.get("config_entry").is_none(), "{own}");
    assert_eq!(ask(&mut kitchen, "entity", "lock.front_door"), ask(&mut kitchen, "entity", "lock.front_doom"));
    let light = ask(&mut admin, "entity", "light.kitchen_lights");
    assert_eq!(light["area"], json!(["kitchen"]), "{light}");
    let described = admin.result("integration/descriptions", json!({}));
    assert_eq!(described["core"]["integration"]["demo_bridge"]["config_flow"], true, "{described}");
    assert_eq!(admin.result("manifest/get", json!({"integration": "demo_bridge"}))["config_flow"], true);
    assert_eq!(kitchen.refused("manifest/get", json!({"integration": "demo_bridge"})), "not_found");
}

#[test]
fn what_comes_into_sight_and_goes_is_told_as_the_registries_changes() {
    let server = Server::demo();
    let (mut owner, mut kitchen) = (server.ws_as("owner"), server.ws_as("kitchen"));
    let events = |name: &str| json!({"event_type": format!("{name}_registry_updated")});
    let ids = ["entity", "device", "area"].map(|name| {
        let id = kitchen.command("subscribe_events", events(name));
        kitchen.answer(id);
        id
    });
    let states = kitchen.command("subscribe_entities", json!({}));
    kitchen.event(states, |_| true);
    let set = |more: &str| {
        let mut light = json!({"light.kitchen_lights": {"read": true, "control": true}});
        if !more.is_empty() {
            light[more] = json!({"read": true});
        }
        json!({"group_id": "kitchen-light", "policy": {"entities": {"entity_ids": light}}})
    };
    owner.result("doorward/groups/set", set("lock.front_door"));
    let came = kitchen.event(ids[0], |_| true);
    assert_eq!(
        (came["data"]["action"].as_str(), came["data"]["entity_id"].as_str()),
        (Some("create"), Some("lock.front_door"))
    );
    assert_eq!(kitchen.event(ids[2], |_| true)["data"]["action"], "update");
    let known = kitchen.result("config/area_registry/list", json!({}));
    assert_eq!(known.as_array().unwrap().len(), 2, "{known}");
    owner.result("doorward/groups/set", set(""));
    let gone = kitchen.event(ids[0], |_| true);
    assert_eq!(
        (gone["data"]["action"].as_str(), gone["data"]["entity_id"].as_str()),
        (Some("remove"), Some("lock.front_door"))
    );
    assert_eq!(
        kitchen.event(ids[1], |event| event["data"]["action"] == "remove")["event_type"],
        "device_registry_updated"
    );
    assert_eq!(kitchen.event(ids[2], |_| true)["data"]["action"], "remove");
    // Somebody else's change of rights is nothing to tell.
    kitchen.event(states, |event| event.get("r").is_some());
    let rows = kitchen.received.len();
    owner.result(
        "doorward/groups/set",
        json!({"group_id": "other", "policy": {"entities": {"domains": {"lock": true}}}}),
    );
    kitchen.drain();
    assert_eq!(kitchen.received.len(), rows + 1, "{:?}", &kitchen.received[rows..]);
}
