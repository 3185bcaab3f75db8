//! What the hub is.

use std::collections::BTreeMap;

use home::{CorePatch, UpdateCore, components_for, config_value};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Call, Reply, no_members, read};
use crate::{CommandError, connection::Connection};

pub(crate) fn ping(_: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    Ok(Reply::Pong)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Features {
    features: BTreeMap<String, i64>,
}

pub(crate) fn supported_features(
    connection: &mut Connection,
    _: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let Features { features } = read(data)?;
    connection.coalesce = features.get("coalesce_messages").is_some_and(|version| *version >= 1);
    Ok(Reply::Result(Value::Null))
}

pub(crate) fn get_config(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.view(|home, viewer| Ok(Reply::Result(config_value(home, viewer))))
}

/// Lists the panels: the frontend's own need its files, which are not served here yet.
pub(crate) fn get_panels(_: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    Ok(Reply::Result(json!({})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifests {
    integrations: Option<Vec<String>>,
}

pub(crate) fn manifest_list(
    connection: &mut Connection,
    _: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let Manifests { integrations } = read(data)?;
    connection.view(|home, viewer| {
        let known = components_for(home, viewer);
        let wanted = known.iter().filter(|domain| integrations.as_ref().is_none_or(|list| list.contains(domain)));
        Ok(Reply::Result(wanted.map(|domain| manifest(domain)).collect()))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    integration: String,
}

pub(crate) fn manifest_get(
    connection: &mut Connection,
    _: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let Manifest { integration } = read(data)?;
    connection.view(|home, viewer| {
        if components_for(home, viewer).contains(&integration) {
            return Ok(Reply::Result(manifest(&integration)));
        }
        Err(CommandError::new("not_found", "Integration not found"))
    })
}

fn manifest(domain: &str) -> Value {
    let mut name = domain.replace('_', " ");
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    json!({
        "domain": domain,
        "name": name,
        "codeowners": [],
        "dependencies": [],
        "documentation": format!("https://www.home-assistant.io/integrations/{domain}"),
        "integration_type": "entity",
        "is_built_in": true,
        "overwrites_built_in": false,
    })
}

pub(crate) fn setup_info(_: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    Ok(Reply::Result(json!([])))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Slugify {
    text: String,
}

pub(crate) fn slugify(_: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let Slugify { text } = read(data)?;
    Ok(Reply::Result(json!({"slug": registries::slugify(&text)})))
}

/// Subscribes to what is still starting: nothing is, once there is a connection.
pub(crate) fn subscribe_bootstrap(
    connection: &mut Connection,
    id: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.subscribe_to_nothing(id)?;
    Ok(Reply::Result(Value::Null))
}

pub(crate) async fn update_core(mut call: Call) -> Result<Reply, CommandError> {
    let patch: CorePatch = call.read()?;
    let asked = call.authorize(UpdateCore { patch })?;
    call.home.update_core(asked).await?;
    Ok(Reply::Result(Value::Null))
}
