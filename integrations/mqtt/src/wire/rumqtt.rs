//! Connections made by the crate `rumqttc` (MQTT 3.1.1).

use std::{error::Error, io, sync::Arc, time::Duration};

use async_trait::async_trait;
use rumqttc::{
    AsyncClient, ClientError, ConnectReturnCode, ConnectionError, Event, EventLoop, LastWill, MqttOptions,
    NetworkOptions, Packet, PublishOptions, QoS, SubscribeFilter, TlsConfiguration, Transport,
    mqttbytes::v4::{Publish, SubscribeReasonCode},
};
use secrecy::ExposeSecret;
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinHandle,
    time::timeout,
};

use super::{ConnectError, Connector, Link, MAX_PAYLOAD, Message, NotSent, Outbox, Outgoing, Qos, tls};
use crate::{discovery::short, settings::Settings};

/// Makes connections with `rumqttc`.
#[derive(Debug)]
pub(crate) struct Rumqtt;

/// How long a broker may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a broker may take to acknowledge a message, or a connection to take it.
const ANSWER: Duration = Duration::from_secs(10);
/// How long taking leave may take.
const LEAVE: Duration = Duration::from_secs(2);
/// The largest packet that is taken: the largest that there is. Any bound below would end the connection, and if the
/// message is retained the next one too: one device would keep the hub away from all others.
const MAX_PACKET: usize = 256 << 20;
/// The largest packet that is sent.
const MAX_SENT: usize = 16 << 20;
/// How many messages and subscriptions may wait to be sent.
const OUTGOING: usize = 1_024;
/// How many bytes of messages may wait to be looked at; then the broker has to wait. Many: what a broker cannot get rid
/// of it drops, Mosquitto by default whatever is more than a thousand messages.
const INCOMING: usize = 64 << 20;

#[async_trait]
impl Connector for Rumqtt {
    async fn connect(&self, settings: &Settings) -> Result<Box<dyn Link>, ConnectError> {
        let wanted = settings.clone();
        // Reads the system's certificates, which may take a moment.
        let options = tokio::task::spawn_blocking(move || options(&wanted)).await;
        let options = options.map_err(|error| ConnectError::Unreachable(error.to_string()))??;
        let (client, mut events) = AsyncClient::builder(options).capacity(OUTGOING).build();
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        network.set_connection_timeout(CONNECT.as_secs());
        events.set_network_options(network);
        let accepted = async {
            loop {
                if let Event::Incoming(Packet::ConnAck(_)) = events.poll().await? {
                    return Ok(());
                }
            }
        };
        match timeout(CONNECT + Duration::from_secs(2), accepted).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(classified(&error)),
            Err(_) => return Err(ConnectError::Unreachable("no answer in time".to_owned())),
        }
        let (messages, incoming) = mpsc::unbounded_channel();
        let pump = tokio::spawn(pump(events, messages));
        Ok(Box::new(RumqttLink { client, incoming, pump }))
    }
}

fn options(settings: &Settings) -> Result<MqttOptions, ConnectError> {
    let mut options = MqttOptions::new(settings.client_id(), (settings.broker.clone(), settings.port));
    options.set_keep_alive(settings.keepalive);
    options.set_max_packet_size(MAX_PACKET, MAX_SENT);
    options.set_clean_session(true);
    match (&settings.username, &settings.password) {
        (Some(username), Some(password)) => {
            options.set_credentials(username, password.expose_secret().as_bytes().to_vec());
        }
        (Some(username), None) => _ = options.set_username(username),
        (None, _) => {}
    }
    let topic = settings.status_topic();
    options.set_last_will(LastWill::new(topic, "offline", QoS::AtMostOnce, false));
    if settings.tls {
        options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(tls::config(settings)?)));
    }
    Ok(options)
}

/// Moves messages from the connection to the queue until either ends.
async fn pump(mut events: EventLoop, messages: mpsc::UnboundedSender<Result<Message, String>>) {
    let room = Arc::new(Semaphore::new(INCOMING));
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                let Some(message) = message(publish) else { continue };
                if messages.send(Ok(message.in_room(&room).await)).is_err() {
                    return;
                }
            }
            Ok(Event::Incoming(Packet::SubAck(ack))) => {
                let refused =
                    ack.return_codes.iter().filter(|code| matches!(code, SubscribeReasonCode::Failure)).count();
                if refused > 0 {
                    tracing::warn!(refused, "the MQTT broker refused subscriptions: nothing is heard of those topics");
                }
            }
            Ok(_) => {}
            // Polling on would connect anew, with what is left of this session.
            Err(error) => {
                _ = messages.send(Err(classified(&error).to_string()));
                return;
            }
        }
    }
}

