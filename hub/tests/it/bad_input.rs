//! Input that nobody honest sends: nothing changes, nobody else notices, nothing panics.

mod http;
mod socket;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Server, Ws};

/// What must be the same before and after: which entities there are, the registries, the users, the groups.
fn lasting(server: &Server) -> Vec<String> {
    let mut owner = server.ws_as("owner");
    let states = owner.result("get_states", json!({}));
    let ids: BTreeSet<&str> = states.as_array().unwrap().iter().map(|s| s["entity_id"].as_str().unwrap()).collect();
    let mut all = vec![format!("{ids:?}")];
    let registries = ["entity", "device", "area", "floor", "label"].map(|name| format!("config/{name}_registry/list"));
    let lists =
        registries.iter().map(String::as_str).chain(["config/auth/list", "person/list", "get_config", "get_services"]);
    all.extend(lists.map(|list| format!("{list} {}", owner.result(list, json!({})))));
    for domain in ["light", "lock", "cover", "switch", "input_text"] {
        let of = |state: &&Value| state["entity_id"].as_str().unwrap().starts_with(&format!("{domain}."));
        all.extend(states.as_array().unwrap().iter().filter(of).map(|s| format!("{} {}", s["entity_id"], s["state"])));
    }
    all
}

/// A demo that must be as it was when this ends, and answer.
struct Untouched {
    server: Server,
    before: Vec<String>,
}

impl Untouched {
    fn new() -> Self {
        let server = Server::demo();
        let before = lasting(&server);
        Self { server, before }
    }

    #[track_caller]
    fn finish(self) {
        assert_eq!(lasting(&self.server), self.before);
        for user in ["owner", "kitchen"] {
            assert_eq!(self.server.send_as(user, "GET", "/api/", None).status, 200);
            self.server.ws_as(user).drain();
        }
        assert!(!self.server.log().contains("panicked"), "{}", self.server.log());
    }
}

/// Texts that are no JSON, or none that is meant.
fn hostile_texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "{",
        "}",
        "[",
        "]",
        "\"",
        "nul",
        "tru",
        "{\"a\":}",
        "{'a': 1}",
        "{\"a\": 1,}",
        "[1,]",
        "NaN",
        "Infinity",
        "-",
        "1e999",
        "{\"state\": 1e999}",
        "{\"entity_id\": 1e999}",
        "{\"brightness\": -1e999, \"entity_id\": \"all\"}",
        "\u{feff}{}",
        "{}{}",
        "{} x",
        r#"{"entity_id": "\ud800"}"#,
        r#"{"entity_id": "\udc00\ud800"}"#,
        r#"{"\ud800": 1}"#,
        r#"{"a": "\u12"}"#,
        "{\"a\": \"\n\"}",
        r#"{"entity_id": "light.bed_light", "brightness": 99999999999999999999999999}"#,
        r#"{"entity_id": "light.bed_light", "brightness": {"a": []}}"#,
        r#"{"entity_id": "light.bed_light", "hs_color": [1, 2, 3, 4]}"#,
        r#"{"entity_id": "light.bed_light", "transition": -1}"#,
        r#"{"entity_id": "light.bed_light", "no_such_field": 1}"#,
        r#"{"entity_id": null}"#,
        r#"{"entity_id": {}}"#,
        r#"{"entity_id": [[]]}"#,
        "[]",
        "1",
        "\"x\"",
        "null",
        "true",
        "",
        r#"{"template": 1}"#,
        r#"{"template": "{{"}"#,
        r#"{"template": "{{ 9 ** 9 ** 9 ** 9 }}"}"#,
        r#"{"template": "{% for i in range(99999999) %}x{% endfor %}"}"#,
        r#"{"template": "{{ 'x' * 999999999 }}"}"#,
        r#"{"template": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"}"#,
        r#"{"client_id": 5, "handler": [], "redirect_uri": {}}"#,
    ]
    .iter()
    .map(|text| (*text).to_owned())
    .collect();
    texts.push("[".repeat(200));
    texts.push(format!("{}{}", "[".repeat(200), "]".repeat(200)));
    texts.push(format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200)));
    texts.push(format!("{}1{}", r#"{"entity_id":"#.repeat(100), "}".repeat(100)));
    texts.push(format!(r#"{{"entity_id": [{}]}}"#, vec!["\"light.x\""; 10_001].join(",")));
    texts.push(format!(r#"{{"entity_id": "light.{}"}}"#, "x".repeat(100_000)));
    texts.push(format!(r#"{{"template": "{}"}}"#, "{{ ".repeat(5_000)));
    texts.push(format!(r#"{{"template": "{{{{ {} }}}}"}}"#, "(".repeat(5_000)));
    texts
}

/// Tokens made of a good one, and others that are none.
fn bad_tokens(good: &str) -> Vec<String> {
    let flip = |at: usize| {
        let mut bytes = good.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let mut tokens: Vec<String> = (0..good.len()).map(flip).collect();
    let parts: Vec<&str> = good.split('.').collect();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    tokens.extend([
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        "x".repeat(10_000),
        format!("{good}."),
        format!("{good}="),
        format!("{good} "),
        format!(" {good}"),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{}..{}", parts[0], parts[2]),
        good[..good.len() - 1].to_owned(),
        format!("{good}{good}"),
        good.to_lowercase(),
        "null".to_owned(),
        parts[1].to_owned(),
    ]);
    // The last character holds bits that are not part of the signature: a flip of those alone must not be taken either.
    tokens.retain(|token| token != good);
    tokens
}

fn greet(server: &Server, text: &str) -> Ws {
    let mut ws = Ws::connect(&server.address);
    ws.next();
    ws.send_text(text);
    ws
}
