//! The `state` that an authorization server gives back: signed, for one flow, good once and for ten minutes.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use auth_core::Timestamp;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use serde::{Deserialize, Serialize};

use crate::{FlowError, FlowId};

/// How long a state is good, in seconds.
pub(crate) const LIFETIME_SECS: i64 = 600;
/// The longest state that is read, in bytes.
const MAX_LEN: usize = 8192;
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// Why a callback came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// Not a state of ours, or one that was used or replaced, or is too old.
    #[error("Invalid state")]
    BadState,
    /// Neither a code nor an error came with it. The flow waits on.
    #[error("Missing code or error parameter")]
    MissingCodeOrError,
    /// The flow that it belongs to has ended.
    #[error("Invalid flow specified")]
    UnknownFlow,
    /// The flow could not go on.
    #[error(transparent)]
    Flow(FlowError),
}

/// The states that are good now: one for a flow at most. The key is made at the first use and forgotten with the
/// process, and all states with it.
#[derive(Default)]
pub(crate) struct States {
    key: OnceLock<[u8; 32]>,
    good: Mutex<HashMap<FlowId, Good>>,
}

struct Good {
    nonce: String,
    until: Timestamp,
}

/// What a state says. The reference has `flow_id` and `redirect_uri` alone.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claims {
    pub(crate) flow_id: FlowId,
    pub(crate) redirect_uri: String,
    nonce: String,
    iat: i64,
}

impl States {
    /// Makes the state of a flow; one that it had before is good no more.
    pub(crate) fn issue(&self, now: Timestamp, random: impl Fn() -> u128, flow_id: &str, redirect_uri: &str) -> String {
        let key = self.key.get_or_init(|| {
            let mut key = [0; 32];
            for half in key.chunks_exact_mut(16) {
                half.copy_from_slice(&random().to_be_bytes());
            }
            key
        });
        let nonce = format!("{:032x}", random());
        let iat = now.as_secs();
        let (flow_id, redirect_uri) = (flow_id.to_owned(), redirect_uri.to_owned());
        let claims = Claims { flow_id: flow_id.clone(), redirect_uri, nonce: nonce.clone(), iat };
        let mut good = self.lock();
        good.retain(|_, state| state.until > now);
        good.insert(flow_id, Good { nonce, until: now.plus_secs(LIFETIME_SECS) });
        sign(&claims, key)
    }

    /// Reads a state that was signed here and is not too old. Whether it is still the one of its flow is not said.
    pub(crate) fn read(&self, now: Timestamp, state: &str) -> Result<Claims, CallbackError> {
        let key = self.key.get().ok_or(CallbackError::BadState)?;
        let claims = verify(state, key).ok_or(CallbackError::BadState)?;
        let made_at = Timestamp::from_secs(claims.iat);
        let good = made_at <= now && now < made_at.plus_secs(LIFETIME_SECS);
        good.then_some(claims).ok_or(CallbackError::BadState)
    }

    /// Uses a state up. Fails if that was done before, or if its flow has another by now.
    pub(crate) fn consume(&self, now: Timestamp, claims: &Claims) -> Result<(), CallbackError> {
        let mut good = self.lock();
        // The signature has been checked: the nonce is one that we made, and not worth guessing.
        let is_good = good.get(&claims.flow_id).is_some_and(|good| good.nonce == claims.nonce && good.until > now);
        if !is_good {
            return Err(CallbackError::BadState);
        }
        good.remove(&claims.flow_id);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<FlowId, Good>> {
        self.good.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sign(claims: &Claims, key: &[u8; 32]) -> String {
    // Such a struct always serialises.
    let claims = serde_json::to_vec(claims).unwrap_or_default();
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// Returns the claims of a token that was signed with `key`, compared in constant time. Its header is the one that we
/// write, letter by letter, so no other algorithm can be named.
fn verify(token: &str, key: &[u8; 32]) -> Option<Claims> {
    if token.len() > MAX_LEN {
        return None;
    }
    let (signed, tag) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key), signed.as_bytes(), &tag).ok()?;
    if URL_SAFE_NO_PAD.decode(header).ok()? != HEADER.as_bytes() {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

#[cfg(test)]
mod tests;
