//! Addresses that are shut out: from logging in, after too many failures, for a day; or from everything, by the owner.
//!
//! What failures cause does not end sessions, and does not hold for accounts that logged in from there before: a guest who
//! tries passwords in the home's own network does not lock the others out.

use std::{net::IpAddr, sync::Arc};

use arc_swap::ArcSwap;
use audit::{Actor, Outcome, Record, Trail};
use auth_core::{Authorized, Network, Timestamp};
use auth_login::{
    credential::Username,
    refresh_token::TokenKind,
    throttle::{KNOWN_SECS, RetryAfter},
};
use serde_json::json;
use service_bus::now;
use store::{BanRecord, BanScope, Change, RecordKind, StoreError};

use crate::{AccountError, AddBan, Home, LiftBan, LiftOwnersBan, ListBans, home::Books, turn::Turn};

/// An address, or a range of them, that is shut out.
#[derive(Clone, Debug)]
pub struct Ban {
    /// Which.
    pub network: Network,
    /// What is kept of it.
    pub record: BanRecord,
}

/// Everything that is shut out. Read without a lock.
#[derive(Debug)]
pub(crate) struct Bans(ArcSwap<Vec<Ban>>);

/// After so many failures in a row an address is shut out from logging in. The waits between them add up to more than an
/// hour.
const FAILURES: u32 = 20;

/// For so long.
const BAN_SECS: i64 = 86_400;

/// As many bans there are at most. For one more, the oldest that failures caused goes; if the owner made them all, there is no
/// more.
const MAX_BANS: usize = 1_000;

impl Bans {
    pub(crate) fn new(records: Vec<BanRecord>) -> Self {
        let read = |record: BanRecord| match record.network.parse() {
            Ok(network) => Some(Ban { network, record }),
            Err(problem) => {
                tracing::error!(network = record.network, problem, "a ban cannot be read: it shuts nobody out");
                None
            }
        };
        Self(ArcSwap::from_pointee(records.into_iter().filter_map(read).collect()))
    }

    /// Returns when the last ban of an address ends, of those that shut this much. O(bans).
    fn until(&self, ip: IpAddr, at: Timestamp, shuts: impl Fn(BanScope) -> bool) -> Option<Timestamp> {
        let bans = self.0.load();
        let holding = bans.iter().filter(|ban| ban.holds(at) && shuts(ban.record.scope) && ban.network.contains(ip));
        holding.map(|ban| ban.record.until.unwrap_or(Timestamp::from_micros(i64::MAX))).max()
    }
}

impl Books {
    /// Tells whether an account logged in from an address within the last 30 days, or has a session that was used from there.
    /// The first is forgotten at a restart, the second is not.
    fn is_at_home(&mut self, account: &Username, ip: IpAddr, at: Timestamp) -> bool {
        if self.throttle.knows(account, ip, at) {
            return true;
        }
        let Some(user_id) = self.logins.find(account).map(|login| &login.credential.user_id) else { return false };
        let here = Network::of(ip);
        self.tokens.of_user(user_id).iter().map(|token| token.for_storage()).any(|token| {
            token.kind == TokenKind::Normal
                && token.last_used_ip.is_some_and(|used| Network::of(used) == here)
                && token.last_used_at.is_some_and(|used| at.secs_since(used) < KNOWN_SECS)
        })
    }
}

impl Ban {
    fn holds(&self, at: Timestamp) -> bool {
        self.record.until.is_none_or(|until| at < until)
    }

    /// Tells whether failures caused it.
    pub fn is_automatic(&self) -> bool {
        self.record.scope == BanScope::Logins
    }
}

impl Home {
    /// Tells whether an address is shut out from everything. One load if nobody is, else O(bans).
    pub fn is_shut_out(&self, ip: IpAddr) -> bool {
        self.inner.bans.until(ip, now(), |scope| scope == BanScope::Everything).is_some()
    }

    /// Returns how long an account must wait before it may log in from an address, if that is shut out.
    pub(crate) fn shut_for(&self, account: &Username, ip: IpAddr) -> Option<RetryAfter> {
        let at = now();
        let until = self.inner.bans.until(ip, at, |_| true)?;
        if self.books().is_at_home(account, ip, at) && !self.is_shut_out(ip) {
            return None;
        }
        Some(RetryAfter { secs: u32::try_from(until.secs_since(at).clamp(1, BAN_SECS)).unwrap_or(1) })
    }

    /// Returns what is shut out now.
    pub fn bans(&self, _request: &Authorized<ListBans>) -> Vec<Ban> {
        let at = now();
        self.inner.bans.0.load().iter().filter(|ban| ban.holds(at)).cloned().collect()
    }

    /// Tells whether a ban is the owner's.
    pub fn is_owners_ban(&self, network: Network) -> bool {
        self.inner.bans.0.load().iter().any(|ban| ban.network == network && !ban.is_automatic())
    }

