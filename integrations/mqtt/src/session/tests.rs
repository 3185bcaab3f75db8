use std::{
    collections::VecDeque,
    sync::{Mutex, atomic::AtomicUsize},
};

use async_trait::async_trait;
use integration_testkit::Kit;
use serde_json::json;

use super::*;
use crate::{integration::Mqtt, wire::NotSent};

/// A broker that is made up.
#[derive(Default)]
struct Fake {
    /// What the next tries to connect come to; then they succeed.
    refusals: Mutex<VecDeque<ConnectError>>,
    n_tries: AtomicUsize,
    /// What was sent and subscribed to, in order.
    seen: Mutex<Vec<String>>,
    /// Into the connection of the moment.
    feed: Mutex<Option<mpsc::UnboundedSender<Message>>>,
    is_full: AtomicBool,
    is_lost: AtomicBool,
}

struct FakeConnector(Arc<Fake>);

struct FakeLink {
    fake: Arc<Fake>,
    messages: mpsc::UnboundedReceiver<Message>,
}

struct FakeOutbox(Arc<Fake>);

#[async_trait]
impl Connector for FakeConnector {
    async fn connect(&self, _: &Settings) -> Result<Box<dyn Link>, ConnectError> {
        self.0.n_tries.fetch_add(1, Ordering::Relaxed);
        if let Some(refusal) = self.0.refusals.lock().unwrap().pop_front() {
            return Err(refusal);
        }
        let (feed, messages) = mpsc::unbounded_channel();
        *self.0.feed.lock().unwrap() = Some(feed);
        Ok(Box::new(FakeLink { fake: Arc::clone(&self.0), messages }))
    }
}

#[async_trait]
impl Link for FakeLink {
    fn outbox(&self) -> Arc<dyn Outbox> {
        Arc::new(FakeOutbox(Arc::clone(&self.fake)))
    }

    async fn next(&mut self) -> Result<Message, String> {
        self.messages.recv().await.ok_or_else(|| "gone".to_owned())
    }
}

#[async_trait]
impl Outbox for FakeOutbox {
    async fn publish(&self, message: Outgoing) -> Result<(), NotSent> {
        if self.0.is_lost.load(Ordering::Relaxed) {
            return Err(NotSent::Lost);
        }
        self.0.seen.lock().unwrap().push(format!("{} {}", message.topic, message.payload));
        Ok(())
    }

    fn subscribe(&self, filters: &[(String, Qos)]) -> Result<(), NotSent> {
        if self.0.is_full.load(Ordering::Relaxed) {
            return Err(NotSent::Full);
        }
        self.0.seen.lock().unwrap().extend(filters.iter().map(|(filter, _)| format!("subscribe {filter}")));
        Ok(())
    }

    fn unsubscribe(&self, filters: &[String]) -> Result<(), NotSent> {
        self.0.seen.lock().unwrap().extend(filters.iter().map(|filter| format!("unsubscribe {filter}")));
        Ok(())
    }

    async fn leave(&self, last: Option<Outgoing>) {
        if let Some(last) = last {
            _ = self.publish(last).await;
        }
    }
}

impl Fake {
    fn says(&self, topic: &str, payload: &str) {
        let message = Message::new(topic.to_owned(), payload.to_owned());
        self.feed.lock().unwrap().as_ref().unwrap().send(message).unwrap();
    }

    fn goes(&self, then: &[ConnectError]) {
        self.seen.lock().unwrap().clear();
        self.refusals.lock().unwrap().extend(then.iter().cloned());
        *self.feed.lock().unwrap() = None;
    }

    fn has_seen(&self, what: &str) -> bool {
        self.seen.lock().unwrap().iter().any(|seen| seen == what)
    }

    fn n_tries(&self) -> usize {
        self.n_tries.load(Ordering::Relaxed)
    }
}

async fn home() -> (Kit, String, Arc<Fake>) {
    let fake = Arc::new(Fake::default());
    let connector = Arc::new(FakeConnector(Arc::clone(&fake)));
    let kit = Kit::new(1).entry("mqtt", json!({"broker": "b"}));
    let kit = kit.start(|manager, principal| {
        manager.register(Mqtt::with_connector(connector), principal("mqtt")).expect("its own principal");
    });
    let kit = kit.await;
    let id = kit.only_entry("mqtt");
    kit.until(&id, "loaded").await;
    (kit, id, fake)
}

