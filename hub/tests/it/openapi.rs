//! The API's description is what the hub does: every answer fits it.

use std::collections::BTreeSet;

use management::{OPERATIONS, Operation};
use serde_json::{Value, json};

use crate::{
    cli::home,
    import::log_in,
    passkeys, rows,
    second_factor::{code, enrol, logged_in},
    support::{Answer, Server, Ws, authenticator::Authenticator, server::doorward},
};

/// A hub, what it says of itself, and what it has answered so far.
struct Described {
    server: Server,
    /// Whoever asks.
    token: String,
    whole: Value,
    /// Operations that were carried out.
    done: BTreeSet<&'static str>,
}

/// Tells whether a path is one of a template's.
fn fits(template: &str, path: &str) -> bool {
    let (parts, given): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    parts.len() == given.len() && parts.iter().zip(&given).all(|(part, given)| part.starts_with('{') || part == given)
}

impl Described {
    fn new() -> Self {
        let server = Server::demo();
        let token = server.token("owner");
        Self::of(server, token)
    }

    fn of(server: Server, token: String) -> Self {
        let whole = server.request("GET", "/api/doorward/openapi.json").token(&token).send().json();
        Self { server, token, whole, done: BTreeSet::new() }
    }

    /// Returns the description of a path's method.
    fn how(&self, method: &str, path: &str) -> &Value {
        let path = path.split('?').next().unwrap();
        let paths = self.whole["paths"].as_object().unwrap();
        // One that leaves nothing open counts before one that does.
        let mut found: Vec<_> = paths.iter().filter(|(template, _)| fits(template, path)).collect();
        found.sort_by_key(|(template, _)| template.matches('{').count());
        let (_, methods) = found.first().unwrap_or_else(|| panic!("{path} is not described"));
        &methods[method.to_lowercase()]
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        value["$ref"].as_str().map_or(value, |reference| self.whole.pointer(&reference[1..]).unwrap())
    }

    /// Returns what is wrong with a value, by a schema of the description.
    fn mistakes(&self, schema: &Value, value: &Value) -> Vec<String> {
        let schema = json!({"allOf": [schema], "components": self.whole["components"]});
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    /// Checks an answer's status, type and body.
    #[track_caller]
    fn check(&self, method: &str, path: &str, answer: &Answer) {
        let at = format!("{method} {path}");
        let responses = &self.how(method, path)["responses"];
        let response = self.resolved(&responses[answer.status.to_string()]);
        assert!(response.is_object(), "{at}: {} is not described: {}", answer.status, answer.text());
        let kind = answer.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap();
        let schema = &response["content"][kind]["schema"];
        assert!(!schema.is_null(), "{at}: {}: {kind} is not described", answer.status);
        let value = if kind == "application/json" { answer.json() } else { json!(answer.text()) };
        assert_eq!(self.mistakes(schema, &value), [""; 0], "{at}: {} {value}", answer.status);
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let request = self.server.request(method, path).token(&self.token);
        body.map_or_else(|| self.server.request(method, path).token(&self.token), |body| request.json(body)).send()
    }

    /// Asks for an operation; it must succeed. Returns the answer.
    #[track_caller]
    fn ask(&mut self, name: &str, members: Value) -> Value {
        let operation = Operation::find(name).unwrap();
        let Value::Object(mut members) = members else { panic!("no object") };
        let mut path = operation.path.to_owned();
        members.retain(|name, value| {
            let open = format!("{{{name}}}");
            let is_open = path.contains(&open);
            path = path.replace(&open, value.as_str().unwrap_or_default());
            !is_open
        });
        if operation.method == "GET" && !members.is_empty() {
            let pairs = members.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap()));
            path = format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"));
            members.clear();
        }
        let body = Value::Object(members);
        let body = (operation.method == "POST").then_some(&body);
        let answer = self.send(operation.method, &path, body);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        self.check(operation.method, &path, &answer);
        self.done.insert(operation.name);
        answer.json()
    }

    /// Asks for an operation that is refused, and checks what is said.
    #[track_caller]
    fn refused(&self, method: &str, path: &str, body: &Value, status: u16) {
        let answer = self.send(method, path, Some(body));
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        self.check(method, path, &answer);
    }
}

