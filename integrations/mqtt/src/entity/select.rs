//! Selections.

use config_entries::hub::HandlerError;
use serde_json::{Map, Value, json};

use super::{Ask, Inlets, Model, Order, Outlet, channel::NONE, members};
use crate::discovery::{Fields, Problem, short};

/// One of a few words.
#[derive(Clone)]
pub(crate) struct Select {
    inlets: Inlets<()>,
    outlet: Outlet,
    options: Vec<String>,
    optimistic: bool,
    chosen: Option<String>,
}

impl Select {
    pub(crate) fn parse(fields: Fields<'_>) -> Result<Self, Problem> {
        let mut inlets = Inlets::new();
        let has_state = inlets.add(fields, "state_topic", "value_template", ())?;
        let outlet = Outlet::parse(fields, "command_topic", "command_template")?;
        let outlet = fields.required("command_topic", outlet)?;
        let options = fields.required("options", fields.texts("options")?)?;
        let optimistic = fields.flag("optimistic")?.unwrap_or(false) || !has_state;
        Ok(Self { inlets, outlet, options, optimistic, chosen: None })
    }

    fn wanted(&self, ask: &Ask<'_>) -> Result<&str, HandlerError> {
        let last = self.options.len().saturating_sub(1);
        let at = self.chosen.as_ref().and_then(|chosen| self.options.iter().position(|option| option == chosen));
        let cycles = ask.flag("cycle").unwrap_or(true);
        let place = match (ask.service, at) {
            ("select_option", _) => {
                let wanted = ask.text("option").unwrap_or_default();
                self.options.iter().position(|option| option == wanted).ok_or_else(|| self.no_option(ask, wanted))?
            }
            ("select_first", _) | ("select_next", None) => 0,
            ("select_last", _) | ("select_previous", None) => last,
            ("select_next", Some(at)) if at < last => at + 1,
            ("select_next", Some(at)) => {
                if cycles {
                    0
                } else {
                    at
                }
            }
            ("select_previous", Some(at)) if at > 0 => at - 1,
            ("select_previous", Some(at)) => {
                if cycles {
                    last
                } else {
                    at
                }
            }
            _ => return Err(ask.unsupported()),
        };
        self.options
            .get(place)
            .map(String::as_str)
            .ok_or_else(|| HandlerError::validation(format!("{} has no options", ask.entity_id)))
    }

    fn no_option(&self, ask: &Ask<'_>, wanted: &str) -> HandlerError {
        let (option, options) = (short(wanted), self.options.join(", "));
        let entity_id = ask.entity_id.to_string();
        HandlerError::Validation {
            message: format!("Option {option} is not valid for entity {entity_id}, valid options are: {options}"),
            key: Some("not_valid_option"),
            domain: "select",
            placeholders: vec![("entity_id", entity_id), ("option", option), ("options", options)],
        }
    }
}

impl Model for Select {
    fn topics(&self) -> Vec<String> {
        self.inlets.topics()
    }

    fn hear(&mut self, nth: usize, payload: &str) -> Result<(), Problem> {
        let Some(((), word)) = self.inlets.read(nth, payload)? else { return Ok(()) };
        if word.eq_ignore_ascii_case(NONE) {
            self.chosen = None;
        } else if self.options.contains(&word) {
            self.chosen = Some(word);
        } else {
            return Err(Problem::new("state_topic", "says none of the options"));
        }
        Ok(())
    }

    fn state(&self) -> Option<String> {
        self.chosen.clone()
    }

    fn capabilities(&self) -> Map<String, Value> {
        members(json!({"options": self.options}))
    }

    fn attributes(&self) -> Map<String, Value> {
        if self.optimistic { members(json!({"assumed_state": true})) } else { Map::new() }
    }

    fn order(&self, ask: &Ask<'_>) -> Result<Vec<Order>, HandlerError> {
        Ok(vec![self.outlet.order(self.wanted(ask)?)?])
    }

    fn assume(&mut self, ask: &Ask<'_>) -> bool {
        if self.optimistic {
            self.chosen = self.wanted(ask).ok().map(str::to_owned);
        }
        self.optimistic
    }
}
