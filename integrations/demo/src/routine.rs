//! Scenes, scripts and automations: entities that call other services.
//!
//! Every step goes through the bus as whoever called the routine, so it is checked as if the caller had made that call
//! alone. The first step that is refused ends the routine; what came before stays done.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use auth_core::{Context, Timestamp};
use serde_json::{Map, Value, json};
use service_bus::{Entity, EntityCall, HandlerError, PlainService, ServiceCall, SetStateError, now};

use crate::{
    house::{Face, House, not_written},
    item::{Kind, Step},
};

/// An entity that calls other services.
pub(crate) struct Routine {
    pub(crate) house: Arc<House>,
    pub(crate) face: Face,
    pub(crate) kind: Kind,
    pub(crate) steps: Vec<Step>,
    /// Never held across an await.
    pub(crate) memory: Mutex<Memory>,
}

/// What a routine remembers.
pub(crate) struct Memory {
    /// An automation that is off reacts to nothing; it can still be triggered.
    pub(crate) enabled: bool,
    pub(crate) last: Option<Timestamp>,
}

impl Default for Memory {
    fn default() -> Self {
        Self { enabled: true, last: None }
    }
}

impl Routine {
    /// Carries out the steps as the caller of `call`.
    async fn run(&self, call: &ServiceCall, transition: Option<&Value>) -> Result<(), HandlerError> {
        for Step { domain, service, data } in &self.steps {
            let mut data = crate::entity::members(data.clone());
            if let Some(transition) = transition.filter(|_| *domain == "light") {
                data.insert("transition".to_owned(), transition.clone());
            }
            call.call_service(domain, service, data).await?;
        }
        self.remember(&call.context, |memory| memory.last = Some(now()))
    }

    fn remember(&self, context: &Context, change: impl FnOnce(&mut Memory)) -> Result<(), HandlerError> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut memory);
        self.write(&memory, context).map_err(not_written)
    }

    /// Writes the state as it is.
    pub(crate) fn show(&self, context: &Context) -> Result<(), SetStateError> {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        self.write(&memory, context)
    }

    fn write(&self, memory: &Memory, context: &Context) -> Result<(), SetStateError> {
        let last = memory.last.map(|at| at.to_string());
        let object_id = self.face.entity_id.object_id();
        let (state, attributes) = match self.kind {
            Kind::Scene => {
                let attributes = json!({"entity_id": self.entity_ids(), "id": object_id});
                (last.unwrap_or_else(|| "unknown".to_owned()), attributes)
            }
            Kind::Script => ("off".to_owned(), json!({"last_triggered": last, "mode": "single", "current": 0})),
            Kind::Automation => {
                let state = if memory.enabled { "on" } else { "off" };
                (state.to_owned(), json!({"id": object_id, "last_triggered": last, "mode": "single", "current": 0}))
            }
        };
        self.house.write(&self.face, &state, crate::entity::members(attributes), context)
    }

    /// Returns the entities that the steps name, each once.
    fn entity_ids(&self) -> Vec<&str> {
        let mut ids = Vec::new();
        for step in &self.steps {
            let named = match step.data.get("entity_id") {
                Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
                Some(Value::String(id)) => vec![id.as_str()],
                _ => Vec::new(),
            };
            ids.extend(named);
        }
        ids.dedup();
        ids
    }
}

#[async_trait]
impl Entity for Routine {
    async fn call(&self, call: &EntityCall) -> Result<Option<Value>, HandlerError> {
        let ServiceCall { service, data, context, .. } = &*call.call;
        match (self.kind, service.as_str()) {
            (Kind::Scene, "turn_on") => self.run(&call.call, data.get("transition")).await?,
            (Kind::Script, "turn_on" | "toggle") | (Kind::Automation, "trigger") => self.run(&call.call, None).await?,
            // It is never seen running, so there is nothing to stop.
            (Kind::Script, "turn_off") => {}
            (Kind::Automation, "turn_on") => self.remember(context, |memory| memory.enabled = true)?,
            (Kind::Automation, "turn_off") => self.remember(context, |memory| memory.enabled = false)?,
            (Kind::Automation, "toggle") => self.remember(context, |memory| memory.enabled = !memory.enabled)?,
            _ => return Err(HandlerError::validation(format!("{} does not do that", call.entity_id))),
        }
        Ok(None)
    }
}

/// The service that has a script's own name.
pub(crate) struct RunScript(pub(crate) Arc<Routine>);

#[async_trait]
impl PlainService for RunScript {
    async fn call(&self, call: ServiceCall) -> Result<Option<Value>, HandlerError> {
        self.0.run(&call, None).await?;
        Ok(Some(Value::Object(Map::new())))
    }
}
