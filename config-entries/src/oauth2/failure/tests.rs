use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::oauth2::Token;

/// What a refresh comes to in the end, in short: what happens to the entry, the key of the reason, the wait in seconds.
type Outcome = (&'static str, &'static str, u64);

fn outcome(answer: Result<HttpAnswer, TransportError>) -> Outcome {
    let now = auth_core::Timestamp::from_secs(0);
    let old = Token::from_data(&json!({"access_token": "a", "refresh_token": "r"})).unwrap();
    let read = read_refresh(answer).and_then(|answer| Ok(old.merge(&answer, now)?));
    let Err(failure) = read else { return ("token", "", 0) };
    let key = |reason: &Reason| match reason.translation.as_ref().map(|t| (t.domain.as_str(), t.key.as_str())) {
        Some(("homeassistant", "oauth2_helper_reauth_required")) => "reauth_required",
        Some(("homeassistant", "oauth2_helper_refresh_transient")) => "refresh_transient",
        Some(("homeassistant", "oauth2_helper_refresh_failed")) => "refresh_failed",
        other => panic!("{other:?}"),
    };
    let reason = failure.reason();
    match SetupError::from(failure) {
        SetupError::AuthFailed(_) => ("reauth", key(&reason), 0),
        SetupError::NotReady { reason, retry_after } => {
            ("retry", key(&reason), retry_after.map_or(0, |wait| wait.as_secs()))
        }
        SetupError::Fatal(reason) => ("fatal", key(&reason), 0),
    }
}

#[track_caller]
fn check(status: u16, content_type: &str, retry_after: Option<u64>, body: &str, expected: Outcome) {
    let answer = HttpAnswer {
        status,
        content_type: content_type.to_owned(),
        retry_after: retry_after.map(Duration::from_secs),
        body: body.as_bytes().to_vec().into(),
    };
    assert_eq!(outcome(Ok(answer)), expected, "{status} {content_type} {body}");
}

#[test]
fn every_outcome_of_a_refresh_is_sorted() {
    const JSON: &str = "application/json";
    const GOOD: &str = r#"{"access_token": "b", "expires_in": 60}"#;
    let token = ("token", "", 0);
    for status in [200, 201, 299] {
        check(status, JSON, None, GOOD, token);
    }
    check(200, "application/json; charset=utf-8", None, GOOD, token);
    check(200, "Application/Vnd.X+JSON", None, GOOD, token);

    let reauth = ("reauth", "reauth_required", 0);
    for status in [400, 401, 402, 403, 404, 405, 407, 409, 410, 418, 422, 428, 430, 431, 451, 499] {
        check(status, JSON, Some(9), r#"{"error":"invalid_grant"}"#, reauth);
    }

    for status in [408, 429, 500, 501, 502, 503, 504, 599] {
        check(status, JSON, None, "", ("retry", "refresh_transient", 0));
        check(status, "text/html", Some(120), "busy", ("retry", "refresh_transient", 120));
    }
    for error in [TransportError::Timeout, TransportError::Failed("could not connect".to_owned())] {
        assert_eq!(outcome(Err(error)), ("retry", "refresh_transient", 0));
    }
    check(200, JSON, None, r#"{"expires_in": 60}"#, ("retry", "refresh_transient", 0));
    check(200, JSON, None, r#"{"access_token": "", "expires_in": 60}"#, ("retry", "refresh_transient", 0));

    let failed = ("retry", "refresh_failed", 0);
    for status in [100, 199, 300, 301, 302, 303, 304, 307, 308, 399, 600, 999] {
        check(status, JSON, None, GOOD, failed);
    }
    check(302, JSON, Some(30), "", ("retry", "refresh_failed", 30));
    check(200, "text/html", None, GOOD, failed);
    check(200, "", None, GOOD, failed);
    check(200, JSON, None, "{", failed);
    check(200, JSON, None, "", failed);
    check(200, JSON, None, "[]", failed);
    check(204, "", None, "", failed);

    let fatal = ("fatal", "refresh_failed", 0);
    check(200, JSON, None, r#"{"access_token": "b"}"#, fatal);
    check(200, JSON, None, r#"{"access_token": "b", "expires_in": 0}"#, fatal);
    check(200, JSON, None, r#"{"access_token": "b", "expires_in": "x"}"#, fatal);
}

#[test]
fn what_went_wrong_here_is_sorted_too() {
    assert!(TokenFailure::UnknownCredential.needs_sign_in());
    assert!(matches!(SetupError::from(TokenFailure::UnknownCredential), SetupError::AuthFailed(_)));
    assert!(matches!(SetupError::from(TokenFailure::NotKept), SetupError::NotReady { retry_after: None, .. }));
}

proptest! {
    #[test]
    fn any_answer_is_sorted(status: u16, content_type in ".{0,30}", body in prop::collection::vec(any::<u8>(), 0..64)) {
        let answer = HttpAnswer { status, content_type, retry_after: None, body: body.into() };
        let (what, ..) = outcome(Ok(answer));
        let refused = (400..500).contains(&status) && status != 408 && status != 429;
        prop_assert_eq!(what == "reauth", refused);
    }
}
