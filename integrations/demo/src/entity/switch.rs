//! What is on or off, and what is pressed.

use auth_core::Timestamp;
use serde_json::{Map, Value, json};

use super::{Answer, Ask, Model, members};

/// A switch, or a helper that is on or off.
#[derive(Clone)]
pub(crate) struct Switch {
    on: bool,
    assumed: bool,
    helper: bool,
}

impl Switch {
    pub(crate) const fn new(on: bool) -> Self {
        Self { on, assumed: false, helper: false }
    }

    /// A switch that is believed to be as it was told.
    pub(crate) const fn assumed(on: bool) -> Self {
        Self { assumed: true, ..Self::new(on) }
    }

    /// An `input_boolean`.
    pub(crate) const fn helper(on: bool) -> Self {
        Self { helper: true, ..Self::new(on) }
    }
}

impl Model for Switch {
    fn state(&self) -> String {
        if self.on { "on" } else { "off" }.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        match (self.assumed, self.helper) {
            (true, _) => members(json!({"assumed_state": true})),
            (_, true) => members(json!({"editable": false})),
            _ => Map::new(),
        }
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        match ask.service {
            "turn_on" => self.on = true,
            "turn_off" => self.on = false,
            "toggle" => self.on = !self.on,
            _ => return Err(ask.unsupported()),
        }
        Ok(None)
    }
}

/// What only remembers when it was last used: a button, a helper button, a notifier.
#[derive(Clone, Default)]
pub(crate) struct Press {
    last: Option<Timestamp>,
    attributes: Map<String, Value>,
    features: Option<u64>,
}

impl Press {
    /// An `input_button`.
    pub(crate) fn helper() -> Self {
        Self { attributes: members(json!({"editable": false})), ..Self::default() }
    }

    /// A `notify` entity. Messages go nowhere.
    pub(crate) fn notifier() -> Self {
        Self { features: Some(1), ..Self::default() }
    }
}

impl Model for Press {
    fn features(&self) -> Option<u64> {
        self.features
    }

    fn state(&self) -> String {
        self.last.map_or_else(|| "unknown".to_owned(), |at| at.to_string())
    }

    fn attributes(&self) -> Map<String, Value> {
        self.attributes.clone()
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        match ask.service {
            "press" | "send_message" => self.last = Some(ask.now),
            _ => return Err(ask.unsupported()),
        }
        Ok(None)
    }
}
