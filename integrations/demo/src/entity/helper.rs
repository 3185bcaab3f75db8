//! Settings: numbers, selections, texts, counters.

use serde_json::{Map, Value, json};
use service_bus::HandlerError;

use super::{Answer, Ask, Model, answer::short, convert::rounded, invalid, keyed, members};

/// A number, or a helper for one.
#[derive(Clone)]
pub(crate) struct Number {
    value: f64,
    min: f64,
    max: f64,
    step: f64,
    mode: &'static str,
    unit: Option<&'static str>,
    helper: bool,
}

impl Number {
    pub(crate) const fn new(value: f64, min: f64, max: f64, step: f64) -> Self {
        Self { value, min, max, step, mode: "auto", unit: None, helper: false }
    }

    pub(crate) const fn shown_as(self, mode: &'static str) -> Self {
        Self { mode, ..self }
    }

    pub(crate) const fn in_unit(self, unit: &'static str) -> Self {
        Self { unit: Some(unit), ..self }
    }

    /// An `input_number`.
    pub(crate) const fn helper(self) -> Self {
        Self { helper: true, mode: "slider", ..self }
    }

    fn set(&mut self, value: f64, ask: &Ask<'_>) -> Result<(), HandlerError> {
        if (self.min..=self.max).contains(&value) {
            self.value = value;
            return Ok(());
        }
        let text = format!("Value {value} for {} is outside valid range {} - {}", ask.entity_id, self.min, self.max);
        let placeholders = vec![
            ("value", value.to_string()),
            ("entity_id", ask.entity_id.to_string()),
            ("min_value", self.min.to_string()),
            ("max_value", self.max.to_string()),
        ];
        Err(keyed("number", "out_of_range", text, placeholders))
    }

    fn stepped(&self, by: f64) -> f64 {
        rounded(self.value + by, 6).clamp(self.min, self.max)
    }
}

impl Model for Number {
    fn state(&self) -> String {
        format!("{:?}", self.value)
    }

    fn attributes(&self) -> Map<String, Value> {
        let mut attributes = members(json!({"min": self.min, "max": self.max, "step": self.step, "mode": self.mode}));
        if self.helper {
            attributes.insert("initial".to_owned(), Value::Null);
            attributes.insert("editable".to_owned(), Value::Bool(false));
        }
        if let Some(unit) = self.unit {
            attributes.insert("unit_of_measurement".to_owned(), json!(unit));
        }
        attributes
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        match ask.service {
            "set_value" => self.set(ask.float("value").unwrap_or(self.value), ask)?,
            "increment" => self.value = self.stepped(self.step),
            "decrement" => self.value = self.stepped(-self.step),
            _ => return Err(ask.unsupported()),
        }
        Ok(None)
    }
}

/// A selection, or a helper for one.
#[derive(Clone)]
pub(crate) struct Select {
    options: Vec<String>,
    chosen: usize,
    helper: bool,
}

impl Select {
    pub(crate) fn new(options: &[&str], chosen: usize) -> Self {
        Self { options: options.iter().map(|option| (*option).to_owned()).collect(), chosen, helper: false }
    }

    /// An `input_select`.
    pub(crate) fn helper(self) -> Self {
        Self { helper: true, ..self }
    }

    fn option(&self) -> &str {
        self.options.get(self.chosen).map_or("unknown", String::as_str)
    }

    fn select(&mut self, ask: &Ask<'_>) -> Result<(), HandlerError> {
        let wanted = ask.text("option").unwrap_or_default();
        let Some(found) = self.options.iter().position(|option| option == wanted) else {
            let (option, options) = (short(wanted), self.options.join(", "));
            let text =
                format!("Option {option} is not valid for entity {}, valid options are: {options}", ask.entity_id);
            let entity_id = ask.entity_id.to_string();
            let placeholders = vec![("entity_id", entity_id), ("option", option), ("options", options)];
            return Err(keyed("select", "not_valid_option", text, placeholders));
        };
        self.chosen = found;
        Ok(())
    }

    fn set_options(&mut self, ask: &Ask<'_>) -> Result<(), HandlerError> {
        let mut options: Vec<String> = Vec::new();
        for option in ask.texts("options") {
            if option.chars().count() > MAX_OPTION_LEN {
                return Err(invalid(format!("an option is longer than {MAX_OPTION_LEN} characters")));
            }
            if !options.iter().any(|known| known == option) {
                options.push(option.to_owned());
            }
            if options.len() > MAX_OPTIONS {
                return Err(invalid(format!("more than {MAX_OPTIONS} options")));
            }
        }
        if options.is_empty() {
            return Err(invalid("there must be at least one option"));
        }
        self.chosen = options.iter().position(|option| option == self.option()).unwrap_or(0);
        self.options = options;
        Ok(())
    }
}

