//! Refusals, and signing in again.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use crate::support::{FakeWeb, set_up, sign_in, token};

#[tokio::test(start_paused = true)]
async fn a_401_from_the_resource_is_answered_with_one_refresh() {
    let web = FakeWeb::new();
    web.take(&["a1"]);
    let kit = web.kit().await;
    let id = set_up(&web, &kit, "weather.example", &token("a1", "r1")).await;
    web.take(&["a2"]);
    web.tokens.answer(200, &token("a2", "r2"));
    sleep(Duration::from_secs(61)).await;
    assert_eq!(kit.entity_state("sensor.outside"), "20.5");
    assert!(kit.reauths(&id).is_empty());
    // The next one is refused as well: one reauthentication, however often it is looked.
    web.take(&[]);
    web.tokens.answer(200, &token("a3", "r3"));
    sleep(Duration::from_secs(600)).await;
    assert_eq!(kit.entity_state("sensor.outside"), "unavailable");
    assert_eq!(kit.state(&id), "loaded");
    kit.only_reauth(&id);
    assert_eq!(web.tokens.asked().len(), 3, "the exchange and two refreshes");
    // The resource was wrong: all is well again without anybody's help.
    web.take(&["a3"]);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(kit.entity_state("sensor.outside"), "20.5");
}

#[tokio::test(start_paused = true)]
async fn signing_in_again_as_somebody_else_is_refused() {
    let web = FakeWeb::new();
    web.take(&["a1", "b1"]);
    let kit = web.kit().await;
    let id = set_up(&web, &kit, "weather.example", &token("a1", "r1")).await;
    web.tokens.answer(400, &json!({"error": "invalid_grant"}));
    sleep(Duration::from_secs(3700)).await;
    for (sub, reason) in [("eve", "unique_id_mismatch"), ("ada", "reauth_successful")] {
        web.belong_to(sub);
        kit.until_true("a reauthentication", || !kit.reauths(&id).is_empty()).await;
        let flow = kit.only_reauth(&id);
        let page = kit.answer(&flow, json!({})).await.unwrap();
        assert_eq!(sign_in(&web, &kit, &page, &token("b1", "s1")).await.reason(), Some(reason));
    }
    kit.until_true("values", || kit.entity_state("sensor.outside") == "20.5").await;
    assert_eq!(kit.only_entry("rest_oauth"), id);
    assert_eq!(kit.entries("rest_oauth")[0].data["token"]["refresh_token"], "s1");
    assert!(kit.flows().is_empty() && kit.issues().is_empty());
}

#[tokio::test(start_paused = true)]
async fn entries_of_one_account_sign_in_again_together() {
    let web = FakeWeb::new();
    web.take(&["a1", "b1", "b2"]);
    let kit = web.kit().await;
    let first = set_up(&web, &kit, "one.example", &token("a1", "r1")).await;
    let second = set_up(&web, &kit, "two.example", &token("a1", "r2")).await;
    web.tokens.answer(401, &json!({}));
    web.tokens.answer(401, &json!({}));
    sleep(Duration::from_secs(3700)).await;
    assert_eq!(kit.flows().len(), 1);
    assert_eq!(kit.issues().len(), 2);
    let flow = kit.flows()[0]["flow_id"].as_str().unwrap().to_owned();
    let page = kit.answer(&flow, json!({})).await.unwrap();
    assert_eq!(sign_in(&web, &kit, &page, &token("b1", "s1")).await.reason(), Some("reauth_successful"));
    for (id, host) in [(&first, "one"), (&second, "two")] {
        kit.until(id, "loaded").await;
        let entry = kit.entries("rest_oauth").into_iter().find(|entry| entry.entry_id == *id).unwrap();
        assert_eq!(entry.data["token"]["access_token"], "b1");
        assert_eq!(entry.data["resource_url"], format!("https://{host}.example/values"), "each keeps its own");
    }
    // From now on they have one token in common, and rotate it together.
    let asked = web.tokens.asked().len();
    web.tokens.answer(200, &token("b2", "s2"));
    sleep(Duration::from_secs(3700)).await;
    assert_eq!(web.tokens.asked().len(), asked + 1);
    assert!(kit.entries("rest_oauth").iter().all(|entry| entry.data["token"]["refresh_token"] == "s2"));
    assert!(kit.flows().is_empty() && kit.issues().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_kill_at_any_step_ends_in_one_entry_that_works() {
    let web = FakeWeb::new();
    web.take(&["a1"]);
    let kit = web.kit().await;
    // Before the entry is made: nothing is left.
    let start = kit.start_flow("rest_oauth").await.unwrap();
    let kit = kit.restart(web.register()).await;
    assert!(kit.look(start.flow_id()).await.is_err());
    let start = kit.start_flow("rest_oauth").await.unwrap();
    let page = kit.answer(start.flow_id(), crate::support::form("weather.example")).await.unwrap();
    let kit = kit.restart(web.register()).await;
    assert!(kit.visit(&page, "code").await.is_err());
    assert!(kit.entries("rest_oauth").is_empty());
    // Right after: it is there, and works.
    let id = set_up(&web, &kit, "weather.example", &token("a1", "r1")).await;
    let kit = kit.restart(web.register()).await;
    assert_eq!(kit.state(&id), "loaded");
    assert_eq!(kit.entity_state("sensor.outside"), "20.5");
    // Between a rotation and its use.
    web.take(&["a2"]);
    web.tokens.answer(200, &token("a2", "r2"));
    kit.until_true("rotated", || kit.entries("rest_oauth")[0].data["token"]["refresh_token"] == "r2").await;
    let kit = kit.restart(web.register()).await;
    assert_eq!(kit.state(&id), "loaded");
    // With a reauthentication open.
    web.take(&[]);
    web.tokens.answer(403, &json!({}));
    kit.until_true("refused", || !kit.reauths(&id).is_empty()).await;
    web.tokens.answer(403, &json!({}));
    let kit = kit.restart(web.register()).await;
    assert_eq!(kit.state(&id), "setup_error");
    let flow = kit.only_reauth(&id);
    web.take(&["b1"]);
    let page = kit.answer(&flow, json!({})).await.unwrap();
    assert_eq!(sign_in(&web, &kit, &page, &token("b1", "s1")).await.reason(), Some("reauth_successful"));
    let kit = kit.restart(web.register()).await;
    assert_eq!(kit.state(&id), "loaded");
    assert_eq!(kit.only_entry("rest_oauth"), id);
    assert!(kit.flows().is_empty());
}