#[test]
fn every_operation_answers_as_described() {
    let mut hub = Described::new();
    let user = hub.ask("users/create", json!({"name": "Ann", "username": "ann", "password": "ann-pass"}));
    let id = user["id"].clone();
    let policy = json!({"entities": {"domains": {"light": true}, "except": {"entity_ids": {"light.bed_light": true}}}});
    hub.ask("groups/set", json!({"group_id": "described", "name": "Described", "policy": policy}));
    hub.ask(
        "groups/set_member",
        json!({"group_id": "described", "user_id": id, "from": "2020-01-01T00:00:00Z", "until": null,
            "schedule": {"time_zone": "Europe/Amsterdam", "windows": [{"days": ["mon"], "start": "08:00", "end": "24:00"}]}}),
    );
    hub.ask("groups/set_member", json!({"group_id": "described", "user_id": id}));
    hub.ask("groups/list", json!({}));
    let preview = hub.ask("groups/preview", json!({"group_id": "described", "policy": {"entities": true}}));
    assert_ne!(preview["users"], json!([]));
    hub.ask("policy/validate", json!({"policy": policy}));
    let wrong = hub.ask("policy/validate", json!({"policy": {"entities": {"domain": {"light": false}}}}));
    assert_eq!(wrong["valid"], false);
    let odd = hub.ask("policy/lint", json!({"policy": {"entities": {"entity_ids": {"light.none": true}}}}));
    assert_ne!(odd["findings"], json!([]));
    let question = |entity: &str, user: &Value| json!({"user_id": user, "entity_id": entity, "permission": "read"});
    for (entity, granted) in [("light.kitchen_lights", true), ("light.bed_light", false), ("lock.front_door", false)] {
        assert_eq!(hub.ask("policy/explain", question(entity, &id))["granted"], granted, "{entity}");
    }
    let owner =
        hub.ask("users/list", json!({})).as_array().unwrap().iter().find(|user| user["is_owner"] == true).cloned();
    hub.ask("policy/explain", question("lock.front_door", &owner.unwrap()["id"]));
    hub.ask("policy/who_can", json!({"entity_id": "light.kitchen_lights", "permission": "control"}));
    hub.ask("policy/what_can", json!({"user_id": id}));
    let draft = json!({"group_id": "none-yet", "policy": {"entities": {"all": {"read": true}}}, "user_ids": [id]});
    let drafted = hub.ask("policy/preview", draft);
    assert_eq!((&drafted["is_new"], &drafted["users"][0]["user_id"]), (&json!(true), &id), "{drafted}");
    let names = hub.ask("policy/names", json!({}));
    assert!(names["areas"].as_array().unwrap().iter().any(|area| area["id"] == "kitchen"), "{names}");
    let matrix = hub.ask("policy/matrix", json!({}));
    let (people, rooms) = (matrix["people"].as_array().unwrap(), matrix["rooms"].as_array().unwrap());
    assert!(people[0]["is_owner"] == true && rooms.iter().all(|room| room["may"][0]["edit"] == room["n_entities"]));
    let room = hub.ask("policy/room", json!({"area_id": "kitchen"}));
    assert_eq!(room["things"][0]["may"][0], json!(["read", "control", "edit"]), "{room}");
    hub.ask("policy/room", json!({}));
    hub.ask("attention/list", json!({}));
    hub.ask("users/update", json!({"user_id": id, "name": "Anna", "local_only": true}));
    hub.ask("users/set_password", json!({"user_id": id, "password": "other"}));
    hub.ask("tokens/create", json!({"user_id": id, "name": "phone", "lifespan_days": 1, "policy": policy}));
    let link = json!({"user_id": id, "issuer": "https://id.example", "subject": "ann"});
    let link = hub.ask("identities/link", link);
    hub.ask("identities/list", json!({}));
    hub.ask("identities/unlink", json!({"identity_id": link["id"]}));
    let tokens = hub.ask("tokens/list", json!({}));
    let token = tokens.as_array().unwrap().iter().find(|token| token["client_name"] == "phone").unwrap();
    hub.ask("tokens/revoke", json!({"token_id": token["id"]}));
    let account = hub.ask("service_accounts/create", json!({"name": "program"}));
    hub.ask("service_accounts/create_token", json!({"user_id": account["id"], "name": "key"}));
    assert!(log_in(&hub.server, "ann", "wrong").is_err());
    assert_ne!(hub.ask("logins/failures", json!({}))["users"], json!([]));
    hub.ask("logins/forgive", json!({"user_id": id}));
    hub.ask("audit/set", json!({"control": true}));
    hub.ask("audit/settings", json!({}));
    let found = hub.ask("audit/list", json!({"limit": "3"}));
    assert_eq!(found["records"].as_array().unwrap().len(), 3);
    hub.ask("audit/verify", json!({}));
    hub.ask("groups/remove_member", json!({"group_id": "described", "user_id": id}));
    hub.ask("groups/delete", json!({"group_id": "described"}));
    let mut kitchen = logged_in(&hub.server, "kitchen");
    enrol(&mut kitchen);
    let kitchen = kitchen.result("auth/current_user", json!({}))["id"].clone();
    hub.ask("users/remove_second_factor", json!({"user_id": kitchen}));
    hub.ask("users/delete", json!({"user_id": id}));
    hub.ask("bans/add", json!({"network": "203.0.113.0/24", "until": "2099-01-01T00:00:00Z", "reason": "x"}));
    assert_eq!(hub.ask("bans/list", json!({}))[0]["scope"], "everything");
    hub.ask("bans/remove", json!({"network": "203.0.113.0/24"}));
    hub.done.extend(passkeys_and_step_up());
    let missing: Vec<_> =
        OPERATIONS.iter().map(|operation| operation.name).filter(|name| !hub.done.contains(name)).collect();
    assert_eq!(missing, [""; 0], "these were not asked for");
    hub.refused("POST", "/api/doorward/groups/x", &json!({"policy": {"entities": 5}}), 400);
    hub.refused("POST", "/api/doorward/users/none", &json!({"name": "x"}), 404);
}

