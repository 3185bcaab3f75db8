//! Access tokens: short proofs of a refresh token, in the form that Home Assistant gives them.

use auth_core::{Timestamp, TokenId};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use thiserror::Error;

use crate::jwt::{self, Lifetime, Phase, Unsigned};

/// Clocks may differ by this many seconds, as in Home Assistant.
pub const LEEWAY_SECS: i64 = 10;

/// Why an access token proves nothing. Tell the client none of this: to it, all are one refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AccessTokenError {
    /// Not a token of our form, or longer than 8192 bytes.
    #[error("access token is malformed")]
    Malformed,
    /// No refresh token has the id that the token names.
    #[error("access token is of an unknown refresh token")]
    UnknownIssuer,
    /// The signature was not made with the refresh token's key.
    #[error("access token has a wrong signature")]
    BadSignature,
    /// Its time is over, or its refresh token's is.
    #[error("access token has expired")]
    Expired,
    /// It claims to be from the future.
    #[error("access token is not valid yet")]
    NotYetValid,
}

/// Makes the access token `{"iss": issuer, "iat": now, "exp": now + lifetime}`, signed with the bytes of `jwt_key`.
///
/// `jwt_key` is used as it is written, 128 hex digits in Home Assistant: they are not decoded.
pub(crate) fn issue(issuer: &TokenId, jwt_key: &str, now: Timestamp, lifetime_secs: i64) -> SecretString {
    let iat = now.as_secs();
    let claims = json!({"iss": issuer.as_str(), "iat": iat, "exp": iat.saturating_add(lifetime_secs)});
    jwt::sign(&claims, jwt_key.as_bytes()).into()
}

/// Checks an access token; `find` gives the issuer and its key. Returns the issuer, and how long the token is good.
///
/// An unknown issuer costs the same hashing as a known one, so time does not tell which ids exist.
pub(crate) fn verify<'k, T>(
    token: &str,
    now: Timestamp,
    find: impl FnOnce(&str) -> Option<(T, &'k str)>,
) -> Result<(T, Lifetime), AccessTokenError> {
    let token = Unsigned::<Claims>::parse(token).map_err(|_| AccessTokenError::Malformed)?;
    let (issuer, key) = match find(&token.unverified_claims().iss) {
        Some((issuer, key)) => (Some(issuer), key),
        None => (None, ""),
    };
    let claims = token.verify(key.as_bytes());
    let issuer = issuer.ok_or(AccessTokenError::UnknownIssuer)?;
    let Claims { iat, exp, .. } = claims.ok_or(AccessTokenError::BadSignature)?;
    let lifetime = Lifetime { iat, exp };
    match lifetime.phase(now, LEEWAY_SECS) {
        Phase::Valid => Ok((issuer, lifetime)),
        Phase::Expired => Err(AccessTokenError::Expired),
        Phase::Early => Err(AccessTokenError::NotYetValid),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    iat: i64,
    exp: i64,
}

#[cfg(test)]
mod tests;
