//! What a token endpoint gives, and what is kept of it.

use std::fmt;

use auth_core::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

/// A token and what belongs to it. `Debug` shows neither tokens nor what else came with them.
///
/// In an entry's data it is the object under `token`, as Home Assistant writes it: `access_token`, `refresh_token`,
/// `expires_in` (seconds, a whole number), `expires_at` (seconds since the Unix epoch, a float), and whatever else the
/// endpoint sent.
#[derive(Clone)]
pub struct Token {
    access_token: SecretString,
    refresh_token: Option<SecretString>,
    expires_in: Option<u32>,
    expires_at: f64,
    rest: Map<String, Value>,
}

/// Why an answer is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableToken {
    /// There is no `access_token` in it.
    #[error("the answer has no access_token")]
    NoAccessToken,
    /// Neither it nor the token before says how long it is valid: `expires_in` is no number of seconds above 0.
    #[error("the answer has no usable expires_in")]
    NoExpiry,
}

/// A token that expires within this time counts as expired, in seconds. Home Assistant's figure.
const EARLY_SECS: f64 = 20.0;

impl Token {
    /// Reads the first answer of a token endpoint, which came `now`.
    ///
    /// # Errors
    /// [`UnusableToken`].
    pub fn from_answer(answer: &Map<String, Value>, now: Timestamp) -> Result<Self, UnusableToken> {
        let access_token = text(answer, "access_token").ok_or(UnusableToken::NoAccessToken)?;
        let expires_in = match answer.get("expires_in") {
            None | Some(Value::Null) => None,
            Some(value) => Some(seconds(value).ok_or(UnusableToken::NoExpiry)?),
        };
        Self {
            access_token,
            refresh_token: text(answer, "refresh_token"),
            expires_in,
            expires_at: 0.0,
            rest: rest(answer),
        }
        .starting(now)
    }

    /// Returns this token with the answer to its refresh put over it: what was not sent again stays, the refresh token
    /// and the lifetime too.
    ///
    /// # Errors
    /// [`UnusableToken`].
    pub fn merge(&self, answer: &Map<String, Value>, now: Timestamp) -> Result<Self, UnusableToken> {
        let mut sent = answer.clone();
        if matches!(sent.get("expires_in"), None | Some(Value::Null))
            && let Some(expires_in) = self.expires_in
        {
            sent.insert("expires_in".to_owned(), json!(expires_in));
        }
        let fresh = Self::from_answer(&sent, now)?;
        let mut rest = self.rest.clone();
        rest.extend(fresh.rest);
        let refresh_token = fresh.refresh_token.or_else(|| self.refresh_token.clone());
        Ok(Self { refresh_token, rest, ..fresh })
    }

    /// Returns this token, expired, with the new refresh token of an answer that is no token otherwise; none if it brought
    /// no other.
    pub fn rotated(&self, answer: &Map<String, Value>) -> Option<Self> {
        let fresh = text(answer, "refresh_token")?;
        let own = self.refresh_token.as_ref().map(ExposeSecret::expose_secret);
        let is_new = own != Some(fresh.expose_secret());
        is_new.then(|| Self { refresh_token: Some(fresh), expires_at: 0.0, ..self.clone() })
    }

    /// Reads the `token` of an entry's data. One that does not say when it expires counts as expired.
    pub fn from_data(data: &Value) -> Option<Self> {
        let data = data.as_object()?;
        Some(Self {
            access_token: text(data, "access_token")?,
            refresh_token: text(data, "refresh_token"),
            expires_in: data.get("expires_in").and_then(seconds),
            expires_at: data.get("expires_at").and_then(Value::as_f64).unwrap_or(0.0),
            rest: rest(data),
        })
    }

    /// Returns what belongs under `token` in an entry's data, secrets included.
    pub fn to_data(&self) -> Value {
        let mut data = self.rest.clone();
        data.insert("access_token".to_owned(), json!(self.access_token.expose_secret()));
        if let Some(refresh_token) = &self.refresh_token {
            data.insert("refresh_token".to_owned(), json!(refresh_token.expose_secret()));
        }
        data.extend(self.expires_in.map(|expires_in| ("expires_in".to_owned(), json!(expires_in))));
        data.insert("expires_at".to_owned(), json!(self.expires_at));
        Value::Object(data)
    }

    /// Tells whether it is valid for another 20 seconds.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.expires_at > now.as_secs_f64() + EARLY_SECS
    }

    /// Returns what is sent to whoever the token is for.
    pub const fn access_token(&self) -> &SecretString {
        &self.access_token
    }

    /// Returns what the next token is had with.
    pub const fn refresh_token(&self) -> Option<&SecretString> {
        self.refresh_token.as_ref()
    }

    /// Returns what else the endpoint sent, such as `id_token` or `scope`.
    pub const fn rest(&self) -> &Map<String, Value> {
        &self.rest
    }

    fn starting(self, now: Timestamp) -> Result<Self, UnusableToken> {
        let expires_in = self.expires_in.ok_or(UnusableToken::NoExpiry)?;
        Ok(Self { expires_at: now.as_secs_f64() + f64::from(expires_in), ..self })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token(until {})", self.expires_at)
    }
}

fn text(object: &Map<String, Value>, name: &str) -> Option<SecretString> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(SecretString::from)
}

/// Reads a lifetime: a number of seconds above 0, whole or cut to a whole one, or such a number as a text. What is
/// longer than 136 years is that.
fn seconds(value: &Value) -> Option<u32> {
    let whole = match value {
        Value::Number(number) => match number.as_u64() {
            Some(whole) => whole,
            // Digits before the point; an exponent means a number that nobody sends.
            None => number.to_string().split_once('.').filter(|(_, rest)| is_digits(rest))?.0.parse().ok()?,
        },
        Value::String(text) if is_digits(text.trim()) => text.trim().parse().ok()?,
        _ => return None,
    };
    (whole > 0).then(|| u32::try_from(whole).unwrap_or(u32::MAX))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn rest(object: &Map<String, Value>) -> Map<String, Value> {
    let own = ["access_token", "refresh_token", "expires_in", "expires_at"];
    let others = object.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    others.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests;
