//! From an access token to a principal.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::MutexGuard,
};

use auth_core::{Principal, Timestamp, TokenId, UserId, principal::danger};
use auth_login::{UserStanding, refresh_token::TokenKind, standing_refusal};
use service_bus::now;
use store::{Change, Record, StoreError};

use crate::{Home, home::Books};

/// Somebody who has proved who they are with a live token.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who acts.
    pub principal: Principal,
    /// The refresh token behind the access token.
    pub token_id: TokenId,
    /// The user.
    pub user_id: UserId,
    /// What is asked by this token is counted: see [`Home::count_use`].
    pub is_limited: bool,
}

/// Why a token lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// It is no good.
    #[error("Invalid access token or password")]
    Token,
    /// Its user may not come in, with the reason to show.
    #[error("{0}")]
    User(&'static str),
    /// It has been used too often; the next request is looked at after so many seconds.
    #[error("too many requests: try again in {0} seconds")]
    TooOften(u32),
}

impl Home {
    /// Checks an access token. One look-up and one HMAC, whether or not the token is known.
    ///
    /// # Errors
    /// [`NotAdmitted`].
    pub fn authenticate(&self, access_token: &str, ip: IpAddr) -> Result<Session, NotAdmitted> {
        let (mut books, at) = (self.books(), now());
        let token = books.tokens.authenticate(access_token, at).map_err(|_| NotAdmitted::Token)?;
        let token_id = token.id().clone();
        self.admit(books, token_id, ip, at)
    }

    /// Checks a signed path; good for GET and HEAD alone.
    ///
    /// # Errors
    /// As [`Home::authenticate`].
    pub fn authenticate_path(&self, method: &str, target: &str, ip: IpAddr) -> Result<Session, NotAdmitted> {
        let (books, at) = (self.books(), now());
        let token_id = books.signer.verify(method, target, at).map_err(|_| NotAdmitted::Token)?;
        self.admit(books, token_id, ip, at)
    }

    /// Checks the secret of a session that somebody signed in to as `client_id`: what the hub's own page has in its cookie, in
    /// place of access tokens that end every half hour. Worth what an access token made from it would be, as long as the
    /// session lasts, and its use moves the session's end as making one would.
    ///
    /// Secrets of programs' and other clients' sessions open nothing here. One look-up, in constant time in the secret.
    ///
    /// # Errors
    /// [`NotAdmitted`].
    pub fn authenticate_session(&self, secret: &str, client_id: &str, ip: IpAddr) -> Result<Session, NotAdmitted> {
        let (books, at) = (self.books(), now());
        let token = books.tokens.find_by_secret(secret, at).ok_or(NotAdmitted::Token)?;
        if token.kind() != TokenKind::Normal || token.client_id() != Some(client_id) {
            return Err(NotAdmitted::Token);
        }
        let token_id = token.id().clone();
        let session = self.admit(books, token_id, ip, at)?;
        self.books().tokens.note_session(&session.token_id, ip, at);
        Ok(session)
    }

    fn admit(
        &self,
        mut books: MutexGuard<'_, Books>,
        token_id: TokenId,
        ip: IpAddr,
        at: Timestamp,
    ) -> Result<Session, NotAdmitted> {
        let token = books.tokens.get_live(&token_id, at).ok_or(NotAdmitted::Token)?;
        let (user_id, is_limited) = (token.user_id().clone(), token.rate_limit().is_some());
        books.tokens.admit(&token_id, ip, at).map_err(|wait| NotAdmitted::TooOften(wait.secs))?;
        drop(books);
        if let Some(reason) = self.refusal(&user_id, ip) {
            return Err(NotAdmitted::User(reason));
        }
        let principal = danger::session_principal(&user_id, &token_id, ip);
        Ok(Session { principal, token_id, user_id, is_limited })
    }

    /// Counts one more thing that is asked in a session.
    ///
    /// # Errors
    /// [`NotAdmitted::TooOften`].
    pub fn count_use(&self, session: &Session) -> Result<(), NotAdmitted> {
        let ip = session.principal.from().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        self.books().tokens.admit(&session.token_id, ip, now()).map_err(|wait| NotAdmitted::TooOften(wait.secs))
    }

    /// Notes that a session's token is still in use: an open socket asks nothing, and hears.
    pub fn note_use(&self, session: &Session) {
        let ip = session.principal.from().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        self.books().tokens.note_use(&session.token_id, ip, now());
    }

    /// Keeps when programs' tokens were last used, of those that were since the last time.
    ///
    /// # Errors
    /// [`StoreError`]; the next use is kept the next time.
    pub async fn keep_uses(&self) -> Result<(), StoreError> {
        let mut turn = self.quiet_turn().await;
        let changes: Vec<_> = {
            let mut books = self.books();
            let used = books.tokens.take_used();
            let records = used.iter().filter_map(|id| books.tokens.get(id)).map(|token| token.for_storage().clone());
            records.map(|record| Change::Put(Box::new(Record::Token(record)))).collect()
        };
        self.commit(&mut turn, changes).await
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

    /// Tells whether a session may go on: its token is alive, and its user may still come in from where they are.
    pub fn is_live(&self, session: &Session) -> bool {
        let is_alive = self.books().tokens.get_live(&session.token_id, now()).is_some();
        is_alive
            && match session.principal.from() {
                Some(ip) => !self.is_shut_out(ip) && self.refusal(&session.user_id, ip).is_none(),
                None => self.inner.bus.world().auth.user(session.user_id.as_str()).is_some_and(|user| user.is_active),
            }
    }
}
