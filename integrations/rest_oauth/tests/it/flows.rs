//! The flows that make and change entries.

use integration_testkit::Kit;
use serde_json::{Value, json};

use crate::support::{FakeWeb, form, set_up, sign_in, token};

#[tokio::test(start_paused = true)]
async fn an_entry_is_made_and_its_sensors_are_there() {
    let web = FakeWeb::new();
    web.take(&["a1"]);
    let kit = web.kit().await;
    let id = set_up(&web, &kit, "weather.example", &token("a1", "r1")).await;
    assert_eq!(kit.state(&id), "loaded");
    assert_eq!(kit.provided(), ["sensor.door", "sensor.outside"]);
    let (state, attributes) = kit.entity("sensor.outside").unwrap();
    assert_eq!((&*state, &attributes["unit_of_measurement"]), ("20.5", &json!("°C")));
    assert_eq!(attributes["friendly_name"], "Weather Outside");
    assert_eq!(kit.entity_state("sensor.door"), "true");
    let entry = &kit.entries("rest_oauth")[0];
    assert_eq!(entry.unique_id.as_deref(), Some("ada https://weather.example/values"));
    assert_eq!((&entry.data["account"], &entry.data["auth_implementation"]), (&json!("ada"), &json!("rest_oauth_me")));
    // The same account at another place is another entry; at the same place it is not.
    set_up(&web, &kit, "other.example", &token("a1", "r1")).await;
    let start = kit.start_flow("rest_oauth").await.unwrap();
    let page = kit.answer(start.flow_id(), form("weather.example")).await.unwrap();
    assert_eq!(sign_in(&web, &kit, &page, &token("a1", "r1")).await.reason(), Some("already_configured"));
    assert_eq!(kit.entries("rest_oauth").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_form_says_what_is_wrong() {
    let web = FakeWeb::new();
    let kit = web.kit().await;
    let start = kit.start_flow("rest_oauth").await.unwrap();
    let mut wrong = form("weather.example");
    for (field, value) in
        [("token_url", "http://login.example/"), ("resource_url", "https://10.0.0.1/"), ("sensors", "x"), ("name", " ")]
    {
        wrong[field] = json!(value);
    }
    let answer = kit.answer(start.flow_id(), wrong).await.unwrap();
    let expected = json!({"name": "no_name", "token_url": "https_only", "resource_url": "not_public", "sensors": "invalid_sensor"});
    assert_eq!(answer.errors(), Some(&expected));
    // On the own network all of that is fine.
    let mut local = form("10.0.0.1");
    local["local"] = json!(true);
    let page = kit.answer(start.flow_id(), local).await.unwrap();
    assert_eq!(page.kind(), "external");
    let nobody = Kit::new(1).start(web.register()).await;
    assert_eq!(nobody.start_flow("rest_oauth").await.unwrap().reason(), Some("missing_credentials"));
}

#[tokio::test(start_paused = true)]
async fn the_account_may_be_named_in_the_resource() {
    let web = FakeWeb::new();
    web.take(&["a1"]);
    let kit = web.kit().await;
    let mut input = form("weather.example");
    input["userinfo_url"] = json!("");
    input["account_path"] = json!("owner.id");
    let start = kit.start_flow("rest_oauth").await.unwrap();
    let page = kit.answer(start.flow_id(), input.clone()).await.unwrap();
    sign_in(&web, &kit, &page, &token("a1", "r1")).await;
    assert_eq!(kit.entries("rest_oauth")[0].data["account"], "7");
    for (path, trouble, reason) in [("owner.name", false, "no_account"), ("owner.id", true, "cannot_connect")] {
        input["account_path"] = json!(path);
        if trouble {
            web.break_with(503, None);
        }
        let start = kit.start_flow("rest_oauth").await.unwrap();
        let page = kit.answer(start.flow_id(), input.clone()).await.unwrap();
        assert_eq!(sign_in(&web, &kit, &page, &token("a1", "r1")).await.reason(), Some(reason));
    }
}

#[tokio::test(start_paused = true)]
async fn options_change_sensors_and_how_often_to_look() {
    let web = FakeWeb::new();
    web.take(&["a1"]);
    let kit = web.kit().await;
    let id = set_up(&web, &kit, "weather.example", &token("a1", "r1")).await;
    let shown = kit.start_options(&id).await.unwrap();
    let bad = kit.answer_options(shown.flow_id(), json!({"scan_interval": 10, "sensors": ""})).await.unwrap();
    assert_eq!(bad.errors(), Some(&json!({"sensors": "no_sensors"})));
    assert!(kit.answer_options(shown.flow_id(), json!({"scan_interval": 9, "sensors": "a = b"})).await.is_err());
    let lines = "Outside = temp K\nMissing = nowhere";
    kit.answer_options(shown.flow_id(), json!({"scan_interval": 10, "sensors": lines})).await.unwrap();
    kit.until_true("reloaded", || kit.provided() == ["sensor.missing", "sensor.outside"]).await;
    assert_eq!(kit.registered(), ["sensor.missing", "sensor.outside"], "what is left out is removed");
    assert_eq!(kit.entity_state("sensor.missing"), "unknown");
    let looks = web.looks();
    tokio::time::sleep(std::time::Duration::from_secs(101)).await;
    assert_eq!(web.looks() - looks, 10);
}

#[tokio::test(start_paused = true)]
async fn an_entry_moves_to_another_server() {
    let web = FakeWeb::new();
    web.take(&["a1", "b1"]);
    let kit = web.kit().await;
    let id = set_up(&web, &kit, "weather.example", &token("a1", "r1")).await;
    let shown = kit.start_reconfigure("rest_oauth", &id).await.unwrap();
    assert_eq!(shown.step_id(), Some("reconfigure"));
    let input =
        |token_url: &str| json!({"authorize_url": "https://new.example/a", "token_url": token_url, "local": false});
    let bad = kit.answer(shown.flow_id(), input("http://new.example/t")).await.unwrap();
    assert_eq!(bad.errors(), Some(&json!({"token_url": "https_only"})));
    let page = kit.answer(shown.flow_id(), input("https://new.example/t")).await.unwrap();
    assert!(page.to_wire()["url"].as_str().unwrap().starts_with("https://new.example/a?"));
    let done = sign_in(&web, &kit, &page, &token("b1", "s1")).await;
    assert_eq!(done.reason(), Some("reconfigure_successful"));
    kit.until(&id, "loaded").await;
    let entry = &kit.entries("rest_oauth")[0];
    assert_eq!((&entry.data["token_url"], &entry.data["scope"]), (&json!("https://new.example/t"), &json!("")));
    assert_eq!(entry.data["token"]["refresh_token"], "s1");
    assert_eq!(entry.data["resource_url"], "https://weather.example/values");
}

#[tokio::test(start_paused = true)]
async fn removing_an_entry_leaves_nothing_running() {
    let web = FakeWeb::new();
    web.take(&["a1"]);
    let kit = web.kit().await;
    let id = set_up(&web, &kit, "weather.example", &token("a1", "r1")).await;
    kit.remove(&id).await.unwrap();
    assert!(kit.registered().is_empty());
    kit.assert_quiet();
}

#[test]
fn every_text_that_is_named_is_there() {
    let texts: Value = serde_json::from_str(include_str!("../../src/texts.json")).unwrap();
    let errors = [
        "no_name",
        "invalid_url",
        "https_only",
        "not_public",
        "invalid_sensor",
        "same_sensor",
        "too_many_sensors",
        "no_sensors",
    ];
    assert!(errors.iter().all(|key| texts["config"]["error"][key].is_string()));
    let aborts =
        ["already_configured", "broken_entry", "cannot_connect", "no_account", "unique_id_mismatch", "unknown"];
    assert!(aborts.iter().all(|key| texts["config"]["abort"][key].is_string()));
    for field in form("x").as_object().unwrap().keys() {
        assert!(texts["config"]["step"]["user"]["data"][field].is_string(), "{field}");
    }
}
