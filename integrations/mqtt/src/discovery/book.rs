//! What has been discovered, and what becomes of the messages that change it.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use config_entries::{AuthFailed, Entry, NewEntity};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout, timeout_at},
};

use super::{Found, MAX_MESSAGE, Place, Problem, place, read, short};
use crate::{
    entity::{self, Post, Shell},
    router::{Listener, ListenerId, Router},
    wire::Message,
};

/// What has been discovered. Changed by one task; looked at by others.
#[derive(Default)]
pub(crate) struct Book {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// By topic: what the message there came to.
    topics: HashMap<String, Topic>,
    /// Whose unique id it is, by domain and id.
    owners: HashMap<(String, String), (String, String)>,
    n_entities: usize,
    told_full: bool,
}

struct Topic {
    /// Of the message, so that the same message again changes nothing.
    hash: u64,
    parts: HashMap<String, Known>,
}

/// An entity that was discovered.
#[derive(Clone)]
struct Known {
    shell: Arc<Shell>,
    listener: Option<ListenerId>,
}

/// What a batch of messages comes to. Of what is provided, `fresh` says in the same order what it is.
#[derive(Default)]
struct Changes {
    /// Domains and unique ids.
    forget: Vec<(String, String)>,
    gone: Vec<Known>,
    provide: Vec<NewEntity>,
    fresh: Vec<Fresh>,
}

/// The topic and the part that an entity comes from, and what shows it.
type Fresh = (String, String, Arc<Shell>);

/// The most entities of one broker.
pub(crate) const MAX_ENTITIES: usize = 10_000;
/// How long a message waits for others, to be worked with as one.
const GATHER: Duration = Duration::from_millis(50);
/// How soon the home is asked again that could not do it, as when its disk was full; sooner with the next message.
const AGAIN: Duration = Duration::from_secs(30);
/// The most messages that are worked with as one.
const BATCH: usize = 500;

/// Works with discovery messages until nobody sends any more.
pub(crate) async fn run(
    entry: Entry<AuthFailed>,
    prefix: String,
    book: Arc<Book>,
    router: Arc<Router>,
    post: Arc<Post>,
    mut messages: mpsc::UnboundedReceiver<Message>,
) {
    let mut undone = Changes::default();
    loop {
        let mut batch = Vec::new();
        let patience = if undone.is_nothing() { Duration::MAX } else { AGAIN };
        match timeout(patience, messages.recv()).await {
            Ok(Some(first)) => batch.push(first),
            Ok(None) => return,
            Err(_) => {}
        }
        let until = Instant::now() + GATHER;
        while (1..BATCH).contains(&batch.len())
            && let Ok(Some(next)) = timeout_at(until, messages.recv()).await
        {
            batch.push(next);
        }
        let mut changes = book.take(&prefix, batch, &post);
        book.put_back(undone, &mut changes);
        undone = book.apply(&entry, &router, changes).await;
    }
}

impl Changes {
    fn is_nothing(&self) -> bool {
        self.forget.is_empty() && self.provide.is_empty()
    }
}

impl Book {
    /// Returns every entity.
    pub(crate) fn shells(&self) -> Vec<Arc<Shell>> {
        let inner = self.lock();
        inner.topics.values().flat_map(|topic| topic.parts.values()).map(|known| Arc::clone(&known.shell)).collect()
    }

    /// Takes messages, in order, and returns what has to be done about them.
    fn take(&self, prefix: &str, batch: Vec<Message>, post: &Arc<Post>) -> Changes {
        let mut inner = self.lock();
        let mut changes = Changes::default();
        // Of several messages to one topic only the last counts.
        let mut last = HashMap::new();
        for (n, message) in batch.iter().enumerate() {
            last.insert(message.topic.as_str(), n);
        }
        for (n, message) in batch.iter().enumerate() {
            if last.get(message.topic.as_str()) == Some(&n)
                && let Some(place) = place(prefix, &message.topic)
            {
                inner.take(place, message, post, &mut changes);
            }
        }
        changes
    }

    /// Puts to the changes what could not be done before and still should be.
    fn put_back(&self, undone: Changes, changes: &mut Changes) {
        let inner = self.lock();
        for (entity, fresh) in undone.provide.into_iter().zip(undone.fresh) {
            if inner.is_current(&fresh) {
                changes.provide.push(entity);
                changes.fresh.push(fresh);
            }
        }
        let gone = undone.forget.into_iter().filter(|name| !inner.owners.contains_key(name));
        changes.forget.extend(gone.take(MAX_ENTITIES));
    }

    /// Has the home forget and provide, and has the new entities hear their topics. Returns what the home could not do.
    async fn apply(&self, entry: &Entry<AuthFailed>, router: &Router, changes: Changes) -> Changes {
        let Changes { mut forget, gone, provide, fresh } = changes;
        // What moves from one topic to another stays registered.
        let stays: HashSet<_> = fresh.iter().map(|(_, _, shell)| shell.name()).collect();
        forget.retain(|name| !stays.contains(name));
        // What has changed hears its topics until it hears them as what it is now, but shows nothing any more.
        gone.iter().for_each(|known| known.shell.retire());
        let undone = self.offer(entry, router, forget, provide, fresh).await;
        for known in gone {
            if let Some(listener) = known.listener {
                router.remove(listener, known.shell.topics());
            }
        }
        undone
    }

