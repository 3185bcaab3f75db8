//! `doorward policy` on files and on a home: what is odd, what would change, who may, and what was needed.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    cli::{done, home, refused, with_input},
    support::{Server, Temporary, server::doorward},
};

pub(crate) fn write(dir: &Temporary, name: &str, text: &str) -> String {
    let path = dir.0.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn json_of(arguments: &[&str]) -> Value {
    let output = doorward(&[arguments, &["--format", "json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_mistake_has_its_path_and_a_hint() {
    let dir = Temporary::new();
    let bad = write(&dir, "bad.json", r#"{"entities":{"domains":false,"area":{},"except":{"all":true}}}"#);
    let answer = json_of(&["policy", "validate", &bad]);
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!((answer["valid"].as_bool(), errors.len()), (Some(false), 2));
    assert_eq!(errors[0]["path"], json!(["entities", "domains"]));
    assert!(errors[0]["hint"].as_str().unwrap().contains("`except`"), "{}", errors[0]);
    assert_eq!(errors[1]["hint"], "did you mean `area_ids`?");
    let good = write(&dir, "good.json", r#"{"entities":{"all":true,"except":{"domains":{"lock":true}}}}"#);
    assert_eq!(json_of(&["policy", "validate", &good]), json!({"valid": true, "errors": []}));
    refused(&doorward(&["policy", "validate", "--home-assistant", &good]), "entities.except: no such name here");
    let long = write(&dir, "long.json", &" ".repeat(10 << 20));
    refused(&doorward(&["policy", "validate", &long]), "10485760 bytes, where at most 4194304 are read");
    refused(&doorward(&["policy", "validate", "/no/such/file"]), "reading /no/such/file");
}

#[test]
fn a_change_is_seen_before_it_is_made() {
    let dir = home(r#"{"entities":{"domains":{"light":{"read":true}}}}"#);
    let data = dir.0.to_str().unwrap();
    furnish(&dir);
    let after = write(&dir, "after.json", r#"{"entities":{"all":{"read":true},"except":{"domains":{"lock":true}}}}"#);
    let preview = done(&doorward(&["policy", "preview", "--data", data, "guests", &after]));
    assert_eq!(preview, "gus: gains read: sensor.hall\n");
    let shown = json_of(&["policy", "preview", "--data", data, "guests", &after]);
    let effects = json!([{"permission": "read", "gained": ["sensor.hall"], "lost": []}]);
    assert_eq!(shown, json!({"users": [{"user": "gus", "effects": effects}]}));
    // Nothing was changed by looking.
    assert_eq!(
        json_of(&["policy", "what-can", "--data", data, "--user", "gus"])["entities"]["read"],
        json!(["light.sink"])
    );
    refused(&doorward(&["policy", "preview", "--data", data, "system-users", &after]), "its policy is fixed");
    refused(&doorward(&["policy", "preview", "--data", data, "nobody", &after]), "there is no group `nobody`");

    let before = write(&dir, "before.json", r#"{"entities":{"domains":{"light":{"read":true}}}}"#);
    let diff = json_of(&["policy", "diff", &before, &after, "--data", data]);
    assert_eq!(diff["effects"], effects);
    assert!(
        done(&doorward(&["policy", "diff", &before, &after, "--data", data])).ends_with("gains read: sensor.hall\n")
    );

    done(&doorward(&["group", "set", "--data", data, "guests", "--policy", &after]));
    let explained = json_of(&["policy", "explain", "--data", data, "--user", "gus", "lock.front", "read"]);
    assert_eq!(explained["granted"], false);
    assert_eq!(explained["exceptions"][0]["except"], json!({"subcategory": "domains", "name": "lock"}));
    assert_eq!(
        explained["smallest_rule"],
        json!({"group": "guests", "rule": {"entity_ids": {"lock.front": {"read": true}}}})
    );
    let who = json_of(&["policy", "who-can", "--data", data, "sensor.hall", "read"]);
    let names: Vec<_> = who["users"].as_array().unwrap().iter().map(|user| user["user"].clone()).collect();
    assert!(names.contains(&json!("ann")) && names.contains(&json!("gus")), "{who}");
}

#[test]
fn what_is_odd_is_found_in_the_home_it_is_meant_for() {
    let dir = home("{}");
    let data = dir.0.to_str().unwrap();
    furnish(&dir);
    let policy = write(
        &dir,
        "p.json",
        r#"{"entities":{"entity_ids":{"light.snik":true},"domains":{"light":true},"except":{"domains":{"lock":true}}}}"#,
    );
    let found = done(&doorward(&["policy", "lint", &policy, "--data", data]));
    assert_eq!(
        found,
        "entities.entity_ids.light.snik: nothing in this home has this name; did you mean `light.sink`?\n\
         entities.except.domains.lock: takes nothing out of what this policy grants here\n"
    );
    assert_eq!(done(&doorward(&["policy", "lint", &policy])), "");
}

#[test]
fn what_was_done_makes_a_policy() {
    let dir = home("{}");
    let data = dir.0.to_str().unwrap();
    furnish(&dir);
    let uses = "light.sink read\nlight.sink control\n\nlock.front read\n";
    let smallest = with_input(&["policy", "smallest", "--data", data, "-"], uses);
    assert_eq!(
        done(&smallest),
        "{\"entities\":{\"entity_ids\":{\"light.sink\":{\"read\":true,\"control\":true},\"lock.front\":{\"read\":true}}}}\n"
    );
    refused(&with_input(&["policy", "smallest", "--data", data, "-"], "light.sink\n"), "line 1: `light.sink`");
    refused(&with_input(&["policy", "smallest", "--data", data, "-"], "light.sink fly\n"), "line 1: `fly`");
}

#[test]
fn what_somebody_does_for_a_while_makes_a_policy() {
    let dir = home(r#"{"entities":{"all":true}}"#);
    let data = dir.0.to_str().unwrap();
    furnish(&dir);
    let token = |user| done(&doorward(&["token", "create", "--data", data, "--user", user, "--name", "test"]));
    let (gus, ann) = (token("gus"), token("ann"));
    let arguments = ["policy", "record", "--data", data, "--user", "gus", "--listen", "127.0.0.1:0"];
    let mut server = Server::start(&arguments, &dir.0);
    let get = |token: &str, path: &str| server.request("GET", path).token(token.trim()).send();
    assert_eq!(get(&gus, "/api/states/light.sink").status, 200);
    // Somebody else's doings, refusals and lists are not counted.
    assert_eq!(get(&ann, "/api/states/lock.front").status, 200);
    assert_eq!(get(&gus, "/api/states").status, 200);
    let call = json!({"entity_id": "lock.front"});
    let called = server.request("POST", "/api/services/lock/lock").token(gus.trim()).json(&call).send();
    assert_eq!(called.status, 200, "{}", called.text());
    assert!(server.terminate(std::time::Duration::from_secs(10)).unwrap().success());
    assert_eq!(
        server.line_with("{\"entities\""),
        r#"{"entities":{"entity_ids":{"light.sink":{"read":true},"lock.front":{"control":true}}}}"#
    );
}

#[test]
fn a_group_whose_policy_cannot_be_read_grants_nothing_and_says_so() {
    let dir = home(r#"{"entities":{"domains":{"light":{"read":true}}}}"#);
    let data = dir.0.to_str().unwrap();
    let lights = write(&dir, "lights.json", r#"{"entities":{"domains":{"light":{"control":true}}}}"#);
    done(&doorward(&["group", "set", "--data", data, "lights", "--policy", &lights]));
    done(&doorward(&["user", "update", "--data", data, "gus", "--group", "guests", "--group", "lights"]));
    spoil(&dir.0.join("home.db"));
    let list = doorward(&["group", "list", "--data", data]);
    assert!(
        done(&list).contains("guests\tguests\tgrants nothing: entities: `false` cannot be granted"),
        "{}",
        done(&list)
    );
    assert!(String::from_utf8_lossy(&list.stderr).contains("policy cannot be read"));
    // Gus's other group is as it was.
    let ask = |permission| doorward(&["policy", "check", "--data", data, "--user", "gus", "light.sink", permission]);
    assert_eq!(ask("read").status.code(), Some(1));
    assert_eq!(done(&ask("control")), "granted\n");
}

#[test]
fn shells_complete_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = done(&doorward(&["completions", shell]));
        assert!(script.contains("who-can") && script.contains("preview"), "{shell}");
    }
}

/// Puts a light, a lock and a sensor into the home, as an import does.
pub(crate) fn furnish(dir: &Temporary) {
    let connection = rusqlite::Connection::open(dir.0.join("home.db")).unwrap();
    for (n, entity_id) in ["light.sink", "lock.front", "sensor.hall"].into_iter().enumerate() {
        let id = format!("{n:032x}");
        let entry = registries::EntityEntry::new(
            entity_id.parse().unwrap(),
            "test",
            entity_id,
            &id,
            auth_core::Timestamp::default(),
        );
        let body = serde_json::to_string(&entry).unwrap();
        connection.execute("INSERT INTO entities (id, body) VALUES (?1, ?2)", (id, body)).unwrap();
    }
}

/// Writes a policy into the store that no road leads there.
fn spoil(file: &Path) {
    let connection = rusqlite::Connection::open(file).unwrap();
    let read = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    let body: String = connection.query_row("SELECT body FROM groups WHERE id = 'guests'", [], read).unwrap();
    let mut group: Value = serde_json::from_str(&body).unwrap();
    group["policy"] = json!({"entities": false});
    connection.execute("UPDATE groups SET body = ?1 WHERE id = 'guests'", [group.to_string()]).unwrap();
}
