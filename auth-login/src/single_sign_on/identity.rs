//! Which account elsewhere is which user here.

use std::collections::BTreeMap;

use auth_core::{CredentialId, UserId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A link between an account at a provider and a user. The serde form is what the store keeps.
///
/// An account is known by issuer and subject together, letter for letter: no other claim is promised to stay one person's,
/// an e-mail address least of all (OpenID Connect Core 1.0, section 5.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Names the link, as what somebody signed in with.
    pub id: CredentialId,
    /// Whose it is.
    pub user_id: UserId,
    /// Who vouches.
    pub issuer: String,
    /// The account, as the issuer names it.
    pub subject: String,
}

impl Identity {
    /// The name of this kind of provider, where Home Assistant's clients are told how somebody signs in.
    pub const PROVIDER: &str = "oidc";
}

/// Issuer or subject cannot be those of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct InvalidIdentity(&'static str);

/// Checks the form of issuer and subject.
///
/// # Errors
///
/// [`InvalidIdentity`]: the issuer is no web address, or the subject is not 1 to 255 bytes without control characters.
pub fn check_account(issuer: &str, subject: &str) -> Result<(), InvalidIdentity> {
    if crate::client::Origin::parse(issuer).is_err() {
        return Err(InvalidIdentity("the issuer is no web address"));
    }
    if !(1..=255).contains(&subject.len()) || subject.chars().any(char::is_control) {
        return Err(InvalidIdentity("the subject is not 1 to 255 bytes of text"));
    }
    Ok(())
}

/// The account is linked already, or the id is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the account is linked already")]
pub struct IdentityTaken;

/// All links. An account belongs to one user; a user may have several.
#[derive(Clone, Debug, Default)]
pub struct IdentityBook {
    by_id: BTreeMap<CredentialId, Identity>,
    by_account: BTreeMap<(String, String), CredentialId>,
}

impl IdentityBook {
    /// Makes an empty book.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a link. O(log n).
    ///
    /// # Errors
    ///
    /// [`IdentityTaken`]; the book is then unchanged.
    pub fn insert(&mut self, identity: Identity) -> Result<(), IdentityTaken> {
        let account = (identity.issuer.clone(), identity.subject.clone());
        if self.by_account.contains_key(&account) || self.by_id.contains_key(&identity.id) {
            return Err(IdentityTaken);
        }
        self.by_account.insert(account, identity.id.clone());
        self.by_id.insert(identity.id.clone(), identity);
        Ok(())
    }

    /// Returns the link of an account. O(log n).
    pub fn find(&self, issuer: &str, subject: &str) -> Option<&Identity> {
        self.by_id.get(self.by_account.get(&(issuer.to_owned(), subject.to_owned()))?)
    }

    /// Returns a link by its id. O(log n).
    pub fn get(&self, id: &CredentialId) -> Option<&Identity> {
        self.by_id.get(id)
    }

    /// Removes a link; tokens that came from it are the caller's to remove. O(log n).
    pub fn remove(&mut self, id: &CredentialId) -> Option<Identity> {
        let identity = self.by_id.remove(id)?;
        self.by_account.remove(&(identity.issuer.clone(), identity.subject.clone()));
        Some(identity)
    }

    /// Lists all links by id.
    pub fn iter(&self) -> impl Iterator<Item = &Identity> {
        self.by_id.values()
    }

    /// Lists a user's links by id. O(n).
    pub fn of_user(&self, user: &UserId) -> impl Iterator<Item = &Identity> {
        self.iter().filter(move |identity| identity.user_id == *user)
    }
}
