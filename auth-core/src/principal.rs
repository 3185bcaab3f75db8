//! Whoever acts: the one whose rights count.

use alloc::sync::Arc;
use core::net::IpAddr;

use crate::{TokenId, UserId};

/// Whoever acts. Made from a live token by the authenticator, or once by the hub for its own work; see [`danger`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    who: Who,
    from: Option<IpAddr>,
}

/// The kinds of principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A person or program that logged in.
    User {
        /// Whose rights count.
        user_id: UserId,
        /// The refresh token behind the session; `None` where the hub acts for a user without one.
        token_id: Option<TokenId>,
    },
    /// The hub itself, in one named role.
    System {
        /// What the role is for, as it shows in explanations.
        role: &'static str,
    },
    /// An integration, which may manage the config entries of its own domain and nothing else.
    Integration {
        /// The integration's domain.
        domain: Arc<str>,
    },
}

impl Principal {
    /// Returns who it is.
    pub const fn who(&self) -> &Who {
        &self.who
    }

    /// Returns the address that the session comes from, where it is known. It says nothing about rights: for the audit trail.
    pub const fn from(&self) -> Option<IpAddr> {
        self.from
    }

    /// Returns the user, if it is one.
    pub const fn user_id(&self) -> Option<&UserId> {
        match &self.who {
            Who::User { user_id, .. } => Some(user_id),
            Who::System { .. } | Who::Integration { .. } => None,
        }
    }

    /// Returns the refresh token behind the session, if there is one.
    pub const fn token_id(&self) -> Option<&TokenId> {
        match &self.who {
            Who::User { token_id, .. } => token_id.as_ref(),
            Who::System { .. } | Who::Integration { .. } => None,
        }
    }
}

/// Where principals come from. A witness is worth what its principal is worth: only the authenticator and the
/// assembling binary use these, and a test of the repository checks that.
pub mod danger {
    use alloc::sync::Arc;
    use core::net::IpAddr;

    use super::{Principal, Who};
    use crate::{TokenId, UserId};

    /// Returns the principal of a user who has just proved who they are with a live token.
    pub fn user_principal(user_id: &UserId, token_id: Option<&TokenId>) -> Principal {
        Principal { who: Who::User { user_id: user_id.clone(), token_id: token_id.cloned() }, from: None }
    }

    /// Returns the principal of a user who has just proved who they are with a live token, at this address.
    pub fn session_principal(user_id: &UserId, token_id: &TokenId, from: IpAddr) -> Principal {
        Principal { from: Some(from), ..user_principal(user_id, Some(token_id)) }
    }

    /// Returns the hub's own principal for the work named by `role`. It may do everything.
    pub const fn system_principal(role: &'static str) -> Principal {
        Principal { who: Who::System { role }, from: None }
    }

    /// Returns the principal of an integration.
    pub fn integration_principal(domain: &str) -> Principal {
        Principal { who: Who::Integration { domain: Arc::from(domain) }, from: None }
    }
}

#[cfg(test)]
mod tests {
    use core::net::{IpAddr, Ipv4Addr};

    use super::{Who, danger};

    #[test]
    fn a_session_knows_whose_it_is_and_where_it_comes_from() {
        let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let principal = danger::session_principal(&"ann".into(), &"token".into(), from);
        assert_eq!(principal.from(), Some(from));
        assert_eq!(principal.user_id().map(|id| id.as_str()), Some("ann"));
        assert_eq!(principal.token_id().map(|id| id.as_str()), Some("token"));
        let hub = danger::system_principal("backup");
        assert!((hub.from(), hub.user_id(), hub.token_id()) == (None, None, None));
        assert!(
            matches!(danger::integration_principal("mqtt").who(), Who::Integration { domain } if **domain == *"mqtt")
        );
    }
}
