//! The turn to change something: taken by one at a time, and with it the record of what is done.

use std::{
    ops::{Deref, DerefMut},
    sync::atomic::Ordering::{Acquire, Relaxed},
};

use audit::{Outcome, Record, Trail, action_name};
use auth_core::{Action, Authorized, Edit, Need, Principal, Unauthorized};
use serde_json::Value;
use service_bus::{World, WorldWriter, now};
use store::{Change, StoreError};
use tokio::sync::MutexGuard;

use crate::Home;

/// What only the holder of the changes' lock touches.
#[derive(Debug)]
pub(crate) struct Changes {
    pub(crate) world: WorldWriter,
}

impl Changes {
    /// Changes who may do what, for whoever looks from then on. Memberships are as of now.
    pub(crate) fn change_rights(&mut self, change: impl FnOnce(&mut Edit)) {
        let current = self.world.current();
        let mut edit = current.auth.edit();
        edit.set_time(now());
        change(&mut edit);
        self.world.replace(World { auth: edit.finish(), ..World::clone(&current) });
    }
}

/// The turn to change something, held from working it out to announcing it.
///
/// What is committed in a turn is recorded in the same transaction, so nothing that somebody asked for can be done
/// without a record: there is no other way to the store for it.
pub(crate) struct Turn<'a> {
    changes: MutexGuard<'a, Changes>,
    record: Option<(Trail, Record)>,
}

impl Deref for Turn<'_> {
    type Target = Changes;

    fn deref(&self) -> &Changes {
        &self.changes
    }
}

impl DerefMut for Turn<'_> {
    fn deref_mut(&mut self) -> &mut Changes {
        &mut self.changes
    }
}

impl Turn<'_> {
    /// Says what the change is made on.
    pub(crate) fn on(&mut self, on: impl Into<String>) {
        self.edit(|record| record.on(on));
    }

    /// Says what changes. No secrets.
    pub(crate) fn with(&mut self, detail: Value) {
        self.edit(|record| record.with(detail));
    }

    /// Records this in place of what the turn was taken for.
    pub(crate) fn record_in(&mut self, trail: Trail, record: Record) {
        self.record = Some((trail, record));
    }

    /// Keeps no record of what is done in this turn: nobody but the caller is concerned.
    pub(crate) fn unrecorded(&mut self) {
        self.record = None;
    }

    fn edit(&mut self, edit: impl FnOnce(Record) -> Record) {
        self.record = self.record.take().map(|(trail, record)| (trail, edit(record)));
    }
}

impl Home {
    /// Waits for its turn to change something, and decides the request again if anything has changed meanwhile: a right
    /// that was taken away before must not be used, nor a session that was revoked.
    pub(crate) async fn begin<R: Action>(
        &self,
        request: Authorized<R>,
    ) -> Result<(Turn<'_>, Principal, R), Unauthorized> {
        let changes = self.inner.changes.lock().await;
        let request = self.renew(&changes, request)?;
        let trail = trail_of(request.request().need());
        let (principal, request) = request.into_parts();
        let record = Record::of(now(), action_name(R::NAME), Outcome::Done, &principal);
        Ok((Turn { changes, record: Some((trail, record)) }, principal, request))
    }

    /// Waits for the turn of something that needs no rights, or whose rights were looked at elsewhere.
    pub(crate) async fn turn_for(&self, trail: Trail, record: Record) -> Turn<'_> {
        Turn { changes: self.inner.changes.lock().await, record: Some((trail, record)) }
    }

    /// Waits for the turn of what nobody asked for: integrations that register what they found, tokens that expire.
    pub(crate) async fn quiet_turn(&self) -> Turn<'_> {
        Turn { changes: self.inner.changes.lock().await, record: None }
    }

    /// Decides a request again, whose turn it is, and asks whether enough was shown for it.
    pub(crate) fn renew<R: Action>(
        &self,
        changes: &Changes,
        request: Authorized<R>,
    ) -> Result<Authorized<R>, Unauthorized> {
        let principal = request.principal().clone();
        let renewed = if self.is_alive(&principal) {
            changes.world.current().auth.renew(request)
        } else {
            Err(Unauthorized { user_id: principal.user_id().cloned(), ..Unauthorized::default() })
        };
        let renewed = renewed.inspect_err(|refusal| self.record_denied(&principal, R::NAME, None, refusal))?;
        self.prove(&renewed)?;
        Ok(renewed)
    }

    /// Keeps what changes, and the turn's record with it, all or nothing. On disk when this returns. Nothing is recorded if
    /// nothing changes.
    pub(crate) async fn commit(&self, turn: &mut Turn<'_>, changes: Vec<Change>) -> Result<(), StoreError> {
        if changes.is_empty() { Ok(()) } else { self.commit_recorded(turn, changes).await }
    }

    /// Keeps the turn's record, and what changes if anything does, all or nothing. On disk when this returns.
    pub(crate) async fn commit_recorded(
        &self,
        turn: &mut Turn<'_>,
        mut changes: Vec<Change>,
    ) -> Result<(), StoreError> {
        let record = turn.record.clone();
        changes.extend(record.map(|(trail, record)| Change::Audit(trail, Box::new(record))));
        self.keep(changes).await?;
        // What else the turn does belongs to it.
        turn.record = None;
        Ok(())
    }

    /// Records what changes nothing that is kept. On disk when this returns.
    pub(crate) async fn keep_record(&self, trail: Trail, record: Record) -> Result<(), StoreError> {
        self.keep(vec![Change::Audit(trail, Box::new(record))]).await
    }

    /// Keeps changes, and tells whoever follows the audit trail of the records among them.
    pub(crate) async fn keep(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let is_audit = |change: &Change| matches!(change, Change::Audit(..));
        // What it knows is not what is kept: it would take somebody for the first.
        if self.inner.is_replaced.load(Acquire) && !changes.iter().all(is_audit) {
            return Err(StoreError::Closed);
        }
        let committed = self.inner.store.commit(changes).await;
        let counts = &self.inner.counts;
        counts.is_failing.store(committed.is_err(), Relaxed);
        if committed.is_err() { &counts.failed_commits } else { &counts.commits }.fetch_add(1, Relaxed);
        self.announce_lines(&committed?);
        Ok(())
    }
}

/// Returns where a request is recorded: what only administrators can do apart from what anybody does of their own.
fn trail_of(need: Need<'_>) -> Trail {
    match need {
        Need::Admin | Need::Owner | Need::Integration(_) => Trail::Acts,
        Need::Authenticated | Need::OwnAccount | Need::Entity(..) | Need::Entities(..) => Trail::Access,
    }
}
