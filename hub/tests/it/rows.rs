//! One honest request for every route, command and service there is. What is registered and has none fails the tests.
//!
//! Requests name things that do not exist where doing it would change something, so that whoever passes the gate finds
//! nothing there.

use std::collections::BTreeMap;

use http_adapter::{Route, routes};
use management::{OPERATIONS, Operation};
use serde_json::{Value, json};
use ws_adapter::{Command, commands};

/// A path that fits a route, and a body.
pub(crate) struct RestRow {
    pub(crate) route: &'static Route,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
}

/// The members of a command besides id and type.
pub(crate) struct WsRow {
    pub(crate) command: &'static Command,
    pub(crate) members: Value,
}

/// A moment before anything was recorded.
const LONG_AGO: &str = "2026-01-01T00:00:00Z";

/// Returns a request for every route; `entity` stands where a path names one.
pub(crate) fn rest(entity: &str) -> Vec<RestRow> {
    let rows = routes().map(|route| {
        let (params, body): (&[(&str, &str)], _) = match (route.method, route.path) {
            (
                _,
                "/auth/providers" | "/.well-known/oauth-authorization-server" | "/.well-known/oauth-protected-resource",
            )
            | ("GET", "/api/onboarding") => (&[], None),
            ("GET", "/auth/external/callback" | "/auth/oidc") => (&[], None),
            ("GET", "/static/{*file}" | "/frontend_latest/{*file}" | "/frontend_es5/{*file}") => {
                (&[("*file", "none")], None)
            }
            (
                "GET",
                "/"
                | "/auth/authorize"
                | "/onboarding.html"
                | "/manifest.json"
                | "/service_worker.js"
                | "/sw-modern.js"
                | "/sw-legacy.js"
                | "/robots.txt"
                | "/.well-known/change-password"
                | "/developer-tools"
                | "/config/developer-tools",
            ) => (&[], None),
            ("GET", "/developer-tools/{*rest}" | "/config/developer-tools/{*rest}") => (&[("*rest", "state")], None),
            ("GET", "/api/brands/integration/{domain}/{image}") => (&[("domain", "mqtt"), ("image", "icon.png")], None),
            ("GET", path) if is_page(path) => (&[("*rest", "none")], None),
            ("GET", "/auth/oidc/{provider}/start" | "/auth/oidc/{provider}/callback") => {
                (&[("provider", "none")], None)
            }
            ("POST", "/auth/login_flow") => (&[], Some(json!({}))),
            ("POST", "/auth/login_flow/{flow_id}") => (&[("flow_id", "none")], Some(json!({"client_id": "x"}))),
            (_, "/auth/login_flow/{flow_id}") => (&[("flow_id", "none")], None),
            ("POST", "/auth/token" | "/auth/revoke") => (&[], None),
            ("POST", "/api/onboarding/users") => (&[], Some(json!({}))),
            (
                "GET",
                "/api/" | "/api/config" | "/api/components" | "/api/core/state" | "/api/states" | "/api/services",
            )
            | ("GET", "/api/events" | "/api/calendars" | "/api/config/config_entries/entry")
            | ("GET", "/api/config/config_entries/flow_handlers")
            | (
                "GET",
                "/api/doorward/health"
                | "/api/doorward/metrics"
                | "/api/doorward/backup"
                | "/api/doorward/openapi.json",
            )
            | ("POST", "/api/config/core/check_config") => (&[], None),
            ("GET", "/api/states/{entity_id}" | "/api/calendars/{entity_id}") => (&[("entity_id", entity)], None),
            ("POST", "/api/states/{entity_id}") => (&[("entity_id", entity)], Some(json!({"attributes": {}}))),
            ("DELETE", "/api/states/{entity_id}") => (&[("entity_id", "sensor.matrix_none")], None),
            ("POST", "/api/services/{domain}/{service}") => {
                (&[("domain", "light"), ("service", "turn_off")], Some(json!({"entity_id": entity})))
            }
            ("POST", "/api/events/{event_type}") => (&[("event_type", "matrix")], Some(json!([]))),
            // Never ends for whoever may read it; a type that nobody fires keeps it silent.
            ("GET", "/api/stream") => (&[], None),
            ("POST", "/api/template") => (&[], Some(json!({"template": "{{ 1 }}"}))),
            ("DELETE", "/api/config/config_entries/entry/{entry_id}") => (&[("entry_id", "none")], None),
            (
                "POST",
                "/api/config/config_entries/entry/{entry_id}/reload" | "/api/doorward/entry/{entry_id}/reauth",
            ) => (&[("entry_id", "none")], None),
            ("POST", "/api/config/config_entries/flow" | "/api/config/config_entries/options/flow") => {
                (&[], Some(json!({"handler": "none"})))
            }
            ("POST", "/api/config/config_entries/subentries/flow") => (&[], Some(json!({"handler": ["none", "x"]}))),
            (
                "GET" | "POST" | "DELETE",
                "/api/config/config_entries/flow/{flow_id}"
                | "/api/config/config_entries/options/flow/{flow_id}"
                | "/api/config/config_entries/subentries/flow/{flow_id}",
            ) => (&[("flow_id", "none")], None),
            ("GET", "/api/history/period" | "/api/history/period/{start}") => {
                let path = format!("{}?filter_entity_id={entity}", route.path.replace("{start}", LONG_AGO));
                return RestRow { route, path, body: None };
            }
            ("GET", "/api/logbook" | "/api/logbook/{start}") => (&[("start", LONG_AGO)], None),
            (method, path) => {
                let operation = OPERATIONS.iter().find(|o| (o.method, o.path) == (method, path));
                let operation = operation.unwrap_or_else(|| panic!("{method} {path} has no row in the matrix"));
                return operation_row(route, operation, entity);
            }
        };
        let path = params
            .iter()
            .fold(route.path.to_owned(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value));
        RestRow { route, path, body }
    });
    rows.collect()
}

