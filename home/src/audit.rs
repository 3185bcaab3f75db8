//! The audit trail of a home: what is recorded when, and when it is written.
//!
//! What changes something is recorded in its own transaction ([`crate::turn`]). Logins, refusals and service calls are
//! gathered and written together about once a second ([`Home::flush_audit`]): nobody waits for the disk to be refused, and
//! a flood of like refusals is one record with a count. What is gathered is lost if the hub is killed before.

mod read;
mod shown;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, atomic::Ordering::Relaxed};

use arc_swap::ArcSwap;
use audit::{Actor, Gatherer, Outcome, Record, Trail, action_name};
use auth_core::{Action, Context, EntityId, Principal, Unauthorized, Unproved};
use serde_json::json;
use service_bus::{Observer, now};
use store::{AuditKeep, AuditLine, AuditSettings, Change, StoreError};

pub use read::{AuditFound, AuditQuery, AuditState, TrailState};

use crate::{Home, Session, home::Inner};

/// What waits to be written, and what is to be recorded at all.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    gatherer: Mutex<Gatherer>,
    pub(crate) settings: ArcSwap<AuditSettings>,
}

impl Audit {
    pub(crate) fn new(settings: AuditSettings) -> Self {
        Self { gatherer: Mutex::default(), settings: ArcSwap::from_pointee(settings) }
    }

    fn gatherer(&self) -> MutexGuard<'_, Gatherer> {
        self.gatherer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Home {
    /// The event that feeds hear when something has been recorded: its data is a record as [`Home::find_audit`] shows it.
    pub const AUDIT_EVENT: &str = "doorward_audit_recorded";

    /// Adds a record to those that are written soon. Must not wait, and does not.
    pub(crate) fn record(&self, trail: Trail, record: Record) {
        let counts = &self.inner.counts;
        match (record.action.as_str(), record.outcome) {
            ("login", Outcome::Done) => _ = counts.logins.fetch_add(1, Relaxed),
            ("login", Outcome::Denied | Outcome::Failed) => _ = counts.failed_logins.fetch_add(1, Relaxed),
            (_, Outcome::Denied) => _ = counts.denials.fetch_add(1, Relaxed),
            (_, Outcome::Done | Outcome::Failed) => {}
        }
        self.inner.audit.gatherer().add(trail, record);
    }

    /// Records that an adapter refused something, by its table, before any request was made of it. `action` is the
    /// command or the route.
    pub fn record_refused(&self, session: &Session, action: &str, needed: &str) {
        let record = Record::of(now(), action, Outcome::Denied, &session.principal).because(format!("needs {needed}"));
        self.record(Trail::Refused, record);
    }

    /// Records that a request of somebody's own failed, for a reason that counts against whoever asks.
    pub(crate) fn record_failed<R: Action>(&self, principal: &Principal, reason: &str) {
        let mut record = Record::of(now(), action_name(R::NAME), Outcome::Failed, principal).because(reason);
        record.on = principal.user_id().map(ToString::to_string);
        self.record(Trail::Refused, record);
    }

    /// Records that a request was refused.
    pub(crate) fn record_denied(
        &self,
        principal: &Principal,
        action: &str,
        service: Option<&str>,
        refusal: &Unauthorized,
    ) {
        let mut record = Record::of(now(), action_name(action), Outcome::Denied, principal);
        if let Some(service) = service {
            record = record.with(json!({"service": service}));
        }
        let world = self.inner.bus.world();
        let rights = world.auth.rights(principal);
        let reason = match (&refusal.entity_id, refusal.permission) {
            (Some(entity_id), Some(permission)) => rights.explain(entity_id.as_str(), permission).to_string(),
            _ if refusal.unproved.is_some() => refusal.unproved.map_or("", Unproved::code).to_owned(),
            _ if !self.is_alive(principal) => "the session has ended".to_owned(),
            _ if !rights.is_active() => "the user is not active".to_owned(),
            (None, Some(permission)) => format!("nothing is left that the target means and {permission} is given on"),
            _ if rights.is_narrowed() => "a token with a policy of its own does not reach so far".to_owned(),
            _ => "needs an administrator or the owner".to_owned(),
        };
        record.on = refusal.entity_id.as_ref().map(ToString::to_string).or_else(|| service.map(str::to_owned));
        record.asked_by = asker(principal, refusal.context.as_deref());
        self.record(Trail::Refused, record.because(reason));
    }

    /// Writes what has been gathered. What cannot be written waits for the next time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn flush_audit(&self) -> Result<(), StoreError> {
        let records = self.inner.audit.gatherer().take();
        if records.is_empty() {
            return Ok(());
        }
        let changes = records.iter().map(|(trail, record)| Change::Audit(*trail, Box::new(record.clone())));
        let written = self.keep(changes.collect()).await;
        if written.is_err() {
            self.inner.audit.gatherer().put_back(records);
        }
        written
    }

