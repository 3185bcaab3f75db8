//! The audit trail as an administrator meets it: over REST, WebSocket and the command line, live, checked, tampered with.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    cli::{done, home, refused},
    import::log_in,
    support::{Server, Ws, server::doorward},
};

/// Runs a command against a running hub.
fn at_hub(server: &Server, token: &str, arguments: &[&str]) -> std::process::Output {
    let url = format!("http://{}", server.address);
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command.args(arguments).args(["--url", &url]).env("DOORWARD_TOKEN", token).output().unwrap()
}

fn brief(record: &Value) -> String {
    let text = |name: &str| record[name].as_str().unwrap_or("-").to_owned();
    format!("{} {}", text("action"), text("outcome"))
}

#[test]
fn everything_that_matters_is_in_the_trail() {
    let server = Server::demo();
    let mut admin = server.ws_as("admin");
    let mut tail = server.ws_as("admin");
    let live = tail.command("doorward/audit/subscribe", json!({}));
    tail.answer(live);
    assert!(log_in(&server, "kitchen", "a wrong one").is_err());
    log_in(&server, "kitchen", "kitchen-pass").unwrap();
    let mut kitchen = server.ws_as("kitchen");
    kitchen.refused("config/auth/list", json!({}));
    for _ in 0..2 {
        let locks = json!({"domain": "light", "service": "turn_on", "service_data": {"entity_id": "light.bed_light"}});
        kitchen.call("call_service", locks);
    }
    server.send_as("kitchen", "DELETE", "/api/states/light.bed_light", None);
    let wish = json!({"group_id": "guests", "policy": {"entities": {"domains": {"light": true}}}});
    admin.result("doorward/groups/set", wish);

    // Live: what was gathered comes when it is written, what was done at once.
    let seen = std::cell::RefCell::new(Vec::new());
    tail.event(live, |record| {
        seen.borrow_mut().push(brief(record));
        brief(record) == "DELETE /api/states/{entity_id} denied"
    });
    for wanted in ["set_group done", "create_session done", "login failed", "call_service denied"] {
        assert!(seen.borrow().iter().any(|record| record == wanted), "{wanted} in {seen:?}");
    }

    let list = admin.result("doorward/audit/list", json!({"limit": 1000}));
    let records = list["records"].as_array().unwrap();
    let find = |what: &str| records.iter().find(|record| brief(record) == what).unwrap_or_else(|| panic!("{what}"));
    let failed = find("login failed");
    assert_eq!((&failed["by"], &failed["from"]), (&json!("nobody"), &json!("127.0.0.1")));
    assert_eq!(failed["reason"], "wrong password or unknown user name");
    let names: Vec<_> = failed["names"].as_object().unwrap().values().collect();
    assert_eq!(names, ["Kitchen"], "whose name was tried, where somebody has it");
    find("login done");
    assert_eq!(find("create_session done")["by"]["user"]["id"], failed["on"]);
    assert_eq!(find("config/auth/list denied")["reason"], "needs an administrator");
    // What anybody can cause at will is apart from everything else.
    for (trail, is_refused) in [("refused", true), ("access", false), ("acts", false)] {
        let list = admin.result("doorward/audit/list", json!({"trail": trail, "limit": 1000}));
        let records = list["records"].as_array().unwrap();
        assert!(!records.is_empty(), "{trail}");
        for record in records {
            assert_eq!(record["outcome"] != "done", is_refused, "{trail}: {record}");
        }
    }
    let call = find("call_service denied");
    assert_eq!((&call["on"], &call["detail"]["service"]), (&json!("light.bed_light"), &json!("light.turn_on")));
    assert!(call["reason"].as_str().unwrap().contains("no rule gives control"), "{call}");
    assert_eq!(find("set_group done")["detail"]["policy"], json!({"entities": {"domains": {"light": true}}}));

    // The same over REST, filtered; and nobody else may look.
    let rest = server.send_as("admin", "GET", "/api/doorward/audit?outcome=denied&on=light&limit=1", None).json();
    assert_eq!(rest["records"].as_array().unwrap().len(), 1);
    assert_eq!(brief(&rest["records"][0]), "call_service denied");
    for bad in ["limit=x", "outcome=maybe", "since=yesterday", "nonsense=1", "limit=1&limit=2"] {
        let answer = server.send_as("admin", "GET", &format!("/api/doorward/audit?{bad}"), None);
        assert_eq!(answer.status, 400, "{bad}: {}", answer.text());
    }
    assert_eq!(kitchen.refused("doorward/audit/subscribe", json!({})), "unauthorized");
    // Nobody but the hub says what was recorded.
    let fired =
        server.send_as("admin", "POST", "/api/events/doorward_audit_recorded", Some(&json!({"action": "forged"})));
    assert_ne!(fired.status, 200, "{}", fired.text());
}

