//! What every page is like: its headers, its weight, and that names are text.

use serde_json::{Value, json};

use super::{assert_has, id_of};
use crate::support::{Answer, Server, browser::Browser};

/// Every page of the demo home.
fn pages(server: &Server) -> Vec<String> {
    let mut owner = server.ws_as("owner");
    let (owner_id, kitchen) = (id_of(&mut owner, "Owner"), id_of(&mut owner, "Kitchen"));
    let fixed = [
        "/doorward",
        "/doorward/groups",
        "/doorward/groups/kitchen-light",
        "/doorward/groups/kitchen-area",
        "/doorward/groups/system-admin",
        "/doorward/new-group",
        "/doorward/matrix",
        "/doorward/matrix?area=",
        "/doorward/matrix?area=kitchen",
        "/doorward/who",
        "/doorward/who?entity=lock.front_door&permission=control",
        "/doorward/people",
        "/doorward/tokens",
        "/doorward/audit",
        "/doorward/bans",
        "/doorward/settings",
    ];
    let mut pages: Vec<_> = fixed.map(str::to_owned).into();
    pages.push(format!("/doorward/people/{owner_id}"));
    pages.push(format!("/doorward/groups/kitchen-light?member={kitchen}"));
    pages.push(format!("/doorward/why?user={kitchen}&entity=lock.front_door"));
    pages
}

/// The most bytes of a page.
const MAX_BYTES: usize = 100_000;

#[track_caller]
fn assert_proper(path: &str, answer: &Answer) {
    let text = answer.text();
    let wanted = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
        form-action 'self'; frame-ancestors 'self'; base-uri 'none'";
    assert_eq!(answer.header("content-security-policy"), Some(wanted), "{path}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{path}");
    assert!(text.len() < MAX_BYTES, "{path} has {} bytes", text.len());
    // Nothing that the policy would refuse, and one of each file.
    for wrong in [" style=", " onclick=", " onload=", "<style", "javascript:"] {
        assert!(!text.contains(wrong), "{path}: {wrong}");
    }
    assert_eq!((text.matches("<script").count(), text.matches("rel=\"stylesheet\"").count()), (1, 1), "{path}");
    // What a page needs to be walked through by keyboard and by ear.
    assert_eq!(text.matches("<h1>").count(), 1, "{path}");
    assert_has(&text, &["<html lang=\"en\">", "<main id=\"main\"", "class=\"skip\" href=\"#main\""]);
    labels(path, &text);
    let mut ids: Vec<_> = text.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let n_ids = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), n_ids, "{path} has an id twice");
}

/// Every field has a label: around it, or by its id.
#[track_caller]
fn labels(path: &str, text: &str) {
    for name in ["input", "select", "textarea"] {
        for (at, _) in text.match_indices(&format!("<{name} ")) {
            let tag = text[at..].split('>').next().unwrap();
            if tag.contains("type=\"hidden\"") {
                continue;
            }
            let before = &text[..at];
            let is_inside = before
                .rfind("<label")
                .is_some_and(|opened| before.rfind("</label>").is_none_or(|closed| closed < opened));
            let id = tag.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next());
            let by_id = id.is_some_and(|id| text.contains(&format!("for=\"{id}\"")));
            assert!(is_inside || by_id, "{path}: no label for {tag}");
        }
    }
}

