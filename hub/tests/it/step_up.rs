//! Step-up: a session that was left open is not enough for what could be turned against the home.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    rows,
    second_factor::{code, enrol, logged_in},
    support::Server,
};

/// What is refused to a token that has shown nothing, in a home that asks for it. What changes the second factor itself is
/// nothing for a program's token, whatever it shows.
const DANGEROUS: &[&str] = &[
    "auth/long_lived_access_token",
    "auth/refresh_token_set_expiry",
    "config/auth/create",
    "config/auth/delete",
    "config/auth/update",
    "config/auth_provider/homeassistant/admin_change_password",
    "config/auth_provider/homeassistant/admin_change_username",
    "config/auth_provider/homeassistant/create",
    "config/auth_provider/homeassistant/delete",
    "doorward/audit/set",
    "doorward/bans/add",
    "doorward/bans/remove",
    "doorward/groups/delete",
    "doorward/groups/remove_member",
    "doorward/groups/set",
    "doorward/groups/set_member",
    "doorward/identities/link",
    "doorward/identities/unlink",
    "doorward/logins/forgive",
    "doorward/service_accounts/create",
    "doorward/service_accounts/create_token",
    "doorward/step_up/set",
    "doorward/tokens/create",
    "doorward/users/create",
    "doorward/users/delete",
    "doorward/users/remove_second_factor",
    "doorward/users/set_password",
    "doorward/users/update",
];

/// What a request of somebody's own account would be refused for first, and is no less dangerous.
fn members(row: &rows::WsRow) -> Value {
    match row.command.name {
        "auth/long_lived_access_token" => json!({"client_name": "x", "lifespan": 1}),
        _ => row.members.clone(),
    }
}

#[test]
fn what_is_dangerous_needs_a_code_where_the_home_asks() {
    let server = Server::demo();
    // Whoever asks for it must be able to take it back.
    let mut owner = logged_in(&server, "owner");
    assert_eq!(owner.refused("doorward/step_up/set", json!({"required": true})), "not_found");
    let (secret, _) = enrol(&mut owner);
    let set = owner.result("doorward/step_up/set", json!({"required": true, "minutes": 5}));
    assert_eq!(set, json!({"required": true, "minutes": 5}));

    // A token of the owner's that has shown nothing: everything dangerous is refused, everything else is as it was.
    let mut token = server.ws_as("owner");
    let status = token.result("doorward/step_up/status", json!({}));
    let wanted = json!({"required": true, "minutes": 5, "has_second_factor": true, "shown_until": null});
    assert_eq!(status, wanted);
    let mut refused = BTreeSet::new();
    for row in rows::ws("light.kitchen_lights") {
        let answer = token.call(row.command.name, members(&row));
        if answer["error"]["code"] == "step_up_required" {
            refused.insert(row.command.name);
        }
    }
    assert_eq!(refused, DANGEROUS.iter().copied().collect());
    for row in rows::rest("light.kitchen_lights") {
        let name = management::OPERATIONS
            .iter()
            .find(|operation| (operation.method, operation.path) == (row.route.method, row.route.path))
            .map(|operation| operation.command);
        let is_backup = row.route.path == "/api/doorward/backup";
        if is_backup || name.is_some_and(|name| DANGEROUS.contains(&name)) {
            let answer = server.send_as("owner", row.route.method, &row.path, row.body.as_ref());
            assert_eq!((answer.status, &answer.json()["code"]), (403, &json!("step_up_required")), "{}", row.path);
        }
    }
    let group = json!({"group_id": "guests", "policy": {}});
    assert_eq!(token.refused("doorward/groups/set", group.clone()), "step_up_required");
    let groups = token.result("doorward/groups/list", json!({}));
    assert!(groups.as_array().unwrap().iter().all(|group| group["id"] != "guests"), "nothing was done");

    // Shown once, it counts for this token, over every way to ask.
    let shown = token.result("doorward/step_up/show", json!({"code": code(&secret, 1)}));
    assert!(shown["shown_until"].is_string(), "{shown}");
    token.result("doorward/groups/set", group);
    assert_eq!(server.send_as("owner", "GET", "/api/doorward/backup", None).status, 200);
    // Sessions that began with a login showed it there.
    owner.result("doorward/groups/set", json!({"group_id": "others", "policy": {}}));

    let list = owner.result("doorward/audit/list", json!({"action": "set_group", "outcome": "denied"}));
    assert_eq!(list["records"][0]["reason"], "step_up_required", "{list}");
    let list = owner.result("doorward/audit/list", json!({"action": "show_factor"}));
    assert_eq!(list["records"][0]["outcome"], "done", "{list}");
    assert!(!server.log().contains(&secret));
}

#[test]
fn whoever_has_no_factor_sets_one_up_or_logs_in_again() {
    let server = Server::demo();
    let mut owner = logged_in(&server, "owner");
    enrol(&mut owner);
    owner.result("doorward/step_up/set", json!({"required": true}));
    let mut admin = server.ws_as("admin");
    assert_eq!(admin.refused("doorward/groups/set", json!({"group_id": "x"})), "second_factor_required");
    // Whoever finds a token does not set up a factor of their own with it.
    assert_eq!(admin.refused("auth/setup_mfa", json!({"mfa_module_id": "totp"})), "not_allowed");
    let mut admin = logged_in(&server, "admin");
    assert_eq!(admin.refused("doorward/groups/set", json!({"group_id": "x"})), "second_factor_required");
    enrol(&mut admin);
    admin.result("doorward/groups/set", json!({"group_id": "x"}));

    let token = json!({"client_name": "x", "lifespan": 1});
    let mut kitchen = server.ws_as("kitchen");
    assert_eq!(kitchen.refused("auth/long_lived_access_token", token.clone()), "login_required");
    // What takes rights away, or shows the password itself, asks for nothing more.
    assert_eq!(kitchen.refused("auth/delete_refresh_token", json!({"refresh_token_id": "none"})), "invalid_token_id");
    logged_in(&server, "kitchen").result("auth/long_lived_access_token", token);
}