#[test]
fn a_changed_record_is_found() {
    let dir = home("{}");
    let data = dir.0.to_str().unwrap();
    let list = done(&doorward(&["audit", "list", "--data", data]));
    assert!(list.contains("\tcommand line\tdone\tset_group\tguests\t"), "{list}");
    assert!(list.lines().count() == 3, "{list}");
    let ends = done(&doorward(&["audit", "verify", "--data", data]));
    let acts = ends.lines().find(|line| line.starts_with("acts:")).unwrap();
    let (place, n) = acts.split_once('\t').unwrap();
    assert_eq!(n, "3 records");
    done(&doorward(&["group", "set", "--data", data, "others"]));
    done(&doorward(&["audit", "verify", "--data", data, "--noted", place]));
    refused(&doorward(&["audit", "verify", "--data", data, "--noted", "acts:2"]), "`acts:2` is no place in a trail");
    let forged = format!("{}0", &place[..place.len() - 1]);
    let forged = if forged == place { format!("{}1", &place[..place.len() - 1]) } else { forged };
    refused(&doorward(&["audit", "verify", "--data", data, "--noted", &forged]), "is not in the trail");

    let file = rusqlite::Connection::open(dir.0.join("home.db")).unwrap();
    file.execute("UPDATE audit SET body = replace(body, 'guests', 'nobody') WHERE trail = 1", []).unwrap();
    drop(file);
    refused(&doorward(&["audit", "verify", "--data", data]), "acts: number 2 has been changed");
    let file = rusqlite::Connection::open(dir.0.join("home.db")).unwrap();
    file.execute("DELETE FROM audit WHERE number = 2", []).unwrap();
    drop(file);
    refused(&doorward(&["audit", "verify", "--data", data]), "acts: number 3 stands where 2 should be");
    let list = done(&doorward(&["audit", "list", "--data", data, "--format", "json"]));
    assert_eq!(list.lines().count(), 3, "what is left can still be read: {list}");
}

#[test]
fn the_command_line_works_on_a_running_hub() {
    let dir = home("{}");
    let data = dir.0.to_str().unwrap();
    let token = done(&doorward(&["token", "create", "--data", data, "--user", "ann", "--name", "cli"]));
    let token = token.trim();
    let server = Server::serve(&dir.0, &[]);
    let run = |arguments: &[&str]| at_hub(&server, token, arguments);
    let users = done(&run(&["user", "list"]));
    assert!(users.contains("\tann\tAnn\tsystem-admin\towner\n"), "{users}");
    let service = done(&run(&["user", "create-service", "backup script", "--group", "guests"]));
    let made = done(&run(&["token", "create", "--user", "backup script", "--name", "nightly"]));
    // What it may do: what its groups allow, which is nothing.
    let mut program = Ws::open(&server.address, made.trim());
    assert_eq!(program.result("get_states", json!({})), json!([]));
    let policy = dir.0.join("lights.json");
    std::fs::write(&policy, r#"{"entities":{"domains":{"light":{"read":true}}}}"#).unwrap();
    done(&run(&["group", "set", "guests", "--policy", policy.to_str().unwrap()]));
    let groups = done(&run(&["group", "list"]));
    assert!(groups.contains(r#"guests	guests	{"entities":{"domains":{"light":{"read":true}}}}"#), "{groups}");
    done(&run(&["user", "member", "backup script", "guests", "--until", "2020-01-01T00:00Z"]));
    refused(&run(&["user", "member", "gus", "guests", "--until", "soon"]), "`soon` is no moment");
    refused(&run(&["user", "remove", "nobody"]), "there is no user `nobody`");
    refused(&run(&["group", "remove", "guests"]), "it has members");
    refused(&at_hub(&server, "x.y.z", &["user", "list"]), "is the token one of an administrator?");
    let audit = done(&run(&["audit", "list", "--action", "set_member"]));
    assert!(audit.contains("\tAnn\tdone\tset_member\tbackup script\tfrom 127.0.0.1\t"), "{audit}");
    assert!(done(&run(&["audit", "verify"])).contains("acts:"));
    assert!(done(&run(&["audit", "settings", "--control", "true"])).contains("control\ttrue"));
    let tokens = done(&run(&["token", "list"]));
    let line = tokens.lines().find(|line| line.contains("nightly")).unwrap();
    assert!(line.contains("\tbackup script\t"), "{line}");
    done(&run(&["token", "revoke", line.split('\t').next().unwrap()]));
    assert!(program.until_closed().is_some());
    drop(service);
}
