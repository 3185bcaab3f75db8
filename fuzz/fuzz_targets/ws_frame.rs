//! Ids of accepted messages increase, and only an accepted message moves the last one. A frame a line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use ws_adapter::frame::{Ids, MAX_MESSAGES, messages};

fuzz_target!(|text: &str| {
    let mut ids = Ids::default();
    let mut last = 0;
    for frame in text.split('\n') {
        let Some(messages) = messages(frame) else { continue };
        assert!(messages.len() <= MAX_MESSAGES);
        for message in messages {
            let is_known = |kind: &str| kind.starts_with('p');
            let id = message.get("id").and_then(Value::as_u64).filter(|id| *id > 0);
            let kind = message.get("type").and_then(Value::as_str).filter(|kind| !kind.is_empty());
            let expected = match (id, kind) {
                (None, _) | (_, None) => Err("invalid_format"),
                (Some(id), _) if id <= last => Err("id_reuse"),
                (_, Some(kind)) if !is_known(kind) => Err("unknown_command"),
                (Some(id), Some(_)) => Ok(id),
            };
            let got = ids.read(message.clone(), is_known);
            assert_eq!(got.as_ref().map(|request| request.id).map_err(|refused| refused.code), expected, "{message}");
            match got {
                Ok(request) => {
                    assert!(request.id > last && is_known(&request.kind));
                    last = request.id;
                    let mut whole = request.data;
                    whole.insert("id".to_owned(), request.id.into());
                    whole.insert("type".to_owned(), request.kind.into());
                    assert_eq!(Value::Object(whole), message, "nothing is lost");
                }
                Err(refused) => {
                    let no_id = if message.is_object() { Value::Null } else { Value::from(0) };
                    assert_eq!(refused.id, message.get("id").cloned().unwrap_or(no_id));
                }
            }
        }
    }
});
