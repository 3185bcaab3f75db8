use std::cell::Cell;

use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_secs(1_000_000);

fn issue(states: &States, seed: &Cell<u128>, flow_id: &str) -> String {
    let random = || {
        seed.set(seed.get().wrapping_mul(0x2545_F491_4F6C_DD1D).wrapping_add(7));
        seed.get()
    };
    states.issue(NOW, random, flow_id, "http://hub/auth/external/callback")
}

/// Reads and uses a state, as a callback does.
fn take(states: &States, now: Timestamp, state: &str) -> Option<String> {
    let claims = states.read(now, state).ok()?;
    states.consume(now, &claims).ok()?;
    Some(claims.flow_id)
}

#[test]
fn a_state_is_good_once() {
    let (states, seed) = (States::default(), Cell::new(1));
    let state = issue(&states, &seed, "f1");
    assert_eq!(states.read(NOW, &state).unwrap().redirect_uri, "http://hub/auth/external/callback");
    assert_eq!(take(&states, NOW, &state).as_deref(), Some("f1"));
    assert_eq!(take(&states, NOW, &state), None);
}

#[test]
fn a_state_is_good_for_its_flow_and_its_time() {
    let (states, seed) = (States::default(), Cell::new(1));
    assert_eq!(take(&states, NOW, ""), None);
    let (first, other) = (issue(&states, &seed, "f1"), issue(&states, &seed, "f2"));
    let second = issue(&states, &seed, "f1");
    assert_eq!(take(&states, NOW, &first), None, "replaced");
    assert_eq!(take(&states, NOW.plus_secs(-1), &second), None, "from the future");
    assert_eq!(take(&states, NOW.plus_secs(600), &second), None, "too old");
    assert_eq!(take(&states, NOW.plus_secs(599), &second).as_deref(), Some("f1"));
    assert_eq!(take(&states, NOW, &other).as_deref(), Some("f2"));
    // Another process has another key.
    let (restarted, seed) = (States::default(), Cell::new(2));
    _ = issue(&restarted, &seed, "f1");
    assert_eq!(take(&restarted, NOW, &issue(&states, &Cell::new(3), "f1")), None);
}

#[test]
fn only_our_header_and_claims_are_read() {
    let key = [7; 32];
    let token = |header: &str, claims: &str| {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
    };
    let claims = r#"{"flow_id":"f","redirect_uri":"r","nonce":"n","iat":1}"#;
    assert!(verify(&token(HEADER, claims), &key).is_some());
    assert!(verify(&token(HEADER, claims), &[8; 32]).is_none());
    for header in [r#"{"alg":"none","typ":"JWT"}"#, r#"{"alg":"HS512","typ":"JWT"}"#, r#"{"alg":"HS256"}"#, "{}", ""] {
        assert!(verify(&token(header, claims), &key).is_none(), "{header}");
    }
    for claims in ["{}", r#"{"flow_id":"f","redirect_uri":"r"}"#, &claims.replace("iat", "exp"), "[]", ""] {
        assert!(verify(&token(HEADER, claims), &key).is_none(), "{claims}");
    }
    let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode(claims));
    assert!(verify(&unsigned, &key).is_none());
    assert!(verify(&"a".repeat(MAX_LEN + 1), &key).is_none());
}

proptest! {
    #[test]
    fn any_changed_byte_is_refused(at: prop::sample::Index, byte in 0x20_u8..0x7f) {
        let (states, seed) = (States::default(), Cell::new(1));
        let state = issue(&states, &seed, "f1");
        let mut changed = state.clone().into_bytes();
        let at = at.index(changed.len());
        prop_assume!(changed[at] != byte);
        changed[at] = byte;
        prop_assert_eq!(take(&states, NOW, &String::from_utf8(changed).unwrap()), None);
        prop_assert_eq!(take(&states, NOW, &state), Some("f1".to_owned()));
    }

    #[test]
    fn any_text_is_read_without_panic(text in ".*", parts in prop::collection::vec("[A-Za-z0-9_=-]{0,20}", 0..5)) {
        let (states, seed) = (States::default(), Cell::new(1));
        _ = issue(&states, &seed, "f1");
        prop_assert_eq!(take(&states, NOW, &text), None);
        prop_assert_eq!(take(&states, NOW, &parts.join(".")), None);
    }
}
