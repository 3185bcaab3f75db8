//! Dates and times of day that people set.

use serde_json::{Map, Value};

use super::{Answer, Ask, Model, answer::short, invalid};

/// A date, a time of day, or both.
#[derive(Clone)]
pub(crate) struct Dated {
    format: Format,
    value: String,
}

/// Which of them.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    Date,
    Time,
}

impl Dated {
    pub(crate) fn new(format: Format, value: &str) -> Self {
        Self { format, value: value.to_owned() }
    }
}

impl Model for Dated {
    fn state(&self) -> String {
        self.value.clone()
    }

    fn attributes(&self) -> Map<String, Value> {
        Map::new()
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        if ask.service != "set_value" {
            return Err(ask.unsupported());
        }
        let given = |field| ask.text(field).unwrap_or_default();
        let read = match self.format {
            Format::Date => given("date").parse::<jiff::civil::Date>().map(|date| date.to_string()),
            Format::Time => {
                given("time").parse::<jiff::civil::Time>().map(|time| time.strftime("%H:%M:%S").to_string())
            }
        };
        let text = ask.text("date").or_else(|| ask.text("time")).unwrap_or_default();
        self.value = read.map_err(|_| invalid(format!("`{}` is not a date or time", short(text))))?;
        Ok(None)
    }
}
