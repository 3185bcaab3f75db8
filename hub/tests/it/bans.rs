//! Addresses that are shut out.

use serde_json::{Value, json};

use crate::{
    cli::{done, home, refused},
    rows,
    support::{Answer, Server, Temporary, Ws, server::doorward},
};

const BAD: &str = "203.0.113.9";
const GOOD: &str = "198.51.100.1";

struct Home {
    dir: Temporary,
    owner: String,
    admin: String,
    guest: String,
}

impl Home {
    fn new() -> Self {
        let dir = home("{}");
        let data = dir.0.to_str().unwrap();
        let input = ["user", "create", "--data", data, "ada", "--group", "system-admin"];
        done(&crate::cli::with_input(&input, "secret\n"));
        let token = |user: &str| {
            let made = doorward(&["token", "create", "--data", data, "--user", user, "--name", "x"]);
            done(&made).trim().to_owned()
        };
        let (owner, admin, guest) = (token("ann"), token("ada"), token("gus"));
        Self { dir, owner, admin, guest }
    }

    fn serve(&self) -> Server {
        let file = self.dir.0.join("doorward.toml");
        std::fs::write(&file, "[http]\ntrusted_proxies = [\"127.0.0.1\"]\n").unwrap();
        Server::serve(&self.dir.0, &["--config", file.to_str().unwrap()])
    }
}

fn ask(server: &Server, from: &str, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
    let request = server.request(method, path).token(token).header("X-Forwarded-For", from);
    body.map_or_else(
        || server.request(method, path).token(token).header("X-Forwarded-For", from),
        |body| request.json(&body),
    )
    .send()
}

#[test]
fn who_is_shut_out_by_the_owner_reaches_nothing() {
    let home = Home::new();
    let mut server = home.serve();
    let mut guest = Ws::try_connect_with(&server.address, &[("X-Forwarded-For", BAD)]).unwrap().log_in(&home.guest);
    let mut elsewhere =
        Ws::try_connect_with(&server.address, &[("X-Forwarded-For", GOOD)]).unwrap().log_in(&home.guest);
    let add =
        |from: &str, token: &str, body: Value| ask(&server, from, token, "POST", "/api/doorward/bans", Some(body));
    assert_eq!(add(GOOD, &home.admin, json!({"network": "203.0.113.0/24"})).status, 401, "the owner's alone");
    let own = add(GOOD, &home.owner, json!({"network": "198.51.100.0/24"}));
    assert_eq!(own.status, 400);
    assert!(own.text().contains("you would be shut out"), "{}", own.text());
    let slip = add(GOOD, &home.owner, json!({"network": "203.0.113.9/24"}));
    assert!(slip.text().contains("203.0.113.0/24 is the network"), "{}", slip.text());
    let made = add(GOOD, &home.owner, json!({"network": "203.0.113.0/24", "reason": "a stolen phone"}));
    assert_eq!(made.json()["scope"], "everything", "{}", made.text());

    // Open sockets end, and every route says the same, with a token or without.
    assert!(guest.until_closed().is_some());
    assert_eq!(Ws::try_connect_with(&server.address, &[("X-Forwarded-For", BAD)]).err(), Some(403));
    for row in rows::rest("light.x") {
        let answer = ask(&server, BAD, &home.guest, row.route.method, &row.path, row.body);
        assert_eq!((answer.status, answer.text().as_str()), (403, "403: Forbidden"), "{}", row.path);
    }
    assert_eq!(ask(&server, GOOD, &home.guest, "GET", "/api/", None).status, 200);
    elsewhere.result("get_states", json!({}));

    let list = |server: &Server| ask(server, GOOD, &home.admin, "GET", "/api/doorward/bans", None).json();
    assert_eq!(
        (&list(&server)[0]["network"], &list(&server)[0]["reason"]),
        (&json!("203.0.113.0/24"), &json!("a stolen phone"))
    );
    let lift = |server: &Server, token: &str, network: &str| {
        ask(server, GOOD, token, "POST", "/api/doorward/bans/remove", Some(json!({"network": network}))).status
    };
    assert_eq!(lift(&server, &home.admin, "203.0.113.0/24"), 401, "what the owner shut");
    assert_eq!(lift(&server, &home.owner, BAD), 404);
    assert_eq!(lift(&server, &home.owner, "nonsense"), 400);

    _ = server.terminate(std::time::Duration::from_secs(10));
    let server = home.serve();
    assert_eq!(ask(&server, BAD, &home.guest, "GET", "/api/", None).status, 403);
    assert_eq!(lift(&server, &home.owner, "203.0.113.0/24"), 200);
    assert_eq!(ask(&server, BAD, &home.guest, "GET", "/api/", None).status, 200);
    let trail = ask(&server, GOOD, &home.admin, "GET", "/api/doorward/audit?on=203.0.113.0%2F24", None).json();
    let acts: Vec<_> =
        trail["records"].as_array().unwrap().iter().map(|record| record["action"].as_str().unwrap()).collect();
    assert_eq!(acts, ["lift_owners_ban", "add_ban"], "{trail}");
}