/// Asks for what concerns the caller's own second factor, which somebody has who logged in.
fn passkeys_and_step_up() -> BTreeSet<&'static str> {
    let dir = home("{}");
    let server = passkeys::serve(&dir);
    let token = log_in(&server, "ann", "secret").unwrap();
    let (secret, _) = enrol(&mut Ws::open(&server.address, &token));
    let mut hub = Described::of(server, token);
    let options = hub.ask("passkeys/register", json!({}));
    let mut passkey = Authenticator::new(passkeys::ORIGIN);
    let added = hub.ask("passkeys/add", json!({"name": "phone", "credential": passkey.create(&options)}));
    hub.ask("passkeys/list", json!({}));
    let asked = hub.ask("passkeys/challenge", json!({}));
    hub.ask("step_up/show", json!({"passkey": passkey.get(&asked)}));
    hub.ask("step_up/show", json!({"code": code(&secret, 1)}));
    hub.refused("POST", "/api/doorward/step_up", &json!({"code": "000000"}), 400);
    hub.ask("step_up/set", json!({"required": true, "minutes": 5}));
    assert!(hub.ask("step_up/status", json!({}))["shown_until"].is_string());
    hub.ask("passkeys/remove", json!({"passkey_id": added["id"]}));
    hub.done
}

/// Whatever everybody is answered on every route is described.
#[test]
fn every_route_answers_as_described() {
    let hub = Described::new();
    for row in rows::rest("light.kitchen_lights") {
        // Never ends; and what is for browsers.
        if row.route.path == "/api/stream" || row.route.is_page() {
            continue;
        }
        for user in ["owner", "admin", "kitchen"] {
            let answer = hub.server.send_as(user, row.route.method, &row.path, row.body.as_ref());
            hub.check(row.route.method, &row.path, &answer);
        }
        let answer = hub.server.request(row.route.method, &row.path).send();
        hub.check(row.route.method, &row.path, &answer);
    }
}

/// What stands where nothing is read is refused, not passed over.
#[test]
fn members_in_the_wrong_place_are_refused() {
    let hub = Described::new();
    let wish = json!({"user_id": "none", "name": "x"});
    let answer = hub.send("POST", "/api/doorward/tokens?rate_limit=1", Some(&wish));
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("`rate_limit` stands in the query"), "{}", answer.text());
    let answer = hub.send("GET", "/api/doorward/users", Some(&json!({})));
    assert_eq!(answer.status, 400);
    assert_eq!(hub.send("GET", "/api/doorward/users", None).status, 200);
}

/// What is not described is refused: the schemas are of what is read.
#[test]
fn members_that_are_not_described_are_refused() {
    let hub = Described::new();
    for row in rows::rest("light.kitchen_lights") {
        let Some(operation) = OPERATIONS.iter().find(|o| (o.method, o.path) == (row.route.method, row.route.path))
        else {
            continue;
        };
        let schemas = operation.schemas();
        assert_eq!(schemas.request.get("additionalProperties"), Some(&json!(false)), "{}", operation.name);
        let (path, body) = if operation.method == "GET" {
            let mark = if row.path.contains('?') { '&' } else { '?' };
            (format!("{}{mark}undescribed=1", row.path), None)
        } else {
            let mut body = row.body.clone().unwrap_or_else(|| json!({}));
            body["undescribed"] = json!(1);
            (row.path.clone(), Some(body))
        };
        let answer = hub.server.send_as("owner", operation.method, &path, body.as_ref());
        assert_eq!(answer.status, 400, "{}: {}", operation.name, answer.text());
        assert!(answer.text().contains("undescribed"), "{}: {}", operation.name, answer.text());
    }
}

#[test]
fn the_command_line_prints_the_same() {
    let hub = Described::new();
    let printed = doorward(&["openapi"]);
    assert!(printed.status.success());
    assert_eq!(serde_json::from_slice::<Value>(&printed.stdout).unwrap(), hub.whole);
}
