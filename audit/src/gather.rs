//! Many like records become one.

use std::net::IpAddr;

use auth_core::{Timestamp, UserId};
use indexmap::IndexMap;

use crate::{Actor, Outcome, Record, Trail};

/// Collects records that nobody has to wait for until they are written together, and counts like ones.
///
/// Like are records that differ in time and detail only. Strangers decide how many there are, so there is a bound: what
/// comes when it is reached is counted, and one record says how many were not kept.
#[derive(Debug, Default)]
pub struct Gatherer {
    waiting: IndexMap<Key, Record>,
    n_dropped: u32,
    first_dropped: Option<Timestamp>,
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

impl Gatherer {
    /// The most records that wait.
    pub const MAX: usize = 256;

    /// Adds a record. Returns whether it is the first of its kind among those that wait.
    pub fn add(&mut self, trail: Trail, record: Record) -> bool {
        let record = record.bounded();
        let key = Key {
            trail,
            action: record.action.clone(),
            outcome: record.outcome,
            by: record.by.clone(),
            asked_by: record.asked_by.clone(),
            from: record.from,
            on: record.on.clone(),
            reason: record.reason.clone(),
        };
        if let Some(first) = self.waiting.get_mut(&key) {
            first.count = first.count.saturating_add(record.count);
            first.last_at = Some(record.last_at.unwrap_or(record.at));
            return false;
        }
        if self.waiting.len() >= Self::MAX {
            self.n_dropped = self.n_dropped.saturating_add(record.count);
            self.first_dropped.get_or_insert(record.at);
            return false;
        }
        self.waiting.insert(key, record);
        true
    }

    /// Takes everything that waits, in the order of first coming.
    pub fn take(&mut self) -> Vec<(Trail, Record)> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut taken: Vec<_> = waiting.into_iter().map(|(key, record)| (key.trail, record)).collect();
        if let Some(at) = self.first_dropped.take() {
            let by = Actor::System { role: "audit".to_owned() };
            let mut dropped = Record::new(at, "audit_overflow", Outcome::Failed, by)
                .because("more kinds of records came at once than are kept");
            dropped.count = std::mem::take(&mut self.n_dropped);
            taken.push((Trail::Access, dropped));
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
        self.waiting.is_empty() && self.n_dropped == 0
    }
}

#[cfg(test)]
mod tests;
