//! Persistent notifications: short texts for people, kept in memory until somebody dismisses them.
//!
//! In Home Assistant everybody sees everybody's and may dismiss them. Here a notification is seen and dismissed by whoever it
//! came from, and by administrators. Nobody's are written over, pushed out or named differently for what others have.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError, Weak},
};

use async_trait::async_trait;
use auth_core::{Context, Timestamp, Unauthorized, UserId};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use service_bus::{
    Event, Field, Handler, HandlerError, Kind, Manages, PlainService, RegisterError, ResponseMode, Schema,
    ServiceAccess, ServiceCall, ServiceSpec, Viewer, new_context_id, now,
};

use crate::{Home, home::Inner};

/// The most that are kept of one user; the oldest goes first.
pub const MAX_NOTIFICATIONS: usize = 64;

/// The most that are kept of all together; the oldest goes first of whoever has the most.
const MAX_ALL: usize = 1024;

/// The longest message, title and id, in bytes. Longer ones are refused.
const MAX_MESSAGE: usize = 16 << 10;
const MAX_TITLE: usize = 1 << 10;
const MAX_ID: usize = 255;

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// What whoever it came from calls it; others may have one of the same name.
    pub id: String,
    /// What administrators see it as: of all that there are.
    pub unique_id: String,
    /// Above the message.
    pub title: Option<String>,
    /// What it says, in Markdown.
    pub message: String,
    /// When it came.
    pub created_at: Timestamp,
    /// Whom it came from; none for what the hub itself has to say.
    pub user_id: Option<UserId>,
}

/// Whom it came from, and what they call it.
type Key = (Option<UserId>, String);

/// The notifications in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Notifications(Mutex<IndexMap<Key, Notification>>);

impl Notifications {
    fn lock(&self) -> MutexGuard<'_, IndexMap<Key, Notification>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes out those that a test names, and returns them.
    fn take(&self, goes: impl Fn(&Notification) -> bool) -> Vec<Notification> {
        let mut gone = Vec::new();
        self.lock().retain(|_, notification| {
            let goes = goes(notification);
            if goes {
                gone.push(notification.clone());
            }
            !goes
        });
        gone
    }

    /// Puts one in its place and says what it is seen as. Returns whether it was there, and those that had to go for it.
    fn put(&self, notification: &mut Notification) -> (bool, Vec<Notification>) {
        let mut all = self.lock();
        let key = (notification.user_id.clone(), notification.id.clone());
        notification.unique_id = match all.get(&key) {
            Some(there) => there.unique_id.clone(),
            None => {
                let of_user = || format!("{}_{}", key.1, key.0.as_ref().map_or("", UserId::as_str));
                let names = std::iter::successors(Some(key.1.clone()), |last| {
                    Some(if *last == key.1 { of_user() } else { format!("{last}_") })
                });
                let is_free = |name: &String| !all.values().any(|other| other.unique_id == *name);
                names.into_iter().find(is_free).unwrap_or_default()
            }
        };
        let user_id = key.0.clone();
        let was_there = all.insert(key, notification.clone()).is_some();
        let mut gone = Vec::new();
        if all.values().filter(|other| other.user_id == user_id).count() > MAX_NOTIFICATIONS {
            gone.extend(remove_oldest(&mut all, user_id.as_ref()));
        }
        if all.len() > MAX_ALL {
            let mut counts = HashMap::<_, usize>::new();
            all.values().for_each(|other| *counts.entry(other.user_id.clone()).or_default() += 1);
            let most = counts.into_iter().max_by_key(|(_, count)| *count).and_then(|(user_id, _)| user_id);
            gone.extend(remove_oldest(&mut all, most.as_ref()));
        }
        (was_there, gone)
    }
}

fn remove_oldest(all: &mut IndexMap<Key, Notification>, user_id: Option<&UserId>) -> Option<Notification> {
    let n = all.values().position(|notification| notification.user_id.as_ref() == user_id)?;
    all.shift_remove_index(n).map(|(_, oldest)| oldest)
}

impl Notification {
    /// Tells whether a viewer sees it, and so may dismiss it.
    fn is_for(&self, viewer: &Viewer<'_>) -> bool {
        let is_own = || self.user_id.as_ref().is_some_and(|user_id| viewer.is_all_of(user_id.as_str()));
        viewer.rights().is_admin() || is_own()
    }

