//! Switches.

use config_entries::hub::HandlerError;
use serde_json::{Map, Value, json};

use super::{Ask, Inlets, Model, Order, Outlet, channel::NONE, members};
use crate::discovery::{Fields, Problem};

/// A switch.
#[derive(Clone)]
pub(crate) struct Switch {
    inlets: Inlets<()>,
    outlet: Outlet,
    /// What is sent for on and off.
    payloads: [String; 2],
    /// What is heard for on and off.
    states: [String; 2],
    optimistic: bool,
    on: Option<bool>,
}

impl Switch {
    pub(crate) fn parse(fields: Fields<'_>) -> Result<Self, Problem> {
        let mut inlets = Inlets::new();
        let has_state = inlets.add(fields, "state_topic", "value_template", ())?;
        let outlet = Outlet::parse(fields, "command_topic", "command_template")?;
        let payloads = [fields.text_or("payload_on", "ON")?, fields.text_or("payload_off", "OFF")?];
        let [on, off] = &payloads;
        let states = [fields.text_or("state_on", on)?, fields.text_or("state_off", off)?];
        let optimistic = fields.flag("optimistic")?.unwrap_or(false) || !has_state;
        let outlet = fields.required("command_topic", outlet)?;
        Ok(Self { inlets, outlet, payloads, states, optimistic, on: None })
    }

    fn wanted(&self, ask: &Ask<'_>) -> Option<bool> {
        match ask.service {
            "turn_on" => Some(true),
            "turn_off" => Some(false),
            "toggle" => Some(self.on != Some(true)),
            _ => None,
        }
    }
}

impl Model for Switch {
    fn topics(&self) -> Vec<String> {
        self.inlets.topics()
    }

    fn hear(&mut self, nth: usize, payload: &str) -> Result<(), Problem> {
        let Some(((), word)) = self.inlets.read(nth, payload)? else { return Ok(()) };
        let [on, off] = &self.states;
        self.on = match word.as_str() {
            word if word == on => Some(true),
            word if word == off => Some(false),
            NONE => None,
            _ => return Err(Problem::new("state_topic", "says neither on nor off")),
        };
        Ok(())
    }

    fn state(&self) -> Option<String> {
        self.on.map(|on| if on { "on" } else { "off" }.to_owned())
    }

    fn attributes(&self) -> Map<String, Value> {
        if self.optimistic { members(json!({"assumed_state": true})) } else { Map::new() }
    }

    fn order(&self, ask: &Ask<'_>) -> Result<Vec<Order>, HandlerError> {
        let on = self.wanted(ask).ok_or_else(|| ask.unsupported())?;
        let [payload_on, payload_off] = &self.payloads;
        Ok(vec![self.outlet.order(if on { payload_on.as_str() } else { payload_off.as_str() })?])
    }

    fn assume(&mut self, ask: &Ask<'_>) -> bool {
        if self.optimistic {
            self.on = self.wanted(ask);
        }
        self.optimistic
    }
}
