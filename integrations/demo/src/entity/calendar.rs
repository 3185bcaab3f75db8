//! Calendars.

use auth_core::Timestamp;
use serde_json::{Map, Value, json};
use service_bus::HandlerError;

use super::{Answer, Ask, Model, Tick, invalid, members, timer::seconds};

/// A calendar that can be read. It is on while an event goes on.
#[derive(Clone)]
pub(crate) struct Calendar {
    now: Timestamp,
    started: Timestamp,
    events: &'static [Planned],
}

/// An event, by when it is after the demo's start.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) summary: &'static str,
    pub(crate) location: &'static str,
    pub(crate) description: &'static str,
    /// Minutes until it begins.
    pub(crate) begins_in: i64,
    /// Minutes that it lasts.
    pub(crate) lasts: i64,
}

impl Calendar {
    pub(crate) const fn new(now: Timestamp, events: &'static [Planned]) -> Self {
        Self { now, started: now, events }
    }

    fn start_of(&self, event: &Planned) -> Timestamp {
        self.started.plus_secs(event.begins_in * 60)
    }

    fn end_of(&self, event: &Planned) -> Timestamp {
        self.start_of(event).plus_secs(event.lasts * 60)
    }

    /// Returns the event that goes on, else the next.
    fn current(&self) -> Option<&'static Planned> {
        let coming = self.events.iter().filter(|event| self.end_of(event) > self.now);
        coming.min_by_key(|event| event.begins_in)
    }

    fn events(&self, ask: &Ask<'_>) -> Result<Value, HandlerError> {
        let start = ask.text("start_date_time").map(moment).transpose()?.unwrap_or(ask.now);
        let end = match (ask.text("end_date_time"), ask.data.get("duration")) {
            (Some(end), None) => moment(end)?,
            (None, Some(duration)) => start.plus_secs(seconds(duration)?),
            _ => return Err(invalid("must contain one of end_date_time, duration.")),
        };
        if end <= start {
            return Err(invalid("the end must be after the start"));
        }
        let within = |event: &&Planned| self.start_of(event) < end && self.end_of(event) > start;
        let events = self.events.iter().filter(within).map(|event| {
            json!({
                "start": whole_seconds(self.start_of(event)),
                "end": whole_seconds(self.end_of(event)),
                "summary": event.summary,
                "description": event.description,
                "location": event.location,
            })
        });
        Ok(json!({"events": events.collect::<Vec<_>>()}))
    }
}

impl Model for Calendar {
    fn state(&self) -> String {
        let on = self.current().is_some_and(|event| self.start_of(event) <= self.now);
        if on { "on" } else { "off" }.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        let Some(event) = self.current() else { return Map::new() };
        members(json!({
            "message": event.summary,
            "all_day": false,
            "start_time": spaced(self.start_of(event)),
            "end_time": spaced(self.end_of(event)),
            "location": event.location,
            "description": event.description,
        }))
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        if ask.service != "get_events" {
            return Err(ask.unsupported());
        }
        self.events(ask).map(Some)
    }

    fn step(&mut self, tick: Tick) -> bool {
        let before = (self.state(), self.current().map(|event| event.begins_in));
        self.now = tick.at;
        before != (self.state(), self.current().map(|event| event.begins_in))
    }
}

/// Reads a time with an offset, or in UTC, or a date.
fn moment(text: &str) -> Result<Timestamp, HandlerError> {
    let read = text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_second).or_else(|_| {
        let civil = text.parse::<jiff::civil::DateTime>()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp().as_second())
    });
    read.map(Timestamp::from_secs).map_err(|_| invalid("Invalid datetime specified"))
}

fn whole_seconds(at: Timestamp) -> String {
    Timestamp::from_secs(at.as_secs()).to_string()
}

/// Returns the form in which attributes of calendars show a time.
fn spaced(at: Timestamp) -> String {
    let text = whole_seconds(at).replace('T', " ");
    text.split('+').next().unwrap_or_default().to_owned()
}
