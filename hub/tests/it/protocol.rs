//! What a real Home Assistant 2026.11 answered, message by message, and the features that clients ask for.

use serde_json::{Value, json};

use crate::support::{Server, testdata};

/// What clients look at in an answer.
fn essence(message: &Value) -> Value {
    json!([message["id"], message["type"], message["success"], message["error"]["code"]])
}

#[test]
fn answers_are_home_assistants() {
    let server = Server::demo();
    let mut client = server.ws_as("kitchen");
    let recorded = std::fs::read_to_string(testdata("transcripts/ws-protocol.jsonl")).unwrap();
    let mut n = 0;
    for line in recorded.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        // The later ones describe what was sent in words.
        let Some(raw) = line["request"]["_raw"].as_str().filter(|raw| serde_json::from_str::<Value>(raw).is_ok())
        else {
            continue;
        };
        let messages = line["response"]["messages"].as_array().unwrap();
        client.send_text(raw);
        for expected in messages {
            let got = client.next().unwrap_or_else(|| panic!("{raw}: the connection ended"));
            assert_eq!(essence(&got), essence(expected), "{raw}: {got}");
        }
        n += 1;
    }
    assert!(n >= 29, "only {n} recorded messages were replayed");
    client.send_text("not json");
    assert!(client.next().is_none());
}

#[test]
fn coalescing_is_for_whoever_asks() {
    let server = Server::demo();
    let batch = |from: u64| (from..from + 20).map(|id| json!({"id": id, "type": "ping"})).collect::<Value>();
    let mut plain = server.ws_as("kitchen");
    plain.send(&batch(1));
    while plain.next().unwrap()["id"] != 20 {}
    assert!(plain.received.iter().all(|text| !text.starts_with('[')), "{:?}", plain.received);

    let mut joined = server.ws_as("kitchen");
    joined.result("supported_features", json!({"features": {"coalesce_messages": 1}}));
    joined.send(&batch(2));
    while joined.next().unwrap()["id"] != 21 {}
    assert!(joined.received.iter().any(|text| text.starts_with('[')), "{:?}", joined.received);
}

#[test]
fn entities_are_shown_as_differences() {
    let server = Server::demo();
    let mut client = server.ws_as("kitchen");
    client.result(
        "call_service",
        json!({"domain": "light", "service": "turn_off", "target": {"entity_id": "light.kitchen_lights"}}),
    );
    let id = client.command("subscribe_entities", json!({}));
    let first = client.event(id, |_| true);
    assert_eq!(first["a"].as_object().unwrap().keys().collect::<Vec<_>>(), ["light.kitchen_lights"]);
    let call = json!({"domain": "light", "service": "turn_on",
        "target": {"entity_id": "light.kitchen_lights"}, "service_data": {"brightness": 77}});
    let context = client.result("call_service", call)["context"].clone();
    let change = client.event(id, |_| true)["c"]["light.kitchen_lights"].clone();
    let plus = &change["+"];
    assert_eq!((&plus["s"], &plus["a"]["brightness"]), (&json!("on"), &json!(77)));
    assert_eq!(plus["c"]["id"], context["id"]);
    assert!(plus["lc"].is_number() && plus.get("lu").is_none(), "{change}");
    assert!(plus["a"].get("friendly_name").is_none(), "what stays is not sent: {change}");
    client.result("unsubscribe_events", json!({"subscription": id}));
    assert_eq!(client.refused("unsubscribe_events", json!({"subscription": id})), "not_found");
}

