//! The book of all refresh tokens: finding, listing, ending and revoking them.

mod uses;
mod verified;

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    net::IpAddr,
};

use auth_core::{CredentialId, Timestamp, TokenId, UserId};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use thiserror::Error;

use uses::Uses;
use verified::Verified;

use crate::{
    access_token::{self, AccessTokenError},
    entropy::{self, Entropy},
    jwt,
    refresh_token::{Expiry, RefreshToken, TokenKind},
    throttle::RetryAfter,
};

/// All refresh tokens.
///
/// INVARIANT: ids and secrets are unique, and so are the names of one user's long-lived tokens.
///
/// Removing a token ends it at once: access tokens and signed paths made from it find no issuer any more, and the
/// ids that removals return tell the caller which open connections to close.
pub struct TokenBook {
    tokens: HashMap<TokenId, RefreshToken>,
    /// Secrets under a key that only this book has. A map's comparisons take time that depends on what is compared;
    /// of the hash, that tells nothing about the secret, since nobody outside can compute it.
    by_secret: HashMap<[u8; 32], TokenId>,
    key: hmac::Key,
    verified: Verified,
    uses: Uses,
}

/// Why a token was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InsertTokenError {
    /// Another token has the id or the secret.
    #[error("refresh token already exists")]
    Duplicate,
    /// The user has a long-lived token of that name.
    #[error("a long-lived token of that name already exists")]
    DuplicateName,
}

/// No refresh token has the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("refresh token not found")]
pub struct UnknownToken;

