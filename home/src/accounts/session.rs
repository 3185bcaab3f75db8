//! From an access token to a principal.

use std::net::IpAddr;

use auth_core::{Principal, TokenId, UserId, principal::danger};
use auth_login::{UserStanding, standing_refusal};
use service_bus::now;

use crate::Home;

/// Somebody who has proved who they are with a live token.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who acts.
    pub principal: Principal,
    /// The refresh token behind the access token.
    pub token_id: TokenId,
    /// The user.
    pub user_id: UserId,
}

impl Home {
    /// Checks an access token. One look-up and one HMAC, whether or not the token is known.
    ///
    /// # Errors
    /// Why the user may not come in: `None` for a token that is no good, else the reason to show.
    pub fn authenticate(&self, access_token: &str, ip: IpAddr) -> Result<Session, Option<&'static str>> {
        let (token_id, user_id) = {
            let mut books = self.books();
            let token = books.tokens.authenticate(access_token, now()).map_err(|_| None)?;
            (token.id().clone(), token.user_id().clone())
        };
        self.admit(token_id, user_id, ip)
    }

    /// Checks a signed path; good for GET and HEAD alone.
    ///
    /// # Errors
    /// As [`Home::authenticate`].
    pub fn authenticate_path(&self, method: &str, target: &str, ip: IpAddr) -> Result<Session, Option<&'static str>> {
        let (token_id, user_id) = {
            let (books, now) = (self.books(), now());
            let token_id = books.signer.verify(method, target, now).map_err(|_| None)?;
            let token = books.tokens.get_live(&token_id, now).ok_or(None)?;
            (token_id, token.user_id().clone())
        };
        self.admit(token_id, user_id, ip)
    }

    fn admit(&self, token_id: TokenId, user_id: UserId, ip: IpAddr) -> Result<Session, Option<&'static str>> {
        if let Some(reason) = self.refusal(&user_id, ip) {
            return Err(Some(reason));
        }
        let principal = danger::session_principal(&user_id, &token_id, ip);
        Ok(Session { principal, token_id, user_id })
    }

    /// Returns why a user may not come in from an address; a user that is gone counts as not active.
    pub(crate) fn refusal(&self, user_id: &UserId, ip: IpAddr) -> Option<&'static str> {
        let world = self.inner.bus.world();
        let user = world.auth.user(user_id.as_str());
        let standing = user.map_or(UserStanding { is_active: false, local_only: false }, |user| UserStanding {
            is_active: user.is_active,
            local_only: user.local_only,
        });
        standing_refusal(standing, Some(ip))
    }

    /// Tells whether a session may go on: its token is alive and its user active.
    pub fn is_live(&self, session: &Session) -> bool {
        self.books().tokens.get_live(&session.token_id, now()).is_some()
            && self.inner.bus.world().auth.user(session.user_id.as_str()).is_some_and(|user| user.is_active)
    }
}
