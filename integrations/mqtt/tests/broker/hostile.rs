//! Devices that mean harm.

use serde_json::json;

use crate::{broker::Broker, connected, device::Device};

/// Tells whether a good device is still heard after a bad one has described itself with this topic.
async fn check(topic: &str) {
    let broker = Broker::start().await;
    let (kit, id) = connected(&broker).await;
    let device = Device::new(&broker).await;
    device.describes("sensor/good", json!({"state_topic": "good", "unique_id": "good", "name": "good"})).await;
    kit.until_true("the good one is there", || kit.provided() == ["sensor.good"]).await;
    device.describes("sensor/bad", json!({"state_topic": topic, "unique_id": "bad", "name": "bad"})).await;
    device.describes("sensor/last", json!({"state_topic": "last", "unique_id": "last", "name": "last"})).await;
    kit.until_true("the last one is there", || kit.provided().contains(&"sensor.last".to_owned())).await;
    for said in 0..5 {
        let said = said.to_string();
        device.says("good", &said).await;
        device.says("last", &said).await;
        for name in ["sensor.good", "sensor.last"] {
            kit.until_true(&format!("{name} is heard, {topic:?}"), || kit.entity_state(name) == said).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(kit.state(&id), "loaded");
    let hellos = device.heard("homeassistant/status");
    assert!(!hellos.contains(&"offline".to_owned()), "the broker has thrown the hub out, {topic:?}: {hellos:?}");
}

#[tokio::test]
async fn no_topic_makes_the_broker_throw_the_hub_out() {
    for topic in ["$share/group", "$share//x", "a\u{ffff}", "a\u{fdd0}", &"a/".repeat(300)] {
        let heard = tokio::time::timeout(std::time::Duration::from_secs(20), check(topic)).await;
        assert!(heard.is_ok(), "nobody is heard any more after {topic:?}");
    }
}

#[tokio::test]
async fn no_message_is_so_large_that_the_hub_stays_away() {
    let broker = Broker::start().await;
    let device = Device::new(&broker).await;
    device.describes("sensor/good", json!({"state_topic": "good", "unique_id": "good", "name": "good"})).await;
    device.says("good", "1").await;
    device.says_much("homeassistant/sensor/bad/config", 17 << 20).await;
    let (kit, id) = connected(&broker).await;
    let heard = kit.until_true("the good one is heard", || kit.entity_state("sensor.good") == "1");
    tokio::time::timeout(std::time::Duration::from_secs(10), heard).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!((kit.state(&id).as_str(), kit.entity_state("sensor.good").as_str()), ("loaded", "1"));
    assert!(!device.heard("homeassistant/status").contains(&"offline".to_owned()), "the hub went away");
}
