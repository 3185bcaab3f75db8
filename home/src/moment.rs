//! Moments as people and programs write them.

use auth_core::Timestamp;
use jiff::{Zoned, civil, tz::TimeZone};

use crate::Home;

impl Home {
    /// Reads a moment in ISO 8601; without an offset it is meant in the home's own time zone, without a time at its
    /// midnight.
    pub fn moment(&self, text: &str) -> Option<Timestamp> {
        parse(text, &self.time_zone())
    }

    /// Returns when this day began in the home's time zone.
    pub fn start_of_day(&self, now: Timestamp) -> Timestamp {
        let at = jiff::Timestamp::from_microsecond(now.as_micros()).unwrap_or_default();
        let day = Zoned::new(at, self.time_zone()).start_of_day();
        day.map_or(now, |day| Timestamp::from_micros(day.timestamp().as_microsecond()))
    }

    fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.core_config().time_zone).unwrap_or(TimeZone::UTC)
    }
}

fn parse(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    let at = text.parse::<jiff::Timestamp>().or_else(|_| {
        let civil = text
            .parse::<civil::DateTime>()
            .or_else(|_| text.parse::<civil::Date>().map(|day| day.to_datetime(civil::Time::midnight())))?;
        zone.to_timestamp(civil)
    });
    at.ok().map(|at| Timestamp::from_micros(at.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_home_assistant_does() {
        let amsterdam = TimeZone::get("Europe/Amsterdam").unwrap();
        let check = |text: &str, expected: Option<&str>| {
            let read = parse(text, &amsterdam).map(|at| at.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        };
        check("2026-11-22T07:09:27.842285+00:00", Some("2026-11-22T07:09:27.842285+00:00"));
        check("2026-11-22T07:09:27.842Z", Some("2026-11-22T07:09:27.842000+00:00"));
        check("2026-11-22 08:09:27+01:00", Some("2026-11-22T07:09:27+00:00"));
        check("2026-11-22T08:09:27", Some("2026-11-22T07:09:27+00:00"));
        check("2026-07-22T08:09", Some("2026-07-22T06:09:00+00:00"));
        check("2026-11-22", Some("2026-11-21T23:00:00+00:00"));
        for wrong in
            ["", "yesterday", "2026-13-01", "2026-11-22T25:00:00Z", "1", "999999-01-01T00:00:00Z", "2026-11-22T"]
        {
            check(wrong, None);
        }
    }
}
