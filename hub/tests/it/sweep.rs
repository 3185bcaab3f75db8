//! Everything that is registered, asked with no token, with a bad one, and with too little permission.

use std::collections::BTreeSet;

use http_adapter::{Access as RouteAccess, routes};
use serde_json::{Value, json};
use ws_adapter::{Access, commands};

use crate::{
    rows,
    support::{Server, Ws},
};

/// The routes that anybody may use without a token, each with the reason. A stale one fails.
const PUBLIC: [(&str, &str); 33] = [
    ("GET /auth/providers", "the login page asks it; names no user"),
    ("POST /auth/login_flow", "a login begins without a token"),
    ("POST /auth/login_flow/{flow_id}", "a login goes on without a token"),
    ("GET /auth/login_flow/{flow_id}", "always 404"),
    ("DELETE /auth/login_flow/{flow_id}", "needs an id that cannot be guessed; ends that login alone"),
    ("GET /auth/external/callback", "needs a state that this hub signed, once"),
    ("GET /auth/oidc", "names and ids of providers; the same for everybody"),
    ("GET /auth/oidc/{provider}/start", "a login begins without a token; goes to configured providers alone"),
    ("GET /auth/oidc/{provider}/callback", "needs a state and the cookie of the browser that it was given, once"),
    ("POST /auth/token", "needs a code or a refresh token"),
    ("POST /auth/revoke", "needs the refresh token that it revokes"),
    ("GET /.well-known/oauth-authorization-server", "discovery; the same for everybody"),
    ("GET /.well-known/oauth-protected-resource", "discovery; the same for everybody"),
    ("GET /api/onboarding", "only while there is no user"),
    ("POST /api/onboarding/users", "only while there is no user"),
    ("GET /", "the same page for everybody; what is in it comes over the API"),
    ("GET /auth/authorize", "the page to log in on"),
    ("GET /onboarding.html", "a page; what it does is only done while there is no user"),
    ("GET /manifest.json", "a constant; says nothing of the home"),
    ("GET /static/{*file}", "files of the frontend's package"),
    ("GET /frontend_latest/{*file}", "files of the frontend's package"),
    ("GET /frontend_es5/{*file}", "files of the frontend's package"),
    ("GET /service_worker.js", "a file of the frontend's package"),
    ("GET /sw-modern.js", "a file of the frontend's package"),
    ("GET /sw-legacy.js", "a file of the frontend's package"),
    ("GET /robots.txt", "a file of the frontend's package"),
    (
        "GET /api/brands/integration/{domain}/{image}",
        "drawn from the name in the path, whether there is such a thing or not",
    ),
    ("GET /.well-known/change-password", "leads to a page"),
    ("GET /developer-tools", "leads to a page"),
    ("GET /developer-tools/{*rest}", "leads to a page"),
    ("GET /config/developer-tools", "leads to a page"),
    ("GET /config/developer-tools/{*rest}", "leads to a page"),
    ("GET /api/doorward/health", "for a supervisor; says whether the hub works, nothing of the home"),
];

/// The services that anybody may call who is logged in, by domain, each with the reason.
const OPEN_SERVICES: [(&str, &str); 1] = [(
    "persistent_notification",
    "what a caller makes and dismisses of them is the caller's own; others do not see it",
)];

/// Everything in the home that a request could change.
pub(crate) fn fingerprint(owner: &mut Ws) -> Value {
    let mut all = json!({});
    for command in [
        "config/auth/list",
        "config/entity_registry/list",
        "config/device_registry/list",
        "config/area_registry/list",
        "config/floor_registry/list",
        "config/label_registry/list",
        "config_entries/get",
        "auth/refresh_tokens",
        "get_config",
        "doorward/users/list",
        "doorward/groups/list",
        "doorward/tokens/list",
        "doorward/identities/list",
        "doorward/audit/settings",
    ] {
        all[command] = owner.result(command, json!({}));
    }
    // That somebody asked is noted with the token that they asked by, whatever became of it.
    for list in ["auth/refresh_tokens", "doorward/tokens/list"] {
        for token in all[list].as_array_mut().unwrap() {
            token.as_object_mut().unwrap().retain(|name, _| !name.starts_with("last_used"));
        }
    }
    // Some things in a demo home change by themselves; lights do not.
    let states = owner.result("get_states", json!({}));
    let lights = states.as_array().unwrap().iter().filter(|s| s["entity_id"].as_str().unwrap().starts_with("light."));
    all["lights"] = lights.map(|s| json!([s["entity_id"], s["state"], s["attributes"]])).collect();
    all
}

