//! Every route of the page, asked by nobody, by others, and by pages of others.

use std::collections::BTreeSet;

use admin_page::{Access, Route, routes};
use serde_json::{Value, json};

use super::{assert_login, id_of};
use crate::{
    support::{Server, browser::Browser, browser::encoded},
    sweep::fingerprint,
};

/// The routes for anybody, each with the reason. A stale one fails.
const PUBLIC: [(&str, &str); 11] = [
    ("GET /doorward/first-run", "a form; what it does is only done while there is no user"),
    ("POST /doorward/first-run", "only while there is no user"),
    (
        "POST /doorward/first-run/import",
        "only while there is no user; of the one directory that the hub was started with",
    ),
    ("GET /doorward/first-run/progress", "counts of such an import while it runs; leads elsewhere otherwise"),
    ("GET /doorward/login", "a login begins without a session; says nothing of the home"),
    ("POST /doorward/login", "the same, with the limits of every login"),
    ("POST /doorward/logout", "ends the session whose cookie comes with it"),
    ("POST /doorward/session", "takes an access token, and gives it back as a cookie"),
    ("GET /doorward/sign-on/{provider}", "a login begins without a session; goes to configured providers alone"),
    ("GET /doorward/callback", "needs a code, and the cookie of the browser in which that login began"),
    ("GET /doorward/static/{hash}/{file}", "the style sheet and the script; the same for everybody"),
];

/// A path that fits a route. What it names is not there where something would change.
fn path(route: &Route) -> String {
    let there = route.method == "GET";
    let group = if there { "kitchen-light" } else { "none" };
    let path = route.path.replace("{group_id}", group).replace("{user_id}", "none");
    let path = path.replace("{hash}", "none").replace("{file}", "doorward.css");
    match route.path {
        "/doorward/matrix" => format!("{path}?area=kitchen"),
        "/doorward/who" => format!("{path}?entity=lock.front_door"),
        _ => path,
    }
}

/// A form that would change something, in the hands of somebody who may.
fn form(route: &Route) -> String {
    encoded(&match route.path {
        "/doorward/new-group" => vec![("name", "swept"), ("do", "save"), ("g0-what", "all"), ("g0-may", "read")],
        "/doorward/people" => vec![("name", "swept")],
        "/doorward/accounts" => vec![("account", "swept")],
        "/doorward/bans" => vec![("network", "203.0.113.0/24")],
        "/doorward/settings/audit" => vec![("form", "audit"), ("control", "on"), ("keep_days", "9")],
        _ => vec![("user_id", "none"), ("do", "save")],
    })
}

fn admin_routes() -> impl Iterator<Item = &'static Route> {
    routes().iter().filter(|route| route.access == Access::Admin)
}

/// Words that are in the home and nowhere else.
fn words(server: &Server) -> Vec<String> {
    let states = server.send_as("owner", "GET", "/api/states", None).json();
    let ids = states.as_array().unwrap().iter().map(|state| state["entity_id"].as_str().unwrap().to_owned());
    ids.chain(["Kitchen light", "kitchen-light", "system-users"].map(str::to_owned)).collect()
}

#[track_caller]
fn assert_tells_nothing(text: &str, words: &[String]) {
    for word in words {
        assert!(!text.contains(word.as_str()), "{word} is in {text}");
    }
}

#[test]
fn the_list_of_public_routes_is_the_reviewed_one() {
    let public = routes().iter().filter(|route| route.access == Access::Public);
    let public: BTreeSet<_> = public.map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(public, PUBLIC.iter().map(|(route, _)| (*route).to_owned()).collect());
}

