//! What a refresh that gives no token means: sign in again, try again later, or neither.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{HttpAnswer, TransportError, UnusableToken};
use crate::{AuthFailed, Reason, SetupError};

/// Why there is no token.
///
/// Where the reference and this differ, this is on purpose: a 408 is nobody's refusal, and broken JSON is a server's
/// bad moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFailure {
    /// The refresh token, or the client, is refused, or there is no refresh token: somebody must sign in again.
    #[error("the sign-in is refused")]
    Refused,
    /// The application credential with which the entry was made is gone.
    #[error("the application credential is gone")]
    UnknownCredential,
    /// No answer, or one that says: later.
    #[error("the token cannot be refreshed now: {why}")]
    Transient {
        /// Why, for people.
        why: String,
        /// How long the other side wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// An answer that cannot be read: a redirect, no JSON, or broken JSON.
    #[error("the answer to the refresh cannot be read")]
    Unreadable {
        /// How long the other side wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// There is a new token, and it could not be kept. It will be before anybody uses it.
    #[error("the new token could not be kept")]
    NotKept,
    /// A token of which nobody knows how long it is valid.
    #[error("the answer to the refresh has no usable expires_in")]
    NoExpiry,
}

/// Reads the answer to a refresh.
///
/// | answer | outcome |
/// |---|---|
/// | 2xx, a JSON object | the object |
/// | 408, 429, 5xx, none | [`TokenFailure::Transient`] |
/// | every other 4xx | [`TokenFailure::Refused`] |
/// | 1xx, 3xx, no JSON, broken JSON, JSON that is no object | [`TokenFailure::Unreadable`] |
pub(crate) fn read_refresh(answer: Result<HttpAnswer, TransportError>) -> Result<Map<String, Value>, TokenFailure> {
    let answer = answer.map_err(|error| TokenFailure::Transient { why: error.to_string(), retry_after: None })?;
    let retry_after = answer.retry_after;
    match answer.status {
        200..=299 => read_json(&answer).ok_or(TokenFailure::Unreadable { retry_after }),
        408 | 429 | 500..=599 => {
            Err(TokenFailure::Transient { why: format!("it answered {}", answer.status), retry_after })
        }
        400..=499 => Err(TokenFailure::Refused),
        _ => Err(TokenFailure::Unreadable { retry_after }),
    }
}

/// Returns the object that an answer is, if it is said to be JSON and is.
pub(crate) fn read_json(answer: &HttpAnswer) -> Option<Map<String, Value>> {
    match service_bus::parse_json(&answer.body) {
        Ok(Value::Object(object)) if answer.is_json() => Some(object),
        _ => None,
    }
}

impl TokenFailure {
    /// Tells whether somebody must sign in again.
    pub const fn needs_sign_in(&self) -> bool {
        matches!(self, Self::Refused | Self::UnknownCredential)
    }

    /// Returns the reason, for people. Keys are those of the reference.
    pub fn reason(&self) -> Reason {
        let (text, key) = match self {
            Self::Refused => ("The sign-in has expired or is refused; sign in again", "oauth2_helper_reauth_required"),
            Self::UnknownCredential => {
                ("The application credential is gone; sign in with another", "oauth2_unknown_implementation")
            }
            Self::Transient { why, .. } => {
                let text = format!("The token cannot be refreshed now: {why}");
                return Reason::translated(text, "homeassistant", "oauth2_helper_refresh_transient");
            }
            Self::Unreadable { .. } => {
                ("The answer to the refresh of the token cannot be read", "oauth2_helper_refresh_failed")
            }
            Self::NotKept => ("The new token could not be kept", "oauth2_helper_refresh_transient"),
            Self::NoExpiry => {
                ("The new token does not say how long it is valid (expires_in)", "oauth2_helper_refresh_failed")
            }
        };
        Reason::translated(text, "homeassistant", key)
    }
}

impl From<UnusableToken> for TokenFailure {
    fn from(error: UnusableToken) -> Self {
        match error {
            UnusableToken::NoAccessToken => Self::Transient { why: error.to_string(), retry_after: None },
            UnusableToken::NoExpiry => Self::NoExpiry,
        }
    }
}

impl From<TokenFailure> for SetupError<AuthFailed> {
    fn from(failure: TokenFailure) -> Self {
        let reason = failure.reason();
        match failure {
            TokenFailure::Refused | TokenFailure::UnknownCredential => Self::auth_failed(reason),
            TokenFailure::Transient { retry_after, .. } | TokenFailure::Unreadable { retry_after } => {
                Self::NotReady { reason, retry_after }
            }
            TokenFailure::NotKept => Self::not_ready(reason),
            TokenFailure::NoExpiry => Self::fatal(reason),
        }
    }
}

#[cfg(test)]
mod tests;