/// Tells whether a path is a panel's, or below one's.
pub(crate) fn is_page(path: &str) -> bool {
    let panel = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    frontend::PANELS.iter().any(|known| known.url_path == panel)
}

/// Returns the members of an honest request of an operation. What it names does not exist where it would change something.
fn operation_members(operation: &Operation, entity: &str) -> Value {
    let policy = json!({"entities": {}});
    let user = json!({"user_id": "none"});
    match operation.name {
        "users/list" | "groups/list" | "tokens/list" | "logins/failures" | "audit/list" | "audit/verify"
        | "audit/settings" | "audit/set" | "step_up/status" | "bans/list" | "passkeys/list" | "passkeys/register"
        | "passkeys/challenge" | "identities/list" | "policy/names" | "policy/matrix" | "policy/room"
        | "attention/list" => {
            json!({})
        }
        "users/create" | "service_accounts/create" => json!({"name": "x", "group_ids": ["none"]}),
        "users/update" | "users/delete" | "users/remove_second_factor" | "policy/what_can" => user,
        "users/set_password" => json!({"user_id": "none", "password": "x"}),
        "groups/set" => json!({"group_id": "system-users", "policy": policy}),
        "groups/delete" => json!({"group_id": "none"}),
        "groups/preview" => json!({"group_id": "none", "policy": policy}),
        "groups/set_member" | "groups/remove_member" => json!({"group_id": "none", "user_id": "none"}),
        "policy/preview" => json!({"group_id": "none", "policy": policy, "user_ids": ["none"]}),
        "policy/validate" | "policy/lint" => json!({"policy": policy}),
        "policy/explain" => json!({"user_id": "none", "entity_id": entity, "permission": "read"}),
        "policy/who_can" => json!({"entity_id": entity, "permission": "read"}),
        "tokens/create" | "service_accounts/create_token" => json!({"user_id": "none", "name": "x"}),
        "tokens/revoke" => json!({"token_id": "none"}),
        "bans/add" => json!({"network": "127.0.0.0/8"}),
        "bans/remove" => json!({"network": "203.0.113.9"}),
        "passkeys/add" => json!({"name": "x", "credential": {}}),
        "passkeys/remove" => json!({"passkey_id": "none"}),
        "step_up/show" => json!({"code": "000000"}),
        // Only whoever has a second factor may ask for it.
        "step_up/set" => json!({"required": true}),
        "identities/link" => json!({"user_id": "none", "issuer": "https://none.example", "subject": "x"}),
        "identities/unlink" => json!({"identity_id": "none"}),
        "logins/forgive" => json!({"user_id": "none"}),
        name => panic!("operation `{name}` has no row in the matrix"),
    }
}

/// Returns the same request over REST.
fn operation_row(route: &'static Route, operation: &Operation, entity: &str) -> RestRow {
    let Value::Object(mut members) = operation_members(operation, entity) else { panic!("no object") };
    let mut path = route.path.to_owned();
    members.retain(|name, value| {
        let open = format!("{{{name}}}");
        let is_in_path = path.contains(&open);
        path = path.replace(&open, value.as_str().unwrap_or_default());
        !is_in_path
    });
    if route.method != "GET" {
        return RestRow { route, path, body: Some(Value::Object(members)) };
    }
    let pairs: Vec<_> = members.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap())).collect();
    let path = if pairs.is_empty() { path } else { format!("{path}?{}", pairs.join("&")) };
    RestRow { route, path, body: None }
}

