//! Reading one object of a discovery message, field by field.

use std::fmt;

use serde_json::{Map, Value};

use crate::value::Template;

/// One object of a discovery message, with its names in full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(&'a Map<String, Value>);

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {what}")]
pub(crate) struct Problem {
    field: String,
    what: String,
}

impl Problem {
    /// Says what is wrong with a field.
    pub(crate) fn new(field: &str, what: impl fmt::Display) -> Self {
        Self { field: short(field), what: what.to_string() }
    }
}

/// The most bytes of a text, but for templates.
pub(crate) const MAX_TEXT: usize = 1_024;
/// The most levels of a topic: `mosquitto` takes 200, others 128.
const MAX_LEVELS: usize = 100;
/// The most items of a list.
const MAX_ITEMS: usize = 512;

impl<'a> Fields<'a> {
    pub(crate) const fn new(map: &'a Map<String, Value>) -> Self {
        Self(map)
    }

    /// Returns what is there, if anything but null is.
    pub(crate) fn value(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Tells whether a field is there and null, which takes a default away.
    pub(crate) fn is_null(self, name: &str) -> bool {
        self.0.get(name).is_some_and(Value::is_null)
    }

    /// Returns a text; other scalars are taken as their text.
    pub(crate) fn text(self, name: &str) -> Result<Option<String>, Problem> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let text = scalar(value).ok_or_else(|| Problem::new(name, "is no text"))?;
        if text.len() > MAX_TEXT {
            return Err(Problem::new(name, "is too long"));
        }
        Ok(Some(text))
    }

    /// Returns a text or what stands for it.
    pub(crate) fn text_or(self, name: &str, default: &str) -> Result<String, Problem> {
        Ok(self.text(name)?.unwrap_or_else(|| default.to_owned()))
    }

    /// Returns what must be there.
    pub(crate) fn required<T>(self, name: &str, value: Option<T>) -> Result<T, Problem> {
        value.ok_or_else(|| Problem::new(name, "is missing"))
    }

    /// Returns yes or no.
    pub(crate) fn flag(self, name: &str) -> Result<Option<bool>, Problem> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => match scalar(other).unwrap_or_default().to_lowercase().as_str() {
                "1" | "true" | "yes" | "on" | "enable" => Ok(Some(true)),
                "0" | "false" | "no" | "off" | "disable" => Ok(Some(false)),
                _ => Err(Problem::new(name, "is neither true nor false")),
            },
        }
    }

    /// Returns a number.
    pub(crate) fn number(self, name: &str) -> Result<Option<f64>, Problem> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| number.is_finite());
        number.map(Some).ok_or_else(|| Problem::new(name, "is no number"))
    }

    /// Returns a list of texts; one text alone is a list of one.
    pub(crate) fn texts(self, name: &str) -> Result<Option<Vec<String>>, Problem> {
        let items = match self.value(name) {
            None => return Ok(None),
            Some(Value::Array(items)) => items.as_slice(),
            Some(other) => std::slice::from_ref(other),
        };
        if items.len() > MAX_ITEMS {
            return Err(Problem::new(name, "has too many items"));
        }
        let texts = items.iter().map(|item| scalar(item).filter(|text| text.len() <= MAX_TEXT));
        texts.collect::<Option<Vec<_>>>().map(Some).ok_or_else(|| Problem::new(name, "is no list of texts"))
    }

    /// Returns a list of objects; one object alone is a list of one.
    pub(crate) fn objects(self, name: &str) -> Result<Vec<&'a Map<String, Value>>, Problem> {
        let items = match self.value(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items.as_slice(),
            Some(other) => std::slice::from_ref(other),
        };
        if items.len() > MAX_ITEMS {
            return Err(Problem::new(name, "has too many items"));
        }
        let objects = items.iter().map(Value::as_object).collect::<Option<Vec<_>>>();
        objects.ok_or_else(|| Problem::new(name, "is no list of objects"))
    }

    /// Returns an object.
    pub(crate) fn object(self, name: &str) -> Result<Option<&'a Map<String, Value>>, Problem> {
        let Some(value) = self.value(name) else { return Ok(None) };
        value.as_object().map(Some).ok_or_else(|| Problem::new(name, "is no object"))
    }

    /// Returns a template.
    pub(crate) fn template(self, name: &str) -> Result<Option<Template>, Problem> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(source)) => Template::parse(source).map(Some).map_err(|error| Problem::new(name, error)),
            Some(_) => Err(Problem::new(name, "is no template")),
        }
    }

    /// Returns a topic to listen to. It may have wildcards.
    pub(crate) fn topic_in(self, name: &str) -> Result<Option<String>, Problem> {
        let topic = self.topic(name)?;
        if let Some(topic) = &topic {
            let levels: Vec<_> = topic.split('/').collect();
            let fits = levels.iter().enumerate().all(|(n, level)| match *level {
                "+" => true,
                "#" => n + 1 == levels.len(),
                level => !level.contains(['+', '#']),
            });
            if !fits {
                return Err(Problem::new(name, "has a wildcard where none may be"));
            }
            // These are no topics but subscriptions that clients share; what comes of them has other topics.
            if let [first @ ("$share" | "$queue"), ..] = *levels.as_slice() {
                return Err(Problem::new(name, format!("starts with {first}")));
            }
        }
        Ok(topic)
    }

    /// Returns a topic to publish to.
    pub(crate) fn topic_out(self, name: &str) -> Result<Option<String>, Problem> {
        let topic = self.topic(name)?;
        if topic.as_ref().is_some_and(|topic| topic.contains(['+', '#'])) {
            return Err(Problem::new(name, "has a wildcard"));
        }
        // What is published there changes the broker, with the hub's rights and not the device's.
        if topic.as_ref().is_some_and(|topic| topic.starts_with('$')) {
            return Err(Problem::new(name, "is one of the broker's own"));
        }
        Ok(topic)
    }

    fn topic(self, name: &str) -> Result<Option<String>, Problem> {
        let topic = match self.value(name) {
            None => return Ok(None),
            Some(Value::String(topic)) => topic,
            Some(_) => return Err(Problem::new(name, "is no topic")),
        };
        // A broker ends the connection of whoever names what it takes for no topic.
        let fits = !topic.is_empty() && topic.len() <= MAX_TEXT && topic.split('/').count() <= MAX_LEVELS;
        if !fits || topic.chars().any(|c| c.is_control() || is_noncharacter(c)) {
            return Err(Problem::new(name, "is no topic"));
        }
        Ok(Some(topic.clone()))
    }
}

/// Tells whether Unicode says that this is no character, which MQTT lets brokers refuse (3.1.1, section 1.5.3).
fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
}

/// Returns the text of a scalar, as Python writes it.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        _ => None,
    }
}

/// Returns the beginning of what somebody wrote, for a log.
pub(crate) fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}
