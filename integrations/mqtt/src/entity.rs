//! What entities are, one file for each domain.
//!
//! A [`Model`] is a plain value: it knows which topics it hears, what a message there says, what state that comes to,
//! and which messages a service call comes to. Availability, contexts, sending and writing are the business of
//! [`Shell`].

mod channel;
mod color;
mod common;
mod feature;
mod shell;

mod binary_sensor;
mod button;
mod climate;
mod cover;
mod fan;
mod light;
mod lock;
mod number;
mod select;
mod sensor;
mod switch;

pub(crate) use channel::{Inlets, Order, Outlet};
pub(crate) use common::Common;
pub(crate) use shell::{Post, Shell};

use std::{sync::Arc, time::Duration};

use config_entries::{
    NewEntity,
    hub::{Ask, Entity, HandlerError},
};
use serde_json::{Map, Value};

use crate::discovery::{Fields, Problem};

/// One kind of entity.
pub(crate) trait Model: Send {
    /// Returns the topics that it hears.
    fn topics(&self) -> Vec<String>;

    /// Takes what the `nth` topic says.
    fn hear(&mut self, nth: usize, payload: &str) -> Result<(), Problem>;

    /// Returns how long what it heard last holds, if it does not hold until something else is heard.
    fn holds_for(&self) -> Option<Duration> {
        None
    }

    /// Takes that what it heard last holds no more.
    fn lapse(&mut self) {}

    /// Returns its state; none if it is not known.
    fn state(&self) -> Option<String>;

    /// Returns the attributes that say what it can do, whether it is there or not.
    fn capabilities(&self) -> Map<String, Value> {
        Map::new()
    }

    /// Returns its further attributes, besides those that every entity has.
    fn attributes(&self) -> Map<String, Value> {
        Map::new()
    }

    /// Returns the bits that say what it can do; none where the domain has no such bits.
    fn features(&self) -> Option<u64> {
        None
    }

    /// Returns the messages that a service call comes to.
    fn order(&self, ask: &Ask<'_>) -> Result<Vec<Order>, HandlerError> {
        Err(ask.unsupported())
    }

    /// Takes for granted that what was asked has been done, where nobody will say so. Tells whether anything was.
    fn assume(&mut self, _ask: &Ask<'_>) -> bool {
        false
    }
}

/// Returns which of `known` a field names, that has to be there.
fn choice<'k>(ask: &Ask<'_>, field: &str, known: &'k [String]) -> Result<&'k str, HandlerError> {
    ask.word(field, known)?.ok_or_else(|| ask.unsupported())
}

/// Tells whether anything is made of a component.
pub(crate) fn is_known(component: &str) -> bool {
    DOMAINS.contains(&component)
}

const DOMAINS: [&str; 11] =
    ["binary_sensor", "button", "climate", "cover", "fan", "light", "lock", "number", "select", "sensor", "switch"];

fn model(component: &str, fields: Fields<'_>) -> Result<Box<dyn Model>, Problem> {
    Ok(match component {
        "binary_sensor" => Box::new(binary_sensor::BinarySensor::parse(fields)?),
        "button" => Box::new(button::Button::parse(fields)?),
        "climate" => Box::new(climate::Climate::parse(fields)?),
        "cover" => Box::new(cover::Cover::parse(fields)?),
        "fan" => Box::new(fan::Fan::parse(fields)?),
        "light" => light::parse(fields)?,
        "lock" => Box::new(lock::Lock::parse(fields)?),
        "number" => Box::new(number::Number::parse(fields)?),
        "select" => Box::new(select::Select::parse(fields)?),
        "sensor" => Box::new(sensor::Sensor::parse(fields)?),
        "switch" => Box::new(switch::Switch::parse(fields)?),
        _ => return Err(Problem::new("component", "is not known")),
    })
}

/// Makes an entity of a description. `before` is what was made of the description before this one: if it is the same
/// entity, the new one shows itself in the same place and knows what it knew.
///
/// # Errors
/// What is wrong with the description.
pub(crate) fn build(
    component: &str,
    fields: &Map<String, Value>,
    topic: &str,
    part: &str,
    object_id: Option<&str>,
    before: Option<&Shell>,
    post: &Arc<Post>,
) -> Result<(Arc<Shell>, NewEntity), Problem> {
    let fields = Fields::new(fields);
    let model = model(component, fields)?;
    let common = Common::parse(component, fields, topic, part, object_id)?;
    let features = model.features();
    let before = before.filter(|before| (component, common.unique_id.as_str()) == before.names());
    let slot = before.map(|before| before.slot().clone()).unwrap_or_default();
    let shell = Arc::new(Shell::new(common, model, slot.clone(), Arc::clone(post)));
    if let Some(before) = before {
        shell.inherit(before);
    }
    let mut entity = NewEntity::new(component, &shell.common.unique_id, slot, Arc::clone(&shell) as Arc<dyn Entity>);
    shell.common.describe(&mut entity);
    entity.supported_features = features.unwrap_or(0);
    Ok((shell, entity))
}

/// Returns the members of a literal object.
pub(crate) fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests;
