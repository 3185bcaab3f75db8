//! Bad requests.

use http_adapter::{Access, Route, routes};
use serde_json::json;

use super::{Untouched, bad_tokens, hostile_texts};
use crate::support::{Answer, Server};

fn path_of(route: &Route) -> String {
    let path = route.path.replace("{entity_id}", "lock.front_door").replace("{domain}/{service}", "lock/unlock");
    let path = path.replace("{event_type}", "x").replace("{entry_id}", "x").replace("{flow_id}", "x");
    path.replace("{user_id}", "x").replace("{group_id}", "x").replace("{token_id}", "x")
}

#[test]
fn bodies_that_are_no_honest_json_change_nothing() {
    let house = Untouched::new();
    let light = "/api/services/light/turn_on";
    for text in hostile_texts() {
        for route in routes().filter(|route| route.method == "POST" && !route.path.contains("onboarding")) {
            for token in [None, Some("kitchen"), Some("owner")] {
                // The owner may do what the honest among these say; the light is asked apart.
                if token == Some("owner") && route.path != "/api/template" {
                    continue;
                }
                let request = house.server.request("POST", &path_of(route)).body("application/json", text.as_bytes());
                let request = match token {
                    Some(user) => request.token(&house.server.token(user)),
                    None => request,
                };
                let answer = request.send();
                assert!(answer.status < 500, "{} {text:.100} {}", route.path, answer.status);
                // Revoking is answered so whatever is to be revoked.
                let mild = route.access == Access::Authenticated || route.path == "/auth/revoke";
                assert!(answer.status >= 400 || mild, "{} {text:.100}", route.path);
            }
        }
        let owner = house.server.token("owner");
        let answer = house.server.request("POST", light).token(&owner).body("application/json", text.as_bytes()).send();
        assert!([200, 400].contains(&answer.status), "{text:.100} {}", answer.status);
        if answer.status == 200 {
            // It named nothing that there is: nothing was done.
            assert_eq!(answer.text(), "[]", "{text:.100}");
        }
        let answer =
            house.server.request("POST", light).token(&owner).body("application/json", &[0xff, 0xfe, b'{']).send();
        assert_eq!(answer.status, 400);
    }
    house.finish();
}

#[test]
fn bodies_have_a_bound() {
    let house = Untouched::new();
    let big = vec![b' '; 10 << 20];
    for path in ["/auth/login_flow", "/auth/token", "/auth/revoke", "/auth/login_flow/x", "/api/onboarding/users"] {
        let answer = house.server.request("POST", path).body("application/json", &big).send();
        assert_eq!(answer.status, 413, "{path}");
    }
    // Nobody without a token makes the hub read a body at all.
    for path in ["/api/states/light.x", "/api/services/light/turn_on", "/api/template"] {
        assert_eq!(house.server.request("POST", path).body("application/json", &big).send().status, 401, "{path}");
    }
    let kitchen = house.server.token("kitchen");
    for (path, status) in [("/api/states/light.x", 401), ("/api/services/light/turn_on", 400), ("/api/template", 400)] {
        let answer = house.server.request("POST", path).token(&kitchen).body("application/json", &big).send();
        assert_eq!(answer.status, status, "{path}");
    }
    let bigger = vec![b' '; (16 << 20) + 1];
    let answer = house.server.request("POST", "/api/template").token(&kitchen).body("application/json", &bigger).send();
    assert_eq!(answer.status, 413);
    let many: Vec<_> = (0..300).map(|n| format!("a{n}=1")).collect();
    let query = format!("/api/states?{}", many.join("&"));
    assert_eq!(house.server.request("GET", &query).token(&kitchen).send().status, 400);
    house.finish();
}

