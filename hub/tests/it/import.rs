//! A real Home Assistant's users, tokens and policies, in our hub.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Server, Temporary, Ws, server::doorward, testdata};

pub(crate) fn read(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(testdata(name)).unwrap()).unwrap()
}

pub(crate) fn imported() -> Temporary {
    let dir = Temporary::new();
    let config = testdata("ha-config");
    let output = doorward(&["import-ha", config.to_str().unwrap(), "--data", dir.0.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.starts_with("imported 3 areas, 9 config entries, 1 core configuration, 75 devices"), "{report}");
    dir
}

fn ids(states: &Value) -> BTreeSet<String> {
    states.as_array().unwrap().iter().map(|state| state["entity_id"].as_str().unwrap().to_owned()).collect()
}

/// Logs in with a password, as a browser does, and returns an access token.
pub(crate) fn log_in(server: &Server, username: &str, password: &str) -> Result<String, Value> {
    let client_id = format!("http://{}/", server.address);
    let start = json!({"client_id": client_id, "handler": ["homeassistant", null], "redirect_uri": client_id});
    let flow = server.request("POST", "/auth/login_flow").json(&start).send().json();
    let path = format!("/auth/login_flow/{}", flow["flow_id"].as_str().unwrap());
    let step = json!({"client_id": client_id, "username": username, "password": password});
    let done = server.request("POST", &path).json(&step).send().json();
    let Some(code) = done["result"].as_str() else { return Err(done) };
    let form = format!("grant_type=authorization_code&code={code}&client_id={client_id}");
    let tokens = server.request("POST", "/auth/token").form(&form).send().json();
    tokens["access_token"].as_str().map(str::to_owned).ok_or(tokens)
}

#[test]
fn everybody_comes_in_as_before_and_sees_what_they_saw() {
    let dir = imported();
    let server = Server::serve(&dir.0, &["--area-rule", "device"]);
    let (logins, visible) = (read("logins.json"), read("visible.json"));
    let all = server.request("GET", "/api/states").token(logins["owner"]["token"].as_str().unwrap()).send().json();
    let ours = ids(&all);
    // What the registry held and is enabled: nothing provides it, so it is unavailable.
    assert_eq!(ours.len(), 135);
    for state in all.as_array().unwrap() {
        assert_eq!((&state["state"], &state["attributes"]["restored"]), (&json!("unavailable"), &json!(true)));
    }
    for (name, login) in logins.as_object().unwrap() {
        let saw: BTreeSet<_> =
            visible[name].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        let expected: BTreeSet<_> = saw.intersection(&ours).cloned().collect();
        let issued = login["token"].as_str().unwrap().to_owned();
        let fresh = log_in(&server, name, login["password"].as_str().unwrap()).unwrap();
        for token in [issued, fresh] {
            let rest = server.request("GET", "/api/states").token(&token).send();
            assert_eq!(ids(&rest.json()), expected, "{name} over REST");
            let mut ws = Ws::open(&server.address, &token);
            assert_eq!(ids(&ws.result("get_states", json!({}))), expected, "{name}: get_states");
            let id = ws.command("subscribe_entities", json!({}));
            let first = ws.event(id, |event| event.get("a").is_some());
            let first: BTreeSet<_> = first["a"].as_object().unwrap().keys().cloned().collect();
            assert_eq!(first, expected, "{name}: subscribe_entities");
        }
        assert!(log_in(&server, name, "wrong").is_err());
    }
}

#[test]
fn an_imported_password_is_upgraded_and_goes_on_working() {
    let dir = imported();
    for _ in 0..2 {
        let server = Server::serve(&dir.0, &[]);
        log_in(&server, "kitchen", "kitchen-pass").unwrap();
        log_in(&server, "KITCHEN ", "kitchen-pass").unwrap();
    }
    let kept: Vec<u8> =
        ["home.db", "home.db-wal"].iter().flat_map(|f| std::fs::read(dir.0.join(f)).unwrap_or_default()).collect();
    assert!(kept.windows(10).any(|bytes| bytes == b"$argon2id$"), "the hash is still the imported one");
}

#[test]
fn importing_is_for_empty_homes_and_whole() {
    let dir = imported();
    let config = testdata("ha-config");
    let again = doorward(&["import-ha", config.to_str().unwrap(), "--data", dir.0.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8(again.stderr).unwrap().contains("there is a home already"));
    let missing = doorward(&["import-ha", "/nonexistent", "--data", dir.0.to_str().unwrap()]);
    assert_eq!(missing.status.code(), Some(1));
    assert_eq!(doorward(&["import-ha"]).status.code(), Some(2));
}