#[test]
fn every_page_is_small_strict_and_labelled() {
    let server = Server::demo();
    let browser = Browser::logged_in(&server, "owner");
    for path in pages(&server) {
        let answer = browser.get(&path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_proper(&path, &answer);
    }
    for (path, status) in [
        ("/doorward/none", 404),
        ("/doorward/groups/none", 404),
        ("/doorward/people/none", 404),
        ("/doorward/matrix?area=none", 404),
    ] {
        let answer = browser.get(path);
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert_proper(path, &answer);
    }
    let login = Browser::new(&server).get("/doorward/login");
    assert_proper("/doorward/login", &login);

    // The files are kept for ever, under an address that changes with them.
    let text = login.text();
    for (mark, kind) in [("href=\"/doorward/static", "text/css"), ("src=\"/doorward/static", "text/javascript")] {
        let at = text.split(mark).nth(1).unwrap().split('"').next().unwrap();
        let path = format!("/doorward/static{at}");
        let file = server.request("GET", &path).send();
        assert_eq!(file.status, 200, "{path}");
        assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert!(file.header("content-type").unwrap().starts_with(kind), "{}", file.head);
        let other = path.replace("/static/", "/static/0");
        assert_eq!(server.request("GET", &other).send().status, 404, "{other}");
    }
}

/// A large home's pages are as small: lists are bounded, the rest is on the next page.
#[test]
fn many_people_make_no_large_page() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    for n in 0..150 {
        let user = owner.result(
            "doorward/users/create",
            json!({"name": format!("Somebody number {n}"), "group_ids": ["kitchen-area"]}),
        );
        assert!(user["id"].is_string());
    }
    let browser = Browser::logged_in(&server, "owner");
    for path in [
        "/doorward/people",
        "/doorward/matrix",
        "/doorward/matrix?area=",
        "/doorward/tokens",
        "/doorward/audit",
        "/doorward/new-group",
    ] {
        let page = browser.page(path);
        assert!(page.len() < MAX_BYTES, "{path} has {} bytes", page.len());
    }
    assert_has(&browser.page("/doorward/people"), &["1 to 100 of 156", "/doorward/people?from=100"]);
    assert_has(&browser.page("/doorward/matrix"), &["People 1 to 12 of 156", "people=12"]);
    let mut browser = browser;
    let form = [
        ("name", "All"),
        ("g0-what", "all"),
        ("g0-may", "read"),
        ("do", "check"),
        ("json", "{}"),
        ("json_before", "{}"),
        ("was", ""),
    ];
    let answer = browser.post("/doorward/groups/kitchen-area", &form);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().len() < MAX_BYTES, "{} bytes", answer.text().len());
    assert_has(&answer.text(), &["more people", " more</li>"]);
}

#[test]
fn whatever_something_is_called_is_text() {
    const NAME: &str = "<script>alert(1)</script>\"'&";
    const SHOWN: &str = "&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#38;";
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let set = |owner: &mut crate::support::Ws, command: &str, members: Value| owner.result(command, members);
    let user = set(&mut owner, "doorward/users/create", json!({"name": NAME, "group_ids": ["kitchen-area"]}));
    let id = user["id"].as_str().unwrap();
    set(
        &mut owner,
        "doorward/groups/set",
        json!({"group_id": "odd", "name": NAME, "policy": {"entities": {"entity_ids": {NAME: true}}}}),
    );
    set(&mut owner, "doorward/groups/set_member", json!({"group_id": "odd", "user_id": id}));
    set(&mut owner, "config/entity_registry/update", json!({"entity_id": "light.kitchen_lights", "name": NAME}));
    set(&mut owner, "config/area_registry/update", json!({"area_id": "kitchen", "name": NAME}));
    set(&mut owner, "config/core/update", json!({"location_name": NAME}));
    set(&mut owner, "doorward/tokens/create", json!({"user_id": id, "name": NAME}));
    set(&mut owner, "doorward/bans/add", json!({"network": "203.0.113.9", "reason": NAME}));
    let mut browser = Browser::logged_in(&server, "owner");
    let mut paths = pages(&server);
    paths.extend([
        "/doorward/groups/odd".to_owned(),
        format!("/doorward/people/{id}"),
        format!("/doorward/why?user={id}&entity=light.kitchen_lights"),
    ]);
    for path in paths {
        let page = browser.page(&path);
        assert!(!page.contains("<script>") && !page.contains("alert(1)</script>\""), "{path}: {page}");
        assert!(page.contains(SHOWN), "{path} says the home's name at least: {page}");
    }
    // What is typed and shown again is text, too.
    for (path, field) in [
        ("/doorward/new-group", "name"),
        ("/doorward/people", "username"),
        ("/doorward/bans", "network"),
        ("/doorward/tokens", "name"),
        ("/doorward/login", "username"),
    ] {
        let answer = browser.post(path, &[(field, NAME), ("do", "check"), ("json", NAME), ("g0-what", NAME)]);
        assert!(answer.text().contains(SHOWN) && !answer.text().contains("<script>alert"), "{path}: {}", answer.text());
    }
}

