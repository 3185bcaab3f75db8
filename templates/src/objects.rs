//! States, domains and sets as objects of the engine.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use crate::context::Context;
use crate::error::runtime_error;
use crate::home::TemplateState;
use crate::moment::Moment;
use crate::python::string_repr;
use crate::value::{from_json, object};

/// `states`: call it, go through it, or take a domain from it. And `states.light`: go through it or take an entity
/// from it. Bound to the render it came from.
#[derive(Debug)]
pub(crate) struct DomainStates {
    context: Arc<Context>,
    domain: Option<Arc<str>>,
}

/// One entity's state.
#[derive(Debug)]
pub(crate) struct StateObject {
    pub(crate) context: Arc<Context>,
    pub(crate) state: Arc<TemplateState>,
}

/// A Python set: no two items are equal.
#[derive(Debug)]
pub(crate) struct Set(pub(crate) Vec<Value>);

#[derive(Debug)]
struct Attributes(Arc<TemplateState>);

/// `states` of one render: what the template sees under that name.
pub(crate) fn all_states(context: &Arc<Context>) -> Value {
    object(DomainStates { context: Arc::clone(context), domain: None })
}

impl DomainStates {
    fn ids(&self) -> Arc<[Arc<str>]> {
        self.context.entity_ids(self.domain.as_deref())
    }
}

impl Object for DomainStates {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let Some(domain) = &self.domain else {
            if name.contains('.') {
                return Some(state_or_none(&self.context, name));
            }
            if !is_slug(name) {
                return Some(Value::from(runtime_error(format!("Invalid domain name '{name}'"))));
            }
            return Some(object(Self { context: Arc::clone(&self.context), domain: Some(name.into()) }));
        };
        if !is_slug(name) {
            return Some(Value::from(runtime_error(format!("Invalid entity ID '{domain}.{name}'"))));
        }
        Some(state_or_none(&self.context, &format!("{domain}.{name}")))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let (ids, context) = (self.ids(), Arc::clone(&self.context));
        let n_ids = ids.len();
        Enumerator::Iter(Box::new((0..n_ids).filter_map(move |at| {
            // The domain is what is listened to, not each entity of it.
            let state = context.home.state(ids.get(at)?)?;
            Some(object(StateObject { context: Arc::clone(&context), state }))
        })))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.ids().len())
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        match self.domain {
            None => crate::functions::call(state, "states", args),
            Some(_) => Err(crate::error::type_error("'DomainStates' object is not callable")),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.domain {
            None => f.write_str("<template AllStates>"),
            Some(domain) => write!(f, "<template DomainStates('{domain}')>"),
        }
    }
}

/// The state of an entity as a value, `none` if there is none; recorded as looked up.
pub(crate) fn state_or_none(context: &Arc<Context>, entity_id: &str) -> Value {
    match context.state(entity_id) {
        Some(state) => object(StateObject { context: Arc::clone(context), state }),
        None => Value::from(()),
    }
}

/// Lower-case letters, digits and underscores.
pub(crate) fn is_slug(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The name that a state shows: its friendly name, or its object id with spaces.
pub(crate) fn state_name(state: &TemplateState) -> String {
    match state.attributes.get("friendly_name") {
        Some(serde_json::Value::String(name)) => name.clone(),
        Some(serde_json::Value::Null) | None => split_id(&state.entity_id).1.replace('_', " "),
        Some(other) => other.to_string(),
    }
}

fn split_id(entity_id: &str) -> (&str, &str) {
    entity_id.split_once('.').unwrap_or((entity_id, ""))
}

impl Object for StateObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let state = &self.state;
        let time = |micros| object(Moment::utc(micros));
        Some(match key.as_str()? {
            "state" => Value::from(state.state.as_str()),
            "attributes" => object(Attributes(Arc::clone(state))),
            "entity_id" => Value::from(state.entity_id.as_str()),
            "domain" => Value::from(split_id(&state.entity_id).0),
            "object_id" => Value::from(split_id(&state.entity_id).1),
            "name" => Value::from(state_name(state)),
            "state_with_unit" => Value::from(state_with_unit(state, &state.state)),
            "last_changed" => time(state.last_changed_micros),
            "last_updated" => time(state.last_updated_micros),
            "last_reported" => time(state.last_reported_micros),
            "context" => Value::from_pairs([
                ("id", Value::from(state.context.id.as_str())),
                ("parent_id", Value::from(state.context.parent_id.as_deref())),
                ("user_id", Value::from(state.context.user_id.as_deref())),
            ]),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&[
            "entity_id",
            "state",
            "attributes",
            "last_changed",
            "last_reported",
            "last_updated",
            "context",
            "domain",
            "object_id",
            "name",
            "state_with_unit",
        ])
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = &self.state;
        write!(f, "<template TemplateState(<state {}={}", state.entity_id, state.state)?;
        for (at, (name, value)) in state.attributes.iter().enumerate() {
            write!(f, "{}{name}=", if at == 0 { "; " } else { ", " })?;
            match value {
                serde_json::Value::String(text) => f.write_str(text)?,
                other => write_json(other, f)?,
            }
        }
        write!(f, " @ {}>)>", Moment::local(state.last_changed_micros, &self.context.zone).isoformat())
    }
}

/// A JSON value as Python prints it.
fn write_json(value: &serde_json::Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        serde_json::Value::Null => f.write_str("None"),
        serde_json::Value::Bool(true) => f.write_str("True"),
        serde_json::Value::Bool(false) => f.write_str("False"),
        serde_json::Value::Number(number) => write!(f, "{number}"),
        serde_json::Value::String(text) => f.write_str(&string_repr(text)),
        serde_json::Value::Array(items) => {
            f.write_str("[")?;
            for (at, item) in items.iter().enumerate() {
                f.write_str(if at == 0 { "" } else { ", " })?;
                write_json(item, f)?;
            }
            f.write_str("]")
        }
        serde_json::Value::Object(map) => {
            f.write_str("{")?;
            for (at, (key, item)) in map.iter().enumerate() {
                write!(f, "{}{}: ", if at == 0 { "" } else { ", " }, string_repr(key))?;
                write_json(item, f)?;
            }
            f.write_str("}")
        }
    }
}

/// A state's text with its unit, if it has one.
pub(crate) fn state_with_unit(state: &TemplateState, text: &str) -> String {
    match state.attributes.get("unit_of_measurement") {
        Some(serde_json::Value::String(unit)) => format!("{text} {unit}"),
        _ => text.to_owned(),
    }
}

impl Object for Attributes {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.attributes.get(key.as_str()?).map(from_json)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.attributes.keys().map(|key| Value::from(key.as_str())).collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.0.attributes.len())
    }
}

impl Object for Set {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let set = Arc::clone(self);
        Enumerator::Iter(Box::new((0..set.0.len()).filter_map(move |at| set.0.get(at).cloned())))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.0.len())
    }
}
