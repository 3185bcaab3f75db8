//! Application credentials: what the hub calls itself at authorization servers. Secrets go in and never come out.

use config_entries::{AddCredential, ListCredentials, RemoveCredential};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Call, Reply, no_members, read};
use crate::{CommandError, connection::Connection};

/// Lists the integrations that take application credentials for administrators; for others there are none.
pub(crate) fn config(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    let domains = match connection.authorize(ListCredentials) {
        Ok(_) => connection.home.manager().credential_domains(),
        Err(_) => Vec::new(),
    };
    let integrations: Map<_, _> = domains.iter().map(|domain| ((*domain).to_owned(), json!({}))).collect();
    Ok(Reply::Result(json!({"domains": domains, "integrations": integrations})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfEntry {
    config_entry_id: String,
}

pub(crate) fn of_entry(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let OfEntry { config_entry_id } = read(data)?;
    let asked = connection.authorize(ListCredentials)?;
    let id = connection.home.manager().credential_of(&asked, &config_entry_id);
    Ok(Reply::Result(id.map_or_else(|| json!({}), |id| json!({"application_credentials_id": id}))))
}

pub(crate) fn list(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    let asked = connection.authorize(ListCredentials)?;
    Ok(Reply::Result(Value::Array(connection.home.manager().credentials(&asked))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    domain: String,
    client_id: String,
    client_secret: String,
    name: Option<String>,
}

pub(crate) async fn create(mut call: Call) -> Result<Reply, CommandError> {
    let Create { domain, client_id, client_secret, name } = call.read()?;
    let client_secret = client_secret.into();
    let asked = call.authorize(AddCredential { domain, client_id, client_secret, name })?;
    Ok(Reply::Result(call.home.manager().add_credential(asked).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delete {
    application_credentials_id: String,
}

pub(crate) async fn delete(mut call: Call) -> Result<Reply, CommandError> {
    let Delete { application_credentials_id } = call.read()?;
    let asked = call.authorize(RemoveCredential(application_credentials_id))?;
    call.home.manager().remove_credential(asked).await?;
    Ok(Reply::Result(Value::Null))
}
