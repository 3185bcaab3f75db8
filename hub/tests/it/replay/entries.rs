//! Config entries and flows. The reference's test integration `peer_hub` and our `demo_bridge` do the same things.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::{Reference, is_id, recorded};
use crate::support::{Answer, Server, Ws};

/// Recorded exchanges to which we answer with another status, on purpose.
const DIFFERS: [(u64, u16, &str); 4] = [
    (52, 401, "aborting a reauthentication needs what starting it needs"),
    (79, 404, "an unknown entry is not found; the reference fails"),
    (83, 404, "an unknown entry is not found; the reference fails"),
    (85, 401, "aborting an options flow needs what starting it needs"),
];

/// Recorded exchanges that are about other integrations, or that show what is listed elsewhere.
const PASSED_OVER: [(u64, &str); 8] = [
    (1, "a whole list, with other integrations"),
    (4, "a whole list, with other integrations"),
    (6, "a whole list, with other integrations"),
    (19, "what a user without rights hears: see `others_hear_nothing`"),
    (24, "the integration fails: see `config-entries`' own tests"),
    (32, "persistent notifications are not served"),
    (69, "the reference starts a reauthentication of an entry that is disabled"),
    (71, "the reference starts a reauthentication of an entry that is disabled"),
];

struct Replay {
    server: Server,
    owner: Ws,
    /// How far the owner's events have been looked at.
    n_read: usize,
    reference: Reference,
}

const WORDS: &[(&str, &str)] = &[("peer_hub", "demo_bridge")];

