//! What runs: values come, go and come back.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use crate::support::{FakeWeb, set_up, token};

#[tokio::test(start_paused = true)]
async fn values_follow_and_outages_show() {
    let web = FakeWeb::new();
    web.take(&["a1"]);
    let kit = web.kit().await;
    let id = set_up(&web, &kit, "weather.example", &token("a1", "r1")).await;
    web.show(json!({"temp": 21}));
    sleep(Duration::from_secs(61)).await;
    assert_eq!(kit.entity_state("sensor.outside"), "21");
    assert_eq!(kit.entity_state("sensor.door"), "unknown");
    for status in [403, 404, 429, 500] {
        web.break_with(status, None);
        sleep(Duration::from_secs(60)).await;
        assert_eq!(kit.entity_state("sensor.outside"), "unavailable", "{status}");
        web.mend();
        sleep(Duration::from_secs(60)).await;
        assert_eq!(kit.entity_state("sensor.outside"), "21");
    }
    web.cut();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(kit.entity_state("sensor.outside"), "unavailable");
    assert_eq!(kit.state(&id), "loaded");
    assert!(kit.flows().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_asks_for_rest_gets_it() {
    let web = FakeWeb::new();
    web.take(&["a1"]);
    let kit = web.kit().await;
    set_up(&web, &kit, "weather.example", &token("a1", "r1")).await;
    web.break_with(429, Some(600));
    sleep(Duration::from_secs(61)).await;
    let looks = web.looks();
    web.mend();
    sleep(Duration::from_secs(598)).await;
    assert_eq!(web.looks(), looks);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(web.looks(), looks + 1);
    assert_eq!(kit.entity_state("sensor.outside"), "20.5");
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_is_not_ready_is_waited_for() {
    let web = FakeWeb::new();
    web.take(&["a1"]);
    let kit = web.kit().await;
    web.break_with(503, Some(120));
    let id = set_up(&web, &kit, "weather.example", &token("a1", "r1")).await;
    assert_eq!(kit.state(&id), "setup_retry");
    assert_eq!(kit.wire(&id)["reason"], "the resource answered 503");
    web.mend();
    sleep(Duration::from_secs(119)).await;
    assert_eq!(kit.state(&id), "setup_retry");
    sleep(Duration::from_secs(2)).await;
    assert_eq!(kit.state(&id), "loaded");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_refreshed_before_it_expires() {
    let web = FakeWeb::new();
    web.take(&["a1", "a2"]);
    let kit = web.kit().await;
    set_up(&web, &kit, "weather.example", &token("a1", "r1")).await;
    web.tokens.answer(200, &token("a2", "r2"));
    sleep(Duration::from_secs(3605)).await;
    assert_eq!(kit.entries("rest_oauth")[0].data["token"]["refresh_token"], "r2");
    assert_eq!(kit.entity_state("sensor.outside"), "20.5");
    // The exchange and one refresh.
    assert_eq!(web.tokens.asked().len(), 2);
}
