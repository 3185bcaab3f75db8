//! Refresh tokens: one for each session, long-lived token or system user.

use std::net::IpAddr;

use auth_core::{CredentialId, Timestamp, TokenId, UserId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    access_token,
    entropy::{self, Entropy},
};

/// What a refresh token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TokenKind {
    /// A session that someone signed in to; ends 90 days after its last use.
    #[serde(rename = "normal")]
    Normal,
    /// Of a system user; never ends.
    #[serde(rename = "system")]
    System,
    /// Behind a token that a user made for a program; the record never ends, the access token does.
    #[serde(rename = "long_lived_access_token")]
    LongLived,
}

impl TokenKind {
    /// Returns Home Assistant's name for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::System => "system",
            Self::LongLived => "long_lived_access_token",
        }
    }
}

/// A session ends this many seconds after its last use: 90 days, as in Home Assistant.
pub const SESSION_SECS: i64 = 90 * 86_400;

/// Access tokens of sessions and system users last this many seconds, as in Home Assistant.
pub const ACCESS_TOKEN_SECS: i64 = 1_800;

/// The longest life of a long-lived access token, in days: about a hundred years.
pub const MAX_LIFESPAN_DAYS: u32 = 36_525;

/// A refresh token as the store keeps it: every field, secrets included when serialised.
///
/// `Debug` hides the secrets. It becomes a [`RefreshToken`] through [`into_token`](Self::into_token).
/// Source of the fields: Home Assistant 2026.11's `.storage/auth`; instants are microseconds here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredRefreshToken {
    /// Names the token; access tokens carry it as `iss`.
    pub id: TokenId,
    /// Whose it is.
    pub user_id: UserId,
    /// The client that signed in, a URL; `None` for system and long-lived tokens.
    pub client_id: Option<String>,
    /// What the user calls it; long-lived tokens only.
    pub client_name: Option<String>,
    /// An icon for lists, such as `mdi:robot`.
    pub client_icon: Option<String>,
    /// What it is for.
    pub kind: TokenKind,
    /// The secret that the client holds and sends as `refresh_token`: 128 hex digits.
    #[serde(with = "secret_text")]
    pub token: SecretString,
    /// Signs the access tokens; the bytes of this text are the key: 128 hex digits.
    #[serde(with = "secret_text")]
    pub jwt_key: SecretString,
    /// When it was made.
    pub created_at: Timestamp,
    /// When an access token was last made from it.
    pub last_used_at: Option<Timestamp>,
    /// For whom that was.
    pub last_used_ip: Option<IpAddr>,
    /// When it ends; `None` for never.
    pub expire_at: Option<Timestamp>,
    /// How long its access tokens last, in seconds.
    pub access_token_expiration: i64,
    /// What the user signed in with; `None` where nobody signed in.
    pub credential_id: Option<CredentialId>,
    /// The version of the hub that made it.
    pub version: Option<String>,
    /// A policy of its own as JSON text, which narrows whatever acts by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// As many requests may be made by it in a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<u32>,
}

/// Why a stored refresh token cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StoredTokenError {
    /// The id is empty.
    #[error("refresh token has no id")]
    NoId,
    /// The token's secret or signing key is shorter than 32 characters: it could be guessed.
    #[error("refresh token has a weak secret")]
    WeakSecret,
    /// Access tokens would last no time at all.
    #[error("refresh token has an access token lifetime that is not positive")]
    NoLifetime,
}

impl StoredRefreshToken {
    /// Checks the record and makes it usable.
    ///
    /// # Errors
    ///
    /// See [`StoredTokenError`]; what Home Assistant makes always passes.
    pub fn into_token(self) -> Result<RefreshToken, StoredTokenError> {
        if self.id.as_str().is_empty() {
            return Err(StoredTokenError::NoId);
        }
        if [&self.token, &self.jwt_key].iter().any(|secret| secret.expose_secret().len() < MIN_SECRET_LEN) {
            return Err(StoredTokenError::WeakSecret);
        }
        if self.access_token_expiration <= 0 {
            return Err(StoredTokenError::NoLifetime);
        }
        Ok(RefreshToken(self))
    }
}

const MIN_SECRET_LEN: usize = 32;

/// A refresh token that is fit for use. Not serialisable: see [`for_storage`](Self::for_storage).
#[derive(Clone, Debug)]
pub struct RefreshToken(StoredRefreshToken);

