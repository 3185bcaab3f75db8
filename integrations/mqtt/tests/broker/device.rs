//! A second client: what devices say and hear.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, PublishOptions, QoS};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::broker::Broker;

/// A client with the user `device`, that reconnects and hears everything but what is below `homeassistant/+/+/`.
pub(crate) struct Device {
    client: AsyncClient,
    heard: Arc<Mutex<Vec<(String, String)>>>,
    task: JoinHandle<()>,
}

impl Device {
    pub(crate) async fn new(broker: &Broker) -> Self {
        let mut options = MqttOptions::new(format!("device{}", broker.port), ("127.0.0.1", broker.port));
        options.set_credentials("device", "device");
        options.set_max_packet_size(1 << 20, 256 << 20);
        let (client, mut events) = AsyncClient::builder(options).capacity(20_000).build();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (ready, mut is_ready) = tokio::sync::watch::channel(false);
        let (to, subscriber) = (Arc::clone(&heard), client.clone());
        let task = tokio::spawn(async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => {
                        for filter in ["+/set", "+/+/set", "homeassistant/status"] {
                            subscriber.try_subscribe(filter, QoS::AtLeastOnce).unwrap();
                        }
                    }
                    Ok(Event::Incoming(Packet::SubAck(_))) => _ = ready.send(true),
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        let topic = String::from_utf8(publish.topic.to_vec()).unwrap();
                        let payload = String::from_utf8_lossy(&publish.payload).into_owned();
                        to.lock().unwrap().push((topic, payload));
                    }
                    Ok(_) => {}
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        });
        is_ready.wait_for(|ready| *ready).await.unwrap();
        Self { client, heard, task }
    }

    /// Publishes a retained message, and returns when the broker has it.
    pub(crate) async fn says(&self, topic: &str, payload: &str) {
        let options = PublishOptions::new(QoS::AtLeastOnce).retained();
        let sent = self.client.publish_tracked(topic, payload.as_bytes().to_vec(), options).await.unwrap();
        sent.wait_completion_async().await.unwrap();
    }

    /// Publishes a retained message of so many bytes.
    pub(crate) async fn says_much(&self, topic: &str, bytes: usize) {
        self.says(topic, &"x".repeat(bytes)).await;
    }

    /// Publishes a retained message without waiting for the broker.
    pub(crate) async fn sends(&self, topic: String, payload: String) {
        self.client
            .publish(topic, payload.into_bytes(), PublishOptions::new(QoS::AtMostOnce).retained())
            .await
            .unwrap();
    }

    /// Describes something.
    pub(crate) async fn describes(&self, place: &str, message: Value) {
        self.says(&format!("homeassistant/{place}/config"), &message.to_string()).await;
    }

    /// Returns what was heard on a topic, in order.
    pub(crate) fn heard(&self, topic: &str) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|(at, _)| at == topic).map(|(_, payload)| payload.clone()).collect()
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.task.abort();
    }
}
