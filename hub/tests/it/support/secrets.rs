//! Every secret that goes to a hub or comes from one in any test, so that none is in a log.

use std::{
    collections::BTreeSet,
    sync::{LazyLock, Mutex},
};

use serde_json::Value;

static SEEN: LazyLock<Mutex<BTreeSet<String>>> = LazyLock::new(Mutex::default);

/// Members that hold a secret, wherever they stand.
const NAMES: &[&str] = &[
    "access_token",
    "client_secret",
    "code_verifier",
    "current_password",
    "new_password",
    "password",
    "recovery_codes",
    "refresh_token",
    "token",
];

/// Shorter ones are words that may stand anywhere.
const MIN_LEN: usize = 8;

/// Notes a secret.
pub(crate) fn note(secret: &str) {
    if secret.len() >= MIN_LEN {
        SEEN.lock().unwrap().insert(secret.to_owned());
    }
}

/// Notes the secrets in a message.
pub(crate) fn note_in(message: &Value) {
    match message {
        Value::Object(members) => members.iter().for_each(|(name, value)| match value {
            Value::String(secret) if NAMES.contains(&name.as_str()) => note(secret),
            Value::Array(secrets) if NAMES.contains(&name.as_str()) => {
                secrets.iter().filter_map(Value::as_str).for_each(note);
            }
            value => note_in(value),
        }),
        Value::Array(items) => items.iter().for_each(note_in),
        _ => {}
    }
}

/// Notes the secrets in a form; none of ours has anything to decode.
pub(crate) fn note_in_form(form: &str) {
    let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, _)| NAMES.contains(name)).for_each(|(_, secret)| note(secret));
}

/// Returns the secrets that are in a text.
pub(crate) fn found_in(text: &str) -> Vec<String> {
    SEEN.lock().unwrap().iter().filter(|secret| text.contains(secret.as_str())).cloned().collect()
}

#[test]
fn what_was_sent_or_received_is_known_wherever_it_stood() {
    note_in(&serde_json::json!([{"a": {"password": "hunter two", "token": ["token-1234"]}, "password": "short"}]));
    note_in_form("grant_type=x&refresh_token=token-5678&code=12345678");
    let log = "hunter two token-1234 short token-5678 12345678";
    assert_eq!(found_in(log), ["hunter two", "token-1234", "token-5678"]);
}
