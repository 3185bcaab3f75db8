//! Where people are, and what never changes.

use serde_json::{Map, Value, json};

use super::{Model, Tick, convert::noise};

/// A person, or the tracker of one: at home or not. Both change in the same step if they have the same seed.
#[derive(Clone)]
pub(crate) struct Presence {
    home: bool,
    seed: u64,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// A person, with an id and a tracker.
    Person(&'static str, &'static str),
    Tracker,
}

impl Presence {
    pub(crate) const fn person(id: &'static str, tracker: &'static str, seed: u64) -> Self {
        Self { home: true, seed, kind: Kind::Person(id, tracker) }
    }

    pub(crate) const fn tracker(seed: u64) -> Self {
        Self { home: true, seed, kind: Kind::Tracker }
    }
}

impl Model for Presence {
    fn state(&self) -> String {
        if self.home { "home" } else { "not_home" }.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        // Somewhere in the middle of a town, or some streets further.
        let (latitude, longitude) = if self.home { (52.3731, 4.8903) } else { (52.3792, 4.9003) };
        let mut attributes = Map::new();
        let mut put = |name: &str, value: Value| _ = attributes.insert(name.to_owned(), value);
        match self.kind {
            Kind::Person(id, tracker) => {
                put("editable", json!(false));
                put("id", json!(id));
                put("device_trackers", json!([tracker]));
                put("in_zones", if self.home { json!(["zone.home"]) } else { json!([]) });
                put("latitude", json!(latitude));
                put("longitude", json!(longitude));
                put("gps_accuracy", json!(10));
                put("source", json!(tracker));
            }
            Kind::Tracker => {
                put("source_type", json!("gps"));
                put("latitude", json!(latitude));
                put("longitude", json!(longitude));
                put("gps_accuracy", json!(10));
            }
        }
        attributes
    }

    fn step(&mut self, tick: Tick) -> bool {
        if !tick.n.is_multiple_of(24) {
            return false;
        }
        let before = self.home;
        self.home = noise(self.seed, tick.n / 24) < 0.3;
        before != self.home
    }
}

/// A state that never changes.
#[derive(Clone)]
pub(crate) struct Fixed {
    state: &'static str,
    attributes: Map<String, Value>,
}

impl Fixed {
    pub(crate) fn new(state: &'static str, attributes: Value) -> Self {
        Self { state, attributes: super::members(attributes) }
    }
}

impl Model for Fixed {
    fn state(&self) -> String {
        self.state.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        self.attributes.clone()
    }
}
