//! Flows that nobody has open: discoveries and reauthentications.

use config_entries::{IgnoreFlow, ListFlows};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Call, Reply, no_members};
use crate::{CommandError, connection::Connection, message, told::Told};

pub(crate) fn progress(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    let asked = connection.authorize(ListFlows)?;
    Ok(Reply::Result(Value::Array(connection.home.manager().flows_in_progress(&asked))))
}

/// Subscribes to flows under way; the event comes before the result, as in Home Assistant.
pub(crate) fn subscribe(connection: &mut Connection, id: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    let asked = connection.authorize(ListFlows)?;
    connection.subscribe_to(id, Told::Flows)?;
    let flows = connection.home.manager().flows_in_progress(&asked);
    let item = |flow: Value| json!({"type": null, "flow_id": flow.get("flow_id"), "flow": flow});
    let first: Value = flows.into_iter().map(item).collect();
    connection.send(message::event(id, &first.to_string()));
    Ok(Reply::Result(Value::Null))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ignore {
    flow_id: String,
    title: String,
}

pub(crate) async fn ignore(mut call: Call) -> Result<Reply, CommandError> {
    let Ignore { flow_id, title } = call.read()?;
    let asked = call.authorize(IgnoreFlow { flow_id, title })?;
    call.home.manager().ignore_flow(asked).await?;
    Ok(Reply::Result(Value::Null))
}
