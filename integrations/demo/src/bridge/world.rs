//! Where the demo's bridges are.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use config_entries::{AuthFailed, Entry};

/// The bridges of the demo, by host. Each starts reachable, with the password `right`; one called `broken` is broken.
#[derive(Debug, Default)]
pub struct BridgeWorld {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    bridges: HashMap<String, Bridge>,
    connected: HashMap<String, (u64, Entry<AuthFailed>)>,
    n_connections: u64,
}

#[derive(Debug)]
struct Bridge {
    password: String,
    reachable: bool,
}

/// What a bridge says to who signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Welcome,
    Refused,
    Away,
    Broken,
}

impl BridgeWorld {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sign_in(&self, host: &str, password: &str) -> Answer {
        let mut inner = self.lock();
        let bridge = inner.bridge(host);
        match () {
            () if !bridge.reachable => Answer::Away,
            () if bridge.password != password => Answer::Refused,
            () if host == "broken" => Answer::Broken,
            () => Answer::Welcome,
        }
    }

    /// Gives a bridge another password: whoever signs in with the old one is refused from then on.
    pub fn set_password(&self, host: &str, password: &str) {
        password.clone_into(&mut self.lock().bridge(host).password);
    }

    /// Has a bridge go away, or come back.
    pub fn set_reachable(&self, host: &str, reachable: bool) {
        self.lock().bridge(host).reachable = reachable;
    }

    /// Has a bridge refuse whoever is connected, at run time. Tells whether somebody was.
    pub fn expire(&self, host: &str) -> bool {
        let entry = self.lock().connected.get(host).map(|(_, entry)| entry.clone());
        entry.inspect(Entry::start_reauth).is_some()
    }

    pub(crate) fn connect(&self, host: &str, entry: Entry<AuthFailed>) -> u64 {
        let mut inner = self.lock();
        inner.n_connections += 1;
        let number = inner.n_connections;
        inner.connected.insert(host.to_owned(), (number, entry));
        number
    }

    pub(crate) fn disconnect(&self, host: &str, number: u64) {
        let mut inner = self.lock();
        if inner.connected.get(host).is_some_and(|(connected, _)| *connected == number) {
            inner.connected.remove(host);
        }
    }
}

impl Inner {
    fn bridge(&mut self, host: &str) -> &mut Bridge {
        let new = || Bridge { password: "right".to_owned(), reachable: true };
        self.bridges.entry(host.to_owned()).or_insert_with(new)
    }
}
