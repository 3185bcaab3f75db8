use serde_json::{Value, json};

use super::*;

/// A book, and what its messages come to.
struct Bench {
    book: Book,
    post: Arc<Post>,
}

impl Bench {
    fn new() -> Self {
        Self { book: Book::default(), post: Arc::new(Post::new(None, "p".to_owned())) }
    }

    /// Takes messages as one batch; returns the unique ids that are forgotten and provided.
    fn take(&self, messages: &[(&str, Value)]) -> (Vec<String>, Vec<String>) {
        let message = |(place, payload): &(&str, Value)| {
            let payload = if payload.is_null() { String::new() } else { payload.to_string() };
            Message::new(format!("p/{place}/config"), payload)
        };
        let changes = self.book.take("p", messages.iter().map(message).collect(), &self.post);
        let forgotten = changes.forget.into_iter().map(|(_, unique_id)| unique_id).collect();
        (forgotten, changes.provide.into_iter().map(|entity| entity.unique_id).collect())
    }

    #[track_caller]
    fn check(&self, messages: &[(&str, Value)], forgotten: &[&str], provided: &[&str]) {
        let got = self.take(messages);
        let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert_eq!(got, (owned(forgotten), owned(provided)), "{messages:?}");
    }

    fn len(&self) -> usize {
        self.book.shells().len()
    }
}

fn sensor(unique_id: &str, topic: &str) -> Value {
    json!({"state_topic": topic, "unique_id": unique_id})
}

fn device(parts: Value) -> Value {
    json!({"device": {"identifiers": "d"}, "components": parts})
}

#[test]
fn messages_come_change_and_go() {
    let bench = Bench::new();
    bench.check(&[("sensor/a", sensor("a", "s"))], &[], &["a"]);
    // The same again changes nothing.
    bench.check(&[("sensor/a", sensor("a", "s"))], &[], &[]);
    bench.check(&[("sensor/a", sensor("a", "other"))], &[], &["a"]);
    // Another unique id is another entity.
    bench.check(&[("sensor/a", sensor("b", "other"))], &["a"], &["b"]);
    // What is wrong leaves what was.
    bench.check(&[("sensor/a", json!({"unique_id": "b"}))], &[], &[]);
    assert_eq!(bench.len(), 1);
    bench.check(&[("sensor/a", Value::Null)], &["b"], &[]);
    bench.check(&[("sensor/a", Value::Null)], &[], &[]);
    assert_eq!(bench.len(), 0);
}

#[test]
fn of_several_messages_the_last_counts() {
    let bench = Bench::new();
    let messages = [("sensor/a", sensor("a", "s")), ("sensor/b", sensor("b", "s")), ("sensor/a", Value::Null)];
    bench.check(&messages, &[], &["b"]);
}

#[test]
fn a_unique_id_has_one_owner() {
    let bench = Bench::new();
    bench.check(&[("sensor/a", sensor("x", "s")), ("sensor/b", sensor("x", "t"))], &[], &["x"]);
    assert_eq!(bench.len(), 1);
    bench.check(&[("sensor/b", Value::Null)], &[], &[]);
    bench.check(&[("sensor/a", Value::Null)], &["x"], &[]);
    bench.check(&[("sensor/b", sensor("x", "t"))], &[], &["x"]);
}

#[test]
fn parts_of_a_device_move() {
    let bench = Bench::new();
    let part = |unique_id: &str| json!({"platform": "sensor", "state_topic": "s", "unique_id": unique_id});
    bench.check(&[("device/d", device(json!({"one": part("a"), "two": part("b")})))], &[], &["a", "b"]);
    // An entity that only has another name in the message stays.
    bench.check(&[("device/d", device(json!({"uno": part("a"), "two": part("b")})))], &[], &["a", "b"]);
    bench.check(&[("device/d", device(json!({"uno": part("a"), "two": {"platform": "sensor"}})))], &["b"], &["a"]);
    assert_eq!(bench.len(), 1);
    bench.check(&[("device/d", Value::Null)], &["a"], &[]);
}

#[test]
fn there_is_a_most_of_entities() {
    let bench = Bench::new();
    for n in 0..11 {
        let part = |m: usize| json!({"platform": "sensor", "state_topic": "s", "unique_id": format!("{n}.{m}")});
        let parts: serde_json::Map<_, _> = (0..1_000).map(|m| (m.to_string(), part(m))).collect();
        bench.take(&[(&format!("device/d{n}"), device(Value::Object(parts)))]);
        assert_eq!(bench.len(), ((n + 1) * 1_000).min(MAX_ENTITIES));
    }
    // Those that go make room.
    let (forgotten, _) = bench.take(&[("device/d0", Value::Null)]);
    assert_eq!(forgotten.len(), 1_000);
    bench.check(&[("sensor/new", sensor("new", "s"))], &[], &["new"]);
}
