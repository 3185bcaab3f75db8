//! Locks.

use config_entries::hub::HandlerError;
use minijinja::Value as Jinja;
use serde_json::{Map, Value, json};

use super::{Ask, Inlets, Model, Order, Outlet, channel::NONE, feature, members};
use crate::discovery::{Fields, Problem};

/// A lock.
#[derive(Clone)]
pub(crate) struct Lock {
    inlets: Inlets<()>,
    outlet: Outlet,
    lock: String,
    unlock: String,
    open: Option<String>,
    /// What is heard, and the state that it means.
    words: [(String, &'static str); 5],
    code_format: Option<String>,
    optimistic: bool,
    state: Option<&'static str>,
}

impl Lock {
    pub(crate) fn parse(fields: Fields<'_>) -> Result<Self, Problem> {
        let mut inlets = Inlets::new();
        let has_state = inlets.add(fields, "state_topic", "value_template", ())?;
        let outlet = Outlet::parse(fields, "command_topic", "command_template")?;
        let outlet = fields.required("command_topic", outlet)?;
        let words = [
            (fields.text_or("state_locked", "LOCKED")?, "locked"),
            (fields.text_or("state_unlocked", "UNLOCKED")?, "unlocked"),
            (fields.text_or("state_locking", "LOCKING")?, "locking"),
            (fields.text_or("state_unlocking", "UNLOCKING")?, "unlocking"),
            (fields.text_or("state_jammed", "JAMMED")?, "jammed"),
        ];
        Ok(Self {
            inlets,
            outlet,
            lock: fields.text_or("payload_lock", "LOCK")?,
            unlock: fields.text_or("payload_unlock", "UNLOCK")?,
            open: fields.text("payload_open")?,
            words,
            code_format: fields.text("code_format")?,
            optimistic: fields.flag("optimistic")?.unwrap_or(false) || !has_state,
            state: None,
        })
    }
}

impl Model for Lock {
    fn topics(&self) -> Vec<String> {
        self.inlets.topics()
    }

    fn hear(&mut self, nth: usize, payload: &str) -> Result<(), Problem> {
        let Some(((), word)) = self.inlets.read(nth, payload)? else { return Ok(()) };
        let found = self.words.iter().find(|(known, _)| *known == word);
        self.state = match found {
            Some((_, state)) => Some(state),
            None if word == NONE => None,
            None => return Err(Problem::new("state_topic", "says no state of a lock")),
        };
        Ok(())
    }

    fn state(&self) -> Option<String> {
        self.state.map(str::to_owned)
    }

    fn attributes(&self) -> Map<String, Value> {
        let mut attributes = if self.optimistic { members(json!({"assumed_state": true})) } else { Map::new() };
        attributes.extend(self.code_format.iter().map(|format| ("code_format".to_owned(), json!(format))));
        attributes
    }

    fn features(&self) -> Option<u64> {
        Some(if self.open.is_some() { feature::lock::OPEN } else { 0 })
    }

    fn order(&self, ask: &Ask<'_>) -> Result<Vec<Order>, HandlerError> {
        let payload = match (ask.service, &self.open) {
            ("lock", _) => &self.lock,
            ("unlock", _) => &self.unlock,
            ("open", Some(open)) => open,
            _ => return Err(ask.unsupported()),
        };
        let code = ask.text("code");
        // Whether it is the right one, only the lock can tell.
        if self.code_format.is_some() && code.is_none_or(str::is_empty) {
            return Err(HandlerError::validation(format!("{} needs a code", ask.entity_id)));
        }
        Ok(vec![self.outlet.order_with(payload.as_str(), &[("code", code.map_or(Jinja::from(()), Jinja::from))])?])
    }

    fn assume(&mut self, ask: &Ask<'_>) -> bool {
        if self.optimistic {
            self.state = Some(if ask.service == "lock" { "locked" } else { "unlocked" });
        }
        self.optimistic
    }
}
