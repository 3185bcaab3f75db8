//! The integration against a real broker: `mosquitto`, started on a free port of this machine for each test.
#![cfg(test)]

mod broker;
mod certificate;
mod device;

mod discovery;
mod flow;
mod hostile;
mod reconnect;
mod refusal;
mod scale;
mod tls;

use integration_testkit::Kit;
use mqtt::Mqtt;
use serde_json::{Value, json};

use crate::broker::Broker;

/// Starts a home with entries of these data.
async fn home(entries: &[Value]) -> Kit {
    let kit = entries.iter().fold(Kit::new(1), |kit, data| kit.entry("mqtt", data.clone()));
    kit.start(|manager, principal| manager.register(Mqtt::new(), principal("mqtt")).expect("its own principal")).await
}

/// Returns the data of an entry of a broker.
fn data(broker: &Broker) -> Value {
    json!({"broker": "127.0.0.1", "port": broker.port, "username": "hub", "password": broker.password()})
}

/// Starts a home with a broker that it is connected to.
async fn connected(broker: &Broker) -> (Kit, String) {
    let kit = home(&[data(broker)]).await;
    let id = kit.only_entry("mqtt");
    kit.until(&id, "loaded").await;
    (kit, id)
}
