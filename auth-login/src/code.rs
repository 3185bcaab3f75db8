//! Authorization codes: what a finished login gives a client, to be exchanged once for a refresh token.

use std::collections::{BTreeMap, VecDeque};

use auth_core::{CredentialId, Timestamp, TokenId};
use ring::digest;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use crate::{
    entropy::{self, Entropy},
    pkce::Challenge,
};

/// What a code stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What was signed in with.
    pub credential_id: CredentialId,
    /// The client that asked, exactly as it wrote its id; nobody else can redeem the code.
    pub client_id: String,
    /// Where the code is sent; `None` where there was no redirect.
    pub redirect_uri: Option<String>,
    /// What the redeemer must prove to know.
    pub challenge: Option<Challenge>,
}

/// A request to exchange a code.
#[derive(Clone, Copy, Debug)]
pub struct Redemption<'a> {
    /// The client's id, as it sent it.
    pub client_id: &'a str,
    /// The code.
    pub code: &'a str,
    /// `code_verifier`, if sent.
    pub verifier: Option<&'a str>,
    /// `redirect_uri`, if sent (Home Assistant's clients do not): must then be the one of the login (RFC 6749, 4.1.3).
    pub redirect_uri: Option<&'a str>,
}

/// A code that was exchanged: make a refresh token, then tell [`CodeBook::record`] its id.
#[derive(Debug)]
#[must_use]
pub struct Redeemed {
    /// What the code stood for.
    pub grant: Grant,
    /// When the login was done that it came from.
    pub issued_at: Timestamp,
    key: Key,
}

/// Why a code was not exchanged. Except for [`InvalidCode`](Self::InvalidCode), the code is spent by the attempt.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RedeemError {
    /// Unknown, expired, or of another client (whose it stays).
    #[error("Invalid code")]
    InvalidCode,
    /// Spent before. If it gave a refresh token, that one is to be revoked: somebody has a copy of the code.
    /// Clients are told no more than of an invalid code.
    #[error("Invalid code")]
    AlreadyUsed {
        /// The token that the first use gave.
        refresh_token: Option<TokenId>,
    },
    /// The login had a challenge and the request has no verifier.
    #[error("Code verifier required")]
    VerifierRequired,
    /// The verifier is malformed or does not hash to the challenge.
    #[error("Invalid code verifier")]
    InvalidVerifier,
    /// The request has a verifier and the login had no challenge.
    #[error("Code verifier provided but no code challenge was present")]
    UnexpectedVerifier,
    /// The request's redirect URI is not the login's. Clients are told no more than of an invalid code.
    #[error("Invalid code")]
    RedirectMismatch,
}

/// What [`CodeBook::record`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Recorded {
    /// All is well.
    Kept,
    /// The code came a second time since it was redeemed: the refresh token is to be revoked at once.
    RevokeNow,
}

/// A code is valid this many seconds after it was issued, as in Home Assistant.
pub const CODE_SECS: i64 = 600;

/// A spent code is known as such this many seconds after it was issued.
pub const SPENT_CODE_SECS: i64 = 3_600;

/// As many codes are kept; beyond, the oldest goes.
pub const MAX_CODES: usize = 10_000;

/// All codes, spent ones included, in memory only: codes die with the process.
///
/// They are kept under SHA-256 of client id and code, so the time that a lookup takes tells nothing about a code.
///
/// INVARIANT: `oldest_first` names exactly the keys of `codes`.
#[derive(Debug, Default)]
pub struct CodeBook {
    codes: BTreeMap<Key, Code>,
    oldest_first: VecDeque<Key>,
}

type Key = [u8; 32];

#[derive(Debug)]
struct Code {
    issued_at: Timestamp,
    state: State,
}

#[derive(Debug)]
enum State {
    Fresh(Grant),
    Spent { refresh_token: Option<TokenId>, replayed: bool },
}

