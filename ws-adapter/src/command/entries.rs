//! Config entries. They say which integrations there are: for administrators; others see none.

use config_entries::{ListEntries, SetDisabled, UpdateEntry};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Call, Reply, no_members, read};
use crate::{CommandError, connection::Connection, message};

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    #[expect(dead_code, reason = "every integration is shown as a hub, whichever kinds are asked for")]
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Get {
    type_filter: Option<OneOrMany>,
    domain: Option<String>,
}

fn entries(connection: &Connection, domain: Option<&str>, filter: Option<&OneOrMany>) -> Vec<Value> {
    let Ok(asked) = connection.authorize(ListEntries) else { return Vec::new() };
    // Integrations that are not known here are included except when helpers alone are wanted.
    if matches!(filter, Some(OneOrMany::Many(kinds)) if kinds.iter().all(|kind| kind == "helper")) {
        return Vec::new();
    }
    let mut entries = connection.home.entries(&asked);
    if let Some(domain) = domain {
        entries.retain(|entry| entry.get("domain").and_then(Value::as_str) == Some(domain));
    }
    entries
}

pub(crate) fn get(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let Get { type_filter, domain } = read(data)?;
    Ok(Reply::Result(Value::Array(entries(connection, domain.as_deref(), type_filter.as_ref()))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribe {
    type_filter: Option<OneOrMany>,
}

pub(crate) fn subscribe(connection: &mut Connection, id: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let Subscribe { type_filter } = read(data)?;
    connection.subscribe_to_entries(id)?;
    let entries = entries(connection, None, type_filter.as_ref());
    let first: Value = entries.into_iter().map(|entry| json!({"type": null, "entry": entry})).collect();
    connection.send(message::result(id, &Value::Null));
    connection.send(message::event(id, &first.to_string()));
    Ok(Reply::Sent)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    entry_id: String,
}

pub(crate) fn get_single(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let One { entry_id } = read(data)?;
    let asked = connection.authorize(ListEntries)?;
    let entry = connection.home.entry(&asked, &entry_id);
    let entry = entry.ok_or_else(|| CommandError::new("not_found", "Config entry not found"))?;
    Ok(Reply::Result(json!({"config_entry": entry})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Update {
    entry_id: String,
    title: Option<String>,
    pref_disable_new_entities: Option<bool>,
    pref_disable_polling: Option<bool>,
}

pub(crate) async fn update(mut call: Call) -> Result<Reply, CommandError> {
    let Update { entry_id, title, pref_disable_new_entities, pref_disable_polling } = call.read()?;
    let list = call.authorize(ListEntries)?;
    let wish = UpdateEntry { entry_id: entry_id.clone(), title, pref_disable_new_entities, pref_disable_polling };
    let asked = call.authorize(wish)?;
    call.home.update_entry(asked).await?;
    Ok(Reply::Result(json!({"config_entry": call.home.entry(&list, &entry_id), "require_restart": false})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Disable {
    entry_id: String,
    disabled_by: Option<String>,
}

pub(crate) async fn disable(mut call: Call) -> Result<Reply, CommandError> {
    let Disable { entry_id, disabled_by } = call.read()?;
    if disabled_by.as_deref().is_some_and(|by| by != "user") {
        return Err(CommandError::format("value must be one of user, null @ data['disabled_by']"));
    }
    let asked = call.authorize(SetDisabled { entry_id, disabled: disabled_by.is_some() })?;
    call.home.set_entry_disabled(asked).await?;
    Ok(Reply::Result(json!({"require_restart": false})))
}

/// Lists the flows under way: there are none, since no integration here has any.
pub(crate) fn flow_progress(_: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    Ok(Reply::Result(json!([])))
}

/// Subscribes to flows under way; the event comes before the result.
pub(crate) fn flow_subscribe(
    connection: &mut Connection,
    id: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.subscribe_to_nothing(id)?;
    connection.send(message::event(id, "[]"));
    Ok(Reply::Result(Value::Null))
}
