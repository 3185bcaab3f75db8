//! States over REST.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::{BufMut, BytesMut};
use serde_json::{Map, Value};
use service_bus::{ReadState, ReadStates, RemoveState, SetState, Viewer};

use crate::{
    reply::{self, bytes_reply, message},
    request::Request,
};

/// Joins the cached encodings of every state that the caller may read. O(states).
pub(crate) async fn list(request: Request) -> Result<Response, Response> {
    let asked = request.authorize(ReadStates)?;
    let states = request.app.home.bus().read_states(&asked);
    let world = request.world();
    let viewer = Viewer::new(&world, asked.principal());
    let encoded: Vec<_> = states.iter().map(|state| viewer.state_json(state)).collect();
    let mut body = BytesMut::with_capacity(encoded.iter().map(|state| state.len() + 1).sum::<usize>() + 2);
    body.put_u8(b'[');
    for (n, state) in encoded.iter().enumerate() {
        if n > 0 {
            body.put_u8(b',');
        }
        body.extend_from_slice(state);
    }
    body.put_u8(b']');
    Ok(bytes_reply(StatusCode::OK, "application/json", body.freeze()))
}

pub(crate) async fn show(request: Request) -> Result<Response, Response> {
    let world = request.world();
    let viewer = Viewer::new(&world, request.principal()?);
    let not_found = || message(StatusCode::NOT_FOUND, "Entity not found.");
    let Some(entity_id) = request.entity_id() else {
        // No id at all: the answer for an unknown entity, by the same rights.
        let known = viewer.reads(request.param("entity_id"));
        return Err(if known { not_found() } else { reply::denied(&auth_core::Unauthorized::default()) });
    };
    let asked = request.authorize(ReadState(entity_id))?;
    let state = request.app.home.bus().read_state(&asked).ok_or_else(not_found)?;
    Ok(bytes_reply(StatusCode::OK, "application/json", viewer.state_json(&state)))
}

pub(crate) async fn write(request: Request) -> Result<Response, Response> {
    let bad = |text: &str| message(StatusCode::BAD_REQUEST, text);
    let mut body = request.object("Invalid JSON specified.", "State data should be a JSON object.")?;
    let state = match body.remove("state") {
        None | Some(Value::Null) => return Err(bad("No state specified.")),
        Some(Value::String(text)) => text,
        Some(Value::Bool(flag)) => if flag { "True" } else { "False" }.to_owned(),
        Some(other) => other.to_string(),
    };
    let attributes = match body.remove("attributes") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(attributes)) => attributes,
        Some(_) => return Err(bad("Attributes should be a JSON object.")),
    };
    let force = match body.remove("force_update") {
        None => false,
        Some(Value::Bool(force)) => force,
        Some(_) => return Err(bad("force_update should be true or false.")),
    };
    let entity_id = request.entity_id().ok_or_else(|| bad("Invalid entity ID specified."))?;
    let wish = SetState { entity_id: entity_id.clone(), state: state.into(), attributes, force };
    let asked = request.authorize(wish)?;
    let written = request.app.home.bus().set_state(asked, request.context());
    let (state, is_new) = written.map_err(|error| reply::set_state_error(&error))?;
    let world = request.world();
    let viewer = Viewer::new(&world, request.principal()?);
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = bytes_reply(status, "application/json", viewer.state_json(&state));
    if let Ok(location) = HeaderValue::from_str(&format!("/api/states/{entity_id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

pub(crate) async fn remove(request: Request) -> Result<Response, Response> {
    let not_found = || message(StatusCode::NOT_FOUND, "Entity not found.");
    let entity_id = request.entity_id().ok_or_else(not_found)?;
    let asked = request.authorize(RemoveState(entity_id))?;
    if !request.app.home.bus().remove_state(asked, request.context()) {
        return Err(not_found());
    }
    Ok(message(StatusCode::OK, "Entity removed."))
}
