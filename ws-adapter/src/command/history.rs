//! What entities were, and the logbook.

use std::collections::HashSet;

use auth_core::{ContextId, EntityId, Timestamp};
use home::{Home, LineForm, ReadHistory, ReadLogbook, Shape, history_states, line};
use recorder::Period;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use service_bus::now;

use super::{Reply, no_members, read};
use crate::{
    CommandError,
    connection::Connection,
    subscription::{HistorySubscription, LogbookSubscription},
};

/// The most entities that one request names.
const MAX_ENTITIES: usize = 2048;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    start_time: String,
    end_time: Option<String>,
    entity_ids: Vec<String>,
    #[serde(default = "yes")]
    include_start_time_state: bool,
    #[serde(default = "yes")]
    significant_changes_only: bool,
    #[serde(default)]
    minimal_response: bool,
    #[serde(default)]
    no_attributes: bool,
}

const fn yes() -> bool {
    true
}

fn start(home: &Home, text: &str) -> Result<Timestamp, CommandError> {
    home.moment(text).ok_or_else(bad_start)
}

fn bad_start() -> CommandError {
    CommandError::new("invalid_start_time", "Invalid start_time")
}

/// Reads an end that may be missing; an empty one is.
fn end(home: &Home, text: Option<&str>) -> Result<Option<Timestamp>, CommandError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    home.moment(text).map(Some).ok_or_else(bad_end)
}

fn bad_end() -> CommandError {
    CommandError::new("invalid_end_time", "Invalid end_time")
}

fn not_too_many(ids: &[String]) -> Result<(), CommandError> {
    if ids.len() <= MAX_ENTITIES {
        return Ok(());
    }
    Err(CommandError::format(format!("more than {MAX_ENTITIES} entities @ data['entity_ids']")))
}

impl Asked {
    fn entity_ids(&self) -> Result<Vec<EntityId>, CommandError> {
        not_too_many(&self.entity_ids)?;
        let bad = |_| CommandError::new("invalid_entity_ids", "Invalid entity_ids");
        self.entity_ids.iter().map(|id| id.parse().map_err(bad)).collect()
    }

    const fn period(&self, start: Timestamp, end: Option<Timestamp>) -> Period {
        Period {
            start,
            end,
            with_start: self.include_start_time_state,
            significant_only: self.significant_changes_only,
            after: 0,
        }
    }

    const fn shape(&self) -> Shape {
        Shape { minimal: self.minimal_response, no_attributes: self.no_attributes }
    }
}

pub(crate) fn during_period(
    connection: &mut Connection,
    _: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let asked: Asked = read(data)?;
    let home = &connection.home;
    let (start, end) = (start(home, &asked.start_time)?, end(home, asked.end_time.as_deref())?);
    if start > now() {
        return Ok(Reply::Result(json!({})));
    }
    let shape = asked.shape();
    let entities = asked.entity_ids()?.into_iter().map(|entity_id| (entity_id, 0)).collect();
    let wish = connection.authorize(ReadHistory { entities, period: asked.period(start, end), shape })?;
    let history = home.history(wish);
    Ok(Reply::Text(history_states(&history.viewer(), &history.entities, start, shape)))
}

/// Reads when a stream begins and ends.
fn stretch(
    home: &Home,
    start_time: &str,
    end_time: Option<&str>,
    now: Timestamp,
) -> Result<(Timestamp, Option<Timestamp>), CommandError> {
    let start = start(home, start_time)?;
    if start > now {
        return Err(bad_start());
    }
    let end = end(home, end_time)?;
    if end.is_some_and(|end| end < start) {
        return Err(bad_end());
    }
    Ok((start, end))
}

