//! The integration: its entries set up and taken down, its flows.

use std::sync::Arc;

use async_trait::async_trait;
use config_entries::{
    AuthFailed, ConfigEntry, EntitySlot, Entry, EntryUpdate, Flow, Integration, IntegrationKind, Manifest, NewDevice,
    NewEntity, NewEntry, NewOptions, Reauthenticate, Running, SetupError,
    hub::{Entity, EntityCall, HandlerError},
    oauth2::TokenSession,
};
use serde_json::Value;

use crate::{
    account,
    flow::{Create, Renew},
    options::{self, Options},
    poll::Poller,
    sensors::Sensor,
    source::Source,
    web::Web,
};

static MANIFEST: Manifest = Manifest {
    domain: "rest_oauth",
    name: "REST with OAuth2",
    kind: IntegrationKind::Service,
    version: 1,
    minor_version: 1,
    single: false,
    config_flow: true,
    options: true,
    reconfigure: true,
    application_credentials: true,
    subentries: &[],
    texts: include_str!("texts.json"),
};

/// Sensors from JSON endpoints behind OAuth2.
#[derive(Clone)]
pub struct RestOauth {
    web: Arc<dyn Web>,
}

impl RestOauth {
    /// Returns the integration, which reaches others through `web`.
    pub fn new(web: impl Web) -> Self {
        Self { web: Arc::new(web) }
    }
}

impl std::fmt::Debug for RestOauth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RestOauth")
    }
}

/// An entry that runs: its poller is a task of the entry.
struct Up {
    entry: Entry<AuthFailed>,
    sensors: Vec<Sensor>,
}

/// A sensor cannot be told to do anything.
struct Measures;

#[async_trait]
impl Entity for Measures {
    async fn call(&self, _: &EntityCall) -> Result<Option<Value>, HandlerError> {
        Err(HandlerError::validation("a sensor does nothing"))
    }
}

#[async_trait]
impl Integration for RestOauth {
    type Refusal = AuthFailed;

    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    async fn setup(&self, entry: &Entry<AuthFailed>) -> Result<Box<dyn Running>, SetupError<AuthFailed>> {
        let config = entry.get();
        let source =
            Source::parse(&config.data).map_err(|_| SetupError::fatal("an address of the entry is not valid"))?;
        let session = TokenSession::new(entry.clone(), self.web.tokens(source.local), &source.server);
        let sensors = options::sensors(&config.options);
        let slots = sensors.iter().map(|sensor| (sensor.clone(), EntitySlot::new())).collect();
        let web = Arc::clone(&self.web);
        let poller = Arc::new(Poller { entry: entry.clone(), session, web, source, sensors: slots });
        let first = poller.look().await?;
        poller.show(Some(&first));
        let entities = poller.sensors.iter().map(|(sensor, slot)| entity(&config, sensor, slot)).collect();
        entry.provide(entities).await.map_err(|error| SetupError::not_ready(error.to_string()))?;
        if !config.pref_disable_polling {
            entry.spawn(poller.run(options::interval(&config.options)));
        }
        Ok(Box::new(Up { entry: entry.clone(), sensors }))
    }

    fn config_flow(&self) -> Option<Box<dyn Flow<NewEntry>>> {
        Some(Box::new(Create::new(Arc::clone(&self.web))))
    }

    fn options_flow(&self, _: &ConfigEntry) -> Option<Box<dyn Flow<NewOptions>>> {
        Some(Box::new(Options))
    }

    fn reconfigure_flow(&self, _: &ConfigEntry) -> Option<Box<dyn Flow<EntryUpdate>>> {
        Some(Box::new(Renew::new(Arc::clone(&self.web))))
    }
}

impl Reauthenticate for RestOauth {
    fn reauth_flow(&self, _: &ConfigEntry) -> Box<dyn Flow<EntryUpdate>> {
        Box::new(Renew::new(Arc::clone(&self.web)))
    }

    fn account(&self, entry: &ConfigEntry) -> Option<String> {
        account::shared(entry)
    }
}

impl Running for Up {
    fn updated(&self, changed: &ConfigEntry) {
        let kept: Vec<_> = options::sensors(&changed.options).iter().map(Sensor::slug).collect();
        let gone = self.sensors.iter().filter(|sensor| !kept.contains(&sensor.slug()));
        let gone: Vec<_> = gone.map(|sensor| ("sensor".to_owned(), unique_id(changed, sensor))).collect();
        let entry = self.entry.clone();
        self.entry.spawn(async move {
            if let Err(error) = entry.forget(&gone).await {
                tracing::warn!(entry = entry.id(), %error, "sensors that are no more were not removed");
            }
            entry.reload();
        });
    }
}

fn unique_id(entry: &ConfigEntry, sensor: &Sensor) -> String {
    format!("{}_{}", entry.entry_id, sensor.slug())
}

fn entity(entry: &ConfigEntry, sensor: &Sensor, slot: &EntitySlot) -> NewEntity {
    let device = NewDevice {
        identifiers: vec![entry.entry_id.clone()],
        name: Some(entry.title.clone()),
        ..NewDevice::default()
    };
    NewEntity {
        name: Some(sensor.name.clone()),
        device: Some(device),
        unit_of_measurement: sensor.unit.clone(),
        ..NewEntity::new("sensor", &unique_id(entry, sensor), slot.clone(), Arc::new(Measures))
    }
}
