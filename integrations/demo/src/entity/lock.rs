//! Locks.

use components::feature::lock as feature;
use serde_json::{Map, Value, json};
use service_bus::HandlerError;

use super::{Answer, Ask, Model, keyed, members};

/// A lock. One with a code opens to nobody without it.
#[derive(Clone)]
pub(crate) struct Lock {
    state: State,
    opens: bool,
    code: Option<&'static str>,
}

#[derive(Clone, Copy)]
enum State {
    Locked,
    Unlocked,
    Open,
}

impl Lock {
    pub(crate) const fn new(locked: bool) -> Self {
        let state = if locked { State::Locked } else { State::Unlocked };
        Self { state, opens: false, code: None }
    }

    pub(crate) const fn openable(self) -> Self {
        Self { opens: true, ..self }
    }

    pub(crate) const fn with_code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    fn check_code(&self, ask: &Ask<'_>) -> Result<(), HandlerError> {
        if self.code.is_none() || self.code == ask.text("code") {
            return Ok(());
        }
        let text = format!("The code for {} doesn't match pattern {CODE_FORMAT}", ask.entity_id);
        let placeholders = vec![("entity_id", ask.entity_id.to_string()), ("code_format", CODE_FORMAT.to_owned())];
        Err(keyed("lock", "add_default_code", text, placeholders))
    }
}

impl Model for Lock {
    fn features(&self) -> Option<u64> {
        Some(if self.opens { feature::OPEN } else { 0 })
    }

    fn state(&self) -> String {
        match self.state {
            State::Locked => "locked",
            State::Unlocked => "unlocked",
            State::Open => "open",
        }
        .to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        if self.code.is_some() { members(json!({"code_format": CODE_FORMAT})) } else { Map::new() }
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        let next = match ask.service {
            "lock" => State::Locked,
            "unlock" => State::Unlocked,
            "open" => State::Open,
            _ => return Err(ask.unsupported()),
        };
        self.check_code(ask)?;
        self.state = next;
        Ok(None)
    }
}

const CODE_FORMAT: &str = "^\\d{4}$";
