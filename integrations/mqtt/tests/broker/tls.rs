//! Certificates: whom to trust, and what is said of one that is not to be trusted.

use serde_json::{Value, json};

use crate::{broker::Broker, certificate::Authority, data, home};

fn with_tls(broker: &Broker, authority: &Authority) -> Value {
    let mut data = data(broker);
    data["tls"] = json!(true);
    data["certificate"] = json!(authority.pem());
    data
}

#[tokio::test]
async fn the_right_authority_is_trusted() {
    let authority = Authority::new();
    let broker = Broker::start_with(|folder| authority.issue(folder, (2020, 2090))).await;
    let kit = home(&[with_tls(&broker, &authority)]).await;
    kit.until(&kit.only_entry("mqtt"), "loaded").await;
}

#[tokio::test]
async fn an_expired_certificate_is_said_to_be() {
    let authority = Authority::new();
    let broker = Broker::start_with(|folder| authority.issue(folder, (2010, 2011))).await;
    let kit = home(&[with_tls(&broker, &authority)]).await;
    let id = kit.only_entry("mqtt");
    kit.until(&id, "setup_retry").await;
    let reason = kit.wire(&id)["reason"].to_string();
    assert!(reason.contains("has expired"), "{reason}");
    assert_eq!(kit.reauths(&id), Vec::<String>::new());
}

#[tokio::test]
async fn another_authority_is_not_trusted() {
    let (authority, other) = (Authority::new(), Authority::new());
    let broker = Broker::start_with(|folder| authority.issue(folder, (2020, 2090))).await;
    let kit = home(&[with_tls(&broker, &other)]).await;
    let id = kit.only_entry("mqtt");
    kit.until(&id, "setup_retry").await;
    let reason = kit.wire(&id)["reason"].to_string();
    assert!(reason.contains("not signed by anybody who is trusted"), "{reason}");
    // In a flow it is said before an entry is made.
    let kit = home(&[]).await;
    let flow = kit.start_flow("mqtt").await.unwrap();
    let advanced = json!({"tls": true, "certificate": other.pem()});
    let input = json!({"broker": "127.0.0.1", "port": broker.port, "username": "hub", "password": "right", "advanced": advanced});
    let answer = kit.answer(flow.flow_id(), input).await.unwrap();
    assert_eq!(answer.errors(), Some(&json!({"base": "invalid_certificate"})));
}
