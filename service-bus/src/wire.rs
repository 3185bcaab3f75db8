//! JSON as both adapters send it, encoded once where nothing depends on the reader.
//!
//! A state exists in up to four cached encodings: whole or compressed, with or without who asked. Only states whose
//! attributes name other entities, shown to somebody who may not read all of them, are encoded for that reader alone.

use auth_core::{Context, Timestamp};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{Event, EventData, State, Viewer};

/// What changed between two states that a listener was shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff(pub Map<String, Value>);

impl Viewer<'_> {
    /// Returns the state object as this viewer may see it. Cached but for attributes that name hidden entities.
    pub fn state_json(&self, state: &State) -> Bytes {
        let known = self.knows_context(&state.context);
        if self.shows_whole(state) {
            let cache = if known { &state.encoded.full } else { &state.encoded.anonymous };
            return cache.get_or_init(|| encode(&state_value(state, &state.attributes, known))).clone();
        }
        encode(&state_value(state, &self.visible_attributes(&state.attributes), known))
    }

    /// Returns the state object as a value.
    pub fn state_value(&self, state: &State) -> Value {
        let known = self.knows_context(&state.context);
        if self.shows_whole(state) {
            return state_value(state, &state.attributes, known);
        }
        state_value(state, &self.visible_attributes(&state.attributes), known)
    }

    /// Returns the compressed state of `subscribe_entities`. Cached as [`Viewer::state_json`].
    pub fn compressed_json(&self, state: &State) -> Bytes {
        let known = self.knows_context(&state.context);
        if self.shows_whole(state) {
            let cache = if known { &state.encoded.compressed } else { &state.encoded.compressed_anonymous };
            return cache.get_or_init(|| encode(&compressed_value(state, &state.attributes, known))).clone();
        }
        encode(&compressed_value(state, &self.visible_attributes(&state.attributes), known))
    }

    /// Returns the attributes as this viewer may see them.
    pub fn attributes(&self, state: &State) -> Map<String, Value> {
        if self.shows_whole(state) {
            return (*state.attributes).clone();
        }
        self.visible_attributes(&state.attributes)
    }

    /// Returns what changed from `old` to `new` in the form of `subscribe_entities`; none if nothing did.
    pub fn diff(&self, old: &State, new: &State) -> Option<Diff> {
        let mut plus = Map::new();
        if old.state != new.state {
            plus.insert("s".to_owned(), json!(&*new.state));
        }
        if old.last_changed != new.last_changed {
            plus.insert("lc".to_owned(), seconds(new.last_changed));
        } else if old.last_updated != new.last_updated {
            plus.insert("lu".to_owned(), seconds(new.last_updated));
        }
        if let Some(context) = self.context_diff(&old.context, &new.context) {
            plus.insert("c".to_owned(), context);
        }
        let (before, after) = (self.attributes(old), self.attributes(new));
        let changed: Map<_, _> =
            after.iter().filter(|(k, v)| before.get(*k) != Some(v)).map(|(k, v)| (k.clone(), v.clone())).collect();
        if !changed.is_empty() {
            plus.insert("a".to_owned(), Value::Object(changed));
        }
        let gone: Vec<_> = before.keys().filter(|name| !after.contains_key(*name)).cloned().collect();
        if plus.is_empty() && gone.is_empty() {
            return None;
        }
        let mut diff = Map::from_iter([("+".to_owned(), Value::Object(plus))]);
        if !gone.is_empty() {
            diff.insert("-".to_owned(), json!({ "a": gone }));
        }
        Some(Diff(diff))
    }

    /// Returns the event object as this viewer may see it. Cached but for attributes that name hidden entities.
    pub fn event_json(&self, event: &Event) -> Bytes {
        let whole = match &event.data {
            EventData::StateChanged { old, new, .. } => {
                let sides = || old.iter().chain(new);
                let contexts = sides().map(|state| &state.context).chain([&event.context]);
                let known = contexts.filter(|c| c.user_id.is_some()).map(|c| self.knows_context(c));
                let known: Vec<_> = known.collect();
                // Both ends must be alike for a cached form to fit; the rest is encoded for this reader.
                let alike = known.iter().all(|k| *k) || known.iter().all(|k| !*k);
                (alike && sides().all(|state| self.shows_whole(state))).then(|| known.iter().all(|k| *k))
            }
            // What a change says of before is shown as far as this reader may know it.
            EventData::Registry { .. } if !self.reads_everything() => None,
            EventData::Registry { .. } | EventData::Other(_) => Some(self.knows_context(&event.context)),
        };
        match whole {
            Some(true) => event.full.get_or_init(|| encode(&self.event_value(event))).clone(),
            Some(false) => event.anonymous.get_or_init(|| encode(&self.event_value(event))).clone(),
            None => encode(&self.event_value(event)),
        }
    }

    /// Returns the event object as a value.
    pub fn event_value(&self, event: &Event) -> Value {
        let data = match &event.data {
            EventData::StateChanged { entity_id, old, new } => json!({
                "entity_id": entity_id.as_str(),
                "old_state": old.as_ref().map(|state| self.state_value(state)),
                "new_state": new.as_ref().map(|state| self.state_value(state)),
            }),
            EventData::Registry { change, .. } => Value::Object(self.visible_change(change)),
            EventData::Other(data) => Value::Object(data.clone()),
        };
        json!({
            "event_type": &*event.event_type,
            "data": data,
            "origin": event.origin.as_str(),
            "time_fired": event.time_fired.to_string(),
            "context": self.context_value(&event.context),
        })
    }

    /// Returns a context as this viewer may see it.
    pub fn context_value(&self, context: &Context) -> Value {
        context_value(context, self.knows_context(context))
    }

    fn knows_context(&self, context: &Context) -> bool {
        context.user_id.as_ref().is_none_or(|user_id| self.knows(user_id))
    }

    fn context_diff(&self, old: &Context, new: &Context) -> Option<Value> {
        let shown = |c: &Context| c.user_id.clone().filter(|_| self.knows_context(c));
        let mut changed = Map::new();
        if old.parent_id != new.parent_id {
            changed.insert("parent_id".to_owned(), json!(new.parent_id.as_ref().map(auth_core::ContextId::as_str)));
        }
        if shown(old) != shown(new) {
            changed.insert("user_id".to_owned(), json!(shown(new).as_ref().map(auth_core::UserId::as_str)));
        }
        if old.id != new.id {
            if changed.is_empty() {
                return Some(json!(new.id.as_str()));
            }
            changed.insert("id".to_owned(), json!(new.id.as_str()));
        }
        (!changed.is_empty()).then_some(Value::Object(changed))
    }
}