/// Our words for the reference's.
fn translated(text: &str) -> String {
    WORDS.iter().fold(text.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
}

/// What is not compared: times, and what the reference says only once the integration's code has been loaded.
fn passes(at: &str, name: &str, value: &Value) -> bool {
    match name {
        "created_at" | "modified_at" | "time_fired" | "context" => {
            at.ends_with("entry") || at.ends_with("result") || value.is_number()
        }
        "created" | "supports_unload" => true,
        _ => false,
    }
}

impl Replay {
    fn new() -> Self {
        let server = Server::demo();
        let owner = server.ws_as("owner");
        let reference = Reference { n: 0, ids: HashMap::new(), words: WORDS, passes };
        Self { server, owner, n_read: 0, reference }
    }

    fn bridge(&mut self, service: &str, data: Value) {
        let call = json!({"domain": "demo_bridge", "service": service, "service_data": data});
        self.owner.result("call_service", call);
    }

    fn send(&self, user: &str, request: &Value) -> Answer {
        self.reference.request(&self.server, request).token(&self.server.token(user)).send()
    }

    /// Starts the flow that a recorded request goes on with, where its start was not recorded.
    fn start_unrecorded(&mut self, request: &Value, answer: &Value) {
        let path = request["path"].as_str().unwrap();
        let Some(flow_id) = path.split("flow/").nth(1).filter(|id| is_id(id) && !self.reference.ids.contains_key(*id))
        else {
            return;
        };
        let entry = self.reference.ids.get("01M813CQZY6QF4WS4VXK4GYRV4").cloned();
        let reason = answer["body"]["reason"].as_str().unwrap_or_default();
        let (path, body) = if path.contains("options") {
            ("/api/config/config_entries/options/flow", json!({"handler": entry}))
        } else if reason == "reconfigure_successful" {
            ("/api/config/config_entries/flow", json!({"handler": "demo_bridge", "entry_id": entry}))
        } else {
            ("/api/config/config_entries/flow", json!({"handler": "demo_bridge"}))
        };
        let started = self.server.send_as("owner", "POST", path, Some(&body)).json();
        self.reference.ids.insert(flow_id.to_owned(), started["flow_id"].as_str().unwrap().to_owned());
    }

    fn rest(&mut self, user: &str, line: &Value) {
        let (request, expected) = (&line["request"], &line["response"]);
        if request["path"].as_str().unwrap().contains("flow") {
            // Whoever started a flow goes on with it; the reference's owner hands some to its administrator.
            self.start_unrecorded(request, expected);
        }
        let answer = self.send(user, request);
        let status = expected["status"].as_u64().unwrap();
        let differs = DIFFERS.iter().find(|(n, ..)| *n == self.reference.n).map(|(_, status, _)| *status);
        assert_eq!(
            u64::from(answer.status),
            differs.map_or(status, u64::from),
            "{}: {}",
            self.reference.n,
            answer.text()
        );
        if request["method"] == "DELETE" && differs == Some(401) {
            // What follows was recorded without the flow.
            assert_eq!(self.send("owner", request).status, 200);
        }
        if differs.is_some() || status == 500 {
            return;
        }
        let is_json = request["raw"].as_str().is_none_or(|raw| serde_json::from_str::<Value>(raw).is_ok());
        if !is_json {
            // The reference takes it as an empty one where a flow goes on: see `docs/differences.md`.
            assert_eq!(answer.json(), json!({"message": "Invalid JSON."}), "{}", self.reference.n);
            return;
        }
        match &expected["body"] {
            Value::String(text) => assert_eq!(&answer.text(), text, "{}", self.reference.n),
            body => {
                let ours = serde_json::from_slice(&answer.body).unwrap();
                self.reference.same("", body, &ours);
            }
        }
    }

    fn ws(&mut self, line: &Value) {
        let request = &line["request"];
        let kind = request["type"].as_str().unwrap();
        let mut members = self.reference.ours_in(request);
        for own in ["id", "type"] {
            members.as_object_mut().unwrap().remove(own);
        }
        if kind.starts_with("config_entries/flow/subscribe") || kind == "subscribe_events" {
            return;
        }
        let answer = self.owner.call(kind, members);
        let expected = line["response"]["messages"].as_array().unwrap();
        let expected = expected.iter().find(|message| message["type"] == "result").unwrap();
        assert_eq!(answer["success"], expected["success"], "{}: {answer}", self.reference.n);
        if answer["success"] == false {
            self.reference.same(".error", &expected["error"], &answer["error"]);
            return;
        }
        let (theirs, ours) = match kind {
            // What other integrations have is left out.
            "config_entries/flow/progress" => {
                let own = |list: &Value, domain: &str| -> Value {
                    list.as_array().unwrap().iter().filter(|flow| flow["handler"] == domain).cloned().collect()
                };
                (own(&expected["result"], "peer_hub"), own(&answer["result"], "demo_bridge"))
            }
            "repairs/list_issues" => {
                let own = |list: &Value, domain: &str| -> Value {
                    let list = list["issues"].as_array().unwrap().iter();
                    list.filter(|issue| issue["issue_domain"] == domain).cloned().collect()
                };
                (own(&expected["result"], "peer_hub"), own(&answer["result"], "demo_bridge"))
            }
            _ => (expected["result"].clone(), answer["result"].clone()),
        };
        self.reference.same(".result", &theirs, &ours);
    }

    /// Compares what was heard since the last time, subscription by subscription.
    fn listen(&mut self, line: &Value) {
        let theirs = sorted_out(line["response"]["messages"].as_array().unwrap(), "peer_hub");
        let n_expected: usize = theirs.values().map(Vec::len).sum();
        let end = std::time::Instant::now() + std::time::Duration::from_secs(15);
        let ours = loop {
            self.owner.drain();
            let texts = &self.owner.received[self.n_read..];
            let messages: Vec<Value> = texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
            let ours = sorted_out(&messages, "demo_bridge");
            if ours.values().map(Vec::len).sum::<usize>() >= n_expected {
                break ours;
            }
            assert!(std::time::Instant::now() < end, "{}: heard {ours:#?}\nof {theirs:#?}", self.reference.n);
            std::thread::sleep(std::time::Duration::from_millis(20));
        };
        self.n_read = self.owner.received.len();
        for (kind, theirs) in theirs {
            let ours = ours.get(&kind).cloned().unwrap_or_default();
            self.reference.same(&format!(".{kind}"), &Value::Array(theirs), &Value::Array(ours));
        }
    }
}

/// Takes what is about one integration out of messages: changes of entries, flows, issues, each in its order.
fn sorted_out(messages: &[Value], domain: &str) -> BTreeMap<&'static str, Vec<Value>> {
    let mut sorted = BTreeMap::<_, Vec<Value>>::new();
    for event in messages.iter().filter(|message| message["type"] == "event").map(|message| &message["event"]) {
        for item in event.as_array().into_iter().flatten().filter(|item| !item["type"].is_null()) {
            if item["entry"]["domain"] == domain {
                let entry = &item["entry"];
                let essence =
                    json!([item["type"], entry["state"], entry["title"], entry["reason"], entry["disabled_by"]]);
                sorted.entry("entries").or_default().push(essence);
            } else if item["flow"]["handler"] == domain || item["type"] == "removed" && item.get("flow").is_none() {
                sorted.entry("flows").or_default().push(item.clone());
            }
        }
        let issue = event["data"]["issue_id"].as_str().unwrap_or_default();
        if issue.starts_with(&format!("config_entry_reauth_{domain}")) {
            sorted.entry("issues").or_default().push(event["data"].clone());
        }
    }
    sorted
}

