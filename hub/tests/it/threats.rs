//! Attacks that hubs like this have suffered, by their rows in `docs/threats.md`. Those with a test elsewhere are named there;
//! the others are here.

use std::{
    net::TcpStream,
    path::Path,
    time::{Duration, Instant},
};

use http_adapter::Access;
use serde_json::json;

use crate::{
    cli::{done, home, with_input},
    import::log_in,
    rows,
    support::{Server, Temporary, Ws, server::doorward},
};

/// Every row has a test, and every test that a row names is there.
#[test]
fn every_row_has_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let table = std::fs::read_to_string(root.join("docs/threats.md")).unwrap();
    let mut rows = Vec::new();
    for line in
        table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| row") && !line.starts_with("|-"))
    {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        rows.push(cells[0].to_owned());
        let named: Vec<_> = cells[2].split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty() || cells[2].starts_with("not here"), "{line}");
        for name in named {
            let (file, function) = name.rsplit_once("::").unwrap();
            let text = std::fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(text.contains(&format!("fn {function}(")), "{name} is not there");
        }
    }
    let expected: Vec<String> = [('A', 13), ('B', 18), ('C', 12), ('E', 6)]
        .into_iter()
        .flat_map(|(section, n)| (1..=n).map(move |n| format!("{section}{n}")))
        .collect();
    assert_eq!(rows, expected);
}

#[test]
fn a03_nobody_is_named_before_login() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let users = owner.result("config/auth/list", json!({}));
    let mut forbidden: Vec<String> = Vec::new();
    for user in users.as_array().unwrap() {
        forbidden.extend(["id", "name", "username"].map(|name| user[name].as_str().unwrap().to_owned()));
    }
    for row in rows::rest("light.kitchen_lights").iter().filter(|row| row.route.access == Access::Public) {
        for body in [row.body.clone(), Some(json!({"client_id": "http://127.0.0.1/", "username": "nobody_here"}))] {
            let request = server.request(row.route.method, &row.path);
            let answer = match &body {
                Some(body) => request.json(body).send(),
                None => request.send(),
            };
            let text = format!("{} {}", answer.head, answer.text());
            let found = forbidden
                .iter()
                .find(|name| text.contains(&format!("\"{name}\"")) || name.len() > 12 && text.contains(*name));
            assert!(found.is_none(), "{} {}: {found:?} in {text}", row.route.method, row.path);
        }
    }
}

#[test]
fn a04_no_secret_is_in_the_log() {
    let dir = home("{}");
    let data = dir.0.to_str().unwrap();
    let token = done(&doorward(&["token", "create", "--data", data, "--user", "ann", "--name", "x"]));
    let gus = done(&doorward(&["token", "create", "--data", data, "--user", "gus", "--name", "x"]));
    let arguments = ["--log-format", "json", "serve", "--listen", "127.0.0.1:0", "--data", data];
    let server = Server::start_with(&arguments, &dir.0, &[("RUST_LOG", "trace")]);
    let mut secrets = vec![token.trim().to_owned(), gus.trim().to_owned(), "a wrong password".to_owned()];
    assert!(log_in(&server, "ann", "a wrong password").is_err());
    let session = log_in(&server, "ann", "secret").unwrap();
    secrets.push(session.clone());
    let mut ann = Ws::open(&server.address, token.trim());
    // Whoever hears everything that happens.
    let mut listener = Ws::open(&server.address, token.trim());
    listener.result("subscribe_events", json!({}));
    listener.result("doorward/audit/subscribe", json!({}));
    let wish = json!({"user_id": "none", "username": "x", "password": "a password for nobody"});
    ann.call("config/auth_provider/homeassistant/create", wish);
    let change = json!({"current_password": "a guess at a password", "new_password": "the next password"});
    ann.call("auth/change_password", change.clone());
    ann.call("config/auth_provider/homeassistant/change_password", change);
    secrets.extend(["a password for nobody", "a guess at a password", "the next password"].map(str::to_owned));
    let made = ann.result("auth/long_lived_access_token", json!({"client_name": "y", "lifespan": 1}));
    secrets.push(made.as_str().unwrap().to_owned());
    let mut at_home = Ws::open(&server.address, &session);
    let form = at_home.result("auth/setup_mfa", json!({"mfa_module_id": "totp"}));
    secrets.push(form["description_placeholders"]["code"].as_str().unwrap().to_owned());
    let (secret, codes) = crate::second_factor::enrol(&mut Ws::open(&server.address, &session));
    secrets.push(secret);
    secrets.extend(codes);
    let wish = json!({"name": "Bob", "username": "bob", "password": "the password of bob"});
    ann.result("doorward/users/create", wish);
    let wish = json!({"user_id": "none", "password": "another password for nobody"});
    let refused = server.request("POST", "/api/doorward/users/none/password").token(token.trim()).json(&wish).send();
    let unread = json!({"user_id": "none", "password": ["a password in a list"]});
    let unread = server.request("POST", "/api/doorward/users/none/password").token(token.trim()).json(&unread).send();
    secrets.extend(["the password of bob", "another password for nobody", "a password in a list"].map(str::to_owned));
    server.request("GET", "/api/states").token("not.a.token.at.all").send();
    secrets.push("not.a.token.at.all".to_owned());
    let mut gus = Ws::open(&server.address, gus.trim());
    gus.refused("config/auth/list", json!({}));
    ann.drain();
    // Written by now, and read by us soon.
    let begun = Instant::now();
    while !server.log().contains("denied") {
        assert!(begun.elapsed() < Duration::from_secs(10), "nothing was logged: {}", server.log());
        std::thread::sleep(Duration::from_millis(5));
    }
    let log = server.log();
    for secret in &secrets {
        assert!(!log.contains(secret.as_str()), "{secret} is in the log");
    }
    let trail = ann.result("doorward/audit/list", json!({"limit": 1000})).to_string();
    assert!(trail.contains("add_user") && trail.contains("prove_factor"), "{trail}");
    // The records of the last second come as events, too.
    listener.drain();
    let heard = listener.transcript();
    assert!(heard.contains("user_added") && heard.contains("prove_factor"), "{heard}");
    let errors = format!("{}{}", refused.text(), unread.text());
    // Sessions' own secrets are in the database, as whoever has it has the home; what opens other doors is not.
    let data = std::fs::read(dir.0.join("home.db")).unwrap();
    let log_of_data = std::fs::read(dir.0.join("home.db-wal")).unwrap_or_default();
    for secret in &secrets {
        assert!(!trail.contains(secret.as_str()), "{secret} is in the audit trail");
        assert!(!heard.contains(secret.as_str()), "{secret} is in an event");
        assert!(!errors.contains(secret.as_str()), "{secret} is in an error");
        let is_password_or_code = secret.contains(' ') || secret.contains('-');
        let is_in = |data: &[u8]| data.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!is_password_or_code || !is_in(&data) && !is_in(&log_of_data), "{secret} is in the database");
    }
}

