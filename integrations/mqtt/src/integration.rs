//! The integration: what it is, how an entry is set up and taken down.

use std::sync::Arc;

use async_trait::async_trait;
use config_entries::{
    AuthFailed, ConfigEntry, Entry, EntryUpdate, Flow, Integration, IntegrationKind, Manifest, MigrateError, Migrated,
    NewEntry, NewOptions, Reason, Reauthenticate, Running, SetupError,
};
use serde_json::{Map, Value};

use crate::{
    flow,
    session::Session,
    settings::Settings,
    wire::{ConnectError, Connector, Rumqtt},
};

/// The integration `mqtt`: a broker, and what is discovered on it.
pub struct Mqtt {
    connector: Arc<dyn Connector>,
}

static MANIFEST: Manifest = Manifest {
    domain: "mqtt",
    name: "MQTT",
    kind: IntegrationKind::Service,
    // As Home Assistant's.
    version: 2,
    minor_version: 1,
    single: true,
    config_flow: true,
    options: true,
    reconfigure: true,
    application_credentials: false,
    subentries: &[],
    texts: include_str!("texts.json"),
};

impl Mqtt {
    /// Returns the integration.
    pub fn new() -> Self {
        Self { connector: Arc::new(Rumqtt) }
    }

    #[cfg(test)]
    pub(crate) fn with_connector(connector: Arc<dyn Connector>) -> Self {
        Self { connector }
    }
}

impl Default for Mqtt {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Mqtt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mqtt")
    }
}

#[async_trait]
impl Integration for Mqtt {
    type Refusal = AuthFailed;

    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    async fn setup(&self, entry: &Entry<AuthFailed>) -> Result<Box<dyn Running>, SetupError<AuthFailed>> {
        let config = entry.get();
        let settings = Settings::of(&config);
        let link = self.connector.connect(&settings).await.map_err(setup_error)?;
        let session = Session::start(entry.clone(), settings, Arc::clone(&self.connector), link);
        Ok(Box::new(Up { entry: entry.clone(), session, options: config.options.clone() }))
    }

    async fn migrate(&self, entry: &ConfigEntry) -> Result<Migrated, MigrateError> {
        // Of version 1, what is looked for was data once.
        let (mut data, mut options) = (entry.data.clone(), entry.options.clone());
        for name in ["discovery", "discovery_prefix", "birth_message", "will_message"] {
            if let Some(value) = data.remove(name) {
                options.entry(name).or_insert(value);
            }
        }
        Ok(Migrated { data, options, unique_id: entry.unique_id.clone() })
    }

    fn config_flow(&self) -> Option<Box<dyn Flow<NewEntry>>> {
        Some(Box::new(flow::Setup::new(Arc::clone(&self.connector))))
    }

    fn options_flow(&self, _: &ConfigEntry) -> Option<Box<dyn Flow<NewOptions>>> {
        Some(Box::new(flow::Options))
    }

    fn reconfigure_flow(&self, _: &ConfigEntry) -> Option<Box<dyn Flow<EntryUpdate>>> {
        Some(Box::new(flow::Reconfigure::new(Arc::clone(&self.connector))))
    }
}

impl Reauthenticate for Mqtt {
    fn reauth_flow(&self, _: &ConfigEntry) -> Box<dyn Flow<EntryUpdate>> {
        Box::new(flow::Reauth::new(Arc::clone(&self.connector)))
    }
}

fn setup_error(error: ConnectError) -> SetupError<AuthFailed> {
    match error {
        ConnectError::Refused => SetupError::auth_failed(Reason::text(error.to_string())),
        // A certificate is renewed, and a broker comes back, without anything changing here.
        ConnectError::UntrustedBroker(_) | ConnectError::Unreachable(_) => {
            SetupError::not_ready(Reason::text(error.to_string()))
        }
        ConnectError::BadTls(_) => SetupError::fatal(Reason::text(error.to_string())),
    }
}

/// An entry that is set up.
struct Up {
    entry: Entry<AuthFailed>,
    session: Arc<Session>,
    /// What it was set up with.
    options: Map<String, Value>,
}

#[async_trait]
impl Running for Up {
    async fn unload(&mut self) -> Result<(), Reason> {
        self.session.leave().await;
        Ok(())
    }

    fn updated(&self, entry: &ConfigEntry) {
        if entry.options != self.options {
            self.entry.reload();
        }
    }
}
