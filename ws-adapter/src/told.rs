//! Subscriptions to what the home tells of one kind of thing: entries, flows, notifications, what frontends keep.

use config_entries::EntryFilter;
use home::{Home, notification_change};
use serde_json::{Map, Value, json};
use service_bus::{Event, Viewer};

/// What a subscription is told of. Who hears of what is decided by the viewer, event by event.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    /// Config entries.
    Entries(EntryFilter),
    /// Flows that nobody has open.
    Flows,
    /// Audit records as they are written.
    Audit,
    /// What a frontend keeps for this user, under one key or all.
    UserData(Option<String>),
    /// What a frontend keeps for everybody, under one key; and what was said of it last.
    SystemData(String, Value),
    /// Persistent notifications.
    Notifications,
}

impl Told {
    /// Returns the event that tells of it.
    pub(crate) const fn event_type(&self) -> &'static str {
        match self {
            Self::Entries(_) => Home::ENTRY_EVENT,
            Self::Flows => Home::FLOW_EVENT,
            Self::Audit => Home::AUDIT_EVENT,
            Self::UserData(_) => Event::USER_DATA,
            Self::SystemData(..) => Event::SYSTEM_DATA,
            Self::Notifications => Event::NOTIFICATION,
        }
    }

    /// Returns what is sent for an event that this viewer hears of, if anything.
    pub(crate) fn show(&mut self, home: &Home, viewer: &Viewer<'_>, data: &Map<String, Value>) -> Option<String> {
        let member = |name: &str| data.get(name).cloned().unwrap_or(Value::Null);
        let text = |name: &str| data.get(name).and_then(Value::as_str);
        let shown = match self {
            Self::Entries(filter) => {
                let entry = data.get("entry").unwrap_or(&Value::Null);
                let domain = entry.get("domain").and_then(Value::as_str).unwrap_or_default();
                if !filter.wants(entry, home.manager().kind_of(domain)) {
                    return None;
                }
                json!([data])
            }
            Self::Flows => json!([data]),
            Self::Audit => json!(data),
            Self::UserData(Some(key)) if text("key") != Some(key) => return None,
            Self::UserData(Some(_)) => json!({"value": member("value")}),
            Self::UserData(None) => json!({"value": {text("key")?: member("value")}}),
            Self::SystemData(key, _) if text("key") != Some(key) => return None,
            Self::SystemData(key, last) => {
                let value = home.system_data(viewer, key);
                // That what they may not see has changed is not theirs to know either.
                if !viewer.reads_everything() && value == *last {
                    return None;
                }
                *last = value.clone();
                json!({"value": value})
            }
            Self::Notifications => notification_change(viewer, data),
        };
        Some(shown.to_string())
    }
}
