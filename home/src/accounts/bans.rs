//! Addresses that are shut out: from logging in, after too many failures, for a day; or from everything, by the owner.
//!
//! What failures cause does not end sessions, and does not hold for accounts that logged in from there before: a guest who
//! tries passwords in the home's own network does not lock the others out.

use std::{net::IpAddr, sync::Arc};

use arc_swap::ArcSwap;
use audit::{Actor, Outcome, Record, Trail};
use auth_core::{Authorized, Network, Timestamp};
use auth_login::{credential::Username, throttle::RetryAfter};
use serde_json::json;
use service_bus::now;
use store::{BanRecord, BanScope, Change, RecordKind, StoreError};

use crate::{AccountError, AddBan, Home, LiftBan, LiftOwnersBan, ListBans, turn::Turn};

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

/// As many bans there are at most. When failures cause one more, the oldest of theirs goes; the owner is refused one.
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
        let wait = self.logins_shut_for(ip)?;
        let is_known = self.books().throttle.knows(account, ip, now()) && !self.is_shut_out(ip);
        if is_known { None } else { Some(wait) }
    }

    /// Returns how long nobody may log in from an address, whoever it is.
    pub(crate) fn logins_shut_for(&self, ip: IpAddr) -> Option<RetryAfter> {
        let at = now();
        let until = self.inner.bans.until(ip, at, |_| true)?;
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
            let oldest = after.iter().position(Ban::is_automatic).filter(|_| ban.is_automatic());
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
mod tests {
    use std::time::Duration;

    use auth_core::{Action, principal::danger};
    use store::SqliteStore;

    use super::*;
    use crate::{ForgiveFailures, Options};

    const FAR: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

    fn asked<R: Action>(home: &Home, request: R) -> Authorized<R> {
        home.bus().authorize(&danger::system_principal("test"), request).unwrap()
    }

    async fn fail(home: &Home, account: &Username, ip: IpAddr, times: u32) {
        for _ in 0..times {
            home.books().throttle.failed(Some(account), ip, now());
            home.ban_after_failures(ip).await;
        }
    }

    #[tokio::test]
    async fn twenty_failures_shut_an_address_out_from_logging_in_for_a_day() {
        let store = Arc::new(SqliteStore::in_memory().unwrap());
        let home = Home::open(Arc::clone(&store) as Arc<dyn store::Store>, Options::default()).await.unwrap();
        let (eve, ann) = (Username::normalise("eve"), Username::normalise("ann"));
        home.books().throttle.succeeded(Some(&ann), FAR, now());
        fail(&home, &eve, FAR, FAILURES - 1).await;
        assert!(home.shut_for(&eve, FAR).is_none() && home.bans(&asked(&home, ListBans {})).is_empty());
        fail(&home, &eve, FAR, 3).await;
        let listed = home.bans(&asked(&home, ListBans {}));
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].network.to_string(), "203.0.113.9/32");
        let wait = home.shut_for(&eve, FAR).unwrap().secs;
        assert!((86_300..=86_400).contains(&wait), "{wait}");
        // Sessions go on, and whoever logged in from there before may again.
        assert!(!home.is_shut_out(FAR));
        assert!(home.shut_for(&ann, FAR).is_none());
        assert!(home.shut_for(&eve, "203.0.113.10".parse().unwrap()).is_none());

        // It is on disk, and so survives a restart.
        let again = Home::open(store, Options::default()).await.unwrap();
        assert!(again.shut_for(&eve, FAR).is_some());
        let forgive = ForgiveFailures { address: Some(FAR), user_id: None };
        assert!(again.forgive_failures(asked(&again, forgive.clone())).await.unwrap());
        assert!(again.shut_for(&eve, FAR).is_none());
        assert!(!again.forgive_failures(asked(&again, forgive)).await.unwrap());
    }

    #[tokio::test]
    async fn the_machine_is_not_shut_out_and_a_household_is_one() {
        let home = Home::open(Arc::new(SqliteStore::in_memory().unwrap()), Options::default()).await.unwrap();
        let eve = Username::normalise("eve");
        fail(&home, &eve, IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 2 * FAILURES).await;
        assert!(home.bans(&asked(&home, ListBans {})).is_empty());
        for n in 0..FAILURES {
            fail(&home, &eve, format!("2001:db8:1:2::{n:x}").parse().unwrap(), 1).await;
        }
        assert!(home.shut_for(&eve, "2001:db8:1:2:ffff::1".parse().unwrap()).is_some());
        assert!(home.shut_for(&eve, "2001:db8:1:3::1".parse().unwrap()).is_none());
    }

    #[tokio::test]
    async fn bans_end_and_are_bounded() {
        let home = Home::open(Arc::new(SqliteStore::in_memory().unwrap()), Options::default()).await.unwrap();
        let add = async |network: &str, until: Option<Timestamp>| {
            let network = network.parse().unwrap();
            home.add_ban(asked(&home, AddBan { network, until, reason: None })).await
        };
        add("203.0.113.0/24", Some(now().plus_secs(1))).await.unwrap();
        assert!(home.is_shut_out(FAR));
        tokio::time::sleep(Duration::from_millis(1100)).await;
        assert!(!home.is_shut_out(FAR));
        home.sweep_bans().await.unwrap();
        assert!(home.inner.bans.0.load().is_empty());

        let eve = Username::normalise("eve");
        fail(&home, &eve, FAR, FAILURES).await;
        for n in 0..MAX_BANS - 1 {
            add(&format!("10.{}.{}.0/24", n / 256, n % 256), None).await.unwrap();
        }
        assert!(matches!(add("192.0.2.1", None).await, Err(AccountError::TooManyBans(_))));
        // Of those that failures cause, the oldest makes room.
        fail(&home, &eve, "198.51.100.7".parse().unwrap(), FAILURES).await;
        assert!(home.shut_for(&eve, FAR).is_none());
        assert!(home.shut_for(&eve, "198.51.100.7".parse().unwrap()).is_some());
        assert_eq!(home.inner.bans.0.load().len(), MAX_BANS);
    }
}