#[test]
fn reauthentication_goes_as_recorded() {
    let mut replay = Replay::new();
    replay.owner.result("config_entries/subscribe", json!({"type_filter": ["hub", "device", "service", "entity"]}));
    replay.owner.result("config_entries/flow/subscribe", json!({}));
    replay.owner.result("subscribe_events", json!({"event_type": "repairs_issue_registry_updated"}));
    replay.owner.drain();
    replay.n_read = replay.owner.received.len();
    let mut n_compared = 0;
    for line in recorded("reauth") {
        replay.reference.n = line["n"].as_u64().unwrap();
        // What happened to the bridge in between was not recorded.
        match replay.reference.n {
            16 => replay.bridge("set_reachable", json!({"host": "hub1", "reachable": false})),
            17 => replay.bridge("set_reachable", json!({"host": "hub1", "reachable": true})),
            // From here on a reauthentication is ignored: see `a_reauthentication_cannot_be_ignored`.
            95 => break,
            _ => {}
        }
        if PASSED_OVER.iter().any(|(n, _)| *n == replay.reference.n) {
            if line["request"].get("_listen").is_some() {
                replay.owner.drain();
                replay.n_read = replay.owner.received.len();
            }
            continue;
        }
        let user = line["user"].as_str().unwrap();
        match line["transport"].as_str().unwrap() {
            "rest" => replay.rest(user, &line),
            _ if line["request"].get("_listen").is_some() => replay.listen(&line),
            _ => replay.ws(&line),
        }
        n_compared += 1;
    }
    assert!(n_compared >= 80, "only {n_compared} exchanges were compared");
}

#[test]
fn a_reauthentication_cannot_be_ignored() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let add = |host: &str| {
        let start = server.send_as(
            "owner",
            "POST",
            "/api/config/config_entries/flow",
            Some(&json!({"handler": "demo_bridge"})),
        );
        let path = format!("/api/config/config_entries/flow/{}", start.json()["flow_id"].as_str().unwrap());
        server.send_as("owner", "POST", &path, Some(&json!({"host": host, "password": "right"}))).json()
    };
    let entry_id = add("hub2")["result"]["entry_id"].as_str().unwrap().to_owned();
    let expire = json!({"domain": "demo_bridge", "service": "expire", "service_data": {"host": "hub2"}});
    let flows = owner.command("config_entries/flow/subscribe", json!({}));
    owner.answer(flows);
    owner.result("call_service", expire);
    let added = owner.event(flows, |items| items[0]["type"] == "added");
    let ignore = json!({"flow_id": added[0]["flow_id"], "title": "x"});
    assert_eq!(owner.refused("config_entries/ignore_flow", ignore), "no_unique_id");
    let entry = owner.result("config_entries/get_single", json!({"entry_id": entry_id}));
    assert_eq!(entry["config_entry"]["state"], "loaded");
}

/// Whatever is refused there to somebody without rights is refused here; and what was a leak there as well.
#[test]
fn others_start_continue_answer_and_abort_nothing() {
    let server = Server::demo();
    let mut n = 0;
    for line in recorded("rest-config-entries").iter().chain(&recorded("reauth")) {
        let user = line["user"].as_str().unwrap();
        let request = &line["request"];
        let is_leak = line["note"].as_str().is_some_and(|note| note.starts_with("LEAK"));
        if line["transport"] != "rest" || !["kitchen", "areas", "reader", "user"].contains(&user) {
            continue;
        }
        if line["response"]["status"] != 401 && !is_leak {
            continue;
        }
        let (method, path) = (request["method"].as_str().unwrap(), translated(request["path"].as_str().unwrap()));
        let answer = server.send_as(user, method, &path, Some(&request["json"]).filter(|body| !body.is_null()));
        assert_eq!((answer.status, answer.text().as_str()), (401, "401: Unauthorized"), "{user} {method} {path}");
        n += 1;
    }
    for line in recorded("ws-config-entries") {
        let user = line["user"].as_str().unwrap();
        let request = &line["request"];
        if line["response"]["status"] != "unauthorized" || !["kitchen", "areas", "reader", "user"].contains(&user) {
            continue;
        }
        let mut members = request.clone();
        members.as_object_mut().unwrap().remove("type");
        let code = server.ws_as(user).refused(request["type"].as_str().unwrap(), members);
        assert_eq!(code, "unauthorized", "{user} {request}");
        n += 1;
    }
    assert!(n > 50, "only {n} refusals were compared");
}