    /// Shuts addresses out, in place of a ban of the same ones. Their sessions end. On disk when this returns.
    ///
    /// # Errors
    /// [`AccountError::OwnAddress`], [`AccountError::TooManyBans`], [`AccountError::Store`].
    pub async fn add_ban(&self, request: Authorized<AddBan>) -> Result<Ban, AccountError> {
        let (mut turn, principal, AddBan { network, until, reason }) = self.begin(request).await?;
        if principal.from().is_some_and(|ip| network.contains(ip)) {
            return Err(AccountError::OwnAddress(network));
        }
        turn.on(network.to_string());
        turn.with(json!({"until": until.map(|until| until.to_string()), "reason": reason}));
        let by = principal.user_id().cloned();
        let record = BanRecord {
            network: network.to_string(),
            scope: BanScope::Everything,
            until,
            reason,
            created_at: now(),
            by,
        };
        let ban = Ban { network, record };
        self.put_ban(&mut turn, ban.clone()).await?;
        self.standing_changed();
        Ok(ban)
    }

    /// Lets addresses log in again that the hub shut out. On disk when this returns.
    ///
    /// # Errors
    /// [`AccountError::UnknownBan`], [`AccountError::Store`].
    pub async fn lift_ban(&self, request: Authorized<LiftBan>) -> Result<(), AccountError> {
        let (mut turn, _, LiftBan { network }) = self.begin(request).await?;
        self.lift_known(&mut turn, |ban| ban.network == network && ban.is_automatic()).await
    }

    /// Lets addresses in again that the owner shut out. On disk when this returns.
    ///
    /// # Errors
    /// [`AccountError::UnknownBan`], [`AccountError::Store`].
    pub async fn lift_owners_ban(&self, request: Authorized<LiftOwnersBan>) -> Result<(), AccountError> {
        let (mut turn, _, LiftOwnersBan { network }) = self.begin(request).await?;
        self.lift_known(&mut turn, |ban| ban.network == network).await
    }

    async fn lift_known(&self, turn: &mut Turn<'_>, is_lifted: impl Fn(&Ban) -> bool) -> Result<(), AccountError> {
        let bans = self.inner.bans.0.load_full();
        let lifted = bans.iter().find(|ban| is_lifted(ban)).ok_or(AccountError::UnknownBan)?;
        turn.on(&lifted.record.network);
        self.lift(turn, is_lifted).await?;
        Ok(())
    }

    /// Removes bans, and returns how many. The turn is recorded even if there are none.
    pub(crate) async fn lift(
        &self,
        turn: &mut Turn<'_>,
        is_lifted: impl Fn(&Ban) -> bool,
    ) -> Result<usize, StoreError> {
        let bans = self.inner.bans.0.load_full();
        let (lifted, stay): (Vec<Ban>, Vec<Ban>) = bans.iter().cloned().partition(is_lifted);
        let gone = lifted.iter().map(|ban| Change::Delete(RecordKind::Ban, ban.record.network.clone()));
        self.commit_recorded(turn, gone.collect()).await?;
        self.inner.bans.0.store(Arc::new(stay));
        Ok(lifted.len())
    }

    async fn put_ban(&self, turn: &mut Turn<'_>, ban: Ban) -> Result<(), AccountError> {
        let bans = self.inner.bans.0.load_full();
        let mut after: Vec<Ban> = bans.iter().filter(|other| other.network != ban.network).cloned().collect();
        let mut changes = Vec::new();
        if after.len() >= MAX_BANS {
            let oldest = after.iter().position(Ban::is_automatic);
            let oldest = after.remove(oldest.ok_or(AccountError::TooManyBans(MAX_BANS))?);
            changes.push(Change::Delete(RecordKind::Ban, oldest.record.network));
        }
        changes.push(Change::Put(Box::new(store::Record::Ban(ban.record.clone()))));
        self.commit(turn, changes).await?;
        after.push(ban);
        self.inner.bans.0.store(Arc::new(after));
        Ok(())
    }

    /// Shuts an address out from logging in if it has failed too often. The machine itself is not shut out.
    pub(crate) async fn ban_after_failures(&self, ip: IpAddr) {
        let n_failures = self.books().throttle.failures_at(ip, now());
        if n_failures < FAILURES || ip.to_canonical().is_loopback() {
            return;
        }
        let network = Network::of(ip);
        let (at, by) = (now(), Actor::System { role: "throttle".to_owned() });
        let reason = format!("{n_failures} failed logins in a row");
        let record = Record::new(at, "add_ban", Outcome::Done, by).on(network.to_string()).because(&reason);
        let mut turn = self.turn_for(Trail::Acts, record).await;
        if self.inner.bans.0.load().iter().any(|ban| ban.network == network && ban.holds(at)) {
            return;
        }
        let record = BanRecord {
            network: network.to_string(),
            scope: BanScope::Logins,
            until: Some(at.plus_secs(BAN_SECS)),
            reason: Some(reason),
            created_at: at,
            by: None,
        };
        if let Err(error) = self.put_ban(&mut turn, Ban { network, record }).await {
            tracing::error!(%error, %network, "an address could not be shut out: it waits between its logins");
        }
    }

    /// Removes bans that are over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sweep_bans(&self) -> Result<(), StoreError> {
        let at = now();
        if self.inner.bans.0.load().iter().any(|ban| !ban.holds(at)) {
            self.lift(&mut self.quiet_turn().await, |ban| !ban.holds(at)).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
