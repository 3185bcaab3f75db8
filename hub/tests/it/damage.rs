//! A disk that takes no more, and a database that is damaged: what is said, what goes on, and that nothing is lost.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    cli::{done, home, refused},
    second_factor::Login,
    support::{Server, Ws, server::doorward},
};

/// Sets how large the files may be that a running process writes.
fn limit(server: &Server, bytes: &str) {
    let set = Command::new("prlimit").args(["--pid", &server.id().to_string(), &format!("--fsize={bytes}")]).status();
    assert!(set.is_ok_and(|status| status.success()), "prlimit (util-linux)");
}

#[test]
fn while_nothing_can_be_written_reading_goes_on_and_nothing_is_half_done() {
    let dir = home("{}");
    let data = dir.0.to_str().unwrap();
    let token = done(&doorward(&["token", "create", "--data", data, "--user", "ann", "--name", "x"]));
    let token = token.trim();
    // Else the kernel ends a process that writes more than it may.
    let by = ["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"];
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", data];
    let mut server = Server::try_start_by(&by, &arguments, &dir.0).unwrap();
    let health = |server: &Server| server.request("GET", "/api/doorward/health").send().status;
    let mut ann = Ws::open(&server.address, token);
    ann.result("doorward/groups/set", json!({"group_id": "before"}));
    assert_eq!(health(&server), 200);

    limit(&server, "1:unlimited");
    for n in 0..20 {
        assert_eq!(ann.refused("doorward/groups/set", json!({"group_id": format!("full-{n}")})), "unknown_error");
    }
    assert_eq!(health(&server), 503);
    // Whoever is logged in goes on; nobody is let in of whom no record could be kept.
    assert_eq!(server.request("GET", "/api/states").token(token).send().status, 200);
    ann.result("get_states", json!({}));
    let login = Login::begin(&server);
    let done_with = login.step(json!({"username": "ann", "password": "secret"})).1;
    assert_eq!(login.token_status(&done_with), 500);
    let groups = |ann: &mut Ws| ann.result("doorward/groups/list", json!({})).to_string();
    assert!(groups(&mut ann).contains("before") && !groups(&mut ann).contains("full-"));

    limit(&server, "unlimited:unlimited");
    ann.result("doorward/groups/set", json!({"group_id": "after"}));
    assert_eq!(health(&server), 200);
    assert!(crate::import::log_in(&server, "ann", "secret").is_ok());
    _ = server.terminate(Duration::from_secs(10));
    let listed = done(&doorward(&["group", "list", "--data", data]));
    assert!(listed.contains("before") && listed.contains("after") && !listed.contains("full-"), "{listed}");
    assert!(done(&doorward(&["audit", "verify", "--data", data])).contains("acts:"));
}

#[test]
fn a_damaged_database_is_not_opened_and_not_touched() {
    let dir = home("{}");
    let (data, file) = (dir.0.to_str().unwrap().to_owned(), dir.0.join("home.db"));
    let copy = dir.0.join("copy.db");
    done(&doorward(&["backup", copy.to_str().unwrap(), "--data", &data]));
    let whole = std::fs::read(&file).unwrap();
    let mut torn = whole.clone();
    torn[4096..].fill(0x5a);
    for bytes in [b"rubbish".repeat(5_000), torn, whole[..whole.len() / 2].to_vec()] {
        std::fs::write(&file, &bytes).unwrap();
        _ = std::fs::remove_file(dir.0.join("home.db-wal"));
        let begun = Instant::now();
        let serve = doorward(&["serve", "--listen", "127.0.0.1:0", "--data", &data]);
        refused(&serve, "`doorward restore` puts a copy in its place");
        refused(&doorward(&["user", "list", "--data", &data]), "`doorward restore`");
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert!(std::fs::read(&file).unwrap() == bytes, "it was written to");
    }
    done(&doorward(&["restore", copy.to_str().unwrap(), "--data", &data, "--replace"]));
    assert!(done(&doorward(&["user", "list", "--data", &data])).contains("ann"));
}
