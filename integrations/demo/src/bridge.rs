//! An integration to try config entries with: bridges that exist in the demo alone, whose passwords change and that go
//! away and come back when one says so.
//!
//! It is written on the public API of `config-entries`, as any integration is, and has everything that one can have:
//! a config flow, options, reconfiguration, reauthentication. The services `demo_bridge.set_password`,
//! `set_reachable` and `expire` are what happens to real bridges.

mod flow;
mod service;
mod world;

use std::sync::Arc;

use async_trait::async_trait;
use config_entries::{
    AuthFailed, ConfigEntry, EntitySlot, Entry, EntryUpdate, Flow, Integration, IntegrationKind, Manifest, NewDevice,
    NewEntity, NewEntry, NewOptions, Reason, Reauthenticate, Running, SetupError,
};
use serde_json::{Map, Value, json};
use service_bus::{Entity, EntityCall, HandlerError};

pub use service::services as bridge_services;
pub use world::BridgeWorld;

use world::Answer;

/// The integration `demo_bridge`.
#[derive(Clone, Debug)]
pub struct DemoBridge {
    world: Arc<BridgeWorld>,
}

static MANIFEST: Manifest = Manifest {
    domain: "demo_bridge",
    name: "Demo bridge",
    kind: IntegrationKind::Hub,
    version: 1,
    minor_version: 1,
    single: false,
    config_flow: true,
    options: true,
    reconfigure: true,
    application_credentials: false,
    subentries: &[],
    texts: include_str!("bridge/texts.json"),
};

impl DemoBridge {
    /// Returns the integration; `world` is where its bridges are.
    pub const fn new(world: Arc<BridgeWorld>) -> Self {
        Self { world }
    }
}

#[async_trait]
impl Integration for DemoBridge {
    type Refusal = AuthFailed;

    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    async fn setup(&self, entry: &Entry<AuthFailed>) -> Result<Box<dyn Running>, SetupError<AuthFailed>> {
        let host = entry.text("host");
        match self.world.sign_in(&host, &entry.text("password")) {
            Answer::Welcome => {}
            Answer::Refused => return Err(SetupError::auth_failed("The hub refused the password")),
            Answer::Away => return Err(SetupError::not_ready("The hub does not answer")),
            Answer::Broken => return Err(SetupError::fatal("The hub is broken")),
        }
        let lamp = Arc::new(Lamp::default());
        let device = NewDevice {
            identifiers: vec![host.clone()],
            name: Some(format!("Bridge {host}")),
            manufacturer: Some("Doorward".to_owned()),
            model: Some("Demo bridge".to_owned()),
            ..NewDevice::default()
        };
        let mut light =
            NewEntity::new("switch", &format!("{host}-lamp"), lamp.slot.clone(), Arc::clone(&lamp) as Arc<_>);
        light.name = Some("Lamp".to_owned());
        light.device = Some(device);
        lamp.slot.write("off", Map::new());
        entry.provide(vec![light]).await.map_err(|error| SetupError::not_ready(error.to_string()))?;
        let listening = self.world.connect(&host, entry.clone());
        Ok(Box::new(Connected { world: Arc::clone(&self.world), host, listening }))
    }

    fn config_flow(&self) -> Option<Box<dyn Flow<NewEntry>>> {
        Some(Box::new(flow::Add { world: Arc::clone(&self.world) }))
    }

    fn options_flow(&self, entry: &ConfigEntry) -> Option<Box<dyn Flow<NewOptions>>> {
        Some(Box::new(flow::Options { present: entry.options.clone() }))
    }

    fn reconfigure_flow(&self, entry: &ConfigEntry) -> Option<Box<dyn Flow<EntryUpdate>>> {
        Some(Box::new(flow::Reconfigure { world: Arc::clone(&self.world), present: entry.data.clone() }))
    }
}

impl Reauthenticate for DemoBridge {
    fn reauth_flow(&self, entry: &ConfigEntry) -> Box<dyn Flow<EntryUpdate>> {
        let host = entry.data.get("host").and_then(Value::as_str).unwrap_or_default().to_owned();
        Box::new(flow::Reauth { world: Arc::clone(&self.world), host })
    }
}

struct Connected {
    world: Arc<BridgeWorld>,
    host: String,
    listening: u64,
}

#[async_trait]
impl Running for Connected {
    async fn unload(&mut self) -> Result<(), Reason> {
        self.world.disconnect(&self.host, self.listening);
        Ok(())
    }
}

/// The lamp that hangs at every bridge.
#[derive(Default)]
struct Lamp {
    slot: EntitySlot,
    on: std::sync::atomic::AtomicBool,
}

#[async_trait]
impl Entity for Lamp {
    async fn call(&self, call: &EntityCall) -> Result<Option<Value>, HandlerError> {
        use std::sync::atomic::Ordering;
        let on = match call.call.service.as_str() {
            "turn_on" => true,
            "turn_off" => false,
            _ => !self.on.load(Ordering::Acquire),
        };
        self.on.store(on, Ordering::Release);
        self.slot.write_in(if on { "on" } else { "off" }, Map::new(), &call.call.context);
        Ok(None)
    }
}

/// What a new entry is made with, besides host and password.
fn default_options() -> Map<String, Value> {
    Map::from_iter([("interval".to_owned(), json!(30))])
}
