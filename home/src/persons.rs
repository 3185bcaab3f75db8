//! Persons: who lives here, which user they log in as, and what says where they are.

use std::sync::Arc;

use auth_core::{Authorized, Context, EntityId};
use serde::Deserialize;
use serde_json::json;
use service_bus::{new_context_id, now};
use store::{Change, Person, Record, RecordKind};

use crate::{ChangeError, DeletePerson, Home, SetPerson, accounts::MAX_NAME};

/// A change to a person. What is not mentioned stays; `null` takes away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PersonPatch {
    /// For display.
    pub name: Option<String>,
    /// The user they log in as.
    #[serde(deserialize_with = "given")]
    pub user_id: Option<Option<String>>,
    /// Entities that say where they are.
    pub device_trackers: Option<Vec<String>>,
    /// An image's address.
    #[serde(deserialize_with = "given")]
    pub picture: Option<Option<String>>,
}

/// Tells what is `null` from what is not there.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The most persons, trackers of one, and the longest address of a picture, in bytes.
const MAX_PERSONS: usize = 1_000;
const MAX_TRACKERS: usize = 100;
const MAX_PICTURE: usize = 4_096;

impl Home {
    /// Returns the persons. Names and user ids: for administrators, and everybody for themselves.
    pub fn persons(&self) -> Arc<Vec<Person>> {
        self.inner.persons.load_full()
    }

    /// Makes a person or changes one, and returns them. On disk when this returns.
    ///
    /// # Errors
    /// [`ChangeError::Invalid`], naming the member; [`ChangeError::NotFound`] for a person who is not there;
    /// [`ChangeError::Store`].
    pub async fn set_person(&self, request: Authorized<SetPerson>) -> Result<Person, ChangeError> {
        let (mut turn, principal, SetPerson { person_id, patch }) = self.begin(request).await?;
        let before = self.persons();
        let mut person = match &person_id {
            Some(id) => before.iter().find(|person| person.id == *id).cloned().ok_or_else(|| unknown(id))?,
            None if before.len() >= MAX_PERSONS => {
                return Err(ChangeError::Invalid(format!("there are at most {MAX_PERSONS} persons")));
            }
            None => Person { id: new_id(patch.name.as_deref().unwrap_or_default(), &before), ..Person::default() },
        };
        let had_user = person.user_id.clone();
        person.name = patch.name.map(|name| name.trim().to_owned()).unwrap_or(person.name);
        person.user_id = patch.user_id.unwrap_or(person.user_id);
        person.device_trackers = patch.device_trackers.unwrap_or(person.device_trackers);
        person.picture = patch.picture.unwrap_or(person.picture);
        if person.name.is_empty() || person.name.len() > MAX_NAME {
            return Err(ChangeError::Invalid(format!("name has 1 to {MAX_NAME} bytes, so it is not empty")));
        }
        if person.picture.as_ref().is_some_and(|picture| picture.len() > MAX_PICTURE) {
            return Err(ChangeError::Invalid(format!("picture has at most {MAX_PICTURE} bytes")));
        }
        if person.device_trackers.len() > MAX_TRACKERS {
            return Err(ChangeError::Invalid(format!("device_trackers names at most {MAX_TRACKERS}")));
        }
        if let Some(user_id) = person.user_id.as_ref().filter(|_| person.user_id != had_user) {
            if turn.world.current().auth.user(user_id).is_none() {
                return Err(ChangeError::Invalid("user_id: there is no such user".to_owned()));
            }
            if before.iter().any(|other| other.id != person.id && other.user_id.as_ref() == Some(user_id)) {
                return Err(ChangeError::Invalid("user_id: another person is that user already".to_owned()));
            }
        }
        if let Some(wrong) = person.device_trackers.iter().find(|id| !is_tracker(id)) {
            return Err(ChangeError::Invalid(format!("device_trackers: `{wrong}` is no device_tracker entity")));
        }
        turn.on(person.id.as_str());
        turn.with(json!({"name": person.name, "user_id": person.user_id}));
        self.commit(&mut turn, vec![Change::Put(Box::new(Record::Person(person.clone())))]).await?;
        let mut after = Vec::clone(&before);
        match after.iter_mut().find(|other| other.id == person.id) {
            Some(other) => *other = person.clone(),
            None => after.push(person.clone()),
        }
        self.inner.persons.store(Arc::new(after));
        let context = Context::new(new_context_id(now()), principal.user_id().cloned());
        self.announce("person_updated", json!({"person_id": person.id}), context);
        Ok(person)
    }

    /// Deletes a person. On disk when this returns.
    ///
    /// # Errors
    /// [`ChangeError::NotFound`], [`ChangeError::Store`].
    pub async fn delete_person(&self, request: Authorized<DeletePerson>) -> Result<(), ChangeError> {
        let (mut turn, _, DeletePerson { person_id }) = self.begin(request).await?;
        let before = self.persons();
        if !before.iter().any(|person| person.id == person_id) {
            return Err(unknown(&person_id));
        }
        turn.on(person_id.as_str());
        self.commit(&mut turn, vec![Change::Delete(RecordKind::Person, person_id.clone())]).await?;
        let after = before.iter().filter(|person| person.id != person_id).cloned().collect();
        self.inner.persons.store(Arc::new(after));
        Ok(())
    }
}

fn unknown(person_id: &str) -> ChangeError {
    ChangeError::NotFound(format!("there is no person `{person_id}`"))
}

fn is_tracker(id: &str) -> bool {
    id.parse::<EntityId>().is_ok_and(|id| id.domain() == "device_tracker")
}

/// Returns a slug of the name that nobody has.
fn new_id(name: &str, taken: &[Person]) -> String {
    let slug = registries::slugify(name);
    let slug = if slug.is_empty() { "person".to_owned() } else { slug };
    let is_free = |id: &String| !taken.iter().any(|person| person.id == *id);
    let numbered = (2..).map(|n| format!("{slug}_{n}"));
    std::iter::once(slug.clone()).chain(numbered).find(is_free).unwrap_or_default()
}
