//! Entities and their states.

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::{Call, FILTER, GLOBAL, Native, TEST, native};
use crate::bounds::ITEM;
use crate::error::{runtime_error, type_error};
use crate::objects::{StateObject, is_slug, state_name, state_or_none, state_with_unit};
use crate::value::{from_json, items, list, type_name};

const ALL: u8 = GLOBAL | FILTER | TEST;

pub(super) const TABLE: &[Native] = &[
    native("states", GLOBAL | FILTER, states),
    native("state_attr", GLOBAL | FILTER, state_attr),
    native("state_name", GLOBAL | FILTER, entity_name),
    native("is_state", ALL, is_state),
    native("is_state_attr", ALL, is_state_attr),
    native("has_value", ALL, has_value),
    native("expand", GLOBAL | FILTER, expand),
    native("is_hidden_entity", ALL, is_hidden_entity),
    native("integration_entities", GLOBAL | FILTER, integration_entities),
    native("config_entry_id", GLOBAL | FILTER, config_entry_id),
];

/// Whether `entity_id` is `domain.object_id`.
fn is_entity_id(entity_id: &str) -> bool {
    entity_id.split_once('.').is_some_and(|(domain, object)| is_slug(domain) && is_slug(object))
}

/// `states(entity_id, rounded, with_unit, default)`: the state's text.
fn states(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let entity_id = call.need_str(0, "entity_id")?.to_lowercase();
    if !is_entity_id(&entity_id) {
        return Err(runtime_error(format!("Invalid entity ID '{entity_id}'")));
    }
    let Some(state) = call.context.state(&entity_id) else {
        return Ok(call.get(3, "default").unwrap_or_else(|| Value::from("unknown")));
    };
    let with_unit = call.get_flag(2, "with_unit", false);
    let mut text = state.state.clone();
    if call.get_flag(1, "rounded", with_unit)
        && let Some(precision) = call.context.home.display_precision(&entity_id)
        && let Ok(number) = text.parse::<f64>()
    {
        text = format!("{number:.*}", usize::from(precision.min(15)));
    }
    Ok(Value::from(if with_unit { state_with_unit(&state, &text) } else { text }))
}

fn state_attr(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let (entity_id, name) = (call.need_str(0, "entity_id")?, call.need_str(1, "name")?);
    let state = call.context.state(&entity_id);
    Ok(state.and_then(|state| state.attributes.get(&*name).map(from_json)).unwrap_or_else(|| Value::from(())))
}

fn entity_name(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let entity_id = call.need_str(0, "entity_id")?;
    Ok(call.context.state(&entity_id).map_or_else(|| Value::from(()), |state| Value::from(state_name(&state))))
}

/// `is_state(entity_id, 'on')` or `is_state(entity_id, ['on', 'open'])`.
fn is_state(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let (entity_id, wanted) = (call.need_str(0, "entity_id")?, call.need(1, "state")?);
    let Some(state) = call.context.state(&entity_id) else { return Ok(Value::from(false)) };
    if wanted.as_str().is_some() || wanted.as_object().is_none() {
        return Ok(Value::from(wanted.as_str() == Some(state.state.as_str())));
    }
    let any = items(&call.context, &wanted)?.iter().any(|wanted| wanted.as_str() == Some(state.state.as_str()));
    Ok(Value::from(any))
}

fn is_state_attr(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let (entity_id, name) = (call.need_str(0, "entity_id")?, call.need_str(1, "name")?);
    let wanted = call.need(2, "value")?;
    let state = call.context.state(&entity_id);
    let Some(value) = state.and_then(|state| state.attributes.get(&*name).map(from_json)) else {
        return Ok(Value::from(false));
    };
    super::ops::equal(&call.context, &value, &wanted).map(Value::from)
}

fn has_value(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let entity_id = call.need_str(0, "entity_id")?;
    let state = call.context.state(&entity_id);
    Ok(Value::from(state.is_some_and(|state| !matches!(state.state.as_str(), "unknown" | "unavailable"))))
}

/// `expand(..)`: the states of entities, with groups replaced by their members, sorted by entity id.
fn expand(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let mut waiting: Vec<Value> = call.args.clone();
    waiting.reverse();
    let mut seen = std::collections::BTreeSet::new();
    let mut found = std::collections::BTreeMap::new();
    while let Some(value) = waiting.pop() {
        call.charge(ITEM)?;
        let entity_id = if let Some(id) = value.as_str() {
            id.to_owned()
        } else if let Some(state) = value.downcast_object_ref::<StateObject>() {
            state.state.entity_id.clone()
        } else if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
            let mut inner = items(&call.context, &value)?;
            inner.reverse();
            waiting.extend(inner);
            continue;
        } else {
            continue;
        };
        if !seen.insert(entity_id.clone()) {
            continue;
        }
        let Some(state) = call.context.state(&entity_id) else { continue };
        let members = state.attributes.get("entity_id").and_then(serde_json::Value::as_array);
        match members.filter(|_| is_group(&entity_id)) {
            Some(members) => waiting.extend(members.iter().rev().map(from_json)),
            None => {
                found.insert(entity_id.clone(), state_or_none(&call.context, &entity_id));
            }
        }
    }
    Ok(list(found.into_values().collect()))
}

/// Old groups are a domain of their own; in any other domain a group is an entity with members.
fn is_group(entity_id: &str) -> bool {
    // A zone's `entity_id` would be the persons in it, which Home Assistant calls `persons`.
    !entity_id.starts_with("zone.")
}

fn is_hidden_entity(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let entity_id = call.need_str(0, "entity_id")?;
    Ok(Value::from(call.context.registries()?.is_hidden_entity(&entity_id)))
}

fn integration_entities(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let integration = call.need(0, "integration")?;
    let Some(integration) = integration.as_str() else {
        return Err(type_error(format!("integration_entities() needs a str, not '{}'", type_name(&integration))));
    };
    Ok(Value::from(call.context.registries()?.integration_entities(integration)))
}

fn config_entry_id(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let entity_id = call.need_str(0, "entity_id")?;
    Ok(Value::from(call.context.registries()?.config_entry_id(&entity_id)))
}
