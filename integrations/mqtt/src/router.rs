//! Who hears which topic, and what has to be subscribed to for that.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use crate::wire::Qos;

/// Somebody who hears messages.
pub(crate) trait Listener: Send + Sync {
    /// Takes a message that came to the `nth` of its topics. Must not wait.
    fn hear(&self, nth: usize, payload: &str);
}

/// Who hears which topic.
#[derive(Default)]
pub(crate) struct Router {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Default)]
struct Inner {
    next: u64,
    /// Topics by their names. Most messages find theirs here.
    exact: HashMap<String, Topic>,
    /// Filters with wildcards, looked through one by one: at most [`MAX_WILD`].
    wild: HashMap<String, Topic>,
    to_subscribe: BTreeSet<String>,
    to_unsubscribe: BTreeSet<String>,
}

#[derive(Default)]
struct Topic {
    qos: Qos,
    listeners: HashMap<u64, (Arc<dyn Listener>, Vec<usize>)>,
}

/// Stands for a listener until it is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListenerId(u64);

/// How long messages are handed on before others get their turn.
const TURN: Duration = Duration::from_millis(5);
/// How many filters with wildcards there may be; further ones hear nothing.
const MAX_WILD: usize = 200;

/// What has to be told to the broker.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Subscribe(Vec<(String, Qos)>),
    Unsubscribe(Vec<String>),
}

impl Router {
    /// Adds a listener to topics. Each is subscribed to anew, so that the listener hears what is retained.
    pub(crate) fn add(&self, listener: &Arc<dyn Listener>, topics: &[(String, Qos)]) -> ListenerId {
        let mut guard = self.lock();
        let inner = &mut *guard;
        inner.next += 1;
        let id = inner.next;
        for (nth, (filter, qos)) in topics.iter().enumerate() {
            let is_wild = filter.contains(['+', '#']);
            if is_wild && inner.wild.len() >= MAX_WILD && !inner.wild.contains_key(filter) {
                tracing::warn!(
                    filter = filter.as_str(),
                    "too many topics with wildcards: nothing is heard of this one"
                );
                continue;
            }
            let table = if is_wild { &mut inner.wild } else { &mut inner.exact };
            let topic = table.entry(filter.clone()).or_default();
            topic.qos = topic.qos.max(*qos);
            topic.listeners.entry(id).or_insert_with(|| (Arc::clone(listener), Vec::new())).1.push(nth);
            inner.to_unsubscribe.remove(filter);
            inner.to_subscribe.insert(filter.clone());
        }
        drop(guard);
        self.changed.notify_one();
        ListenerId(id)
    }

    /// Removes a listener from its topics.
    pub(crate) fn remove(&self, id: ListenerId, topics: &[(String, Qos)]) {
        let mut guard = self.lock();
        let inner = &mut *guard;
        for (filter, _) in topics {
            let table = if filter.contains(['+', '#']) { &mut inner.wild } else { &mut inner.exact };
            let Some(topic) = table.get_mut(filter) else { continue };
            topic.listeners.remove(&id.0);
            if topic.listeners.is_empty() {
                table.remove(filter);
                inner.to_subscribe.remove(filter);
                inner.to_unsubscribe.insert(filter.clone());
            }
        }
        drop(guard);
        self.changed.notify_one();
    }

    /// Hands a message to whoever hears its topic. Thousands may, so others get their turn meanwhile, and whoever wants
    /// to end this can.
    ///
    /// # Cancel safety
    /// Dropping the future midway leaves those out who have not heard it yet.
    pub(crate) async fn dispatch(&self, topic: &str, payload: &str) {
        // Called without the lock: whoever hears may add and remove.
        let heard: Vec<_> = {
            let inner = self.lock();
            let exact = inner.exact.get(topic).into_iter();
            let wild = inner.wild.iter().filter(|(filter, _)| matches(filter, topic)).map(|(_, topic)| topic);
            exact.chain(wild).flat_map(|topic| topic.listeners.values().cloned()).collect()
        };
        let mut since = Instant::now();
        for (listener, places) in heard {
            for nth in places {
                listener.hear(nth, payload);
            }
            if since.elapsed() >= TURN {
                tokio::task::yield_now().await;
                since = Instant::now();
            }
        }
    }

    /// Has everything subscribed to again: the connection is new.
    pub(crate) fn renew(&self) {
        let mut guard = self.lock();
        let inner = &mut *guard;
        inner.to_unsubscribe.clear();
        inner.to_subscribe = inner.exact.keys().chain(inner.wild.keys()).cloned().collect();
        drop(guard);
        self.changed.notify_one();
    }

    /// Returns when something may be due.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Takes the next of what has to be told to the broker.
    pub(crate) fn due(&self) -> Option<Due> {
        let mut guard = self.lock();
        let inner = &mut *guard;
        let mut filters = Vec::new();
        while filters.len() < CHUNK
            && let Some(filter) = inner.to_subscribe.pop_first()
        {
            let topic = inner.exact.get(&filter).or_else(|| inner.wild.get(&filter));
            filters.extend(topic.map(|topic| (filter, topic.qos)));
        }
        if !filters.is_empty() {
            return Some(Due::Subscribe(filters));
        }
        let mut filters = Vec::new();
        while filters.len() < CHUNK
            && let Some(filter) = inner.to_unsubscribe.pop_first()
        {
            filters.push(filter);
        }
        (!filters.is_empty()).then_some(Due::Unsubscribe(filters))
    }

