//! Reading: first answers.

use http_adapter::routes;
use serde_json::{Value, json};
use ws_adapter::{Access, commands};

use super::{House, OWN};
use crate::support::Answer;

/// A denied entity, and one of the same shape that is not there.
const DENIED: &str = "lock.front_door";
const ABSENT: &str = "lock.front_doom";

const USERS: [&str; 2] = ["kitchen", "nobody"];

/// Every command with what a caller would send to learn more than they may. A command that is missing here fails.
fn arguments(command: &str, house: &House) -> Vec<Value> {
    let mut owner = house.ws("owner");
    let device = owner.result("config/entity_registry/get", json!({"entity_id": DENIED}))["device_id"].clone();
    let entry = "0123456789abcdef0123456789abcdef";
    match command {
        "ping"
        | "get_states"
        | "entity/source"
        | "get_config"
        | "get_services"
        | "get_panels"
        | "auth/current_user"
        | "auth/refresh_tokens"
        | "person/list"
        | "subscribe_bootstrap_integrations"
        | "config/entity_registry/list"
        | "config/entity_registry/list_for_display"
        | "config/device_registry/list"
        | "config/area_registry/list"
        | "config/floor_registry/list"
        | "config/label_registry/list"
        | "integration/setup_info"
        | "config/auth/list"
        | "application_credentials/config"
        | "application_credentials/list"
        | "repairs/list_issues"
        | "recorder/info"
        | "config_entries/flow/progress"
        | "config_entries/flow/subscribe"
        | "integration/descriptions"
        | "persistent_notification/get"
        | "persistent_notification/subscribe"
        | "frontend/get_version"
        | "frontend/get_themes"
        | "brands/access_token"
        | "homeassistant/expose_entity/list"
        | "logger/log_info"
        | "trace/contexts"
        | "lovelace/info"
        | "lovelace/config"
        | "lovelace/resources"
        | "lovelace/dashboards/list" => vec![json!({})],
        "subscribe_condition" => [
            json!({"condition": "state", "entity_id": DENIED, "state": "locked"}),
            json!({"condition": "not", "conditions": [{"condition": "state", "entity_id": DENIED, "state": "locked"}]}),
            json!({"condition": "state", "entity_id": [OWN, DENIED], "state": "on", "match": "any"}),
            json!({"condition": "numeric_state", "entity_id": DENIED, "attribute": "changed_by", "above": 0}),
            json!({"condition": "state", "entity_id": "light.downstairs", "attribute": "entity_id", "state": "x"}),
            json!({"condition": "template", "value_template": "{{ states('lock.front_door') }}"}),
        ]
        .map(|condition| json!({"condition": condition}))
        .to_vec(),
        "integration/wait" => vec![json!({"domain": "lock"}), json!({"domain": "demo"})],
        "person/create" => vec![json!({"name": "mine"})],
        "person/update" | "person/delete" => vec![json!({"person_id": "owner"})],
        "search/related" => [
            ("entity", DENIED),
            ("entity", OWN),
            ("device", device.as_str().unwrap_or_default()),
            ("area", "hall"),
            ("area", "kitchen"),
            ("floor", "ground_floor"),
            ("label", "security"),
            ("integration", "demo"),
            ("config_entry", entry),
            ("group", "light.downstairs"),
        ]
        .map(|(kind, id)| json!({"item_type": kind, "item_id": id}))
        .to_vec(),
        "frontend/get_icons" => ["entity", "entity_component", "services"]
            .map(|category| json!({"category": category, "integration": ["lock", "demo", "light"]}))
            .to_vec(),
        "frontend/get_user_data" | "frontend/subscribe_user_data" => vec![json!({}), json!({"key": "core"})],
        "frontend/set_user_data" | "frontend/set_system_data" => vec![json!({"key": "mine", "value": null})],
        "frontend/get_system_data" | "frontend/subscribe_system_data" => {
            ["core", "home", "security"].map(|key| json!({"key": key})).to_vec()
        }
        "config/category_registry/list" => vec![json!({"scope": "automation"})],
        "labs/subscribe" => vec![json!({"domain": "frontend", "preview_feature": "x"})],
        "config_entries/subentries/list" => vec![json!({"entry_id": entry})],
        "config_entries/subentries/update" | "config_entries/subentries/delete" => {
            vec![json!({"entry_id": entry, "subentry_id": entry})]
        }
        "config_entries/ignore_flow" => vec![json!({"flow_id": entry, "title": "mine"})],
        "application_credentials/config_entry" => vec![json!({"config_entry_id": entry})],
        "application_credentials/create" => {
            vec![json!({"domain": "rest_oauth", "client_id": "x", "client_secret": "x"})]
        }
        "application_credentials/delete" => vec![json!({"application_credentials_id": entry})],
        "repairs/get_issue_data" => vec![json!({"domain": "homeassistant", "issue_id": "x"})],
        "repairs/ignore_issue" => vec![json!({"domain": "homeassistant", "issue_id": "x", "ignore": true})],
        "frontend/get_translations" => ["title", "config", "options", "issues", "entity", "entity_component"]
            .map(|category| json!({"language": "en", "category": category, "config_flow": true}))
            .to_vec(),
        "call_service" => ["light.turn_on", "lock.unlock", "script.good_night", "homeassistant.turn_on", "no.such"]
            .iter()
            .flat_map(|name| {
                let (domain, service) = name.split_once('.').unwrap();
                let call = json!({"domain": domain, "service": service});
                let with = |target: Value| {
                    let mut call = call.clone();
                    call["target"] = target;
                    call
                };
                [call.clone(), with(json!({"entity_id": DENIED})), with(json!({"area_id": "hall"}))]
            })
            .collect(),
        "subscribe_entities" => vec![
            json!({}),
            json!({"entity_ids": [DENIED, OWN]}),
            json!({"entity_ids": "all"}),
            json!({"include": {"domains": ["lock", "light"], "entity_globs": ["*"], "entities": [DENIED]}}),
            json!({"exclude": {"entities": [OWN]}}),
        ],
        "subscribe_events" => {
            let types = service_bus::NON_ADMIN_EVENTS.iter().map(|name| json!({"event_type": name}));
            types.chain([json!({}), json!({"event_type": "*"}), json!({"event_type": "call_service"})]).collect()
        }
        "unsubscribe_events" => vec![json!({"subscription": 1})],
        "render_template" => TEMPLATES.iter().map(|t| json!({"template": t, "report_errors": true})).collect(),
        "supported_features" => vec![json!({"features": {}})],
        "manifest/list" => vec![json!({}), json!({"integrations": ["lock", "demo", "light"]})],
        "manifest/get" => vec![json!({"integration": "lock"}), json!({"integration": "demo"})],
        "slugify" => vec![json!({"text": "states('x')"})],
        "extract_from_target" => vec![
            json!({"target": {"entity_id": [DENIED, "light.downstairs"], "area_id": "hall"}, "expand_group": true}),
            json!({"target": {"device_id": device}}),
            json!({"target": {"floor_id": ["ground_floor", "upper_floor"], "label_id": ["security", "night_light"]}}),
            json!({"target": {"entity_id": "all"}}),
        ],
        "auth/delete_refresh_token" => vec![json!({"refresh_token_id": entry})],
        "auth/delete_all_refresh_tokens" => {
            vec![json!({"token_type": "long_lived_access_token", "delete_current_token": false})]
        }
        "auth/refresh_token_set_expiry" => vec![json!({"refresh_token_id": entry, "enable_expiry": true})],
        "auth/long_lived_access_token" => vec![json!({"lifespan": 4_294_967_295_u32, "client_name": "x"})],
        "auth/sign_path" => vec![json!({"path": "/api/states/lock.front_door", "expires": 4_294_967_295_u32})],
        "config/auth_provider/homeassistant/change_password" => {
            vec![json!({"current_password": "wrong", "new_password": "also wrong"})]
        }
        "config/entity_registry/get" => {
            vec![json!({"entity_id": OWN}), json!({"entity_id": DENIED}), json!({"entity_id": "LOCK.front_door"})]
        }
        "config/entity_registry/get_entries" => vec![json!({"entity_ids": [OWN, DENIED, "light.downstairs"]})],
        "config/entity_registry/update" => vec![
            json!({"entity_id": DENIED, "name": "mine"}),
            json!({"entity_id": DENIED}),
            json!({"entity_id": OWN, "name": "mine"}),
            json!({"entity_id": OWN, "area_id": "hall"}),
        ],
        "config_entries/get" => vec![json!({}), json!({"domain": "demo"}), json!({"type_filter": ["hub"]})],
        "config_entries/subscribe" => vec![json!({}), json!({"type_filter": "hub"})],
        "fire_event" => vec![json!({"event_type": "x"})],
        "config/core/update" => vec![json!({"location_name": "mine"})],
        "config/auth/create" => vec![json!({"name": "me too", "group_ids": ["system-admin"]})],
        "config/auth/update" => vec![json!({"user_id": entry, "group_ids": ["system-admin"]})],
        "config/auth/delete" => vec![json!({"user_id": entry})],
        "config/auth_provider/homeassistant/create" => {
            vec![json!({"user_id": entry, "username": "x", "password": "y"})]
        }
        "config/auth_provider/homeassistant/delete" => vec![json!({"username": "owner"})],
        "config/auth_provider/homeassistant/admin_change_password" => {
            vec![json!({"user_id": entry, "password": "y"})]
        }
        "config/auth_provider/homeassistant/admin_change_username" => {
            vec![json!({"user_id": entry, "username": "y"})]
        }
        "config/entity_registry/remove" => vec![json!({"entity_id": DENIED})],
        "config/device_registry/list_linked_devices"
        | "config/device_registry/update"
        | "config/device_registry/remove" => vec![json!({"device_id": device})],
        "config/area_registry/create" | "config/floor_registry/create" | "config/label_registry/create" => {
            vec![json!({"name": "mine"})]
        }
        "config/area_registry/update" | "config/area_registry/delete" => vec![json!({"area_id": "hall"})],
        "config/area_registry/reorder" => vec![json!({"area_ids": ["hall"]})],
        "config/floor_registry/update" | "config/floor_registry/delete" => vec![json!({"floor_id": "upper_floor"})],
        "config/floor_registry/reorder" => vec![json!({"floor_ids": []})],
        "config/label_registry/update" | "config/label_registry/delete" => vec![json!({"label_id": "security"})],
        "config_entries/get_single" | "config_entries/update" | "config_entries/disable" => {
            vec![json!({"entry_id": entry})]
        }
        "auth/setup_mfa" => {
            vec![json!({"mfa_module_id": "totp"}), json!({"flow_id": entry, "user_input": {"code": "1"}})]
        }
        "auth/depose_mfa" => vec![json!({"mfa_module_id": "totp"})],
        "history/history_during_period" | "history/stream" => ["2020-01-01T00:00:00Z", "2020-01-01"]
            .into_iter()
            .map(|start| json!({"start_time": start, "entity_ids": [OWN, DENIED, ABSENT], "significant_changes_only": false}))
            .collect(),
        "logbook/get_events" | "logbook/event_stream" => vec![
            json!({"start_time": "2020-01-01T00:00:00Z"}),
            json!({"start_time": "2020-01-01T00:00:00Z", "entity_ids": []}),
            json!({"start_time": "2020-01-01T00:00:00Z", "entity_ids": [DENIED, OWN], "device_ids": [device]}),
            json!({"start_time": "2020-01-01T00:00:00Z", "device_ids": [device]}),
        ],
        "recorder/get_statistics_metadata" => vec![json!({}), json!({"statistic_ids": ["sensor.living_room_temperature"]})],
        "recorder/statistics_during_period" => vec![json!({
            "start_time": "2020-01-01T00:00:00Z", "statistic_ids": ["sensor.living_room_temperature"], "period": "hour",
        })],
        // Administrators' alone: refused whatever is asked.
        own if own.starts_with("doorward/") => {
            vec![json!({}), json!({"entity_id": DENIED, "user_id": entry, "permission": "read"})]
        }
        other => panic!("{other} is new: say here what a curious caller sends"),
    }
}

