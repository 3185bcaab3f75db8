//! Signing in with an account at an identity provider (OpenID Connect): what is decided about it, without the talking.
//!
//! A client asks ([`Asked`]), the browser is sent to the provider with the secrets of a [`Visit`], and comes back. The
//! provider says whose account it is; an [`Identity`] says which user that is, [`ProviderRules`] what else follows.

mod asked;
mod identity;
mod mapping;
mod visit;
pub use asked::Asked;
pub use identity::{Identity, IdentityBook, IdentityTaken, InvalidIdentity, check_account};
pub use mapping::{GroupMapping, claim, claim_values};
pub use visit::{MAX_VISITS, MAX_VISITS_PER_ADDRESS, Secrets, VISIT_SECS, Visit, VisitError, Visits};

use std::net::IpAddr;

use auth_core::User;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::standing::{UserStanding, standing_refusal};

/// What the hub holds of a provider, as its administrator has written it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderRules {
    /// Names it in addresses: lower-case letters, digits and `-`.
    pub id: String,
    /// For display.
    pub name: String,
    /// Its issuer, letter for letter as its tokens have it.
    pub issuer: String,
    /// Whose values the mapping reads; groups are left alone without one.
    pub groups_claim: Option<String>,
    /// Which groups follow from which value.
    pub groups: GroupMapping,
    /// What a new user is called.
    pub name_claim: String,
    /// Accounts that nobody has linked become users.
    pub create_users: bool,
    /// It asks for a second factor itself, so that those kept here are not wanted besides.
    pub second_factor: bool,
}

/// Why somebody whom the provider knows may not sign in here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// No user is linked to the account.
    #[error("no user here is linked to this account")]
    Unknown,
    /// The user may not sign in, or not from here.
    #[error("{0}")]
    Standing(&'static str),
    /// The user belongs to a program or to the system.
    #[error("the user is not a person")]
    NotAPerson,
    /// The user has a second factor here, for which the provider does not stand in.
    #[error("the user has a second factor here, so a password is needed")]
    SecondFactor,
}

/// What becomes of an account that its provider vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Its user signs in.
    User,
    /// A user is made for it, who signs in.
    New,
}

impl ProviderRules {
    /// Decides about an account: `user` is whom it is linked to, with whether they have a second factor here.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    pub fn admit(&self, user: Option<(&User, bool)>, ip: IpAddr) -> Result<Admission, Refusal> {
        let Some((user, has_factor)) = user else {
            return if self.create_users { Ok(Admission::New) } else { Err(Refusal::Unknown) };
        };
        if user.is_service || user.system_generated {
            return Err(Refusal::NotAPerson);
        }
        let standing = UserStanding { is_active: user.is_active, local_only: user.local_only };
        if let Some(reason) = standing_refusal(standing, Some(ip)) {
            return Err(Refusal::Standing(reason));
        }
        if has_factor && !self.second_factor {
            return Err(Refusal::SecondFactor);
        }
        Ok(Admission::User)
    }

    /// Returns the claims that are wanted; where the token has not all of them, more is asked for.
    pub fn wanted_claims(&self) -> impl Iterator<Item = &str> {
        let name = self.create_users.then_some(self.name_claim.as_str());
        self.groups_claim.as_deref().into_iter().chain(name)
    }

    /// Gives a user the groups that the claims map to, and takes away those that the mapping names and the claims do not.
    /// The owner stays as they are.
    pub fn apply_groups(&self, user: &mut User, claims: &Map<String, Value>) {
        if let Some(name) = &self.groups_claim
            && !user.is_owner
        {
            self.groups.apply(user, &claim_values(claims, name));
        }
    }

    /// Returns what a new user is called: what the claims say, cut to a hundred characters, else the account's name.
    pub fn name_of(&self, claims: &Map<String, Value>, subject: &str) -> String {
        let text = |name: &str| claim(claims, name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty());
        let name = text(&self.name_claim).or_else(|| text("preferred_username")).unwrap_or(subject);
        name.chars().filter(|c| !c.is_control()).take(100).collect()
    }
}

#[cfg(test)]
mod tests;
