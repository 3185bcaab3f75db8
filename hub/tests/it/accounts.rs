//! Groups, members, service accounts and tokens while the hub runs.

use serde_json::{Value, json};

use crate::support::{Server, Ws, server::doorward};

fn user_id(admin: &mut Ws, username: &str) -> Value {
    let users = admin.result("doorward/users/list", json!({}));
    users.as_array().unwrap().iter().find(|user| user["username"] == username).unwrap()["id"].clone()
}

#[test]
fn a_group_is_made_previewed_joined_and_left_while_its_member_looks() {
    let server = Server::demo();
    let (mut admin, mut kitchen) = (server.ws_as("admin"), server.ws_as("kitchen"));
    let kitchen_id = user_id(&mut admin, "kitchen");
    let id = kitchen.command("subscribe_entities", json!({}));
    kitchen.answer(id);
    kitchen.event(id, |event| event["a"].get("light.kitchen_lights").is_some());
    admin.result("doorward/groups/set", json!({"group_id": "bed", "name": "Bedroom"}));
    let member = json!({"group_id": "bed", "user_id": kitchen_id});
    admin.result("doorward/groups/set_member", member.clone());

    let policy = json!({"entities": {"entity_ids": {"light.bed_light": {"read": true}}}});
    let preview = json!({"group_id": "bed", "policy": policy});
    let effects = &admin.result("doorward/groups/preview", preview)["users"];
    assert_eq!(effects[0]["name"], "Kitchen");
    assert_eq!(
        effects[0]["effects"],
        json!([{"permission": "read", "gained": ["light.bed_light"], "lost": []}]),
        "{effects}"
    );
    let set = admin.result("doorward/groups/set", json!({"group_id": "bed", "policy": policy}));
    assert_eq!((&set["name"], &set["policy"], &set["members"]), (&json!("Bedroom"), &policy, &json!([kitchen_id])));
    kitchen.event(id, |event| event["a"].get("light.bed_light").is_some());

    let why = json!({"user_id": kitchen_id, "entity_id": "light.bed_light", "permission": "read"});
    assert_eq!(admin.result("doorward/policy/explain", why)["rules"][0]["group"], "bed");
    let who = json!({"entity_id": "light.bed_light", "permission": "read"});
    let who = admin.result("doorward/policy/who_can", who);
    assert!(who["users"].as_array().unwrap().iter().any(|user| user["user_id"] == kitchen_id), "{who}");

    // The membership ends at a moment that has been.
    let mut over = member.clone();
    over["until"] = json!("2020-01-01T00:00:00Z");
    let user = admin.result("doorward/groups/set_member", over);
    assert_eq!(user["conditions"]["bed"]["until"], "2020-01-01T00:00:00+00:00");
    kitchen.event(id, |event| event["r"] == json!(["light.bed_light"]));
    admin.result("doorward/groups/remove_member", member);
    assert_eq!(admin.refused("doorward/groups/delete", json!({"group_id": "kitchen-light"})), "invalid_format");
    admin.result("doorward/groups/delete", json!({"group_id": "bed"}));
}

