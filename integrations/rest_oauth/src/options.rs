//! What can be changed of an entry without signing in: which sensors, and how often to look.

use std::time::Duration;

use async_trait::async_trait;
use config_entries::{Abort, Field, FieldKind, Flow, FlowContext, Form, NewOptions, Schema, Step};
use serde_json::{Map, Value, json};

use crate::sensors::Sensor;

/// How often to look if nobody says, in seconds.
pub(crate) const DEFAULT_INTERVAL: i64 = 60;
const INTERVAL: (i64, i64) = (10, 86_400);

/// The flow of the options.
pub(crate) struct Options;

/// Returns the options of an entry.
pub(crate) fn new(interval: i64, sensors: &str) -> Map<String, Value> {
    Map::from_iter([("scan_interval".to_owned(), json!(interval)), ("sensors".to_owned(), json!(sensors))])
}

/// Reads how often to look; within bounds whatever is stored.
pub(crate) fn interval(options: &Map<String, Value>) -> Duration {
    let secs = options.get("scan_interval").and_then(Value::as_i64).unwrap_or(DEFAULT_INTERVAL);
    Duration::from_secs(secs.clamp(INTERVAL.0, INTERVAL.1).unsigned_abs())
}

/// Reads the sensors; none if what is stored is none.
pub(crate) fn sensors(options: &Map<String, Value>) -> Vec<Sensor> {
    let lines = options.get("sensors").and_then(Value::as_str).unwrap_or_default();
    Sensor::parse_lines(lines).unwrap_or_default()
}

/// Returns the field with a line for each sensor.
pub(crate) fn sensors_field() -> Field {
    let settings = Map::from_iter([("multiline".to_owned(), json!(true))]);
    Field::required("sensors", FieldKind::Selector("text".to_owned(), settings))
}

#[async_trait]
impl Flow<NewOptions> for Options {
    async fn step(
        &mut self,
        flow: &mut FlowContext,
        _step_id: &str,
        input: Option<Map<String, Value>>,
    ) -> Result<Step<NewOptions>, Abort> {
        let field = Field::required("scan_interval", FieldKind::Integer(Some(INTERVAL.0), Some(INTERVAL.1)));
        let schema = Schema::new().with(field.default(DEFAULT_INTERVAL)).with(sensors_field());
        let Some(input) = input else {
            let now = flow.entry().map(|entry| entry.options.clone()).unwrap_or_default();
            return Form::new("init", schema.suggest(&now)).without_errors().show();
        };
        let lines = input.get("sensors").and_then(Value::as_str).unwrap_or_default();
        match Sensor::parse_lines(lines) {
            Ok(_) => Ok(Step::Done(NewOptions(input))),
            Err(key) => Form::new("init", schema.suggest(&input)).error("sensors", key).show(),
        }
    }
}