/// Returns a request for every command; `entity` stands where one names an entity.
pub(crate) fn ws(entity: &str) -> Vec<WsRow> {
    let nobody = json!({"user_id": "none"});
    let rows = commands().map(|command| {
        let members = match command.name {
            "ping"
            | "get_states"
            | "get_config"
            | "get_services"
            | "get_panels"
            | "entity/source"
            | "integration/setup_info"
            | "subscribe_bootstrap_integrations"
            | "auth/current_user"
            | "auth/refresh_tokens"
            | "config/auth/list"
            | "person/list"
            | "config/entity_registry/list"
            | "config/entity_registry/list_for_display"
            | "config/device_registry/list"
            | "config/area_registry/list"
            | "config/floor_registry/list"
            | "config/label_registry/list"
            | "config_entries/get"
            | "config_entries/subscribe"
            | "config_entries/flow/progress"
            | "config_entries/flow/subscribe"
            | "application_credentials/config"
            | "application_credentials/list"
            | "repairs/list_issues"
            | "manifest/list"
            | "subscribe_entities"
            | "config/core/update" => json!({}),
            "call_service" => {
                json!({"domain": "light", "service": "turn_off", "service_data": {"entity_id": entity}})
            }
            "subscribe_events" => json!({"event_type": "matrix"}),
            "unsubscribe_events" => json!({"subscription": 99_999}),
            "fire_event" => json!({"event_type": "m".repeat(65)}),
            "render_template" => json!({"template": "{{ 1 }}"}),
            "supported_features" => json!({"features": {}}),
            "manifest/get" => json!({"integration": "none"}),
            "slugify" => json!({"text": "A b"}),
            "extract_from_target" => json!({"target": {"entity_id": [entity]}}),
            "auth/delete_refresh_token" => json!({"refresh_token_id": "none"}),
            "auth/delete_all_refresh_tokens" => json!({"token_type": "none"}),
            "auth/refresh_token_set_expiry" => json!({"refresh_token_id": "none", "enable_expiry": true}),
            "auth/long_lived_access_token" => json!({"client_name": "", "lifespan": 1}),
            "auth/setup_mfa" => json!({"flow_id": "none", "user_input": {"code": "000000"}}),
            "auth/depose_mfa" => json!({"mfa_module_id": "none"}),
            "doorward/recovery_codes/renew" => json!({}),
            "auth/sign_path" => json!({"path": "/api/"}),
            "config/auth/create" => json!({"name": "x", "group_ids": ["none"]}),
            "config/auth/update" | "config/auth/delete" => nobody.clone(),
            "config/auth_provider/homeassistant/create" => {
                json!({"user_id": "none", "username": "x", "password": "x"})
            }
            "config/auth_provider/homeassistant/delete" => json!({"username": "none"}),
            "config/auth_provider/homeassistant/change_password" => {
                json!({"current_password": "wrong", "new_password": "x"})
            }
            "config/auth_provider/homeassistant/admin_change_password" => json!({"user_id": "none", "password": "x"}),
            "config/auth_provider/homeassistant/admin_change_username" => json!({"user_id": "none", "username": "x"}),
            "config/entity_registry/get" => json!({"entity_id": entity}),
            "config/entity_registry/get_entries" => json!({"entity_ids": [entity]}),
            // Nothing is changed: everybody who may is told what there is.
            "config/entity_registry/update" => json!({"entity_id": entity}),
            "config/entity_registry/remove" => json!({"entity_id": "light.none"}),
            "config/device_registry/list_linked_devices"
            | "config/device_registry/update"
            | "config/device_registry/remove" => json!({"device_id": "none"}),
            "config/area_registry/create" | "config/floor_registry/create" | "config/label_registry/create" => {
                json!({"name": ""})
            }
            "config/area_registry/update" | "config/area_registry/delete" => json!({"area_id": "none"}),
            "config/area_registry/reorder" => json!({"area_ids": []}),
            "config/floor_registry/update" | "config/floor_registry/delete" => json!({"floor_id": "none"}),
            "config/floor_registry/reorder" => json!({"floor_ids": []}),
            "config/label_registry/update" | "config/label_registry/delete" => json!({"label_id": "none"}),
            "config_entries/get_single" | "config_entries/update" => json!({"entry_id": "none"}),
            "config_entries/disable" => json!({"entry_id": "none", "disabled_by": "user"}),
            "config_entries/subentries/list" => json!({"entry_id": "none"}),
            "config_entries/subentries/update" | "config_entries/subentries/delete" => {
                json!({"entry_id": "none", "subentry_id": "none"})
            }
            "config_entries/ignore_flow" => json!({"flow_id": "none", "title": "x"}),
            "application_credentials/config_entry" => json!({"config_entry_id": "none"}),
            "application_credentials/create" => {
                json!({"domain": "none", "client_id": "x", "client_secret": "x"})
            }
            "application_credentials/delete" => json!({"application_credentials_id": "none"}),
            "repairs/get_issue_data" => json!({"domain": "none", "issue_id": "none"}),
            "repairs/ignore_issue" => json!({"domain": "none", "issue_id": "none", "ignore": true}),
            "frontend/get_translations" => json!({"language": "en", "category": "config"}),
            "integration/descriptions"
            | "persistent_notification/get"
            | "persistent_notification/subscribe"
            | "frontend/get_version"
            | "frontend/get_themes"
            | "frontend/get_user_data"
            | "frontend/subscribe_user_data"
            | "brands/access_token"
            | "homeassistant/expose_entity/list"
            | "logger/log_info"
            | "trace/contexts"
            | "lovelace/info"
            | "lovelace/config"
            | "lovelace/resources"
            | "lovelace/dashboards/list" => json!({}),
            "subscribe_condition" => {
                json!({"condition": {"condition": "state", "entity_id": entity, "state": "on"}})
            }
            "integration/wait" => json!({"domain": "light"}),
            "person/create" => json!({"name": " "}),
            "person/update" | "person/delete" => json!({"person_id": "none"}),
            "search/related" => json!({"item_type": "entity", "item_id": entity}),
            "frontend/get_icons" => json!({"category": "entity_component"}),
            // For nothing: nothing changes.
            "frontend/set_user_data" | "frontend/set_system_data" => json!({"key": "matrix", "value": null}),
            "frontend/get_system_data" | "frontend/subscribe_system_data" => json!({"key": "home"}),
            "config/category_registry/list" => json!({"scope": "automation"}),
            "labs/subscribe" => json!({"domain": "frontend", "preview_feature": "none"}),
            "doorward/audit/subscribe" => json!({}),
            "history/history_during_period" | "history/stream" | "logbook/get_events" | "logbook/event_stream" => {
                json!({"start_time": LONG_AGO, "entity_ids": [entity]})
            }
            "recorder/info" | "recorder/get_statistics_metadata" => json!({}),
            "recorder/statistics_during_period" => {
                json!({"start_time": LONG_AGO, "statistic_ids": [entity], "period": "hour"})
            }
            name => match OPERATIONS.iter().find(|operation| operation.command == name) {
                Some(operation) => operation_members(operation, entity),
                None => panic!("command `{name}` has no row in the matrix"),
            },
        };
        WsRow { command, members }
    });
    rows.collect()
}