#[test]
fn a05_the_socket_is_on_the_configured_address_alone() {
    let server = Server::demo();
    let port = server.address.rsplit(':').next().unwrap();
    assert!(TcpStream::connect(format!("127.0.0.1:{port}")).is_ok());
    for other in ["127.0.0.2", "[::1]"] {
        assert!(TcpStream::connect(format!("{other}:{port}")).is_err(), "{other}");
    }
}

#[test]
fn a10_a_fresh_home_lets_nobody_in() {
    let dir = Temporary::new();
    let server = Server::serve(&dir.0, &[]);
    for row in rows::rest("light.x").iter().filter(|row| row.route.access != Access::Public) {
        for token in [None, Some(""), Some("null"), Some("eyJhbGciOiJub25lIn0.e30.")] {
            let request = server.request(row.route.method, &row.path);
            let request = match token {
                Some(token) => request.token(token),
                None => request,
            };
            assert_eq!(request.send().status, 401, "{} {}", row.route.method, row.path);
        }
    }
    let mut socket = Ws::connect(&server.address);
    socket.next();
    socket.send(&json!({"type": "auth", "access_token": ""}));
    assert_eq!(socket.next().unwrap()["type"], "auth_invalid");
    // Whoever is made at the machine is the first, and then nobody else can be.
    drop(server);
    done(&with_input(&["user", "create", "--data", dir.0.to_str().unwrap(), "ann"], "secret\n"));
    let server = Server::serve(&dir.0, &[]);
    let body =
        json!({"name": "x", "username": "x", "password": "x", "client_id": "http://127.0.0.1/", "language": "en"});
    assert_eq!(server.request("POST", "/api/onboarding/users").json(&body).send().status, 403);
}

#[test]
fn c04_every_response_has_the_headers() {
    let server = Server::demo();
    let check = |what: &str, head: &str| {
        let head = head.to_lowercase();
        for header in [
            "x-frame-options: sameorigin",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "content-security-policy: default-src 'none'; frame-ancestors 'self'",
        ] {
            assert!(head.contains(header), "{what} has no {header}: {head}");
        }
    };
    for user in [None, Some("kitchen"), Some("owner")] {
        for row in rows::rest("light.kitchen_lights").iter().filter(|row| row.path != "/api/stream") {
            let request = server.request(row.route.method, &row.path);
            let request = user.iter().fold(request, |request, user| request.token(&server.token(user)));
            let answer = match &row.body {
                Some(body) => request.json(body).send(),
                None => request.send(),
            };
            check(&format!("{user:?} {} {}", row.route.method, row.path), &answer.head);
        }
    }
    for (method, path) in [("GET", "/nowhere"), ("PUT", "/api/states"), ("GET", "/api/../x"), ("OPTIONS", "/api/")] {
        check(&format!("{method} {path}"), &server.request(method, path).send().head);
    }
}

#[test]
fn c06_what_people_and_devices_call_things_is_never_a_page() {
    let server = Server::demo();
    let mut admin = server.ws_as("admin");
    let markup = "</script><img src=x onerror=alert(1)>\u{2028}&";
    admin.result("config/area_registry/create", json!({"name": markup}));
    let rename = json!({"entity_id": "light.kitchen_lights", "name": markup});
    admin.result("config/entity_registry/update", rename);
    let state = json!({"state": markup, "attributes": {"friendly_name": markup}});
    server.send_as("admin", "POST", "/api/states/sensor.markup", Some(&state));
    for row in rows::rest("sensor.markup").iter().filter(|row| row.route.method == "GET" && row.path != "/api/stream") {
        let answer = server.send_as("admin", "GET", &row.path, None);
        let head = answer.head.to_lowercase();
        let is_page = head.contains("content-type: text/html");
        assert!(!is_page || !answer.text().contains("onerror"), "{} answers with a page: {head}", row.path);
        assert!(head.contains("x-content-type-options: nosniff"));
        if answer.text().contains("onerror") {
            assert!(head.contains("content-type: application/json"), "{}: {head}", row.path);
            answer.json();
        }
    }
    let rendered =
        server.send_as("admin", "POST", "/api/template", Some(&json!({"template": "{{ states('sensor.markup') }}"})));
    assert!(rendered.head.to_lowercase().contains("content-type: text/plain"), "{}", rendered.head);
}