    /// Returns what a viewer sees it as.
    fn id_for(&self, viewer: &Viewer<'_>) -> &str {
        if viewer.rights().is_admin() { &self.unique_id } else { &self.id }
    }

    /// Returns it as clients see it.
    fn to_wire(&self, id: &str) -> Value {
        json!({
            "notification_id": id,
            "title": self.title,
            "message": self.message,
            "created_at": self.created_at.to_string(),
        })
    }
}

impl Home {
    /// Returns the notifications that a viewer sees, by what they see them as, in the order in which they came.
    pub fn notifications(&self, viewer: &Viewer<'_>) -> Map<String, Value> {
        let all = self.inner.notifications.lock();
        let seen = all.values().filter(|notification| notification.is_for(viewer));
        seen.map(|one| (one.id_for(viewer).to_owned(), one.to_wire(one.id_for(viewer)))).collect()
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
        let unique_id = String::new();
        let mut notification = Notification { id, unique_id, title, message, created_at: now(), user_id };
        let (was_there, gone) = self.inner.notifications.put(&mut notification);
        for oldest in gone {
            self.announce_notification("removed", &oldest, &call.context);
        }
        if let Some(maker) = &notification.user_id
            && self.inner.bus.world().auth.user(maker.as_str()).is_none()
        {
            // Deleted meanwhile, perhaps after theirs were dismissed.
            self.dismiss_all_of(maker, &call.context);
            return Err(Unauthorized::default().into());
        }
        self.announce_notification(if was_there { "updated" } else { "added" }, &notification, &call.context);
        Ok(())
    }

    /// Dismisses those of the caller's that are wanted.
    fn dismiss(&self, call: &ServiceCall, wanted: impl Fn(&Notification, &Viewer<'_>) -> bool) {
        let world = self.inner.bus.world();
        let viewer = Viewer::new(&world, call.principal());
        let goes = |notification: &Notification| notification.is_for(&viewer) && wanted(notification, &viewer);
        for notification in self.inner.notifications.take(goes) {
            self.announce_notification("removed", &notification, &call.context);
        }
    }

    /// Dismisses those of a user who is gone.
    pub(crate) fn dismiss_all_of(&self, user_id: &UserId, context: &Context) {
        for notification in self.inner.notifications.take(|one| one.user_id.as_ref() == Some(user_id)) {
            self.announce_notification("removed", &notification, context);
        }
    }

    fn announce_notification(&self, change: &str, notification: &Notification, context: &Context) {
        let data = json!({
            "user_id": notification.user_id.as_ref().map(UserId::as_str),
            "type": change,
            "id": notification.id,
            "notifications": {&notification.unique_id: notification.to_wire(&notification.unique_id)},
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
        // What a user has is not of the entities that a token was narrowed to.
        let world = home.inner.bus.world();
        if Viewer::new(&world, call.principal()).rights().is_narrowed() {
            return Err(Unauthorized::default().into());
        }
        match call.service.as_str() {
            "create" => home.notify(&call)?,
            "dismiss" => {
                let id = call.data.get("notification_id").and_then(Value::as_str).unwrap_or_default();
                home.dismiss(&call, |notification, viewer| notification.id_for(viewer) == id);
            }
            _ => home.dismiss(&call, |_, _| true),
        }
        Ok(None)
    }
}

/// Returns what an event says of a notification, as a viewer who hears of it sees it.
pub fn notification_change(viewer: &Viewer<'_>, data: &Map<String, Value>) -> Value {
    let member = |name: &str| data.get(name).cloned().unwrap_or(Value::Null);
    let mut notifications = member("notifications");
    if let (false, Some(id), Value::Object(all)) =
        (viewer.rights().is_admin(), data.get("id").and_then(Value::as_str), &mut notifications)
    {
        let own = std::mem::take(all).into_iter().map(|(_, mut one)| {
            if let Value::Object(members) = &mut one {
                members.insert("notification_id".to_owned(), Value::from(id));
            }
            (id.to_owned(), one)
        });
        *all = own.collect();
    }
    json!({"type": member("type"), "notifications": notifications})
}

#[cfg(test)]
mod tests;
