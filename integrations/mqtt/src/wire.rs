//! The connection to a broker, as the rest of the crate sees it: replaceable, and one session long.
//!
//! A [`Link`] is one connection. What was not sent before it ended is never sent later: a new connection starts with
//! nothing, so that no command is carried out twice, nor long after it was given.

mod rumqtt;
mod tls;

pub(crate) use rumqtt::Rumqtt;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::settings::Settings;

/// The largest payload that is looked at.
pub(crate) const MAX_PAYLOAD: usize = 256 * 1_024;

/// Makes connections.
#[async_trait]
pub(crate) trait Connector: Send + Sync {
    /// Connects, and returns when the broker has accepted. Dropping the future midway is safe.
    async fn connect(&self, settings: &Settings) -> Result<Box<dyn Link>, ConnectError>;
}

/// A connection that the broker has accepted. Dropping it ends it without a goodbye.
#[async_trait]
pub(crate) trait Link: Send {
    /// Returns what sends over this connection.
    fn outbox(&self) -> Arc<dyn Outbox>;

    /// Returns the next message; none when the connection is over, and why. Dropping the future midway is safe.
    async fn next(&mut self) -> Result<Message, String>;
}

/// What sends over one connection.
#[async_trait]
pub(crate) trait Outbox: Send + Sync {
    /// Sends a message. Returns when it has left (QoS 0) or has been acknowledged.
    async fn publish(&self, message: Outgoing) -> Result<(), NotSent>;

    /// Subscribes to all of these filters, or none if the queue is full.
    fn subscribe(&self, filters: &[(String, Qos)]) -> Result<(), NotSent>;

    /// Unsubscribes, or not if the queue is full.
    fn unsubscribe(&self, filters: &[String]) -> Result<(), NotSent>;

    /// Sends a last message and takes leave. Returns when that is done, or has taken too long.
    async fn leave(&self, last: Option<Outgoing>);
}

/// A message that has arrived.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
    /// Its part of what may wait: given back when nobody looks at it any more.
    _room: Option<OwnedSemaphorePermit>,
}

impl Message {
    pub(crate) fn new(topic: String, payload: impl Into<Bytes>) -> Self {
        Self { topic, payload: payload.into(), _room: None }
    }

    /// Has the message take the room that it needs, when there is some.
    pub(crate) async fn in_room(self, room: &Arc<Semaphore>) -> Self {
        /// About what a message takes besides its text.
        const BESIDES: usize = 128;
        let bytes = self.topic.len() + self.payload.len() + BESIDES;
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        Self { _room: Arc::clone(room).acquire_many_owned(bytes).await.ok(), ..self }
    }
}

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) topic: String,
    pub(crate) payload: String,
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
}

/// How surely a message arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Qos {
    /// Once at most.
    #[default]
    AtMost,
    /// Once at least.
    AtLeast,
    /// Once exactly.
    Exactly,
}

/// A message was not sent, and will not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSent {
    /// The connection is over.
    #[error("the connection to the MQTT broker was lost")]
    Lost,
    /// Too much waits to be sent.
    #[error("too many messages wait to be sent to the MQTT broker")]
    Full,
    /// It waited too long for the broker.
    #[error("the MQTT broker did not answer in time")]
    TimedOut,
    /// It cannot be sent at all.
    #[error("the topic is not one that can be published to")]
    Invalid,
}

/// Why there is no connection. Says nothing of credentials but that they were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The broker refused the user name or password.
    #[error("the MQTT broker refused the user name or password")]
    Refused,
    /// The broker's certificate is not to be trusted, and why.
    #[error("the MQTT broker's certificate {0}")]
    UntrustedBroker(&'static str),
    /// What is configured for TLS cannot be used.
    #[error("{0}")]
    BadTls(&'static str),
    /// Nobody was reached, or something else answered.
    #[error("the MQTT broker cannot be reached: {0}")]
    Unreachable(String),
}