#[test]
fn tokens_are_shown_once_and_revoked() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let mut browser = Browser::logged_in(&server, "owner");
    let page = browser.done("/doorward/accounts", &[("account", "Heating program")]);
    assert_has(&page, &["<h1>Heating program</h1>", "program"]);
    let id = id_of(&mut owner, "Heating program");
    let wrong = browser.post("/doorward/tokens", &[("user_id", &id), ("name", "t"), ("policy", r#"{"entities": 5}"#)]);
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert_has(&wrong.text(), &["{&#34;entities&#34;: 5}", "selected"]);
    let form = [
        ("user_id", id.as_str()),
        ("name", "boiler"),
        ("days", "30"),
        ("rate_limit", "600"),
        ("policy", r#"{"entities": {"all": {"read": true}}}"#),
    ];
    let made = browser.post("/doorward/tokens", &form);
    assert_eq!((made.status, made.header("cache-control")), (200, Some("no-store")), "{}", made.text());
    let token =
        made.text().split("spellcheck=\"false\" autofocus>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(server.request("GET", "/api/").token(&token).send().status, 200);
    let list = browser.page("/doorward/tokens");
    assert!(list.contains("boiler") && list.contains("600 requests a minute") && !list.contains(&token));
    let tokens = owner.result("doorward/tokens/list", json!({}));
    let told = tokens.as_array().unwrap().iter().find(|token| token["client_name"] == "boiler").unwrap();
    browser.done("/doorward/tokens/revoke", &[("token_id", told["id"].as_str().unwrap())]);
    assert_eq!(server.request("GET", "/api/").token(&token).send().status, 401);
    // An administrator makes no tokens of people, nor bans: and is told so beside the form.
    let mut admin = Browser::logged_in(&server, "admin");
    let user = id_of(&mut owner, "User");
    assert_eq!(admin.post("/doorward/tokens", &[("user_id", &user), ("name", "mine")]).status, 403);
    let answer = admin.post("/doorward/bans", &[("network", "203.0.113.0/24")]);
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert_has(&answer.text(), &["the owner may", "203.0.113.0/24"]);
    browser.done("/doorward/bans", &[("network", "203.0.113.0/24"), ("until", "2126-01-01T00:00")]);
    assert_has(&browser.page("/doorward/bans"), &["203.0.113.0/24", "2126-01-01 00:00"]);
    browser.done("/doorward/bans/lift", &[("network", "203.0.113.0/24")]);
}

#[test]
fn the_trail_is_searched_and_paged() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    for n in 0..60 {
        owner.result("doorward/groups/set", json!({"group_id": format!("paged-{n}")}));
    }
    let browser = Browser::logged_in(&server, "owner");
    let first = browser.page("/doorward/audit?action=set_group&outcome=done");
    assert_has(&first, &["paged-59", "paged-10", "data-tail"]);
    assert!(!first.contains("paged-9<"), "{first}");
    let older = first.split("href=\"/doorward/audit?").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let second = browser.page(&format!("/doorward/audit?{older}"));
    assert!(second.contains("paged-9<") && !second.contains("paged-10<") && !second.contains("data-tail"), "{second}");
    assert_has(&browser.page("/doorward/audit?since=2126-01-01T00:00"), &["No record fits"]);
    let wrong = browser.get("/doorward/audit?since=Friday&action=set_group");
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert_has(&wrong.text(), &["is no moment", "value=\"set_group\""]);
}

#[test]
fn what_is_too_much_is_refused_with_a_page() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let mut browser = Browser::logged_in(&server, "owner");
    let fields = vec![("x", "1"); 5001];
    let answer = browser.post("/doorward/groups/kitchen-light", &fields);
    assert_eq!(answer.status, 413, "{}", answer.text());
    assert_proper("too many fields", &answer);
    assert_has(&answer.text(), &["larger than any form", "Logged in as Owner"]);
    // Before somebody has said who they are, little is read.
    let long = "x".repeat(64 << 10);
    let answer = Browser::new(&server).post("/doorward/login", &[("username", &long), ("password", "x")]);
    assert_eq!(answer.status, 413, "{}", answer.text());
    assert_proper("a long login", &answer);
    // A token with a limit is held to it here, too.
    let limited = json!({"user_id": id_of(&mut owner, "Admin"), "name": "limited", "rate_limit": 2});
    let token = owner.result("doorward/tokens/create", limited)["token"].as_str().unwrap().to_owned();
    let mut admin = Browser::new(&server);
    assert_eq!(admin.post("/doorward/session", &[("access_token", &token)]).status, 204);
    let answer = (0..5).map(|_| admin.get("/doorward")).find(|answer| answer.status != 200).unwrap();
    assert_eq!(answer.status, 429, "{}", answer.text());
    assert!(answer.header("retry-after").is_some());
    assert_proper("too often", &answer);
}
