//! The command phase: which messages a frame holds, and the rule of ids.

use serde_json::{Map, Value};
use service_bus::parse_json;

/// A message that is to be handled.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Its id.
    pub id: u64,
    /// Its type.
    pub kind: String,
    /// Everything else.
    pub data: Map<String, Value>,
}

/// A message that cannot be handled.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// Its id as it came; `null` if there was none, 0 if it was no object.
    pub id: Value,
    /// The error's code.
    pub code: &'static str,
    /// The error's text.
    pub text: &'static str,
}

/// The most messages in one frame.
pub const MAX_MESSAGES: usize = 4096;

/// Keeps the rule that ids increase.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ids {
    last: u64,
}

/// Splits a frame into its messages: one, or those of an array. `None` if it is no JSON, or too many.
pub fn messages(text: &str) -> Option<Vec<Value>> {
    match parse_json(text.as_bytes()).ok()? {
        Value::Array(messages) if messages.len() <= MAX_MESSAGES => Some(messages),
        Value::Array(_) => None,
        message => Some(vec![message]),
    }
}

impl Ids {
    /// Reads a message. `is_known` tells whether there is a command of a type.
    ///
    /// The last id moves only for a known command, as in Home Assistant: after anything refused here it stays.
    ///
    /// # Errors
    /// [`Refused`], to be sent.
    pub fn read(&mut self, message: Value, is_known: impl FnOnce(&str) -> bool) -> Result<Request, Refused> {
        let refuse = |id, code, text| Err(Refused { id, code, text });
        let malformed = "Message incorrectly formatted.";
        let Value::Object(mut data) = message else {
            return refuse(Value::from(0), "invalid_format", malformed);
        };
        let given = data.remove("id").unwrap_or(Value::Null);
        let kind = data.remove("type");
        let id = given.as_u64().filter(|id| *id > 0);
        let (Some(id), Some(Value::String(kind))) = (id, kind) else {
            return refuse(given, "invalid_format", malformed);
        };
        if kind.is_empty() {
            return refuse(given, "invalid_format", malformed);
        }
        if id <= self.last {
            return refuse(given, "id_reuse", "Identifier values have to increase.");
        }
        if !is_known(&kind) {
            return refuse(given, "unknown_command", "Unknown command.");
        }
        self.last = id;
        Ok(Request { id, kind, data })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_increase_and_only_known_commands_move_them() {
        let mut ids = Ids::default();
        let mut check = |message: Value, expected: Result<u64, &str>| {
            let got = ids.read(message.clone(), |kind| kind == "ping");
            assert_eq!(got.map(|r| r.id).map_err(|r| r.code), expected, "{message}");
        };
        check(json!({"id": 5, "type": "ping"}), Ok(5));
        check(json!({"id": 5, "type": "ping"}), Err("id_reuse"));
        check(json!({"id": 3, "type": "ping"}), Err("id_reuse"));
        check(json!({"id": 9, "type": "nope"}), Err("unknown_command"));
        check(json!({"id": 6, "type": "ping"}), Ok(6));
        for bad in [
            json!({"type": "ping"}),
            json!({"id": "7", "type": "ping"}),
            json!({"id": 7.0, "type": "ping"}),
            json!({"id": 0, "type": "ping"}),
            json!({"id": -1, "type": "ping"}),
            json!({"id": 8}),
            json!({"id": 8, "type": ""}),
            json!({"id": 8, "type": 4}),
            json!([]),
            json!("x"),
        ] {
            check(bad, Err("invalid_format"));
        }
        check(json!({"id": 7, "type": "ping"}), Ok(7));
    }

    #[test]
    fn frames_hold_one_or_many() {
        assert_eq!(messages("{").map(|m| m.len()), None);
        assert_eq!(messages("{}").map(|m| m.len()), Some(1));
        assert_eq!(messages("[{},{}]").map(|m| m.len()), Some(2));
        assert_eq!(messages(&format!("[{}1]", "1,".repeat(MAX_MESSAGES))), None);
        assert_eq!(messages(&"[".repeat(200)), None);
    }
}
