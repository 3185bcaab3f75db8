//! Credentials that are refused: one reauthentication, and then it works again.

use serde_json::json;

use crate::{broker::Broker, connected, data, home};

#[tokio::test]
async fn a_wrong_password_at_setup_asks_once() {
    let broker = Broker::start().await;
    let mut wrong = data(&broker);
    wrong["password"] = json!("wrong");
    let kit = home(&[wrong]).await;
    let id = kit.only_entry("mqtt");
    kit.until(&id, "setup_error").await;
    let flow = kit.only_reauth(&id);
    let form = kit.look(&flow).await.unwrap();
    assert_eq!(form.step_id(), Some("reauth_confirm"));
    let refused = kit.answer(&flow, json!({"username": "hub", "password": "wrong"})).await.unwrap();
    assert_eq!(refused.errors(), Some(&json!({"base": "invalid_auth"})));
    let done = kit.answer(&flow, json!({"username": "hub", "password": "right"})).await.unwrap();
    assert_eq!(done.reason(), Some("reauth_successful"));
    kit.until(&id, "loaded").await;
    assert_eq!(kit.reauths(&id), Vec::<String>::new());
}

#[tokio::test]
async fn a_changed_password_asks_once_at_the_next_connection() {
    let mut broker = Broker::start().await;
    let (kit, id) = connected(&broker).await;
    broker.stop();
    broker.set_password("changed");
    broker.run().await;
    kit.until_true("it asks", || kit.reauths(&id).len() == 1).await;
    assert_eq!(kit.state(&id), "loaded");
    let flow = kit.only_reauth(&id);
    let done = kit.answer(&flow, json!({"username": "hub", "password": "changed"})).await.unwrap();
    assert_eq!(done.reason(), Some("reauth_successful"));
    kit.until(&id, "loaded").await;
    assert_eq!(kit.reauths(&id), Vec::<String>::new());
    assert_eq!(kit.entries("mqtt").len(), 1);
}

#[tokio::test]
async fn a_broker_that_is_away_at_setup_is_tried_again() {
    let mut broker = Broker::stopped();
    let kit = home(&[data(&broker)]).await;
    let id = kit.only_entry("mqtt");
    kit.until(&id, "setup_retry").await;
    assert!(kit.wire(&id)["reason"].to_string().contains("cannot be reached"), "{}", kit.wire(&id));
    broker.run().await;
    kit.until(&id, "loaded").await;
    assert_eq!(kit.reauths(&id), Vec::<String>::new());
}
