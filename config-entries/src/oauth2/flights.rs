//! Refreshes under way: one for a refresh token, however many entries and callers wait for it.
//!
//! Kept by the manager and not by a session: an entry that is reloaded while its token is being refreshed waits for that
//! refresh instead of beginning another with a refresh token that is used up.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures_util::future::{BoxFuture, Shared};
use ring::digest;
use secrecy::{ExposeSecret, SecretString};

use super::{Token, TokenFailure};

/// Tells refresh tokens apart without being one: a hash of the domain and the token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FlightKey([u8; 32]);

/// What all who wait for a refresh get.
pub(crate) type Outcome = Shared<BoxFuture<'static, Result<Landed, TokenFailure>>>;

/// What a refresh came to: a token that is kept.
#[derive(Clone)]
pub(crate) struct Landed {
    pub(crate) token: Token,
    /// It was got just now; else it is one that could not be kept before.
    pub(crate) is_new: bool,
}

/// What is under way, or left over, for one refresh token.
#[derive(Default)]
pub(crate) struct Flight {
    /// The refresh that runs.
    pub(crate) running: Option<Outcome>,
    /// A token that came of a refresh and could not be kept. The refresh token may be used up already, so this is all
    /// that the entry has; it is kept before anything else is done.
    pub(crate) unsaved: Option<Token>,
}

/// The flights of a home.
#[derive(Default)]
pub(crate) struct Flights {
    inner: Mutex<HashMap<FlightKey, Flight>>,
}

impl FlightKey {
    pub(crate) fn new(domain: &str, refresh_token: &SecretString) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(domain.as_bytes());
        hash.update(b"\0");
        hash.update(refresh_token.expose_secret().as_bytes());
        let mut key = [0; 32];
        key.iter_mut().zip(hash.finish().as_ref()).for_each(|(to, from)| *to = *from);
        Self(key)
    }
}

impl Flights {
    pub(crate) fn lock(&self) -> MutexGuard<'_, HashMap<FlightKey, Flight>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that a refresh is over, and what it leaves behind.
    pub(crate) fn land(&self, key: FlightKey, unsaved: Option<Token>) {
        let mut flights = self.lock();
        match unsaved {
            Some(_) => _ = flights.insert(key, Flight { running: None, unsaved }),
            None => _ = flights.remove(&key),
        }
    }

    /// Waits for the refreshes that are under way now.
    pub(crate) async fn wait(&self) {
        let running: Vec<_> = self.lock().values().filter_map(|flight| flight.running.clone()).collect();
        futures_util::future::join_all(running).await;
    }

    /// Forgets tokens that could not be kept and that no entry waits for any more: it is gone, or has signed in anew.
    pub(crate) fn prune(&self, alive: impl FnOnce() -> HashSet<FlightKey>) {
        if self.lock().values().any(|flight| flight.unsaved.is_some()) {
            let alive = alive();
            self.lock().retain(|key, flight| flight.running.is_some() || alive.contains(key));
        }
    }
}
