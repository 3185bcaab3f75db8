//! Binary sensors.

use std::time::Duration;

use super::{Inlets, Model, channel::NONE};
use crate::discovery::{Fields, Problem};

/// Something that is or is not.
#[derive(Clone)]
pub(crate) struct BinarySensor {
    inlets: Inlets<()>,
    payload_on: String,
    payload_off: String,
    /// How long it is on if nobody says that it is off.
    off_delay: Option<Duration>,
    on: Option<bool>,
}

impl BinarySensor {
    pub(crate) fn parse(fields: Fields<'_>) -> Result<Self, Problem> {
        let mut inlets = Inlets::new();
        if !inlets.add(fields, "state_topic", "value_template", ())? {
            return Err(Problem::new("state_topic", "is missing"));
        }
        let (payload_on, payload_off) = (fields.text_or("payload_on", "ON")?, fields.text_or("payload_off", "OFF")?);
        let off_delay = fields.number("off_delay")?.filter(|seconds| *seconds > 0.0 && *seconds <= 1e9);
        let off_delay = off_delay.map(Duration::from_secs_f64);
        Ok(Self { inlets, payload_on, payload_off, off_delay, on: None })
    }
}

impl Model for BinarySensor {
    fn topics(&self) -> Vec<String> {
        self.inlets.topics()
    }

    fn hear(&mut self, nth: usize, payload: &str) -> Result<(), Problem> {
        let Some(((), word)) = self.inlets.read(nth, payload)? else { return Ok(()) };
        self.on = match word {
            word if word == self.payload_on => Some(true),
            word if word == self.payload_off => Some(false),
            word if word == NONE => None,
            _ => return Err(Problem::new("state_topic", "says neither on nor off")),
        };
        Ok(())
    }

    fn holds_for(&self) -> Option<Duration> {
        self.off_delay.filter(|_| self.on == Some(true))
    }

    fn lapse(&mut self) {
        self.on = Some(false);
    }

    fn state(&self) -> Option<String> {
        self.on.map(|on| if on { "on" } else { "off" }.to_owned())
    }
}