    async fn offer(
        &self,
        entry: &Entry<AuthFailed>,
        router: &Router,
        forget: Vec<(String, String)>,
        provide: Vec<NewEntity>,
        fresh: Vec<Fresh>,
    ) -> Changes {
        let mut undone = Changes::default();
        if !forget.is_empty()
            && let Err(error) = entry.forget(&forget).await
        {
            tracing::warn!(%error, "entities that are gone from MQTT could not be removed; this is tried again");
            undone.forget = forget;
        }
        if provide.is_empty() {
            return undone;
        }
        if let Err(error) = entry.provide(provide.clone()).await {
            tracing::warn!(%error, "entities from MQTT could not be provided; this is tried again");
            return Changes { provide, fresh, ..undone };
        }
        let mut inner = self.lock();
        for (topic, part, shell) in fresh {
            let known = inner.topics.get_mut(&topic).and_then(|topic| topic.parts.get_mut(&part));
            if let Some(known) = known.filter(|known| Arc::ptr_eq(&known.shell, &shell)) {
                let listener: Arc<dyn Listener> = shell.clone();
                known.listener = Some(router.add(&listener, shell.topics()));
            }
        }
        undone
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn is_current(&self, (topic, part, shell): &Fresh) -> bool {
        let known = self.topics.get(topic).and_then(|topic| topic.parts.get(part));
        known.is_some_and(|known| Arc::ptr_eq(&known.shell, shell))
    }

    fn take(&mut self, place: Place<'_>, message: &Message, post: &Arc<Post>, changes: &mut Changes) {
        let topic = message.topic.as_str();
        if message.payload.len() > MAX_MESSAGE {
            tracing::warn!(topic = short(topic), bytes = message.payload.len(), "a discovery message is too large");
            return;
        }
        let hash = hash(&message.payload);
        if self.topics.get(topic).is_some_and(|known| known.hash == hash) {
            return;
        }
        let found = match read(place, &message.payload) {
            Ok(found) => found,
            Err(problem) => return warn(topic, "", &problem),
        };
        let before = self.topics.remove(topic).map(|topic| topic.parts).unwrap_or_default();
        self.n_entities -= before.len().min(self.n_entities);
        for old in before.values() {
            self.owners.remove(&old.shell.name());
        }
        let object_id = if let Place::Entity { object_id, .. } = place { Some(object_id) } else { None };
        let mut after: HashMap<String, Known> = HashMap::new();
        for found in found {
            let part = found.part.clone();
            let old = before.get(&part);
            let known = match self.build(topic, found, object_id, old, post) {
                Some((shell, entity)) => {
                    // Before the new one shows itself, which may be in the same place.
                    if let Some(old) = old {
                        old.shell.retire();
                    }
                    shell.show();
                    changes.gone.extend(old.cloned());
                    changes.provide.push(entity);
                    changes.fresh.push((topic.to_owned(), part.clone(), Arc::clone(&shell)));
                    Known { shell, listener: None }
                }
                // What was said before still holds, unless another part has taken its id meanwhile.
                None => match old.filter(|old| !self.owners.contains_key(&old.shell.name())) {
                    Some(old) => old.clone(),
                    None => continue,
                },
            };
            self.owners.insert(known.shell.name(), (topic.to_owned(), part.clone()));
            self.n_entities += 1;
            after.insert(part, known);
        }
        for (part, old) in before {
            let name = old.shell.name();
            if !after.values().any(|known| known.shell.name() == name) {
                changes.forget.push(name);
            }
            if !after.contains_key(&part) {
                changes.gone.push(old);
            }
        }
        if !after.is_empty() {
            self.topics.insert(topic.to_owned(), Topic { hash, parts: after });
        }
    }

    /// Makes an entity of what was found; none if it cannot be, which is told.
    fn build(
        &mut self,
        topic: &str,
        found: Found,
        object_id: Option<&str>,
        old: Option<&Known>,
        post: &Arc<Post>,
    ) -> Option<(Arc<Shell>, NewEntity)> {
        let Found { part, component, fields } = found;
        if !entity::is_known(&component) {
            tracing::debug!(topic = short(topic), component = short(&component), "nothing is made of this component");
            return None;
        }
        let before = old.map(|old| &*old.shell);
        let built = entity::build(&component, &fields, topic, &part, object_id, before, post);
        let (shell, entity) = match built {
            Ok(built) => built,
            Err(problem) => {
                warn(topic, &part, &problem);
                return None;
            }
        };
        if self.owners.contains_key(&shell.name()) {
            warn(topic, &part, &Problem::new("unique_id", "is that of another entity"));
            return None;
        }
        if old.is_none() && self.n_entities >= MAX_ENTITIES {
            if !std::mem::replace(&mut self.told_full, true) {
                tracing::warn!(
                    topic = short(topic),
                    most = MAX_ENTITIES,
                    "no more entities are taken from this broker"
                );
            }
            return None;
        }
        Some((shell, entity))
    }
}

fn warn(topic: &str, part: &str, problem: &Problem) {
    tracing::warn!(topic = short(topic), part = short(part), %problem, "a discovery message is passed over");
}

fn hash(payload: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    payload.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
