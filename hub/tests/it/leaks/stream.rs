//! Streams: what is sent later, while others change things.

use serde_json::{Value, json};

use super::{House, OWN};
use crate::support::{Server, Ws};

/// Subscribes to everything that one may, and to what one may not.
fn listen(ws: &mut Ws) -> u64 {
    ws.result("supported_features", json!({"features": {"coalesce_messages": 1}}));
    for name in service_bus::NON_ADMIN_EVENTS {
        ws.result("subscribe_events", json!({"event_type": name}));
    }
    for name in [
        json!({}),
        json!({"event_type": "*"}),
        json!({"event_type": "call_service"}),
        json!({"event_type": "user_updated"}),
    ] {
        assert_eq!(ws.refused("subscribe_events", name), "unauthorized");
    }
    ws.result("subscribe_entities", json!({}));
    ws.result("subscribe_entities", json!({"entity_ids": ["lock.front_door", "light.kitchen_lights"]}));
    ws.result("config_entries/subscribe", json!({}));
    for template in [
        "{{ states | map(attribute='entity_id') | list }} {{ states | map(attribute='name') | list }} {{ areas() }} {{ labels() }}",
        "{{ states('lock.front_door') }} {{ integration_entities('demo') }}",
        "{{ area_entities('kitchen') | map('area_name') | list }} {{ floors() }}",
    ] {
        ws.result("render_template", json!({"template": template, "report_errors": true}));
    }
    ws.command("subscribe_events", json!({"event_type": "themes_updated"}))
}

/// Everything that is told between the first and the last word to both, which is an event that everybody may hear.
fn finish(server: &Server, ws: &mut Ws, marker: u64) -> String {
    let body = json!({"finish": true});
    assert_eq!(server.send_as("owner", "POST", "/api/events/themes_updated", Some(&body)).status, 200);
    ws.event(marker, |event| event["data"]["finish"] == true);
    ws.drain();
    ws.transcript()
}

#[test]
fn a19_streams_are_filtered_while_everything_changes() {
    let house = House::new();
    let (mut kitchen, mut nobody) = (house.ws("kitchen"), house.ws("nobody"));
    let markers = (listen(&mut kitchen), listen(&mut nobody));
    let mut admin = house.ws("admin");
    let device =
        admin.result("config/entity_registry/get", json!({"entity_id": "lock.front_door"}))["device_id"].clone();
    let mut ask = |command: &str, members: Value| admin.result(command, members);
    // Whatever is called so must not be seen by either.
    ask("config/entity_registry/update", json!({"entity_id": "lock.front_door", "name": "Quokka Gate"}));
    ask("config/entity_registry/update", json!({"entity_id": "lock.front_door", "area_id": "garage"}));
    ask("config/entity_registry/update", json!({"entity_id": "lock.back_door", "new_entity_id": "lock.quokka_back"}));
    ask("config/entity_registry/update", json!({"entity_id": "light.bed_light", "labels": ["night_light"]}));
    ask("config/entity_registry/update", json!({"entity_id": "light.hall_lights", "disabled_by": "user"}));
    ask("config/entity_registry/remove", json!({"entity_id": "light.office_lamp"}));
    ask(
        "config/device_registry/update",
        json!({"device_id": device, "name_by_user": "Quokka Device", "area_id": "office"}),
    );
    let area = ask("config/area_registry/create", json!({"name": "Quokka Room"}))["area_id"].clone();
    ask(
        "config/area_registry/update",
        json!({"area_id": area, "name": "Quokka Hall", "temperature_entity_id": "sensor.living_room_temperature"}),
    );
    ask("config/area_registry/update", json!({"area_id": "hall", "name": "Quokka Lobby"}));
    ask("config/area_registry/delete", json!({"area_id": area}));
    let floor = ask("config/floor_registry/create", json!({"name": "Quokka Floor"}))["floor_id"].clone();
    ask("config/floor_registry/delete", json!({"floor_id": floor}));
    let label = ask("config/label_registry/create", json!({"name": "Quokka Label"}))["label_id"].clone();
    ask("config/entity_registry/update", json!({"entity_id": "lock.gun_safe", "labels": [label]}));
    ask("config/label_registry/delete", json!({"label_id": label}));
    let user = ask("config/auth/create", json!({"name": "Quokka User", "group_ids": []}))["user"]["id"].clone();
    ask("config/auth/update", json!({"user_id": user, "name": "Quokka Guest"}));
    ask("config/auth/delete", json!({"user_id": user}));
    let secret = json!({"state": "quokka", "attributes": {"friendly_name": "Quokka State"}});
    for id in ["lock.front_door", "sensor.quokka", "light.quokka", "group.quokka"] {
        house.send("admin", "POST", &format!("/api/states/{id}"), Some(&secret));
        house.send("admin", "DELETE", &format!("/api/states/{id}"), None);
    }
    // Events under the names of the core's: an administrator can fire them, nobody else is shown them.
    for name in service_bus::NON_ADMIN_EVENTS.iter().filter(|name| {
        // These say nothing of an entity and go to all; see the docs.
        ![
            "themes_updated",
            "labs_updated",
            "lovelace_updated",
            "panels_updated",
            "core_config_updated",
            "recorder_5min_statistics_generated",
            "recorder_hourly_statistics_generated",
        ]
        .contains(*name)
    }) {
        let data = json!({"entity_id": "lock.front_door", "new_state": secret, "domain": "script", "service": "quokka",
            "component": "quokka", "name": "quokka"});
        assert_eq!(house.send("admin", "POST", &format!("/api/events/{name}"), Some(&data)).status, 200);
    }
    // And something that `kitchen` hears of.
    assert_eq!(
        house
            .send("admin", "POST", "/api/services/light/turn_on", Some(&json!({"entity_id": "light.kitchen_lights"})))
            .status,
        200
    );
    for (name, ws, marker) in [("kitchen", &mut kitchen, markers.0), ("nobody", &mut nobody, markers.1)] {
        let received = finish(&house.server, ws, marker);
        assert!(!received.to_lowercase().contains("quokka"), "{name}: {received}");
        // `lock.front_door` is what they asked about themselves, in a template whose listeners are told.
        house.check(name, "lock.front_door", &received);
        assert_eq!(name == "kitchen", received.contains("light.kitchen_lights\":{\"+\""), "{received}");
    }
}

