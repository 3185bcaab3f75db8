//! How often tokens are used: those with a limit are held to it, and programs' tokens are noted as used.

use std::collections::{HashMap, HashSet};

use auth_core::{Timestamp, TokenId};

use crate::throttle::RetryAfter;

/// One minute, in microseconds.
const MINUTE: i64 = 60_000_000;

/// What is known of uses since the start.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// For each token with a limit: when all of it will be free again.
    free_at: HashMap<TokenId, i64>,
    /// Tokens that were used since their record was last stored.
    pub(super) unsaved: HashSet<TokenId>,
    /// When something was last open by a session.
    seen: HashMap<TokenId, Timestamp>,
}

impl Uses {
    /// Takes one request out of a minute's worth of them, which comes back evenly. O(1), allocates for the first alone.
    pub(super) fn take(&mut self, id: &TokenId, per_minute: u32, now: Timestamp) -> Result<(), RetryAfter> {
        let (now, each) = (now.as_micros(), MINUTE / i64::from(per_minute.max(1)));
        let Some(free_at) = self.free_at.get_mut(id) else {
            self.free_at.insert(id.clone(), now.saturating_add(each));
            return Ok(());
        };
        // A clock that was set back lets nobody wait longer than a minute.
        *free_at = (*free_at).clamp(now, now.saturating_add(MINUTE));
        let after = free_at.saturating_add(each);
        let wait = after.saturating_sub(now).saturating_sub(MINUTE);
        if wait > 0 {
            return Err(RetryAfter { secs: u32::try_from(wait.saturating_add(999_999) / 1_000_000).unwrap_or(60) });
        }
        *free_at = after;
        Ok(())
    }

    /// Notes that a token's record has changed. O(1), allocates for the first alone.
    pub(super) fn note(&mut self, id: &TokenId) {
        if !self.unsaved.contains(id) {
            self.unsaved.insert(id.clone());
        }
    }

    /// Notes that something is open by a session. O(1), allocates for the first alone.
    pub(super) fn see(&mut self, id: &TokenId, now: Timestamp) {
        match self.seen.get_mut(id) {
            Some(seen) => *seen = now,
            None => _ = self.seen.insert(id.clone(), now),
        }
    }

    /// Returns when something was last open by a session, if since the start.
    pub(super) fn seen(&self, id: &TokenId) -> Option<Timestamp> {
        self.seen.get(id).copied()
    }

    /// Forgets a token.
    pub(super) fn forget(&mut self, id: &TokenId) {
        self.free_at.remove(id);
        self.unsaved.remove(id);
        self.seen.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_worth_is_free_and_comes_back_evenly() {
        let (mut uses, id) = (Uses::default(), TokenId::from("a"));
        let at = |secs: i64| Timestamp::from_secs(1_000 + secs);
        let mut take = |secs: i64| uses.take(&id, 6, at(secs)).map_err(|wait| wait.secs);
        for _ in 0..6 {
            assert_eq!(take(0), Ok(()));
        }
        assert_eq!(take(0), Err(10));
        assert_eq!(take(9), Err(1));
        assert_eq!(take(10), Ok(()));
        assert_eq!(take(10), Err(10));
        // After a minute's rest all of it is there, and no more.
        for _ in 0..6 {
            assert_eq!(take(500), Ok(()));
        }
        assert_eq!(take(500), Err(10));
        // Whoever sets the clock back an hour stops nobody for an hour.
        assert_eq!(take(-3_000), Err(10));
        assert_eq!(take(-2_940), Ok(()));
    }

    #[test]
    fn what_is_refused_costs_nothing_and_limits_are_apart() {
        let mut uses = Uses::default();
        let at = Timestamp::from_secs(5);
        assert!(uses.take(&"a".into(), 1, at).is_ok() && uses.take(&"b".into(), 1, at).is_ok());
        for _ in 0..100 {
            assert_eq!(uses.take(&"a".into(), 1, at), Err(RetryAfter { secs: 60 }));
        }
        assert!(uses.take(&"a".into(), 1, at.plus_secs(60)).is_ok());
        assert!(uses.take(&"c".into(), 0, at).is_ok(), "none is one");
        uses.forget(&"b".into());
        assert!(uses.take(&"b".into(), 1, at).is_ok());
    }
}