#[test]
fn nobody_is_sent_to_the_login_and_told_nothing() {
    let server = Server::demo();
    let words = words(&server);
    // Another client's session is none of this page's, whatever its secret opens elsewhere.
    let other = crate::second_factor::Login::begin(&server);
    let done = other.step(json!({"username": "owner", "password": "owner-pass"})).1;
    let form_of_code = format!(
        "grant_type=authorization_code&client_id=http://{}/&code={}",
        server.address,
        done["result"].as_str().unwrap()
    );
    let foreign = server.request("POST", "/auth/token").form(&form_of_code).send().json();
    let foreign = format!("doorward-page=s-{}", foreign["refresh_token"].as_str().unwrap());
    let mut owner = server.ws_as("owner");
    let before = fingerprint(&mut owner);
    let cookies = [
        None,
        Some("doorward-page=".to_owned()),
        Some("doorward-page=s-".to_owned()),
        Some(format!("doorward-page=s-{}", "0".repeat(128))),
        Some("doorward-page=a-x.y.z".to_owned()),
        Some(format!("doorward-page=s-{}", server.token("owner"))),
        Some(format!("doorward-page={}", server.token("owner"))),
        Some(format!("__Host-doorward-page=a-{}", server.token("owner"))),
        Some(foreign),
    ];
    for route in admin_routes() {
        for cookie in &cookies {
            let mut browser = Browser::new(&server);
            browser.cookie.clone_from(cookie);
            let request = browser.request(route.method, &path(route)).header("Sec-Fetch-Site", "same-origin");
            let answer = if route.method == "POST" { request.form(&form(route)).send() } else { request.send() };
            // Whoever had a session keeps what they typed; that is all there is to see.
            if route.method == "POST" && answer.status == 401 {
                assert!(cookie.is_some() && answer.text().contains("<h1>Log in</h1>"), "{}", answer.text());
                assert_tells_nothing(&answer.text(), &words);
                continue;
            }
            assert_login(&answer);
        }
        let bearer = server.request(route.method, &path(route)).token(&server.token("owner"));
        assert_login(&bearer.header("Sec-Fetch-Site", "same-origin").send());
    }
    // What is no page, and what is no row.
    for path in ["/doorward/none", "/doorward/groups/none/none", "/doorward/people/none"] {
        assert_login(&Browser::new(&server).get(path));
    }
    assert_eq!(fingerprint(&mut owner), before);
}

#[test]
fn others_are_told_that_they_may_not_and_nothing_else() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let (before, words) = (fingerprint(&mut owner), words(&server));
    let user_id = id_of(&mut owner, "Owner");
    let narrow = json!({"user_id": user_id, "name": "narrow", "policy": {"entities": {"all": true}}});
    let narrow = server.send_as("owner", "POST", "/api/doorward/tokens", Some(&narrow)).json();
    let mut narrowed = Browser::new(&server);
    assert_eq!(narrowed.post("/doorward/session", &[("access_token", narrow["token"].as_str().unwrap())]).status, 204);
    let mut browsers = vec![narrowed];
    browsers.extend(["kitchen", "areas", "reader", "user"].map(|user| Browser::logged_in(&server, user)));
    for browser in &browsers {
        for route in admin_routes() {
            let request = browser.request(route.method, &path(route)).header("Sec-Fetch-Site", "same-origin");
            let answer = if route.method == "POST" { request.form(&form(route)).send() } else { request.send() };
            assert_eq!(answer.status, 403, "{} {}: {}", route.method, route.path, answer.text());
            assert!(answer.text().contains("Only administrators of this home"), "{}", answer.text());
            assert_tells_nothing(&answer.text(), &words);
        }
        assert_eq!(browser.get("/doorward/none").status, 403);
    }
    // Tried and refused is in the trail.
    let list = json!({"outcome": "denied", "action": "POST /doorward/new-group"});
    let list = owner.result("doorward/audit/list", list);
    assert!(list["records"].as_array().unwrap().len() >= 4, "{list}");
    let mut after = fingerprint(&mut owner);
    // The logins themselves are new.
    for all in [&before, &after] {
        assert!(all["doorward/tokens/list"].is_array());
    }
    let known: BTreeSet<_> = ids(&before);
    after["doorward/tokens/list"].as_array_mut().unwrap().retain(|token| known.contains(token["id"].as_str().unwrap()));
    after["auth/refresh_tokens"].as_array_mut().unwrap().retain(|token| known.contains(token["id"].as_str().unwrap()));
    assert_eq!(after, before);
}

fn ids(all: &Value) -> BTreeSet<String> {
    let tokens = all["doorward/tokens/list"].as_array().unwrap();
    tokens.iter().map(|token| token["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn forms_of_other_pages_do_nothing() {
    let server = Server::demo();
    let browser = Browser::logged_in(&server, "owner");
    let mut owner = server.ws_as("owner");
    let before = fingerprint(&mut owner);
    let own = format!("http://{}", server.address);
    let foreign: [&[(&str, &str)]; 8] = [
        &[],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site"), ("Origin", &own)],
        &[("Sec-Fetch-Site", "none"), ("Origin", &own)],
        &[("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")],
        &[("Origin", "http://evil.example")],
        &[("Origin", "null")],
        &[("Referer", &own)],
    ];
    for route in routes().iter().filter(|route| route.method == "POST") {
        for headers in foreign {
            let mut request = browser.request("POST", &path(route)).form(&form(route));
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let answer = request.send();
            assert_eq!(answer.status, 403, "{} with {headers:?}: {}", route.path, answer.text());
            assert!(answer.text().contains("was not sent by a page of this hub"), "{}", answer.text());
        }
    }
    assert_eq!(fingerprint(&mut owner), before);
    // Browsers that say less say enough.
    let answer = browser.request("POST", "/doorward/new-group").header("Origin", &own).form("name=x&do=check").send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(browser.get("/doorward").status, 200, "still logged in");
}
