//! A broker that goes away and comes back.

use serde_json::json;

use crate::{broker::Broker, connected, device::Device};

#[tokio::test]
async fn states_come_back_and_no_command_is_carried_out_twice() {
    let mut broker = Broker::start().await;
    let (kit, id) = connected(&broker).await;
    let device = Device::new(&broker).await;
    for qos in 0..3 {
        let message = json!({"command_topic": format!("q{qos}/set"), "state_topic": format!("q{qos}"), "qos": qos,
            "unique_id": format!("q{qos}"), "name": null, "device": {"identifiers": ["d"], "name": format!("q{qos}")}});
        device.describes(&format!("switch/q{qos}"), message).await;
        device.says(&format!("q{qos}"), "ON").await;
    }
    let states = || [0, 1, 2].map(|qos| kit.entity_state(&format!("switch.q{qos}")));
    kit.until_true("all are on", || states() == ["on", "on", "on"]).await;
    for qos in 0..3 {
        kit.call("switch", "turn_off", json!({"entity_id": format!("switch.q{qos}")})).await.unwrap();
    }
    broker.stop();
    kit.until_true("all are unavailable", || states() == ["unavailable", "unavailable", "unavailable"]).await;
    assert_eq!(kit.state(&id), "loaded");
    for qos in 0..3 {
        let data = json!({"entity_id": format!("switch.q{qos}")});
        // As in Home Assistant: what is unavailable is passed over.
        kit.call("switch", "turn_on", data).await.unwrap();
    }
    broker.run().await;
    kit.until_true("all are on again", || states() == ["on", "on", "on"]).await;
    // What is said now is heard: it has subscribed again.
    for qos in 0..3 {
        device.says(&format!("q{qos}"), "OFF").await;
    }
    kit.until_true("all are off", || states() == ["off", "off", "off"]).await;
    let said = |payload: &str| device.heard("homeassistant/status").iter().filter(|heard| *heard == payload).count();
    kit.until_true("it was said that the hub is back", || said("online") >= 1).await;
    kit.call("switch", "turn_on", json!({"entity_id": "switch.q0"})).await.unwrap();
    // In the order in which they were sent: nothing came before the last.
    kit.until_true("the last command was heard", || device.heard("q0/set").last().is_some_and(|last| last == "ON"))
        .await;
    assert_eq!(device.heard("q0/set"), ["OFF", "ON"]);
    assert_eq!(device.heard("q1/set"), ["OFF"]);
    assert_eq!(device.heard("q2/set"), ["OFF"]);
}

#[tokio::test]
async fn an_entry_that_is_taken_down_says_goodbye() {
    let broker = Broker::start().await;
    let device = Device::new(&broker).await;
    let (kit, id) = connected(&broker).await;
    kit.until_true("it says hello", || device.heard("homeassistant/status") == ["online"]).await;
    kit.set_disabled(&id, true).await.unwrap();
    kit.until_true("it says goodbye", || device.heard("homeassistant/status") == ["online", "offline"]).await;
    kit.assert_quiet();
}
