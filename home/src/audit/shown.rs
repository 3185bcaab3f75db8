//! Audit records as people and programs see them.

use auth_core::Timestamp;
use serde_json::{Map, Value, json};
use store::AuditLine;

use crate::Home;

impl Home {
    /// Returns a line as it is shown: the record's members, its place, and names beside ids where the home knows them now.
    pub(crate) fn line_value(&self, AuditLine { id, line }: &AuditLine) -> Value {
        let mut shown = Map::new();
        shown.insert("id".to_owned(), json!(id));
        shown.insert("place".to_owned(), json!(line.head().to_string()));
        match serde_json::from_str::<Map<String, Value>>(&line.body) {
            Ok(record) => shown.extend(record),
            // Somebody has been at the file: shown as it is, for people to see.
            Err(error) => _ = shown.insert("unreadable".to_owned(), json!(error.to_string())),
        }
        for name in ["at", "last_at"] {
            if let Some(micros) = shown.get(name).and_then(Value::as_i64) {
                shown.insert(name.to_owned(), json!(Timestamp::from_micros(micros).to_string()));
            }
        }
        let world = self.inner.bus.world();
        let name_of = |id: &Value| {
            let user = world.auth.user(id.as_str()?)?;
            user.name.clone()
        };
        let mut names = Map::new();
        let actor = shown.get("by").and_then(|by| by.get("user")?.get("id"));
        for id in [actor, shown.get("asked_by"), shown.get("on")].into_iter().flatten() {
            if let (Some(text), Some(name)) = (id.as_str(), name_of(id)) {
                names.insert(text.to_owned(), json!(name));
            }
        }
        if !names.is_empty() {
            shown.insert("names".to_owned(), Value::Object(names));
        }
        Value::Object(shown)
    }
}