#[test]
fn the_list_of_public_routes_is_the_reviewed_one() {
    // The pages of panels are one and the same, and none of them is for anything but GET.
    let public = routes().filter(|route| route.access == RouteAccess::Public);
    let public = public.filter(|route| !rows::is_page(route.path) || route.path.contains("developer-tools"));
    let public: BTreeSet<_> = public.map(|route| format!("{} {}", route.method, route.path)).collect();
    let reviewed: BTreeSet<_> = PUBLIC.iter().map(|(route, _)| (*route).to_owned()).collect();
    assert_eq!(public, reviewed);
}

#[test]
fn no_route_answers_nobody() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let before = fingerprint(&mut owner);
    let good = server.token("owner");
    let forged = format!("{}{}", &good[..good.len() - 2], if good.ends_with("AA") { "BB" } else { "AA" });
    let mut bodies = BTreeSet::new();
    for row in rows::rest("light.kitchen_lights").iter().filter(|row| row.route.access != RouteAccess::Public) {
        for header in [
            None,
            Some("Bearer x.y.z".to_owned()),
            Some(format!("Bearer {forged}")),
            Some(format!("Basic {good}")),
            Some(format!("bearer {good}")),
        ] {
            let mut request = server.request(row.route.method, &row.path);
            if let Some(header) = &header {
                request = request.header("Authorization", header);
            }
            let answer = match &row.body {
                Some(body) => request.json(body).send(),
                None => request.send(),
            };
            assert_eq!(answer.status, 401, "{} {} with {header:?}", row.route.method, row.path);
            assert!(answer.head.to_lowercase().contains("www-authenticate: bearer"), "{}", answer.head);
            bodies.insert(answer.text());
        }
        let in_query = format!("{}?token={good}&access_token={good}", row.path);
        assert_eq!(server.request(row.route.method, &in_query).send().status, 401, "{in_query}");
    }
    assert_eq!(bodies.into_iter().collect::<Vec<_>>(), ["401: Unauthorized"]);
    assert_eq!(fingerprint(&mut owner), before);
}

#[test]
fn no_other_method_gets_through() {
    let server = Server::demo();
    let served: BTreeSet<_> = routes().map(|route| (route.method, route.path)).collect();
    for row in rows::rest("light.kitchen_lights") {
        for method in ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST", "GET", "TRACE"] {
            if served.contains(&(method, row.route.path)) {
                continue;
            }
            let expected = if method == "HEAD" && served.contains(&("GET", row.route.path)) {
                if row.route.access == RouteAccess::Public { continue } else { 401 }
            } else {
                405
            };
            let get_is_public = routes().any(|route| {
                route.path == row.route.path && route.method == "GET" && route.access == RouteAccess::Public
            });
            if method == "HEAD" && get_is_public {
                continue;
            }
            let answer = server.request(method, &row.path).send();
            assert_eq!(answer.status, expected, "{method} {}", row.path);
        }
    }
}

fn is_administration(access: RouteAccess) -> bool {
    matches!(access, RouteAccess::Admin | RouteAccess::Owner)
}

