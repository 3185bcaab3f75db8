//! Humidifiers and dehumidifiers.

use components::feature::humidifier as feature;
use serde_json::{Map, Value, json};

use super::{Answer, Ask, Model, members};

/// A humidifier, or a dehumidifier.
#[derive(Clone)]
pub(crate) struct Humidifier {
    on: bool,
    current: i64,
    target: i64,
    modes: &'static [&'static str],
    mode: Option<&'static str>,
    /// What it does to the air.
    doing: &'static str,
}

impl Humidifier {
    pub(crate) const fn new(current: i64, target: i64) -> Self {
        Self { on: true, current, target, modes: &[], mode: None, doing: "humidifying" }
    }

    pub(crate) const fn drying(self) -> Self {
        Self { doing: "drying", ..self }
    }

    pub(crate) const fn with_modes(self, modes: &'static [&'static str], mode: &'static str) -> Self {
        Self { modes, mode: Some(mode), ..self }
    }

    const fn action(&self) -> &'static str {
        if !self.on {
            return "off";
        }
        let dries = matches!(self.doing.as_bytes(), b"drying");
        let wanted = if dries { self.current > self.target } else { self.current < self.target };
        if wanted { self.doing } else { "idle" }
    }
}

impl Model for Humidifier {
    fn features(&self) -> Option<u64> {
        Some(if self.modes.is_empty() { 0 } else { feature::MODES })
    }

    fn state(&self) -> String {
        if self.on { "on" } else { "off" }.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        let mut attributes = members(json!({"min_humidity": 0, "max_humidity": 100}));
        if !self.modes.is_empty() {
            attributes.insert("available_modes".to_owned(), json!(self.modes));
        }
        attributes.insert("action".to_owned(), json!(self.action()));
        attributes.insert("current_humidity".to_owned(), json!(self.current));
        attributes.insert("humidity".to_owned(), json!(self.target));
        if let Some(mode) = self.mode {
            attributes.insert("mode".to_owned(), json!(mode));
        }
        attributes
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        match ask.service {
            "turn_on" => self.on = true,
            "turn_off" => self.on = false,
            "toggle" => self.on = !self.on,
            "set_humidity" => self.target = ask.int("humidity").unwrap_or(self.target),
            "set_mode" if !self.modes.is_empty() => self.mode = ask.word("mode", self.modes)?,
            _ => return Err(ask.unsupported()),
        }
        Ok(None)
    }
}
