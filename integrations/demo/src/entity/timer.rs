//! Timers.

use auth_core::Timestamp;
use serde_json::{Map, Value, json};
use service_bus::HandlerError;

use super::{Answer, Ask, Model, Tick, convert::whole, invalid, members};

/// A timer. It ends by itself, at the step in which its time is over.
#[derive(Clone)]
pub(crate) struct Timer {
    /// Seconds it runs unless told otherwise.
    configured: i64,
    duration: i64,
    run: Run,
    last: Option<&'static str>,
}

#[derive(Clone, Copy)]
enum Run {
    Idle,
    /// Seconds left, when it was started, and when it ends by the clock.
    Active(i64, Timestamp),
    /// Seconds left.
    Paused(i64),
}

impl Timer {
    pub(crate) const fn new(seconds: i64) -> Self {
        Self { configured: seconds, duration: seconds, run: Run::Idle, last: None }
    }

    fn stop(&mut self, how: &'static str) {
        (self.run, self.duration, self.last) = (Run::Idle, self.configured, Some(how));
    }

    fn start(&mut self, ask: &Ask<'_>) -> Result<(), HandlerError> {
        let given = ask.data.get("duration").map(seconds).transpose()?;
        if given.is_some_and(|seconds| seconds < 0) {
            return Err(invalid("a timer does not run backwards"));
        }
        let left = match (given, self.run) {
            (Some(given), _) => {
                self.duration = given;
                given
            }
            (None, Run::Paused(left)) => left,
            (None, _) => self.duration,
        };
        self.last = Some(if matches!(self.run, Run::Idle) { "started" } else { "restarted" });
        self.run = Run::Active(left, ask.now.plus_secs(left));
        Ok(())
    }

    fn change(&mut self, ask: &Ask<'_>) -> Result<(), HandlerError> {
        let by = ask.data.get("duration").map(seconds).transpose()?.unwrap_or_default();
        let Run::Active(left, ends) = self.run else {
            let text = format!("Timer {} is not running, only active timers can be changed", ask.entity_id);
            return Err(invalid(text));
        };
        if !(1..=self.duration).contains(&(left + by)) {
            return Err(invalid(format!("Not possible to change timer {} beyond duration", ask.entity_id)));
        }
        self.run = Run::Active(left + by, ends.plus_secs(by));
        Ok(())
    }
}

impl Model for Timer {
    fn state(&self) -> String {
        match self.run {
            Run::Idle => "idle",
            Run::Active(..) => "active",
            Run::Paused(_) => "paused",
        }
        .to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        let mut attributes = members(json!({"duration": clock(self.duration), "editable": false}));
        match self.run {
            Run::Idle => {}
            // What remains is not counted down in the attribute: clients do that.
            Run::Active(_, ends) => {
                attributes.insert("finishes_at".to_owned(), json!(Timestamp::from_secs(ends.as_secs()).to_string()));
                attributes.insert("remaining".to_owned(), json!(clock(self.duration)));
            }
            Run::Paused(left) => _ = attributes.insert("remaining".to_owned(), json!(clock(left))),
        }
        attributes.insert("last_transition".to_owned(), json!(self.last));
        attributes
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        match (ask.service, self.run) {
            ("start", _) => self.start(ask)?,
            ("change", _) => self.change(ask)?,
            ("pause", Run::Active(left, _)) => (self.run, self.last) = (Run::Paused(left), Some("paused")),
            ("cancel", Run::Active(..) | Run::Paused(_)) => self.stop("cancelled"),
            ("finish", Run::Active(..)) => self.stop("finished"),
            ("pause" | "cancel" | "finish", _) => {}
            _ => return Err(ask.unsupported()),
        }
        Ok(None)
    }

    fn step(&mut self, _: Tick) -> bool {
        let Run::Active(left, _) = &mut self.run else { return false };
        *left -= i64::from(Tick::SECS);
        if *left > 0 {
            return false;
        }
        self.stop("finished");
        true
    }
}

/// Reads a duration in one of Home Assistant's forms: seconds, `MM:SS`, `H:MM:SS`, or an object of parts.
pub(crate) fn seconds(value: &Value) -> Result<i64, HandlerError> {
    let parsed = match value {
        Value::Number(number) => number.as_f64().map(whole),
        Value::String(text) => from_clock(text),
        Value::Object(parts) => from_parts(parts),
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    };
    let limited = parsed.filter(|seconds| (-MAX_SECONDS..=MAX_SECONDS).contains(seconds));
    limited.ok_or_else(|| invalid("a duration is a number of seconds, or such as 0:05:00, of at most ten years"))
}

fn from_clock(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let mut total = 0_i64;
    let parts: Vec<&str> = digits.split(':').collect();
    if parts.len() > 3 {
        return None;
    }
    for part in parts {
        let part = part.trim().parse::<u32>().ok()?;
        total = total.checked_mul(60)?.checked_add(i64::from(part))?;
    }
    Some(sign * total)
}

fn from_parts(parts: &Map<String, Value>) -> Option<i64> {
    let mut total = 0.0;
    for (name, value) in parts {
        let factor = match name.as_str() {
            "days" => 86_400.0,
            "hours" => 3_600.0,
            "minutes" => 60.0,
            "seconds" => 1.0,
            "milliseconds" => 0.001,
            _ => return None,
        };
        total += value.as_f64()? * factor;
    }
    Some(whole(total))
}

fn clock(seconds: i64) -> String {
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

const MAX_SECONDS: i64 = 10 * 365 * 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: Value, expected: Option<i64>) {
        assert_eq!(seconds(&value).ok(), expected, "{value}");
    }

    #[test]
    fn durations_have_many_forms() {
        check(json!(90), Some(90));
        check(json!("90"), Some(90));
        check(json!("1:30"), Some(90));
        check(json!("-0:01:30"), Some(-90));
        check(json!("1:00:00"), Some(3600));
        check(json!({"minutes": 1.5}), Some(90));
        for wrong in [json!("1:2:3:4"), json!(""), json!("x"), json!(null), json!({"years": 1}), json!(1e300)] {
            check(wrong, None);
        }
        assert_eq!(clock(3_725), "1:02:05");
    }
}
