//! Credentials: which user name belongs to which user, and the password that proves it.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
};

use auth_core::{CredentialId, UserId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::password::{EqualWork, StoredPassword};

/// A user name in its normal form: trimmed, then case-folded, so that `" Ann "` and `"ANN"` are one name.
///
/// Folding is `char::to_lowercase` plus the folds that it leaves out and people type: `ß` and `ẞ` to `ss`, `ς` to
/// `σ`, `ſ` to `s`, `µ` to `μ`, and the Latin ligatures. That is an approximation of Unicode's full case folding
/// (Python's `casefold`, which Home Assistant uses): some 280 rare letters (Cherokee, some Greek with iota subscript)
/// keep their case apart here. Two names that Home Assistant keeps apart are never merged.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Username(Box<str>);

impl Username {
    /// Brings `typed` into the normal form. O(length).
    pub fn normalise(typed: &str) -> Self {
        // Python's `strip` also takes the four information separators, which Unicode does not call white space.
        let blank = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
        let mut folded = String::with_capacity(typed.len());
        for c in typed.trim_matches(blank).chars() {
            match special_fold(c) {
                Some(fold) => folded.push_str(fold),
                None => folded.extend(c.to_lowercase()),
            }
        }
        Self(folded.into())
    }

    /// Tells whether `typed` is its own normal form, as a new user name must be.
    pub fn is_normal(typed: &str) -> bool {
        Self::normalise(typed).as_str() == typed
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn special_fold(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' | 'ẞ' => "ss",
        'ς' => "σ",
        'ſ' => "s",
        'µ' => "μ",
        'ŉ' => "ʼn",
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' | 'ﬆ' => "st",
        _ => return None,
    })
}

impl From<String> for Username {
    fn from(typed: String) -> Self {
        Self::normalise(&typed)
    }
}

impl From<Username> for String {
    fn from(name: Username) -> Self {
        name.0.into()
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Username({:?})", &*self.0)
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One way in which a user can prove who they are. The serde form is what the store keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Names this credential.
    pub id: CredentialId,
    /// Whose it is.
    pub user_id: UserId,
    /// What checks it: [`PROVIDER`] for passwords.
    pub provider: String,
    /// The name to sign in with.
    pub username: Username,
}

impl Credential {
    /// Makes a credential for signing in with a password.
    pub fn with_password(id: CredentialId, user_id: UserId, username: Username) -> Self {
        Self { id, user_id, provider: PROVIDER.to_owned(), username }
    }
}

/// The name of the provider that checks passwords, as in Home Assistant.
pub const PROVIDER: &str = "homeassistant";

/// A credential and the password hash that goes with it.
#[derive(Clone, Debug)]
pub struct Login {
    /// Who signs in.
    pub credential: Credential,
    /// What they must know.
    pub password: StoredPassword,
}

/// Why a login could not be added or changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LoginBookError {
    /// Another credential has the user name.
    #[error("user name `{0}` already exists")]
    UsernameTaken(Username),
    /// Another credential has the id.
    #[error("credential `{0}` already exists")]
    IdTaken(CredentialId),
    /// No credential has the user name.
    #[error("user name `{0}` not found")]
    UnknownUsername(Username),
}

/// All logins by user name. User names and credential ids are each unique.
#[derive(Clone, Debug, Default)]
pub struct LoginBook {
    logins: BTreeMap<Username, Login>,
    work: EqualWork,
}

impl LoginBook {
    /// Makes an empty book.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a login. O(n).
    ///
    /// # Errors
    ///
    /// The user name or the id is taken; the book is then unchanged.
    pub fn insert(&mut self, login: Login) -> Result<(), LoginBookError> {
        if self.credential(&login.credential.id).is_some() {
            return Err(LoginBookError::IdTaken(login.credential.id));
        }
        match self.logins.entry(login.credential.username.clone()) {
            Entry::Occupied(taken) => Err(LoginBookError::UsernameTaken(taken.key().clone())),
            Entry::Vacant(free) => {
                free.insert(login);
                self.reckon_work();
                Ok(())
            }
        }
    }

    /// Replaces a password. O(n). As in Home Assistant, this alone revokes nothing.
    ///
    /// # Errors
    ///
    /// [`LoginBookError::UnknownUsername`].
    pub fn set_password(&mut self, username: &Username, password: StoredPassword) -> Result<(), LoginBookError> {
        let Some(login) = self.logins.get_mut(username) else {
            return Err(LoginBookError::UnknownUsername(username.clone()));
        };
        login.password = password;
        self.reckon_work();
        Ok(())
    }

    /// Gives a login another user name and returns its credential as it is now. O(log n).
    ///
    /// # Errors
    ///
    /// The old name is unknown or the new one is taken; the book is then unchanged.
    pub fn rename(&mut self, from: &Username, to: &Username) -> Result<Credential, LoginBookError> {
        if from != to && self.logins.contains_key(to) {
            return Err(LoginBookError::UsernameTaken(to.clone()));
        }
        let Some(mut login) = self.logins.remove(from) else {
            return Err(LoginBookError::UnknownUsername(from.clone()));
        };
        login.credential.username = to.clone();
        let credential = login.credential.clone();
        self.logins.insert(to.clone(), login);
        Ok(credential)
    }

    /// Removes a login and returns its credential; tokens that came from it are the caller's to remove. O(n).
    pub fn remove(&mut self, username: &Username) -> Option<Credential> {
        let login = self.logins.remove(username)?;
        self.reckon_work();
        Some(login.credential)
    }

    /// Returns the login with a user name. O(log n).
    pub fn find(&self, username: &Username) -> Option<&Login> {
        self.logins.get(username)
    }

    /// Tells whether a login is here as it was then: the same credential under the same user name with the same hash.
    /// O(log n).
    pub fn holds(&self, login: &Login) -> bool {
        self.find(&login.credential.username).is_some_and(|now| {
            now.credential.id == login.credential.id
                && now.password.expose_for_storage() == login.password.expose_for_storage()
        })
    }

    /// Returns a credential by its id. O(n).
    pub fn credential(&self, id: &CredentialId) -> Option<&Credential> {
        self.credentials().find(|credential| credential.id == *id)
    }

    /// Lists a user's credentials by user name. O(n).
    pub fn credentials_of(&self, user: &UserId) -> impl Iterator<Item = &Credential> {
        self.credentials().filter(move |credential| credential.user_id == *user)
    }

    /// Lists all credentials by user name.
    pub fn credentials(&self) -> impl Iterator<Item = &Credential> {
        self.logins.values().map(|login| &login.credential)
    }

    /// Returns the work that every check must do so that its time tells nothing.
    pub fn work(&self) -> EqualWork {
        self.work
    }

    fn reckon_work(&mut self) {
        self.work = EqualWork::among(self.logins.values().map(|login| &login.password));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, expected: &str) {
        assert_eq!(Username::normalise(typed).as_str(), expected);
        assert!(Username::is_normal(expected), "normalising twice must change nothing");
    }

    // Expected values: Python 3, `typed.strip().casefold()`.
    #[test]
    fn user_names_are_trimmed_and_folded() {
        check("ann", "ann");
        check("  Ann\t", "ann");
        check("\u{1c}ANN\u{1f}", "ann");
        check("\u{a0}Ann\u{2003}", "ann");
        check("Straße", "strasse");
        check("STRAẞE", "strasse");
        check("ΟΔΥΣΣΕΥΣ", "οδυσσευσ");
        check("Οδυσσεύς", "οδυσσεύσ");
        check("ﬁſh", "fish");
        check("İ", "i\u{307}");
        check("a b", "a b");
        check("", "");
        assert!(!Username::is_normal("Ann"));
        assert!(!Username::is_normal(" ann"));
    }

    fn login(id: &str, name: &str) -> Login {
        let credential = Credential::with_password(id.into(), "u".into(), Username::normalise(name));
        Login { credential, password: StoredPassword::from_stored("none".to_owned()) }
    }

    #[test]
    fn names_and_ids_are_unique() {
        let mut book = LoginBook::new();
        book.insert(login("c1", "Ann")).unwrap();
        let ann = Username::normalise("ann");
        assert_eq!(book.insert(login("c2", "ANN")).unwrap_err(), LoginBookError::UsernameTaken(ann.clone()));
        assert_eq!(book.insert(login("c1", "bob")).unwrap_err(), LoginBookError::IdTaken("c1".into()));
        book.insert(login("c2", "bob")).unwrap();
        let bob = Username::normalise("bob");
        assert_eq!(book.rename(&ann, &bob).unwrap_err(), LoginBookError::UsernameTaken(bob));
        let carl = Username::normalise("carl");
        assert_eq!(book.rename(&ann, &carl).unwrap().username, carl);
        assert!(book.find(&ann).is_none());
        assert_eq!(book.remove(&carl).unwrap().id, CredentialId::new("c1"));
        assert_eq!(book.credentials_of(&"u".into()).count(), 1);
    }

    #[test]
    fn a_stored_credential_reads_back_normalised() {
        let stored = r#"{"id":"c","user_id":"u","provider":"homeassistant","username":" Ann "}"#;
        let credential: Credential = serde_json::from_str(stored).unwrap();
        assert_eq!(credential, login("c", "ann").credential);
        assert_eq!(
            serde_json::to_string(&credential).unwrap(),
            r#"{"id":"c","user_id":"u","provider":"homeassistant","username":"ann"}"#
        );
    }
}
