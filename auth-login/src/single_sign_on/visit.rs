//! Visits to a provider: who was sent there, and with which secrets they must come back.

use std::{collections::BTreeMap, net::IpAddr};

use auth_core::{Timestamp, network_of};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use thiserror::Error;

use super::Asked;
use crate::{
    entropy::{self, Entropy},
    room::{Bounds, make_room},
    sha256::sha256,
};

/// A visit is forgotten after so many seconds.
pub const VISIT_SECS: i64 = 600;

/// As many visits are open at once; beyond, the oldest goes.
pub const MAX_VISITS: usize = 1_000;

/// As many of one address; beyond, its oldest goes, so that one machine cannot push out everybody's.
pub const MAX_VISITS_PER_ADDRESS: usize = 50;

/// What one visit is held together by. Each is 64 hex digits, 256 random bits.
#[derive(Debug)]
pub struct Secrets {
    /// Comes back in the address (RFC 6749, 4.1.1): which visit this is.
    pub state: SecretString,
    /// Comes back in a cookie: that the browser which comes back is the one that was sent. Somebody who sends a victim the
    /// address with which they themselves came back has the state, and not this.
    pub browser: SecretString,
    /// Comes back in the token: that it was made for this visit.
    pub nonce: SecretString,
    /// Goes to the provider with the code, of which it saw the hash before (RFC 7636).
    pub verifier: SecretString,
}

impl Secrets {
    /// Draws all four.
    pub fn new(entropy: &mut dyn Entropy) -> Self {
        let mut draw = || SecretString::from(entropy::hex::<32>(entropy));
        Self { state: draw(), browser: draw(), nonce: draw(), verifier: draw() }
    }
}

/// Somebody who was sent to a provider, and is back.
#[derive(Debug)]
pub struct Visit {
    /// What the client wants.
    pub asked: Asked,
    /// The address that the provider was told to send them back to.
    pub callback: String,
    /// See [`Secrets`].
    pub nonce: SecretString,
    /// See [`Secrets`].
    pub verifier: SecretString,
    provider: Box<str>,
    browser: Key,
    network: IpAddr,
    started_at: Timestamp,
    serial: u64,
}

/// Why somebody who comes back is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum VisitError {
    /// No such visit: never begun, over, too old, or to another provider.
    #[error("this login is not known here, or took too long: begin anew")]
    Unknown,
    /// Another browser was sent. The visit stays open for that one.
    #[error("this login was begun in another browser")]
    OtherBrowser,
}

/// All open visits, in memory only; kept under SHA-256 of their state, so the time that a look-up takes tells nothing.
#[derive(Debug, Default)]
pub struct Visits {
    visits: BTreeMap<Key, Visit>,
    next_serial: u64,
}

type Key = [u8; 32];

impl Visits {
    /// Makes a book without visits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a visit to a provider. O(visits).
    pub fn open(
        &mut self,
        provider: &str,
        (asked, callback): (Asked, String),
        secrets: &Secrets,
        ip: IpAddr,
        now: Timestamp,
    ) {
        let network = network_of(ip);
        self.make_room(network, now);
        let serial = self.next_serial;
        self.next_serial = serial.wrapping_add(1);
        let visit = Visit {
            asked,
            callback,
            nonce: secrets.nonce.clone(),
            verifier: secrets.verifier.clone(),
            provider: provider.into(),
            browser: key_of(secrets.browser.expose_secret()),
            network,
            started_at: now,
            serial,
        };
        self.visits.insert(key_of(secrets.state.expose_secret()), visit);
    }

    /// Ends a visit, by the state and the browser's cookie: it is good once. O(log n).
    ///
    /// # Errors
    ///
    /// [`VisitError`].
    pub fn close(
        &mut self,
        provider: &str,
        state: &str,
        browser: Option<&str>,
        now: Timestamp,
    ) -> Result<Visit, VisitError> {
        let key = key_of(state);
        let visit = self.visits.get(&key).filter(|visit| visit.is_open(now) && *visit.provider == *provider);
        let visit = visit.ok_or(VisitError::Unknown)?;
        if !browser.is_some_and(|secret| bool::from(key_of(secret).ct_eq(&visit.browser))) {
            return Err(VisitError::OtherBrowser);
        }
        self.visits.remove(&key).ok_or(VisitError::Unknown)
    }

    /// Returns how many visits are held, at most [`MAX_VISITS`].
    pub fn n_visits(&self) -> usize {
        self.visits.len()
    }

    /// Drops visits that are too old, then the oldest until one more from `network` fits.
    fn make_room(&mut self, network: IpAddr, now: Timestamp) {
        self.visits.retain(|_, visit| visit.is_open(now));
        let bounds = Bounds { here: MAX_VISITS_PER_ADDRESS, all: MAX_VISITS };
        make_room(&mut self.visits, bounds, |visit| visit.network == network, |visit| visit.serial);
    }
}

impl Visit {
    fn is_open(&self, now: Timestamp) -> bool {
        // A clock that was set back by more than a little must not make a visit last longer.
        (-SKEW_SECS..VISIT_SECS).contains(&now.secs_since(self.started_at))
    }
}

const SKEW_SECS: i64 = 10;

fn key_of(secret: &str) -> Key {
    sha256(secret.as_bytes())
}
