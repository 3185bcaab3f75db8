//! Who is told what was: whoever may read it now, and nobody else.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{LIGHT, START, during, states, write};
use crate::{
    cli::{done, home},
    import::log_in,
    limited::{in_secs, token},
    policy_cli::furnish,
    support::{Server, Ws, server::doorward},
};

const OTHER: &str = "light.bed_light";

/// Returns every entity id of the home but one.
fn others(owner: &mut Ws, but: &str) -> BTreeSet<String> {
    let states = owner.result("get_states", json!({}));
    let ids = states.as_array().unwrap().iter().map(|state| state["entity_id"].as_str().unwrap().to_owned());
    ids.filter(|id| id != but).collect()
}

#[test]
fn the_kitchen_sees_its_lights_past_and_nothing_else() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let hidden = others(&mut owner, LIGHT);
    assert!(hidden.len() > 50);
    let users = owner.result("config/auth/list", json!({}));
    let of_others = users.as_array().unwrap().iter().filter(|user| user["username"] != "kitchen");
    let users: Vec<_> = of_others.map(|user| user["id"].as_str().unwrap().to_owned()).collect();

    let mut ws = server.ws_as("kitchen");
    let nothing = "sensor.never_was";
    let asked = [LIGHT, OTHER, "lock.front_door", nothing];
    let mut streams = Vec::new();
    let mut begin = |ws: &mut Ws| {
        for (command, more) in [
            ("history/stream", json!({"entity_ids": asked})),
            ("history/stream", json!({"entity_ids": asked, "significant_changes_only": false, "no_attributes": true})),
            ("logbook/event_stream", json!({})),
            ("logbook/event_stream", json!({"entity_ids": asked})),
        ] {
            let mut members = json!({"start_time": START});
            members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let id = ws.command(command, members);
            ws.answer(id);
            streams.push(id);
        }
    };
    begin(&mut ws);
    // Everything changes, by the owner and by the kitchen's user.
    let call = |ws: &mut Ws, domain: &str, service: &str, entity_id: &str| {
        ws.result("call_service", json!({"domain": domain, "service": service, "target": {"entity_id": entity_id}}));
    };
    for id in &hidden {
        write(&server, id, "quokka", json!({"friendly_name": "Quokka", "entity_id": [LIGHT, OTHER]}));
    }
    for service in ["turn_on", "turn_off", "turn_on"] {
        call(&mut owner, "light", service, LIGHT);
        call(&mut ws, "light", "toggle", LIGHT);
    }
    // What it may read names what it may not.
    write(
        &server,
        LIGHT,
        "on",
        json!({"entity_id": [OTHER], "friendly_name": OTHER, OTHER: {"main": "lock.front_door"}}),
    );
    write(&server, LIGHT, "off", json!({}));
    begin(&mut ws);
    let history = during(&mut ws, json!({"entity_ids": asked, "significant_changes_only": false}));
    assert_eq!(history.as_object().unwrap().keys().collect::<Vec<_>>(), [LIGHT]);
    assert!(states(&history[LIGHT]).len() >= 6, "{history}");
    ws.result("logbook/get_events", json!({"start_time": START}));
    ws.result("logbook/get_events", json!({"start_time": START, "entity_ids": asked}));
    for path in [
        format!("/api/history/period/{START}?end_time=2100-01-01&filter_entity_id={}", asked.join(",")),
        format!("/api/logbook/{START}?end_time=2100-01-01"),
        format!("/api/logbook/{START}?end_time=2100-01-01&entity={}", asked.join(",")),
    ] {
        let answer = server.send_as("kitchen", "GET", &path, None);
        assert!(answer.status == 200 && answer.text().contains(LIGHT), "{path}: {}", answer.text());
        ws.received.push(answer.text());
    }
    ws.drain();
    let received = ws.transcript();
    assert!(!received.to_lowercase().contains("quokka"));
    for id in hidden.iter().chain(&users) {
        assert!(!received.contains(&format!("\"{id}\"")), "{id}");
    }
    for stream in streams {
        let start = format!("{{\"id\":{stream},\"type\":\"event\"");
        assert!(ws.received.iter().any(|text| text.starts_with(&start) && text.contains(LIGHT)), "{stream} is silent");
    }
    // A time of a period that holds others' changes as well says nothing of them.
    let over = json!({"start_time": START, "entity_ids": [OTHER, nothing]});
    let ids = [OTHER, nothing].map(|id| {
        let mut asked = over.clone();
        asked["entity_ids"] = json!([id]);
        asked["end_time"] = json!("2026-01-01");
        let stream = ws.command("history/stream", asked);
        ws.answer(stream);
        ws.event(stream, |_| true)
    });
    assert_eq!(ids[0], ids[1]);
}

/// Somebody who listens, and whose rights are changed by the owner.
struct Listener {
    ws: Ws,
    history: u64,
    logbook: u64,
}