#[test]
fn administrators_ask_for_more_and_the_owner_alone_for_less() {
    let server = Server::demo();
    let (mut owner, mut admin) = (logged_in(&server, "owner"), logged_in(&server, "admin"));
    let (secret, _) = enrol(&mut admin);
    let mut kitchen = logged_in(&server, "kitchen");
    assert_eq!(kitchen.refused("doorward/step_up/set", json!({"required": true})), "unauthorized");
    let mut set = |minutes: u32| admin.call("doorward/step_up/set", json!({"required": true, "minutes": minutes}));
    assert_eq!(set(10)["success"], true);
    assert_eq!(set(5)["result"]["minutes"], 5);
    assert_eq!(set(6)["error"]["code"], "unauthorized");
    assert_eq!(set(0)["result"]["minutes"], 1);
    let off = json!({"required": false});
    assert_eq!(admin.refused("doorward/step_up/set", off.clone()), "unauthorized");
    assert_eq!(admin.refused("doorward/step_up/set", json!({"required": false, "minutes": 1})), "invalid_format");
    // Else whoever finds a token of an owner without a second factor would open everything with it.
    assert_eq!(server.ws_as("owner").refused("doorward/step_up/set", off.clone()), "second_factor_required");
    assert_eq!(owner.refused("doorward/step_up/set", off.clone()), "second_factor_required");
    enrol(&mut owner);
    assert_eq!(owner.result("doorward/step_up/set", json!({"required": true, "minutes": 99}))["minutes"], 60);
    assert_eq!(owner.result("doorward/step_up/set", off)["required"], false);

    // A code is good once, whatever it is for; and it cannot be guessed.
    let mut token = server.ws_as("admin");
    let right = json!({"code": code(&secret, 1)});
    token.result("doorward/step_up/show", right.clone());
    assert_eq!(token.refused("doorward/step_up/show", right), "invalid_code");
    let guess = |token: &mut crate::support::Ws| token.refused("doorward/step_up/show", json!({"code": "000000"}));
    let seen: Vec<_> = (0..6).map(|_| guess(&mut token)).collect();
    assert_eq!(seen[..4], ["invalid_code"; 4]);
    assert_eq!(seen[5], "throttled");
    let answer = server.send_as("admin", "POST", "/api/doorward/step_up", Some(&json!({"code": "000000"})));
    assert_eq!(answer.status, 429);
    // That others at the same address can show theirs is as at the login.
    let (secret, _) = enrol(&mut kitchen);
    server.ws_as("kitchen").result("doorward/step_up/show", json!({"code": code(&secret, 1)}));
}

#[test]
fn a_factor_is_taken_away_by_whoever_shows_it() {
    let server = Server::demo();
    let mut before = logged_in(&server, "reader");
    let (secret, _) = enrol(&mut logged_in(&server, "reader"));
    // Nothing asks for it in this home. That session began before there was a factor.
    let depose = json!({"mfa_module_id": "totp"});
    assert_eq!(before.refused("auth/depose_mfa", depose.clone()), "step_up_required");
    assert_eq!(before.refused("doorward/recovery_codes/renew", json!({})), "step_up_required");
    before.result("doorward/step_up/show", json!({"code": code(&secret, 1)}));
    assert_eq!(before.result("auth/depose_mfa", depose), "done");
}

#[test]
fn what_the_home_asks_for_survives_a_restart_and_what_was_shown_does_not() {
    let dir = crate::cli::home("{}");
    let log_in = |server: &Server| crate::import::log_in(server, "ann", "secret").unwrap();
    let mut server = Server::serve(&dir.0, &[]);
    let token = log_in(&server);
    let mut ann = crate::support::Ws::open(&server.address, &token);
    enrol(&mut ann);
    let set = ann.call("doorward/step_up/set", json!({"required": true, "minutes": 3}));
    assert_eq!(set["success"], true, "{set}");
    _ = server.terminate(std::time::Duration::from_secs(10));
    let server = Server::serve(&dir.0, &[]);
    let mut ann = crate::support::Ws::open(&server.address, &token);
    let status = ann.result("doorward/step_up/status", json!({}));
    assert_eq!((&status["minutes"], &status["shown_until"]), (&json!(3), &Value::Null), "{status}");
    // At the machine nothing needs to be shown.
    drop(server);
    let data = dir.0.to_str().unwrap();
    let run = |arguments: &[&str]| crate::cli::done(&crate::support::server::doorward(arguments));
    run(&["group", "set", "--data", data, "guests"]);
    run(&["step-up", "relax", "--data", data]);
    run(&["step-up", "require", "--data", data, "--minutes", "7"]);
    let server = Server::serve(&dir.0, &[]);
    let mut ann = crate::support::Ws::open(&server.address, &token);
    assert_eq!(ann.result("doorward/step_up/status", json!({}))["minutes"], 7);
}
