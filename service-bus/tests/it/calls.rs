//! Service calls: everything the handler gets was allowed.

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{Permission, principal::danger};
use serde_json::{Value, json};
use service_bus::{
    CallError, Handler, HandlerError, Manages, PlainService, RegisterError, ResponseMode, Schema, ServiceAccess,
    ServiceCall, ServiceSpec,
};

use crate::home::{Home, id};

#[track_caller]
fn outcome(result: Result<service_bus::Outcome, CallError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(CallError::Unauthorized(_) | CallError::Handler(HandlerError::Unauthorized(_))) => "unauthorized",
        Err(CallError::Invalid(_)) => "invalid",
        Err(CallError::NotFound { .. }) => "not_found",
        Err(CallError::Handler(_)) => "failed",
        Err(other) => panic!("{other}"),
    }
}

/// One call as one user: how it ends and which entities it reaches.
async fn check(who: &str, service: &str, data: Value, expected: &str, reached: &[&str]) {
    let home = Home::new();
    home.provide("light.group", Some(&["light.a", "light.c"]));
    let result = home.call(who, service, data.clone()).await;
    assert_eq!(outcome(result), expected, "{who} {service} {data}");
    let done = home.done.lock().unwrap().clone();
    assert_eq!(done, reached, "{who} {service} {data}");
}

#[tokio::test]
async fn explicit_entities_must_all_be_allowed() {
    check("ann", "light.turn_on", json!({"entity_id": "light.a"}), "ok", &["turn_on light.a"]).await;
    check("ann", "LIGHT.Turn_On", json!({"entity_id": ["LIGHT.A "]}), "ok", &["turn_on light.a"]).await;
    for data in [
        json!({"entity_id": "light.b"}),
        json!({"entity_id": ["light.a", "light.b"]}),
        json!({"entity_id": "light.a,light.c"}),
        json!({"entity_id": "light.a, lock.safe"}),
        json!({"entity_id": "light.no_such"}),
        json!({"entity_id": "light.group"}),
        json!({"entity_id": "group.no_such_group, light.b"}),
        json!({"entity_id": "light.a", "area_id": "kitchen", "label_id": "x", "exclude": {"entity_id": "light.a"}}),
    ] {
        check("ann", "light.turn_on", data, "unauthorized", &[]).await;
    }
    check("admin", "light.turn_on", json!({"entity_id": "light.group"}), "ok", &["turn_on light.a", "turn_on light.c"])
        .await;
}

#[tokio::test]
async fn everything_else_is_narrowed_to_what_is_allowed() {
    for data in [json!({"entity_id": "all"}), json!({"area_id": "kitchen"}), json!({"area_id": ["kitchen", "no_such"]})]
    {
        check("ann", "light.turn_on", data.clone(), "ok", &["turn_on light.a"]).await;
        // Nothing left: the same answer whether or not there was something.
        check("guest", "light.turn_on", data, "unauthorized", &[]).await;
    }
    for data in
        [json!({"area_id": "no"}), json!({"floor_id": "no"}), json!({"label_id": "no"}), json!({"device_id": "no"})]
    {
        check("guest", "light.turn_on", data.clone(), "unauthorized", &[]).await;
        check("admin", "light.turn_on", data, "failed", &[]).await;
    }
    check("guest", "light.turn_on", json!({"entity_id": []}), "failed", &[]).await;
    let all = ["turn_on light.a", "turn_on light.b", "turn_on light.c"];
    check(
        "admin",
        "light.turn_on",
        json!({"entity_id": "all", "exclude": {"entity_id": "light.group"}}),
        "ok",
        &all[1..2],
    )
    .await;
}

#[tokio::test]
async fn a_service_that_only_reads_needs_only_read() {
    check("ann", "light.look", json!({"entity_id": ["light.a", "light.b"]}), "ok", &["look light.a", "look light.b"])
        .await;
    check("ann", "light.look", json!({"entity_id": "light.c"}), "unauthorized", &[]).await;
}

#[tokio::test]
async fn bad_data_reaches_nobody() {
    for data in [
        json!({"entity_id": "{{ 'light.a' }}"}),
        json!({"entity_id": "light.a", "brightness": 256}),
        json!({"entity_id": "light.a", "unknown": 1}),
        json!({"entity_id": null}),
        json!({}),
        json!({"target": {"entity_id": "light.a"}}),
    ] {
        check("ann", "light.turn_on", data, "invalid", &[]).await;
    }
    check("ann", "light.no_such", json!({}), "not_found", &[]).await;
    check("ann", "light.dance", json!({"entity_id": "light.a"}), "failed", &[]).await;
}

struct Chain(&'static str, &'static str);

#[async_trait]
impl PlainService for Chain {
    async fn call(&self, call: ServiceCall) -> Result<Option<Value>, HandlerError> {
        let data = if self.0 == "light" { json!({"entity_id": "light.b"}) } else { json!({}) };
        let Value::Object(data) = data else { panic!("an object") };
        call.call_service(self.0, self.1, data).await?;
        Ok(None)
    }
}

