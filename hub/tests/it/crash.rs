//! Power cuts, and orderly ends.

mod model;
mod rounds;

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use crate::{
    import::log_in,
    support::{Server, Temporary, Ws},
};

/// Makes the owner of an empty home.
fn onboard(server: &Server, name: &str) -> (u16, Value) {
    let client_id = format!("http://{}/", server.address);
    let body = json!({"name": name, "username": name, "password": "a good password", "client_id": client_id, "language": "en"});
    let answer = server.request("POST", "/api/onboarding/users").json(&body).send();
    (answer.status, answer.json())
}

/// What was acknowledged before the cut.
#[derive(Default)]
struct Acknowledged {
    /// Users by id, with their groups.
    users: BTreeMap<String, Vec<String>>,
    /// Deleting them was asked, and answered if `true`.
    deleted: BTreeMap<String, bool>,
    /// Changing their groups was asked; it may or may not have happened.
    touched: Vec<String>,
    /// Long-lived tokens.
    tokens: Vec<String>,
    /// Tokens that were deleted.
    ended: Vec<String>,
    /// User names that can log in.
    logins: Vec<String>,
    n: usize,
}

/// What a command in flight was for.
enum Asked {
    Create,
    Group(String),
    Delete(String),
    Token,
    End(String),
    Login(String),
}

const GROUP: &str = "system-users";

/// Sends about two hundred changes, many at once, and cuts the power after `n_answers`.
fn change(server: &mut Server, owner: &mut Ws, n_answers: usize) -> Acknowledged {
    let mut done = Acknowledged::default();
    // Tokens to be deleted, with their ids.
    let doomed: Vec<(String, String)> = {
        let made: Vec<String> = (0..8)
            .map(|n| {
                let wish = json!({"client_name": format!("doomed {n}"), "lifespan": 10});
                owner.result("auth/long_lived_access_token", wish).as_str().unwrap().to_owned()
            })
            .collect();
        let list = owner.result("auth/refresh_tokens", json!({}));
        let id = |n: usize| {
            let name = json!(format!("doomed {n}"));
            let found = list.as_array().unwrap().iter().find(|token| token["client_name"] == name).unwrap();
            found["id"].as_str().unwrap().to_owned()
        };
        made.into_iter().enumerate().map(|(n, token)| (id(n), token)).collect()
    };
    let mut asked: BTreeMap<u64, Asked> = BTreeMap::new();
    for n in 0..60 {
        asked.insert(
            owner.command("config/auth/create", json!({"name": format!("u{n}"), "group_ids": []})),
            Asked::Create,
        );
        let wish = json!({"client_name": format!("t{n}"), "lifespan": 10});
        asked.insert(owner.command("auth/long_lived_access_token", wish), Asked::Token);
        if let Some((id, token)) = doomed.get(n) {
            let id = owner.command("auth/delete_refresh_token", json!({"refresh_token_id": id}));
            asked.insert(id, Asked::End(token.clone()));
        }
    }
    while let Some(message) = owner.next() {
        let Some(purpose) = asked.remove(&message["id"].as_u64().unwrap_or_default()) else { continue };
        assert_eq!(message["success"], true, "{message}");
        done.n += 1;
        match purpose {
            Asked::Create => {
                let id = message["result"]["user"]["id"].as_str().unwrap().to_owned();
                done.users.insert(id.clone(), Vec::new());
                match done.users.len() % 4 {
                    0 => {
                        let command = owner.command("config/auth/delete", json!({"user_id": id}));
                        done.deleted.insert(id.clone(), false);
                        asked.insert(command, Asked::Delete(id));
                    }
                    1 => {
                        let wish = json!({"user_id": id, "group_ids": [GROUP]});
                        done.touched.push(id.clone());
                        asked.insert(owner.command("config/auth/update", wish), Asked::Group(id));
                    }
                    2 if done.logins.len() < 2 => {
                        let username = format!("name{}", done.users.len());
                        let wish = json!({"user_id": id, "username": username, "password": "a good password"});
                        let command = owner.command("config/auth_provider/homeassistant/create", wish);
                        asked.insert(command, Asked::Login(username));
                    }
                    _ => {}
                }
            }
            Asked::Group(id) => _ = done.users.insert(id, vec![GROUP.to_owned()]),
            Asked::Delete(id) => _ = done.deleted.insert(id, true),
            Asked::Token => done.tokens.push(message["result"].as_str().unwrap().to_owned()),
            Asked::End(token) => done.ended.push(token),
            Asked::Login(username) => done.logins.push(username),
        }
        if done.n == n_answers {
            server.kill();
        }
    }
    done
}

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let dir = Temporary::new();
    let mut server = Server::serve(&dir.0, &[]);
    assert_eq!(onboard(&server, "owner").0, 200);
    let mut users: BTreeMap<String, ()> = BTreeMap::new();
    for n_answers in [1, 37, 90, 151] {
        let token = log_in(&server, "owner", "a good password").unwrap();
        let mut owner = Ws::open(&server.address, &token);
        // A clean slate of names.
        for listed in owner.result("auth/refresh_tokens", json!({})).as_array().unwrap() {
            if listed["type"] == "long_lived_access_token" {
                owner.result("auth/delete_refresh_token", json!({"refresh_token_id": listed["id"]}));
            }
        }
        let done = change(&mut server, &mut owner, n_answers);
        assert!(done.n >= n_answers);
        server = Server::serve(&dir.0, &[]);
        // The session that was open before is still good.
        let mut owner = Ws::open(&server.address, &token);
        let listed = owner.result("config/auth/list", json!({}));
        let listed: BTreeMap<&str, &Value> =
            listed.as_array().unwrap().iter().map(|user| (user["id"].as_str().unwrap(), user)).collect();
        for (id, groups) in &done.users {
            match (done.deleted.get(id), listed.get(id.as_str())) {
                (Some(true), found) => assert!(found.is_none(), "a deleted user is back"),
                (Some(false), _) => {}
                (None, found) => {
                    let found = found.unwrap_or_else(|| panic!("user {id} is lost after {n_answers}"));
                    let may_be_ahead = done.touched.contains(id) && groups.is_empty();
                    assert!(may_be_ahead || found["group_ids"] == json!(groups), "{found}");
                    users.insert(id.clone(), ());
                }
            }
        }
        assert!(users.keys().all(|id| listed.contains_key(id.as_str())), "a user of an earlier life is lost");
        for user in listed.values() {
            let name = user["name"].as_str().unwrap();
            assert!(name == "owner" || name.starts_with('u'), "half a user: {user}");
            assert_eq!(user["is_owner"], name == "owner");
        }
        for token in &done.tokens {
            assert_eq!(server.request("GET", "/api/").token(token).send().status, 200);
        }
        for token in &done.ended {
            assert_eq!(server.request("GET", "/api/").token(token).send().status, 401);
        }
        for username in &done.logins {
            log_in(&server, username, "a good password").unwrap();
            // The name is free for the next round.
            owner.result("config/auth_provider/homeassistant/delete", json!({"username": username}));
        }
    }
}

