//! What the hub is.

use std::collections::BTreeMap;

use home::{CorePatch, UpdateCore, config_value};
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
