//! Config entries over REST.

use axum::{http::StatusCode, response::Response};
use config_entries::{EntryFilter, ListEntries, ReauthEntry, ReloadEntry, RemoveEntry};
use serde_json::{Value, json};

use crate::{
    reply::{manage_error, message, ok},
    request::Request,
};

/// Lists the entries for administrators; for others there are none.
pub(crate) async fn list(request: Request) -> Result<Response, Response> {
    let Ok(asked) = request.authorize(ListEntries) else { return Ok(ok(&json!([]))) };
    let owned = |name| request.query(name).map(str::to_owned);
    let filter = EntryFilter { domain: owned("domain"), types: owned("type").map(|kind| vec![kind]) };
    Ok(ok(&Value::Array(request.app.home.manager().entries(&asked, &filter))))
}

pub(crate) async fn remove(request: Request) -> Result<Response, Response> {
    let asked = request.authorize(RemoveEntry(request.param("entry_id").to_owned()))?;
    let require_restart = request.app.home.manager().remove(asked).await.map_err(manage_error)?;
    Ok(ok(&json!({"require_restart": require_restart})))
}

pub(crate) async fn reload(request: Request) -> Result<Response, Response> {
    let asked = request.authorize(ReloadEntry(request.param("entry_id").to_owned()))?;
    let require_restart = request.app.home.manager().reload(asked).await.map_err(manage_error)?;
    Ok(ok(&json!({"require_restart": require_restart})))
}

/// Asks for new credentials of an entry, by hand: what Home Assistant has no way to.
pub(crate) async fn reauth(request: Request) -> Result<Response, Response> {
    let asked = request.authorize(ReauthEntry(request.param("entry_id").to_owned()))?;
    request.app.home.manager().reauth(asked).await.map_err(manage_error)?;
    Ok(message(StatusCode::OK, "Reauthentication started"))
}

/// Lists the integrations that can be set up by a flow for administrators; for others there are none.
pub(crate) async fn flow_handlers(request: Request) -> Result<Response, Response> {
    let Ok(_) = request.authorize(ListEntries).map(drop) else { return Ok(ok(&json!([]))) };
    let wanted = request.query("type");
    let manifests = request.app.home.manager().manifests();
    let with_flow = manifests.iter().filter(|manifest| manifest.config_flow);
    let of_type = with_flow.filter(|manifest| wanted.is_none_or(|kind| kind == manifest.kind.as_str()));
    Ok(ok(&of_type.map(|manifest| json!(manifest.domain)).collect()))
}