impl Listener {
    fn new(server: &Server, token: &str) -> Self {
        let mut ws = Ws::open(&server.address, token);
        let history = ws.command("history/stream", json!({"start_time": START, "entity_ids": [LIGHT, OTHER]}));
        ws.answer(history);
        let logbook = ws.command("logbook/event_stream", json!({"start_time": START}));
        ws.answer(logbook);
        Self { ws, history, logbook }
    }

    /// Waits until both streams have told something of the one light, which may always be read.
    fn sync(&mut self, server: &Server, marker: &str) {
        write(server, LIGHT, marker, json!({}));
        for stream in [self.history, self.logbook] {
            self.ws.event(stream, |event| event.to_string().contains(marker));
        }
    }

    /// Counts how often a word came over a stream.
    fn count(&self, stream: u64, word: &str) -> usize {
        let start = format!("{{\"id\":{stream},\"type\":\"event\"");
        self.ws.received.iter().filter(|text| text.starts_with(&start)).map(|text| text.matches(word).count()).sum()
    }
}

#[test]
fn streams_follow_rights_that_come_and_go() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let made = owner.result("config/auth/create", json!({"name": "mover", "group_ids": ["kitchen-light"]}));
    let user_id = made["user"]["id"].clone();
    let login = json!({"user_id": user_id, "username": "mover", "password": "a good password"});
    owner.result("config/auth_provider/homeassistant/create", login);
    let token = log_in(&server, "mover", "a good password").unwrap();
    let mut groups = |ids: Value| owner.result("config/auth/update", json!({"user_id": user_id, "group_ids": ids}));
    write(&server, OTHER, "secret-0", json!({}));
    let mut listener = Listener::new(&server, &token);
    write(&server, OTHER, "secret-1", json!({}));
    listener.sync(&server, "visible-0");
    assert!(!listener.ws.transcript().contains("secret"));

    // With the right comes the past, in the history; the logbook goes on from there.
    groups(json!(["kitchen-light", "system-read-only"]));
    let (history, logbook) = (listener.history, listener.logbook);
    listener.ws.event(history, |event| event["states"][OTHER].as_array().is_some_and(|list| list.len() >= 2));
    write(&server, OTHER, "open-0", json!({}));
    listener.ws.event(logbook, |event| event["events"][0]["state"] == "open-0");
    listener.sync(&server, "visible-1");
    for (stream, word, n) in [
        (history, "\"secret-0\"", 1),
        (history, "\"secret-1\"", 1),
        (history, "\"open-0\"", 1),
        (logbook, "secret", 0),
        (logbook, "\"open-0\"", 1),
    ] {
        assert_eq!(listener.count(stream, word), n, "{stream} {word}");
    }
    // Without the right nothing more comes.
    groups(json!(["kitchen-light"]));
    for n in 2..6 {
        write(&server, OTHER, &format!("secret-{n}"), json!({}));
    }
    listener.sync(&server, "visible-2");
    for n in 2..6 {
        assert!(!listener.ws.transcript().contains(&format!("secret-{n}")), "secret-{n}");
    }
    // And with it again what was missed, once, and nothing twice.
    groups(json!(["kitchen-light", "system-read-only"]));
    listener.ws.event(history, |event| states(&event["states"][OTHER]).contains(&"secret-5"));
    listener.sync(&server, "visible-3");
    for word in ["secret-0", "secret-1", "open-0", "secret-2", "secret-5", "visible-0", "visible-2"] {
        assert_eq!(listener.count(history, &format!("\"{word}\"")), 1, "{word}");
    }
    assert_eq!(listener.count(logbook, "secret"), 0);
}

