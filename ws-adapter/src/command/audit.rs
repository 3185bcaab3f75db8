//! The audit trail as it is written.

use serde_json::{Map, Value};

use super::{Reply, no_members};
use crate::{CommandError, connection::Connection, told::Told};

/// Sends every record that is written from now on, as `doorward/audit/list` shows it.
pub(crate) fn subscribe(connection: &mut Connection, id: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.subscribe_to(id, Told::Audit)?;
    Ok(Reply::Result(Value::Null))
}