impl Model for Select {
    fn state(&self) -> String {
        self.option().to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        let mut attributes = members(json!({"options": self.options}));
        if self.helper {
            attributes.insert("editable".to_owned(), Value::Bool(false));
        }
        attributes
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        let last = self.options.len().saturating_sub(1);
        let cycle = ask.flag("cycle").unwrap_or(true);
        self.chosen = match ask.service {
            "select_option" => {
                self.select(ask)?;
                self.chosen
            }
            "select_first" => 0,
            "select_last" => last,
            "select_next" if self.chosen < last => self.chosen + 1,
            "select_next" => {
                if cycle {
                    0
                } else {
                    last
                }
            }
            "select_previous" if self.chosen > 0 => self.chosen - 1,
            "select_previous" => {
                if cycle {
                    last
                } else {
                    0
                }
            }
            "set_options" if self.helper => {
                self.set_options(ask)?;
                self.chosen
            }
            _ => return Err(ask.unsupported()),
        };
        Ok(None)
    }
}

/// A text, or a helper for one.
#[derive(Clone)]
pub(crate) struct Text {
    value: String,
    min: usize,
    max: usize,
    mode: &'static str,
    /// Only small letters.
    plain: bool,
    helper: bool,
}

impl Text {
    pub(crate) fn new(value: &str, min: usize, max: usize) -> Self {
        Self { value: value.to_owned(), min, max, mode: "text", plain: false, helper: false }
    }

    /// Only takes small letters.
    pub(crate) fn plain(self) -> Self {
        Self { plain: true, ..self }
    }

    /// An `input_text`.
    pub(crate) fn helper(self) -> Self {
        Self { helper: true, ..self }
    }
}

impl Model for Text {
    fn state(&self) -> String {
        self.value.clone()
    }

    fn attributes(&self) -> Map<String, Value> {
        let pattern = self.plain.then_some("[a-z]+");
        if self.helper {
            let (min, max, mode) = (self.min, self.max, self.mode);
            return members(json!({"editable": false, "min": min, "max": max, "pattern": pattern, "mode": mode}));
        }
        members(json!({"mode": self.mode, "min": self.min, "max": self.max, "pattern": pattern}))
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        if ask.service != "set_value" {
            return Err(ask.unsupported());
        }
        let value = ask.text("value").unwrap_or_default();
        let length = value.chars().count();
        if !(self.min..=self.max).contains(&length) {
            let (id, min, max) = (ask.entity_id, self.min, self.max);
            return Err(invalid(format!("Value for {id} has {length} characters; it must have {min} to {max}")));
        }
        if self.plain && !value.bytes().all(|b| b.is_ascii_lowercase()) {
            return Err(invalid(format!("Value {} for {} doesn't match pattern [a-z]+", short(value), ask.entity_id)));
        }
        self.value = value.to_owned();
        Ok(None)
    }
}

/// A counter.
#[derive(Clone)]
pub(crate) struct Counter {
    value: i64,
    initial: i64,
    step: i64,
    max: i64,
}

impl Counter {
    /// A counter from 0 to `max`.
    pub(crate) const fn new(initial: i64, step: i64, max: i64) -> Self {
        Self { value: initial, initial, step, max }
    }
}

impl Model for Counter {
    fn state(&self) -> String {
        self.value.to_string()
    }

    fn attributes(&self) -> Map<String, Value> {
        let (initial, step, max) = (self.initial, self.step, self.max);
        members(json!({"editable": false, "initial": initial, "step": step, "minimum": 0, "maximum": max}))
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        self.value = match ask.service {
            "increment" => (self.value + self.step).min(self.max),
            "decrement" => (self.value - self.step).max(0),
            "reset" => self.initial,
            "set_value" => {
                let value = ask.int("value").filter(|value| (0..=self.max).contains(value));
                value.ok_or_else(|| invalid(format!("{} counts from 0 to {}", ask.entity_id, self.max)))?
            }
            _ => return Err(ask.unsupported()),
        };
        Ok(None)
    }
}

const MAX_OPTIONS: usize = 100;
const MAX_OPTION_LEN: usize = 100;
