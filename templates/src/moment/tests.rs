use super::{Moment, parse_datetime, parse_time};
use crate::duration::Duration;

#[track_caller]
fn check(text: &str, expected: Option<&str>) {
    assert_eq!(parse_datetime(text).map(|moment| moment.isoformat()).as_deref(), expected, "{text:?}");
}

#[test]
fn dates_are_read() {
    check("2026-11-22T07:09:27.842285+00:00", Some("2026-11-22T07:09:27.842285+00:00"));
    check("2026-11-22 07:09", Some("2026-11-22T07:09:00"));
    check("2026-11-22 07:09:10Z", Some("2026-11-22T07:09:10+00:00"));
    check("2026-11-22 07:09:10 -0530", Some("2026-11-22T07:09:10-05:30"));
    check("2026-11-22 07:09:10+02", Some("2026-11-22T07:09:10+02:00"));
}

#[test]
fn what_is_no_date_is_refused() {
    for text in ["", "on", "2026-11-22", "2026-13-01 00:00", "2026-11-22 25:00", "12:30", "2026-11-22 07:09+99:99:99"] {
        check(text, None);
    }
    assert!(parse_time("1:2:3:4").is_none());
    assert!(parse_time("-1:00").is_none());
}

#[test]
fn a_moment_cannot_leave_the_calendar() {
    let moment = Moment::utc(0);
    assert!(moment.plus(i64::MAX).is_err());
    assert!(moment.plus(i64::MIN).is_err());
    assert!(Duration::from_micros(f64::NAN).is_err());
    assert!(Duration::from_micros(1e300).is_err());
}
