//! Fans.

use components::feature::fan as feature;
use serde_json::{Map, Value, json};
use service_bus::HandlerError;

use super::{Answer, Ask, Model};

/// A fan with three speeds. It is on while it has a speed or a preset.
#[derive(Clone)]
pub(crate) struct Fan {
    percentage: i64,
    presets: &'static [&'static str],
    preset: Option<&'static str>,
    oscillating: Option<bool>,
    direction: Option<&'static str>,
}

impl Fan {
    /// A fan that only has speeds.
    pub(crate) const fn new(percentage: i64) -> Self {
        Self { percentage, presets: &[], preset: None, oscillating: None, direction: None }
    }

    /// A fan that can do everything.
    pub(crate) const fn full(percentage: i64, presets: &'static [&'static str]) -> Self {
        Self { percentage, presets, preset: None, oscillating: Some(false), direction: Some("forward") }
    }

    fn turn_on(&mut self, ask: &Ask<'_>) -> Result<(), HandlerError> {
        if ask.has("preset_mode") {
            return self.set_preset(ask);
        }
        match ask.int("percentage") {
            Some(percentage) => self.set_speed(percentage),
            None if self.percentage == 0 && self.preset.is_none() => self.set_speed(67),
            None => {}
        }
        Ok(())
    }

    fn turn_off(&mut self) {
        self.set_speed(0);
    }

    fn set_speed(&mut self, percentage: i64) {
        self.percentage = percentage.clamp(0, 100);
        self.preset = None;
    }

    fn set_preset(&mut self, ask: &Ask<'_>) -> Result<(), HandlerError> {
        if self.presets.is_empty() {
            return Err(ask.unsupported());
        }
        if let Some(preset) = ask.word("preset_mode", self.presets)? {
            self.preset = Some(preset);
            self.percentage = 0;
        }
        Ok(())
    }

    const fn is_on(&self) -> bool {
        self.percentage > 0 || self.preset.is_some()
    }
}

impl Model for Fan {
    fn features(&self) -> Option<u64> {
        let optional = [
            (self.oscillating.is_some(), feature::OSCILLATE),
            (self.direction.is_some(), feature::DIRECTION),
            (!self.presets.is_empty(), feature::PRESET_MODE),
        ];
        let always = feature::SET_SPEED | feature::TURN_ON | feature::TURN_OFF;
        Some(optional.into_iter().filter(|(has, _)| *has).fold(always, |features, (_, bit)| features | bit))
    }

    fn state(&self) -> String {
        if self.is_on() { "on" } else { "off" }.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        let mut attributes = Map::new();
        let mut put = |name: &str, value: Value| _ = attributes.insert(name.to_owned(), value);
        put("preset_modes", if self.presets.is_empty() { Value::Null } else { json!(self.presets) });
        if let Some(direction) = self.direction {
            put("direction", json!(direction));
        }
        if let Some(oscillating) = self.oscillating {
            put("oscillating", json!(oscillating));
        }
        put("percentage", if self.preset.is_some() { Value::Null } else { json!(self.percentage) });
        put("percentage_step", json!(100.0 / 3.0));
        put("preset_mode", json!(self.preset));
        attributes
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        let step = ask.int("percentage_step").unwrap_or(33);
        match ask.service {
            "turn_on" => self.turn_on(ask)?,
            "turn_off" => self.turn_off(),
            "toggle" if self.is_on() => self.turn_off(),
            "toggle" => self.turn_on(ask)?,
            "set_percentage" => self.set_speed(ask.int("percentage").unwrap_or(self.percentage)),
            // Two steps of a third fall one short of all.
            "increase_speed" => {
                let next = self.percentage + step;
                self.set_speed(if next == 99 { 100 } else { next });
            }
            "decrease_speed" => {
                let next = self.percentage - step;
                self.set_speed(if next == 1 { 0 } else { next });
            }
            "oscillate" if self.oscillating.is_some() => self.oscillating = ask.flag("oscillating"),
            "set_direction" if self.direction.is_some() => {
                self.direction = ask.word("direction", &["forward", "reverse"])?;
            }
            "set_preset_mode" => self.set_preset(ask)?,
            _ => return Err(ask.unsupported()),
        }
        Ok(None)
    }
}