#[test]
fn templates_follow_what_they_read() {
    let server = Server::demo();
    let mut client = server.ws_as("kitchen");
    let turn =
        |service: &str| json!({"domain": "light", "service": service, "target": {"entity_id": "light.kitchen_lights"}});
    client.result("call_service", turn("turn_off"));
    let template = "{{ states('light.kitchen_lights') }}/{{ states('light.bed_light') }}/{{ 1 + 1 }}";
    let id = client.command("render_template", json!({"template": template}));
    let first = client.event(id, |_| true);
    assert_eq!(first["result"], "off/unknown/2");
    assert_eq!(first["listeners"]["entities"], json!(["light.bed_light", "light.kitchen_lights"]));
    client.result("call_service", turn("turn_on"));
    assert_eq!(client.event(id, |event| event["result"] != "off/unknown/2")["result"], "on/unknown/2");
    let native = client.command("render_template", json!({"template": "{{ [1, true, none, 'x'] }}"}));
    assert_eq!(client.event(native, |_| true)["result"], json!([1, true, null, "x"]));
    let wrong = client.command("render_template", json!({"template": "{{ 1 + }}", "report_errors": true}));
    assert_eq!(client.event(wrong, |_| true)["level"], "ERROR");
    let rest = server.send_as(
        "kitchen",
        "POST",
        "/api/template",
        Some(&json!({"template": "{{ 6 * 7 }} {{ states | length }}"})),
    );
    assert_eq!((rest.status, rest.text().as_str()), (200, "42 1"));
    let bomb = json!({"template": "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}"});
    assert_eq!(server.send_as("kitchen", "POST", "/api/template", Some(&bomb)).status, 400);
}

#[test]
fn deleting_ones_own_token_closes_the_connection() {
    let server = Server::demo();
    let mut client = server.ws_as("kitchen");
    let token = client.result("auth/long_lived_access_token", json!({"client_name": "one", "lifespan": 1}));
    let mut own = crate::support::Ws::open(&server.address, token.as_str().unwrap());
    let tokens = own.result("auth/refresh_tokens", json!({}));
    let current = tokens.as_array().unwrap().iter().find(|token| token["is_current"] == true).unwrap();
    own.command("auth/delete_refresh_token", json!({"refresh_token_id": current["id"]}));
    assert!(own.next().is_none(), "an answer came: {:?}", own.received.last());

    let token = client.result("auth/long_lived_access_token", json!({"client_name": "two", "lifespan": 1}));
    let mut own = crate::support::Ws::open(&server.address, token.as_str().unwrap());
    assert_eq!(own.result("auth/delete_all_refresh_tokens", json!({})), json!({}));
    assert!(own.next().is_none());
    assert_eq!(server.request("GET", "/api/").token(token.as_str().unwrap()).send().status, 401);
    // The first client's own token went with all others.
    assert!(client.next().is_none());
}

#[test]
fn signed_paths_are_good_for_what_was_signed() {
    let server = Server::demo();
    let mut client = server.ws_as("kitchen");
    let signed = client.result("auth/sign_path", json!({"path": "/api/states/light.kitchen_lights", "expires": 20}));
    let signed = signed["path"].as_str().unwrap();
    assert_eq!(server.request("GET", signed).send().json()["entity_id"], "light.kitchen_lights");
    assert_eq!(server.request("GET", &signed.replace("kitchen", "bed")).send().status, 401);
    assert_eq!(server.request("GET", &format!("{signed}&x=1")).send().status, 401);
    assert_eq!(server.request("POST", signed).send().status, 401);
    // The signer's own rights hold, whatever was signed.
    let beyond = client.result("auth/sign_path", json!({"path": "/api/states/light.bed_light"}));
    assert_eq!(server.request("GET", beyond["path"].as_str().unwrap()).send().status, 401);
}

/// An answer is not held back for an event behind it that turns out to show nothing.
#[test]
fn an_answer_does_not_wait_for_what_is_not_shown() {
    let server = Server::demo();
    let mut ws = server.ws_as("owner");
    let other = ws.command("subscribe_entities", json!({"entity_ids": ["sensor.none"]}));
    ws.answer(other);
    for brightness in 1..20 {
        let data = json!({"entity_id": "light.bed_light", "brightness": brightness});
        ws.result("call_service", json!({"domain": "light", "service": "turn_on", "service_data": data}));
    }
}
