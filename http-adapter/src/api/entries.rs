//! Config entries over REST.

use axum::{http::StatusCode, response::Response};
use config_entries::{ListEntries, RemoveEntry};
use serde_json::{Value, json};

use crate::{
    reply::{change_error, message, ok},
    request::Request,
};

/// Lists the entries for administrators; for others there are none.
pub(crate) async fn list(request: Request) -> Result<Response, Response> {
    let Ok(asked) = request.authorize(ListEntries) else { return Ok(ok(&json!([]))) };
    let mut entries = request.app.home.entries(&asked);
    if let Some(domain) = request.query("domain") {
        entries.retain(|entry| entry.get("domain").and_then(Value::as_str) == Some(domain));
    }
    Ok(ok(&Value::Array(entries)))
}

pub(crate) async fn remove(request: Request) -> Result<Response, Response> {
    let asked = request.authorize(RemoveEntry(request.param("entry_id").to_owned()))?;
    request.app.home.remove_entry(asked).await.map_err(|error| match error {
        home::ChangeError::Entry(_) => message(StatusCode::NOT_FOUND, "Invalid entry specified"),
        other => change_error(other),
    })?;
    Ok(ok(&json!({"require_restart": false})))
}

/// Lists the integrations that can be set up by a flow: none is here that can.
pub(crate) async fn flow_handlers(_request: Request) -> Result<Response, Response> {
    Ok(ok(&json!([])))
}

/// Starts a flow: there is no handler for any.
pub(crate) async fn start_flow(request: Request) -> Result<Response, Response> {
    let body = request.object("Invalid JSON.", "Message format incorrect: expected a dictionary")?;
    if !body.get("handler").is_some_and(Value::is_string) {
        let text = "Message format incorrect: required key not provided @ data['handler']";
        return Err(message(StatusCode::BAD_REQUEST, text));
    }
    Err(message(StatusCode::NOT_FOUND, "Invalid handler specified"))
}