const TEMPLATES: &[&str] = &[
    "{{ states | map(attribute='entity_id') | list }}",
    "{{ states | list }}",
    "{{ states.lock | list }}{{ states.light | list }}",
    "{{ states.lock | map(attribute='name') | list }} {{ states.lock | count }}",
    "{% for s in states %}{{ s.entity_id }} {{ s.name }} {{ s.state }} {{ s.attributes }} {{ s.context }};{% endfor %}",
    "{{ states('lock.front_door') }} {{ state_attr('lock.front_door', 'friendly_name') }}",
    "{{ states.lock.front_door }} {{ states['lock.front_door'] }} {{ states.lock['front_door'].attributes }}",
    "{{ is_state('lock.front_door', 'locked') }} {{ has_value('lock.front_door') }}",
    "{{ expand('light.downstairs', 'group.family', 'group.all_outlets') | map(attribute='entity_id') | list }}",
    "{{ expand(states.group) | list }} {{ expand('light.kitchen_lights') | list }}",
    "{{ areas() }} {{ floors() }} {{ labels() }}",
    "{% for a in ['hall', 'kitchen', 'bedroom'] %}{{ area_entities(a) }}{{ area_devices(a) }}{{ area_name(a) }}{% endfor %}",
    "{{ area_id('lock.front_door') }} {{ area_name('lock.front_door') }} {{ area_id('Hall') }}",
    "{{ device_id('lock.front_door') }} {{ device_id('Front Door') }} {{ device_attr('lock.front_door', 'name') }}",
    "{{ device_attr(device_id('light.kitchen_lights'), 'area_id') }} {{ device_entities(device_id('light.kitchen_lights')) }}",
    "{{ integration_entities('demo') }}",
    "{{ label_entities('security') }} {{ label_devices('security') }} {{ label_areas('security') }} {{ labels('lock.front_door') }}",
    "{{ floor_entities('ground_floor') }} {{ floor_areas('ground_floor') }} {{ floor_areas('upper_floor') }} {{ floor_name('upper_floor') }}",
    "{{ states('lock.front_door') | int }}",
    "{{ int(states('sensor.living_room_temperature')) }} {{ states.sensor.living_room_temperature.state + 1 }}",
    "{{ states('light.kitchen_lights') | float }}",
    "{{ closest(states) }} {{ distance('zone.home') }}",
    "{{ states.lock.front_door.last_changed }} {{ states.light.kitchen_lights.context.user_id }}",
    "{{ is_hidden_entity('lock.gun_safe') }} {{ config_entry_id('lock.front_door') }}",
    "{{ state_attr('light.downstairs', 'entity_id') }}",
    "{{ this }} {{ self }} {{ states.__class__ }} {{ states|attr('__dict__') }}",
];

