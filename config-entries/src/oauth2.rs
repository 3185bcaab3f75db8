//! OAuth2: how an entry signs in with an account elsewhere.
//!
//! [`OAuth2Flow`] gets the first token, as part of an integration's own flow. [`TokenSession`] keeps an entry supplied
//! with one that is valid: whoever asks waits for the same refresh, and a token that was rotated is on disk before
//! anybody uses it. Both talk through a [`TokenEndpoint`]; there is no HTTP here.

mod authorize;
mod credentials;
mod endpoint;
mod failure;
mod flights;
mod flow;
mod pkce;
mod returned;
mod session;
mod state;
mod token;

pub use authorize::AuthServer;
pub use credentials::{ApplicationCredential, CredentialBook, CredentialError};
pub use endpoint::{ClientAuth, HttpAnswer, TokenEndpoint, TransportError};
pub use failure::TokenFailure;
pub use flow::{OAuth2Flow, SignIn, SignedIn};
pub use returned::Returned;
pub use session::TokenSession;
pub use state::CallbackError;
pub use token::{Token, UnusableToken};

pub(crate) use flights::FlightKey;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the manager keeps for OAuth2.
#[derive(Default)]
pub(crate) struct OAuth {
    pub(crate) states: state::States,
    pub(crate) flights: flights::Flights,
    credentials: Mutex<CredentialBook>,
}

impl OAuth {
    pub(crate) fn credentials(&self) -> MutexGuard<'_, CredentialBook> {
        self.credentials.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
