use alloc::{string::ToString, vec, vec::Vec};

use super::*;
use crate::{Day, InvalidSchedule, Window};

/// Reads a moment as `2026-11-25T18:00Z`.
fn at(text: &str) -> Timestamp {
    Timestamp::from_micros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
}

fn weekly(zone: &str, days: &[Day], start: &str, end: &str) -> Condition {
    let window = Window { days: days.to_vec(), start: start.to_string(), end: end.to_string() };
    Condition { schedule: Some(Schedule::new(zone, vec![window]).unwrap()), ..Condition::default() }
}

/// Follows the answers from `from`: what it is there, then each moment at which it changes.
#[track_caller]
fn check(condition: &Condition, from: &str, expected: (bool, &[&str])) {
    let mut now = at(from);
    let mut changes = Vec::new();
    for _ in 0..expected.1.len() {
        let answer = condition.holds(now);
        now = condition.changes_after(now).unwrap();
        assert_ne!(condition.holds(now), answer, "{now}");
        assert_eq!(condition.holds(Timestamp::from_micros(now.as_micros() - 1)), answer, "{now}");
        changes.push(now);
    }
    assert_eq!(condition.holds(at(from)), expected.0);
    assert_eq!(changes, expected.1.iter().map(|text| at(text)).collect::<Vec<_>>());
}

#[test]
fn no_condition_always_holds() {
    let always = Condition::default();
    assert!(always.holds(Timestamp::default()));
    assert_eq!(always.changes_after(at("2026-11-25T00:00Z")), None);
}

#[test]
fn from_and_until() {
    let (from, until) = (at("2026-11-27T16:00Z"), at("2026-11-29T18:00Z"));
    let guest = Condition { from: Some(from), until: Some(until), ..Condition::default() };
    check(&guest, "2026-11-25T00:00Z", (false, &["2026-11-27T16:00Z", "2026-11-29T18:00Z"]));
    assert_eq!(guest.changes_after(until), None);
    let never = Condition { from: Some(until), until: Some(from), ..Condition::default() };
    assert_eq!(never.changes_after(at("2026-11-25T00:00Z")), None);
}

#[test]
fn hours_of_the_week_by_the_clock_on_the_wall() {
    // Berlin is an hour ahead in winter and two in summer; clocks went back on 25 October 2026.
    let cleaner = weekly("Europe/Berlin", &[Day::Mon, Day::Sat], "08:00", "12:30");
    let expected = ["2026-10-24T06:00Z", "2026-10-24T10:30Z", "2026-10-26T07:00Z", "2026-10-26T11:30Z"];
    check(&cleaner, "2026-10-23T00:00Z", (false, &expected));
    // Over midnight.
    let night = weekly("Europe/Berlin", &[Day::Fri], "22:00", "06:00");
    check(&night, "2026-11-27T22:00Z", (true, &["2026-11-28T05:00Z", "2026-12-04T21:00Z"]));
    // Two windows that meet are one.
    let window = |start: &str, end: &str| Window { days: vec![Day::Wed], start: start.into(), end: end.into() };
    let schedule = Schedule::new("UTC", vec![window("08:00", "12:00"), window("12:00", "24:00")]).unwrap();
    let met = Condition { schedule: Some(schedule), ..Condition::default() };
    check(&met, "2026-11-25T07:00Z", (false, &["2026-11-25T08:00Z", "2026-11-26T00:00Z"]));
}

#[test]
fn clocks_that_skip_and_repeat() {
    // In Berlin 02:00 to 03:00 did not exist on 29 March 2026, and came twice on 25 October.
    let sunday = weekly("Europe/Berlin", &[Day::Sun], "02:30", "04:00");
    check(&sunday, "2026-03-28T12:00Z", (false, &["2026-03-29T01:30Z", "2026-03-29T02:00Z"]));
    check(&sunday, "2026-10-24T12:00Z", (false, &["2026-10-25T00:30Z", "2026-10-25T03:00Z"]));
}

#[test]
fn a_schedule_within_a_stay() {
    let hours = weekly("UTC", &[Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri], "09:00", "17:00");
    let stay = Condition { from: Some(at("2026-11-25T12:00Z")), until: Some(at("2026-11-26T10:00Z")), ..hours };
    let expected = ["2026-11-25T12:00Z", "2026-11-25T17:00Z", "2026-11-26T09:00Z", "2026-11-26T10:00Z"];
    check(&stay, "2026-11-20T12:00Z", (false, &expected));
    assert_eq!(stay.changes_after(at("2026-11-26T10:00Z")), None);
}