    /// Removes the oldest records of each trail, as the settings have it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn trim_audit(&self) -> Result<(), StoreError> {
        let settings = self.inner.audit.settings.load_full();
        let since = now().plus_secs(-86_400 * i64::from(settings.keep_days));
        for trail in Trail::ALL {
            let keep = AuditKeep { trail, lines: settings.keep_lines, since };
            while self.inner.store.trim_audit(keep).await? > 0 {}
        }
        Ok(())
    }

    pub(crate) fn announce_lines(&self, lines: &[AuditLine]) {
        for line in lines {
            let context = Context::new(service_bus::new_context_id(now()), None);
            self.announce(Self::AUDIT_EVENT, self.line_value(line), context);
        }
    }

    /// Tells whether service calls are recorded that were let through.
    fn records_control(&self) -> bool {
        self.inner.audit.settings.load().control
    }
}

/// Returns who asked, if it is somebody else than who acted.
fn asker(principal: &Principal, context: Option<&Context>) -> Option<auth_core::UserId> {
    context.and_then(|context| context.user_id.clone()).filter(|asked| Some(asked) != principal.user_id())
}

/// Writes down what the bus refuses and, where that is asked for, what it lets through.
pub(crate) struct Watch(pub(crate) Weak<Inner>);

impl Observer for Watch {
    fn denied(&self, principal: &Principal, action: &str, service: Option<&str>, refusal: &Unauthorized) {
        if let Some(inner) = self.0.upgrade() {
            Home { inner }.record_denied(principal, action, service, refusal);
        }
    }

    fn called(&self, principal: &Principal, context: &Context, service: &str, entities: &[EntityId]) {
        let Some(home) = self.0.upgrade().map(|inner| Home { inner }).filter(Home::records_control) else { return };
        let mut record = Record::of(now(), service, Outcome::Done, principal);
        record.asked_by = asker(principal, Some(context));
        let ids: Vec<_> = entities.iter().map(EntityId::as_str).collect();
        match ids.as_slice() {
            [] => {}
            [one] => record.on = Some((*one).to_owned()),
            [first, ..] => {
                record.on = Some((*first).to_owned());
                record = record.with(json!({"entities": ids}));
            }
        }
        home.record(Trail::Control, record);
    }
}

impl Home {
    /// Has the bus tell of what it refuses.
    pub(crate) fn watch_bus(&self) {
        self.inner.bus.observe(Arc::new(Watch(Arc::downgrade(&self.inner))));
    }

    /// Records groups whose policy cannot be read: they grant nothing.
    pub(crate) fn record_unreadable_groups(&self) {
        for group in self.inner.bus.world().auth.groups() {
            if let Some(problem) = &group.unreadable {
                let by = Actor::System { role: "start".to_owned() };
                let record = Record::new(now(), "read_policy", Outcome::Failed, by).on(group.id.as_str());
                self.record(Trail::Acts, record.because(format!("the group grants nothing: {problem}")));
            }
        }
    }
}
