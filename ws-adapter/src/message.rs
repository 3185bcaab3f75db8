//! Messages to a client, as text.

use serde_json::{Value, json};

use crate::CommandError;

pub(crate) fn result(id: u64, result: &Value) -> String {
    format!(r#"{{"id":{id},"type":"result","success":true,"result":{result}}}"#)
}

pub(crate) fn result_text(id: u64, result: &str) -> String {
    format!(r#"{{"id":{id},"type":"result","success":true,"result":{result}}}"#)
}

pub(crate) fn error(id: &Value, error: &CommandError) -> String {
    json!({"id": id, "type": "result", "success": false, "error": error.to_value()}).to_string()
}

pub(crate) fn event(id: u64, event: &str) -> String {
    format!(r#"{{"id":{id},"type":"event","event":{event}}}"#)
}

pub(crate) fn pong(id: u64) -> String {
    format!(r#"{{"id":{id},"type":"pong"}}"#)
}

/// Joins several messages into one frame.
pub(crate) fn join(messages: &[String]) -> String {
    format!("[{}]", messages.join(","))
}
