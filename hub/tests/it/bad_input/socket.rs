//! Bad frames.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Untouched, bad_tokens, greet, hostile_texts};
use crate::support::Ws;

const MAX: usize = 4 << 20;

#[test]
fn before_logging_in_one_honest_message_is_taken() {
    let house = Untouched::new();
    let good = house.server.token("owner");
    for token in bad_tokens(&good).iter().step_by(7) {
        let mut ws = greet(&house.server, &json!({"type": "auth", "access_token": token}).to_string());
        assert_eq!(ws.next().unwrap()["type"], "auth_invalid", "{token:.80}");
        assert_eq!(ws.until_closed(), Some(1000));
    }
    for text in hostile_texts() {
        let mut ws = greet(&house.server, &text);
        let code = ws.until_closed();
        assert_eq!(code, Some(1000), "{text:.80}");
        assert!(!ws.transcript().contains("auth_ok"));
    }
    let padded = |len: usize| format!("{}{}", json!({"type": "auth", "access_token": good}), " ".repeat(len));
    assert_eq!(greet(&house.server, &padded(1000)).next().unwrap()["type"], "auth_ok");
    let mut ws = greet(&house.server, &padded(64 << 10));
    assert_eq!((ws.next(), ws.closed_with), (None, Some(1000)));
    let mut ws = Ws::connect(&house.server.address);
    ws.next();
    ws.send_binary(json!({"type": "auth", "access_token": good}).to_string().as_bytes());
    assert_eq!((ws.next(), ws.closed_with), (None, Some(1000)));
    house.finish();
}

#[test]
fn messages_that_are_none_are_answered_or_end_the_connection() {
    let house = Untouched::new();
    for text in hostile_texts() {
        let mut ws = house.server.ws_as("kitchen");
        ws.send_text(&text);
        ws.send(&json!({"id": 77, "type": "ping"}));
        let mut last = None;
        while let Some(message) = ws.next() {
            last = Some(message);
            if last.as_ref().unwrap()["type"] == "pong" {
                break;
            }
        }
        match ws.closed_with {
            Some(code) => assert_eq!(code, 1000, "{text:.80}"),
            None => assert_eq!(last.unwrap(), json!({"id": 77, "type": "pong"}), "{text:.80}"),
        }
    }
    // Every command with members that it does not know, of wrong types, or none.
    let mut ws = house.server.ws_as("kitchen");
    for command in ws_adapter::commands() {
        for members in [
            json!({"no_such_member": 1}),
            json!({"entity_id": 5, "target": [], "template": {}, "event_type": [], "features": 1, "path": 7}),
        ] {
            let code = ws.refused(command.name, members);
            assert!(
                ["invalid_format", "unauthorized", "not_found"].contains(&code.as_str()),
                "{} {code}",
                command.name
            );
        }
    }
    // Numbers as large as can be.
    ws.result("auth/long_lived_access_token", json!({"client_name": "long", "lifespan": u32::MAX}));
    ws.result("auth/sign_path", json!({"path": "/api/", "expires": u32::MAX}));
    assert_eq!(ws.refused("auth/sign_path", json!({"path": "/api/", "expires": -1})), "invalid_format");
    assert_eq!(ws.refused("unsubscribe_events", json!({"subscription": u64::MAX})), "not_found");
    let id = ws.command("render_template", json!({"template": "1", "timeout": 1e308}));
    ws.event(id, |event| event["result"] == 1);
    house.finish();
}

#[test]
fn a_message_has_at_most_four_mebibytes() {
    let house = Untouched::new();
    let ping = json!({"id": 1, "type": "ping"}).to_string();
    let sized = |len: usize| format!("{ping}{}", " ".repeat(len - ping.len()));
    let mut ws = house.server.ws_as("kitchen");
    ws.send_text(&sized(MAX));
    assert_eq!(ws.next(), Some(json!({"id": 1, "type": "pong"})));
    ws.send_text(&sized(MAX + 1));
    assert_eq!(ws.until_closed(), Some(1009));
    let mut ws = house.server.ws_as("kitchen");
    ws.send_binary(b"");
    assert_eq!(ws.until_closed(), Some(1000));
    let mut ws = house.server.ws_as("kitchen");
    ws.send_binary(b"\x01hello");
    ws.drain();
    house.finish();
}

