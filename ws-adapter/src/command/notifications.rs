//! Persistent notifications.

use home::notifications_to_wire;
use serde_json::{Map, Value, json};

use super::{Reply, no_members};
use crate::{CommandError, connection::Connection, message, told::Told};

/// Lists the notifications that the caller sees: their own; all for administrators.
pub(crate) fn list(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.view(|home, viewer| {
        let shown = home.notifications(viewer).iter().map(home::Notification::to_wire).collect();
        Ok(Reply::Result(Value::Array(shown)))
    })
}

pub(crate) fn subscribe(connection: &mut Connection, id: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.subscribe_to(id, Told::Notifications)?;
    let shown = connection.view(|home, viewer| Ok(notifications_to_wire(&home.notifications(viewer))))?;
    connection.send(message::result(id, &Value::Null));
    connection.send(message::event(id, &json!({"type": "current", "notifications": shown}).to_string()));
    Ok(Reply::Sent)
}
