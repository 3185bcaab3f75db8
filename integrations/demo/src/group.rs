//! Entities that stand for others.

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::EntityId;
use serde_json::{Map, Value, json};
use service_bus::{Entity, EntityCall, HandlerError, State};

use crate::house::Follow;

/// A light that stands for other lights. A call that names it goes to them directly; this is for calls to all lights or
/// to a place, which find the group itself.
pub(crate) struct Lights {
    pub(crate) members: Vec<EntityId>,
    pub(crate) house: Arc<crate::house::House>,
}

#[async_trait]
impl Entity for Lights {
    async fn call(&self, call: &EntityCall) -> Result<Option<Value>, HandlerError> {
        let is_on = self.house.writer.state(&call.entity_id).is_some_and(|state| &*state.state == "on");
        let mut data = call.call.data.clone();
        let service = match call.call.service.as_str() {
            "toggle" if is_on => {
                data.retain(|field, _| field == "transition" || field == "flash");
                "turn_off"
            }
            "toggle" => "turn_on",
            other => other,
        };
        data.insert("entity_id".to_owned(), json!(ids(&self.members)));
        // As the caller: each member is checked again.
        call.call.call_service("light", service, data).await?;
        Ok(None)
    }

    fn members(&self) -> Option<Vec<EntityId>> {
        Some(self.members.clone())
    }
}

/// Returns how a light group follows: on while a member is, as bright as those are on the average, in the first one's
/// colour.
pub(crate) fn follow_lights() -> Follow {
    Box::new(|members, states| {
        let on: Vec<_> = states.iter().filter(|state| &*state.state == "on").collect();
        let first =
            |name: &str| on.iter().find_map(|state| state.attributes.get(name).filter(|v| !v.is_null()).cloned());
        let mut attributes = Map::new();
        let mut put = |name: &str, value: Value| _ = attributes.insert(name.to_owned(), value);
        put("min_color_temp_kelvin", json!(2_000));
        put("max_color_temp_kelvin", json!(6_535));
        put("supported_color_modes", json!(["color_temp", "hs"]));
        put("color_mode", first("color_mode").unwrap_or_default());
        let brightness: Vec<u64> =
            on.iter().filter_map(|state| state.attributes.get("brightness").and_then(Value::as_u64)).collect();
        let n = u64::try_from(brightness.len()).unwrap_or(1);
        put("brightness", json!(brightness.iter().sum::<u64>().checked_div(n)));
        for name in ["color_temp_kelvin", "hs_color", "rgb_color", "xy_color"] {
            put(name, first(name).unwrap_or_default());
        }
        put("entity_id", json!(ids(members)));
        (if on.is_empty() { "off" } else { "on" }.to_owned(), attributes)
    })
}

/// Returns how a group of the old style follows: it has the first word while a member has it.
pub(crate) fn follow_any(words: [&'static str; 2], order: usize) -> Follow {
    let [yes, no] = words;
    Box::new(move |members, states: &[Arc<State>]| {
        let state = if states.iter().any(|state| &*state.state == yes) { yes } else { no };
        let attributes = crate::entity::members(json!({"entity_id": ids(members), "order": order}));
        (state.to_owned(), attributes)
    })
}

fn ids(members: &[EntityId]) -> Vec<&str> {
    members.iter().map(EntityId::as_str).collect()
}
