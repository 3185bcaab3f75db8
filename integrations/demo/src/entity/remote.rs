//! Remote controls.

use components::feature::remote as feature;
use serde_json::{Map, Value, json};

use super::{Answer, Ask, Model, answer::short, invalid, members};

/// A remote control with activities. It remembers the last command it sent.
#[derive(Clone)]
pub(crate) struct Remote {
    activities: &'static [&'static str],
    activity: Option<&'static str>,
    on: bool,
    sent: Option<String>,
}

impl Remote {
    pub(crate) const fn new(activities: &'static [&'static str]) -> Self {
        Self { activities, activity: None, on: false, sent: None }
    }
}

impl Model for Remote {
    fn features(&self) -> Option<u64> {
        Some(if self.activities.is_empty() { 0 } else { feature::ACTIVITY })
    }

    fn state(&self) -> String {
        if self.on { "on" } else { "off" }.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        let mut attributes = Map::new();
        if !self.activities.is_empty() {
            attributes = members(json!({"activity_list": self.activities, "current_activity": self.activity}));
        }
        if let Some(sent) = &self.sent {
            attributes.insert("last_command_sent".to_owned(), json!(sent));
        }
        attributes
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        let activity = ask.word("activity", self.activities)?;
        match ask.service {
            "turn_off" => (self.on, self.activity) = (false, None),
            "toggle" if self.on => (self.on, self.activity) = (false, None),
            "turn_on" | "toggle" => (self.on, self.activity) = (true, activity.or(self.activity)),
            "send_command" => {
                let last = ask.texts("command").last().map(|command| short(command));
                self.sent = Some(last.ok_or_else(|| invalid("no command"))?);
            }
            _ => return Err(ask.unsupported()),
        }
        Ok(None)
    }
}
