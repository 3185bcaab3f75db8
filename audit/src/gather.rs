//! Many like records become one.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
};

use auth_core::{Timestamp, UserId, network_of};
use indexmap::IndexMap;

use crate::{Actor, Outcome, Record, Trail};

/// Collects records that nobody has to wait for until they are written together, and counts like ones.
///
/// Like are records that differ in time and detail only; of IPv6 a /64 counts as one address. Strangers decide how many
/// there are, so there are bounds, for each trail and for each source: what comes when one is reached is counted, and one
/// record says how many were not kept. So nobody's refusals push out anybody else's.
#[derive(Debug, Default)]
pub struct Gatherer {
    waiting: IndexMap<Key, Record>,
    n_in: BTreeMap<Trail, usize>,
    n_of: HashMap<(Trail, Source), usize>,
    dropped: BTreeMap<Trail, (u32, Timestamp)>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    trail: Trail,
    action: String,
    outcome: Outcome,
    by: Actor,
    asked_by: Option<UserId>,
    from: Option<IpAddr>,
    on: Option<String>,
    reason: Option<String>,
}

/// Who causes records: a user wherever they are, a stranger by where they are.
type Source = (Option<UserId>, Option<IpAddr>);

/// What is recorded of records that were not kept.
const OVERFLOW: &str = "audit_overflow";

impl Gatherer {
    /// The most records that wait for one trail.
    pub const MAX: usize = 256;

    /// The most refusals and failures of one source that wait for one trail.
    pub const MAX_OF_SOURCE: usize = 16;

    /// Adds a record. Returns whether it is the first of its kind among those that wait.
    pub fn add(&mut self, trail: Trail, record: Record) -> bool {
        let record = record.bounded();
        let key = Key::of(trail, &record);
        if self.count(&key, &record) {
            return false;
        }
        let source = match &record.by {
            Actor::User { id, .. } => Some((Some(id.clone()), None)),
            Actor::Nobody => Some((None, key.from)),
            Actor::System { .. } | Actor::Integration { .. } => None,
        };
        if let Some(source) = source.filter(|_| record.outcome != Outcome::Done && record.action != OVERFLOW) {
            let n_of = self.n_of.entry((trail, source)).or_default();
            if *n_of >= Self::MAX_OF_SOURCE {
                let mut rest = Record::new(record.at, OVERFLOW, Outcome::Failed, record.by)
                    .because("more kinds of records came at once from one source than are kept");
                (rest.from, rest.count, rest.last_at) = (record.from, record.count, record.last_at);
                return self.add(trail, rest);
            }
            *n_of += 1;
        }
        let n_in = self.n_in.entry(trail).or_default();
        if *n_in >= Self::MAX {
            let (n, _) = self.dropped.entry(trail).or_insert((0, record.at));
            *n = n.saturating_add(record.count);
            return false;
        }
        *n_in += 1;
        self.waiting.insert(key, record);
        true
    }

    /// Counts a record with one that is like it, if there is one.
    fn count(&mut self, key: &Key, record: &Record) -> bool {
        let Some(first) = self.waiting.get_mut(key) else { return false };
        first.count = first.count.saturating_add(record.count);
        first.last_at = Some(record.last_at.unwrap_or(record.at));
        true
    }

    /// Takes everything that waits, in the order of first coming.
    pub fn take(&mut self) -> Vec<(Trail, Record)> {
        let Self { waiting, dropped, .. } = std::mem::take(self);
        let mut taken: Vec<_> = waiting.into_iter().map(|(key, record)| (key.trail, record)).collect();
        for (trail, (n, at)) in dropped {
            let by = Actor::System { role: "audit".to_owned() };
            let mut rest = Record::new(at, OVERFLOW, Outcome::Failed, by)
                .because("more kinds of records came at once than are kept");
            rest.count = n;
            taken.push((trail, rest));
        }
        taken
    }

    /// Puts back what could not be written; what came meanwhile is behind it.
    pub fn put_back(&mut self, records: Vec<(Trail, Record)>) {
        let later = self.take();
        records.into_iter().chain(later).for_each(|(trail, record)| _ = self.add(trail, record));
    }

    /// Tells whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.dropped.is_empty()
    }
}

impl Key {
    fn of(trail: Trail, record: &Record) -> Self {
        Self {
            trail,
            action: record.action.clone(),
            outcome: record.outcome,
            by: record.by.clone(),
            asked_by: record.asked_by.clone(),
            from: record.from.map(network_of),
            on: record.on.clone(),
            reason: record.reason.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
