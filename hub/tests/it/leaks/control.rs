//! Controlling what the policy forbids, and what it allows.

use serde_json::{Value, json};

use super::{House, OWN};
use crate::support::Ws;

/// Nothing that lasts may be another afterwards, and the owner's recorder hears no call of the user's.
#[track_caller]
fn leaves_all(house: &House, attempt: impl FnOnce()) {
    let before = house.states();
    attempt();
    let after = house.states();
    let changed: Vec<_> = after.iter().filter(|state| !before.contains(state)).collect();
    assert_eq!(changed, Vec::<&String>::new());
    assert_eq!(before.len(), after.len());
}

#[test]
fn b01_scripts_scenes_and_automations_do_nothing_for_strangers() {
    let house = House::new();
    leaves_all(&house, || {
        for user in ["nobody", "kitchen", "reader"] {
            for (domain, service, target) in [
                ("script", "turn_on", "script.good_night"),
                ("script", "turn_off", "script.good_night"),
                ("script", "toggle", "script.leave_home"),
                ("script", "turn_on", "script.everything_off, script.kitchen_flash"),
                ("automation", "trigger", "automation.guests_are_welcome"),
                ("automation", "turn_off", "automation.hall_light_on_motion"),
                ("scene", "turn_on", "scene.evening"),
                ("scene", "turn_on", "scene.bright_kitchen"),
                ("homeassistant", "turn_on", "scene.bright_kitchen"),
                ("homeassistant", "turn_on", "script.kitchen_flash"),
                ("homeassistant", "toggle", "group.all_outlets"),
                ("homeassistant", "turn_off", "group.all_outlets"),
                ("light", "turn_on", "light.downstairs"),
                ("light", "turn_off", "group.all_outlets"),
                ("input_boolean", "turn_on", "input_boolean.guest_mode"),
            ] {
                house.refused(user, domain, service, &json!({"entity_id": target}));
            }
            for script in ["good_night", "everything_off", "kitchen_flash", "leave_home"] {
                house.refused(user, "script", script, &json!({}));
                house.refused(user, "SCRIPT", &script.to_uppercase(), &json!({}));
            }
        }
    });
}

#[test]
fn b14_everything_is_what_the_caller_may_control() {
    let house = House::new();
    let own = |states: Vec<String>| states.into_iter().filter(|s| !s.contains(OWN)).collect::<Vec<_>>();
    let before = own(house.states());
    for domain in ["light", "homeassistant"] {
        for service in ["turn_on", "toggle", "turn_off"] {
            let data = json!({"entity_id": "all"});
            let path = format!("/api/services/{domain}/{service}");
            let answer = house.send("kitchen", "POST", &path, Some(&data));
            assert_eq!(answer.status, 200, "{path} {}", answer.text());
            house.check("kitchen", &path, &answer.text());
            house.refused("nobody", domain, service, &data);
            house.refused("reader", domain, service, &data);
        }
    }
    for domain in ["lock", "cover", "switch", "script", "scene", "automation"] {
        let service = match domain {
            "lock" => "unlock",
            "cover" => "open_cover",
            _ => "turn_on",
        };
        house.refused("kitchen", domain, service, &json!({"entity_id": "all"}));
        house.refused("nobody", domain, service, &json!({"area_id": ["kitchen", "hall"], "entity_id": "all"}));
    }
    assert_eq!(own(house.states()), before);
    // `areas` holds a kitchen scene and a kitchen script, whose members are all in the kitchen, and nothing else.
    let kitchen = ["kitchen", "light.downstairs"];
    let others = |states: Vec<String>| {
        states.into_iter().filter(|s| !kitchen.iter().any(|word| s.contains(word))).collect::<Vec<_>>()
    };
    let before = others(house.states());
    for (domain, service) in [("scene", "turn_on"), ("script", "turn_on"), ("light", "toggle")] {
        let answer = house.send(
            "areas",
            "POST",
            &format!("/api/services/{domain}/{service}"),
            Some(&json!({"entity_id": "all"})),
        );
        assert_eq!(answer.status, 200, "{domain}.{service} {}", answer.text());
    }
    assert_eq!(others(house.states()), before);
}