#[test]
fn a_terminated_hub_ends_soon_and_well() {
    let dir = Temporary::new();
    let mut server = Server::serve(&dir.0, &[]);
    onboard(&server, "owner");
    let token = log_in(&server, "owner", "a good password").unwrap();
    let mut ws = Ws::open(&server.address, &token);
    ws.result("subscribe_entities", json!({}));
    let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
    let request = format!("GET /api/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let _idle = std::net::TcpStream::connect(&server.address).unwrap();
    let status = server.terminate(Duration::from_secs(5)).expect("it went on for five seconds");
    assert_eq!(status.code(), Some(0));
    let server = Server::serve(&dir.0, &[]);
    assert_eq!(server.request("GET", "/api/").token(&token).send().status, 200);
}

#[test]
fn two_who_come_first_make_one_owner() {
    let dir = Temporary::new();
    let server = Server::serve(&dir.0, &[]);
    let answers: Vec<(u16, Value)> = std::thread::scope(|scope| {
        let racers = ["ann", "bob", "cat"].map(|name| scope.spawn(|| onboard(&server, name)));
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    let won: Vec<_> = answers.iter().filter(|(status, _)| *status == 200).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|(status, _)| [200, 403].contains(status)), "{answers:?}");
    assert_eq!(onboard(&server, "eve").0, 403);
    let client_id = format!("http://{}/", server.address);
    let code = won[0].1["auth_code"].as_str().unwrap();
    let form = format!("grant_type=authorization_code&code={code}&client_id={client_id}");
    let tokens = server.request("POST", "/auth/token").form(&form).send().json();
    let mut owner = Ws::open(&server.address, tokens["access_token"].as_str().unwrap());
    let users = owner.result("config/auth/list", json!({}));
    assert_eq!(users.as_array().unwrap().len(), 1);
    assert_eq!(users[0]["is_owner"], true);
    let losers = ["ann", "bob", "cat"].into_iter().filter(|name| users[0]["username"] != *name);
    losers.for_each(|name| _ = log_in(&server, name, "a good password").unwrap_err());
}
