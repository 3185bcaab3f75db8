//! Only `{"type":"auth","access_token":…}` and nothing else in it gives a token to check.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde_json::json;
use service_bus::parse_json;
use ws_adapter::greeting::{FirstMessage, MAX_LEN, read};

fuzz_target!(|text: &str| {
    let first = read(text);
    if text.len() > MAX_LEN {
        assert_eq!(first, FirstMessage::Hopeless);
        return;
    }
    // Read without `Value`, which has its own idea of some objects.
    let names = serde_json::from_str::<BTreeMap<String, IgnoredAny>>(text).map(|members| members.into_keys());
    match first {
        FirstMessage::Token(token) => {
            let names: Vec<_> = names.expect("an object").collect();
            assert_eq!(names, ["access_token", "type"]);
            let message = json!({"type": "auth", "access_token": token});
            assert_eq!(parse_json(text.as_bytes()).ok().as_ref(), Some(&message));
            assert_eq!(read(&message.to_string()), FirstMessage::Token(token));
        }
        FirstMessage::Malformed(reason) => {
            assert!(parse_json(text.as_bytes()).is_ok(), "malformed, yet no JSON");
            assert!(reason.len() <= text.len() + 128, "{reason}");
        }
        FirstMessage::Hopeless => assert!(parse_json(text.as_bytes()).is_err(), "hopeless, yet JSON"),
    }
});