#[test]
fn a_stay_that_begins_outside_its_hours() {
    let hours = weekly("UTC", &[Day::Wed, Day::Thu], "09:00", "17:00");
    let stay = Condition { from: Some(at("2026-11-25T18:00Z")), until: Some(at("2026-11-26T20:00Z")), ..hours };
    check(&stay, "2026-11-20T12:00Z", (false, &["2026-11-26T09:00Z", "2026-11-26T17:00Z"]));
    assert_eq!(stay.changes_after(at("2026-11-26T17:00Z")), None, "over before it could begin again");
}

#[test]
fn the_end_of_what_never_holds_is_no_change() {
    let now = at("2026-11-25T00:00Z");
    let never = Condition { schedule: Some(Schedule::new("UTC", Vec::new()).unwrap()), ..Condition::default() };
    let ends = Condition { until: Some(now.plus_secs(FORTNIGHT)), ..never };
    assert_eq!(ends.changes_after(now), None);
}

#[test]
fn windows_that_meet_or_overlap_are_one() {
    let window = |start: &str, end: &str| Window { days: vec![Day::Wed], start: start.into(), end: end.into() };
    let after = |windows: Vec<Window>| Schedule::new("UTC", windows).unwrap().changes_after(at("2026-11-25T08:30Z"));
    for (windows, end) in [
        (vec![window("08:00", "12:00"), window("12:00", "18:00")], "2026-11-25T18:00Z"),
        (vec![window("08:00", "12:00"), window("11:00", "18:00")], "2026-11-25T18:00Z"),
        (vec![window("08:00", "12:00"), window("09:00", "11:00")], "2026-11-25T12:00Z"),
        (vec![window("08:00", "12:00"), window("12:01", "18:00")], "2026-11-25T12:00Z"),
    ] {
        assert_eq!(after(windows), Some(at(end)));
    }
}

#[test]
fn a_schedule_that_never_changes_is_asked_again_in_a_fortnight() {
    let days = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];
    let always = weekly("UTC", &days, "00:00", "24:00");
    let now = at("2026-11-25T00:00Z");
    assert!(always.holds(now));
    let again = always.changes_after(now).unwrap();
    assert!(again > now.plus_secs(FORTNIGHT) && again < now.plus_secs(2 * FORTNIGHT));
    let never = Condition { schedule: Some(Schedule::new("UTC", Vec::new()).unwrap()), ..Condition::default() };
    assert!(!never.holds(now));
    assert_eq!(never.changes_after(now), None);
}

#[test]
fn what_cannot_be_read_is_named() {
    let new = |zone: &str, start: &str, end: &str| {
        let window = Window { days: vec![Day::Mon], start: start.into(), end: end.into() };
        Schedule::new(zone, vec![window]).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(new("Europe/Berlin", "00:00", "24:00"), Ok(()));
    assert_eq!(new("Mars/Base", "08:00", "09:00"), Err("`Mars/Base` is no time zone such as `Europe/Berlin`".into()));
    for (start, end, wrong) in [
        ("8:00", "09:00", "8:00"),
        ("24:00", "09:00", "24:00"),
        ("08:00", "24:01", "24:01"),
        ("08:00", "+1:00", "+1:00"),
        ("08:60", "09:00", "08:60"),
    ] {
        assert_eq!(new("UTC", start, end), Err(InvalidSchedule::Time(wrong.into()).to_string()), "{start} {end}");
    }
    let window = Window { days: vec![Day::Mon], start: "08:00".into(), end: "09:00".into() };
    assert_eq!(Schedule::new("UTC", vec![window; 65]), Err(InvalidSchedule::TooMany));
    let text = r#"{"until":5,"schedule":{"time_zone":"Europe/Berlin","windows":[{"days":["mon"],"start":"08:00","end":"09:00"}]}}"#;
    let read: Condition = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    assert!(serde_json::from_str::<Condition>(r#"{"untill":5}"#).is_err());
}

#[test]
fn a_day_that_a_calendar_skips() {
    // There was no 30 December 2011 in Samoa: what began on the 29th over midnight ended on the 31st.
    let night = weekly("Pacific/Apia", &[Day::Thu], "02:00", "00:45");
    let mut now = at("2011-12-29T14:38:40Z");
    for _ in 0..4 {
        let next = night.changes_after(now).unwrap();
        assert_ne!(night.holds(next), night.holds(now), "{next}");
        for minute in 1..next.secs_since(now) / 60 {
            assert_eq!(night.holds(now.plus_secs(60 * minute)), night.holds(now), "{next}");
        }
        now = next;
    }
}
