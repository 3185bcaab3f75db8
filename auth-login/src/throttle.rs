//! Failed logins, and how long to wait after too many.
//!
//! Three counters stand side by side, and an attempt waits for the longest:
//!
//! | counts failures of | free | then | stops |
//! | --- | --- | --- | --- |
//! | an address, whoever it tried to be | 5 | 1, 2, 4 … 900 s | one machine trying many accounts |
//! | an account from one address | 5 | 1, 2, 4 … 900 s | one machine that clears its address's counter by signing in to an account of its own |
//! | an account from anywhere | 100 | 1, 2, 4 … 60 s | many machines guessing at one account |
//!
//! The last one could let strangers lock the owner out, so it does not hold where the account signed in within the
//! last 30 days, and elsewhere never asks for more than a minute. The other two cannot: they hold at the attacker's
//! address only. An IPv6 address counts as its /64, one wrapped as `::ffff:…` as the IPv4 address inside. Loopback
//! counts like any other.
//!
//! A counter is forgotten 24 hours after its last failure, or after a success (see [`Throttle::succeeded`]).
//! Memory is bounded: past [`MAX_KEYS`] the keys that failed least recently go, of that kind.
//!
//! Time is the sum of the clock's steps forward: set back, it neither frees anyone nor adds to a wait.

use std::{collections::BTreeMap, net::IpAddr};

use auth_core::{Timestamp, network_of};
use thiserror::Error;

use crate::{credential::Username, sha256::sha256};

/// The attempt was refused unseen; the next is looked at after `secs` seconds: 1 to 900, or as long as a ban lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too many failed logins, try again in {secs} seconds")]
pub struct RetryAfter {
    /// Whole seconds, rounded up.
    pub secs: u32,
}

/// How many addresses are remembered; as many (account, address) pairs, accounts, and places of success.
pub const MAX_KEYS: usize = 12_500;

/// The failed-login book.
#[derive(Debug)]
pub struct Throttle {
    addresses: Tally<IpAddr>,
    pairs: Tally<(AccountKey, IpAddr)>,
    accounts: Tally<AccountKey>,
    /// Where accounts signed in.
    known: Tally<(AccountKey, IpAddr)>,
    clock: Clock,
}

impl Throttle {
    /// Makes a book without failures.
    pub fn new() -> Self {
        Self::with_capacity(MAX_KEYS)
    }

    fn with_capacity(max_keys: usize) -> Self {
        Self {
            addresses: Tally::new(max_keys, FORGET_SECS),
            pairs: Tally::new(max_keys, FORGET_SECS),
            accounts: Tally::new(max_keys, FORGET_SECS),
            known: Tally::new(max_keys, KNOWN_SECS),
            clock: Clock::default(),
        }
    }

    /// Asks whether an attempt may be looked at now. `account` is `None` where none is named (a bad token). O(log n).
    ///
    /// # Errors
    ///
    /// [`RetryAfter`]: the attempt is to be refused without looking, and without counting it.
    pub fn check(&mut self, account: Option<&Username>, ip: IpAddr, now: Timestamp) -> Result<(), RetryAfter> {
        let now = self.clock.tick(now);
        let group = network_of(ip);
        let mut wait = self.addresses.wait(&group, NEAR, now);
        if let Some(account) = account.map(AccountKey::of) {
            let pair = (account, group);
            wait = wait.max(self.pairs.wait(&pair, NEAR, now));
            if self.known.count(&pair, now) == 0 {
                wait = wait.max(self.accounts.wait(&account, FAR, now));
            }
        }
        match u32::try_from(wait.saturating_add(999_999) / 1_000_000) {
            Ok(0) => Ok(()),
            Ok(secs) => Err(RetryAfter { secs }),
            Err(_) => Err(RetryAfter { secs: NEAR.longest }),
        }
    }

    /// Returns how often logins from an address failed in a row, whoever it tried to be. O(log n).
    pub fn failures_at(&mut self, ip: IpAddr, now: Timestamp) -> u32 {
        let now = self.clock.tick(now);
        self.addresses.count(&network_of(ip), now)
    }