#[test]
fn bans_are_managed_at_the_machine() {
    let home = Home::new();
    let data = home.dir.0.to_str().unwrap();
    refused(&doorward(&["ban", "add", "--data", data, "10.0.0.1/8"]), "10.0.0.0/8 is the network");
    let until = "2099-01-01T00:00Z";
    done(&doorward(&["ban", "add", "--data", data, BAD, "--until", until, "--reason", "nobody\u{1b}[2J knows"]));
    let list = done(&doorward(&["ban", "list", "--data", data]));
    assert!(list.starts_with("203.0.113.9/32\teverything\tuntil 2099-01-01T00:00:00+00:00\tnobody"), "{list:?}");
    assert!(!list.contains('\u{1b}'));
    done(&doorward(&["ban", "remove", "--data", data, BAD]));
    refused(&doorward(&["ban", "remove", "--data", data, BAD]), "not banned");
    assert_eq!(done(&doorward(&["ban", "list", "--data", data])), "");
}

#[test]
fn whoever_may_come_from_this_network_alone_is_out_elsewhere_at_once() {
    let home = Home::new();
    let server = home.serve();
    let open = |from: &str| {
        let ws = Ws::try_connect_with(&server.address, &[("X-Forwarded-For", from)]).unwrap();
        ws.log_in(&home.guest)
    };
    let (mut near, mut far) = (open("192.168.1.7"), open(BAD));
    let users = ask(&server, GOOD, &home.owner, "GET", "/api/doorward/users", None).json();
    let guest = users.as_array().unwrap().iter().find(|user| user["username"] == "gus").unwrap()["id"].clone();
    let path = format!("/api/doorward/users/{}", guest.as_str().unwrap());
    let changed = ask(&server, GOOD, &home.admin, "POST", &path, Some(json!({"local_only": true})));
    assert_eq!(changed.status, 200, "{}", changed.text());
    // Nobody but the owner does that to the owner.
    let owner = users.as_array().unwrap().iter().find(|user| user["is_owner"] == true).unwrap()["id"].clone();
    let path = format!("/api/doorward/users/{}", owner.as_str().unwrap());
    let own = |token: &str, body: Value| ask(&server, GOOD, token, "POST", &path, Some(body)).status;
    assert_eq!(own(&home.admin, json!({"local_only": true})), 401);
    let mut admin = Ws::try_connect_with(&server.address, &[("X-Forwarded-For", GOOD)]).unwrap().log_in(&home.admin);
    let update = json!({"user_id": owner, "local_only": true});
    assert_eq!(admin.refused("config/auth/update", update), "unauthorized");
    assert_eq!(own(&home.owner, json!({"local_only": false})), 200);
    // What was open ends there, as new requests do; near the hub it goes on.
    assert!(far.until_closed().is_some());
    assert_eq!(ask(&server, BAD, &home.guest, "GET", "/api/", None).status, 401);
    near.result("get_states", json!({}));
}