impl CodeBook {
    /// Makes an empty book.
    pub fn new() -> Self {
        Self::default()
    }

    /// Issues a code for `grant`: 32 hex digits, valid for [`CODE_SECS`]. O(log n).
    pub fn issue(&mut self, grant: Grant, now: Timestamp, entropy: &mut dyn Entropy) -> SecretString {
        let code = SecretString::from(entropy::new_id(entropy));
        self.sweep(now);
        while self.oldest_first.len() >= MAX_CODES
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.codes.remove(&oldest);
        }
        let key = key_of(&grant.client_id, code.expose_secret());
        if self.codes.insert(key, Code { issued_at: now, state: State::Fresh(grant) }).is_none() {
            self.oldest_first.push_back(key);
        }
        code
    }

    /// Exchanges a code. O(log n).
    ///
    /// # Errors
    ///
    /// See [`RedeemError`]. A code of another client is not touched; after any other failure it is spent.
    pub fn redeem(&mut self, request: Redemption<'_>, now: Timestamp) -> Result<Redeemed, RedeemError> {
        self.sweep(now);
        let key = key_of(request.client_id, request.code);
        let code = self.codes.get_mut(&key).ok_or(RedeemError::InvalidCode)?;
        let grant = match &mut code.state {
            State::Spent { refresh_token, replayed } => {
                *replayed = true;
                return Err(RedeemError::AlreadyUsed { refresh_token: refresh_token.clone() });
            }
            State::Fresh(grant) => grant.clone(),
        };
        code.state = State::Spent { refresh_token: None, replayed: false };
        // A clock that was set back by more than a little must not make codes last longer.
        if !(-SKEW_SECS..CODE_SECS).contains(&now.secs_since(code.issued_at)) {
            return Err(RedeemError::InvalidCode);
        }
        match (&grant.challenge, request.verifier) {
            (None, None) => {}
            (Some(_), None) => return Err(RedeemError::VerifierRequired),
            (None, Some(_)) => return Err(RedeemError::UnexpectedVerifier),
            (Some(challenge), Some(verifier)) if challenge.matches(verifier) => {}
            (Some(_), Some(_)) => return Err(RedeemError::InvalidVerifier),
        }
        if request.redirect_uri.is_some() && request.redirect_uri != grant.redirect_uri.as_deref() {
            return Err(RedeemError::RedirectMismatch);
        }
        Ok(Redeemed { grant, issued_at: code.issued_at, key })
    }

    /// Remembers which refresh token a code gave, so that a second use can revoke it. O(log n).
    pub fn record(&mut self, redeemed: &Redeemed, token: &TokenId) -> Recorded {
        match self.codes.get_mut(&redeemed.key) {
            Some(Code { state: State::Spent { refresh_token, replayed }, .. }) => {
                *refresh_token = Some(token.clone());
                if *replayed { Recorded::RevokeNow } else { Recorded::Kept }
            }
            _ => Recorded::Kept,
        }
    }

    /// Returns how many codes are held, spent ones included: at most [`MAX_CODES`].
    pub fn n_codes(&self) -> usize {
        self.codes.len()
    }

    /// Drops what is too old, from the oldest on.
    fn sweep(&mut self, now: Timestamp) {
        while let Some(key) = self.oldest_first.front() {
            match self.codes.get(key) {
                Some(code) if now.secs_since(code.issued_at) < SPENT_CODE_SECS => return,
                _ => {
                    self.codes.remove(key);
                    self.oldest_first.pop_front();
                }
            }
        }
    }
}

const SKEW_SECS: i64 = 10;

/// Hashes client id and code, with a length between so that no two pairs are one text.
fn key_of(client_id: &str, code: &str) -> Key {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(&client_id.len().to_be_bytes());
    hash.update(client_id.as_bytes());
    hash.update(code.as_bytes());
    let mut key = [0; 32];
    key.copy_from_slice(hash.finish().as_ref());
    key
}

#[cfg(test)]
mod tests;