#[test]
fn no_administration_by_others() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let before = fingerprint(&mut owner);
    for role in ["kitchen", "areas", "reader", "user"] {
        for row in rows::rest("light.kitchen_lights").iter().filter(|row| is_administration(row.route.access)) {
            let answer = server.send_as(role, row.route.method, &row.path, row.body.as_ref());
            assert_eq!((answer.status, answer.text().as_str()), (401, "401: Unauthorized"), "{role} {}", row.path);
            assert!(!answer.head.to_lowercase().contains("www-authenticate"), "{}", answer.head);
        }
        let mut client = server.ws_as(role);
        for row in rows::ws("light.bed_light") {
            if matches!(row.command.access, Access::Admin | Access::Owner | Access::Events) {
                // Malformed or not: who may not is told so first.
                for members in [row.members.clone(), json!({"nonsense": 1})] {
                    if row.command.access == Access::Events && members.get("nonsense").is_some() {
                        continue;
                    }
                    let code = client.refused(row.command.name, members);
                    assert_eq!(code, "unauthorized", "{role} {}", row.command.name);
                }
            }
        }
    }
    let mut admin = server.ws_as("admin");
    for row in rows::ws("light.bed_light").iter().filter(|row| row.command.access == Access::Owner) {
        assert_eq!(admin.refused(row.command.name, row.members.clone()), "unauthorized", "{}", row.command.name);
    }
    for row in rows::rest("light.bed_light").iter().filter(|row| row.route.access == RouteAccess::Owner) {
        let answer = server.send_as("admin", row.route.method, &row.path, row.body.as_ref());
        assert_eq!(answer.status, 401, "admin {}", row.path);
    }
    assert_eq!(fingerprint(&mut owner), before);
}

#[test]
fn no_command_before_authentication() {
    let server = Server::demo();
    for row in rows::ws("light.kitchen_lights") {
        let mut client = Ws::connect(&server.address);
        assert_eq!(client.next().unwrap()["type"], "auth_required");
        client.command(row.command.name, row.members);
        let answer = client.next().unwrap();
        assert_eq!(answer["type"], "auth_invalid", "{}", row.command.name);
        assert!(client.next().is_none(), "{} leaves the connection open", row.command.name);
    }
    assert!(commands().map(|command| command.name).collect::<BTreeSet<_>>().len() == commands().count());
}

#[test]
fn no_service_without_permission() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let services = owner.result("get_services", json!({}));
    let before = fingerprint(&mut owner);
    let (mut kitchen, mut reader) = (server.ws_as("kitchen"), server.ws_as("reader"));
    let mut n = 0;
    for (domain, by_name) in services.as_object().unwrap() {
        for (name, description) in by_name.as_object().unwrap() {
            let only_reads = rows::service_access(domain, name) == "entities:read";
            let answers = description["response"]["optional"] == false;
            let data = rows::service(domain, name, description, "light.bed_light");
            let call = json!({"domain": domain, "service": name, "service_data": data, "return_response": answers});
            // A service named after an entity that may not be read does not exist for that caller.
            let hidden = rows::service_access(domain, name).contains('.');
            let denied = |answer: &Value| {
                answer["error"]["message"] == "Unauthorized" || hidden && answer["error"]["code"] == "not_found"
            };
            let answer = kitchen.call("call_service", call.clone());
            if OPEN_SERVICES.iter().any(|(open, _)| *open == domain) {
                assert_eq!((rows::service_access(domain, name).as_str(), denied(&answer)), ("authenticated", false));
                continue;
            }
            assert!(denied(&answer), "kitchen {domain}.{name}: {answer}");
            let answer = reader.call("call_service", call);
            assert_eq!(denied(&answer), !only_reads, "reader {domain}.{name}: {answer}");
            let rest = server.send_as(
                "kitchen",
                "POST",
                &format!("/api/services/{domain}/{name}{}", if answers { "?return_response" } else { "" }),
                Some(&data),
            );
            assert_eq!(rest.status, if hidden { 400 } else { 401 }, "kitchen {domain}.{name}: {}", rest.text());
            n += 1;
        }
    }
    assert!(n > 100, "only {n} services");
    assert_eq!(fingerprint(&mut owner), before);
}
