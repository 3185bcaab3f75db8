//! The flows: a broker is set up, reconfigured, signed in to again; what is looked for on it.

mod options;
mod reauth;
mod reconfigure;
mod setup;

pub(crate) use options::Options;
pub(crate) use reauth::Reauth;
pub(crate) use reconfigure::Reconfigure;
pub(crate) use setup::Setup;

use config_entries::{Field, FieldKind, Schema};
use serde_json::{Map, Value};

use crate::{
    settings::{DEFAULT_KEEPALIVE, DEFAULT_PORT, DEFAULT_PREFIX, Settings, is_prefix},
    wire::{ConnectError, Connector},
};

/// What an entry keeps as data, all of it: what was not entered is null.
const DATA: [&str; 4] = ["broker", "port", "username", "password"];
const ADVANCED_DATA: [&str; 6] = ["client_id", "keepalive", "tls", "certificate", "client_cert", "client_key"];
const OPTIONS: [&str; 2] = ["discovery", "discovery_prefix"];

/// Returns the form that asks for a broker. `with_options`: also for what is looked for on it.
fn broker_form(with_options: bool) -> Schema {
    let mut advanced = Schema::new()
        .with(Field::optional("client_id", FieldKind::Text))
        .with(keepalive())
        .with(Field::optional("tls", FieldKind::Boolean).default(false))
        .with(Field::optional("certificate", FieldKind::Text))
        .with(Field::optional("client_cert", FieldKind::Text))
        .with(Field::optional("client_key", FieldKind::Secret));
    if with_options {
        advanced = option_fields(advanced);
    }
    Schema::new()
        .with(Field::required("broker", FieldKind::Text))
        .with(Field::required("port", FieldKind::Integer(Some(1), Some(65_535))).default(DEFAULT_PORT))
        .with(Field::optional("username", FieldKind::Text))
        .with(Field::optional("password", FieldKind::Secret))
        .with(Field::section("advanced", advanced))
}

fn keepalive() -> Field {
    Field::optional("keepalive", FieldKind::Integer(Some(15), Some(3_600))).default(DEFAULT_KEEPALIVE)
}

fn option_fields(schema: Schema) -> Schema {
    schema
        .with(Field::optional("discovery", FieldKind::Boolean).default(true))
        .with(Field::optional("discovery_prefix", FieldKind::Text).default(DEFAULT_PREFIX))
}

/// Returns what an entry keeps of what was entered: its data and its options.
fn kept(input: &Map<String, Value>) -> (Map<String, Value>, Map<String, Value>) {
    let none = Map::new();
    let advanced = input.get("advanced").and_then(Value::as_object).unwrap_or(&none);
    let of = |map: &Map<String, Value>, name: &str| {
        let value = map.get(name).filter(|value| value.as_str() != Some(""));
        (name.to_owned(), value.cloned().unwrap_or_default())
    };
    let data = DATA.iter().map(|name| of(input, name)).chain(ADVANCED_DATA.iter().map(|name| of(advanced, name)));
    let mut data: Map<_, _> = data.collect();
    if let Some(Value::String(broker)) = data.get_mut("broker") {
        *broker = broker.trim().to_owned();
    }
    let options = OPTIONS.iter().map(|name| of(advanced, name)).filter(|(_, value)| !value.is_null()).collect();
    (data, options)
}

/// Tells the field that is wrong before anything is tried.
fn wrong_prefix(options: &Map<String, Value>) -> bool {
    options.get("discovery_prefix").and_then(Value::as_str).is_some_and(|prefix| !is_prefix(prefix))
}

/// Tries to connect. Returns the key of what is wrong.
async fn tried(connector: &dyn Connector, settings: &Settings) -> Option<&'static str> {
    match connector.connect(settings).await {
        Ok(link) => {
            link.outbox().leave(None).await;
            None
        }
        Err(ConnectError::Refused) => Some("invalid_auth"),
        Err(ConnectError::UntrustedBroker(_) | ConnectError::BadTls(_)) => Some("invalid_certificate"),
        Err(error @ ConnectError::Unreachable(_)) => {
            tracing::info!(broker = settings.broker, %error, "a broker could not be set up");
            Some("cannot_connect")
        }
    }
}

#[cfg(test)]
mod tests;