#[test]
fn errors_are_home_assistants() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let mut n = 0;
    for line in recorded("rest-config-entries").iter().filter(|line| line["user"] == "owner") {
        if !([4, 120, 121, 122, 123, 124, 125, 126, 128, 129].contains(&line["n"].as_u64().unwrap())) {
            continue;
        }
        let request = &line["request"];
        let sent = server.request(request["method"].as_str().unwrap(), request["path"].as_str().unwrap());
        let sent = sent.token(&server.token("owner"));
        let answer = match (&request["json"], &request["raw"]) {
            (Value::Null, Value::String(raw)) => sent.body("application/json", raw.as_bytes()).send(),
            (Value::Null, _) => sent.send(),
            (body, _) => sent.json(body).send(),
        };
        assert_eq!(u64::from(answer.status), line["response"]["status"].as_u64().unwrap(), "{request}");
        match &line["response"]["body"] {
            Value::String(text) => assert_eq!(&answer.text(), text),
            body => assert_eq!(&answer.json(), body, "{request}"),
        }
        n += 1;
    }
    for line in recorded("ws-config-entries").iter().filter(|line| line["user"] == "owner") {
        let request = &line["request"];
        let expected = &line["response"]["messages"][0]["error"];
        let Some(kind) = request["type"].as_str().filter(|_| expected.is_object()) else { continue };
        let mut members = request.clone();
        members.as_object_mut().unwrap().remove("type");
        assert_eq!(owner.call(kind, members)["error"], *expected, "{request}");
        n += 1;
    }
    assert!(n >= 14, "only {n} errors were compared");
}

/// Nothing of entries, flows or issues reaches somebody without rights, whatever happens.
#[test]
fn others_hear_nothing() {
    let server = Server::demo();
    let mut kitchen = server.ws_as("kitchen");
    kitchen.result("config_entries/subscribe", json!({}));
    assert_eq!(kitchen.refused("config_entries/flow/subscribe", json!({})), "unauthorized");
    kitchen.result("subscribe_events", json!({"event_type": "repairs_issue_registry_updated"}));
    assert_eq!(
        kitchen.refused("subscribe_events", json!({"event_type": "data_entry_flow_progressed"})),
        "unauthorized"
    );
    assert_eq!(kitchen.refused("subscribe_events", json!({"event_type": "doorward_flow_changed"})), "unauthorized");
    let mut owner = server.ws_as("owner");
    let flows = owner.command("config_entries/flow/subscribe", json!({}));
    owner.answer(flows);
    let start =
        server.send_as("owner", "POST", "/api/config/config_entries/flow", Some(&json!({"handler": "demo_bridge"})));
    let path = format!("/api/config/config_entries/flow/{}", start.json()["flow_id"].as_str().unwrap());
    let made =
        server.send_as("owner", "POST", &path, Some(&json!({"host": "secret-host", "password": "right"}))).json();
    let expire = json!({"domain": "demo_bridge", "service": "expire", "service_data": {"host": "secret-host"}});
    owner.result("call_service", expire);
    owner.event(flows, |items| items[0]["type"] == "added");
    let entry = format!("/api/config/config_entries/entry/{}", made["result"]["entry_id"].as_str().unwrap());
    assert_eq!(server.send_as("owner", "DELETE", &entry, None).status, 200);
    owner.event(flows, |items| items[0]["type"] == "removed");
    assert_eq!(kitchen.result("repairs/list_issues", json!({})), json!({"issues": []}));
    kitchen.drain();
    for secret in ["secret-host", "demo_bridge", "reauth"] {
        assert!(!kitchen.transcript().contains(secret), "{secret}: {}", kitchen.transcript());
    }
}
