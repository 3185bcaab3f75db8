//! Sensors.

use serde_json::{Map, Value, json};

use super::{Inlets, Model, channel::NONE};
use crate::discovery::{Fields, Problem};

/// Something that is measured or said.
#[derive(Clone)]
pub(crate) struct Sensor {
    inlets: Inlets<Kind>,
    options: Option<Vec<String>>,
    state_class: Option<String>,
    is_number: bool,
    value: Option<String>,
    last_reset: Option<String>,
}

#[derive(Clone, Copy)]
enum Kind {
    Value,
    LastReset,
}

/// Sensors of these kinds say something else than a number.
const WORDS: [&str; 4] = ["date", "enum", "timestamp", "uptime"];

impl Sensor {
    pub(crate) fn parse(fields: Fields<'_>) -> Result<Self, Problem> {
        let mut inlets = Inlets::new();
        if !inlets.add(fields, "state_topic", "value_template", Kind::Value)? {
            return Err(Problem::new("state_topic", "is missing"));
        }
        inlets.add(fields, "last_reset_topic", "last_reset_value_template", Kind::LastReset)?;
        let state_class = fields.text("state_class")?;
        match state_class.as_deref() {
            None | Some("measurement" | "measurement_angle" | "total" | "total_increasing") => {}
            Some(_) => return Err(Problem::new("state_class", "is not known")),
        }
        let device_class = fields.text("device_class")?;
        let options = fields.texts("options")?;
        if options.is_some() && device_class.as_deref().is_some_and(|class| class != "enum") {
            return Err(Problem::new("options", "is for sensors of device class enum"));
        }
        let has_unit = fields.text("unit_of_measurement")?.is_some_and(|unit| !unit.is_empty());
        let is_word = device_class.as_deref().is_some_and(|class| WORDS.contains(&class)) || options.is_some();
        let is_number = !is_word && (has_unit || state_class.is_some());
        Ok(Self { inlets, options, state_class, is_number, value: None, last_reset: None })
    }
}

impl Model for Sensor {
    fn topics(&self) -> Vec<String> {
        self.inlets.topics()
    }

    fn hear(&mut self, nth: usize, payload: &str) -> Result<(), Problem> {
        let Some((kind, text)) = self.inlets.read(nth, payload)? else { return Ok(()) };
        match kind {
            Kind::LastReset => self.last_reset = Some(text).filter(|text| !text.is_empty() && text.len() <= 64),
            Kind::Value if text == NONE || text.is_empty() => self.value = None,
            Kind::Value => {
                if self.is_number && text.trim().parse::<f64>().is_err() {
                    return Err(Problem::new("state_topic", "says no number"));
                }
                if self.options.as_ref().is_some_and(|options| !options.contains(&text)) {
                    return Err(Problem::new("state_topic", "says none of the options"));
                }
                self.value = Some(text);
            }
        }
        Ok(())
    }

    fn state(&self) -> Option<String> {
        self.value.clone()
    }

    fn capabilities(&self) -> Map<String, Value> {
        let known = [
            ("state_class", self.state_class.as_ref().map(|class| json!(class))),
            ("options", self.options.as_ref().map(|options| json!(options))),
        ];
        known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    fn attributes(&self) -> Map<String, Value> {
        self.last_reset.iter().map(|at| ("last_reset".to_owned(), json!(at))).collect()
    }
}
