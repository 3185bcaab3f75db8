//! The two ends of a topic: where an entity hears something, and where it has something done.

use config_entries::hub::HandlerError;
use minijinja::Value;

use crate::{
    discovery::{Fields, Problem},
    value::Template,
};

/// A topic on which something is said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Inlet {
    pub(crate) topic: String,
    template: Option<Template>,
}

/// The topics that a model hears, each with what it is about.
#[derive(Clone, Debug)]
pub(crate) struct Inlets<K>(Vec<(Inlet, K)>);

/// A topic on which something is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outlet {
    topic: String,
    template: Option<Template>,
}

/// A message that a service call comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) topic: String,
    pub(crate) payload: String,
}

impl Inlet {
    /// Reads a topic and the template of its payloads.
    pub(crate) fn parse(fields: Fields<'_>, topic: &str, template: &str) -> Result<Option<Self>, Problem> {
        let template = fields.template(template)?;
        Ok(fields.topic_in(topic)?.map(|topic| Self { topic, template }))
    }

    /// Returns what a payload says.
    pub(crate) fn read(&self, payload: &str) -> Result<String, Problem> {
        match &self.template {
            None => Ok(payload.to_owned()),
            Some(template) => template.read(payload).map_err(|error| Problem::new(&self.topic, error)),
        }
    }
}

impl<K: Copy> Inlets<K> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a topic if the description has it. Tells whether it does.
    pub(crate) fn add(&mut self, fields: Fields<'_>, topic: &str, template: &str, kind: K) -> Result<bool, Problem> {
        let inlet = Inlet::parse(fields, topic, template)?;
        let is_there = inlet.is_some();
        self.0.extend(inlet.map(|inlet| (inlet, kind)));
        Ok(is_there)
    }

    pub(crate) fn topics(&self) -> Vec<String> {
        self.0.iter().map(|(inlet, _)| inlet.topic.clone()).collect()
    }

    /// Returns what the `nth` topic is about, and what a payload there says; none if nothing.
    pub(crate) fn read(&self, nth: usize, payload: &str) -> Result<Option<(K, String)>, Problem> {
        let Some((inlet, kind)) = self.0.get(nth) else { return Ok(None) };
        Ok(Some((*kind, inlet.read(payload)?)))
    }
}

impl Outlet {
    /// Reads a topic and the template of its payloads.
    pub(crate) fn parse(fields: Fields<'_>, topic: &str, template: &str) -> Result<Option<Self>, Problem> {
        let template = fields.template(template)?;
        Ok(fields.topic_out(topic)?.map(|topic| Self { topic, template }))
    }

    /// Returns the message that asks for a value.
    pub(crate) fn order(&self, value: impl Into<Value>) -> Result<Order, HandlerError> {
        self.order_with(value, &[])
    }

    /// Returns the message that asks for a value, with further values for the template.
    pub(crate) fn order_with(&self, value: impl Into<Value>, more: &[(&str, Value)]) -> Result<Order, HandlerError> {
        let value = value.into();
        let payload = match &self.template {
            None => value.to_string(),
            Some(template) => template
                .command(value, more)
                .map_err(|error| HandlerError::Failed(format!("command template: {error}")))?,
        };
        Ok(Order { topic: self.topic.clone(), payload })
    }
}

/// What stands for no value in payloads and templates, as Python writes it.
pub(crate) const NONE: &str = "None";

/// Returns the number that a text says.
pub(crate) fn number(text: &str, field: &str) -> Result<f64, Problem> {
    let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| Problem::new(field, "is no number"))
}

/// Returns a number as Python writes it where whole numbers are wanted where possible.
pub(crate) fn plain(number: f64) -> Value {
    let whole = whole(number);
    if number.fract() == 0.0 && number.abs() < 9e15 { Value::from(whole) } else { Value::from(number) }
}

/// Returns the nearest whole number; what does not fit becomes the nearest that does.
#[expect(clippy::cast_possible_truncation, reason = "floats to integers saturate")]
pub(crate) fn whole(number: f64) -> i64 {
    number.round() as i64
}
