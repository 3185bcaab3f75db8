use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_000_000;

fn now() -> Timestamp {
    Timestamp::from_secs(NOW)
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(object) = value { object } else { panic!("an object") }
}

#[track_caller]
fn check(answer: Value, expected: Result<Value, UnusableToken>) {
    assert_eq!(Token::from_answer(&object(answer), now()).map(|token| token.to_data()), expected);
}

#[track_caller]
fn check_merge(answer: Value, expected: Result<Value, UnusableToken>) {
    let old = json!({"access_token": "a1", "refresh_token": "r1", "expires_in": 60, "expires_at": 5.0, "scope": "x"});
    let old = Token::from_data(&old).unwrap();
    assert_eq!(old.merge(&object(answer), now()).map(|token| token.to_data()), expected);
}

#[test]
fn a_first_answer_needs_a_token_and_a_lifetime() {
    let full = json!({"access_token": "a", "refresh_token": "r", "expires_in": 3600, "token_type": "Bearer", "x": [1]});
    let mut kept = full.clone();
    kept["expires_at"] = json!(1_003_600.0);
    check(full, Ok(kept));
    check(
        json!({"access_token": "a", "expires_in": "60"}),
        Ok(json!({"access_token": "a", "expires_in": 60, "expires_at": 1_000_060.0})),
    );
    for missing in [json!({"expires_in": 1}), json!({"access_token": "", "expires_in": 1}), json!({"access_token": 5})]
    {
        check(missing, Err(UnusableToken::NoAccessToken));
    }
}

#[test]
fn a_lifetime_is_seconds_above_zero() {
    for (sent, expected) in [
        (json!(3600), Some(3600)),
        (json!(3599.9), Some(3599)),
        (json!("3600"), Some(3600)),
        (json!(" 3600 "), Some(3600)),
        (json!(99_999_999_999_u64), Some(u32::MAX)),
        (json!(0), None),
        (json!(-5), None),
        (json!(0.5), None),
        (json!("soon"), None),
        (json!(""), None),
        (json!(null), None),
        (json!(true), None),
        (json!(1e300), None),
    ] {
        let answer = object(json!({"access_token": "a", "expires_in": sent}));
        let got = Token::from_answer(&answer, now()).map(|token| token.expires_in);
        assert_eq!(got, expected.map(Some).ok_or(UnusableToken::NoExpiry), "{sent}");
    }
    check(json!({"access_token": "a"}), Err(UnusableToken::NoExpiry));
}

#[test]
fn what_a_refresh_does_not_send_again_stays() {
    check_merge(
        json!({"access_token": "a2"}),
        Ok(
            json!({"scope": "x", "access_token": "a2", "refresh_token": "r1", "expires_in": 60, "expires_at": 1_000_060.0}),
        ),
    );
    check_merge(
        json!({"access_token": "a2", "refresh_token": "r2", "expires_in": 30, "scope": "y", "n": 1}),
        Ok(json!({"scope": "y", "n": 1, "access_token": "a2", "refresh_token": "r2", "expires_in": 30,
            "expires_at": 1_000_030.0})),
    );
    check_merge(
        json!({"access_token": "a2", "refresh_token": "", "expires_in": null}),
        Ok(
            json!({"scope": "x", "access_token": "a2", "refresh_token": "r1", "expires_in": 60, "expires_at": 1_000_060.0}),
        ),
    );
    check_merge(json!({"access_token": "a2", "expires_in": "never"}), Err(UnusableToken::NoExpiry));
    check_merge(json!({"expires_in": 30}), Err(UnusableToken::NoAccessToken));
}

#[test]
fn a_token_is_valid_until_twenty_seconds_before_its_end() {
    let until = |expires_at: f64| Token::from_data(&json!({"access_token": "a", "expires_at": expires_at})).unwrap();
    assert!(!until(1_000_020.0).is_valid(now()));
    assert!(until(1_000_020.1).is_valid(now()));
    assert!(!Token::from_data(&json!({"access_token": "a"})).unwrap().is_valid(now()));
    assert!(Token::from_data(&json!({"refresh_token": "r"})).is_none());
    assert!(Token::from_data(&json!("a")).is_none());
}

#[test]
fn debug_shows_no_secret() {
    let token = json!({"access_token": "hush1", "refresh_token": "hush2", "id_token": "hush3", "expires_at": 7.0});
    assert_eq!(format!("{:?}", Token::from_data(&token).unwrap()), "Token(until 7)");
}

proptest! {
    #[test]
    fn data_is_read_back_as_it_was_written(access in ".+", refresh in prop::option::of(".+"), secs in 1_u32.., at: u32) {
        let mut answer = object(json!({"access_token": access, "expires_in": secs, "scope": "s"}));
        answer.extend(refresh.map(|refresh| ("refresh_token".to_owned(), json!(refresh))));
        let token = Token::from_answer(&answer, Timestamp::from_secs(at.into())).unwrap();
        let data = token.to_data();
        prop_assert_eq!(Token::from_data(&data).unwrap().to_data(), data);
        prop_assert_eq!(token.is_valid(Timestamp::from_secs(at.into())), secs > 20);
    }

    #[test]
    fn a_merge_never_loses_the_refresh_token(answer_has: bool, access in ".+", lifetime in prop::option::of(1_u32..)) {
        let old = json!({"access_token": "a", "refresh_token": "r", "expires_in": 60});
        let mut answer = object(json!({"access_token": access}));
        answer.extend(answer_has.then(|| ("refresh_token".to_owned(), json!("r2"))));
        answer.extend(lifetime.map(|lifetime| ("expires_in".to_owned(), json!(lifetime))));
        let merged = Token::from_data(&old).unwrap().merge(&answer, now()).unwrap();
        prop_assert_eq!(merged.refresh_token().unwrap().expose_secret(), if answer_has { "r2" } else { "r" });
        prop_assert_eq!(merged.expires_in, Some(lifetime.unwrap_or(60)));
    }
}
