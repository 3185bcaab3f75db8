//! The command line, as an administrator at the machine uses it.

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::json;

use crate::{
    import::log_in,
    support::{Server, Temporary, Ws, server::doorward},
};

pub(crate) fn with_input(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    process.wait_with_output().unwrap()
}

#[track_caller]
pub(crate) fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Exit status 1, and one line that says what was wrong.
#[track_caller]
pub(crate) fn refused(output: &Output, expected: &str) {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!((output.status.code(), text.lines().count()), (Some(1), 1), "{text}");
    assert!(text.contains(expected), "{expected:?} in {text}");
}

/// A home with an owner `ann` and a user `gus` in the group `guests`.
pub(crate) fn home(policy: &str) -> Temporary {
    let dir = Temporary::new();
    let data = dir.0.to_str().unwrap();
    let file = dir.0.join("guests.json");
    std::fs::write(&file, policy).unwrap();
    done(&with_input(
        &["user", "create", "--data", data, "ann", "--name", "Ann", "--group", "system-admin"],
        "secret\n",
    ));
    done(&doorward(&["group", "set", "--data", data, "guests", "--policy", file.to_str().unwrap()]));
    done(&with_input(&["user", "create", "--data", data, "gus", "--group", "guests"], "guest\n"));
    dir
}

fn data(dir: &Temporary) -> &str {
    dir.0.to_str().unwrap()
}

#[test]
fn accounts_made_at_the_machine_work() {
    let dir = home(r#"{"entities":{"domains":{"light":true}}}"#);
    let list = done(&doorward(&["user", "list", "--data", data(&dir)]));
    assert!(list.contains("\tann\tAnn\tsystem-admin\towner\n") && list.contains("\tgus\tgus\tguests\t\n"), "{list}");
    let token = done(&doorward(&["token", "create", "--data", data(&dir), "--user", "gus", "--name", "phone"]));
    let again = doorward(&["token", "create", "--data", data(&dir), "--user", "gus", "--name", "phone"]);
    refused(&again, "phone already exists");
    {
        let server = Server::serve(&dir.0, &[]);
        assert_eq!(Ws::open(&server.address, token.trim()).result("auth/current_user", json!({}))["name"], "gus");
        log_in(&server, "gus", "guest").unwrap();
        // Two on the same data would each overwrite the other.
        refused(&doorward(&["user", "list", "--data", data(&dir)]), "is a hub running on this directory?");
    }
    done(&with_input(&["user", "password", "--data", data(&dir), "gus"], "other\n"));
    let tokens = done(&doorward(&["token", "list", "--data", data(&dir)]));
    let line = tokens.lines().find(|line| line.contains("phone")).unwrap().to_owned();
    assert!(!tokens.contains(token.trim()));
    done(&doorward(&["token", "revoke", "--data", data(&dir), line.split('\t').next().unwrap()]));
    done(&doorward(&["user", "update", "--data", data(&dir), "gus", "--active", "false"]));
    let server = Server::serve(&dir.0, &[]);
    assert_eq!(server.request("GET", "/api/").token(token.trim()).send().status, 401);
    assert!(log_in(&server, "gus", "guest").is_err() && log_in(&server, "gus", "other").is_err());
    log_in(&server, "ann", "secret").unwrap();
}

#[test]
fn what_cannot_be_is_refused_in_one_line() {
    let dir = home("{}");
    let d = data(&dir);
    refused(&with_input(&["user", "create", "--data", d, "gus"], "x\n"), "Username \"gus\" already exists");
    refused(&with_input(&["user", "create", "--data", d, "Gus"], "x\n"), "Username \"Gus\" is not normalized");
    refused(&with_input(&["user", "create", "--data", d, "eve"], ""), "the password is the first line");
    refused(&with_input(&["user", "create", "--data", d, "eve", "--group", "none"], "x\n"), "unknown group `none`");
    refused(&doorward(&["user", "remove", "--data", d, "ann"]), "Unable to delete the owner");
    refused(&doorward(&["user", "update", "--data", d, "ann", "--active", "false"]), "Unable to deactivate owner");
    refused(&doorward(&["user", "remove", "--data", d, "nobody"]), "there is no user `nobody`");
    refused(&doorward(&["group", "remove", "--data", d, "guests"]), "it has members");
    refused(&doorward(&["group", "remove", "--data", d, "system-users"]), "it is fixed");
    refused(&doorward(&["serve", "--data", "/proc/nonexistent"]), "making /proc/nonexistent");
    // Nothing of a refused user is left.
    let list = done(&doorward(&["user", "list", "--data", d]));
    assert_eq!(list.lines().count(), 2, "{list}");
    for wrong in [&["serve"][..], &["nonsense"], &["policy"], &["demo", "--listen", "nowhere"]] {
        assert_eq!(doorward(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn policies_are_checked_merged_and_explained() {
    let dir = home(r#"{"entities":{"domains":{"light":{"read":true}}}}"#);
    let write = |name: &str, text: &str| {
        let path = dir.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let bad = write("bad.json", r#"{"entities":{"domains":false,"rooms":{}}}"#);
    let light = write("light.json", r#"{"entities":{"domains":{"light":true}}}"#);
    let lock = write("lock.json", r#"{"entities":{"entity_ids":{"lock.door":{"read":true}}}}"#);
    assert_eq!(done(&doorward(&["policy", "validate", &light])), "valid\n");
    refused(&doorward(&["policy", "validate", &bad]), "entities.domains: `false` cannot be granted");
    refused(&doorward(&["policy", "validate", &bad]), "; entities.rooms: no such name here");
    let merged = done(&doorward(&["policy", "merge", &light, &lock]));
    assert_eq!(
        merged,
        "{\"entities\":{\"entity_ids\":{\"lock.door\":{\"read\":true}},\"domains\":{\"light\":true}}}\n"
    );
    assert_eq!(done(&doorward(&["policy", "diff", &light, &light])), "");
    let diff = done(&doorward(&["policy", "diff", &light, &lock]));
    assert!(diff.starts_with("- entities.domains: {\"light\":true}\n"), "{diff}");
    assert_eq!(done(&doorward(&["policy", "check", "--policy", &light, "light.a", "control"])), "granted\n");
    refused(&doorward(&["policy", "check", "--policy", &lock, "lock.door", "control"]), "denied");
    refused(&doorward(&["policy", "check", "--policy", &lock, "lock.door", "open"]), "a permission is one of");

    let d = data(&dir);
    let ask = |verb: &str, user: &str, permission: &str| {
        doorward(&["policy", verb, "--data", d, "--user", user, "light.a", permission])
    };
    assert_eq!(done(&ask("check", "gus", "read")), "granted\n");
    refused(&ask("check", "gus", "control"), "denied");
    assert_eq!(done(&ask("explain", "ann", "control")), "granted: the owner may do everything\n");
    assert_eq!(done(&ask("explain", "gus", "read")), "granted by group `guests`: domains.light gives {read}\n");
    let missing = "denied: no rule gives control on `light.a` (device: none, area: none) in guests; smallest rule that would: entity_ids.light.a: {control} in group `guests`\n";
    assert_eq!(done(&ask("explain", "gus", "control")), missing);
    let who = done(&doorward(&["policy", "who-can", "--data", d, "light.a", "control"]));
    assert_eq!(who, "ann: granted: the owner may do everything\n");
    assert!(done(&doorward(&["version"])).starts_with("doorward "));
    assert!(Path::new(d).join("home.db").exists());
}