fn whole(answer: &Answer) -> String {
    // The one header whose words are like the home's.
    let head: Vec<_> =
        answer.head.lines().filter(|line| !line.to_lowercase().starts_with("content-security-policy")).collect();
    format!("{}\n{}", head.join("\n"), answer.text())
}

/// Sends one command on a connection of its own and returns everything that came of it.
fn transcript(house: &House, user: &str, command: &str, arguments: Value) -> String {
    let mut ws = house.ws(user);
    let id = ws.command(command, arguments);
    if command == "render_template" {
        // Its result and its event come when it is rendered.
        ws.answer(id);
        _ = house.server.send_as("owner", "POST", "/api/events/themes_updated", Some(&json!({})));
        let marker = ws.command("subscribe_events", json!({"event_type": "themes_updated"}));
        ws.answer(marker);
    } else if command != "ping" {
        ws.answer(id);
    }
    ws.drain();
    ws.drain();
    ws.transcript()
}

#[test]
fn a_every_command_answers_with_the_callers_rights() {
    let house = House::shared();
    for command in commands() {
        for arguments in arguments(command.name, &house) {
            for user in USERS {
                let received = transcript(&house, user, command.name, arguments.clone());
                // A refusal may say the name of what was called.
                let asked = arguments.to_string().replace(r#"","service":""#, ".");
                if command.name == "get_panels" {
                    // Words of the frontend, one of which is a label here: the very ones of any home.
                    let panels = frontend::PANELS.iter().filter(|panel| !panel.is_admin);
                    let panels: serde_json::Map<_, _> = panels.map(|p| (p.url_path.to_owned(), p.to_wire())).collect();
                    assert!(received.contains(&Value::Object(panels).to_string()), "{user}: {received}");
                    continue;
                }
                house.check(user, &format!("{} {asked}", command.name), &received);
                if matches!(command.access, Access::Admin | Access::Owner) {
                    assert!(received.contains(r#""code":"unauthorized""#), "{user} {}: {received}", command.name);
                }
            }
        }
    }
}

#[test]
fn a_every_route_answers_with_the_callers_rights() {
    let house = House::shared();
    for route in routes() {
        let path = route.path.replace("{entity_id}", DENIED).replace("{domain}/{service}", "lock/unlock");
        let path = path.replace("{event_type}", "x").replace("{entry_id}", "x").replace("{flow_id}", "x");
        let path = path.replace("{start}", "2020-01-01");
        let path = match route.path {
            of if of.starts_with("/api/history/period") => format!("{path}?filter_entity_id={OWN},{DENIED},{ABSENT}"),
            of if of.starts_with("/api/logbook") => format!("{path}?period=3650"),
            _ => path,
        };
        let path = path.replace("{user_id}", "x").replace("{group_id}", "x").replace("{token_id}", "x");
        let path = path.replace("{domain}/{image}", "demo/icon.png");
        let bodies: Vec<Option<Value>> = match route.path {
            "/api/template" => TEMPLATES.iter().map(|t| Some(json!({"template": t}))).collect(),
            "/api/services/{domain}/{service}" => vec![
                Some(json!({"entity_id": DENIED})),
                Some(json!({"entity_id": "all"})),
                Some(json!({"area_id": "hall"})),
                None,
            ],
            "/api/calendars/{entity_id}" | "/api/states/{entity_id}" => vec![None, Some(json!({"state": "x"}))],
            _ => vec![None, Some(json!({}))],
        };
        for body in &bodies {
            for user in USERS {
                let answer = house.send(user, route.method, &path, body.as_ref());
                let asked = format!("{} {path} {body:?}", route.method);
                if route.path == "/api/doorward/openapi.json" {
                    // Words of a standard, one of which is a label here: the very ones without any home.
                    assert_eq!(answer.json(), http_adapter::openapi(), "{user} {asked}");
                } else {
                    house.check(user, &asked, &whole(&answer));
                }
                if route.access == http_adapter::Access::Admin {
                    assert_eq!((answer.status, answer.text().as_str()), (401, "401: Unauthorized"), "{user} {asked}");
                }
            }
            // A3 of the threats: nobody is named to somebody without a token either.
            let request = house.server.request(route.method, &path);
            let answer = match body {
                Some(body) => request.json(body).send(),
                None => request.send(),
            };
            house.check("anybody", &path, &whole(&answer));
            let public = route.access == http_adapter::Access::Public;
            assert!(public || answer.status == 401, "{} {path}: {}", route.method, answer.status);
        }
    }
}

/// Asks the same of a denied entity and of none; what comes back must be the same but for the id.
#[track_caller]
fn twins(house: &House, ask: impl Fn(&str) -> String) {
    let normal = |text: String, id: &str| text.replace(id, "ID").replace(&id.to_uppercase(), "ID");
    let (denied, absent) = (normal(ask(DENIED), DENIED), normal(ask(ABSENT), ABSENT));
    assert_eq!(denied, absent);
    house.check("nobody", DENIED, &denied);
}

#[test]
fn a01_templates_read_with_the_callers_rights() {
    let house = House::shared();
    for template in [
        "{{ states('ID') }}",
        "{{ states.lock.front_door is none }}{{ states['ID'] }}{{ states('ID')|int }}",
        "{{ is_state('ID', 'locked') }}{{ state_attr('ID', 'friendly_name') }}{{ has_value('ID') }}",
        "{{ device_id('ID') }}{{ area_id('ID') }}{{ area_name('ID') }}{{ labels('ID') }}{{ floor_id('ID') }}",
        "{{ expand('ID') | list }}{{ is_hidden_entity('ID') }}{{ device_attr('ID', 'name') }}{{ device_name('ID') }}",
    ] {
        for user in USERS {
            twins(&house, |id| {
                let template = template.replace("ID", id).replace("lock.front_door is", &format!("{id} is"));
                let body = json!({"template": template});
                let rest = house.send(user, "POST", "/api/template", Some(&body));
                let asked = json!({"template": template, "report_errors": true, "strict": true});
                let mut ws = house.ws(user);
                let command = ws.command("render_template", asked);
                assert_eq!(ws.answer(command)["success"], true);
                let event = ws.event(command, |_| true);
                format!("{} {} {event}", rest.status, rest.text())
            });
        }
    }
}

#[test]
fn a05_a12_rest_says_the_same_of_denied_and_absent() {
    let house = House::shared();
    for user in USERS {
        for (method, path) in [
            ("GET", "/api/states/ID"),
            ("POST", "/api/states/ID"),
            ("DELETE", "/api/states/ID"),
            ("GET", "/api/calendars/ID?start=2026-01-01&end=2026-01-02"),
            ("GET", "/api/states/ID%20"),
            ("HEAD", "/api/states/ID"),
        ] {
            twins(&house, |id| {
                let body = (method == "POST").then(|| json!({"state": "x"}));
                let answer = house.send(user, method, &path.replace("ID", id), body.as_ref());
                assert_eq!(answer.status, 401);
                let dated = |line: &&str| line.to_lowercase().starts_with("date:");
                whole(&answer).lines().filter(|line| !dated(line)).collect::<Vec<_>>().join("\n")
            });
        }
    }
}

#[test]
fn a16_sockets_say_the_same_of_denied_and_absent() {
    let house = House::shared();
    for user in USERS {
        for (command, arguments) in [
            ("config/entity_registry/get", r#"{"entity_id": "ID"}"#),
            ("config/entity_registry/get_entries", r#"{"entity_ids": ["ID"]}"#),
            ("config/entity_registry/update", r#"{"entity_id": "ID", "name": "x"}"#),
            ("config/entity_registry/update", r#"{"entity_id": "ID"}"#),
            ("config/entity_registry/remove", r#"{"entity_id": "ID"}"#),
            ("extract_from_target", r#"{"target": {"entity_id": "ID"}, "expand_group": true}"#),
            ("subscribe_entities", r#"{"entity_ids": ["ID"]}"#),
            ("call_service", r#"{"domain": "lock", "service": "lock", "target": {"entity_id": "ID"}}"#),
            ("call_service", r#"{"domain": "light", "service": "turn_on", "service_data": {"entity_id": "ID"}}"#),
            (
                "call_service",
                r#"{"domain": "lock", "service": "lock", "target": {"entity_id": "ID", "exclude": {"area_id": "hall"}}}"#,
            ),
            (
                "call_service",
                r#"{"domain": "lock", "service": "lock", "target": {"entity_id": "ID", "exclude": {"label_id": "security"}}}"#,
            ),
        ] {
            twins(&house, |id| {
                let mut ws = house.ws(user);
                let answer = ws.call(command, serde_json::from_str(&arguments.replace("ID", id)).unwrap());
                ws.drain();
                assert_ne!((command, &answer["success"]), ("call_service", &json!(true)), "{arguments}");
                ws.transcript()
            });
        }
    }
}

#[test]
fn a03_the_past_says_the_same_of_denied_and_absent() {
    let house = House::new();
    // There is a past to hide.
    for state in ["unlocked", "locked", "quokka"] {
        let body = json!({"state": state, "attributes": {"friendly_name": "Quokka"}});
        assert_eq!(house.send("owner", "POST", &format!("/api/states/{DENIED}"), Some(&body)).status, 200);
    }
    for user in USERS {
        for (command, arguments) in [
            ("history/history_during_period", r#"{"entity_ids": ["ID"]}"#),
            (
                "history/history_during_period",
                r#"{"entity_ids": ["ID", "ID", "light.bed_light"], "no_attributes": true}"#,
            ),
            ("history/stream", r#"{"entity_ids": ["ID"], "end_time": "2026-01-02"}"#),
            ("logbook/get_events", r#"{"entity_ids": ["ID"]}"#),
            ("logbook/event_stream", r#"{"entity_ids": ["ID"], "end_time": "2026-01-02"}"#),
            ("recorder/get_statistics_metadata", r#"{"statistic_ids": ["ID"]}"#),
            ("recorder/statistics_during_period", r#"{"statistic_ids": ["ID"], "period": "hour"}"#),
        ] {
            twins(&house, |id| {
                let mut asked: Value = serde_json::from_str(&arguments.replace("ID", id)).unwrap();
                if command != "recorder/get_statistics_metadata" {
                    asked["start_time"] = json!("2026-01-01");
                }
                let mut ws = house.ws(user);
                assert_eq!(ws.call(command, asked)["success"], true, "{command}");
                ws.drain();
                assert!(!ws.transcript().to_lowercase().contains("quokka"));
                ws.transcript()
            });
        }
        // A stream that goes on: nothing comes of what is denied, nor of what is not there.
        twins(&house, |id| {
            let mut ws = house.ws(user);
            for command in ["history/stream", "logbook/event_stream"] {
                let stream = ws.command(command, json!({"start_time": "2026-01-01", "entity_ids": [id]}));
                ws.answer(stream);
                // Its end is the present.
                let mut event = ws.event(stream, |_| true);
                assert!(event.as_object_mut().unwrap().remove("end_time").unwrap().is_f64());
                assert!([json!({}), json!([])].contains(event.get("states").unwrap_or(&event["events"])), "{event}");
            }
            ws.received.clear();
            let body = json!({"state": format!("quokka {user}")});
            assert!(house.send("owner", "POST", &format!("/api/states/{DENIED}"), Some(&body)).status < 300);
            ws.drain();
            ws.transcript()
        });
        for path in [
            "/api/history/period/2026-01-01?end_time=2100-01-01&filter_entity_id=ID",
            "/api/history/period?filter_entity_id=ID&minimal_response",
            "/api/logbook/2026-01-01?end_time=2100-01-01&entity=ID",
            "/api/logbook",
        ] {
            twins(&house, |id| {
                let answer = house.send(user, "GET", &path.replace("ID", id), None);
                format!("{} {}", answer.status, answer.text())
            });
        }
    }
}

#[test]
fn a17_places_and_groups_say_the_same_of_denied_and_absent() {
    let house = House::shared();
    let mut owner = house.ws("owner");
    let device = owner.result("config/entity_registry/get", json!({"entity_id": DENIED}))["device_id"].clone();
    let device = device.as_str().unwrap();
    for user in USERS {
        for (denied, absent, key) in [
            ("hall", "hole", "area_id"),
            ("upper_floor", "under_floor", "floor_id"),
            ("security", "insanity", "label_id"),
            (device, "00000000000000000000000000000000", "device_id"),
            ("group.family", "group.femily", "entity_id"),
            ("group.all_outlets", "group.all_outlaws", "entity_id"),
            ("light.downstairs", "light.downstream", "entity_id"),
            ("scene.evening", "scene.morning", "entity_id"),
        ] {
            let ask = |id: &str| {
                let mut said = Vec::new();
                for service in ["light.turn_on", "homeassistant.turn_on", "scene.turn_on"] {
                    let (domain, service) = service.split_once('.').unwrap();
                    let data = json!({key: id});
                    let rest = house.send(user, "POST", &format!("/api/services/{domain}/{service}"), Some(&data));
                    assert_eq!(rest.status, 401, "{user} {service} {data}");
                    said.push(rest.text());
                    let call = json!({"domain": domain, "service": service, "target": data});
                    said.push(house.ws(user).call("call_service", call).to_string());
                }
                let extract = json!({"target": {key: id}, "expand_group": true});
                said.push(house.ws(user).call("extract_from_target", extract).to_string());
                for template in [
                    "{{ area_name('ID') }}{{ area_id('ID') }}{{ floor_name('ID') }}{{ label_name('ID') }}",
                    "{{ area_entities('ID') }}{{ floor_entities('ID') }}{{ label_entities('ID') }}{{ device_entities('ID') }}{{ device_name('ID') }}{{ labels('ID') }}{{ expand('ID') | list }}",
                ] {
                    let body = json!({"template": template.replace("ID", id)});
                    said.push(house.send(user, "POST", "/api/template", Some(&body)).text());
                }
                said.join("\n").replace(id, "ID")
            };
            assert_eq!(ask(denied), ask(absent), "{user} {denied}");
        }
        // A script's own service: not known to whoever does not know the script.
        let ask = |name: &str| {
            let call = json!({"domain": "script", "service": name});
            let rest = house.send(user, "POST", &format!("/api/services/script/{name}"), Some(&json!({})));
            let said = house.ws(user).call("call_service", call);
            format!("{} {} {said}", rest.status, rest.text()).replace(name, "NAME")
        };
        assert_eq!(ask("good_night"), ask("good_knight"), "{user}");
    }
}

#[test]
fn a12_a_call_shows_no_other_states() {
    let house = House::new();
    // The light is no member of a denied group in this home, but scenes name it.
    for (service, data) in
        [("turn_on", json!({"entity_id": OWN, "brightness": 77})), ("toggle", json!({"entity_id": OWN}))]
    {
        let answer = house.send("kitchen", "POST", &format!("/api/services/light/{service}"), Some(&data));
        assert_eq!(answer.status, 200);
        let changed = answer.json();
        let ids: Vec<_> = changed.as_array().unwrap().iter().map(|state| &state["entity_id"]).collect();
        assert_eq!(ids, [OWN]);
        house.check("kitchen", "", &answer.text());
    }
    // A group that follows a member that the caller may control is not theirs to see.
    let all = house.send("areas", "POST", "/api/services/light/turn_off", Some(&json!({"area_id": "kitchen"})));
    assert_eq!(all.status, 200);
    assert!(all.text().contains("light.kitchen_counter") && !all.text().contains("light.downstairs"), "{}", all.text());
}

#[test]
fn a27_attributes_and_contexts_name_nobody_else() {
    let house = House::new();
    let mut owner = house.ws("owner");
    let id = |user: &Value| user["id"].as_str().unwrap().to_owned();
    let users = owner.result("config/auth/list", json!({}));
    let ids: Vec<_> = users.as_array().unwrap().iter().filter(|user| user["name"] != "Areas").map(id).collect();
    // The owner and `kitchen` change what `areas` may read.
    let on = json!({"entity_id": OWN, "brightness": 33});
    let mut areas = house.ws("areas");
    let all = areas.command("subscribe_events", json!({"event_type": "state_changed"}));
    areas.answer(all);
    let entities = areas.command("subscribe_entities", json!({}));
    areas.answer(entities);
    for user in ["owner", "kitchen"] {
        assert_eq!(house.send(user, "POST", "/api/services/light/turn_on", Some(&on)).status, 200);
        assert_eq!(house.send(user, "POST", "/api/services/light/toggle", Some(&on)).status, 200);
    }
    let group = json!({"state": "on", "attributes": {"entity_id": [OWN, "light.bed_light"], "main": "lock.front_door",
        "lock.gun_safe": 1, "deep": {"er": ["cover.garage_door"]}}});
    let light = house.send("owner", "POST", "/api/states/light.kitchen_counter", Some(&group));
    assert_eq!(light.status, 200);
    areas.event(entities, |event| event["c"]["light.kitchen_counter"]["+"]["a"]["entity_id"] == json!([OWN]));
    // The same came as an event before.
    assert!(areas.received.iter().any(|text| text.contains(r#""entity_id":"light.kitchen_counter","old_state""#)));
    areas.result("get_states", json!({}));
    let rest = house.send("areas", "GET", "/api/states/light.kitchen_counter", None);
    let template =
        json!({"template": "{{ states.light.kitchen_counter.attributes }}{{ states.light.kitchen_lights.context }}"});
    let rendered = house.send("areas", "POST", "/api/template", Some(&template));
    assert_eq!((rest.status, rendered.status), (200, 200));
    let received = format!("{}{}{}", areas.transcript(), rest.text(), rendered.text());
    for hidden in ["light.bed_light", "lock.front_door", "lock.gun_safe", "cover.garage_door", "light.downstairs"] {
        assert!(!received.contains(hidden), "{hidden}");
    }
    for id in ids {
        assert!(!received.contains(&id), "the id of another user");
    }
    // The scene of the kitchen names only what they may see.
    let scene = house.send("areas", "GET", "/api/states/scene.bright_kitchen", None).json();
    assert_eq!(scene["attributes"]["entity_id"], json!([OWN, "light.kitchen_counter"]));
}

#[test]
fn a02_to_a28_what_is_not_served_is_unknown() {
    let house = House::shared();
    let mut ws = house.ws("kitchen");
    for command in UNSERVED_COMMANDS {
        assert_eq!(ws.refused(command, json!({"entity_id": DENIED})), "unknown_command", "{command}");
    }
    for (method, path) in UNSERVED_ROUTES {
        for user in ["kitchen", "owner"] {
            let answer = house.send(user, method, path, Some(&json!({})));
            assert_eq!((answer.status, answer.text().as_str()), (404, "404: Not Found"), "{user} {method} {path}");
        }
    }
    for service in UNSERVED_SERVICES {
        let (domain, service) = service.split_once('.').unwrap();
        for user in ["kitchen", "owner"] {
            let call = json!({"domain": domain, "service": service, "service_data": {"entity_id": DENIED}});
            assert_eq!(house.ws(user).refused("call_service", call), "not_found", "{user} {domain}.{service}");
        }
    }
}

#[rustfmt::skip]
const UNSERVED_COMMANDS: &[&str] = &[
    "test_condition", "subscribe_trigger", "validate_config", "execute_script",
    "recorder/statistic_during_period", "recorder/list_statistic_ids", "recorder/validate_statistics",
    "recorder/update_statistics_issues", "logbook/get_action_calls",
    "camera/capabilities", "camera/get_prefs", "camera/stream", "camera/webrtc/offer", "camera/webrtc/get_client_config",
    "conversation/process", "conversation/agent/homeassistant/debug", "conversation/agent/list", "assist_pipeline/run",
    "todo/item/list", "todo/item/subscribe", "todo/item/move", "shopping_list/items", "shopping_list/items/add",
    "weather/subscribe_forecast", "media_player/browse_media", "media_player/search_media",
    "media_source/browse_media", "media_source/resolve_media", "config/entity_registry/get_automatic_entity_ids",
    "config/device_registry/list_composite_splits", "get_services_for_target", "get_triggers_for_target", "get_conditions_for_target", "explain_target",
    "device_automation/trigger/list", "device_automation/condition/list", "device_automation/action/list",
    "device_automation/trigger/capabilities",
    "zone/list", "tag/list", "input_boolean/list", "input_number/list", "input_select/list", "input_text/list",
    "counter/list", "timer/list", "schedule/list",
    "system_health/info", "hardware/info", "network/url",
    "calendar/event/create", "calendar/event/subscribe", "automation/config", "script/config",
    "trace/list", "system_log/list", "backup/info", "energy/get_prefs", "cloud/status",
    "get_panels/", "GET_STATES", " get_states", "get_states\u{0}",
];

#[rustfmt::skip]
const UNSERVED_ROUTES: &[(&str, &str)] = &[
    ("GET", "/api/camera_proxy/camera.x"), ("GET", "/api/camera_proxy_stream/camera.x"),
    ("GET", "/api/image_proxy/image.x"), ("GET", "/api/media_player_proxy/media_player.television"),
    ("POST", "/api/conversation/process"), ("POST", "/api/intent/handle"), ("GET", "/api/shopping_list"),
    ("POST", "/api/shopping_list/item"),
    ("DELETE", "/api/repairs/issues/fix/x"), ("POST", "/api/file_upload"), ("POST", "/api/image/upload"),
    ("GET", "/api/error_log"), ("GET", "/api/diagnostics"), ("POST", "/api/webhook/x"), ("GET", "/api/tts_proxy/x"),
    ("POST", "/api/config/automation/config/x"), ("GET", "/api/hassio/info"), ("POST", "/api/backup/upload"),
];

#[rustfmt::skip]
const UNSERVED_SERVICES: &[&str] = &[
    "script.reload", "automation.reload", "scene.create", "scene.delete", "scene.apply", "scene.reload",
    "group.set", "group.remove", "group.reload", "device_tracker.see", "logbook.log", "recorder.get_statistics",
    "notify.persistent_notification", "shopping_list.add_item", "system_log.write", "system_log.clear",
    "homeassistant.save_persistent_states", "homeassistant.restart", "homeassistant.stop", "conversation.process",
    "conversation.reload", "tts.clear_cache", "image_processing.scan", "demo.randomize_device_tracker_data",
    "kitchen_sink.test_service_1", "python_script.x", "shell_command.x", "homeassistant.reload_config_entry",
];