pub(crate) fn stream(connection: &mut Connection, id: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let asked: Asked = read(data)?;
    let now = now();
    let (start, end) = stretch(&connection.home, &asked.start_time, asked.end_time.as_deref(), now)?;
    let subscription = HistorySubscription::new(asked.entity_ids()?, asked.period(start, end), asked.shape());
    connection.subscribe_to_history(id, subscription, now, end.is_none_or(|end| end > now))?;
    Ok(Reply::Sent)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Logged {
    start_time: String,
    end_time: Option<String>,
    #[serde(default)]
    entity_ids: Vec<String>,
    #[serde(default)]
    device_ids: Vec<String>,
    context_id: Option<String>,
}

impl Logged {
    /// Returns the entities that are named; no list if none is, nor a device. What is no id names nothing, as what is
    /// not there.
    fn entity_ids(&self) -> Result<Option<HashSet<EntityId>>, CommandError> {
        not_too_many(&self.entity_ids)?;
        // Lines are of entities: a device has none of its own.
        let is_limited = !self.entity_ids.is_empty() || !self.device_ids.is_empty();
        Ok(is_limited.then(|| self.entity_ids.iter().filter_map(|id| id.parse().ok()).collect()))
    }

    fn period(start: Timestamp, end: Option<Timestamp>) -> Period {
        Period { start, end, ..Period::default() }
    }
}

pub(crate) fn logbook(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let asked: Logged = read(data)?;
    let home = &connection.home;
    let (start, end) = (start(home, &asked.start_time)?, end(home, asked.end_time.as_deref())?);
    let entity_ids = asked.entity_ids()?;
    if asked.context_id.is_some() && entity_ids.is_some() {
        return Err(CommandError::format("context_id stands alone @ data['context_id']"));
    }
    // What is no id of a context is none of any line.
    let context = asked.context_id.as_deref().map(ContextId::parse);
    if start > now() || context == Some(None) {
        return Ok(Reply::Result(json!([])));
    }
    let (period, context) = (Logged::period(start, end), context.flatten());
    let logbook = home.logbook(connection.authorize(ReadLogbook { entity_ids, period, context })?);
    let viewer = logbook.viewer();
    let lines = logbook.lines.iter().map(|(id, recorded)| line(&viewer, id, recorded, LineForm::Socket));
    Ok(Reply::Result(lines.collect()))
}

pub(crate) fn logbook_stream(
    connection: &mut Connection,
    id: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let asked: Logged = read(data)?;
    if asked.context_id.is_some() {
        return Err(CommandError::format("extra keys not allowed @ data['context_id']"));
    }
    let now = now();
    let (start, end) = stretch(&connection.home, &asked.start_time, asked.end_time.as_deref(), now)?;
    let subscription = LogbookSubscription::new(asked.entity_ids()?, Logged::period(start, end));
    connection.subscribe_to_logbook(id, subscription, now, end.is_none_or(|end| end > now))?;
    Ok(Reply::Sent)
}

/// Says how states are recorded: in memory, so nothing ever waits to be written. The same for everybody.
pub(crate) fn info(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    let is_recording = connection.home.has_history();
    Ok(Reply::Result(json!({
        "backlog": 0,
        "db_in_default_location": true,
        "in_memory": true,
        "max_backlog": 65_000,
        "migration_in_progress": false,
        "migration_is_live": false,
        "recording": is_recording,
        "thread_running": is_recording,
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatisticsMetadata {
    #[serde(rename = "statistic_ids")]
    _ids: Option<Vec<String>>,
}

/// Lists what there are statistics of: there are none. Clients then draw graphs of states alone.
pub(crate) fn statistics_metadata(_: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let StatisticsMetadata { .. } = read(data)?;
    Ok(Reply::Result(json!([])))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Statistics {
    start_time: String,
    end_time: Option<String>,
    #[serde(rename = "statistic_ids")]
    _ids: Vec<String>,
    #[serde(rename = "period")]
    _period: String,
    #[serde(rename = "units", default)]
    _units: Value,
    #[serde(rename = "types", default)]
    _types: Value,
}

/// Shows the statistics of a period: there are none.
pub(crate) fn statistics(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let asked: Statistics = read(data)?;
    start(&connection.home, &asked.start_time)?;
    end(&connection.home, asked.end_time.as_deref())?;
    Ok(Reply::Result(json!({})))
}
