//! Buttons.

use config_entries::hub::{HandlerError, Timestamp};

use super::{Ask, Model, Order, Outlet};
use crate::discovery::{Fields, Problem};

/// Something to press. Its state is when that was done last.
#[derive(Clone)]
pub(crate) struct Button {
    outlet: Outlet,
    payload: String,
    pressed_at: Option<Timestamp>,
}

impl Button {
    pub(crate) fn parse(fields: Fields<'_>) -> Result<Self, Problem> {
        let outlet = Outlet::parse(fields, "command_topic", "command_template")?;
        let outlet = fields.required("command_topic", outlet)?;
        Ok(Self { outlet, payload: fields.text_or("payload_press", "PRESS")?, pressed_at: None })
    }
}

impl Model for Button {
    fn topics(&self) -> Vec<String> {
        Vec::new()
    }

    fn hear(&mut self, _: usize, _: &str) -> Result<(), Problem> {
        Ok(())
    }

    fn state(&self) -> Option<String> {
        self.pressed_at.map(|at| at.to_string())
    }

    fn order(&self, ask: &Ask<'_>) -> Result<Vec<Order>, HandlerError> {
        if ask.service != "press" {
            return Err(ask.unsupported());
        }
        Ok(vec![self.outlet.order(self.payload.as_str())?])
    }

    fn assume(&mut self, ask: &Ask<'_>) -> bool {
        self.pressed_at = Some(ask.now);
        true
    }
}