    /// Puts back what could not be told yet.
    pub(crate) fn put_back(&self, due: Due) {
        let mut guard = self.lock();
        let Inner { exact, wild, to_subscribe, to_unsubscribe, .. } = &mut *guard;
        match due {
            Due::Subscribe(filters) => to_subscribe.extend(filters.into_iter().map(|(filter, _)| filter)),
            // Somebody may have begun to hear one of them meanwhile.
            Due::Unsubscribe(filters) => {
                let unheard = |filter: &String| !exact.contains_key(filter) && !wild.contains_key(filter);
                to_unsubscribe.extend(filters.into_iter().filter(unheard));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many filters go into one packet.
const CHUNK: usize = 100;

/// Tells whether a topic fits a filter (MQTT 3.1.1, section 4.7).
fn matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut levels = topic.split('/');
    for part in filter.split('/') {
        match (part, levels.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (part, Some(level)) if part == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Ear(Mutex<Vec<(usize, String)>>);

    impl Listener for Ear {
        fn hear(&self, nth: usize, payload: &str) {
            self.0.lock().unwrap().push((nth, payload.to_owned()));
        }
    }

    fn topics(names: &[&str]) -> Vec<(String, Qos)> {
        names.iter().map(|name| ((*name).to_owned(), Qos::AtMost)).collect()
    }

    #[test]
    fn filters_match_as_the_standard_says() {
        for (filter, topic, expected) in [
            ("a/b", "a/b", true),
            ("a/+", "a/b", true),
            ("a/+", "a/b/c", false),
            ("a/#", "a/b/c", true),
            ("a/#", "a", true),
            ("#", "$SYS/x", false),
            ("+", "a/b", false),
            ("a/b", "a/b/c", false),
        ] {
            assert_eq!(matches(filter, topic), expected, "{filter} {topic}");
        }
    }

    #[tokio::test]
    async fn listeners_hear_their_topics_and_subscriptions_follow() {
        let (router, ear) = (Router::default(), Arc::new(Ear::default()));
        let listener: Arc<dyn Listener> = ear.clone();
        let both = topics(&["a/b", "a/+"]);
        let id = router.add(&listener, &both);
        let Some(Due::Subscribe(due)) = router.due() else { panic!("nothing is due") };
        assert_eq!(due.len(), 2);
        assert_eq!(router.due(), None);
        router.dispatch("a/b", "x").await;
        router.dispatch("a/c", "y").await;
        router.dispatch("b", "z").await;
        let mut heard = ear.0.lock().unwrap().clone();
        heard.sort();
        assert_eq!(heard, [(0, "x".to_owned()), (1, "x".to_owned()), (1, "y".to_owned())]);
        router.remove(id, &both);
        assert_eq!(router.due(), Some(Due::Unsubscribe(vec!["a/+".to_owned(), "a/b".to_owned()])));
    }

    /// Takes its time, as templates do.
    struct Slow;

    impl Listener for Slow {
        fn hear(&self, _: usize, _: &str) {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[tokio::test]
    async fn a_message_that_many_hear_holds_up_nobody() {
        let router = Router::default();
        for _ in 0..200 {
            router.add(&(Arc::new(Slow) as Arc<dyn Listener>), &topics(&["a"]));
        }
        let started = Instant::now();
        let waited = async {
            tokio::task::yield_now().await;
            started.elapsed()
        };
        let ((), waited) = tokio::join!(router.dispatch("a", "x"), waited);
        assert!(waited < Duration::from_millis(200), "{waited:?}");
    }

    #[test]
    fn a_topic_that_is_heard_again_stays_subscribed() {
        let (router, ear) = (Router::default(), Arc::new(Ear::default()) as Arc<dyn Listener>);
        let topic = topics(&["a"]);
        let id = router.add(&ear, &topic);
        router.due();
        router.remove(id, &topic);
        let due = router.due().unwrap();
        // While this waits for room in the queue.
        router.add(&ear, &topic);
        router.put_back(due);
        assert_eq!(router.due(), Some(Due::Subscribe(topic)));
        assert_eq!(router.due(), None);
    }

    #[test]
    fn a_new_connection_subscribes_to_everything() {
        let (router, ear) = (Router::default(), Arc::new(Ear::default()) as Arc<dyn Listener>);
        let names: Vec<String> = (0..250).map(|n| format!("t/{n}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        router.add(&ear, &topics(&names));
        while router.due().is_some() {}
        router.renew();
        let mut n = 0;
        while let Some(Due::Subscribe(filters)) = router.due() {
            assert!(filters.len() <= CHUNK);
            n += filters.len();
        }
        assert_eq!(n, 250);
    }
}