/// Describes switches `switch.a`, `switch.b`, … that hear `a/set` and say `a`.
async fn describe(kit: &Kit, fake: &Fake, names: &[&str]) {
    for name in names {
        let message = json!({"command_topic": format!("{name}/set"), "state_topic": name, "unique_id": name});
        fake.says(&format!("homeassistant/switch/{name}/config"), &message.to_string());
    }
    kit.until_true("they are heard", || names.iter().all(|name| fake.has_seen(&format!("subscribe {name}")))).await;
}

#[tokio::test(start_paused = true)]
async fn a_new_connection_subscribes_and_says_hello() {
    let (kit, id, fake) = home().await;
    describe(&kit, &fake, &["a", "b"]).await;
    fake.says("a", "ON");
    kit.until_true("it is on", || kit.entity_state("switch.a") == "on").await;
    fake.goes(&[ConnectError::Unreachable("away".to_owned())]);
    kit.until_true("it is unavailable", || kit.entity_state("switch.a") == "unavailable").await;
    kit.until_true("it is back", || kit.entity_state("switch.a") == "on").await;
    let expected = [
        "subscribe homeassistant/+/+/config",
        "subscribe homeassistant/+/+/+/config",
        "subscribe a",
        "subscribe b",
        "homeassistant/status online",
    ];
    kit.until_true("it subscribes and says hello", || expected.iter().all(|what| fake.has_seen(what))).await;
    // The same descriptions come again, and change nothing.
    let n = kit.news().len();
    describe(&kit, &fake, &["a"]).await;
    assert_eq!((kit.state(&id), kit.news().len()), ("loaded".to_owned(), n));
    assert_eq!(fake.n_tries(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_a_full_disk_refuses_is_done_later() {
    let (kit, _, fake) = home().await;
    describe(&kit, &fake, &["a", "b"]).await;
    kit.set_disk_fails(true);
    let switch = |name: &str| json!({"command_topic": "set", "state_topic": name, "unique_id": name}).to_string();
    fake.says("homeassistant/switch/a/config", "");
    fake.says("homeassistant/switch/c/config", &switch("c"));
    fake.says("homeassistant/switch/d/config", &switch("d"));
    tokio::time::sleep(Duration::from_secs(100)).await;
    fake.says("homeassistant/switch/d/config", "");
    fake.says("homeassistant/switch/e/config", &switch("e"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(kit.registered(), ["switch.a", "switch.b"]);
    kit.set_disk_fails(false);
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert_eq!(kit.registered(), ["switch.b", "switch.c", "switch.e"]);
    fake.says("c", "ON");
    kit.until_true("it is on", || kit.entity_state("switch.c") == "on").await;
}

#[tokio::test(start_paused = true)]
async fn attributes_of_all_are_bounded_together() {
    let (kit, _, fake) = home().await;
    const N: usize = 600;
    for n in 0..N {
        let message = json!({"state_topic": "s", "json_attributes_topic": "all", "unique_id": format!("u{n}"),
            "object_id": format!("n{n}"), "name": "N"});
        fake.says(&format!("homeassistant/sensor/n{n}/config"), &message.to_string());
    }
    kit.until_true("all are there", || kit.registered().len() == N && fake.has_seen("subscribe all")).await;
    let n_with = |what: &str| {
        let has = |n: &usize| kit.entity(&format!("sensor.n{n}")).unwrap().1.get("said").is_some_and(|it| it == what);
        (0..N).filter(has).count()
    };
    let large = "x".repeat(60 * 1_024);
    fake.says("s", "1");
    fake.says("all", &json!({"said": large}).to_string());
    kit.until_true("as many as fit", || n_with(&large) > 500).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(n_with(&large) * large.len() <= 32 << 20);
    // What is said in its place gives the room back.
    fake.says("all", &json!({"said": "less"}).to_string());
    kit.until_true("all", || n_with("less") == N).await;
}

#[tokio::test(start_paused = true)]
async fn an_entry_of_an_older_version_is_taken() {
    let fake = Arc::new(Fake::default());
    let connector = Arc::new(FakeConnector(Arc::clone(&fake)));
    let kit = Kit::new(1).entry("mqtt", json!({"broker": "b", "discovery_prefix": "own", "discovery": true}));
    let kit = kit.start(|manager, principal| {
        manager.register(Mqtt::with_connector(connector), principal("mqtt")).expect("its own principal");
    });
    let kit = kit.await;
    let [entry] = kit.entries("mqtt").try_into().unwrap();
    assert_eq!((entry.version, entry.minor_version), (2, 1));
    assert_eq!(json!(entry.options), json!({"discovery_prefix": "own", "discovery": true}));
    kit.until_true("it looks there", || fake.has_seen("subscribe own/+/+/config")).await;
}

#[tokio::test(start_paused = true)]
async fn a_new_description_does_not_make_it_forget() {
    let (kit, _, fake) = home().await;
    let message = |name: &str, topic: &str| {
        json!({"command_topic": "set", "state_topic": topic, "unique_id": "a", "object_id": "a", "name": name,
            "availability_topic": "there"})
    };
    fake.says("homeassistant/switch/a/config", &message("One", "s").to_string());
    kit.until_true("it is heard", || fake.has_seen("subscribe s")).await;
    fake.says("there", "online");
    fake.says("s", "ON");
    kit.until_true("it is on", || kit.entity_state("switch.a") == "on").await;
    let name = || kit.entity("switch.a").unwrap().1["friendly_name"].clone();
    fake.says("homeassistant/switch/a/config", &message("Two", "s").to_string());
    kit.until_true("it has a new name", || name() == "Two").await;
    assert_eq!(kit.entity_state("switch.a"), "on");
    // Of another topic nothing is known yet.
    fake.says("homeassistant/switch/a/config", &message("Three", "t").to_string());
    kit.until_true("it has a new name", || name() == "Three").await;
    assert_eq!(kit.entity_state("switch.a"), "unknown");
    kit.until_true("the old topic is no longer heard", || fake.has_seen("unsubscribe s")).await;
    fake.says("s", "ON");
    fake.says("t", "OFF");
    kit.until_true("it is off", || kit.entity_state("switch.a") == "off").await;
}

#[tokio::test(start_paused = true)]
async fn refused_at_run_time_it_asks_once_and_knocks_slowly() {
    let (kit, id, fake) = home().await;
    fake.goes(&vec![ConnectError::Refused; 20]);
    kit.until_true("it asks", || kit.reauths(&id).len() == 1).await;
    let before = fake.n_tries();
    tokio::time::sleep(Duration::from_secs(300)).await;
    let tries = fake.n_tries() - before;
    assert!((3..=8).contains(&tries), "{tries} in five minutes");
    assert_eq!((kit.reauths(&id).len(), kit.state(&id)), (1, "loaded".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_written_as_the_outcome_of_the_command() {
    let (kit, _, fake) = home().await;
    describe(&kit, &fake, &["a", "b"]).await;
    let context = |name: &str| kit.entity_context(&format!("switch.{name}")).unwrap();
    kit.call("switch", "turn_on", json!({"entity_id": ["switch.a", "switch.b"]})).await.unwrap();
    assert!(fake.has_seen("a/set ON") && fake.has_seen("b/set ON"));
    fake.says("a", "ON");
    fake.says("b", "ON");
    let is = |state: &str| kit.entity_state("switch.a") == state && kit.entity_state("switch.b") == state;
    kit.until_true("both are on", || is("on")).await;
    assert_eq!(context("a"), context("b"));
    tokio::time::sleep(Duration::from_secs(6)).await;
    fake.says("a", "OFF");
    fake.says("b", "OFF");
    kit.until_true("both are off", || is("off")).await;
    assert_ne!(context("a"), context("b"));
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_not_sent_is_refused_and_forgotten() {
    let (kit, _, fake) = home().await;
    describe(&kit, &fake, &["a"]).await;
    fake.is_lost.store(true, Ordering::Relaxed);
    let refused = kit.call("switch", "turn_on", json!({"entity_id": "switch.a"})).await.unwrap_err();
    assert!(refused.to_string().contains("was lost"), "{refused}");
    fake.is_lost.store(false, Ordering::Relaxed);
    fake.goes(&[]);
    kit.until_true("it is connected again", || fake.has_seen("subscribe a")).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(!fake.has_seen("a/set ON"));
}

#[tokio::test(start_paused = true)]
async fn no_command_goes_to_a_topic_of_discovery() {
    let (kit, _, fake) = home().await;
    for (name, topic) in
        [("a", "homeassistant/lock/door/config"), ("b", "homeassistant/status"), ("c", "homeassistant/c/set")]
    {
        let message = json!({"command_topic": topic, "state_topic": name, "unique_id": name, "payload_on": "{}"});
        fake.says(&format!("homeassistant/switch/{name}/config"), &message.to_string());
        kit.until_true("it is heard", || fake.has_seen(&format!("subscribe {name}"))).await;
        let called = kit.call("switch", "turn_on", json!({"entity_id": format!("switch.{name}")})).await;
        assert_eq!((called.is_ok(), fake.has_seen(&format!("{topic} {{}}"))), (name == "c", name == "c"), "{topic}");
    }
}

#[tokio::test(start_paused = true)]
async fn subscriptions_that_do_not_fit_are_made_later() {
    let (kit, _, fake) = home().await;
    fake.is_full.store(true, Ordering::Relaxed);
    let message = json!({"command_topic": "a/set", "state_topic": "a", "unique_id": "a"});
    fake.says("homeassistant/switch/a/config", &message.to_string());
    kit.until_true("it is provided", || kit.provided().len() == 1).await;
    assert!(!fake.has_seen("subscribe a"));
    fake.is_full.store(false, Ordering::Relaxed);
    kit.until_true("it is heard", || fake.has_seen("subscribe a")).await;
}

#[tokio::test(start_paused = true)]
async fn a_value_expires() {
    let (kit, _, fake) = home().await;
    let message = json!({"state_topic": "s", "unique_id": "s", "expire_after": 30});
    fake.says("homeassistant/sensor/s/config", &message.to_string());
    kit.until_true("it is heard", || fake.has_seen("subscribe s")).await;
    assert_eq!(kit.entity_state("sensor.s"), "unavailable");
    fake.says("s", "5");
    kit.until_true("it has a value", || kit.entity_state("sensor.s") == "5").await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(kit.entity_state("sensor.s"), "5");
    kit.until_true("it expires", || kit.entity_state("sensor.s") == "unavailable").await;
}

#[tokio::test(start_paused = true)]
async fn what_is_on_for_a_while_goes_off() {
    let (kit, _, fake) = home().await;
    let message = json!({"state_topic": "s", "unique_id": "s", "off_delay": 30});
    fake.says("homeassistant/binary_sensor/s/config", &message.to_string());
    kit.until_true("it is heard", || fake.has_seen("subscribe s")).await;
    fake.says("s", "ON");
    kit.until_true("it is on", || kit.entity_state("binary_sensor.s") == "on").await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(kit.entity_state("binary_sensor.s"), "on");
    kit.until_true("it is off", || kit.entity_state("binary_sensor.s") == "off").await;
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_fails_loses_nothing_for_good() {
    let (kit, _, fake) = home().await;
    kit.set_disk_fails(true);
    let message = json!({"command_topic": "a/set", "unique_id": "a"}).to_string();
    fake.says("homeassistant/switch/a/config", &message);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(kit.provided(), Vec::<String>::new());
    kit.set_disk_fails(false);
    fake.says("homeassistant/switch/a/config", &message);
    kit.until_true("it is provided", || kit.provided().len() == 1).await;
}

#[test]
fn waits_grow_to_a_minute() {
    let mut backoff = Backoff::default();
    for most in [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60] {
        let wait = backoff.next().as_secs_f64();
        let most = f64::from(most);
        assert!((most * 0.74..=most * 1.26).contains(&wait), "{wait} of {most}");
    }
}
