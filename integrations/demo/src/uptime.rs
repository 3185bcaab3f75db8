//! An integration that can be set up once: a sensor with the time at which the hub was started.

use std::sync::Arc;

use async_trait::async_trait;
use config_entries::{
    Abort, EntitySlot, Entry, Flow, FlowContext, Form, Integration, IntegrationKind, Manifest, NeverRefused, NewEntity,
    NewEntry, Running, Schema, SetupError, Step,
};
use serde_json::{Map, Value};
use service_bus::{Entity, EntityCall, HandlerError};

/// The integration `uptime`.
#[derive(Clone, Copy, Debug)]
pub struct Uptime;

static MANIFEST: Manifest = Manifest {
    domain: "uptime",
    name: "Uptime",
    kind: IntegrationKind::Service,
    version: 1,
    minor_version: 1,
    single: true,
    config_flow: true,
    options: false,
    reconfigure: false,
    application_credentials: false,
    subentries: &[],
    texts: r#"{"title": "Uptime", "config": {"step": {"user": {"description": "Show since when the hub runs?"}}}}"#,
};

struct Add;

struct Shown;

/// A sensor answers to no service.
struct Sensor;

#[async_trait]
impl Integration for Uptime {
    type Refusal = NeverRefused;

    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    async fn setup(&self, entry: &Entry<NeverRefused>) -> Result<Box<dyn Running>, SetupError<NeverRefused>> {
        let slot = EntitySlot::new();
        slot.write(&entry.now().to_string(), Map::new());
        let mut sensor = NewEntity::new("sensor", entry.id(), slot, Arc::new(Sensor));
        sensor.name = Some("Uptime".to_owned());
        sensor.device_class = Some("timestamp".to_owned());
        entry.provide(vec![sensor]).await.map_err(|error| SetupError::not_ready(error.to_string()))?;
        Ok(Box::new(Shown))
    }

    fn config_flow(&self) -> Option<Box<dyn Flow<NewEntry>>> {
        Some(Box::new(Add))
    }
}

#[async_trait]
impl Flow<NewEntry> for Add {
    async fn step(
        &mut self,
        _: &mut FlowContext,
        _: &str,
        input: Option<Map<String, Value>>,
    ) -> Result<Step<NewEntry>, Abort> {
        match input {
            None => Form::new("user", Schema::new()).show(),
            Some(_) => Ok(Step::Done(NewEntry { title: "Uptime".to_owned(), ..NewEntry::default() })),
        }
    }
}

impl Running for Shown {}

#[async_trait]
impl Entity for Sensor {
    async fn call(&self, _: &EntityCall) -> Result<Option<Value>, HandlerError> {
        Ok(None)
    }
}
