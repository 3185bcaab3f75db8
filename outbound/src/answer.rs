//! What came back.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

/// An answer, whatever its status. `Debug` shows no body.
#[derive(Clone)]
pub struct Answer {
    /// The HTTP status; a redirect is one like others, and is not followed.
    pub status: u16,
    /// What the body is said to be, with parameters; empty if nothing is said.
    pub content_type: String,
    /// How long the other side wants to be left alone.
    pub retry_after: Option<Duration>,
    /// The body, complete.
    pub body: Bytes,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({}, {} bytes of {})", self.status, self.body.len(), self.content_type)
    }
}

/// Reads a `Retry-After` header (RFC 9110, section 10.2.3): seconds, or a date, which is compared with `now`. A date
/// that has passed is no wait.
pub fn parse_retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has still mean: very long.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let at = SystemTime::from(jiff::fmt::rfc2822::parse(text).ok()?.timestamp());
    Some(at.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<u64>) {
        // 1994-11-06 08:49:37 UTC
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(parse_retry_after(text, now).map(|wait| wait.as_secs()), expected, "{text}");
    }

    #[test]
    fn seconds_and_dates_are_read() {
        check("120", Some(120));
        check(" 0 ", Some(0));
        check("99999999999999999999999", Some(u64::from(u32::MAX)));
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some(0));
        check("Sun, 06 Nov 1994 08:50:37 GMT", Some(60));
        check("Sun, 06 Nov 1994 08:00:00 GMT", Some(0));
        for text in ["", "-1", "1.5", "soon", "Sun, 06 Nov", "1994-11-06T08:49:37Z"] {
            check(text, None);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".*", seconds: u32) {
            let _ = parse_retry_after(&text, SystemTime::UNIX_EPOCH);
            prop_assert_eq!(parse_retry_after(&seconds.to_string(), SystemTime::UNIX_EPOCH), Some(Duration::from_secs(seconds.into())));
        }
    }
}