fn message(publish: Publish) -> Option<Message> {
    let topic = String::from_utf8(publish.topic.to_vec()).ok()?;
    // Nobody looks at it, so it takes no place in a queue either.
    if publish.payload.len() > MAX_PAYLOAD {
        let bytes = publish.payload.len();
        tracing::warn!(topic = short(&topic), bytes, "a message is too large and was passed over");
        return None;
    }
    Some(Message::new(topic, publish.payload))
}

/// Returns what an error means for the entry.
fn classified(error: &ConnectionError) -> ConnectError {
    match error {
        ConnectionError::ConnectionRefused(
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
        ) => ConnectError::Refused,
        ConnectionError::ConnectionRefused(ConnectReturnCode::BadClientId) => {
            ConnectError::Unreachable("it refused the client id".to_owned())
        }
        ConnectionError::ConnectionRefused(ConnectReturnCode::ServiceUnavailable) => {
            ConnectError::Unreachable("it is not available at the moment".to_owned())
        }
        ConnectionError::NetworkTimeout => ConnectError::Unreachable("no answer in time".to_owned()),
        error => certificate(error).unwrap_or_else(|| {
            let text = innermost(error).to_string();
            ConnectError::Unreachable(text.chars().take(200).collect())
        }),
    }
}

/// Returns what is wrong with the broker's certificate, wherever in the error it is said.
fn certificate(error: &ConnectionError) -> Option<ConnectError> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return tls::untrusted(error);
        }
        // An I/O error holds another without calling it its source.
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

fn innermost(error: &ConnectionError) -> &(dyn Error + 'static) {
    let mut error: &(dyn Error + 'static) = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error
}

struct RumqttLink {
    client: AsyncClient,
    incoming: mpsc::UnboundedReceiver<Result<Message, String>>,
    pump: JoinHandle<()>,
}

impl Drop for RumqttLink {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

#[async_trait]
impl Link for RumqttLink {
    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(RumqttOutbox { client: self.client.clone(), pump: self.pump.abort_handle() })
    }

    async fn next(&mut self) -> Result<Message, String> {
        self.incoming.recv().await.unwrap_or_else(|| Err("the connection is over".to_owned()))
    }
}

struct RumqttOutbox {
    client: AsyncClient,
    /// Knows when the connection is over.
    pump: tokio::task::AbortHandle,
}

#[async_trait]
impl Outbox for RumqttOutbox {
    async fn publish(&self, message: Outgoing) -> Result<(), NotSent> {
        if self.pump.is_finished() {
            return Err(NotSent::Lost);
        }
        let options = PublishOptions::new(message.qos.into()).retain(message.retain);
        let sent = self.client.try_publish_tracked(message.topic, message.payload.into_bytes(), options);
        let done = sent.map_err(|error| not_sent(&error))?.wait_completion_async();
        match timeout(ANSWER, done).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(NotSent::Lost),
            Err(_) => {
                // It may still wait in the queue. Its caller is told that it was not sent, so it must never be.
                self.pump.abort();
                Err(NotSent::TimedOut)
            }
        }
    }

    fn subscribe(&self, filters: &[(String, Qos)]) -> Result<(), NotSent> {
        let filters: Vec<_> =
            filters.iter().map(|(filter, qos)| SubscribeFilter::new(filter.clone(), (*qos).into())).collect();
        self.client.try_subscribe_many(filters).map_err(|error| not_sent(&error))
    }

    fn unsubscribe(&self, filters: &[String]) -> Result<(), NotSent> {
        self.client.try_unsubscribe_many(filters.to_vec()).map_err(|error| not_sent(&error))
    }

    async fn leave(&self, last: Option<Outgoing>) {
        let farewell = async {
            if let Some(last) = last {
                _ = self.publish(last).await;
            }
            if self.client.disconnect().await.is_ok() {
                while !self.pump.is_finished() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        };
        _ = timeout(LEAVE, farewell).await;
    }
}

fn not_sent(error: &ClientError) -> NotSent {
    match error {
        ClientError::RequestChannelFull(_) => NotSent::Full,
        ClientError::InvalidRequest(_) => NotSent::Invalid,
        _ => NotSent::Lost,
    }
}

impl From<Qos> for QoS {
    fn from(qos: Qos) -> Self {
        match qos {
            Qos::AtMost => Self::AtMostOnce,
            Qos::AtLeast => Self::AtLeastOnce,
            Qos::Exactly => Self::ExactlyOnce,
        }
    }
}