    /// Tells whether an account signed in from an address within the last 30 days. O(log n).
    pub fn knows(&mut self, account: &Username, ip: IpAddr, now: Timestamp) -> bool {
        let now = self.clock.tick(now);
        self.known.count(&(AccountKey::of(account), network_of(ip)), now) > 0
    }

    /// Counts a failure. O(log n).
    ///
    /// Where checking takes time, count it before, as [`LoginFlows`](crate::login_flow::LoginFlows) does, and let
    /// success clear it: else many attempts at once are all let in by one [`check`](Self::check).
    pub fn failed(&mut self, account: Option<&Username>, ip: IpAddr, now: Timestamp) {
        let now = self.clock.tick(now);
        let group = network_of(ip);
        self.addresses.note(group, now);
        if let Some(account) = account.map(AccountKey::of) {
            self.pairs.note((account, group), now);
            self.accounts.note(account, now);
        }
    }

    /// Clears what counted against the account, and against the address; other accounts stay counted there. O(log n).
    pub fn succeeded(&mut self, account: Option<&Username>, ip: IpAddr, now: Timestamp) {
        let now = self.clock.tick(now);
        let group = network_of(ip);
        self.addresses.clear(&group);
        if let Some(account) = account.map(AccountKey::of) {
            self.pairs.clear(&(account, group));
            self.accounts.clear(&account);
            self.known.note((account, group), now);
        }
    }
}

/// Failures that are remembered, and how long the next attempt waits for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failures {
    /// The address: of IPv6 the network of a household, `2001:db8::/64`.
    pub address: Option<String>,
    /// How many in a row.
    pub count: u32,
    /// Seconds from now; zero if the next attempt is looked at at once.
    pub wait_secs: u32,
}

impl Throttle {
    /// Returns the addresses with failures, those with the most first, at most `limit`. O(addresses · log addresses).
    pub fn addresses(&mut self, limit: usize, now: Timestamp) -> Vec<Failures> {
        let now = self.clock.tick(now);
        let groups = self.addresses.entries.keys();
        let found = groups.filter_map(|group| {
            let count = self.addresses.live(group, now)?.count;
            let wait_secs = whole_secs(self.addresses.wait(group, NEAR, now));
            Some(Failures { address: Some(shown(*group)), count, wait_secs })
        });
        let mut found: Vec<_> = found.collect();
        found.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.address.cmp(&b.address)));
        found.truncate(limit);
        found
    }

    /// Returns the failures of an account from anywhere; `None` if there are none. O(log n).
    pub fn account(&mut self, account: &Username, now: Timestamp) -> Option<Failures> {
        let now = self.clock.tick(now);
        let key = AccountKey::of(account);
        let count = self.accounts.live(&key, now)?.count;
        Some(Failures { address: None, count, wait_secs: whole_secs(self.accounts.wait(&key, FAR, now)) })
    }

    /// Forgets the failures of an address, whoever it tried to be. Returns whether there were any. O(pairs).
    pub fn forgive_address(&mut self, ip: IpAddr) -> bool {
        let group = network_of(ip);
        let pairs: Vec<_> = self.pairs.entries.keys().filter(|(_, of)| *of == group).copied().collect();
        pairs.iter().for_each(|pair| self.pairs.clear(pair));
        let had = self.addresses.entries.contains_key(&group);
        self.addresses.clear(&group);
        had || !pairs.is_empty()
    }

    /// Forgets the failures of an account, from wherever they came. Returns whether there were any. O(pairs).
    pub fn forgive_account(&mut self, account: &Username) -> bool {
        let key = AccountKey::of(account);
        let pairs: Vec<_> = self.pairs.entries.keys().filter(|(of, _)| *of == key).copied().collect();
        pairs.iter().for_each(|pair| self.pairs.clear(pair));
        let had = self.accounts.entries.contains_key(&key);
        self.accounts.clear(&key);
        had || !pairs.is_empty()
    }
}

