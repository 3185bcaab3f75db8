//! Logging in and out, and what ends a session.

use serde_json::json;

use super::{assert_has, assert_login, id_of, sessions};
use crate::{
    cli::home,
    second_factor::{code, enrol, logged_in},
    support::{Server, browser::Browser, browser::fields, http::Request},
};

#[test]
fn the_right_password_opens_and_a_wrong_one_keeps_what_was_typed() {
    let server = Server::demo();
    let mut browser = Browser::new(&server);
    let answer = browser.get("/doorward/groups/kitchen-light");
    assert_login(&answer);
    let login = browser.page(answer.header("location").unwrap());
    assert_has(&login, &["<h1>Log in</h1>", r#"name="next" value="/doorward/groups/kitchen-light""#]);
    let next = ("next", "/doorward/groups/kitchen-light");
    for (user, password) in [("owner", "not-that-one"), ("nobody-here", "owner-pass")] {
        let answer = browser.post("/doorward/login", &[("username", user), ("password", password), next]);
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert_has(&answer.text(), &["User name or password is wrong.", &format!("value=\"{user}\""), next.1]);
        assert!(!answer.text().contains(password) && answer.header("set-cookie").is_none());
    }
    let right = [("username", "Owner"), ("password", "owner-pass"), next];
    let answer = browser.post("/doorward/login", &right);
    assert_eq!((answer.status, answer.header("location")), (303, Some(next.1)), "{}", answer.text());
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("doorward-page=s-"), "{cookie}");
    let flags: Vec<_> = cookie.split("; ").skip(1).collect();
    assert_eq!(flags, ["Path=/", "HttpOnly", "SameSite=Strict"]);
    assert_has(&browser.page(next.1), &["<h1>Kitchen light", "Logged in as Owner"]);
    // Nobody keeps it: neither the browser, nor the service worker of the frontend around it, which heeds no `no-store`.
    let shown = browser.get(next.1);
    assert_eq!((shown.header("cache-control"), shown.header("vary")), (Some("no-store"), Some("*")));
    // Whoever is in needs no login, and goes nowhere but here.
    assert_eq!(browser.get("/doorward/login?next=//evil.example").header("location"), Some("/doorward"));
}

#[test]
fn over_tls_no_other_connection_can_set_the_cookie() {
    let dir = home("{}");
    let file = dir.0.join("doorward.toml");
    std::fs::write(&file, "[http]\ntrusted_proxies = [\"127.0.0.1\"]\n").unwrap();
    let server = Server::serve(&dir.0, &["--config", file.to_str().unwrap()]);
    let behind = |request: Request| {
        let request = request.for_host("home.example").header("X-Forwarded-For", "203.0.113.7");
        request.header("X-Forwarded-Proto", "https").header("Origin", "https://home.example")
    };
    let form = "username=ann&password=secret";
    let answer = behind(server.request("POST", "/doorward/login")).form(form).send();
    assert_eq!(answer.status, 303, "{}", answer.text());
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    assert!(cookie.starts_with("__Host-doorward-page=s-"), "{cookie}");
    let flags: Vec<_> = cookie.split("; ").skip(1).collect();
    assert_eq!(flags, ["Path=/", "HttpOnly", "SameSite=Strict", "Secure"]);
    let pair = cookie.split(';').next().unwrap();
    let get = |name: &str| {
        let cookie = pair.replace("__Host-doorward-page", name);
        behind(server.request("GET", "/doorward")).header("Cookie", &cookie).send().status
    };
    assert_eq!((get("__Host-doorward-page"), get("doorward-page")), (200, 303));
    // Its session is of that address, and of no other.
    assert_eq!(server.request("GET", "/doorward").header("Cookie", pair).send().status, 303);
    let plain = pair.replace("__Host-", "");
    assert_eq!(server.request("GET", "/doorward").header("Cookie", &plain).send().status, 303);
}

#[test]
fn a_session_of_the_page_is_one_like_any_other_and_ends_like_any() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let admin = id_of(&mut owner, "Admin");
    let mut browser = Browser::logged_in(&server, "admin");
    let own = browser.page("/doorward/tokens");
    assert_has(&own, &["<strong>(this one)</strong>", &format!("http://{}/doorward", server.address)]);
    let session = sessions(&mut owner, &admin).remove(0);
    assert!(session["last_used_at"].is_string(), "{session}");
    owner.result("doorward/tokens/revoke", json!({"token_id": session["id"]}));
    assert_login(&browser.get("/doorward"));
    assert!(sessions(&mut owner, &admin).is_empty());
    // What they typed meanwhile is kept.
    let typed = [("name", "Typed <b>group</b>"), ("do", "save")];
    let answer = browser.post("/doorward/new-group", &typed);
    assert_eq!(answer.status, 401, "{}", answer.text());
    let mut again = fields(&answer.text());
    again.retain(|(name, _)| name.starts_with("carry"));
    let mut again: Vec<_> = again.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    again.extend([("username", "admin"), ("password", "admin-pass")]);
    let answer = browser.post("/doorward/login", &again);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains(r#"action="/doorward/new-group""#), "{}", answer.text());
    let kept = fields(&answer.text());
    let kept: Vec<_> = kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(kept, typed);
    browser.done("/doorward/new-group", &kept);

    // Logged out is revoked; deactivated is out.
    let answer = browser.post("/doorward/logout", &[]);
    assert_login(&answer);
    // The page that comes next does not take over the frontend's session again, as it does else.
    assert!(!browser.page(answer.header("location").unwrap()).contains("data-login"));
    assert_has(&browser.page("/doorward/login"), &["data-login"]);
    assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert!(sessions(&mut owner, &admin).is_empty());
    let browser = Browser::logged_in(&server, "admin");
    assert_eq!(browser.get("/doorward").status, 200);
    owner.result("doorward/users/update", json!({"user_id": admin, "is_active": false}));
    assert_login(&browser.get("/doorward"));
}

#[test]
fn whoever_is_no_administrator_any_more_is_out_at_once() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let admin = id_of(&mut owner, "Admin");
    let browser = Browser::logged_in(&server, "admin");
    assert_eq!(browser.get("/doorward").status, 200);
    owner.result("doorward/users/update", json!({"user_id": admin, "group_ids": ["system-users"]}));
    assert_eq!(browser.get("/doorward").status, 403);
}

