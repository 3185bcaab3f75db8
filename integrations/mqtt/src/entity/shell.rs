//! What surrounds a model: its lock, its topics, whether it is there, who asked last.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use config_entries::{
    AuthFailed, EntitySlot, Entry,
    hub::{Context, Entity, EntityCall, HandlerError, parse_json},
};
use serde_json::{Map, Value};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::{Common, Model};
use crate::{
    availability::Said,
    discovery::{Problem, place, short},
    router::Listener,
    wire::{MAX_PAYLOAD, Outbox, Outgoing, Qos},
};

/// Where commands go: the connection of the moment, if there is one.
pub(crate) struct Post {
    entry: Option<Entry<AuthFailed>>,
    /// What is looked for is below it.
    prefix: String,
    outbox: Mutex<Option<Arc<dyn Outbox>>>,
    /// For the attributes of all entities, in bytes as they were said.
    room: Arc<Semaphore>,
}

/// An entity with a model.
pub(crate) struct Shell {
    pub(crate) common: Common,
    slot: EntitySlot,
    post: Arc<Post>,
    /// The model's topics, then those of availability, then that of attributes.
    topics: Vec<(String, Qos)>,
    n_model: usize,
    /// Never held across an await; held while the state is written, so that states are written in the order of changes.
    inner: Mutex<Inner>,
}

struct Inner {
    model: Box<dyn Model>,
    said: Said,
    attributes: Map<String, Value>,
    /// What the attributes take of the room for those of all.
    room: Option<OwnedSemaphorePermit>,
    /// Who asked last, and when: what happens soon after is taken as the outcome.
    asked: Option<(Context, Instant)>,
    /// When the value is too old; none while there is none.
    expires: Option<Instant>,
    expired: bool,
    /// When what was heard last holds no more.
    lapses: Option<Instant>,
    /// What was heard last on each topic, unless it was long.
    heard: Vec<Option<Box<str>>>,
    /// Another has taken its place.
    retired: bool,
}

/// How long what happens is taken as the outcome of a command.
const OUTCOME: Duration = Duration::from_secs(5);
/// The most bytes of attributes.
const MAX_ATTRIBUTES: usize = 64 * 1_024;
/// The most bytes of the attributes of all entities: one topic may be that of every one.
const ALL_ATTRIBUTES: usize = 32 << 20;
/// The longest payload that is remembered for a description that changes.
const MAX_REMEMBERED: usize = 4 * 1_024;
/// What a device may not say of itself: the home says it.
const RESERVED: [&str; 6] =
    ["device_class", "friendly_name", "icon", "supported_features", "unit_of_measurement", "restored"];

impl Post {
    pub(crate) fn new(entry: Option<Entry<AuthFailed>>, prefix: String) -> Self {
        Self { entry, prefix, outbox: Mutex::new(None), room: Arc::new(Semaphore::new(ALL_ATTRIBUTES)) }
    }

    /// Sends over this connection from now on, or over none.
    pub(crate) fn connect(&self, outbox: Option<Arc<dyn Outbox>>) {
        *self.outbox.lock().unwrap_or_else(PoisonError::into_inner) = outbox;
    }

    /// Returns the connection of the moment.
    pub(crate) fn outbox(&self) -> Option<Arc<dyn Outbox>> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a message now, or never.
    async fn send(&self, message: Outgoing) -> Result<(), HandlerError> {
        // A device could else describe others, or say that the hub is gone, in the hub's name.
        let is_ours = message.topic.strip_prefix(&self.prefix) == Some("/status");
        if is_ours || place(&self.prefix, &message.topic).is_some() {
            return Err(HandlerError::Failed("commands are not sent to topics of MQTT discovery".to_owned()));
        }
        let outbox = self.outbox();
        let outbox = outbox.ok_or_else(|| HandlerError::Failed("the MQTT broker is not connected".to_owned()))?;
        outbox.publish(message).await.map_err(|error| HandlerError::Failed(error.to_string()))
    }

    fn now(&self) -> config_entries::hub::Timestamp {
        self.entry.as_ref().map(Entry::now).unwrap_or_default()
    }
}

impl Shell {
    pub(crate) fn new(common: Common, model: Box<dyn Model>, slot: EntitySlot, post: Arc<Post>) -> Self {
        let heard = model.topics();
        let n_model = heard.len();
        let availability = common.availability.sources.iter().map(|source| source.topic.clone());
        let attributes = common.attributes.iter().map(|inlet| inlet.topic.clone());
        let topics = heard.into_iter().chain(availability).chain(attributes);
        let topics: Vec<_> = topics.map(|topic| (topic, common.qos)).collect();
        let inner = Inner {
            model,
            said: Said::default(),
            attributes: Map::new(),
            room: None,
            asked: None,
            expires: None,
            expired: false,
            lapses: None,
            heard: vec![None; topics.len()],
            retired: false,
        };
        Self { common, slot, post, topics, n_model, inner: Mutex::new(inner) }
    }

    /// Takes over what another has heard on the same topics, so that a new description does not make it forget.
    pub(crate) fn inherit(&self, before: &Self) {
        let (known, asked) = {
            let before = before.lock();
            (before.heard.clone(), before.asked.clone())
        };
        let mut inner = self.lock();
        inner.asked = asked;
        for (nth, (topic, _)) in self.topics.iter().enumerate() {
            let place = before.topics.iter().position(|(known, _)| known == topic);
            if let Some(payload) = place.and_then(|place| known.get(place)?.clone()) {
                // What does not fit the new description is heard again in another form, or not at all.
                _ = self.take(&mut inner, nth, &payload);
            }
        }
    }

