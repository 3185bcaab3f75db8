//! How a flow begins: its record in the book, its code beside it.

use std::sync::Arc;

use auth_core::UserId;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex as AsyncMutex;

use super::FlowError;
use crate::{
    Abort, ConfigEntry, EntryUpdate, Flow, FlowAnswer, FlowContext, FlowFamily, FlowKind, FlowRecord, NewEntry,
    NewOptions, Shown, Source, SubentryDone,
    manager::{Registered, Shared, apart},
};

/// A flow's code and what it shows. Locked while a step is taken, so steps of one flow are taken one by one.
pub(in crate::manager) struct Runner {
    pub(in crate::manager) machine: Machine,
    pub(in crate::manager) context: FlowContext,
    /// The step to take when the flow is looked at.
    pub(in crate::manager) step_id: String,
    pub(in crate::manager) shown: Option<Shown>,
    /// What it came to and could not be kept.
    pub(super) unkept: Option<Done>,
}

/// A flow's code, by what it comes to.
pub(in crate::manager) enum Machine {
    Config(Box<dyn Flow<NewEntry>>),
    Update(Box<dyn Flow<EntryUpdate>>),
    Options(Box<dyn Flow<NewOptions>>),
    Subentry(Box<dyn Flow<SubentryDone>>),
}

/// What a flow came to.
#[derive(Clone)]
pub(in crate::manager) enum Done {
    Entry(NewEntry),
    Update(EntryUpdate),
    Options(NewOptions),
    Subentry(SubentryDone),
}

/// What a flow is started with.
pub(in crate::manager) struct Start<'a> {
    pub(super) kind: FlowKind,
    pub(super) domain: &'a str,
    pub(super) source: Source,
    pub(super) by: Option<UserId>,
    pub(super) entry: Option<&'a ConfigEntry>,
    pub(super) data: Option<Value>,
    pub(super) step: &'static str,
}

impl<'a> Start<'a> {
    pub(in crate::manager) const fn new(domain: &'a str, source: Source, by: Option<UserId>) -> Self {
        Self { kind: FlowKind::Config, domain, source, by, entry: None, data: None, step: source.as_str() }
    }

    pub(in crate::manager) fn about(entry: &'a ConfigEntry, domain: &'a str, source: Source) -> Self {
        Self { entry: Some(entry), ..Self::new(domain, source, None) }
    }
}

impl Shared {
    /// Makes the record and the runner of a flow; neither is in its book yet.
    pub(in crate::manager) fn prepare(&self, start: Start<'_>, machine: Machine) -> (FlowRecord, Runner) {
        let id = match start.kind {
            FlowKind::Config => self.ulid(),
            FlowKind::Options { .. } | FlowKind::Subentry { .. } => format!("{:032x}", self.host.random()),
        };
        let subentry_id = match &start.kind {
            FlowKind::Subentry { subentry_id, .. } => subentry_id.clone(),
            FlowKind::Config | FlowKind::Options { .. } => None,
        };
        let mut title_placeholders = Map::new();
        if let (FlowKind::Config, Some(entry)) = (&start.kind, start.entry) {
            title_placeholders.insert("name".to_owned(), json!(entry.title));
        }
        let context = FlowContext {
            shared: self.me.clone(),
            flow_id: id.clone(),
            domain: start.domain.to_owned(),
            source: start.source,
            entry_id: start.entry.map(|entry| entry.entry_id.clone()),
            subentry_id,
            data: start.data,
            frontend_base: None,
        };
        let record = FlowRecord {
            id,
            kind: start.kind,
            domain: start.domain.to_owned(),
            source: start.source,
            answered_by: start.by.clone(),
            started_by: start.by,
            entry_ids: start.entry.map(|entry| entry.entry_id.clone()).into_iter().collect(),
            unique_id: start.entry.and_then(|entry| entry.unique_id.clone()),
            title_placeholders,
            discovery_key: None,
            step_id: None,
            touched_at: self.host.now(),
            is_finishing: false,
        };
        let runner = Runner { machine, context, step_id: start.step.to_owned(), shown: None, unkept: None };
        (record, runner)
    }

    /// Starts a flow that makes an entry, unless the integration can have one entry only and has it.
    pub(super) async fn start_config_flow(
        &self,
        registered: &Registered,
        start: Start<'_>,
        frontend_base: Option<String>,
    ) -> Result<FlowAnswer, FlowError> {
        let flow = registered.integration.config_flow().ok_or(FlowError::UnknownHandler)?;
        if registered.integration.manifest().single && self.has_entry(start.domain) {
            let (record, _) = self.prepare(start, Machine::Config(flow));
            return Ok(FlowAnswer::aborted(&record, &Abort::shared("single_instance_allowed")));
        }
        self.start(start, Machine::Config(flow), frontend_base).await
    }

    /// Tells whether an integration has an entry that is not there just to be ignored.
    pub(in crate::manager) fn has_entry(&self, domain: &str) -> bool {
        self.entries_of(domain).iter().any(|entry| entry.source != Source::Ignore.as_str())
    }

    pub(super) async fn start(
        &self,
        start: Start<'_>,
        machine: Machine,
        frontend_base: Option<String>,
    ) -> Result<FlowAnswer, FlowError> {
        self.expire_flows();
        let (record, mut runner) = self.prepare(start, machine);
        runner.context.frontend_base = frontend_base;
        let flow_id = record.id.clone();
        let runner = Arc::new(AsyncMutex::new(runner));
        let mut locked = Arc::clone(&runner).lock_owned().await;
        {
            let mut inner = self.lock();
            inner.flows.start(record)?;
            inner.runners.insert(flow_id.clone(), runner);
        }
        let shared = self.strong().ok_or(FlowError::UnknownFlow)?;
        apart(async move {
            let answer = shared.go_on(&mut locked, &flow_id, None).await;
            if answer.is_err() {
                // Nobody has seen the flow: there is nothing to go on with.
                shared.end_flow(&flow_id);
            }
            answer
        })
        .await
    }

    /// Ends the flows that users have left alone for too long.
    pub(in crate::manager) fn expire_flows(&self) {
        let mut inner = self.lock();
        for gone in inner.flows.expire(self.host.now()) {
            inner.runners.remove(&gone.id);
        }
    }

    pub(super) fn runner(
        &self,
        family: FlowFamily,
        flow_id: &str,
        user: Option<&UserId>,
    ) -> Result<Arc<AsyncMutex<Runner>>, FlowError> {
        self.expire_flows();
        let mut inner = self.lock();
        let now = self.host.now();
        let flow = inner.flows.get_mut(flow_id).ok_or(FlowError::UnknownFlow)?;
        let own = match flow.kind {
            FlowKind::Config => FlowFamily::Config,
            FlowKind::Options { .. } => FlowFamily::Options,
            FlowKind::Subentry { .. } => FlowFamily::Subentry,
        };
        if own != family || !flow.belongs_to(user) {
            return Err(FlowError::UnknownFlow);
        }
        flow.touched_at = now;
        inner.runners.get(flow_id).cloned().ok_or(FlowError::UnknownFlow)
    }
}
