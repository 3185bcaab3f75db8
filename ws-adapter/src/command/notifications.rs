//! Persistent notifications.

use serde_json::{Map, Value, json};

use super::{Reply, no_members};
use crate::{CommandError, connection::Connection, message, told::Told};

/// Lists the notifications that the caller sees: their own; all for administrators.
pub(crate) fn list(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection
        .view(|home, viewer| Ok(Reply::Result(home.notifications(viewer).into_iter().map(|(_, one)| one).collect())))
}

pub(crate) fn subscribe(connection: &mut Connection, id: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.subscribe_to(id, Told::Notifications)?;
    let shown = connection.view(|home, viewer| Ok(home.notifications(viewer)))?;
    connection.send(message::result(id, &Value::Null));
    connection.send(message::event(id, &json!({"type": "current", "notifications": shown}).to_string()));
    Ok(Reply::Sent)
}