impl TokenBook {
    /// Makes an empty book.
    pub fn new(entropy: &mut dyn Entropy) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &entropy::bytes::<32>(entropy));
        Self {
            tokens: HashMap::new(),
            by_secret: HashMap::new(),
            key,
            verified: Verified::default(),
            uses: Uses::default(),
        }
    }

    /// Adds a token. O(1); O(n) for a long-lived one.
    ///
    /// # Errors
    ///
    /// Its id, its secret or its name is taken; the book is then unchanged.
    pub fn insert(&mut self, token: RefreshToken) -> Result<(), InsertTokenError> {
        let is_namesake = |other: &RefreshToken| {
            other.kind() == TokenKind::LongLived
                && other.user_id() == token.user_id()
                && other.client_name() == token.client_name()
        };
        if token.kind() == TokenKind::LongLived && self.tokens.values().any(is_namesake) {
            return Err(InsertTokenError::DuplicateName);
        }
        let digest = self.digest(token.secret().expose_secret());
        match (self.tokens.entry(token.id().clone()), self.by_secret.entry(digest)) {
            (Entry::Vacant(by_id), Entry::Vacant(by_secret)) => {
                by_secret.insert(token.id().clone());
                by_id.insert(token);
                Ok(())
            }
            _ => Err(InsertTokenError::Duplicate),
        }
    }

    /// Finds whose access token this is. The first time parsing and an HMAC, whether or not it names a known issuer; then one
    /// HMAC, and nothing is allocated.
    ///
    /// That the user is active and may sign in from where they are is the caller's to check.
    ///
    /// # Errors
    ///
    /// See [`AccessTokenError`]. A refresh token past its end proves nothing even before [`sweep`](Self::sweep).
    pub fn authenticate(&mut self, access_token: &str, now: Timestamp) -> Result<&RefreshToken, AccessTokenError> {
        if access_token.len() > jwt::MAX_LEN {
            return Err(AccessTokenError::Malformed);
        }
        let digest = self.digest(access_token);
        let known = self.verified.get(&digest, now).is_some_and(|id| self.tokens.contains_key(id));
        if !known {
            let find = |id: &str| self.tokens.get(id).map(|token| (token.id().clone(), token.jwt_key()));
            let (id, lifetime) = access_token::verify(access_token, now, find)?;
            self.verified.insert(digest, id, lifetime);
        }
        let token = self.verified.get(&digest, now).and_then(|id| self.tokens.get(id));
        match token.ok_or(AccessTokenError::Expired)? {
            token if token.is_expired(now) => Err(AccessTokenError::Expired),
            token => Ok(token),
        }
    }

    /// Notes that something is asked by a token, and holds those with a limit to it. Of programs' tokens the record changes:
    /// see [`take_used`](Self::take_used). O(1), allocates for a token's first request alone.
    ///
    /// # Errors
    ///
    /// [`RetryAfter`], and nothing is noted. Unknown tokens have no limit.
    pub fn admit(&mut self, id: &TokenId, ip: IpAddr, now: Timestamp) -> Result<(), RetryAfter> {
        let Some(token) = self.tokens.get(id) else { return Ok(()) };
        if let Some(per_minute) = token.rate_limit() {
            self.uses.take(id, per_minute, now)?;
        }
        self.note_program(id, ip, now);
        Ok(())
    }

    /// Notes that something is open that acts by a token, and asks nothing: see [`admit`](Self::admit) for programs' tokens
    /// and [`sessions_by_use`](Self::sessions_by_use) for sessions, of which that is not in their record.
    pub fn note_use(&mut self, id: &TokenId, ip: IpAddr, now: Timestamp) {
        if self.tokens.get(id).is_some_and(|token| token.kind() == TokenKind::Normal) {
            self.uses.see(id, now);
        } else {
            self.note_program(id, ip, now);
        }
    }

    fn note_program(&mut self, id: &TokenId, ip: IpAddr, now: Timestamp) {
        if let Some(token) = self.tokens.get_mut(id).filter(|token| token.kind() == TokenKind::LongLived) {
            token.touch(now, Some(ip));
            self.uses.note(id);
        }
    }

    /// Notes that a session is in use whose client shows its secret each time, and makes no access tokens of it. Its record is
    /// kept at most once in a minute: see [`take_used`](Self::take_used).
    pub fn note_session(&mut self, id: &TokenId, ip: IpAddr, now: Timestamp) {
        let is_due = |token: &&mut RefreshToken| {
            let stored = token.for_storage();
            stored.last_used_ip != Some(ip) || stored.last_used_at.is_none_or(|at| now.secs_since(at) >= 60 || now < at)
        };
        if let Some(token) = self.tokens.get_mut(id).filter(|token| token.kind() == TokenKind::Normal).filter(is_due) {
            token.touch(now, Some(ip));
            self.uses.note(id);
        }
    }

    /// Returns the tokens of programs and of [such sessions](Self::note_session) that were used since this was last asked, for
    /// the store.
    pub fn take_used(&mut self) -> Vec<TokenId> {
        self.uses.unsaved.drain().collect()
    }

    /// Finds the token with a secret (`refresh_token` of a token request). Constant time in the secret.
    ///
    /// `None` also for one past its end and for secrets over 1024 bytes.
    pub fn find_by_secret(&self, secret: &str, now: Timestamp) -> Option<&RefreshToken> {
        if secret.len() > MAX_SECRET_LEN {
            return None;
        }
        let token = self.tokens.get(self.by_secret.get(&self.digest(secret))?)?;
        let same = token.secret().expose_secret().as_bytes().ct_eq(secret.as_bytes());
        (bool::from(same) && !token.is_expired(now)).then_some(token)
    }

    /// Makes an access token from the token `id`, notes the use, and moves its end.
    ///
    /// The changed record is the caller's to store: see [`get`](Self::get).
    ///
    /// # Errors
    ///
    /// [`UnknownToken`], also for one past its end.
    pub fn issue_access_token(
        &mut self,
        id: &TokenId,
        now: Timestamp,
        ip: Option<IpAddr>,
    ) -> Result<SecretString, UnknownToken> {
        let token = self.tokens.get_mut(id).filter(|token| !token.is_expired(now)).ok_or(UnknownToken)?;
        token.touch(now, ip);
        Ok(token.issue_access_token(now))
    }

    /// Turns a token's end on or off; see [`RefreshToken::set_expiry`].
    ///
    /// # Errors
    ///
    /// [`UnknownToken`].
    pub fn set_expiry(&mut self, id: &TokenId, expiry: Expiry, now: Timestamp) -> Result<(), UnknownToken> {
        self.tokens.get_mut(id).ok_or(UnknownToken)?.set_expiry(expiry, now);
        Ok(())
    }

    /// Returns a token, whether or not it has ended. O(1).
    pub fn get(&self, id: &TokenId) -> Option<&RefreshToken> {
        self.tokens.get(id)
    }

    /// Returns a token that has not ended: for signed paths, whose issuer must still be good. O(1).
    pub fn get_live(&self, id: &TokenId, now: Timestamp) -> Option<&RefreshToken> {
        self.get(id).filter(|token| !token.is_expired(now))
    }

    /// Lists a user's tokens, oldest first. O(n).
    pub fn of_user(&self, user: &UserId) -> Vec<&RefreshToken> {
        let mut tokens: Vec<_> = self.tokens.values().filter(|token| token.user_id() == user).collect();
        tokens.sort_by_key(|token| (token.for_storage().created_at, token.id()));
        tokens
    }

    /// Lists a user's sessions, from the one that was used longest ago: that made an access token, showed its secret or had
    /// something open. O(n), and O(k · log k) in those of the user.
    pub fn sessions_by_use(&self, user: &UserId) -> Vec<&RefreshToken> {
        let is_session = |token: &&RefreshToken| token.kind() == TokenKind::Normal && token.user_id() == user;
        let mut sessions: Vec<_> = self.tokens.values().filter(is_session).collect();
        sessions.sort_by_cached_key(|token| {
            let record = token.for_storage();
            (self.uses.seen(&record.id).max(record.last_used_at).unwrap_or(record.created_at), &record.id)
        });
        sessions
    }

    /// Lists all tokens in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &RefreshToken> {
        self.tokens.values()
    }

    /// Removes a token; returns it if there was one. O(1).
    pub fn remove(&mut self, id: &TokenId) -> Option<RefreshToken> {
        let token = self.tokens.remove(id)?;
        self.uses.forget(id);
        let digest = self.digest(token.secret().expose_secret());
        self.by_secret.remove(&digest);
        Some(token)
    }

    /// Removes the token with a secret and returns its id: `/auth/revoke`. Also finds one past its end.
    pub fn revoke_secret(&mut self, secret: &str) -> Option<TokenId> {
        let id = self.find_by_secret(secret, Timestamp::from_micros(i64::MIN))?.id().clone();
        self.remove(&id).map(|_| id)
    }

    /// Removes the tokens that came from a credential; returns their ids, sorted. O(n).
    pub fn remove_credential(&mut self, credential: &CredentialId) -> Vec<TokenId> {
        self.remove_where(|token| token.credential_id() == Some(credential))
    }

    /// Removes a user's tokens: the user was deleted or deactivated. Returns their ids, sorted. O(n).
    pub fn remove_user(&mut self, user: &UserId) -> Vec<TokenId> {
        self.remove_where(|token| token.user_id() == user)
    }

    /// Returns when the next token ends. O(n).
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.tokens.values().filter_map(RefreshToken::expire_at).min()
    }

    /// Removes the tokens that have ended; returns their ids, sorted. O(n).
    pub fn sweep(&mut self, now: Timestamp) -> Vec<TokenId> {
        self.remove_where(|token| token.is_expired(now))
    }

    fn remove_where(&mut self, doomed: impl Fn(&RefreshToken) -> bool) -> Vec<TokenId> {
        let mut ids: Vec<_> = self.tokens.values().filter(|token| doomed(token)).map(|t| t.id().clone()).collect();
        ids.sort();
        for id in &ids {
            self.remove(id);
        }
        ids
    }

    fn digest(&self, secret: &str) -> [u8; 32] {
        let mut digest = [0; 32];
        digest.copy_from_slice(hmac::sign(&self.key, secret.as_bytes()).as_ref());
        digest
    }
}

/// Secrets longer than this, in bytes, are nobody's. Ours have 128.
const MAX_SECRET_LEN: usize = 1024;

impl fmt::Debug for TokenBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenBook").field("n_tokens", &self.tokens.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
