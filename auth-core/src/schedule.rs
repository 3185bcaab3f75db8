//! Hours of the week in a time zone.

use alloc::{string::String, vec::Vec};

use jiff::{civil, tz::TimeZone};

use crate::Timestamp;

/// Hours of the week, by the clock on the wall of one time zone.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "ScheduleForm", into = "ScheduleForm")]
pub struct Schedule {
    zone: TimeZone,
    windows: Vec<Window>,
}

/// Some hours on some days.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The days on which it begins: `mon` to `sun`.
    pub days: Vec<Day>,
    /// When it begins, as `HH:MM`.
    pub start: String,
    /// When it ends, as `HH:MM`: on the next day, if that is not after `start`. `24:00` is midnight.
    pub end: String,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the days of the week")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// Why a schedule cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchedule {
    /// No time zone of that name is known.
    #[error("`{0}` is no time zone such as `Europe/Berlin`")]
    Zone(String),
    /// A time of day is not one.
    #[error("`{0}` is no time of day such as `18:30`")]
    Time(String),
    /// There are more windows than anybody's week has.
    #[error("a schedule has at most {} windows", Schedule::MAX_WINDOWS)]
    TooMany,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduleForm {
    time_zone: String,
    windows: Vec<Window>,
}

impl Schedule {
    /// The most windows a schedule has.
    pub const MAX_WINDOWS: usize = 64;

    /// Returns the schedule of `windows` in the IANA time zone called `zone`. None means never.
    ///
    /// A time that the clocks skip counts as the moment they have moved by as much; of a time that comes twice the
    /// first counts.
    ///
    /// # Errors
    /// [`InvalidSchedule`] with what cannot be read.
    pub fn new(zone: &str, windows: Vec<Window>) -> Result<Self, InvalidSchedule> {
        if windows.len() > Self::MAX_WINDOWS {
            return Err(InvalidSchedule::TooMany);
        }
        for Window { start, end, .. } in &windows {
            minutes(start).filter(|start| *start < DAY).ok_or_else(|| InvalidSchedule::Time(start.clone()))?;
            minutes(end).ok_or_else(|| InvalidSchedule::Time(end.clone()))?;
        }
        // The database that comes with the library: what a home's rules mean does not depend on the machine.
        let zone = jiff::tz::TimeZoneDatabase::bundled().get(zone).map_err(|_| InvalidSchedule::Zone(zone.into()))?;
        Ok(Self { zone, windows })
    }

    /// Tells whether `now` lies in a window.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.spans(now).any(|(start, end)| start <= now && now < end)
    }

    /// Returns the first moment after `at` at which [`Schedule::holds`] answers otherwise, or a moment about a week later
    /// to ask again at; `None` if there is no window. O(windows · log windows).
    pub fn changes_after(&self, at: Timestamp) -> Option<Timestamp> {
        let mut spans: Vec<_> = self.spans(at).filter(|(_, end)| at < *end).collect();
        spans.sort_unstable();
        let (start, mut until) = *spans.first()?;
        if at < start {
            return Some(start);
        }
        // Windows that meet or overlap are one.
        for (start, end) in spans {
            if start > until {
                break;
            }
            until = until.max(end);
        }
        Some(until)
    }

    /// Iterates over the windows of the days around `at`: from two before, since the calendar
    /// of a place can skip one and a window be open over midnight, to a week later.
    fn spans(&self, at: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let today = jiff::Timestamp::from_microsecond(at.as_micros()).ok().map(|at| self.zone.to_datetime(at).date());
        let days = today.into_iter().flat_map(|today| {
            // Beyond the calendar's end there are no days.
            (-2..=8).filter_map(move |n| today.checked_add(jiff::Span::new().days(n)).ok())
        });
        days.flat_map(move |day| {
            let on = self.windows.iter().filter(move |window| window.days.contains(&Day::of(day)));
            on.filter_map(move |window| self.span(day, window))
        })
    }

    fn span(&self, day: civil::Date, window: &Window) -> Option<(Timestamp, Timestamp)> {
        let (start, mut end) = (minutes(&window.start)?, minutes(&window.end)?);
        if end <= start {
            end += DAY;
        }
        let moment = |minutes: i64| {
            let civil = day.at(0, 0, 0, 0).checked_add(jiff::Span::new().minutes(minutes)).ok()?;
            let moment = self.zone.to_ambiguous_timestamp(civil).compatible().ok()?;
            Some(Timestamp::from_micros(moment.as_microsecond()))
        };
        Some((moment(start)?, moment(end)?))
    }
}

const DAY: i64 = 24 * 60;

/// Reads `HH:MM` as minutes of the day; `24:00` as its last.
fn minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| {
        let plain = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        if plain { digits.parse::<i64>().ok() } else { None }
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (minutes < 60 && hours * 60 + minutes <= DAY).then_some(hours * 60 + minutes)
}

impl Day {
    fn of(date: civil::Date) -> Self {
        match date.weekday() {
            civil::Weekday::Monday => Self::Mon,
            civil::Weekday::Tuesday => Self::Tue,
            civil::Weekday::Wednesday => Self::Wed,
            civil::Weekday::Thursday => Self::Thu,
            civil::Weekday::Friday => Self::Fri,
            civil::Weekday::Saturday => Self::Sat,
            civil::Weekday::Sunday => Self::Sun,
        }
    }
}

impl TryFrom<ScheduleForm> for Schedule {
    type Error = InvalidSchedule;

    fn try_from(form: ScheduleForm) -> Result<Self, InvalidSchedule> {
        Self::new(&form.time_zone, form.windows)
    }
}

impl From<Schedule> for ScheduleForm {
    fn from(schedule: Schedule) -> Self {
        let time_zone = schedule.zone.iana_name().unwrap_or("UTC").into();
        Self { time_zone, windows: schedule.windows }
    }
}