fn state_value(state: &State, attributes: &Map<String, Value>, known: bool) -> Value {
    json!({
        "entity_id": state.entity_id.as_str(),
        "state": &*state.state,
        "attributes": attributes,
        "last_changed": state.last_changed.to_string(),
        "last_reported": state.last_reported.to_string(),
        "last_updated": state.last_updated.to_string(),
        "context": context_value(&state.context, known),
    })
}

fn compressed_value(state: &State, attributes: &Map<String, Value>, known: bool) -> Value {
    let context = &state.context;
    let mut compressed = Map::new();
    compressed.insert("s".to_owned(), json!(&*state.state));
    compressed.insert("a".to_owned(), json!(attributes));
    let plain = context.parent_id.is_none() && (context.user_id.is_none() || !known);
    let context = if plain { json!(context.id.as_str()) } else { context_value(context, known) };
    compressed.insert("c".to_owned(), context);
    compressed.insert("lc".to_owned(), seconds(state.last_changed));
    if state.last_updated != state.last_changed {
        compressed.insert("lu".to_owned(), seconds(state.last_updated));
    }
    Value::Object(compressed)
}

fn context_value(context: &Context, known: bool) -> Value {
    json!({
        "id": context.id.as_str(),
        "parent_id": context.parent_id.as_ref().map(auth_core::ContextId::as_str),
        "user_id": context.user_id.as_ref().filter(|_| known).map(auth_core::UserId::as_str),
    })
}

fn seconds(at: Timestamp) -> Value {
    json!(at.as_secs_f64())
}

fn encode(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}
