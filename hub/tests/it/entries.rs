//! Config entries from the command line, and those of integrations that are not here.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{Server, Temporary, server::doorward, testdata};

/// Runs the binary against a running hub.
fn entry(server: &Server, token: &str, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command.arg("entry").args(arguments).args(["--url", &format!("http://{}", server.address)]);
    let output = command.env("DOORWARD_TOKEN", token).stdin(Stdio::null()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

fn add_bridge(server: &Server, host: &str) -> String {
    let flow = "/api/config/config_entries/flow";
    let start = server.send_as("admin", "POST", flow, Some(&json!({"handler": "demo_bridge"}))).json();
    let path = format!("{flow}/{}", start["flow_id"].as_str().unwrap());
    let made = server.send_as("admin", "POST", &path, Some(&json!({"host": host, "password": "right"}))).json();
    made["result"]["entry_id"].as_str().unwrap().to_owned()
}

#[test]
fn entries_of_a_running_hub() {
    let server = Server::demo();
    let id = add_bridge(&server, "cli");
    let admin = server.token("admin");
    let (_, list) = entry(&server, &admin, &["list"]);
    assert_eq!(list.trim(), format!("{id}\tdemo_bridge\tHub cli\tloaded"));
    assert_eq!(entry(&server, &admin, &["reload", &id]), (true, String::new()));
    assert_eq!(entry(&server, &admin, &["reauth", &id]), (true, String::new()));
    let mut owner = server.ws_as("owner");
    let flows = owner.result("config_entries/flow/progress", json!({}));
    assert_eq!(flows[0]["context"]["entry_id"], id.as_str(), "{flows}");

    for action in ["reload", "reauth", "remove"] {
        let (done, said) = entry(&server, &server.token("kitchen"), &[action, &id]);
        assert!(!done && said.contains("refuses: is the token one of an administrator?"), "{said}");
        let (done, said) = entry(&server, &admin, &[action, "nope"]);
        assert!(!done && said.contains("answers 404: Invalid entry specified"), "{action}: {said}");
        let (done, said) = entry(&server, &admin, &[action, "../auth"]);
        assert!(!done && said.contains("is no entry id"), "{said}");
    }
    assert_eq!(entry(&server, &server.token("kitchen"), &["list"]), (true, String::new()), "others see none");
    assert_eq!(entry(&server, &admin, &["remove", &id]), (true, String::new()));
    assert_eq!(entry(&server, &admin, &["list"]), (true, String::new()));
    assert_eq!(owner.result("config_entries/flow/progress", json!({})), json!([]));
}

#[test]
fn a_stream_of_everything_has_no_news_that_is_for_adapters() {
    let server = Server::demo();
    let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let token = server.token("owner");
    let request = format!("GET /api/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut heard = String::new();
    let mut until = |what: &str| {
        let mut bytes = [0; 4_096];
        while !heard.contains(what) {
            let n = stream.read(&mut bytes).unwrap();
            assert!(n > 0, "it ended");
            heard.push_str(&String::from_utf8_lossy(&bytes[..n]));
        }
        heard.clone()
    };
    until("ping");
    add_bridge(&server, "news");
    assert_eq!(server.send_as("owner", "POST", "/api/events/all_is_said", None).status, 200);
    let heard = until("all_is_said");
    assert!(heard.contains("entity_registry_updated") && !heard.contains("doorward_"), "{heard}");
}

#[test]
fn entries_of_integrations_that_are_not_here_survive_and_go_back_out() {
    let dir = Temporary::new();
    let (data, out) = (dir.0.join("data"), dir.0.join("out"));
    let (data_arg, out_arg) = (data.to_str().unwrap(), out.to_str().unwrap());
    let config = testdata("ha-config");
    assert!(doorward(&["import-ha", config.to_str().unwrap(), "--data", data_arg]).status.success());
    {
        let server = Server::serve(&data, &[]);
        let busy = doorward(&["export-ha", out_arg, "--data", data_arg]);
        assert!(!busy.status.success(), "the hub is running");
        drop(server);
    }
    let read = |path: &std::path::Path| -> Value {
        serde_json::from_str(&std::fs::read_to_string(path.join(".storage/core.config_entries")).unwrap()).unwrap()
    };
    let said = doorward(&["export-ha", out_arg, "--data", data_arg]);
    assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), "exported 9 config entries");
    assert_eq!(read(&out), read(&config), "unchanged, after a run of the hub");
    assert!(!doorward(&["export-ha", out_arg, "--data", data_arg]).status.success(), "nothing is written over");

    let listed = doorward(&["entry", "list", "--data", data_arg]).stdout;
    let listed = String::from_utf8(listed).unwrap();
    assert_eq!(listed.lines().count(), 9);
    let first = listed.lines().next().unwrap().split('\t').next().unwrap();
    assert!(doorward(&["entry", "remove", first, "--data", data_arg]).status.success());
    let listed = String::from_utf8(doorward(&["entry", "list", "--data", data_arg]).stdout).unwrap();
    assert!(listed.lines().count() == 8 && !listed.contains(first), "{listed}");
    let wrong = doorward(&["entry", "reload", first, "--data", data_arg]);
    assert_eq!(wrong.status.code(), Some(2), "reloading is for a running hub");
}

/// What an integration provides follows what people say of it.
#[test]
fn entities_follow_the_registry_and_their_entry() {
    let server = Server::demo();
    let id = add_bridge(&server, "follow");
    let mut owner = server.ws_as("owner");
    let state = |owner: &mut crate::support::Ws, entity_id: &str| -> Option<(String, String)> {
        let states = owner.result("get_states", json!({}));
        let state = states.as_array().unwrap().iter().find(|state| state["entity_id"] == entity_id)?;
        let name = state["attributes"]["friendly_name"].as_str().unwrap_or_default();
        Some((state["state"].as_str().unwrap().to_owned(), name.to_owned()))
    };
    let lamp = "switch.bridge_follow_lamp";
    assert_eq!(state(&mut owner, lamp), Some(("off".into(), "Bridge follow Lamp".into())));
    let on =
        |entity_id: &str| json!({"domain": "switch", "service": "turn_on", "service_data": {"entity_id": entity_id}});
    owner.result("call_service", on(lamp));
    assert_eq!(state(&mut owner, lamp).unwrap().0, "on");

    owner.result(
        "config/entity_registry/update",
        json!({"entity_id": lamp, "new_entity_id": "switch.renamed", "name": "Sun"}),
    );
    assert_eq!(state(&mut owner, lamp), None);
    assert_eq!(state(&mut owner, "switch.renamed"), Some(("on".into(), "Bridge follow Sun".into())));
    owner.result("call_service", on("switch.renamed"));

    // Unloaded it is unavailable; back again it is what it was called.
    owner.result("config_entries/disable", json!({"entry_id": id, "disabled_by": "user"}));
    assert_eq!(state(&mut owner, "switch.renamed"), None, "disabled with its entry");
    owner.result("config_entries/disable", json!({"entry_id": id, "disabled_by": null}));
    assert_eq!(state(&mut owner, "switch.renamed").unwrap().1, "Bridge follow Sun");

    owner.result("config/entity_registry/update", json!({"entity_id": "switch.renamed", "disabled_by": "user"}));
    assert_eq!(state(&mut owner, "switch.renamed"), None);
    owner.result("config/entity_registry/update", json!({"entity_id": "switch.renamed", "disabled_by": null}));
    assert_eq!(state(&mut owner, "switch.renamed").unwrap().0, "unavailable", "until its entry is reloaded");
    let reload = format!("/api/config/config_entries/entry/{id}/reload");
    assert_eq!(server.send_as("owner", "POST", &reload, None).status, 200);
    assert_eq!(state(&mut owner, "switch.renamed").unwrap().0, "off");

    let entry = format!("/api/config/config_entries/entry/{id}");
    assert_eq!(server.send_as("owner", "DELETE", &entry, None).json(), json!({"require_restart": false}));
    assert_eq!(state(&mut owner, "switch.renamed"), None);
    let left = owner.result("config/entity_registry/list", json!({})).to_string()
        + &owner.result("config/device_registry/list", json!({})).to_string();
    assert!(!left.contains("demo_bridge"), "its entities and devices are gone");
}

/// A user with a room sees what is provided there, and nothing of the entry.
#[test]
fn what_is_provided_obeys_policies() {
    let server = Server::demo();
    add_bridge(&server, "kitchenette");
    let (mut owner, mut areas) = (server.ws_as("owner"), server.ws_as("areas"));
    let lamp = "switch.bridge_kitchenette_lamp";
    let call = json!({"domain": "switch", "service": "turn_on", "service_data": {"entity_id": lamp}});
    assert_eq!(areas.call("call_service", call.clone())["error"]["message"], "Unauthorized");
    assert!(!areas.result("get_states", json!({})).to_string().contains("kitchenette"));
    let devices = owner.result("config/device_registry/list", json!({}));
    let bridge = devices.as_array().unwrap().iter().find(|d| d["name"] == "Bridge kitchenette").unwrap();
    owner.result("config/device_registry/update", json!({"device_id": bridge["id"], "area_id": "kitchen"}));
    areas.result("call_service", call);
    assert!(areas.result("get_states", json!({})).to_string().contains(lamp));
    assert_eq!(areas.result("config_entries/get", json!({})), json!([]));
}
