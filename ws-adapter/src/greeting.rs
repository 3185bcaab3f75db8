//! The authentication phase: one message, or the connection ends.

use serde_json::Value;
use service_bus::parse_json;

/// The longest message before authentication, in bytes.
pub const MAX_LEN: usize = 64 << 10;

/// What the first message of a client is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstMessage {
    /// An access token to check; empty if there is none.
    Token(String),
    /// Not the message that is expected: say so, then close.
    Malformed(String),
    /// Nothing to be answered: close without a word.
    Hopeless,
}

/// Reads the first message of a client.
pub fn read(text: &str) -> FirstMessage {
    if text.len() > MAX_LEN {
        return FirstMessage::Hopeless;
    }
    let malformed = |reason: &str| FirstMessage::Malformed(format!("Auth message incorrectly formatted: {reason}"));
    let mut message = match parse_json(text.as_bytes()) {
        Ok(Value::Object(message)) => message,
        Ok(_) => return malformed("expected a dictionary"),
        Err(_) => return FirstMessage::Hopeless,
    };
    if message.remove("type") != Some(Value::String("auth".to_owned())) {
        return malformed("not a valid value for dictionary value @ data['type']");
    }
    // Home Assistant knows a password still, and lets nobody in with it: no token and a wrong one are the same.
    let token = match (message.remove("access_token"), message.remove("api_password")) {
        (Some(Value::String(token)), None) => token,
        (None, None | Some(Value::String(_))) => String::new(),
        (Some(_), Some(_)) => return malformed("two or more values in the same group of exclusion 'auth'"),
        (Some(_), None) => return malformed("expected str for dictionary value @ data['access_token']"),
        (None, Some(_)) => return malformed("expected str for dictionary value @ data['api_password']"),
    };
    match message.keys().next() {
        Some(key) => malformed(&format!("extra keys not allowed @ data['{key}']")),
        None => FirstMessage::Token(token),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = match read(text) {
            FirstMessage::Token(_) => "token",
            FirstMessage::Malformed(_) => "malformed",
            FirstMessage::Hopeless => "hopeless",
        };
        assert_eq!(got, expected, "{text:.80}");
    }

    #[test]
    fn only_the_one_message_is_taken() {
        check(r#"{"type":"auth","access_token":"x"}"#, "token");
        check(r#"{"type":"auth","access_token":""}"#, "token");
        check(r#"{"type":"auth"}"#, "token");
        check(r#"{"type":"auth","api_password":"x"}"#, "token");
        for text in [
            "[]",
            "1",
            "{}",
            r#"{"type":"auth","access_token":5}"#,
            r#"{"type":"auth","access_token":"x","id":1}"#,
            r#"{"type":"ping","access_token":"x"}"#,
            r#"{"type":"auth","access_token":"x","api_password":"x"}"#,
            r#"{"type":"auth","api_password":5}"#,
            r#"{"$serde_json::private::RawValue":"{\"type\":\"auth\",\"access_token\":\"x\"}"}"#,
        ] {
            check(text, "malformed");
        }
        check("", "hopeless");
        check("{", "hopeless");
        check(&format!("\"{}\"", "x".repeat(MAX_LEN)), "hopeless");
    }
}
