//! What the web frontend asks for itself: panels, themes, what it keeps for users, dashboards.
//!
//! There is no dashboard and no theme of one's own here, so those answers say so; the frontend makes its own then.

use frontend::{PANELS, VERSION, domain_icons};
use home::{ReadUserData, SetSystemData, SetUserData, components_for};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Call, OneOrMany, Reply, no_members, read};
use crate::{CommandError, connection::Connection, message, told::Told};

/// Lists the panels; those for administrators to administrators.
pub(crate) fn get_panels(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.view(|_, viewer| {
        let is_admin = viewer.rights().is_admin();
        let shown = PANELS.iter().filter(|panel| is_admin || !panel.is_admin);
        let by_path: Map<_, _> = shown.map(|panel| (panel.url_path.to_owned(), panel.to_wire())).collect();
        Ok(Reply::Result(Value::Object(by_path)))
    })
}

pub(crate) fn get_version(_: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    Ok(Reply::Result(json!({"version": VERSION})))
}

pub(crate) fn get_themes(_: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    Ok(Reply::Result(json!({"themes": {}, "default_theme": "default", "default_dark_theme": null})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Icons {
    category: String,
    integration: Option<OneOrMany>,
}

/// Returns icons of the entity domains that the caller learns of. Services, conditions and the like have none here.
pub(crate) fn get_icons(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let Icons { category, integration } = read(data)?;
    let wanted = integration.map(OneOrMany::into_vec);
    connection.view(|home, viewer| {
        let domains = components_for(home, viewer).into_iter().filter(|_| category == "entity_component");
        let domains = domains.filter(|domain| wanted.as_ref().is_none_or(|wanted| wanted.contains(domain)));
        let resources: Map<_, _> =
            domains.filter_map(|domain| domain_icons(&domain).map(|icons| (domain, icons))).collect();
        Ok(Reply::Result(json!({"resources": resources})))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MaybeKey {
    key: Option<String>,
}

fn user_value(connection: &Connection, key: Option<&str>) -> Result<Value, CommandError> {
    let asked = connection.authorize(ReadUserData {})?;
    let all = connection.home.user_data(&asked);
    Ok(match key {
        Some(key) => all.get(key).cloned().unwrap_or(Value::Null),
        None => Value::Object(all),
    })
}

pub(crate) fn get_user_data(
    connection: &mut Connection,
    _: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let MaybeKey { key } = read(data)?;
    let value = user_value(connection, key.as_deref())?;
    Ok(Reply::Result(json!({"value": value})))
}

/// Subscribes to what is kept for the caller; the event comes before the result, as in Home Assistant.
pub(crate) fn subscribe_user_data(
    connection: &mut Connection,
    id: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let MaybeKey { key } = read(data)?;
    connection.authorize(ReadUserData {}).map(drop)?;
    connection.subscribe_to(id, Told::UserData(key.clone()))?;
    let value = user_value(connection, key.as_deref())?;
    connection.send(message::event(id, &json!({"value": value}).to_string()));
    Ok(Reply::Result(Value::Null))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    key: String,
    value: Value,
}

pub(crate) async fn set_user_data(mut call: Call) -> Result<Reply, CommandError> {
    let Put { key, value } = call.read()?;
    let asked = call.authorize(SetUserData { key, value })?;
    call.home.set_user_data(asked).await?;
    Ok(Reply::Result(Value::Null))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    key: String,
}

pub(crate) fn get_system_data(
    connection: &mut Connection,
    _: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let Key { key } = read(data)?;
    connection.view(|home, viewer| Ok(Reply::Result(json!({"value": home.system_data(viewer, &key)}))))
}

/// Subscribes to what is kept for everybody; the event comes before the result, as in Home Assistant.
pub(crate) fn subscribe_system_data(
    connection: &mut Connection,
    id: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let Key { key } = read(data)?;
    connection.subscribe_to_system_data(id, key)?;
    Ok(Reply::Result(Value::Null))
}

pub(crate) async fn set_system_data(mut call: Call) -> Result<Reply, CommandError> {
    let Put { key, value } = call.read()?;
    let asked = call.authorize(SetSystemData { key, value })?;
    call.home.set_system_data(asked).await?;
    Ok(Reply::Result(Value::Null))
}

pub(crate) fn dashboards_info(_: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    Ok(Reply::Result(json!({"resource_mode": "storage"})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dashboard {
    #[serde(rename = "url_path")]
    _url_path: Option<String>,
    #[serde(rename = "force")]
    _force: Option<bool>,
}

/// No dashboard is kept here: the frontend makes one of what it sees.
pub(crate) fn dashboard_config(_: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let Dashboard { .. } = read(data)?;
    Err(CommandError::new("config_not_found", "No config found."))
}

/// Lists dashboards, or modules for them: there are none.
pub(crate) fn none_of_them(_: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    Ok(Reply::Result(json!([])))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Categories {
    #[serde(rename = "scope")]
    _scope: String,
}

/// Lists the categories of a page of settings: there are none.
pub(crate) fn no_categories(_: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let Categories { .. } = read(data)?;
    Ok(Reply::Result(json!([])))
}

/// Gives what pictures of integrations are asked for with: nothing in particular, since they are the same for everybody.
pub(crate) fn brands_token(_: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    Ok(Reply::Result(json!({"token": "none"})))
}

/// Lists what voice assistants may have of the home: there is none, so nothing.
pub(crate) fn exposed_entities(_: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    Ok(Reply::Result(json!({"exposed_entities": {}})))
}

/// Lists integrations whose messages are logged in more or less detail than the others': there are none.
pub(crate) fn log_levels(_: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    Ok(Reply::Result(json!([])))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Traced {
    domain: Option<String>,
    item_id: Option<String>,
}

/// Says which contexts are of a run of an automation or a script that was traced: none is, since none runs by itself.
pub(crate) fn traced_contexts(_: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let Traced { domain, item_id } = read(data)?;
    if domain.is_some() != item_id.is_some() {
        return Err(CommandError::new("invalid_format", "domain and item_id go together"));
    }
    Ok(Reply::Result(json!({})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PreviewFeature {
    domain: String,
    preview_feature: String,
}

/// Subscribes to a feature that is being tried: none is on here, and that never changes.
pub(crate) fn subscribe_labs(
    connection: &mut Connection,
    id: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let PreviewFeature { domain, preview_feature } = read(data)?;
    connection.subscribe_to_nothing(id)?;
    let first = json!({
        "preview_feature": preview_feature,
        "domain": domain,
        "enabled": false,
        "is_built_in": true,
        "feedback_url": null,
        "learn_more_url": null,
        "report_issue_url": null,
    });
    connection.send(message::result(id, &Value::Null));
    connection.send(message::event(id, &first.to_string()));
    Ok(Reply::Sent)
}
