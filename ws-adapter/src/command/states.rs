//! States, and what is read from them.

use std::collections::BTreeSet;

use home::{Condition, RenderTemplate};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use service_bus::ReadStates;

use super::{OneOrMany, Reply, no_members, read};
use crate::{
    CommandError,
    connection::Connection,
    subscription::{EntityFilter, TemplateWish},
};

/// Joins the cached encodings of every state that the caller may read.
pub(crate) fn get_states(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    let asked = connection.authorize(ReadStates)?;
    connection.view(|home, viewer| {
        let states = home.bus().read_states(&asked);
        let mut text = String::with_capacity(states.len() * 400);
        text.push('[');
        for (n, state) in states.iter().enumerate() {
            if n > 0 {
                text.push(',');
            }
            text.push_str(std::str::from_utf8(&viewer.state_json(state)).unwrap_or("null"));
        }
        text.push(']');
        Ok(Reply::Text(text))
    })
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Subscribe {
    entity_ids: Option<OneOrMany>,
    include: Option<Choice>,
    exclude: Option<Choice>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Choice {
    domains: BTreeSet<String>,
    entity_globs: Vec<String>,
    entities: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscribeCondition {
    condition: Value,
}

/// Says whether a condition holds, now and whenever that changes.
pub(crate) fn subscribe_condition(
    connection: &mut Connection,
    id: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let SubscribeCondition { condition } = read(data)?;
    let condition =
        Condition::parse(&condition).map_err(|error| CommandError::format(format!("{error} @ data['condition']")))?;
    connection.subscribe_to_condition(id, condition)?;
    Ok(Reply::Sent)
}

pub(crate) fn subscribe_entities(
    connection: &mut Connection,
    id: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let Subscribe { entity_ids, include, exclude } = read(data)?;
    let entity_ids: BTreeSet<String> = match entity_ids {
        None => BTreeSet::new(),
        Some(OneOrMany::One(list)) => list.split(',').map(|id| id.trim().to_lowercase()).collect(),
        Some(OneOrMany::Many(list)) => list.into_iter().map(|id| id.trim().to_lowercase()).collect(),
    };
    let choice = |choice: Choice| (choice.domains, choice.entity_globs, choice.entities);
    let filter = EntityFilter::new(entity_ids, include.map(choice), exclude.map(choice));
    let filter = filter.map_err(CommandError::format)?;
    connection.subscribe_to_entities(id, filter)?;
    Ok(Reply::Sent)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Render {
    template: String,
    /// Home Assistant ignores it as well.
    #[serde(rename = "entity_ids", default)]
    _entity_ids: Value,
    variables: Option<Map<String, Value>>,
    timeout: Option<f64>,
    #[serde(default)]
    strict: bool,
    #[serde(default)]
    report_errors: bool,
}

pub(crate) fn render_template(
    connection: &mut Connection,
    id: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let Render { template, variables, timeout, strict, report_errors, .. } = read(data)?;
    // Whoever may not ask at all learns so at once; each render is authorized again.
    _ = connection.authorize(RenderTemplate { template: template.clone() })?;
    let variables = variables.unwrap_or_default();
    let wish = TemplateWish { template, variables, timeout, strict, report_errors };
    connection.subscribe_to_template(id, wish)?;
    Ok(Reply::Sent)
}

/// Says which integration each readable entity comes from.
pub(crate) fn entity_source(
    connection: &mut Connection,
    _: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    no_members(&data)?;
    let asked = connection.authorize(ReadStates)?;
    connection.view(|home, viewer| {
        let registries = &viewer.world().registries;
        let sources = home.bus().read_states(&asked).into_iter().map(|state| {
            let entry = registries.entity(state.entity_id.as_str());
            let domain = entry.map_or(state.entity_id.domain(), |entry| entry.platform.as_str());
            (state.entity_id.to_string(), json!({"domain": domain}))
        });
        Ok(Reply::Result(Value::Object(sources.collect())))
    })
}