#[test]
fn an_id_that_another_entity_takes_has_no_past() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let mut areas = server.ws_as("areas");
    let counter = "light.kitchen_counter";
    write(&server, OTHER, "quokka-1", json!({}));
    let stream = json!({"start_time": START, "entity_ids": [OTHER, counter], "significant_changes_only": false});
    let stream = areas.command("history/stream", stream);
    areas.answer(stream);
    let logbook = areas.command("logbook/event_stream", json!({"start_time": START}));
    areas.answer(logbook);
    let rename = |owner: &mut Ws, from: &str, to: &str| {
        owner.result("config/entity_registry/update", json!({"entity_id": from, "new_entity_id": to}));
    };
    rename(&mut owner, OTHER, "light.old_bed");
    // Nobody has the id for a while, but for states under it.
    write(&server, OTHER, "quokka-2", json!({}));
    assert_eq!(server.send_as("owner", "DELETE", &format!("/api/states/{OTHER}"), None).status, 200);
    let seen = during(&mut owner, json!({"entity_ids": [OTHER, "light.old_bed"]}));
    assert!(seen[OTHER].to_string().contains("quokka-2") && !seen.to_string().contains("quokka-1"), "{seen}");
    // What is in the kitchen takes it: whoever may see the kitchen may see what has the id now.
    rename(&mut owner, counter, OTHER);
    write(&server, OTHER, "kitchen-1", json!({}));
    areas.event(stream, |event| states(&event["states"][OTHER]).contains(&"kitchen-1"));
    let now = during(&mut areas, json!({"entity_ids": [OTHER, counter], "significant_changes_only": false}));
    assert!(states(&now[OTHER]).contains(&"kitchen-1"), "{now}");
    areas.result("logbook/get_events", json!({"start_time": START}));
    for path in ["history/period", "logbook"] {
        let path = format!("/api/{path}/{START}?end_time=2100-01-01&filter_entity_id={OTHER}");
        let answer = server.send_as("areas", "GET", &path, None);
        areas.received.push(answer.text());
    }
    areas.drain();
    assert!(!areas.transcript().contains("quokka"), "{}", areas.transcript());
    // Its entry is removed: nothing of it is left for those who may see the id by another rule.
    owner.result("config/entity_registry/remove", json!({"entity_id": OTHER}));
    let gone = during(&mut owner, json!({"entity_ids": [OTHER]}));
    assert!(!gone.to_string().contains("kitchen-1"), "{gone}");
}

#[test]
fn an_entity_that_moves_takes_its_past_along() {
    let server = Server::demo();
    let (mut owner, mut areas) = (server.ws_as("owner"), server.ws_as("areas"));
    write(&server, OTHER, "then", json!({}));
    let asked = json!({"entity_ids": [OTHER]});
    assert_eq!(during(&mut areas, asked.clone()), json!({}));
    owner.result("config/entity_registry/update", json!({"entity_id": OTHER, "area_id": "kitchen"}));
    assert!(states(&during(&mut areas, asked.clone())[OTHER]).contains(&"then"));
    owner.result("config/entity_registry/update", json!({"entity_id": OTHER, "area_id": "hall"}));
    assert_eq!(during(&mut areas, asked), json!({}));
}

#[test]
fn a_stay_and_a_narrowed_token_limit_the_past() {
    let dir = home(r#"{"entities":{"domains":{"light":true}}}"#);
    let data = dir.0.to_str().unwrap();
    furnish(&dir);
    let locks = crate::policy_cli::write(&dir, "locks.json", r#"{"entities":{"domains":{"lock":true}}}"#);
    done(&doorward(&["group", "set", "--data", data, "locks", "--policy", &locks]));
    done(&doorward(&["user", "update", "--data", data, "gus", "--group", "guests", "--group", "locks"]));
    done(&doorward(&["user", "member", "--data", data, "gus", "locks", "--until", &in_secs(4)]));
    let light =
        crate::policy_cli::write(&dir, "light.json", r#"{"entities":{"entity_ids":{"light.sink":{"read":true}}}}"#);
    let (gus, ann) = (token(&dir, "gus", &[]), token(&dir, "ann", &[]));
    let narrow = token(&dir, "ann", &["--policy", &light]);

    let server = Server::serve(&dir.0, &[]);
    let set = |entity_id: &str, state: &str| {
        let request = server.request("POST", &format!("/api/states/{entity_id}")).token(&ann);
        assert_eq!(request.json(&json!({"state": state})).send().status, 200);
    };
    let mut guest = Ws::open(&server.address, &gus);
    let watch = guest.command("subscribe_entities", json!({}));
    guest.answer(watch);
    let asked = json!({"start_time": START, "entity_ids": ["lock.front", "light.sink"]});
    let stream = guest.command("history/stream", asked.clone());
    guest.answer(stream);
    set("lock.front", "open-1");
    guest.event(stream, |event| states(&event["states"]["lock.front"]) == ["open-1"]);
    guest.event(watch, |event| event["r"].as_array().is_some_and(|gone| gone.contains(&json!("lock.front"))));
    set("lock.front", "secret-1");
    set("light.sink", "visible-1");
    guest.event(stream, |event| states(&event["states"]["light.sink"]) == ["visible-1"]);
    let now = guest.result("history/history_during_period", asked.clone());
    assert!(now.get("lock.front").is_none() && states(&now["light.sink"]).contains(&"visible-1"), "{now}");
    assert!(!guest.transcript().contains("secret"));

    let mut program = Ws::open(&server.address, &narrow);
    let now = program.result("history/history_during_period", asked);
    assert_eq!(now.as_object().unwrap().keys().collect::<Vec<_>>(), ["light.sink"]);
    let lines = program.result("logbook/get_events", json!({"start_time": START})).to_string();
    assert!(lines.contains("visible-1") && !lines.contains("lock.front"), "{lines}");
    // The narrowed token is its user's: what they did themselves they may know.
    assert!(lines.contains("context_user_id"), "{lines}");
}
