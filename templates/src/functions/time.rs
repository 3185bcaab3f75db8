//! Dates, times and durations.

use jiff::civil::Time;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use minijinja::{Error, Value};

use super::{Call, FILTER, GLOBAL, Native, TEST, native};
use crate::duration::{DAY, Duration, SECOND, seconds};
use crate::error::{type_error, value_error};
use crate::moment::{Moment, parse_datetime, parse_time};
use crate::value::{Num, object, type_name};

const BOTH: u8 = GLOBAL | FILTER;

pub(super) const TABLE: &[Native] = &[
    native("now", GLOBAL, |call| Ok(object(Moment::local(call.context.now_micros(), &call.context.zone)))),
    native("utcnow", GLOBAL, |call| Ok(object(Moment::utc(call.context.now_micros())))),
    native("today_at", BOTH, today_at),
    native("as_timestamp", BOTH, as_timestamp),
    native("as_datetime", BOTH, as_datetime),
    native("as_local", BOTH, as_local),
    native("as_timedelta", BOTH, as_timedelta),
    native("timedelta", GLOBAL, timedelta),
    native("timestamp_local", FILTER, |call| timestamp_iso(call, false)),
    native("timestamp_utc", FILTER, |call| timestamp_iso(call, true)),
    native("timestamp_custom", FILTER, timestamp_custom),
    native("strptime", BOTH, strptime),
    native("relative_time", BOTH, relative_time),
    native("time_since", BOTH, |call| distance(call, Direction::Past)),
    native("time_until", BOTH, |call| distance(call, Direction::Future)),
    native("datetime", TEST, is_datetime),
];

fn is_datetime(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    Ok(Value::from(matches!(value.downcast_object_ref(), Some(Moment::Aware(_) | Moment::Naive(_)))))
}

/// What a function gives for input it cannot use: its default if it was called with one.
fn otherwise(call: &Call<'_, '_, '_>, at: usize, value: &Value) -> Result<Value, Error> {
    super::math::otherwise(call, at, value)
}

fn today_at(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let time = match call.get_str(0, "time_str")? {
        None => Time::midnight(),
        Some(text) => {
            parse_time(&text).ok_or_else(|| value_error(format!("could not convert str to datetime: '{text}'")))?
        }
    };
    let today = Moment::local(call.context.now_micros(), &call.context.zone).civil().date();
    Ok(object(Moment::Naive(today.to_datetime(time)).in_zone(&call.context.zone)?))
}

/// The moment that a value is or spells.
fn moment_of(value: &Value) -> Option<Moment> {
    match value.downcast_object_ref::<Moment>() {
        Some(moment) => Some(moment.clone()),
        None => value.as_str().and_then(parse_datetime),
    }
}

fn as_timestamp(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    if let Some(moment) = moment_of(&value) {
        return Ok(Value::from(seconds(moment.micros(&call.context.zone)?)));
    }
    match Num::of(&value) {
        Some(number) => Ok(Value::from(number.as_f64())),
        None => otherwise(call, 1, &value),
    }
}

fn as_datetime(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    if let Some(Moment::Day(day)) = value.downcast_object_ref::<Moment>() {
        return Ok(object(Moment::Naive(day.to_datetime(Time::midnight()))));
    }
    if let Some(moment) = moment_of(&value) {
        return Ok(object(moment));
    }
    let number = Num::of(&value).map(Num::as_f64).or_else(|| value.as_str().and_then(super::convert::parse_float));
    if let Some(Ok(moment)) = number.map(|number| Moment::from_seconds(number, &TimeZone::UTC)) {
        return Ok(object(moment));
    }
    if let Some(day) = value.as_str().and_then(|text| text.trim().parse::<jiff::civil::Date>().ok()) {
        return Ok(object(Moment::Naive(day.to_datetime(Time::midnight()))));
    }
    otherwise(call, 1, &value)
}

fn as_local(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    match value.downcast_object_ref::<Moment>() {
        Some(moment) => Ok(object(moment.in_zone(&call.context.zone)?)),
        None => Err(type_error(format!("as_local() needs a datetime, not '{}'", type_name(&value)))),
    }
}

fn timedelta(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let mut units = call.named.clone();
    for (value, name) in
        call.args.iter().zip(["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"])
    {
        units.push((name.to_owned(), value.clone()));
    }
    Ok(object(Duration::from_units(&units)?))
}

/// Reads `1 day, 2:03:04`, `02:03`, `90` (seconds) or what is a duration already; `none` if it is none of those.
fn as_timedelta(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    if value.downcast_object_ref::<Duration>().is_some() {
        return Ok(value);
    }
    let text = call.need_text(0, "value")?;
    Ok(parse_duration(text.trim()).map_or_else(|| Value::from(()), object))
}