    /// Returns its domain and unique id.
    pub(crate) fn names(&self) -> (&str, &str) {
        (&self.common.domain, &self.common.unique_id)
    }

    /// Returns its domain and unique id.
    pub(crate) fn name(&self) -> (String, String) {
        (self.common.domain.clone(), self.common.unique_id.clone())
    }

    pub(crate) const fn slot(&self) -> &EntitySlot {
        &self.slot
    }

    pub(crate) fn topics(&self) -> &[(String, Qos)] {
        &self.topics
    }

    /// Writes nothing any more: another has taken its place, or it is gone.
    pub(crate) fn retire(&self) {
        self.lock().retired = true;
    }

    /// Writes the state as it is: the connection has come or gone.
    pub(crate) fn show(&self) {
        let inner = self.lock();
        self.write(&inner, None);
    }

    /// Lets a value that is too old expire, and what was to hold for a while end.
    pub(crate) fn tick(&self, now: Instant) {
        let mut inner = self.lock();
        let is_over = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        let (expires, lapses) = (!inner.expired && is_over(inner.expires), is_over(inner.lapses));
        if lapses {
            inner.model.lapse();
            inner.lapses = None;
        }
        inner.expired |= expires;
        if expires || lapses {
            self.write(&inner, None);
        }
    }

    /// Writes the state as it is, as the outcome of an action or of none.
    fn write(&self, inner: &Inner, outcome_of: Option<&Context>) {
        if inner.retired {
            return;
        }
        // Where a value expires, there is none before the first.
        let expired = inner.expired || (self.common.expire_after.is_some() && inner.expires.is_none());
        let is_there = self.post.outbox().is_some() && self.common.availability.is_there(&inner.said) && !expired;
        let mut attributes = inner.attributes.clone();
        let state = if is_there {
            attributes.extend(inner.model.attributes());
            inner.model.state().unwrap_or_else(|| "unknown".to_owned())
        } else {
            attributes.clear();
            "unavailable".to_owned()
        };
        attributes.extend(inner.model.capabilities());
        if let Some(features) = inner.model.features() {
            attributes.insert("supported_features".to_owned(), features.into());
        }
        match outcome_of {
            Some(context) => self.slot.write_in(&state, attributes, context),
            None => self.slot.write(&state, attributes),
        }
    }

    fn take(&self, inner: &mut Inner, nth: usize, payload: &str) -> Result<(), Problem> {
        if let Some(heard) = inner.heard.get_mut(nth) {
            *heard = (payload.len() <= MAX_REMEMBERED).then(|| payload.into());
        }
        let n_sources = self.common.availability.sources.len();
        if nth < self.n_model {
            inner.model.hear(nth, payload)?;
            inner.expired = false;
            let now = Instant::now();
            inner.expires = self.common.expire_after.and_then(|after| now.checked_add(after));
            inner.lapses = inner.model.holds_for().and_then(|holds| now.checked_add(holds));
        } else if nth < self.n_model + n_sources {
            self.common.availability.hear(&mut inner.said, nth - self.n_model, payload)?;
        } else if let Some(inlet) = &self.common.attributes {
            let text = inlet.read(payload)?;
            let wrong = |what: &str| Problem::new("json_attributes_topic", what);
            if text.len() > MAX_ATTRIBUTES {
                return Err(wrong("says too much"));
            }
            let room =
                u32::try_from(text.len()).ok().and_then(|n| Arc::clone(&self.post.room).try_acquire_many_owned(n).ok());
            let room = room.ok_or_else(|| wrong("says too much, together with those of other entities"))?;
            let Ok(Value::Object(mut attributes)) = parse_json(text.as_bytes()) else {
                return Err(wrong("says no JSON object"));
            };
            attributes.retain(|name, _| !RESERVED.contains(&name.as_str()));
            (inner.attributes, inner.room) = (attributes, Some(room));
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Shell {
    fn hear(&self, nth: usize, payload: &str) {
        if payload.len() > MAX_PAYLOAD {
            tracing::warn!(unique_id = short(&self.common.unique_id), "a message is too large and was passed over");
            return;
        }
        let mut inner = self.lock();
        match self.take(&mut inner, nth, payload) {
            Ok(()) => {
                let asked = inner.asked.as_ref().filter(|(_, at)| nth < self.n_model && at.elapsed() <= OUTCOME);
                self.write(&inner, asked.map(|(context, _)| context));
            }
            // Devices repeat themselves: not worth more.
            Err(problem) => {
                tracing::debug!(unique_id = short(&self.common.unique_id), %problem, "a message was passed over");
            }
        }
    }
}

#[async_trait]
impl Entity for Shell {
    async fn call(&self, call: &EntityCall) -> Result<Option<Value>, HandlerError> {
        let ask = call.ask(self.post.now());
        let orders = {
            let mut inner = self.lock();
            let orders = inner.model.order(&ask)?;
            // Before it is sent: the answer may be quicker than we are.
            inner.asked = Some((call.call.context.clone(), Instant::now()));
            orders
        };
        for order in orders {
            let (qos, retain) = (self.common.qos, self.common.retain);
            let sent = self.post.send(Outgoing { topic: order.topic, payload: order.payload, qos, retain }).await;
            if let Err(error) = sent {
                self.lock().asked = None;
                return Err(error);
            }
        }
        let mut inner = self.lock();
        if inner.model.assume(&ask) {
            self.write(&inner, Some(&call.call.context));
        }
        Ok(None)
    }

    fn supported_features(&self) -> u64 {
        self.lock().model.features().unwrap_or(0)
    }
}
