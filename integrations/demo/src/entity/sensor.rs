//! What measures and notices. All of it changes by itself, the same way in every run.

use auth_core::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    Model, Tick,
    convert::{float, noise, rounded, swing},
    members,
};

/// A number that is measured.
#[derive(Clone)]
pub(crate) struct Meter {
    unit: &'static str,
    decimals: i32,
    course: Course,
    value: f64,
    /// Looks every so many steps.
    every: u64,
    seed: u64,
}

/// How a measured number goes.
#[derive(Clone, Copy)]
enum Course {
    /// Up and down by so much around a middle, with so much noise.
    Wave { middle: f64, reach: f64, jitter: f64 },
    /// Up, by so much each time.
    Total(f64),
    /// Down to nothing by so much each time, and full again.
    Drain(f64),
}

impl Meter {
    pub(crate) const fn wave(unit: &'static str, middle: f64, reach: f64, jitter: f64) -> Self {
        let course = Course::Wave { middle, reach, jitter };
        Self { unit, decimals: 1, course, value: middle, every: 1, seed: 1 }
    }

    pub(crate) const fn total(unit: &'static str, value: f64, by: f64) -> Self {
        Self { unit, decimals: 2, course: Course::Total(by), value, every: 2, seed: 1 }
    }

    pub(crate) const fn drain(value: f64) -> Self {
        Self { unit: "%", decimals: 0, course: Course::Drain(1.0), value, every: 60, seed: 1 }
    }

    pub(crate) const fn whole(self) -> Self {
        Self { decimals: 0, ..self }
    }

    pub(crate) const fn every(self, steps: u64) -> Self {
        Self { every: steps, ..self }
    }

    /// Makes it differ from others of its kind.
    pub(crate) const fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }
}

impl Model for Meter {
    fn state(&self) -> String {
        let decimals = usize::try_from(self.decimals).unwrap_or(0);
        format!("{:.decimals$}", self.value)
    }

    fn attributes(&self) -> Map<String, Value> {
        let class = if matches!(self.course, Course::Total(_)) { "total_increasing" } else { "measurement" };
        members(json!({"state_class": class, "unit_of_measurement": self.unit}))
    }

    fn step(&mut self, tick: Tick) -> bool {
        if !tick.n.is_multiple_of(self.every) {
            return false;
        }
        let next = match self.course {
            Course::Wave { middle, reach, jitter } => {
                let n = tick.n / self.every;
                middle + reach * swing(n.wrapping_add(self.seed * 17), 240) + jitter * noise(self.seed, n)
            }
            Course::Total(by) => self.value + by,
            Course::Drain(by) if self.value > by => self.value - by,
            Course::Drain(_) => 100.0,
        };
        self.value = rounded(next, self.decimals);
        true
    }
}

/// Something that is or is not.
#[derive(Clone)]
pub(crate) struct Binary {
    on: bool,
    /// Of a hundred looks, how many find it on; none if it never changes.
    share: Option<u32>,
    /// Looks every so many steps.
    every: u64,
    seed: u64,
}

impl Binary {
    /// Something that stays as it is.
    pub(crate) const fn fixed(on: bool) -> Self {
        Self { on, share: None, every: 1, seed: 0 }
    }

    /// Something that comes and goes.
    pub(crate) const fn changing(share: u32, every: u64, seed: u64) -> Self {
        Self { on: false, share: Some(share), every, seed }
    }
}

impl Model for Binary {
    fn state(&self) -> String {
        if self.on { "on" } else { "off" }.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        Map::new()
    }

    fn step(&mut self, tick: Tick) -> bool {
        let Some(share) = self.share.filter(|_| tick.n.is_multiple_of(self.every)) else { return false };
        self.on = noise(self.seed, tick.n / self.every) < f64::from(share) / 50.0 - 1.0;
        true
    }
}

/// One of a few words that goes round.
#[derive(Clone)]
pub(crate) struct Reading {
    options: &'static [&'static str],
    now: usize,
    every: u64,
}

impl Reading {
    pub(crate) const fn new(options: &'static [&'static str], every: u64) -> Self {
        Self { options, now: 0, every }
    }
}

impl Model for Reading {
    fn state(&self) -> String {
        self.options.get(self.now).copied().unwrap_or("unknown").to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        members(json!({"options": self.options}))
    }

    fn step(&mut self, tick: Tick) -> bool {
        if !tick.n.is_multiple_of(self.every) {
            return false;
        }
        self.now = (self.now + 1) % self.options.len().max(1);
        true
    }
}

/// Something that happens now and then.
#[derive(Clone)]
pub(crate) struct Event {
    kinds: &'static [&'static str],
    last: Option<(Timestamp, &'static str)>,
    every: u64,
}

impl Event {
    pub(crate) const fn new(kinds: &'static [&'static str], every: u64) -> Self {
        Self { kinds, last: None, every }
    }
}

impl Model for Event {
    fn state(&self) -> String {
        self.last.map_or_else(|| "unknown".to_owned(), |(at, _)| at.to_string())
    }

    fn attributes(&self) -> Map<String, Value> {
        members(json!({"event_types": self.kinds, "event_type": self.last.map(|(_, kind)| kind)}))
    }

    fn step(&mut self, tick: Tick) -> bool {
        if !tick.n.is_multiple_of(self.every) || tick.n == 0 {
            return false;
        }
        // The share of the way from -1 to 1, of as many kinds as there are.
        let drawn = (noise(9, tick.n) + 1.0) / 2.0;
        let n_kinds = float(u64::try_from(self.kinds.len()).unwrap_or(1));
        let kind = self.kinds.iter().zip(1_u32..).find(|(_, n)| drawn * n_kinds <= f64::from(*n));
        self.last = kind.map(|(kind, _)| (tick.at, *kind));
        true
    }
}