/// Returns who may call a service, as it was declared: by the components, or for a script by its own entity.
pub(crate) fn service_access(domain: &str, service: &str) -> String {
    let specs = components::specs();
    match specs.iter().find(|spec| spec.domain == domain && spec.name == service) {
        Some(spec) => spec.access.to_string(),
        None if domain == "script" => format!("script.{service}:control"),
        None if domain == "persistent_notification" => "authenticated".to_owned(),
        // They change what entries depend on.
        None if domain == "demo_bridge" => "admin".to_owned(),
        None => panic!("service {domain}.{service} has no row in the matrix"),
    }
}

/// Returns data for a service with a target, such that it passes the service's schema.
pub(crate) fn service(domain: &str, service: &str, description: &Value, entity: &str) -> Value {
    let mut data = BTreeMap::new();
    if description.get("target").is_some() {
        data.insert("entity_id".to_owned(), json!(entity));
    }
    for (name, field) in description["fields"].as_object().unwrap() {
        if field.get("required") == Some(&json!(true)) {
            let selector = field["selector"].as_object().unwrap();
            let value = match selector.keys().next().map(String::as_str) {
                Some("number") => selector["number"]["min"].clone(),
                Some("boolean") => json!(true),
                Some("select") => selector["select"]["options"][0].clone(),
                Some("text") if selector["text"].get("multiple").is_some() => json!(["x"]),
                Some("text") => json!("x"),
                Some("object") => json!({}),
                other => panic!("{domain}.{service}: no value for {name} of kind {other:?}"),
            };
            data.insert(name.clone(), value);
        }
    }
    json!(data)
}