#[tokio::test]
async fn a_chain_of_calls_keeps_its_caller() {
    let home = Home::new();
    let chain = |to: (&'static str, &'static str)| Handler::Plain(Arc::new(Chain(to.0, to.1)));
    home.service("chain", "one", ServiceAccess::Authenticated, chain(("chain", "two")));
    home.service("chain", "two", ServiceAccess::Authenticated, chain(("chain", "three")));
    home.service("chain", "three", ServiceAccess::Authenticated, chain(("light", "turn_on")));
    home.service("chain", "endless", ServiceAccess::Authenticated, chain(("chain", "endless")));
    home.service("chain", "broken", ServiceAccess::Authenticated, chain(("chain", "nowhere")));
    assert_eq!(outcome(home.call("ann", "chain.one", json!({})).await), "unauthorized");
    assert!(home.done.lock().unwrap().is_empty());
    home.call("admin", "chain.one", json!({})).await.unwrap();
    assert_eq!(*home.done.lock().unwrap(), ["turn_on light.b"]);
    let context = home.writer.state(&id("light.b")).unwrap().context.clone();
    assert_eq!(context.user_id, Some("admin".into()));
    assert_eq!(outcome(home.call("admin", "chain.endless", json!({})).await), "failed");
    let error = home.call("admin", "chain.broken", json!({})).await.unwrap_err().to_string();
    assert_eq!(error, "Service chain.broken called service chain.nowhere which was not found.");
}

#[tokio::test]
async fn a_service_on_an_entity_needs_that_entity() {
    let home = Home::new();
    let handler = || Handler::Plain(Arc::new(Chain("light", "turn_on")));
    home.service("script", "a", ServiceAccess::On(id("light.a"), Permission::Control), handler());
    home.service("script", "c", ServiceAccess::On(id("light.c"), Permission::Control), handler());
    // May run the script, whose inner call is then checked by itself.
    assert_eq!(outcome(home.call("ann", "script.a", json!({})).await), "unauthorized");
    home.service("script", "b", ServiceAccess::On(id("light.b"), Permission::Control), handler());
    assert_eq!(outcome(home.call("ann", "script.b", json!({})).await), "unauthorized");
    // Of what she may not read there is not even a service.
    assert_eq!(outcome(home.call("ann", "script.c", json!({})).await), "not_found");
    home.service("config", "x", ServiceAccess::Admin, handler());
    assert_eq!(outcome(home.call("ann", "config.x", json!({})).await), "unauthorized");
    assert_eq!(outcome(home.call("admin", "config.x", json!({})).await), "ok");
}

#[test]
fn services_that_manage_entries_need_narrow_access() {
    let home = Home::new();
    let spec = |access| ServiceSpec {
        domain: "mqtt".into(),
        name: "add_broker".into(),
        access,
        schema: Schema::open(),
        response: ResponseMode::None,
        manages: Manages::ConfigEntries,
        handler: Handler::Plain(Arc::new(Chain("light", "turn_on"))),
    };
    for wide in [
        ServiceAccess::Authenticated,
        ServiceAccess::On(id("light.a"), Permission::Control),
        ServiceAccess::Integration("zha".into()),
    ] {
        let refused = home.bus.register(spec(wide.clone()));
        assert_eq!(refused, Err(RegisterError::EntriesNeedAdmin("mqtt.add_broker".into())), "{wide}");
    }
    assert!(!home.bus.services().contains_key("mqtt"));
    for narrow in [ServiceAccess::Admin, ServiceAccess::Owner, ServiceAccess::Integration("mqtt".into())] {
        home.bus.register(spec(narrow)).unwrap();
    }
    let mismatch = ServiceSpec { manages: Manages::Nothing, ..spec(ServiceAccess::Entities(Permission::Control)) };
    assert!(matches!(home.bus.register(mismatch), Err(RegisterError::AccessMismatch(_))));
}

#[tokio::test]
async fn an_integration_may_call_its_own() {
    let home = Home::new();
    let turn_on = || Handler::Plain(Arc::new(Chain("nowhere", "x")));
    home.service("mqtt", "x", ServiceAccess::Integration("mqtt".into()), turn_on());
    let call = |domain: &str| {
        let context = auth_core::Context::new(service_bus::new_context_id(service_bus::now()), None);
        let request = service_bus::CallRequest::new("mqtt", "x", serde_json::Map::new());
        home.bus.call(danger::integration_principal(domain), request, context)
    };
    assert_eq!(outcome(call("mqtt").await), "failed");
    assert_eq!(outcome(call("zha").await), "unauthorized");
}

#[tokio::test]
async fn leaving_out_a_place_does_not_tell_what_is_in_it() {
    for exclude in [json!({"area_id": "kitchen"}), json!({"area_id": "no_such"})] {
        for entity_id in ["lock.safe", "lock.no_such", "light.group"] {
            let data = json!({"entity_id": entity_id, "exclude": exclude});
            check("ann", "lock.unlock", data, "unauthorized", &[]).await;
        }
    }
    // What is named is left out: nothing is learnt from it.
    let data = json!({"entity_id": "lock.safe", "exclude": {"entity_id": "lock.safe"}});
    check("ann", "lock.unlock", data, "failed", &[]).await;
}

#[tokio::test]
async fn a_group_that_may_not_be_read_is_as_one_that_is_not_there() {
    let home = Home::new();
    home.provide("light.group_of_a", Some(&["light.a"]));
    for entity_id in ["light.group_of_a", "light.no_group", "group.no_group"] {
        let result = home.call("ann", "light.turn_on", json!({"entity_id": entity_id})).await;
        assert_eq!(outcome(result), "unauthorized", "{entity_id}");
    }
    assert!(home.done.lock().unwrap().is_empty());
}
