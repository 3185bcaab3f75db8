use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use proptest::prelude::*;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::*;

/// Made by Home Assistant 2026.11.0 for a long-lived token; the key is the one it stored.
const REAL_ID: &str = "60f1fa39abe942b3a0a451671ca84858";
const REAL_KEY: &str = "cc7f6d944ac148fd35e66c0639870269d0f9d6209b53177db45607d4b7ea0560\
                        b1b56afacd74b57c23a4fc35e0166666dbe04c31632df901205aa729e992aff1";
const REAL_TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
    eyJpc3MiOiI2MGYxZmEzOWFiZTk0MmIzYTBhNDUxNjcxY2E4NDg1OCIsImlhdCI6MTc5NTMzMTU5NywiZXhwIjoyMTEwNjkxNTk3fQ.\
    wH8xGlj9Zhj3fAnYAPf1LUbKqdus0OszaqmWxd8Bi08";
const REAL_IAT: i64 = 1_795_331_597;

fn verify_one(token: &str, now: i64, key: &str) -> Result<String, AccessTokenError> {
    let find = |iss: &str| (iss == "known" || iss == REAL_ID).then(|| (iss.to_owned(), key));
    verify(token, Timestamp::from_secs(now), find).map(|(issuer, _)| issuer)
}

#[track_caller]
fn check(claims: Value, now: i64, expected: Result<&str, AccessTokenError>) {
    assert_eq!(verify_one(&jwt::sign(&claims, b"key"), now, "key"), expected.map(str::to_owned));
}

#[test]
fn a_real_token_is_read_and_made_again_byte_for_byte() {
    assert_eq!(verify_one(REAL_TOKEN, REAL_IAT + 1, REAL_KEY), Ok(REAL_ID.to_owned()));
    let wrong = REAL_KEY.replace("cc7f", "cc7e");
    assert_eq!(verify_one(REAL_TOKEN, REAL_IAT + 1, &wrong), Err(AccessTokenError::BadSignature));
    let made = issue(&REAL_ID.into(), REAL_KEY, Timestamp::from_micros(REAL_IAT * 1_000_000 + 999_999), 315_360_000);
    assert_eq!(made.expose_secret(), REAL_TOKEN);
}

#[test]
fn all_claims_are_required_and_timed() {
    let good = json!({"iss": "known", "iat": 1000, "exp": 2800});
    check(good.clone(), 1000, Ok("known"));
    check(good.clone(), 990, Ok("known"));
    check(good.clone(), 989, Err(AccessTokenError::NotYetValid));
    check(good.clone(), 2809, Ok("known"));
    check(good, 2810, Err(AccessTokenError::Expired));
    check(json!({"iss": "other", "iat": 1000, "exp": 2800}), 1000, Err(AccessTokenError::UnknownIssuer));
    check(json!({"iss": "known", "exp": 2800}), 1000, Err(AccessTokenError::Malformed));
    check(json!({"iss": "known", "iat": 1000}), 1000, Err(AccessTokenError::Malformed));
    check(json!({"iat": 1000, "exp": 2800}), 1000, Err(AccessTokenError::Malformed));
    check(json!({"iss": "known", "iat": "1000", "exp": 2800}), 1000, Err(AccessTokenError::Malformed));
    check(json!({"iss": "known", "iat": 1000, "exp": 2800.5}), 1000, Err(AccessTokenError::Malformed));
    check(json!({"iss": "known", "iat": 1000, "exp": 2800, "aud": "x"}), 1000, Err(AccessTokenError::Malformed));
    check(json!({"iss": "known", "iat": 1000, "exp": i64::MAX}), 1000, Ok("known"));
    check(json!({"iss": "known", "iat": i64::MIN, "exp": i64::MIN}), 1000, Err(AccessTokenError::Expired));
}

#[test]
fn a_token_signed_with_the_decoy_key_of_unknown_issuers_is_refused() {
    let forged = jwt::sign(&json!({"iss": "nobody", "iat": 1000, "exp": 2800}), b"");
    assert_eq!(verify_one(&forged, 1000, "key"), Err(AccessTokenError::UnknownIssuer));
    let forged = jwt::sign(&json!({"iss": "known", "iat": 1000, "exp": 2800}), b"");
    assert_eq!(verify_one(&forged, 1000, ""), Err(AccessTokenError::BadSignature));
}

fn oracle_rules() -> Validation {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.required_spec_claims = ["iss", "exp"].map(str::to_owned).into();
    rules.validate_exp = false; // reads the machine's clock
    rules
}

proptest! {
    #[test]
    fn jsonwebtoken_reads_what_we_make(now in 0_i64..4_000_000_000, lifetime in 1_i64..400_000_000, key in "[0-9a-f]{128}") {
        let token = issue(&"known".into(), &key, Timestamp::from_secs(now), lifetime);
        let key = DecodingKey::from_secret(key.as_bytes());
        let read = jsonwebtoken::decode::<Value>(token.expose_secret(), &key, &oracle_rules()).unwrap();
        prop_assert_eq!(read.header.alg, Algorithm::HS256);
        prop_assert_eq!(read.claims, json!({"iss": "known", "iat": now, "exp": now + lifetime}));
    }

    #[test]
    fn we_read_what_jsonwebtoken_makes(now in 0_i64..4_000_000_000, lifetime in 1_i64..400_000_000, key in "[0-9a-f]{128}") {
        let claims = json!({"exp": now + lifetime, "iat": now, "iss": "known"});
        let encoding = EncodingKey::from_secret(key.as_bytes());
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &encoding).unwrap();
        prop_assert_eq!(verify_one(&token, now, &key), Ok("known".to_owned()));
        prop_assert_eq!(verify_one(&token, now, "other"), Err(AccessTokenError::BadSignature));
        prop_assert_eq!(verify_one(&token, now + lifetime + 10, &key), Err(AccessTokenError::Expired));
    }

    #[test]
    fn any_changed_byte_of_a_real_token_is_refused(at: prop::sample::Index, byte in 0x20_u8..0x7f) {
        let mut changed = REAL_TOKEN.as_bytes().to_vec();
        let at = at.index(changed.len());
        prop_assume!(changed[at] != byte);
        changed[at] = byte;
        let changed = String::from_utf8(changed).unwrap();
        prop_assert!(verify_one(&changed, REAL_IAT + 1, REAL_KEY).is_err());
    }
}
