//! Points in time, given by the caller: the pure crates read no clock.

use core::fmt;

/// A point in time: microseconds since 1970-01-01T00:00:00 UTC, leap seconds not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Wraps microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Wraps whole seconds since the Unix epoch; saturates.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Returns microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Returns whole seconds since the Unix epoch, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Returns seconds since the Unix epoch as Home Assistant's compressed states write them.
    #[expect(clippy::cast_precision_loss, reason = "microseconds of this era are exact to well below a microsecond")]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Returns the time `secs` seconds later; saturates.
    pub const fn plus_secs(self, secs: i64) -> Self {
        Self(self.0.saturating_add(secs.saturating_mul(1_000_000)))
    }

    /// Returns the whole seconds from `earlier` to `self`, negative if `earlier` is later.
    pub const fn secs_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(1_000_000)
    }
}

/// Writes UTC ISO 8601 as Home Assistant does: `2026-11-22T07:09:27.842285+00:00`, no fraction when it is zero.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.as_secs();
        let micros = self.0.rem_euclid(1_000_000);
        let (year, month, day) = civil_from_days(secs.div_euclid(86_400));
        let rest = secs.rem_euclid(86_400);
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)?;
        if micros != 0 {
            write!(f, ".{micros:06}")?;
        }
        f.write_str("+00:00")
    }
}

/// Splits days since 1970-01-01 into year, month and day of the proleptic Gregorian calendar.
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    // Years are counted from 1 March of year 0, so that the leap day is a year's last.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[track_caller]
    fn check(micros: i64, expected: &str) {
        assert_eq!(Timestamp::from_micros(micros).to_string(), expected);
    }

    #[test]
    fn prints_as_home_assistant_does() {
        check(0, "1970-01-01T00:00:00+00:00");
        check(1_795_331_367_842_285, "2026-11-22T07:09:27.842285+00:00");
        check(951_782_400_000_000, "2000-02-29T00:00:00+00:00");
        check(-1, "1969-12-31T23:59:59.999999+00:00");
        check(1_795_331_367_000_001, "2026-11-22T07:09:27.000001+00:00");
    }

    /// Four centuries to either side, after which the calendar repeats, against one counted day by day.
    #[test]
    fn days_are_those_of_the_calendar() {
        let len_of = |year: i64, month: i64| match month {
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..146_097 {
            assert_eq!(civil_from_days(days), (year, month, day));
            (year, month, day) = match () {
                () if day < len_of(year, month) => (year, month, day + 1),
                () if month < 12 => (year, month + 1, 1),
                () => (year + 1, 1, 1),
            };
        }
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..146_097 {
            assert_eq!(civil_from_days(-days), (year, month, day));
            (year, month, day) = match () {
                () if day > 1 => (year, month, day - 1),
                () if month > 1 => (year, month - 1, len_of(year, month - 1)),
                () => (year - 1, 12, 31),
            };
        }
    }

    #[test]
    fn counts_in_seconds() {
        let at = Timestamp::from_micros(1_795_331_367_842_285);
        assert!((at.as_secs_f64() - 1_795_331_367.842_285).abs() < 1e-6);
        assert_eq!((at.as_secs(), Timestamp::from_micros(-1).as_secs()), (1_795_331_367, -1));
        assert_eq!(at.plus_secs(90).secs_since(at), 90);
        assert_eq!(at.secs_since(at.plus_secs(90)), -90);
        assert_eq!(at.secs_since(Timestamp::from_micros(1_795_331_365_842_286)), 1, "whole ones");
        assert_eq!(
            Timestamp::from_secs(i64::MAX).plus_secs(1).secs_since(Timestamp::from_secs(-1)),
            i64::MAX / 1_000_000
        );
    }
}