#[test]
fn what_is_wrong_is_said() {
    let server = Server::demo();
    let mut admin = server.ws_as("admin");
    let bad = json!({"group_id": "x", "policy": {"entities": {"domains": {"light": false}, "rooms": {}}}});
    let answer = admin.call("doorward/groups/set", bad.clone());
    assert_eq!(answer["error"]["code"], "invalid_policy");
    assert_eq!(answer["error"]["errors"][0]["path"], json!(["entities", "domains", "light"]));
    assert_eq!(answer["error"]["n_errors"], 2);
    let rest = server.send_as("admin", "POST", "/api/doorward/groups/x", Some(&json!({"policy": bad["policy"]})));
    assert_eq!((rest.status, &rest.json()["n_errors"]), (400, &json!(2)), "{}", rest.text());
    // As text, a name that is given twice is found.
    let twice = json!({"policy": r#"{"entities":{"all":true,"all":true}}"#});
    let found = admin.result("doorward/policy/validate", twice);
    assert_eq!((&found["valid"], &found["n_errors"]), (&json!(false), &json!(1)), "{found}");
    for (members, expected) in [
        (json!({"group_id": "a b", "policy": {}}), "invalid_format"),
        (json!({"group_id": "", "policy": {}}), "invalid_format"),
        (json!({"group_id": "system-admin", "policy": {}}), "invalid_format"),
        (json!({"group_id": "x", "polcy": {}}), "invalid_format"),
    ] {
        assert_eq!(admin.refused("doorward/groups/set", members.clone()), expected, "{members}");
    }
    let long = json!({"group_id": "x", "user_id": "y", "from": "2026-01-02T00:00Z", "until": "2026-01-01T00:00Z"});
    assert_eq!(admin.refused("doorward/groups/set_member", long), "invalid_format");
    let twice = server.send_as("admin", "POST", "/api/doorward/groups/x", Some(&json!({"group_id": "y"})));
    assert_eq!((twice.status, &twice.json()["message"]), (400, &json!("`group_id` is given twice")));
}

#[test]
fn a_program_has_an_account_that_can_do_nothing_until_it_is_told() {
    let server = Server::demo();
    let mut admin = server.ws_as("admin");
    let account = admin.result("doorward/service_accounts/create", json!({"name": "dashboard"}));
    let token = json!({"user_id": account["id"], "name": "wall"});
    let made = admin.result("doorward/service_accounts/create_token", token.clone());
    let mut program = Ws::open(&server.address, made["token"].as_str().unwrap());
    assert_eq!(program.result("get_states", json!({})), json!([]));
    assert_eq!(program.refused("config/auth/list", json!({})), "unauthorized");
    // Never a password, and no tokens of people.
    let login = json!({"user_id": account["id"], "username": "dash", "password": "x"});
    admin.refused("config/auth_provider/homeassistant/create", login);
    let kitchen_id = user_id(&mut admin, "kitchen");
    admin.refused("doorward/service_accounts/create_token", json!({"user_id": kitchen_id, "name": "x"}));
    assert_eq!(admin.refused("doorward/tokens/create", json!({"user_id": kitchen_id, "name": "x"})), "unauthorized");
    // A token of it can do less than it may.
    admin.result("doorward/groups/set_member", json!({"group_id": "system-users", "user_id": account["id"]}));
    assert!(program.result("get_states", json!({})).as_array().unwrap().len() > 50);
    let policy = json!({"entities": {"entity_ids": {"light.bed_light": {"read": true}}}});
    let narrow = json!({"user_id": account["id"], "name": "narrow", "policy": policy, "lifespan_days": 1});
    let narrow = admin.result("doorward/service_accounts/create_token", narrow);
    let mut narrow = Ws::open(&server.address, narrow["token"].as_str().unwrap());
    assert_eq!(narrow.result("get_states", json!({})).as_array().unwrap().len(), 1);
    let tokens = admin.result("doorward/tokens/list", json!({}));
    let shown = tokens.as_array().unwrap().iter().find(|token| token["client_name"] == "narrow").unwrap();
    assert_eq!(shown["policy"], policy);
    admin.result("doorward/tokens/revoke", json!({"token_id": shown["id"]}));
    assert!(narrow.until_closed().is_some());
    // The owner's tokens are the owner's business.
    let owners = user_id(&mut admin, "owner");
    let owners = tokens.as_array().unwrap().iter().find(|token| token["user_id"] == owners).unwrap();
    assert_eq!(admin.refused("doorward/tokens/revoke", json!({"token_id": owners["id"]})), "unauthorized");
}

#[test]
fn failed_logins_are_listed_and_forgiven() {
    let server = Server::demo();
    let attempt = |password: &str| {
        let client_id = format!("http://{}/", server.address);
        let start = json!({"client_id": client_id, "handler": ["homeassistant", null], "redirect_uri": client_id});
        let flow = server.request("POST", "/auth/login_flow").json(&start).send().json();
        let path = format!("/auth/login_flow/{}", flow["flow_id"].as_str().unwrap());
        let step = json!({"client_id": client_id, "username": "kitchen", "password": password});
        let answer = server.request("POST", &path).json(&step).send();
        (answer.status, answer.json()["type"].clone())
    };
    while attempt("wrong").0 == 200 {}
    let (status, _) = attempt("kitchen-pass");
    assert_eq!(status, 429, "the right password waits as well, here");
    let mut admin = server.ws_as("admin");
    let failures = admin.result("doorward/logins/failures", json!({}));
    assert_eq!(failures["addresses"][0]["address"], "127.0.0.1");
    assert!(failures["addresses"][0]["failures"].as_u64().unwrap() >= 5, "{failures}");
    assert_eq!(failures["users"][0]["username"], "kitchen");
    assert_eq!(admin.refused("doorward/logins/forgive", json!({})), "invalid_format");
    assert_eq!(admin.refused("doorward/logins/forgive", json!({"address": "here"})), "invalid_format");
    assert_eq!(admin.result("doorward/logins/forgive", json!({"address": "127.0.0.1"}))["forgiven"], true);
    assert_eq!(attempt("kitchen-pass"), (200, json!("create_entry")));
    assert_eq!(admin.result("doorward/logins/failures", json!({}))["addresses"], json!([]));
    let trail = admin.result("doorward/audit/list", json!({"action": "forgive_failures"}));
    assert_eq!(trail["records"].as_array().unwrap().len(), 1);
}

#[test]
fn a_token_is_used_as_often_as_it_may_and_no_more() {
    let dir = crate::cli::home("{}");
    let data = dir.0.to_str().unwrap();
    let made = doorward(&["token", "create", "--data", data, "--user", "ann", "--name", "poll", "--rate-limit", "3"]);
    let token = crate::cli::done(&made).trim().to_owned();
    let mut server = Server::serve(&dir.0, &[]);
    let ask = || server.request("GET", "/api/").token(&token).send();
    // Opening a socket is asking too.
    assert_eq!((ask().status, ask().status), (200, 200));
    let mut socket = Ws::open(&server.address, &token);
    assert_eq!(socket.refused("get_states", json!({})), "rate_limited");
    assert_eq!(socket.refused("no/such/command", json!({})), "rate_limited");
    let refused = ask();
    assert_eq!(refused.status, 429);
    let wait = refused.head.lines().find_map(|line| line.strip_prefix("retry-after: ")).unwrap();
    assert!((1..=20).contains(&wait.trim().parse::<u32>().unwrap()), "{wait}");
    // A token that it makes is held to as much.
    std::thread::sleep(std::time::Duration::from_secs(21));
    let made = socket.result("auth/long_lived_access_token", json!({"client_name": "more", "lifespan": 1}));
    let more: Vec<u16> =
        (0..4).map(|_| server.request("GET", "/api/").token(made.as_str().unwrap()).send().status).collect();
    assert_eq!(more, [200, 200, 200, 429]);
    // Other tokens of the same user go on.
    let other = crate::import::log_in(&server, "ann", "secret").unwrap();
    let mut ann = Ws::open(&server.address, &other);
    let listed = |ann: &mut Ws| {
        let tokens = ann.result("doorward/tokens/list", json!({}));
        tokens.as_array().unwrap().iter().find(|token| token["client_name"] == "poll").unwrap().clone()
    };
    let shown = listed(&mut ann);
    assert_eq!((&shown["rate_limit"], &shown["last_used_ip"]), (&json!(3), &json!("127.0.0.1")));
    let used = shown["last_used_at"].clone();
    assert!(used.is_string());
    _ = server.terminate(std::time::Duration::from_secs(10));
    let server = Server::serve(&dir.0, &[]);
    let shown = listed(&mut Ws::open(&server.address, &other));
    assert_eq!((&shown["rate_limit"], &shown["last_used_at"]), (&json!(3), &used));
}
