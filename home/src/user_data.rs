//! What frontends keep here: for each user how they like their pages, and for everybody what an administrator chose.

use std::collections::HashMap;

use auth_core::{Authorized, Context, UserId};
use serde_json::{Map, Value, json};
use service_bus::{Event, Viewer, new_context_id, now};
use store::{Change, Record, SystemData, UserData};

use crate::{ChangeError, Home, ReadUserData, SetSystemData, SetUserData};

/// The most keys of one user, and the longest name of one.
pub const MAX_USER_DATA_KEYS: usize = 64;

/// The most that is kept for one user, in bytes of JSON.
pub const MAX_USER_DATA: usize = 256 << 10;

/// What everybody may have of what is kept for all, whatever they may read: which panel comes first.
const FOR_EVERYBODY: (&str, &[&str]) = ("core", &["default_panel", "defaultPanel"]);

/// What is kept, as it is on disk.
#[derive(Debug, Default)]
pub(crate) struct DisplayBook {
    users: HashMap<UserId, Map<String, Value>>,
    system: Map<String, Value>,
}

impl DisplayBook {
    pub(crate) fn new(users: Vec<UserData>, system: Option<SystemData>) -> Self {
        let users = users.into_iter().map(|data| (data.user_id, data.values)).collect();
        Self { users, system: system.unwrap_or_default().values }
    }

    pub(crate) fn has_user(&self, user_id: &UserId) -> bool {
        self.users.contains_key(user_id)
    }

    pub(crate) fn remove_user(&mut self, user_id: &UserId) {
        self.users.remove(user_id);
    }
}

impl Home {
    /// Returns what is kept for the caller, by key.
    pub fn user_data(&self, request: &Authorized<ReadUserData>) -> Map<String, Value> {
        let user_id = request.principal().user_id();
        user_id.and_then(|user_id| self.books().display.users.get(user_id).cloned()).unwrap_or_default()
    }

    /// Keeps something for the caller. On disk when this returns. Not recorded: it is nobody's business how somebody likes
    /// their pages.
    ///
    /// # Errors
    /// [`ChangeError::Invalid`] for more than [`MAX_USER_DATA`] and [`MAX_USER_DATA_KEYS`] allow, [`ChangeError::Unauthorized`]
    /// for a caller who is no user, [`ChangeError::Store`].
    pub async fn set_user_data(&self, request: Authorized<SetUserData>) -> Result<(), ChangeError> {
        let (mut turn, principal, SetUserData { key, value }) = self.begin(request).await?;
        turn.unrecorded();
        let Some(user_id) = principal.user_id().cloned() else {
            return Err(ChangeError::Unauthorized(auth_core::Unauthorized::default()));
        };
        let mut values = self.books().display.users.get(&user_id).cloned().unwrap_or_default();
        put(&mut values, &key, value.clone())?;
        let record = Record::UserData(UserData { user_id: user_id.clone(), values: values.clone() });
        self.commit(&mut turn, vec![Change::Put(Box::new(record))]).await?;
        self.books().display.users.insert(user_id.clone(), values);
        let context = Context::new(new_context_id(now()), Some(user_id.clone()));
        self.announce(Event::USER_DATA, json!({"user_id": user_id.as_str(), "key": key, "value": value}), context);
        Ok(())
    }

    /// Returns what is kept for everybody under a key, as this viewer may have it. It names rooms and entities as it likes,
    /// so it is shown whole to whoever may read everything; to others no more than which panel comes first.
    pub fn system_data(&self, viewer: &Viewer<'_>, key: &str) -> Value {
        let value = self.books().display.system.get(key).cloned().unwrap_or(Value::Null);
        if viewer.reads_everything() {
            return value;
        }
        let (shared, members) = FOR_EVERYBODY;
        match value {
            Value::Object(all) if key == shared => {
                let shown =
                    all.into_iter().filter(|(name, value)| members.contains(&name.as_str()) && value.is_string());
                let shown: Map<_, _> = shown.collect();
                if shown.is_empty() { Value::Null } else { Value::Object(shown) }
            }
            _ => Value::Null,
        }
    }

    /// Keeps something for everybody. On disk when this returns.
    ///
    /// # Errors
    /// As [`Home::set_user_data`].
    pub async fn set_system_data(&self, request: Authorized<SetSystemData>) -> Result<(), ChangeError> {
        let (mut turn, principal, SetSystemData { key, value }) = self.begin(request).await?;
        let mut values = self.books().display.system.clone();
        put(&mut values, &key, value)?;
        turn.on(key.as_str());
        let record = Record::SystemData(SystemData { values: values.clone() });
        self.commit(&mut turn, vec![Change::Put(Box::new(record))]).await?;
        self.books().display.system = values;
        let context = Context::new(new_context_id(now()), principal.user_id().cloned());
        self.announce(Event::SYSTEM_DATA, json!({"key": key}), context);
        Ok(())
    }
}

/// Puts a value in its place, within the bounds.
fn put(values: &mut Map<String, Value>, key: &str, value: Value) -> Result<(), ChangeError> {
    let invalid = |text: String| Err(ChangeError::Invalid(text));
    if key.is_empty() || key.len() > MAX_USER_DATA_KEYS {
        return invalid(format!("a key has 1 to {MAX_USER_DATA_KEYS} bytes"));
    }
    if value.is_null() {
        values.shift_remove(key);
        return Ok(());
    }
    values.insert(key.to_owned(), value);
    if values.len() > MAX_USER_DATA_KEYS {
        return invalid(format!("at most {MAX_USER_DATA_KEYS} keys are kept"));
    }
    let size = Value::Object(values.clone()).to_string().len();
    if size > MAX_USER_DATA {
        return invalid(format!("at most {MAX_USER_DATA} bytes are kept, with this it would be {size}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded() {
        let mut values = Map::new();
        for n in 0..MAX_USER_DATA_KEYS {
            put(&mut values, &n.to_string(), json!(n)).unwrap();
        }
        assert!(put(&mut values.clone(), "more", json!(1)).is_err());
        put(&mut values, "0", Value::Null).unwrap();
        assert_eq!(values.len(), MAX_USER_DATA_KEYS - 1);
        assert!(put(&mut values.clone(), "big", json!("x".repeat(MAX_USER_DATA))).is_err());
        assert!(put(&mut values, "", json!(1)).is_err());
    }
}
