//! The history and the logbook over REST.

use std::collections::HashSet;

use auth_core::{ContextId, EntityId, Timestamp};
use axum::{http::StatusCode, response::Response};
use bytes::Bytes;
use home::{LineForm, ReadHistory, ReadLogbook, Shape, full_states, line};
use recorder::Period;
use serde_json::{Value, json};
use service_bus::now;

use crate::{
    reply::{bytes_reply, message, ok},
    request::Request,
};

const DAY: i64 = 86_400;

/// The most entities that one request names.
const MAX_ENTITIES: usize = 2048;

fn bad(text: &str) -> Response {
    message(StatusCode::BAD_REQUEST, text)
}

/// Reads the moment in the path, if there is one.
fn start(request: &Request) -> Result<Option<Timestamp>, Response> {
    let text = request.param("start");
    if text.is_empty() {
        return Ok(None);
    }
    request.app.home.moment(text).map(Some).ok_or_else(|| bad("Invalid datetime"))
}

fn end(request: &Request) -> Result<Option<Timestamp>, Response> {
    let Some(text) = request.query("end_time") else { return Ok(None) };
    request.app.home.moment(text).map(Some).ok_or_else(|| bad("Invalid end_time"))
}

/// Reads a list of entity ids; none if one of them is none, or if there are too many.
fn entity_ids(list: &str) -> Option<Vec<EntityId>> {
    let ids = list.split(',').map(|id| EntityId::parse_lenient(id).ok());
    ids.collect::<Option<Vec<_>>>().filter(|ids| ids.len() <= MAX_ENTITIES)
}

pub(crate) async fn period(request: Request) -> Result<Response, Response> {
    let given = start(&request)?;
    let list = request.query("filter_entity_id").map(str::trim).filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| bad("filter_entity_id is missing"))?;
    let entities = entity_ids(list).ok_or_else(|| bad("Invalid filter_entity_id"))?;
    let now = now();
    let start = given.unwrap_or_else(|| now.plus_secs(-DAY));
    if start > now {
        return Ok(ok(&json!([])));
    }
    let end = end(&request)?.unwrap_or_else(|| start.plus_secs(DAY));
    let has = |flag: &str| request.query(flag).is_some();
    let period = Period {
        start,
        end: Some(end),
        with_start: !has("skip_initial_state"),
        significant_only: request.query("significant_changes_only") != Some("0"),
        after: 0,
    };
    let shape = Shape { minimal: has("minimal_response"), no_attributes: has("no_attributes") };
    let entities = entities.into_iter().map(|entity_id| (entity_id, 0)).collect();
    let history = request.app.home.history(request.authorize(ReadHistory { entities, period, shape })?);
    let body = full_states(&history.viewer(), &history.entities, start, shape);
    Ok(bytes_reply(StatusCode::OK, "application/json", Bytes::from(body)))
}

pub(crate) async fn logbook(request: Request) -> Result<Response, Response> {
    let home = &request.app.home;
    let given = start(&request)?.unwrap_or_else(|| home.start_of_day(now()));
    let days = match request.query("period") {
        None => 1,
        Some(text) => {
            text.parse().ok().filter(|days| (1..=3650).contains(days)).ok_or_else(|| bad("Invalid period"))?
        }
    };
    let wanted: Option<HashSet<EntityId>> = match request.query("entity").filter(|list| !list.is_empty()) {
        None => None,
        Some(list) => Some(entity_ids(list).ok_or_else(|| bad("Invalid entity"))?.into_iter().collect()),
    };
    // Whole days up to the one that was asked for, unless it is said when they end.
    let (start, end) = match end(&request)? {
        Some(end) => (given, end),
        None => (given.plus_secs(-(days - 1) * DAY), given.plus_secs(DAY)),
    };
    let context = request.query("context_id");
    if wanted.is_some() && context.is_some() {
        return Err(bad("Can't combine entity with context_id"));
    }
    let context = context.map(ContextId::parse);
    if context == Some(None) {
        return Ok(ok(&json!([])));
    }
    let period = Period { start, end: Some(end), ..Period::default() };
    let wish = ReadLogbook { entity_ids: wanted, period, context: context.flatten() };
    let logbook = home.logbook(request.authorize(wish)?);
    let viewer = logbook.viewer();
    let lines = logbook.lines.iter().map(|(id, recorded)| line(&viewer, id, recorded, LineForm::Rest));
    Ok(ok(&lines.collect::<Value>()))
}
