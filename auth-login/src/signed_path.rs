//! Signed paths: URLs that carry a right to be fetched for a short time, for where no header can be set.
//!
//! A signature binds the refresh token that asked for it, the path, the query and the time. It holds for GET and
//! HEAD only, and no longer than that token: the caller looks the token up at every use
//! ([`TokenBook::get_live`](crate::token_book::TokenBook::get_live)) and runs the request as its user.

use std::fmt;

use auth_core::{Timestamp, TokenId};
use serde::Deserialize;
use serde_json::json;
use thiserror::Error;

use crate::{
    entropy::{self, Entropy},
    jwt::{self, Lifetime, Phase, Unsigned},
};

mod percent;

pub(crate) use percent::encode_component;
use percent::{decode_component, decode_path};

/// The query key of the signature.
pub const SIGNATURE_KEY: &str = "authSig";

/// A signature holds this many seconds unless asked otherwise, as in Home Assistant.
pub const DEFAULT_SECS: u32 = 30;

/// Why a path was not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("path cannot be signed")]
pub struct UnsignablePath;

/// Why a request's signature does not hold. Tell the client none of this: to it, all are one refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignedPathError {
    /// The query has no signature.
    #[error("path is not signed")]
    NotSigned,
    /// The method is not GET or HEAD.
    #[error("signed paths are for reading only")]
    Method,
    /// Path, query or signature cannot be read, or there are two signatures.
    #[error("signed path is malformed")]
    Malformed,
    /// The signature is not ours, or of before the last start.
    #[error("signed path has a wrong signature")]
    BadSignature,
    /// The signature is for another path or query.
    #[error("signature is for another path")]
    OtherPath,
    /// Its time is over.
    #[error("signed path has expired")]
    Expired,
    /// It claims to be from the future.
    #[error("signed path is not valid yet")]
    NotYetValid,
}

/// Signs paths with a key that lives as long as this value, so signatures die with the process.
pub struct PathSigner {
    key: [u8; 32],
}

impl PathSigner {
    /// Makes a signer with a fresh key.
    pub fn new(entropy: &mut dyn Entropy) -> Self {
        Self { key: entropy::bytes(entropy) }
    }

    /// Signs `target` (an absolute path, perhaps with a query) for `issuer` and returns it with `authSig` added.
    ///
    /// The query keys `width` and `height` and an old `authSig` are left out of the result; clients may add the first
    /// two freely. The rest of the query keeps its order and is encoded anew. O(length).
    ///
    /// # Errors
    ///
    /// [`UnsignablePath`]: it does not start with a single `/`, has a `.` or `..` segment or a fragment, or is not
    /// UTF-8 once decoded, so it might be read differently when it comes back.
    pub fn sign(
        &self,
        issuer: &TokenId,
        target: &str,
        now: Timestamp,
        expires_secs: u32,
    ) -> Result<String, UnsignablePath> {
        let Target { raw_path, path, params, .. } = Target::parse(target).ok_or(UnsignablePath)?;
        let iat = now.as_secs();
        let exp = iat.saturating_add(expires_secs.into());
        let claims = json!({"iss": issuer.as_str(), "path": path, "params": params, "iat": iat, "exp": exp});
        let signature = jwt::sign(&claims, &self.key);
        if signature.len() > jwt::MAX_LEN {
            return Err(UnsignablePath);
        }
        let mut signed = format!("{raw_path}?");
        for (key, value) in &params {
            signed.push_str(&format!("{}={}&", encode_component(key), encode_component(value)));
        }
        signed.push_str(SIGNATURE_KEY);
        signed.push('=');
        signed.push_str(&signature);
        Ok(signed)
    }

    /// Checks a request's signature and returns the refresh token that it speaks for.
    ///
    /// `target` is the request's path and query as received. There is no leeway on time: it is our own clock. O(length).
    ///
    /// # Errors
    ///
    /// See [`SignedPathError`].
    pub fn verify(&self, method: &str, target: &str, now: Timestamp) -> Result<TokenId, SignedPathError> {
        let Target { path, params, signatures, .. } = Target::parse(target).ok_or(SignedPathError::Malformed)?;
        let signature = match signatures.as_slice() {
            [] => return Err(SignedPathError::NotSigned),
            [signature] => signature,
            _ => return Err(SignedPathError::Malformed),
        };
        if !matches!(method, "GET" | "HEAD") {
            return Err(SignedPathError::Method);
        }
        let token = Unsigned::<Claims>::parse(signature).map_err(|_| SignedPathError::Malformed)?;
        let claims = token.verify(&self.key).ok_or(SignedPathError::BadSignature)?;
        if claims.path != path || claims.params != params {
            return Err(SignedPathError::OtherPath);
        }
        match (Lifetime { iat: claims.iat, exp: claims.exp }).phase(now, 0) {
            Phase::Valid => Ok(TokenId::from(claims.iss)),
            Phase::Expired => Err(SignedPathError::Expired),
            Phase::Early => Err(SignedPathError::NotYetValid),
        }
    }
}

impl fmt::Debug for PathSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PathSigner(hidden)")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    path: String,
    params: Vec<(String, String)>,
    iat: i64,
    exp: i64,
}

/// Keys that clients may add or change.
const FREE_KEYS: [&str; 2] = ["width", "height"];

/// A request target, taken apart.
struct Target<'a> {
    raw_path: &'a str,
    /// Decoded, except that `%25` and `%2F` stay, so different paths stay different.
    path: String,
    /// What is signed of the query, decoded, in order.
    params: Vec<(String, String)>,
    signatures: Vec<String>,
}

impl<'a> Target<'a> {
    fn parse(target: &'a str) -> Option<Self> {
        let (raw_path, query) = target.split_once('?').unwrap_or((target, ""));
        if !raw_path.starts_with('/') || raw_path.starts_with("//") || target.contains(['#', '\\']) {
            return None;
        }
        let path = decode_path(raw_path)?;
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return None;
        }
        let (mut params, mut signatures) = (Vec::new(), Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (key, value) = (decode_component(key)?, decode_component(value)?);
            if key == SIGNATURE_KEY {
                signatures.push(value);
            } else if !FREE_KEYS.contains(&key.as_str()) {
                params.push((key, value));
            }
        }
        Some(Self { raw_path, path, params, signatures })
    }
}

#[cfg(test)]
mod tests;