/// Every way to write one denied lock; `None` stands where the call may well succeed, on nothing.
fn spellings(device: &str) -> Vec<Value> {
    let mut all: Vec<Value> = [
        "lock.front_door",
        "LOCK.FRONT_DOOR",
        "Lock.Front_Door",
        " lock.front_door ",
        "lock.front_door,",
        "lock.front_door,light.kitchen_lights",
        "light.kitchen_lights, lock.front_door",
        ",lock.front_door",
        "lock.front_door\n",
        "\tlock.front_door",
        "\u{a0}lock.front_door",
        "lock.front_door\0",
        "lock.front_door;",
        "lock.front%5fdoor",
        "lock%2Efront_door",
        "lock．front_door",
        "ｌock.front_door",
        "lосk.front_door",
        "lock.front_dооr",
        "lock.front_door\u{200b}",
        "\u{feff}lock.front_door",
        "lock.ﬁ",
        "loc\u{212a}.front_door",
        "lock.front__door",
        "lock..front_door",
        ".lock.front_door",
        "lock.front_door.",
        "lock.*",
        "lock.front?door",
        "{{ 'lock.front_door' }}",
        "{{ states.lock | map(attribute='entity_id') | join(',') }}",
        "ALL",
        "All",
        " all ",
        "all",
        "none,lock.front_door",
        "all,light.kitchen_lights",
        "",
        "media-source://lock/lock.front_door",
    ]
    .iter()
    .map(|text| json!({"entity_id": text}))
    .collect();
    all.extend([
        json!({"entity_id": ["lock.front_door"]}),
        json!({"entity_id": ["LOCK.front_door", OWN]}),
        json!({"entity_id": [OWN, " lock.front_door"]}),
        json!({"entity_id": ["light.kitchen_lights,lock.front_door"]}),
        json!({"entity_id": [["lock.front_door"]]}),
        json!({"entity_id": {"lock.front_door": true}}),
        json!({"entity_id": ["all"]}),
        json!({"entity_id": [null, "lock.front_door"]}),
        json!({"entity_ids": ["lock.front_door"], "entity_id": OWN}),
        json!({"entities": {"lock.front_door": "unlocked"}}),
        json!({"device_id": device}),
        json!({"device_id": [device, device]}),
        json!({"device_id": device, "entity_id": OWN}),
        json!({"area_id": "hall"}),
        json!({"area_id": ["hall", "kitchen"]}),
        json!({"floor_id": "ground_floor"}),
        json!({"label_id": "security"}),
        json!({"area_id": "hall", "entity_id": OWN}),
        json!({"area_id": "hall", "exclude": {"entity_id": OWN}}),
        json!({"entity_id": "lock.front_door", "exclude": {"entity_id": "lock.front_door"}, "area_id": "hall"}),
        json!({"entity_id": "lock.front_door", "exclude": {"area_id": "hall"}}),
        json!({"entity_id": "lock.front_door", "exclude": {"floor_id": "ground_floor"}}),
        json!({"entity_id": "all", "exclude": {"entity_id": "all"}}),
        json!({"entity_id": "all", "exclude": {"label_id": "night_light"}}),
        json!({"exclude": {"entity_id": OWN}}),
        json!({"target": {"entity_id": "lock.front_door"}, "entity_id": OWN}),
        json!({"metadata": {"entity_id": "lock.front_door"}, "entity_id": OWN}),
        json!({"entity_id": "group.family,lock.front_door"}),
        json!({"entity_id": "none"}),
        json!({}),
    ]);
    all
}

#[test]
fn b01_no_spelling_reaches_a_denied_entity() {
    let house = House::new();
    let mut owner = house.ws("owner");
    let device =
        owner.result("config/entity_registry/get", json!({"entity_id": "lock.front_door"}))["device_id"].clone();
    let (changes, finish) = (
        owner.command("subscribe_events", json!({"event_type": "state_changed"})),
        owner.command("subscribe_events", json!({"event_type": "themes_updated"})),
    );
    let mut kitchen = house.ws("kitchen");
    let mut nobody = house.ws("nobody");
    for data in spellings(device.as_str().unwrap()) {
        for (domain, service) in
            [("lock", "unlock"), ("lock", "open"), ("homeassistant", "turn_on"), ("light", "turn_off")]
        {
            for (name, ws) in [("kitchen", &mut kitchen), ("nobody", &mut nobody)] {
                attempt(&house, name, ws, domain, service, &data);
            }
        }
    }
    // Duplicate keys: the last one counts, for the check and for the deed.
    for text in [
        r#"{"entity_id": "light.kitchen_lights", "entity_id": "lock.front_door"}"#,
        r#"{"entity_id": "lock.front_door", "entity_id": "light.kitchen_lights"}"#,
        r#"{"entity_id": "light.kitchen_lights", "entity\u005fid": "lock.front_door"}"#,
    ] {
        for path in [
            "/api/services/lock/unlock",
            "/api/services/homeassistant/turn_on",
            "/api/services/lock/unlock?entity_id=lock.front_door",
        ] {
            let request = house.server.request("POST", path).token(&house.token("kitchen"));
            request.body("application/json", text.as_bytes()).send();
        }
    }
    for (method, path) in [
        ("POST", "/api/states/lock.front_door"),
        ("POST", "/api/states/LOCK.front_door"),
        ("DELETE", "/api/states/lock.front_door"),
        ("POST", "/api/states/light.kitchen_lights"),
        ("POST", "/api/events/state_changed"),
    ] {
        let body = json!({"state": "unlocked", "entity_id": "lock.front_door", "attributes": {"entity_id": "lock.front_door"}});
        assert_eq!(house.send("kitchen", method, path, Some(&body)).status, 401);
    }
    // The recorder: everything that anybody did was done to the one light.
    house.send("owner", "POST", "/api/events/themes_updated", Some(&json!({"finish": true})));
    owner.event(finish, |event| event["data"]["finish"] == true);
    for text in &owner.received {
        let message: Value = serde_json::from_str(text).unwrap();
        let event = &message["event"];
        if message["id"] == changes && event["context"]["user_id"].is_string() {
            assert_eq!(event["data"]["entity_id"], OWN, "{text}");
        }
    }
    assert_eq!(house.send("owner", "GET", "/api/states/lock.front_door", None).json()["state"], "locked");
}

