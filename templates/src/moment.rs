//! Python's `datetime` and `date` as objects of the engine.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, Zoned};
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use crate::duration::{Duration, SECOND, seconds};
use crate::error::{TemplateError, type_error, undefined_error, value_error};
use crate::value::{as_index, object};

/// A point in time, or a day.
#[derive(Clone, Debug)]
pub(crate) enum Moment {
    /// A `datetime` with a time zone.
    Aware(Zoned),
    /// A `datetime` without one.
    Naive(DateTime),
    /// A `date`.
    Day(Date),
}

pub(crate) fn out_of_range() -> Error {
    TemplateError::Overflow("date value out of range".to_owned()).into()
}

impl Moment {
    /// The instant in UTC; the epoch if it is beyond the calendar.
    pub(crate) fn utc(micros: i64) -> Self {
        Self::local(micros, &TimeZone::UTC)
    }

    /// The instant in a zone; the epoch if it is beyond the calendar.
    pub(crate) fn local(micros: i64, zone: &TimeZone) -> Self {
        let instant = Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH);
        Self::Aware(instant.to_zoned(zone.clone()))
    }

    /// The instant so many seconds after the epoch.
    pub(crate) fn from_seconds(seconds: f64, zone: &TimeZone) -> Result<Self, Error> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a float cast saturates, and the calendar refuses the rest"
        )]
        let micros = (seconds * 1e6).round() as i64;
        let instant = Timestamp::from_microsecond(micros).map_err(|_| value_error("year is out of range"))?;
        Ok(Self::Aware(instant.to_zoned(zone.clone())))
    }

    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Day(_) => "date",
            _ => "datetime",
        }
    }

    /// The wall clock shown.
    pub(crate) fn civil(&self) -> DateTime {
        match self {
            Self::Aware(zoned) => zoned.datetime(),
            Self::Naive(naive) => *naive,
            Self::Day(day) => day.to_datetime(jiff::civil::Time::midnight()),
        }
    }

    /// Microseconds since the epoch; a time without a zone is taken as in `zone`.
    pub(crate) fn micros(&self, zone: &TimeZone) -> Result<i64, Error> {
        match self {
            Self::Aware(zoned) => Ok(zoned.timestamp().as_microsecond()),
            _ => {
                let zoned = self.civil().to_zoned(zone.clone()).map_err(|_| out_of_range())?;
                Ok(zoned.timestamp().as_microsecond())
            }
        }
    }

    /// Python's order; none between a time with a zone and one without.
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Aware(a), Self::Aware(b)) => Some(a.timestamp().cmp(&b.timestamp())),
            (Self::Naive(a), Self::Naive(b)) => Some(a.cmp(b)),
            (Self::Day(a), Self::Day(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// This moment moved by a duration, on the wall clock as Python does.
    pub(crate) fn plus(&self, micros: i64) -> Result<Self, Error> {
        let span = SignedDuration::from_micros(micros);
        let civil = self.civil().checked_add(span).map_err(|_| out_of_range())?;
        Ok(match self {
            Self::Aware(zoned) => Self::Aware(civil.to_zoned(zoned.time_zone().clone()).map_err(|_| out_of_range())?),
            Self::Naive(_) => Self::Naive(civil),
            Self::Day(_) => Self::Day(civil.date()),
        })
    }

    /// The duration from `other` to this moment.
    pub(crate) fn minus(&self, other: &Self) -> Result<Duration, Error> {
        let micros = match (self, other) {
            (Self::Aware(a), Self::Aware(b)) => {
                a.timestamp().as_microsecond().checked_sub(b.timestamp().as_microsecond())
            }
            (Self::Naive(_), Self::Naive(_)) | (Self::Day(_), Self::Day(_)) => {
                i64::try_from(self.civil().duration_since(other.civil()).as_micros()).ok()
            }
            _ => return Err(type_error("can't subtract offset-naive and offset-aware datetimes")),
        };
        micros.map(|micros| Duration { micros }).ok_or_else(out_of_range)
    }

    /// The same instant in another zone.
    pub(crate) fn in_zone(&self, zone: &TimeZone) -> Result<Self, Error> {
        Ok(Self::Aware(match self {
            Self::Aware(zoned) => zoned.with_time_zone(zone.clone()),
            _ => self.civil().to_zoned(zone.clone()).map_err(|_| out_of_range())?,
        }))
    }

    pub(crate) fn isoformat(&self) -> String {
        self.text('T')
    }

    fn text(&self, between: char) -> String {
        let at = self.civil();
        let date = format!("{:04}-{:02}-{:02}", at.year(), at.month(), at.day());
        if matches!(self, Self::Day(_)) {
            return date;
        }
        let micros = at.subsec_nanosecond() / 1000;
        let fraction = if micros == 0 { String::new() } else { format!(".{micros:06}") };
        let offset = match self {
            Self::Aware(zoned) => offset_text(zoned.offset()),
            _ => String::new(),
        };
        format!("{date}{between}{:02}:{:02}:{:02}{fraction}{offset}", at.hour(), at.minute(), at.second())
    }

    /// What Python prints for it inside a list.
    pub(crate) fn repr_text(&self) -> String {
        let at = self.civil();
        let day = format!("{}, {}, {}", at.year(), at.month(), at.day());
        if matches!(self, Self::Day(_)) {
            return format!("datetime.date({day})");
        }
        let micros = at.subsec_nanosecond() / 1000;
        let mut text = format!("datetime.datetime({day}, {}, {}", at.hour(), at.minute());
        if at.second() != 0 || micros != 0 {
            text += &format!(", {}", at.second());
        }
        if micros != 0 {
            text += &format!(", {micros}");
        }
        if let Self::Aware(zoned) = self {
            text += &match zoned.time_zone().iana_name() {
                Some("UTC") | None => ", tzinfo=datetime.timezone.utc".to_owned(),
                Some(name) => format!(", tzinfo=zoneinfo.ZoneInfo(key='{name}')"),
            };
        }
        text + ")"
    }

    /// Formats by `strftime` directives.
    pub(crate) fn strftime(&self, format: &str) -> Result<String, Error> {
        // Python's %f has six digits, while jiff prints as many as are needed.
        let format = format.replace("%f", "%6f");
        let bad = |_| value_error("Invalid format string");
        match self {
            Self::Aware(zoned) => jiff::fmt::strtime::format(&format, zoned).map_err(bad),
            _ => jiff::fmt::strtime::format(&format, self.civil()).map_err(bad),
        }
    }

    fn replace(&self, changes: &Value) -> Result<Self, Error> {
        let at = self.civil();
        let part = |name: &str, now: i64| -> Result<i64, Error> {
            let value = changes.get_attr(name)?;
            if value.is_undefined() {
                return Ok(now);
            }
            as_index(&value).ok_or_else(|| type_error("an integer is required"))
        };
        let bad = || value_error("date value out of range");
        let small = |value: i64| i8::try_from(value).map_err(|_| bad());
        let micros = part("microsecond", i64::from(at.subsec_nanosecond() / 1000))?;
        let civil = DateTime::new(
            i16::try_from(part("year", i64::from(at.year()))?).map_err(|_| bad())?,
            small(part("month", i64::from(at.month()))?)?,
            small(part("day", i64::from(at.day()))?)?,
            small(part("hour", i64::from(at.hour()))?)?,
            small(part("minute", i64::from(at.minute()))?)?,
            small(part("second", i64::from(at.second()))?)?,
            i32::try_from(micros.saturating_mul(1000)).map_err(|_| bad())?,
        )
        .map_err(|_| bad())?;
        Ok(match self {
            Self::Aware(zoned) => Self::Aware(civil.to_zoned(zoned.time_zone().clone()).map_err(|_| bad())?),
            Self::Naive(_) => Self::Naive(civil),
            Self::Day(_) => Self::Day(civil.date()),
        })
    }
}

fn offset_text(offset: Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.unsigned_abs();
    let text = format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds.is_multiple_of(60) { text } else { format!("{text}:{:02}", seconds % 60) }
}

impl Object for Moment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let at = self.civil();
        let time = !matches!(**self, Self::Day(_));
        Some(match key.as_str()? {
            "year" => Value::from(at.year()),
            "month" => Value::from(at.month()),
            "day" => Value::from(at.day()),
            "hour" if time => Value::from(at.hour()),
            "minute" if time => Value::from(at.minute()),
            "second" if time => Value::from(at.second()),
            "microsecond" if time => Value::from(at.subsec_nanosecond() / 1000),
            "tzinfo" if time => match &**self {
                Self::Aware(zoned) => Value::from(zoned.time_zone().iana_name().unwrap_or("UTC")),
                _ => Value::from(()),
            },
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn custom_cmp(self: &Arc<Self>, other: &minijinja::value::DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<Self>()?;
        // Kept total for the engine: times without a common order are ordered by their text.
        self.compare(other).or_else(|| Some(self.isoformat().cmp(&other.isoformat())))
    }

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let weekday = self.civil().weekday();
        Ok(match method {
            "isoformat" => Value::from(self.isoformat()),
            "strftime" => {
                let format =
                    args.first().and_then(Value::as_str).ok_or_else(|| type_error("strftime needs a format"))?;
                crate::context::Context::of(state)?.charge(format.len().saturating_mul(8))?;
                Value::from(self.strftime(format)?)
            }
            "timestamp" if !matches!(**self, Self::Day(_)) => {
                let zone = &crate::context::Context::of(state)?.zone;
                Value::from(seconds(self.micros(zone)?))
            }
            "date" => object(Self::Day(self.civil().date())),
            "weekday" => Value::from(weekday.to_monday_zero_offset()),
            "isoweekday" => Value::from(weekday.to_monday_one_offset()),
            "isocalendar" => {
                let iso = self.civil().date().iso_week_date();
                let day = iso.weekday().to_monday_one_offset();
                crate::value::tuple(vec![Value::from(iso.year()), Value::from(iso.week()), Value::from(day)])
            }
            "astimezone" => object(self.in_zone(&crate::context::Context::of(state)?.zone)?),
            "utcoffset" => match &**self {
                Self::Aware(zoned) => object(Duration { micros: i64::from(zoned.offset().seconds()) * SECOND }),
                _ => Value::from(()),
            },
            "replace" => match args.last().filter(|value| value.is_kwargs()) {
                Some(changes) => object(self.replace(changes)?),
                None => return Err(type_error("replace needs keyword arguments")),
            },
            _ => return Err(undefined_error(format!("'{}' object has no attribute '{method}'", self.type_name()))),
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(' '))
    }
}

/// Reads an ISO 8601 date and time as Home Assistant's `parse_datetime` does; a bare date is none.
pub(crate) fn parse_datetime(text: &str) -> Option<Moment> {
    let text = text.trim();
    if text.len() > 64 || !text.contains(':') {
        return None;
    }
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let date: Date = date.parse().ok()?;
    let rest = rest.trim_start();
    let clock_len = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.' | ','))).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at_checked(clock_len)?;
    let civil = date.to_datetime(parse_time(clock)?);
    let zone = zone.trim();
    if zone.is_empty() {
        return Some(Moment::Naive(civil));
    }
    let zone = if zone.eq_ignore_ascii_case("z") { TimeZone::UTC } else { TimeZone::fixed(parse_offset(zone)?) };
    Some(Moment::Aware(civil.to_zoned(zone).ok()?))
}

fn parse_offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+')?),
    };
    let digits = digits.replace(':', "");
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(digits.len(), 2 | 4) {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..).filter(|rest| !rest.is_empty()).map_or(Ok(0), str::parse).ok()?;
    let seconds = sign * (hours * 3600 + minutes * 60);
    // UTC by any other name prints the same, and keeps one zone for it.
    Offset::from_seconds(seconds).ok()
}

/// Reads `HH:MM`, `HH:MM:SS` or with a fraction.
pub(crate) fn parse_time(text: &str) -> Option<jiff::civil::Time> {
    let mut parts = text.trim().split(':');
    let hour: i8 = parts.next()?.parse().ok()?;
    let minute: i8 = parts.next()?.parse().ok()?;
    let (second, nanos) = match parts.next() {
        None => (0, 0),
        Some(seconds) => {
            let (whole, fraction) = seconds.split_once(['.', ',']).unwrap_or((seconds, ""));
            if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            // Python keeps microseconds.
            let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
            (whole.parse().ok()?, micros.parse::<i32>().ok()? * 1000)
        }
    };
    match parts.next() {
        Some(_) => None,
        None => jiff::civil::Time::new(hour, minute, second, nanos).ok(),
    }
}

#[cfg(test)]
mod tests;