#[test]
fn a_second_factor_is_asked_for() {
    let server = Server::demo();
    let (secret, recovery) = enrol(&mut logged_in(&server, "owner"));
    let mut browser = Browser::new(&server);
    let typed = [("username", "owner"), ("password", "owner-pass"), ("next", "/doorward/audit")];
    let answer = browser.post("/doorward/login", &typed);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.header("set-cookie").is_none());
    let hidden = fields(&answer.text());
    let with_code = |code: &str| {
        let mut all = hidden.clone();
        all.retain(|(name, _)| ["flow", "next", "username"].contains(&name.as_str()));
        all.push(("code".to_owned(), code.to_owned()));
        all
    };
    let mut send = |fields: &[(String, String)]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        browser.post("/doorward/login", &fields)
    };
    let answer = send(&with_code("000000"));
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(answer.text().contains("That code is not right"), "{}", answer.text());
    let answer = send(&with_code(&code(&secret, 1)));
    assert_eq!((answer.status, answer.header("location")), (303, Some("/doorward/audit")), "{}", answer.text());
    // That login is over; a recovery code opens another.
    assert_eq!(send(&with_code(&recovery[0])).status, 422);
    let answer = browser.post("/doorward/login", &typed);
    let flow = fields(&answer.text()).into_iter().find(|(name, _)| name == "flow").unwrap().1;
    assert_eq!(browser.post("/doorward/login", &[("flow", &flow), ("code", &recovery[0])]).status, 303);
}

#[test]
fn guessing_is_slowed_down_here_as_anywhere() {
    let server = Server::demo();
    let mut browser = Browser::new(&server);
    let mut guess = || browser.post("/doorward/login", &[("username", "owner"), ("password", "wrong")]);
    let answer = (0..20).map(|_| guess()).find(|answer| answer.status != 422).unwrap();
    assert_eq!(answer.status, 429, "{}", answer.text());
    let wait: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!(wait >= 1 && answer.text().contains("Too many tries"), "{}", answer.text());
    // Elsewhere they wait, too.
    let refused = crate::import::log_in(&server, "owner", "owner-pass").unwrap_err();
    assert!(refused["message"].as_str().unwrap().contains("too many"), "{refused}");
}

#[test]
fn the_frontends_session_is_worth_here_what_it_is() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let access = crate::import::log_in(&server, "admin", "admin-pass").unwrap();
    let mut browser = Browser::new(&server);
    assert_eq!(browser.post("/doorward/session", &[("access_token", "x.y.z")]).status, 401);
    let answer = browser.post("/doorward/session", &[("access_token", &access)]);
    assert_eq!(answer.status, 204);
    let cookie = answer.header("set-cookie").unwrap();
    assert_eq!(cookie, format!("doorward-page=a-{access}; Path=/; HttpOnly; SameSite=Strict"));
    assert_has(&browser.page("/doorward"), &["Logged in as Admin"]);
    // Logging out here leaves the frontend alone.
    let kept = browser.cookie.clone();
    assert_login(&browser.post("/doorward/logout", &[]));
    browser.cookie = kept;
    assert_eq!(browser.get("/doorward").status, 200);
    let admin = id_of(&mut owner, "Admin");
    let tokens = owner.result("doorward/tokens/list", json!({}));
    let frontend = tokens.as_array().unwrap().iter().find(|t| t["user_id"] == admin.as_str() && t["type"] == "normal");
    owner.result("doorward/tokens/revoke", json!({"token_id": frontend.unwrap()["id"]}));
    assert_login(&browser.get("/doorward"));
}
