//! Texts of integrations. Which there are says what is in the home: for administrators; others get none.

use config_entries::ListEntries;
use home::translations;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{OneOrMany, Reply, read};
use crate::{CommandError, connection::Connection};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Get {
    #[serde(rename = "language")]
    _language: String,
    category: String,
    integration: Option<OneOrMany>,
    config_flow: Option<bool>,
}

/// Answers in English, whatever language is asked for: that fills the gaps of every other.
pub(crate) fn get(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let Get { category, integration, config_flow, .. } = read(data)?;
    if connection.authorize(ListEntries).map(drop).is_err() {
        return Ok(Reply::Result(json!({"resources": {}})));
    }
    let integrations = integration.map(OneOrMany::into_vec);
    let only_with_flow = config_flow.unwrap_or(false) && integrations.is_none();
    let resources = translations(&connection.home, &category, integrations.as_deref(), only_with_flow);
    Ok(Reply::Result(json!({"resources": resources})))
}