/// Microseconds as seconds, rounded up.
fn whole_secs(micros: i64) -> u32 {
    u32::try_from(micros.saturating_add(999_999) / 1_000_000).unwrap_or(u32::MAX)
}

/// Shows what counts as one address: of IPv6 the network of a household.
fn shown(network: IpAddr) -> String {
    if network.is_ipv4() { network.to_string() } else { format!("{network}/64") }
}

impl Default for Throttle {
    fn default() -> Self {
        Self::new()
    }
}

/// How many failures are free, and the longest wait in seconds that later ones cause.
#[derive(Clone, Copy)]
struct Limit {
    free: u32,
    longest: u32,
}

const NEAR: Limit = Limit { free: 5, longest: 900 };
const FAR: Limit = Limit { free: 100, longest: 60 };
const FORGET_SECS: i64 = 86_400;

/// An account is known where it signed in within so many seconds.
pub const KNOWN_SECS: i64 = 30 * 86_400;

impl Limit {
    /// The seconds to wait after the failure with number `count`.
    fn wait_secs(self, count: u32) -> u32 {
        match count.checked_sub(self.free) {
            None | Some(0) => 0,
            Some(over) => 1_u32.checked_shl(over - 1).unwrap_or(u32::MAX).min(self.longest),
        }
    }
}

/// A user name as SHA-256: whatever is typed as a name, long or secret, takes 32 bytes and is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct AccountKey([u8; 32]);

impl AccountKey {
    fn of(username: &Username) -> Self {
        Self(sha256(username.as_str().as_bytes()))
    }
}

/// Microseconds that only grow.
#[derive(Debug, Default)]
struct Clock {
    last: Option<Timestamp>,
    elapsed: i64,
}

impl Clock {
    fn tick(&mut self, now: Timestamp) -> i64 {
        let last = self.last.replace(now).unwrap_or(now);
        let step = now.as_micros().saturating_sub(last.as_micros());
        self.elapsed = self.elapsed.saturating_add(step.max(0));
        self.elapsed
    }
}

/// How often each key was noted and when last, for at most `max_keys` keys and `keep` microseconds.
///
/// INVARIANT: `order` has exactly one entry for each of `entries`, under its `serial`.
#[derive(Debug)]
struct Tally<K> {
    entries: BTreeMap<K, Noted>,
    order: BTreeMap<u64, K>,
    next_serial: u64,
    max_keys: usize,
    keep: i64,
}

#[derive(Clone, Copy, Debug)]
struct Noted {
    count: u32,
    last: i64,
    serial: u64,
}

impl<K: Ord + Copy> Tally<K> {
    fn new(max_keys: usize, keep_secs: i64) -> Self {
        let keep = keep_secs.saturating_mul(1_000_000);
        Self { entries: BTreeMap::new(), order: BTreeMap::new(), next_serial: 0, max_keys, keep }
    }

    fn live(&self, key: &K, now: i64) -> Option<Noted> {
        self.entries.get(key).copied().filter(|noted| now.saturating_sub(noted.last) < self.keep)
    }

    fn count(&self, key: &K, now: i64) -> u32 {
        self.live(key, now).map_or(0, |noted| noted.count)
    }

    /// Microseconds that are left to wait.
    fn wait(&self, key: &K, limit: Limit, now: i64) -> i64 {
        let Some(noted) = self.live(key, now) else {
            return 0;
        };
        let until = noted.last.saturating_add(i64::from(limit.wait_secs(noted.count)).saturating_mul(1_000_000));
        until.saturating_sub(now).max(0)
    }

    fn note(&mut self, key: K, now: i64) {
        let count = self.count(&key, now).saturating_add(1);
        self.clear(&key);
        while self.entries.len() >= self.max_keys
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.entries.remove(&oldest);
        }
        let serial = self.next_serial;
        self.next_serial = serial.saturating_add(1);
        self.entries.insert(key, Noted { count, last: now, serial });
        self.order.insert(serial, key);
    }

    fn clear(&mut self, key: &K) {
        if let Some(noted) = self.entries.remove(key) {
            self.order.remove(&noted.serial);
        }
    }
}

#[cfg(test)]
mod tests;
