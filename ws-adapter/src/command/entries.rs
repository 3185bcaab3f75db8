//! Config entries. They say which integrations there are: for administrators; others see none.

use config_entries::{
    EntryFilter, IntegrationKind, ListEntries, RemoveSubentry, SetDisabled, UpdateEntry, UpdateSubentry,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Call, OneOrMany, Reply, read};
use crate::{CommandError, connection::Connection, message, told::Told};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Get {
    type_filter: Option<OneOrMany>,
    domain: Option<String>,
}

fn filter(domain: Option<String>, types: Option<OneOrMany>) -> Result<EntryFilter, CommandError> {
    let types = types.map(OneOrMany::into_vec);
    let known = |kind: &String| IntegrationKind::ALL.iter().any(|known| known.as_str() == kind);
    if types.iter().flatten().any(|kind| !known(kind)) {
        let known: Vec<_> = IntegrationKind::ALL.iter().map(|kind| format!("'{}'", kind.as_str())).collect();
        let text = format!("value must be one of [{}] for dictionary value @ data['type_filter']", known.join(", "));
        return Err(CommandError::format(text));
    }
    Ok(EntryFilter { domain, types })
}

fn entries(connection: &Connection, filter: &EntryFilter) -> Vec<Value> {
    let Ok(asked) = connection.authorize(ListEntries) else { return Vec::new() };
    connection.home.manager().entries(&asked, filter)
}

pub(crate) fn get(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let Get { type_filter, domain } = read(data)?;
    Ok(Reply::Result(Value::Array(entries(connection, &filter(domain, type_filter)?))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribe {
    type_filter: Option<OneOrMany>,
}

pub(crate) fn subscribe(connection: &mut Connection, id: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let Subscribe { type_filter } = read(data)?;
    let filter = filter(None, type_filter)?;
    connection.subscribe_to(id, Told::Entries(filter.clone()))?;
    let entries = entries(connection, &filter);
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
    let entry = connection.home.manager().entry(&asked, &entry_id).ok_or_else(unknown)?;
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
    let require_restart = call.home.manager().update(asked).await?;
    let entry = call.home.manager().entry(&list, &entry_id);
    Ok(Reply::Result(json!({"config_entry": entry, "require_restart": require_restart})))
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
    let require_restart = call.home.manager().set_disabled(asked).await?;
    Ok(Reply::Result(json!({"require_restart": require_restart})))
}

pub(crate) fn list_subentries(
    connection: &mut Connection,
    _: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let One { entry_id } = read(data)?;
    let asked = connection.authorize(ListEntries)?;
    let parts = connection.home.manager().subentries(&asked, &entry_id).ok_or_else(unknown)?;
    Ok(Reply::Result(Value::Array(parts)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rename {
    entry_id: String,
    subentry_id: String,
    title: Option<String>,
}

pub(crate) async fn update_subentry(mut call: Call) -> Result<Reply, CommandError> {
    let Rename { entry_id, subentry_id, title } = call.read()?;
    let asked = call.authorize(UpdateSubentry { entry_id, subentry_id, title })?;
    call.home.manager().update_subentry(asked).await?;
    Ok(Reply::Result(Value::Null))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delete {
    entry_id: String,
    subentry_id: String,
}

pub(crate) async fn delete_subentry(mut call: Call) -> Result<Reply, CommandError> {
    let Delete { entry_id, subentry_id } = call.read()?;
    let asked = call.authorize(RemoveSubentry { entry_id, subentry_id })?;
    call.home.manager().remove_subentry(asked).await?;
    Ok(Reply::Result(Value::Null))
}

fn unknown() -> CommandError {
    CommandError::new("not_found", "Config entry not found")
}