fn attempt(house: &House, user: &str, ws: &mut Ws, domain: &str, service: &str, data: &Value) {
    let asked = data.to_string();
    let from = ws.received.len();
    ws.call("call_service", json!({"domain": domain, "service": service, "service_data": data}));
    ws.call("call_service", json!({"domain": domain, "service": service, "target": data}));
    let mixed = json!({"domain": domain, "service": service, "target": {"entity_id": OWN}, "service_data": data});
    ws.call("call_service", mixed);
    let mixed = json!({"domain": domain, "service": service, "service_data": {"entity_id": OWN}, "target": data});
    ws.call("call_service", mixed);
    house.check(user, &asked, &ws.received[from..].join("\n"));
    let answer = house.send(user, "POST", &format!("/api/services/{domain}/{service}"), Some(data));
    house.check(user, &asked, &answer.text());
}

#[test]
fn d_reading_is_enough_for_services_that_only_read() {
    let house = House::shared();
    for (service, data) in [
        ("weather.get_forecasts", json!({"entity_id": "weather.home", "type": "daily"})),
        ("todo.get_items", json!({"entity_id": "todo.chores"})),
        ("calendar.get_events", json!({"entity_id": calendar(&house), "duration": {"hours": 24}})),
    ] {
        let (domain, service) = service.split_once('.').unwrap();
        let call = json!({"domain": domain, "service": service, "service_data": data, "return_response": true});
        let response = house.ws("reader").result("call_service", call.clone())["response"].clone();
        assert!(response.get(data["entity_id"].as_str().unwrap()).is_some(), "{response}");
        for user in ["kitchen", "nobody"] {
            assert_eq!(house.ws(user).refused("call_service", call.clone()), "home_assistant_error");
        }
        let path = format!("/api/services/{domain}/{service}?return_response");
        assert_eq!(house.send("reader", "POST", &path, Some(&data)).status, 200);
        assert_eq!(house.send("kitchen", "POST", &path, Some(&data)).status, 401);
    }
}

fn calendar(house: &House) -> String {
    let calendars = house.send("owner", "GET", "/api/calendars", None).json();
    calendars[0]["entity_id"].as_str().unwrap().to_owned()
}

#[test]
fn d_an_area_is_narrowed_and_an_entitys_own_area_counts() {
    let house = House::new();
    for data in
        [json!({"area_id": "kitchen"}), json!({"area_id": ["kitchen", "hall"]}), json!({"floor_id": "ground_floor"})]
    {
        let answer = house.send("areas", "POST", "/api/services/light/turn_on", Some(&data));
        assert_eq!(answer.status, 200, "{}", answer.text());
        house.send("areas", "POST", "/api/services/light/turn_off", Some(&data));
    }
    assert_eq!(house.send("owner", "GET", "/api/states/light.hall_lights", None).json()["state"], "off");
    // The hall's motion sensor has a part in the kitchen; the part of it that is in the hall is not theirs.
    assert_eq!(house.send("areas", "GET", "/api/states/binary_sensor.kitchen_motion", None).status, 200);
    assert_eq!(house.send("areas", "GET", "/api/states/binary_sensor.hall_motion", None).status, 401);
    let mut owner = house.ws("owner");
    let moves = json!({"entity_id": "light.kitchen_counter", "area_id": "hall"});
    owner.result("config/entity_registry/update", moves);
    assert_eq!(house.send("areas", "GET", "/api/states/light.kitchen_counter", None).status, 401);
    house.refused("areas", "light", "turn_on", &json!({"entity_id": "light.kitchen_counter"}));
    owner.result("config/entity_registry/update", json!({"entity_id": "light.hall_lights", "area_id": "kitchen"}));
    let on = json!({"entity_id": "light.hall_lights"});
    assert_eq!(house.send("areas", "POST", "/api/services/light/turn_on", Some(&on)).status, 200);
}
