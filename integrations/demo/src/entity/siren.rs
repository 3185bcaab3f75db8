//! Sirens.

use components::feature::siren as feature;
use serde_json::{Map, Value, json};

use super::{Answer, Ask, Model, Tick, members};

/// A siren. Told for how long, it stops by itself.
#[derive(Clone)]
pub(crate) struct Siren {
    on: bool,
    tones: &'static [&'static str],
    /// Seconds until it stops.
    left: Option<i64>,
}

impl Siren {
    pub(crate) const fn new(tones: &'static [&'static str]) -> Self {
        Self { on: false, tones, left: None }
    }
}

impl Model for Siren {
    fn features(&self) -> Option<u64> {
        let always = feature::TURN_ON | feature::TURN_OFF | feature::DURATION | feature::VOLUME_SET;
        Some(if self.tones.is_empty() { always } else { always | feature::TONES })
    }

    fn state(&self) -> String {
        if self.on { "on" } else { "off" }.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        if self.tones.is_empty() { Map::new() } else { members(json!({"available_tones": self.tones})) }
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        match ask.service {
            "turn_off" => *self = Self::new(self.tones),
            "toggle" if self.on => *self = Self::new(self.tones),
            "turn_on" | "toggle" => {
                ask.word("tone", self.tones)?;
                self.on = true;
                self.left = ask.int("duration");
            }
            _ => return Err(ask.unsupported()),
        }
        Ok(None)
    }

    fn step(&mut self, _: Tick) -> bool {
        let Some(left) = &mut self.left else { return false };
        *left -= i64::from(Tick::SECS);
        if *left > 0 {
            return false;
        }
        *self = Self::new(self.tones);
        true
    }
}