fn parse_duration(text: &str) -> Option<Duration> {
    if text.len() > 64 {
        return None;
    }
    let (days, clock) = match text.split_once("day") {
        Some((days, rest)) => {
            (days.trim().parse::<i64>().ok()?, rest.trim_start_matches('s').trim_start_matches(',').trim())
        }
        None => (0, text),
    };
    let (sign, clock) = clock.strip_prefix('-').map_or((1.0, clock), |clock| (-1.0, clock));
    let parts: Vec<f64> = if clock.is_empty() {
        Vec::new()
    } else {
        clock.split(':').map(|part| part.parse().ok().filter(|n: &f64| *n >= 0.0)).collect::<Option<_>>()?
    };
    let clock = match parts.as_slice() {
        [] => 0.0,
        [seconds] => *seconds,
        [hours, minutes] => hours * 3600.0 + minutes * 60.0,
        [hours, minutes, seconds] => hours * 3600.0 + minutes * 60.0 + seconds,
        _ => return None,
    };
    let days = days.checked_mul(DAY).filter(|micros| micros.checked_abs().is_some())?;
    let clock = Duration::from_micros(sign * clock * 1e6).ok()?;
    Some(Duration { micros: days.checked_add(clock.micros)? })
}

fn timestamp_iso(call: &Call<'_, '_, '_>, utc: bool) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    let zone = if utc { &TimeZone::UTC } else { &call.context.zone };
    match number(&value).map(|number| Moment::from_seconds(number, zone)) {
        Some(Ok(moment)) => Ok(Value::from(moment.isoformat())),
        _ => otherwise(call, 1, &value),
    }
}

/// A number, or the number that a text spells.
fn number(value: &Value) -> Option<f64> {
    Num::of(value).map(Num::as_f64).or_else(|| value.as_str().and_then(super::convert::parse_float))
}

fn timestamp_custom(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    let format = call.get_str(1, "date_format")?.unwrap_or_else(|| "%Y-%m-%d %H:%M:%S".into());
    call.charge(format.len().saturating_mul(64))?;
    let zone = if call.get_flag(2, "local", true) { &call.context.zone } else { &TimeZone::UTC };
    match number(&value).map(|number| Moment::from_seconds(number, zone)) {
        Some(Ok(moment)) => Ok(Value::from(moment.strftime(&format)?)),
        _ => otherwise(call, 3, &value),
    }
}

fn strptime(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let (value, format) = (call.need(0, "string")?, call.need_str(1, "fmt")?);
    call.charge(format.len().saturating_mul(8))?;
    let parsed = value.as_str().and_then(|text| {
        let broken = BrokenDownTime::parse(&*format, text).ok()?;
        // What the format leaves out is the start of 1900, as in Python.
        let date = broken.to_date().ok().or_else(|| {
            jiff::civil::Date::new(
                broken.year().unwrap_or(1900),
                broken.month().unwrap_or(1),
                broken.day().unwrap_or(1),
            )
            .ok()
        })?;
        let civil = date.to_datetime(broken.to_time().unwrap_or_else(|_| Time::midnight()));
        Some(match broken.offset() {
            Some(offset) => Moment::Aware(civil.to_zoned(TimeZone::fixed(offset)).ok()?),
            None => Moment::Naive(civil),
        })
    });
    match parsed {
        Some(moment) => Ok(object(moment)),
        None => otherwise(call, 2, &value),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Past,
    Future,
}

/// `relative_time(then)`: how long ago in one unit; what is no past moment is given back.
fn relative_time(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    let now = call.context.now_micros();
    match value.downcast_object_ref::<Moment>() {
        Some(moment) => match now.saturating_sub(moment.micros(&call.context.zone)?) {
            ago if ago >= 0 => Ok(Value::from(in_units(ago, 1))),
            _ => Ok(value),
        },
        None => Ok(value),
    }
}

fn distance(call: &Call<'_, '_, '_>, direction: Direction) -> Result<Value, Error> {
    let value = call.need(0, "value")?;
    let precision = call.get_int(1, "precision", 1)?;
    let now = call.context.now_micros();
    let Some(moment) = value.downcast_object_ref::<Moment>() else { return Ok(value) };
    let then = moment.micros(&call.context.zone)?;
    let span = if direction == Direction::Past { now.saturating_sub(then) } else { then.saturating_sub(now) };
    if span < 0 {
        return Ok(value);
    }
    let n_units = if precision == 0 { UNITS.len() } else { usize::try_from(precision).unwrap_or(1).min(UNITS.len()) };
    Ok(Value::from(in_units(span, n_units)))
}

const UNITS: [(&str, i64); 6] =
    [("year", 365 * 86_400), ("month", 30 * 86_400), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];

/// A duration in its largest units, the last one rounded, such as `2 hours 5 minutes`.
fn in_units(micros: i64, n_units: usize) -> String {
    let total = micros.saturating_add(SECOND / 2) / SECOND;
    let Some(first) = UNITS.iter().position(|(_, unit)| total >= *unit) else { return "0 seconds".to_owned() };
    let last = (first + n_units).min(UNITS.len());
    let smallest = UNITS.get(last - 1).map_or(1, |(_, unit)| *unit);
    let mut rest = (total + smallest / 2) / smallest * smallest;
    let mut parts = Vec::new();
    for (name, unit) in UNITS.iter().take(last) {
        let n = rest / unit;
        rest %= unit;
        if n > 0 && parts.len() < n_units {
            parts.push(format!("{n} {name}{}", if n == 1 { "" } else { "s" }));
        }
    }
    parts.join(" ")
}