#[test]
fn a19_a_scripts_service_is_announced_to_whoever_sees_the_script() {
    let house = House::new();
    let mut areas = house.ws("areas");
    let id = areas.command("subscribe_events", json!({"event_type": "service_registered"}));
    areas.answer(id);
    for name in ["good_night", "leave_home", "kitchen_flash"] {
        let data = json!({"domain": "script", "service": name});
        house.send("admin", "POST", "/api/events/service_registered", Some(&data));
    }
    areas.event(id, |event| event["data"]["service"] == "kitchen_flash");
    assert!(!areas.transcript().contains("good_night") && !areas.transcript().contains("leave_home"));
}

#[test]
fn a19_a_change_does_not_say_where_things_were() {
    let house = House::new();
    let mut areas = house.ws("areas");
    for kind in ["entity", "device"] {
        areas.result("subscribe_events", json!({"event_type": format!("{kind}_registry_updated")}));
    }
    let marker = areas.command("subscribe_events", json!({"event_type": "themes_updated"}));
    let mut owner = house.ws("owner");
    // One part of this device is in the kitchen; the device itself is not, and where it is is not theirs to know.
    let part = "binary_sensor.kitchen_motion";
    let device = owner.result("config/entity_registry/get", json!({"entity_id": part}))["device_id"].clone();
    owner.result("config/device_registry/update", json!({"device_id": device, "labels": ["outdoors"]}));
    owner.result("config/device_registry/update", json!({"device_id": device, "area_id": "bedroom", "labels": []}));
    owner.result("config/device_registry/update", json!({"device_id": device, "area_id": "office"}));
    // These come from somewhere else into the kitchen.
    owner.result("config/entity_registry/update", json!({"entity_id": "scene.movie", "labels": ["outdoors"]}));
    owner.result(
        "config/entity_registry/update",
        json!({"entity_id": "scene.movie", "area_id": "kitchen", "labels": []}),
    );
    let received = finish(&house.server, &mut areas, marker);
    assert!(received.contains("scene.movie") && received.contains(device.as_str().unwrap()), "{received}");
    for hidden in ["\"hall\"", "bedroom", "office", "living_room", "outdoors"] {
        assert!(!received.contains(hidden), "{hidden}: {received}");
    }
    let template = json!({"template": format!("{{{{ device_attr('{part}', 'area_id') }}}} {{{{ area_id('{}') }}}}", device.as_str().unwrap())});
    assert_eq!(house.send("areas", "POST", "/api/template", Some(&template)).text(), "None None");
}

#[test]
fn a02_conditions_say_the_same_of_denied_and_absent() {
    let house = House::shared();
    for user in ["kitchen", "nobody"] {
        let said = |id: &str| {
            let mut ws = house.ws(user);
            let is = |state: &str| json!({"condition": "state", "entity_id": id, "state": state});
            let asked = [
                is("locked"),
                is("unlocked"),
                json!({"not": [is("locked")]}),
                json!({"or": [is("locked"), is("unlocked")]}),
                json!({"condition": "state", "entity_id": id, "attribute": "friendly_name", "state": "Front Door"}),
                json!({"condition": "numeric_state", "entity_id": id, "above": 0}),
            ];
            let events = asked.map(|condition| {
                let subscribed = ws.command("subscribe_condition", json!({"condition": condition}));
                ws.event(subscribed, |_| true).to_string().replace(id, "ID")
            });
            events.join("\n")
        };
        let (denied, absent) = (said("lock.front_door"), said("lock.front_doom"));
        assert_eq!(denied, absent);
        assert!(denied.contains("unknown entity ID"), "{denied}");
    }
}

#[test]
fn a02_a_condition_follows_its_entity_and_the_right_to_it() {
    let house = House::new();
    let mut kitchen = house.ws("kitchen");
    let is_on = json!({"condition": {"condition": "state", "entity_id": OWN, "state": "on"}});
    let set = |state: &str| {
        let written = house.send("owner", "POST", &format!("/api/states/{OWN}"), Some(&json!({"state": state})));
        assert_eq!(written.status, 200);
    };
    set("off");
    let subscribed = kitchen.command("subscribe_condition", is_on);
    assert_eq!(kitchen.event(subscribed, |_| true), json!({"result": false}));
    set("on");
    assert_eq!(kitchen.event(subscribed, |_| true), json!({"result": true}));
    let mut owner = house.ws("owner");
    let users = owner.result("config/auth/list", json!({}));
    let id = users.as_array().unwrap().iter().find(|user| user["name"] == "Kitchen").unwrap()["id"].clone();
    owner.result("config/auth/update", json!({"user_id": id, "group_ids": []}));
    let gone = kitchen.event(subscribed, |_| true);
    assert!(gone["error"].as_str().unwrap().contains("unknown entity"), "{gone}");
    set("off");
    set("on");
    kitchen.drain();
    let told = kitchen.received.iter().filter(|text| text.contains(&format!("\"id\":{subscribed},\"type\":\"event\"")));
    assert_eq!(told.count(), 3);
}
