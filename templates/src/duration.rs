//! Python's `timedelta` as an object of the engine.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use crate::error::{type_error, undefined_error};
use crate::moment::out_of_range;
use crate::value::Num;

/// A `timedelta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duration {
    pub(crate) micros: i64,
}

pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const DAY: i64 = 86_400 * SECOND;

/// Microseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "a float timestamp has no more precision in Python either")]
pub(crate) fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

impl Duration {
    /// A duration from a possibly fractional number of microseconds.
    pub(crate) fn from_micros(micros: f64) -> Result<Self, Error> {
        // Python's timedelta ends at 999 999 999 days; 200 000 years are enough here.
        if !micros.is_finite() || micros.abs() > 6.4e18 {
            return Err(out_of_range());
        }
        #[expect(clippy::cast_possible_truncation, reason = "the range was just checked")]
        let micros = micros.round_ties_even() as i64;
        Ok(Self { micros })
    }

    fn parts(self) -> (i64, i64, i64) {
        let rest = self.micros.rem_euclid(DAY);
        (self.micros.div_euclid(DAY), rest / SECOND, rest % SECOND)
    }

    pub(crate) fn repr_text(self) -> String {
        let (days, seconds, micros) = self.parts();
        let parts: Vec<String> = [("days", days), ("seconds", seconds), ("microseconds", micros)]
            .iter()
            .filter(|(_, n)| *n != 0)
            .map(|(name, n)| format!("{name}={n}"))
            .collect();
        format!("datetime.timedelta({})", if parts.is_empty() { "0".to_owned() } else { parts.join(", ") })
    }

    /// The sum of keyword arguments such as `hours=2`.
    pub(crate) fn from_units(units: &[(String, Value)]) -> Result<Self, Error> {
        let mut total = 0.0;
        for (name, value) in units {
            let unit = match name.as_str() {
                "weeks" => 7.0 * 86_400e6,
                "days" => 86_400e6,
                "hours" => 3_600e6,
                "minutes" => 60e6,
                "seconds" => 1e6,
                "milliseconds" => 1e3,
                "microseconds" => 1.0,
                _ => return Err(type_error(format!("'{name}' is an invalid keyword argument for timedelta"))),
            };
            let number = Num::of(value).ok_or_else(|| {
                let kind = crate::value::type_name(value);
                type_error(format!("unsupported type for timedelta {name} component: {kind}"))
            })?;
            total += number.as_f64() * unit;
        }
        Self::from_micros(total)
    }
}

impl Object for Duration {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let (days, seconds, micros) = self.parts();
        Some(Value::from(match key.as_str()? {
            "days" => days,
            "seconds" => seconds,
            "microseconds" => micros,
            _ => return None,
        }))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.micros != 0
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.micros.cmp(&other.downcast_ref::<Self>()?.micros))
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        _args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "total_seconds" => Ok(Value::from(seconds(self.micros))),
            _ => Err(undefined_error(format!("'timedelta' object has no attribute '{method}'"))),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, seconds, micros) = self.parts();
        if days != 0 {
            write!(f, "{days} day{}, ", if days.abs() == 1 { "" } else { "s" })?;
        }
        write!(f, "{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if micros == 0 { Ok(()) } else { write!(f, ".{micros:06}") }
    }
}
