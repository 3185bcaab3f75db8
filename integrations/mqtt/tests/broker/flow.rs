//! The flows: nothing is kept that does not work.

use serde_json::json;

use crate::{broker::Broker, connected, data, device::Device, home};

#[tokio::test]
async fn a_broker_is_tried_before_it_is_kept() {
    let mut broker = Broker::stopped();
    let kit = home(&[]).await;
    let flow = kit.start_flow("mqtt").await.unwrap();
    let wire = flow.to_wire();
    let names: Vec<_> =
        wire["data_schema"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!((flow.step_id(), names), (Some("user"), vec!["broker", "port", "username", "password", "advanced"]));

    let away = kit.answer(flow.flow_id(), data(&broker)).await.unwrap();
    assert_eq!(away.errors(), Some(&json!({"base": "cannot_connect"})));

    broker.run().await;
    let mut wrong = data(&broker);
    wrong["password"] = json!("wr0ng-one");
    let refused = kit.answer(flow.flow_id(), wrong).await.unwrap();
    assert_eq!(refused.errors(), Some(&json!({"base": "invalid_auth"})));
    let shown = refused.to_wire().to_string();
    assert!(shown.contains("127.0.0.1") && !shown.contains("wr0ng-one"), "{shown}");

    let made = kit.answer(flow.flow_id(), data(&broker)).await.unwrap();
    assert_eq!(made.kind(), "create_entry");
    let id = kit.only_entry("mqtt");
    kit.until(&id, "loaded").await;
    assert_eq!(kit.wire(&id)["title"], "127.0.0.1");
    let second = kit.start_flow("mqtt").await.unwrap();
    assert_eq!(second.reason(), Some("single_instance_allowed"));
}

#[tokio::test]
async fn options_and_a_new_address_take_effect() {
    let (broker, mut other) = (Broker::start().await, Broker::stopped());
    let (kit, id) = connected(&broker).await;
    let device = Device::new(&broker).await;
    device.says("other/sensor/x/config", &json!({"state_topic": "s", "unique_id": "x"}).to_string()).await;
    let flow = kit.start_options(&id).await.unwrap();
    assert_eq!(flow.step_id(), Some("init"));
    let wrong =
        kit.answer_options(flow.flow_id(), json!({"discovery": true, "discovery_prefix": "a/#"})).await.unwrap();
    assert_eq!(wrong.errors(), Some(&json!({"discovery_prefix": "invalid_prefix"})));
    kit.answer_options(flow.flow_id(), json!({"discovery": true, "discovery_prefix": "other"})).await.unwrap();
    kit.until_true("what is announced elsewhere is found", || kit.provided() == ["sensor.x"]).await;

    other.set_password("else");
    other.run().await;
    let flow = kit.start_reconfigure("mqtt", &id).await.unwrap();
    assert_eq!(flow.step_id(), Some("reconfigure"));
    // The password is not sent to another broker than the one that it was entered for.
    let input = json!({"broker": "127.0.0.1", "port": other.port, "username": "hub"});
    let refused = kit.answer(flow.flow_id(), input.clone()).await.unwrap();
    assert_eq!(refused.errors(), Some(&json!({"base": "invalid_auth"})));
    let done = kit.answer(flow.flow_id(), data(&other)).await.unwrap();
    assert_eq!(done.reason(), Some("reconfigure_successful"));
    drop(broker);
    kit.until_true("it is connected to the other", || kit.state(&id) == "loaded" && kit.provided().is_empty()).await;
    assert_eq!(kit.entries("mqtt").len(), 1);
}