#[test]
fn ids_increase_and_frames_hold_many() {
    let house = Untouched::new();
    let mut ws = house.server.ws_as("kitchen");
    let mut check = |text: &str, expected: Value| {
        ws.send_text(text);
        let answer = ws.next().unwrap();
        let got = if answer["type"] == "pong" { json!("pong") } else { answer["error"]["code"].clone() };
        assert_eq!((&answer["id"], &got), (&expected[0], &expected[1]), "{text}");
    };
    check(r#"{"id": 5, "type": "ping"}"#, json!([5, "pong"]));
    check(r#"{"id": 5, "type": "ping"}"#, json!([5, "id_reuse"]));
    check(r#"{"id": 4, "type": "get_states"}"#, json!([4, "id_reuse"]));
    check(r#"{"id": 6, "id": 7, "type": "ping"}"#, json!([7, "pong"]));
    check(r#"{"id": "8", "type": "ping"}"#, json!(["8", "invalid_format"]));
    check(r#"{"id": 8.5, "type": "ping"}"#, json!([8.5, "invalid_format"]));
    check(r#"{"id": true, "type": "ping"}"#, json!([true, "invalid_format"]));
    check(r#"{"type": "ping"}"#, json!([null, "invalid_format"]));
    check(r#"{"id": 8, "type": "nope", "type": "ping"}"#, json!([8, "pong"]));
    check(r#"{"id": 9, "type": "auth", "access_token": "x"}"#, json!([9, "unknown_command"]));
    check(r#"{"id": 18446744073709551615, "type": "ping"}"#, json!([u64::MAX, "pong"]));
    check(r#"{"id": 10, "type": "ping"}"#, json!([10, "id_reuse"]));
    let mut ws = house.server.ws_as("kitchen");
    let pings: Vec<_> = (1..=4096).map(|id| json!({"id": id, "type": "ping"})).collect();
    ws.send(&json!(pings));
    for ping in &pings {
        assert_eq!(ws.next().unwrap()["id"], ping["id"]);
    }
    ws.send_text("[]");
    ws.send_text("[[{\"id\": 5000, \"type\": \"ping\"}]]");
    assert_eq!(ws.next().unwrap()["error"]["code"], "invalid_format");
    // More than that is too many.
    ws.send(&json!(vec![json!({"id": 1, "type": "ping"}); 4097]));
    assert_eq!(ws.until_closed(), Some(1000));
    house.finish();
}

#[test]
fn a_frame_full_of_questions_is_answered_one_by_one() {
    let house = Untouched::new();
    let mut ws = house.server.ws_as("owner");
    let asked: Vec<_> = (1..=600).map(|id| json!({"id": id, "type": "get_states"})).collect();
    ws.send(&json!(asked));
    // Meanwhile others are served at once.
    let begin = Instant::now();
    house.server.ws_as("kitchen").result("get_states", json!({}));
    assert!(begin.elapsed() < Duration::from_secs(5));
    for id in 1..=600 {
        assert_eq!(ws.answer(id)["success"], true);
    }
    house.finish();
}

#[test]
fn a_connection_has_so_many_subscriptions() {
    let house = Untouched::new();
    let mut ws = house.server.ws_as("kitchen");
    for n in 0..1024 {
        let kind = ["subscribe_bootstrap_integrations", "config_entries/subscribe"][n % 2];
        ws.result(kind, json!({}));
    }
    for (kind, members) in [
        ("subscribe_events", json!({"event_type": "state_changed"})),
        ("subscribe_entities", json!({})),
        ("render_template", json!({"template": "1"})),
        ("config_entries/subscribe", json!({})),
        ("subscribe_bootstrap_integrations", json!({})),
    ] {
        assert_eq!(ws.refused(kind, members), "not_allowed", "{kind}");
    }
    ws.result("unsubscribe_events", json!({"subscription": 1}));
    ws.result("subscribe_events", json!({"event_type": "state_changed"}));
    house.finish();
}

#[test]
fn who_does_not_read_is_dropped_and_nobody_waits() {
    let house = Untouched::new();
    let mut slow = house.server.ws_as("admin");
    for _ in 0..4 {
        slow.result("subscribe_events", json!({"event_type": "state_changed"}));
    }
    let mut other = house.server.ws_as("user");
    let entities = other.command("subscribe_entities", json!({"entity_ids": ["input_text.note", "light.bed_light"]}));
    other.answer(entities);
    let mut owner = house.server.ws_as("owner");
    // Ten thousand changes; the slow one reads none of them.
    let mut id = 100_u64;
    for _ in 0..20 {
        let calls: Vec<_> = (0..500)
            .map(|_| {
                id += 1;
                let data = json!({"brightness": 1 + id % 200});
                json!({"id": id, "type": "call_service", "domain": "light", "service": "turn_on",
                    "target": {"entity_id": "light.bed_light"}, "service_data": data})
            })
            .collect();
        owner.send(&json!(calls));
        (0..500).for_each(|_| assert_eq!(owner.next().unwrap()["success"], true));
    }
    let begin = Instant::now();
    let note = json!({"entity_id": "input_text.note", "value": "the last word"});
    assert_eq!(house.server.send_as("owner", "POST", "/api/services/input_text/set_value", Some(&note)).status, 200);
    other.event(entities, |event| event.to_string().contains("the last word"));
    assert!(begin.elapsed() < Duration::from_secs(5), "others wait: {:?}", begin.elapsed());
    // When it reads at last, it finds what was on the way, and the end.
    let code = slow.until_closed();
    assert!([None, Some(1000), Some(1008)].contains(&code), "{code:?}");
    assert!(!slow.transcript().contains("the last word"));
    let note = json!({"entity_id": "input_text.note", "value": "Milk is in the door"});
    house.server.send_as("owner", "POST", "/api/services/input_text/set_value", Some(&note));
    house.server.send_as(
        "owner",
        "POST",
        "/api/services/light/turn_off",
        Some(&json!({"entity_id": "light.bed_light"})),
    );
    house.finish();
}
