#![doc = include_str!("../README.md")]

use std::any::Any;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use home::{PasskeyRefused, PasskeyUser, PasskeyVerifier, Pending, ShownPasskey};
use serde_json::Value;
use webauthn_rs::prelude::{
    Passkey, PasskeyAuthentication, PasskeyRegistration, Url, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

/// Checks passkeys of one origin.
#[derive(Debug)]
pub struct Passkeys {
    webauthn: Webauthn,
}

/// Why an origin is none for passkeys.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// It has a path, a query, or no host.
    #[error("`{0}` is no origin such as https://home.example")]
    NoOrigin(String),
    /// Browsers make passkeys for encrypted pages alone, and for `localhost`.
    #[error("`{0}` is not https: browsers make passkeys for encrypted pages and for http://localhost alone")]
    NotEncrypted(String),
    /// Browsers make passkeys for names alone.
    #[error("`{0}` is an address: browsers make passkeys for names alone")]
    NoName(String),
}

impl Passkeys {
    /// Returns what checks passkeys of an origin, such as `https://home.example`. Passkeys are bound to its name for good.
    ///
    /// # Errors
    /// [`OriginError`].
    pub fn new(origin: &str) -> Result<Self, OriginError> {
        let bad = || OriginError::NoOrigin(origin.to_owned());
        let url = Url::parse(origin).map_err(|_| bad())?;
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return Err(bad());
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(bad)?;
        let name = url.domain().ok_or_else(|| OriginError::NoName(host.to_owned()))?;
        if url.scheme() != "https" && !(url.scheme() == "http" && name == "localhost") {
            return Err(OriginError::NotEncrypted(origin.to_owned()));
        }
        let builder = WebauthnBuilder::new(name, &url).map_err(|_| bad())?;
        Ok(Self { webauthn: builder.rp_name("Doorward").build().map_err(|_| bad())? })
    }
}

impl PasskeyVerifier for Passkeys {
    fn begin_adding(&self, user: PasskeyUser<'_>, existing: &[Value]) -> Result<(Value, Pending), PasskeyRefused> {
        let known = read(existing)?.iter().map(|passkey| passkey.cred_id().clone()).collect();
        let begun = self.webauthn.start_passkey_registration(handle(user.id)?, user.username, user.name, Some(known));
        let (options, pending) = begun.map_err(refused)?;
        Ok((shown(&options)?, Box::new(pending)))
    }

    fn end_adding(&self, pending: &Pending, credential: &Value) -> Result<(String, Value), PasskeyRefused> {
        let pending = kept::<PasskeyRegistration>(pending)?;
        let credential = serde_json::from_value(credential.clone()).map_err(|error| not_read(&error))?;
        let passkey = self.webauthn.finish_passkey_registration(&credential, pending).map_err(refused)?;
        Ok((BASE64_URL_SAFE_NO_PAD.encode(passkey.cred_id()), shown(&passkey)?))
    }

    fn begin_showing(&self, keys: &[Value]) -> Result<(Value, Pending), PasskeyRefused> {
        let (options, pending) = self.webauthn.start_passkey_authentication(&read(keys)?).map_err(refused)?;
        Ok((shown(&options)?, Box::new(pending)))
    }

    fn end_showing(
        &self,
        pending: &Pending,
        credential: &Value,
        keys: &[Value],
    ) -> Result<ShownPasskey, PasskeyRefused> {
        let pending = kept::<PasskeyAuthentication>(pending)?;
        let credential = serde_json::from_value(credential.clone()).map_err(|error| not_read(&error))?;
        let result = self.webauthn.finish_passkey_authentication(&credential, pending).map_err(refused)?;
        let mut passkeys = read(keys)?;
        // One that was removed while its user answered is none any more.
        let found = passkeys.iter_mut().enumerate().find(|(_, passkey)| passkey.cred_id() == result.cred_id());
        let (at, passkey) = found.ok_or_else(|| PasskeyRefused("it is not there any more".to_owned()))?;
        passkey.update_credential(&result);
        Ok(ShownPasskey { at, key: shown(passkey)? })
    }
}

/// What an authenticator calls a user: the id, which says nothing about them. Home Assistant's ids are UUIDs without dashes,
/// and so are ours.
fn handle(user_id: &str) -> Result<Uuid, PasskeyRefused> {
    Uuid::try_parse(user_id).map_err(|_| PasskeyRefused("the user's id is no UUID".to_owned()))
}

fn read(keys: &[Value]) -> Result<Vec<Passkey>, PasskeyRefused> {
    keys.iter().map(|key| serde_json::from_value(key.clone()).map_err(|error| not_read(&error))).collect()
}

fn kept<T: Any>(pending: &Pending) -> Result<&T, PasskeyRefused> {
    pending.downcast_ref().ok_or_else(|| PasskeyRefused("something else was asked for".to_owned()))
}

fn shown(value: &impl serde::Serialize) -> Result<Value, PasskeyRefused> {
    serde_json::to_value(value).map_err(|error| not_read(&error))
}

fn not_read(error: &serde_json::Error) -> PasskeyRefused {
    PasskeyRefused(format!("it cannot be read: {error}"))
}

fn refused(error: WebauthnError) -> PasskeyRefused {
    PasskeyRefused(error.to_string())
}
