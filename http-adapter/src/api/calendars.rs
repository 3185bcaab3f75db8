//! Calendars over REST.

use axum::{http::StatusCode, response::Response};
use serde_json::{Value, json};
use service_bus::{ReadState, ReadStates};

use super::services::ask;
use crate::{
    reply::{denied, message, ok},
    request::Request,
};

pub(crate) async fn list(request: Request) -> Result<Response, Response> {
    let asked = request.authorize(ReadStates)?;
    let states = request.app.home.bus().read_states(&asked);
    let calendars = states.iter().filter(|state| state.entity_id.domain() == "calendar");
    let mut calendars: Vec<_> = calendars.map(|state| (state.name(), state.entity_id.to_string())).collect();
    calendars.sort();
    let calendars = calendars.into_iter().map(|(name, entity_id)| json!({"name": name, "entity_id": entity_id}));
    Ok(ok(&Value::Array(calendars.collect())))
}

pub(crate) async fn events(request: Request) -> Result<Response, Response> {
    let nobody = || denied(&auth_core::Unauthorized::default());
    let entity_id = request.entity_id().ok_or_else(nobody)?;
    let asked = request.authorize(ReadState(entity_id.clone()))?;
    let (Some(start), Some(end)) = (request.query("start"), request.query("end")) else {
        return Err(message(StatusCode::BAD_REQUEST, "start and end are required"));
    };
    if entity_id.domain() != "calendar" || request.app.home.bus().read_state(&asked).is_none() {
        return Err(message(StatusCode::NOT_FOUND, "Entity not found"));
    }
    let data = json!({"entity_id": entity_id.as_str(), "start_date_time": start, "end_date_time": end});
    let response = ask(&request, "calendar", "get_events", data).await?;
    let events = response.get(entity_id.as_str()).and_then(|calendar| calendar.get("events"));
    Ok(ok(events.unwrap_or(&json!([]))))
}