impl RefreshToken {
    /// Makes the token of a session for `client_id`; it ends 90 days after its last use.
    pub fn new_normal(
        user_id: UserId,
        credential_id: CredentialId,
        client_id: &str,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Self {
        let mut token = Self::new(user_id, TokenKind::Normal, now, entropy);
        token.0.client_id = Some(client_id.to_owned());
        token.0.credential_id = Some(credential_id);
        token.0.expire_at = Some(now.plus_secs(SESSION_SECS));
        token
    }

    /// Makes a long-lived token called `client_name`, whose access token lasts `lifespan_days`
    /// (brought into 1 ..= [`MAX_LIFESPAN_DAYS`]).
    pub fn new_long_lived(
        user_id: UserId,
        client_name: &str,
        client_icon: Option<&str>,
        lifespan_days: u32,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Self {
        let mut token = Self::new(user_id, TokenKind::LongLived, now, entropy);
        token.0.client_name = Some(client_name.to_owned());
        token.0.client_icon = client_icon.map(str::to_owned);
        token.0.access_token_expiration = i64::from(lifespan_days.clamp(1, MAX_LIFESPAN_DAYS)) * 86_400;
        token
    }

    /// Makes the token of a system user; it never ends.
    pub fn new_system(user_id: UserId, now: Timestamp, entropy: &mut dyn Entropy) -> Self {
        Self::new(user_id, TokenKind::System, now, entropy)
    }

    fn new(user_id: UserId, kind: TokenKind, now: Timestamp, entropy: &mut dyn Entropy) -> Self {
        Self(StoredRefreshToken {
            id: entropy::new_id(entropy).into(),
            user_id,
            client_id: None,
            client_name: None,
            client_icon: None,
            kind,
            token: entropy::hex::<64>(entropy).into(),
            jwt_key: entropy::hex::<64>(entropy).into(),
            created_at: now,
            last_used_at: None,
            last_used_ip: None,
            expire_at: None,
            access_token_expiration: ACCESS_TOKEN_SECS,
            credential_id: None,
            version: Some(concat!("doorward ", env!("CARGO_PKG_VERSION")).to_owned()),
            policy: None,
            rate_limit: None,
        })
    }

    /// Gives the token a policy of its own, as JSON text.
    #[must_use]
    pub fn narrowed_to(mut self, policy: String) -> Self {
        self.0.policy = Some(policy);
        self
    }

    /// Limits the requests that may be made by the token in a minute.
    #[must_use]
    pub const fn limited_to(mut self, per_minute: u32) -> Self {
        self.0.rate_limit = Some(per_minute);
        self
    }

    /// Makes an access token that is valid from `now` (whole seconds) for the token's access token lifetime.
    pub fn issue_access_token(&self, now: Timestamp) -> SecretString {
        access_token::issue(&self.0.id, self.jwt_key(), now, self.0.access_token_expiration)
    }

    /// Notes a use at `now` from `ip`; a token that ends then ends 90 days later.
    pub fn touch(&mut self, now: Timestamp, ip: Option<IpAddr>) {
        self.0.last_used_at = Some(now);
        self.0.last_used_ip = ip.or(self.0.last_used_ip);
        if self.0.expire_at.is_some() {
            self.0.expire_at = Some(now.plus_secs(SESSION_SECS));
        }
    }

    /// Lets the token end 90 days after its last use (or after `now`, if unused), or never.
    ///
    /// An end that is already set stays. Source: `auth/refresh_token_set_expiry`.
    pub fn set_expiry(&mut self, expiry: Expiry, now: Timestamp) {
        self.0.expire_at = match expiry {
            Expiry::Never => None,
            Expiry::Sliding => {
                let ends = self.0.last_used_at.unwrap_or(now).plus_secs(SESSION_SECS);
                self.0.expire_at.or(Some(ends))
            }
        };
    }

    /// Tells whether the token has ended.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.0.expire_at.is_some_and(|end| end <= now)
    }

    /// Tells whether a long-lived token is good for nothing any more: its access token, which was made with it, is over, and
    /// there is no other.
    pub fn is_spent(&self, now: Timestamp) -> bool {
        self.0.kind == TokenKind::LongLived && self.0.created_at.plus_secs(self.0.access_token_expiration) <= now
    }

    /// Returns every field, secrets included: for the store, and for reading the rest.
    pub fn for_storage(&self) -> &StoredRefreshToken {
        &self.0
    }

    /// Returns what access tokens call it.
    pub fn id(&self) -> &TokenId {
        &self.0.id
    }

    /// Returns whose it is.
    pub fn user_id(&self) -> &UserId {
        &self.0.user_id
    }

    /// Returns what it is for.
    pub fn kind(&self) -> TokenKind {
        self.0.kind
    }

    /// Returns the client that signed in, as it was given.
    pub fn client_id(&self) -> Option<&str> {
        self.0.client_id.as_deref()
    }

    /// Returns how many requests may be made by it in a minute; none for any number.
    pub const fn rate_limit(&self) -> Option<u32> {
        self.0.rate_limit
    }

    /// Returns the name of a long-lived token.
    pub fn client_name(&self) -> Option<&str> {
        self.0.client_name.as_deref()
    }

    /// Returns what the user signed in with.
    pub fn credential_id(&self) -> Option<&CredentialId> {
        self.0.credential_id.as_ref()
    }

    /// Returns when it ends, if ever.
    pub fn expire_at(&self) -> Option<Timestamp> {
        self.0.expire_at
    }

    /// Returns how long its access tokens last, in seconds: `expires_in`.
    pub fn access_token_secs(&self) -> i64 {
        self.0.access_token_expiration
    }

    /// Returns the secret, to hand it to the client that signed in, once.
    pub fn secret(&self) -> &SecretString {
        &self.0.token
    }

    pub(crate) fn jwt_key(&self) -> &str {
        self.0.jwt_key.expose_secret()
    }
}

/// Whether a token ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// 90 days after its last use.
    Sliding,
    /// Not by itself.
    Never,
}

mod secret_text {
    use secrecy::{ExposeSecret, SecretString};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose_secret())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
        String::deserialize(deserializer).map(SecretString::from)
    }
}

#[cfg(test)]
mod tests;