#[test]
fn tokens_are_good_or_bad() {
    let house = Untouched::new();
    let good = house.server.token("owner");
    for token in bad_tokens(&good) {
        // Spaces around are the header's, not the token's.
        if token.trim() == good {
            continue;
        }
        let answer = house.server.request("GET", "/api/").token(&token).send();
        assert_eq!((answer.status, answer.text().as_str()), (401, "401: Unauthorized"), "{token:.80}");
    }
    for header in
        ["Basic b3duZXI6b3duZXItcGFzcw==", &good, &format!("bearer {good}"), &format!("Bearer\t{good}"), "Bearer"]
    {
        assert_eq!(
            house.server.request("GET", "/api/").header("Authorization", header).send().status,
            401,
            "{header:.40}"
        );
    }
    for path in [
        format!("/api/?access_token={good}"),
        format!("/api/?api_password={good}"),
        format!("/api/?authSig={good}"),
        format!("/api/states?authSig={good}"),
    ] {
        assert_eq!(house.server.request("GET", &path).send().status, 401);
    }
    // A bad header is not made good by a good signature, nor the other way round.
    let mut ws = house.server.ws_as("kitchen");
    let signed = ws.result("auth/sign_path", json!({"path": "/api/states"}))["path"].as_str().unwrap().to_owned();
    assert_eq!(house.server.request("GET", &signed).send().status, 200);
    assert_eq!(house.server.request("GET", &signed).header("Authorization", "Bearer x").send().status, 401);
    for other in [
        signed.replace("/api/states", "/api/states/lock.front_door"),
        format!("{signed}&a=b"),
        signed.replace("/api/states", "/api//states"),
        format!("{signed}x"),
        signed.replace("/api/states?", "/api/states?a=b&"),
        signed.replace("/api/states", "/api/config"),
    ] {
        assert!([401, 404].contains(&house.server.request("GET", &other).send().status), "{other}");
    }
    assert_eq!(house.server.request("POST", &signed).send().status, 405);
    let other = ws.result("auth/sign_path", json!({"path": "/api/states/lock.front_door"}))["path"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(house.server.request("GET", &other).send().status, 401);
    let other = ws.result("auth/sign_path", json!({"path": "/api/services/light/turn_on"}))["path"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        house.server.request("POST", &other).json(&json!({"entity_id": "light.kitchen_lights"})).send().status,
        401
    );
    house.finish();
}

/// Every way to write a path otherwise.
fn spellings(path: &str) -> Vec<String> {
    let last = path.trim_end_matches('/').rfind('/').unwrap();
    let (head, tail) = (&path[..last], &path[last + 1..]);
    let every = |from: &str, to: &str| path.replace(from, to);
    let first = path.chars().nth(1).unwrap();
    let encoded: String = path.bytes().map(|b| if b == b'/' { "/".to_owned() } else { format!("%{b:02x}") }).collect();
    let twice = encoded.replace('%', "%25");
    let mut all = vec![
        format!("{head}//{tail}"),
        format!("/{path}"),
        format!("{head}/./{tail}"),
        format!("/.{path}"),
        format!("{head}/x/../{tail}"),
        format!("/x/..{path}"),
        format!("{path}/.."),
        format!("{path}/../{tail}"),
        format!("{head}/%2e/{tail}"),
        format!("{head}/x/%2e%2e/{tail}"),
        format!("{head}%2f{tail}"),
        format!("{head}%252f{tail}"),
        format!("{head}/%252e%252e/{tail}"),
        format!("{head}\\{tail}"),
        format!("{head}%5c{tail}"),
        format!("{path};x"),
        format!("{head};x/{tail}"),
        format!("{path}."),
        format!("{path}%20"),
        format!("{path}%09"),
        path.to_uppercase(),
        every("api", "Api"),
        every("auth", "AUTH"),
        format!("{path}%00"),
        format!("{path}%00.js"),
        format!("{head}/%c0%ae%c0%ae/{tail}"),
        format!("{head}%c0%af{tail}"),
        format!("{path}%ff"),
        format!("{path}%"),
        format!("{path}%2"),
        encoded,
        twice,
        format!("/%{:02x}{}", u32::from(first), &path[2..]),
        format!("{path}?x=%00"),
        format!("{path}#x"),
        format!("{path}%23"),
        format!("{path}%3f"),
        format!("http://evil.example{path}"),
        format!("//evil.example{path}"),
        format!("{path}?../../x"),
        format!("/api/websocket/..{path}"),
        format!("/auth/token/..{path}"),
        format!("/auth/token%2f..{path}"),
        format!("/auth/providers;{path}"),
    ];
    if path.ends_with('/') {
        all.push(path.trim_end_matches('/').to_owned());
    } else {
        all.push(format!("{path}/"));
    }
    all.retain(|other| other != path);
    all
}

fn send(server: &Server, method: &str, path: &str, user: Option<&str>) -> Answer {
    let request = server.request(method, path);
    let request = match user {
        Some(user) => request.token(&server.token(user)),
        None => request,
    };
    request.json(&json!({})).send()
}

#[test]
fn a_path_has_one_meaning() {
    let house = Untouched::new();
    // The root has no part that could be spelled otherwise.
    for route in routes().filter(|route| route.path != "/") {
        let path = path_of(route);
        for user in [None, Some("kitchen")] {
            let canonical = send(&house.server, route.method, &path, user).status;
            for other in spellings(&path) {
                let answer = send(&house.server, route.method, &other, user);
                // Below a panel everything is that panel's page, which says nothing.
                let is_panels = route.path.contains("developer-tools") && crate::rows::is_page(&other);
                let same = answer.status == canonical || is_panels && answer.status == 200;
                assert!(
                    same || [400, 404, 405].contains(&answer.status),
                    "{user:?} {} {other}: {}",
                    route.method,
                    answer.status
                );
                // What needs a token without one is never anything but refused.
                assert!(user.is_some() || route.access == Access::Public || answer.status >= 400, "{other}");
            }
        }
    }
    house.finish();
}

#[test]
fn other_methods_are_refused() {
    let house = Untouched::new();
    for route in routes() {
        let path = path_of(route);
        for method in
            ["HEAD", "OPTIONS", "PUT", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get", "DELETE", "GET", "POST"]
        {
            if routes().any(|other| other.path == route.path && other.method == method) {
                continue;
            }
            for user in [None, Some("owner")] {
                // A stream has no end to wait for.
                let answer = send(&house.server, method, &path, user);
                let as_get =
                    method == "HEAD" && routes().any(|other| other.path == route.path && other.method == "GET");
                if as_get && user.is_none() && route.access != Access::Public {
                    assert_eq!((answer.status, answer.text().len()), (401, 0), "{path}");
                } else if as_get {
                    assert_eq!(answer.text(), "", "{path}");
                } else {
                    assert!([400, 404, 405].contains(&answer.status), "{user:?} {method} {path}: {}", answer.status);
                }
                assert!(
                    answer.head.to_lowercase().contains("x-content-type-options: nosniff") || answer.status == 400,
                    "{}",
                    answer.head
                );
                assert!(!answer.head.to_lowercase().contains("access-control-allow-credentials"), "{}", answer.head);
            }
        }
    }
    house.finish();
}

#[test]
fn who_names_another_address_is_not_believed() {
    let house = Untouched::new();
    let owner = house.server.token("owner");
    let request = || house.server.request("GET", "/api/states").token(&owner);
    assert_eq!(request().header("X-Forwarded-For", "127.0.0.1").send().status, 400);
    assert_eq!(request().header("x-forwarded-FOR", "").send().status, 400);
    for header in [
        "Forwarded",
        "X-Real-IP",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-HTTP-Method-Override",
        "X-Ingress-Path",
        "X-Hass-Is-Admin",
    ] {
        let answer = house.server.request("GET", "/api/states").header(header, "/api/").send();
        assert_eq!(answer.status, 401, "{header}");
    }
    house.finish();
}
