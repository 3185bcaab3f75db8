//! Numbers to set.

use config_entries::hub::HandlerError;
use serde_json::{Map, Value, json};

use super::{
    Ask, Inlets, Model, Order, Outlet,
    channel::{NONE, number, plain},
    members,
};
use crate::discovery::{Fields, Problem};

/// A number to set.
#[derive(Clone)]
pub(crate) struct Number {
    inlets: Inlets<()>,
    outlet: Outlet,
    min: f64,
    max: f64,
    step: f64,
    mode: String,
    reset: String,
    optimistic: bool,
    value: Option<f64>,
}

impl Number {
    pub(crate) fn parse(fields: Fields<'_>) -> Result<Self, Problem> {
        let mut inlets = Inlets::new();
        let has_state = inlets.add(fields, "state_topic", "value_template", ())?;
        let outlet = Outlet::parse(fields, "command_topic", "command_template")?;
        let outlet = fields.required("command_topic", outlet)?;
        let (min, max) = (fields.number("min")?.unwrap_or(1.0), fields.number("max")?.unwrap_or(100.0));
        if min >= max {
            return Err(Problem::new("max", "is not above min"));
        }
        let step = fields.number("step")?.unwrap_or(1.0);
        if step < 0.001 {
            return Err(Problem::new("step", "is below 0.001"));
        }
        let mode = fields.text_or("mode", "auto")?;
        if !["auto", "box", "slider"].contains(&mode.as_str()) {
            return Err(Problem::new("mode", "is not auto, box or slider"));
        }
        let reset = fields.text_or("payload_reset", NONE)?;
        let optimistic = fields.flag("optimistic")?.unwrap_or(false) || !has_state;
        Ok(Self { inlets, outlet, min, max, step, mode, reset, optimistic, value: None })
    }
}

impl Model for Number {
    fn topics(&self) -> Vec<String> {
        self.inlets.topics()
    }

    fn hear(&mut self, nth: usize, payload: &str) -> Result<(), Problem> {
        let Some(((), text)) = self.inlets.read(nth, payload)? else { return Ok(()) };
        if text == self.reset {
            self.value = None;
            return Ok(());
        }
        let value = number(&text, "state_topic")?;
        if !(self.min..=self.max).contains(&value) {
            return Err(Problem::new("state_topic", "says a number out of range"));
        }
        self.value = Some(value);
        Ok(())
    }

    fn state(&self) -> Option<String> {
        self.value.map(|value| plain(value).to_string())
    }

    fn capabilities(&self) -> Map<String, Value> {
        members(json!({"min": self.min, "max": self.max, "step": self.step, "mode": self.mode}))
    }

    fn attributes(&self) -> Map<String, Value> {
        if self.optimistic { members(json!({"assumed_state": true})) } else { Map::new() }
    }

    fn order(&self, ask: &Ask<'_>) -> Result<Vec<Order>, HandlerError> {
        let value = ask.float("value").filter(|_| ask.service == "set_value").ok_or_else(|| ask.unsupported())?;
        if !(self.min..=self.max).contains(&value) {
            let text =
                format!("Value {value} for {} is outside valid range {} - {}", ask.entity_id, self.min, self.max);
            return Err(HandlerError::validation(text));
        }
        Ok(vec![self.outlet.order(plain(value))?])
    }

    fn assume(&mut self, ask: &Ask<'_>) -> bool {
        if self.optimistic {
            self.value = ask.float("value");
        }
        self.optimistic
    }
}
