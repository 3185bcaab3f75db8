//! Persistent notifications: short texts for people, kept in memory until somebody dismisses them.
//!
//! In Home Assistant everybody sees everybody's and may dismiss them. Here a notification is seen and dismissed by whoever it
//! came from, and by administrators.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError, Weak},
};

use async_trait::async_trait;
use auth_core::{Context, Timestamp, UserId};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use service_bus::{
    Event, Field, Handler, HandlerError, Kind, Manages, PlainService, RegisterError, ResponseMode, Schema,
    ServiceAccess, ServiceCall, ServiceSpec, Viewer, new_context_id, now,
};

use crate::{Home, home::Inner};

/// The most that are kept; the oldest goes first.
pub const MAX_NOTIFICATIONS: usize = 256;

/// The longest message, title and id, in bytes. Longer ones are refused.
const MAX_MESSAGE: usize = 16 << 10;
const MAX_TITLE: usize = 1 << 10;
const MAX_ID: usize = 255;

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Its id.
    pub id: String,
    /// Above the message.
    pub title: Option<String>,
    /// What it says, in Markdown.
    pub message: String,
    /// When it came.
    pub created_at: Timestamp,
    /// Whom it came from; none for what the hub itself has to say.
    pub user_id: Option<UserId>,
}

/// The notifications by id, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Notifications(Mutex<IndexMap<String, Notification>>);

impl Notifications {
    fn lock(&self) -> MutexGuard<'_, IndexMap<String, Notification>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets those of a user who is gone.
    pub(crate) fn remove_user(&self, user_id: &UserId) {
        self.lock().retain(|_, notification| notification.user_id.as_ref() != Some(user_id));
    }

    /// Puts one in its place. Returns whether it was there, and those that had to go for it.
    fn put(&self, notification: Notification) -> (bool, Vec<Notification>) {
        let mut all = self.lock();
        let was_there = all.insert(notification.id.clone(), notification).is_some();
        let mut gone = Vec::new();
        while all.len() > MAX_NOTIFICATIONS {
            gone.extend(all.shift_remove_index(0).map(|(_, oldest)| oldest));
        }
        (was_there, gone)
    }
}

impl Notification {
    /// Tells whether a viewer sees it, and so may dismiss it.
    fn is_for(&self, viewer: &Viewer<'_>) -> bool {
        let user = viewer.rights().user();
        viewer.rights().is_admin()
            || viewer.rights().is_active()
                && self.user_id.is_some()
                && user.map(|user| &user.id) == self.user_id.as_ref()
    }

    /// Returns it as clients see it.
    pub fn to_wire(&self) -> Value {
        json!({
            "notification_id": self.id,
            "title": self.title,
            "message": self.message,
            "created_at": self.created_at.to_string(),
        })
    }
}

impl Home {
    /// Returns the notifications that a viewer sees, in the order in which they came.
    pub fn notifications(&self, viewer: &Viewer<'_>) -> Vec<Notification> {
        self.inner.notifications.lock().values().filter(|notification| notification.is_for(viewer)).cloned().collect()
    }

    /// Registers the services that make and dismiss notifications. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub fn register_notifications(&self) -> Result<(), RegisterError> {
        let service = |name: &str, fields| ServiceSpec {
            domain: "persistent_notification".to_owned(),
            name: name.to_owned(),
            // What a caller sees of them is their own; so is what they change.
            access: ServiceAccess::Authenticated,
            schema: Schema::new(fields),
            response: ResponseMode::None,
            manages: Manages::Nothing,
            handler: Handler::Plain(std::sync::Arc::new(Service(std::sync::Arc::downgrade(&self.inner)))),
        };
        let id = || Field::optional("notification_id", Kind::Text);
        let create = vec![Field::required("message", Kind::Text), Field::optional("title", Kind::Text), id()];
        let dismiss = vec![Field::required("notification_id", Kind::Text)];
        for (name, fields) in [("create", create), ("dismiss", dismiss), ("dismiss_all", Vec::new())] {
            self.inner.bus.register(service(name, fields))?;
        }
        Ok(())
    }

    /// Makes a notification, or says something else in one that the caller sees.
    fn notify(&self, call: &ServiceCall) -> Result<(), HandlerError> {
        let text = |name: &str| call.data.get(name).and_then(Value::as_str).map(str::to_owned);
        let (message, title) = (text("message").unwrap_or_default(), text("title"));
        let id = text("notification_id").unwrap_or_else(|| new_context_id(now()).to_string());
        for (name, given, most) in [
            ("message", message.len(), MAX_MESSAGE),
            ("title", title.as_ref().map_or(0, String::len), MAX_TITLE),
            ("notification_id", id.len(), MAX_ID),
        ] {
            if given > most {
                return Err(HandlerError::validation(format!("{name} has {given} bytes, at most {most} are kept")));
            }
        }
        // Two users' notifications of one name are two: nobody writes over, or learns of, another's.
        let user_id = call.principal().user_id().cloned();
        let world = self.inner.bus.world();
        let viewer = Viewer::new(&world, call.principal());
        let taken = self.inner.notifications.lock().get(&id).is_some_and(|there| !there.is_for(&viewer));
        let id = if taken { format!("{id}_{}", user_id.as_ref().map_or("", UserId::as_str)) } else { id };
        let notification = Notification { id, title, message, created_at: now(), user_id };
        let (was_there, gone) = self.inner.notifications.put(notification.clone());
        for oldest in gone {
            self.announce_notification("removed", &oldest, &call.context);
        }
        self.announce_notification(if was_there { "updated" } else { "added" }, &notification, &call.context);
        Ok(())
    }

    /// Dismisses those of the caller's that are wanted.
    fn dismiss(&self, call: &ServiceCall, wanted: impl Fn(&Notification) -> bool) {
        let world = self.inner.bus.world();
        let viewer = Viewer::new(&world, call.principal());
        let mut gone = Vec::new();
        self.inner.notifications.lock().retain(|_, notification| {
            let goes = wanted(notification) && notification.is_for(&viewer);
            if goes {
                gone.push(notification.clone());
            }
            !goes
        });
        for notification in gone {
            self.announce_notification("removed", &notification, &call.context);
        }
    }

    fn announce_notification(&self, change: &str, notification: &Notification, context: &Context) {
        let data = json!({
            "user_id": notification.user_id.as_ref().map(UserId::as_str),
            "type": change,
            "notifications": {&notification.id: notification.to_wire()},
        });
        self.announce(Event::NOTIFICATION, data, context.clone());
    }
}

/// The three services. They hold the home, which holds the bus, which holds them: weakly.
struct Service(Weak<Inner>);

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Service")
    }
}

#[async_trait]
impl PlainService for Service {
    async fn call(&self, call: ServiceCall) -> Result<Option<Value>, HandlerError> {
        let inner = self.0.upgrade().ok_or_else(|| HandlerError::Failed("the home is closed".to_owned()))?;
        let home = Home { inner };
        match call.service.as_str() {
            "create" => home.notify(&call)?,
            "dismiss" => {
                let id = call.data.get("notification_id").and_then(Value::as_str).unwrap_or_default();
                home.dismiss(&call, |notification| notification.id == id);
            }
            _ => home.dismiss(&call, |_| true),
        }
        Ok(None)
    }
}

/// Returns the notifications as clients get them: by id.
pub fn notifications_to_wire(notifications: &[Notification]) -> Value {
    let by_id: Map<_, _> = notifications.iter().map(|one| (one.id.clone(), one.to_wire())).collect();
    Value::Object(by_id)
}
