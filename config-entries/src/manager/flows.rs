//! Flows under way: started, gone on with, ended.

use std::sync::Arc;

use auth_core::{Authorized, Unauthorized, UserId};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex as AsyncMutex;

use super::{ManageError, Manager, Registered, Shared, apart};
use crate::{
    Abort, AbortFlow, ConfigEntry, ContinueFlow, DiscoverFlow, EntryUpdate, Flow, FlowAnswer, FlowContext, FlowFamily,
    FlowId, FlowKind, FlowLimit, FlowRecord, HostError, IgnoreFlow, InvalidInput, NewEntry, NewOptions, News, Shown,
    Source, StartFlow, StartOptionsFlow, StartSubentryFlow, Step, SubentryDone, reauth_issue_id,
};

/// Why a flow did not go on.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The caller may not.
    #[error(transparent)]
    Unauthorized(#[from] Unauthorized),
    /// There is no such flow, or it is somebody else's, or of another family: which, is not said.
    #[error("Invalid flow specified")]
    UnknownFlow,
    /// There is no such integration, or it has no such flow.
    #[error("Invalid handler specified")]
    UnknownHandler,
    /// There is no such entry, or no such part of it.
    #[error("Invalid entry specified")]
    UnknownEntry,
    /// The integration does not reconfigure.
    #[error("Handler {0} doesn't support step reconfigure")]
    NoReconfigure(String),
    /// The input is not what the form asks for; the flow stays as it is.
    #[error(transparent)]
    Input(#[from] InvalidInput),
    /// There are as many flows as there may be.
    #[error(transparent)]
    Limit(#[from] FlowLimit),
    /// The integration's code failed; the flow stays as it is.
    #[error("the integration failed")]
    Failed,
    /// What the flow came to could not be done.
    #[error(transparent)]
    Manage(#[from] ManageError),
    /// The flow cannot be ignored: it has no unique id, or is about an entry that exists.
    #[error("Specified flow has no unique ID.")]
    NotIgnorable,
}

impl From<HostError> for FlowError {
    fn from(error: HostError) -> Self {
        Self::Manage(error.into())
    }
}

/// A flow's code and what it shows. Locked while a step is taken, so steps of one flow are taken one by one.
pub(super) struct Runner {
    pub(super) machine: Machine,
    pub(super) context: FlowContext,
    /// The step to take when the flow is looked at.
    pub(super) step_id: String,
    pub(super) shown: Option<Shown>,
    /// What it came to and could not be kept.
    unkept: Option<Done>,
}

/// A flow's code, by what it comes to.
pub(super) enum Machine {
    Config(Box<dyn Flow<NewEntry>>),
    Update(Box<dyn Flow<EntryUpdate>>),
    Options(Box<dyn Flow<NewOptions>>),
    Subentry(Box<dyn Flow<SubentryDone>>),
}

/// What a flow came to.
#[derive(Clone)]
pub(super) enum Done {
    Entry(NewEntry),
    Update(EntryUpdate),
    Options(NewOptions),
    Subentry(SubentryDone),
}

impl Manager {
    /// Starts a flow that makes an entry, or reconfigures one.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn start_flow(&self, request: Authorized<StartFlow>) -> Result<FlowAnswer, FlowError> {
        let (principal, StartFlow { domain, reconfigure, frontend_base }) = request.into_parts();
        let user = principal.user_id().cloned();
        let registered = self.shared.registered(&domain).ok_or(FlowError::UnknownHandler)?;
        if let Some(entry_id) = reconfigure {
            let entry = self.shared.entry(&entry_id).filter(|entry| entry.domain == domain);
            let supported = registered.integration.manifest().reconfigure;
            let entry = match entry {
                _ if !supported => return Err(FlowError::NoReconfigure(domain)),
                Some(entry) => entry,
                None => return Err(FlowError::UnknownEntry),
            };
            let flow = registered.integration.reconfigure_flow(&entry);
            let machine = Machine::Update(flow.ok_or_else(|| FlowError::NoReconfigure(domain.clone()))?);
            let start = Start { entry: Some(&entry), ..Start::new(&domain, Source::Reconfigure, user) };
            return self.shared.start(start, machine, frontend_base).await;
        }
        if !registered.integration.manifest().config_flow {
            return Err(FlowError::UnknownHandler);
        }
        self.shared.start_config_flow(&registered, Start::new(&domain, Source::User, user), frontend_base).await
    }

    /// Starts a flow for something that was found, or is to be imported.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn discover(&self, request: Authorized<DiscoverFlow>) -> Result<FlowAnswer, FlowError> {
        let (_, DiscoverFlow { domain, source, data }) = request.into_parts();
        if !source.is_discovery() {
            return Err(FlowError::UnknownHandler);
        }
        let registered = self.shared.registered(&domain).ok_or(FlowError::UnknownHandler)?;
        let start = Start { data: Some(data), ..Start::new(&domain, source, None) };
        self.shared.start_config_flow(&registered, start, None).await
    }

    /// Starts a flow that changes an entry's options.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn start_options_flow(&self, request: Authorized<StartOptionsFlow>) -> Result<FlowAnswer, FlowError> {
        let (principal, StartOptionsFlow { entry_id }) = request.into_parts();
        let entry = self.shared.entry(&entry_id).ok_or(FlowError::UnknownEntry)?;
        let registered = self.shared.registered(&entry.domain).ok_or(FlowError::UnknownHandler)?;
        let flow = registered.integration.options_flow(&entry).ok_or(FlowError::UnknownHandler)?;
        let kind = FlowKind::Options { entry_id };
        let by = principal.user_id().cloned();
        let start = Start { kind, entry: Some(&entry), step: "init", ..Start::new(&entry.domain, Source::User, by) };
        self.shared.start(start, Machine::Options(flow), None).await
    }

    /// Starts a flow about a part of an entry.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn start_subentry_flow(&self, request: Authorized<StartSubentryFlow>) -> Result<FlowAnswer, FlowError> {
        let (principal, StartSubentryFlow { entry_id, subentry_type, subentry_id }) = request.into_parts();
        let entry = self.shared.entry(&entry_id).ok_or(FlowError::UnknownEntry)?;
        let registered = self.shared.registered(&entry.domain).ok_or(FlowError::UnknownHandler)?;
        let known = registered.integration.manifest().subentries.iter().find(|(kind, _)| *kind == subentry_type);
        let (_, reconfigurable) = known.ok_or(FlowError::UnknownHandler)?;
        let part = match &subentry_id {
            None => None,
            Some(id) => {
                let part = entry.subentries.iter().find(|part| part.subentry_id == *id);
                Some(part.filter(|part| part.subentry_type == subentry_type).ok_or(FlowError::UnknownEntry)?)
            }
        };
        if part.is_some() && !reconfigurable {
            return Err(FlowError::NoReconfigure(entry.domain.clone()));
        }
        let flow = registered.integration.subentry_flow(&entry, &subentry_type, part);
        let machine = Machine::Subentry(flow.ok_or(FlowError::UnknownHandler)?);
        let source = if part.is_some() { Source::Reconfigure } else { Source::User };
        let kind = FlowKind::Subentry { entry_id, subentry_type, subentry_id };
        let by = principal.user_id().cloned();
        let start = Start { kind, entry: Some(&entry), ..Start::new(&entry.domain, source, by) };
        self.shared.start(start, machine, None).await
    }

    /// Goes on with a flow, or looks at it again.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn continue_flow(&self, request: Authorized<ContinueFlow>) -> Result<FlowAnswer, FlowError> {
        let ContinueFlow { family, flow_id, .. } = request.request();
        let runner = self.shared.runner(*family, flow_id, request.principal().user_id())?;
        let shared = Arc::clone(&self.shared);
        apart(async move {
            let mut runner = runner.lock().await;
            let (_, ContinueFlow { flow_id, input, frontend_base, .. }) = shared.renew(request)?.into_parts();
            // What a page elsewhere comes back with arrives by its signed state alone.
            let input = input.filter(|_| !matches!(runner.shown, Some(Shown::External { .. })));
            if frontend_base.is_some() {
                runner.context.frontend_base = frontend_base;
            }
            shared.go_on(&mut runner, &flow_id, input).await
        })
        .await
    }

    /// Goes on with a flow that waits for a page elsewhere, with what that page came back with. Only who holds a
    /// [`Returned`](crate::oauth2::Returned), which is made of a signed state alone, can.
    ///
    /// # Errors
    /// [`FlowError::UnknownFlow`], also for a flow that waits for something else.
    pub async fn resume(&self, returned: crate::oauth2::Returned) -> Result<(), FlowError> {
        let (flow_id, input) = returned.into_parts();
        let runner = self.shared.lock().runners.get(&flow_id).cloned().ok_or(FlowError::UnknownFlow)?;
        let shared = Arc::clone(&self.shared);
        apart(async move {
            let mut runner = runner.lock().await;
            if !matches!(runner.shown, Some(Shown::External { .. })) {
                return Err(FlowError::UnknownFlow);
            }
            shared.go_on(&mut runner, &flow_id, Some(input)).await?;
            runner.context.progressed();
            Ok(())
        })
        .await
    }

    /// Ends a flow.
    ///
    /// # Errors
    /// [`FlowError::UnknownFlow`].
    pub fn abort_flow(&self, request: Authorized<AbortFlow>) -> Result<(), FlowError> {
        let (principal, AbortFlow { family, flow_id }) = request.into_parts();
        self.shared.runner(family, &flow_id, principal.user_id())?;
        // What it comes to may be on its way to the disk: then it is too late.
        self.shared.end_flow_if(&flow_id, |flow| !flow.is_finishing).map(drop).ok_or(FlowError::UnknownFlow)
    }

    /// Has a discovered thing count as set up. Only a discovery can be ignored: a reauthentication is about an entry
    /// that exists, and to ignore that would replace it.
    ///
    /// # Errors
    /// [`FlowError::UnknownFlow`], [`FlowError::NotIgnorable`].
    pub async fn ignore_flow(&self, request: Authorized<IgnoreFlow>) -> Result<(), FlowError> {
        let shared = Arc::clone(&self.shared);
        apart(async move { shared.ignore_flow(request).await }).await
    }
}

/// What a flow is started with.
pub(super) struct Start<'a> {
    kind: FlowKind,
    domain: &'a str,
    source: Source,
    by: Option<UserId>,
    entry: Option<&'a ConfigEntry>,
    data: Option<Value>,
    step: &'static str,
}

impl<'a> Start<'a> {
    pub(super) const fn new(domain: &'a str, source: Source, by: Option<UserId>) -> Self {
        Self { kind: FlowKind::Config, domain, source, by, entry: None, data: None, step: source.as_str() }
    }

    pub(super) fn about(entry: &'a ConfigEntry, domain: &'a str, source: Source) -> Self {
        Self { entry: Some(entry), ..Self::new(domain, source, None) }
    }
}

impl Shared {
    async fn ignore_flow(&self, request: Authorized<IgnoreFlow>) -> Result<(), FlowError> {
        // Nobody makes an entry of it, or ignores it, at the same time.
        let _turn = self.creation.lock().await;
        let (_, IgnoreFlow { flow_id, title }) = self.renew(request)?.into_parts();
        let flow = self.lock().flows.get(&flow_id).filter(|flow| !flow.is_finishing).cloned();
        let flow = flow.ok_or(FlowError::UnknownFlow)?;
        let unique_id = flow.unique_id.filter(|_| flow.source.is_discovery()).ok_or(FlowError::NotIgnorable)?;
        if self.lock().book.find_unique(&flow.domain, &unique_id).is_some() {
            return Err(FlowError::NotIgnorable);
        }
        let entry = ConfigEntry {
            entry_id: self.ulid(),
            domain: flow.domain,
            title,
            unique_id: Some(unique_id),
            source: Source::Ignore.as_str().to_owned(),
            ..ConfigEntry::default()
        };
        self.add(entry).await?;
        self.end_flow(&flow_id);
        Ok(())
    }

    /// Makes the record and the runner of a flow; neither is in its book yet.
    pub(super) fn prepare(&self, start: Start<'_>, machine: Machine) -> (FlowRecord, Runner) {
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
    async fn start_config_flow(
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
    pub(super) fn has_entry(&self, domain: &str) -> bool {
        self.entries_of(domain).iter().any(|entry| entry.source != Source::Ignore.as_str())
    }

    async fn start(
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
    pub(super) fn expire_flows(&self) {
        let mut inner = self.lock();
        for gone in inner.flows.expire(self.host.now()) {
            inner.runners.remove(&gone.id);
        }
    }

    fn runner(
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

    /// Takes the next step of a flow, and those that follow without anybody's help.
    pub(super) async fn go_on(
        &self,
        runner: &mut Runner,
        flow_id: &str,
        input: Option<Map<String, Value>>,
    ) -> Result<FlowAnswer, FlowError> {
        if self.lock().flows.get(flow_id).is_none() {
            return Err(FlowError::UnknownFlow);
        }
        let is_asked = matches!(runner.shown, Some(Shown::Form(_) | Shown::Menu(_)));
        // The step cannot be taken again where nothing is asked: a code is good once.
        if let Some(done) = runner.unkept.take().filter(|_| !is_asked) {
            return self.keep(runner, flow_id, done).await;
        }
        let mut step_id = runner.step_id.clone();
        let mut input = match (&runner.shown, input) {
            (Some(Shown::Form(form)), Some(input)) => Some(form.schema.check(&input)?),
            (Some(Shown::Menu(menu)), Some(input)) => {
                let options = menu.options.iter().map(|option| (option.clone(), option.clone())).collect();
                let field = crate::Field::required("next_step_id", crate::FieldKind::Select(options));
                let chosen = crate::Schema::new().with(field).check(&input)?;
                step_id = chosen.get("next_step_id").and_then(Value::as_str).unwrap_or_default().to_owned();
                None
            }
            (Some(Shown::External { .. }), input) => input,
            _ => None,
        };
        // A flow that went on by itself for ever would hold its lock for ever.
        for _ in 0..32 {
            match self.take_step(runner, &step_id, input.take()).await? {
                Ok(Step::Continue(next)) => {
                    step_id = next;
                }
                Ok(Step::Show(shown)) => return self.show_step(runner, flow_id, shown),
                Ok(Step::Done(done)) => return self.keep(runner, flow_id, done).await,
                Err(abort) => {
                    let flow = self.end_flow(flow_id).ok_or(FlowError::UnknownFlow)?;
                    return Ok(FlowAnswer::aborted(&flow, &abort));
                }
            }
        }
        tracing::error!(flow_id, domain = runner.context.domain, "a flow goes on by itself without an end");
        Err(FlowError::Failed)
    }

    /// Does what a flow came to. What cannot be kept now can be later.
    async fn keep(&self, runner: &mut Runner, flow_id: &str, done: Done) -> Result<FlowAnswer, FlowError> {
        let finished = self.finish(flow_id, done.clone()).await;
        if matches!(finished, Err(FlowError::Manage(ManageError::Host(_)))) {
            runner.unkept = Some(done);
        }
        finished
    }

    async fn take_step(
        &self,
        runner: &mut Runner,
        step_id: &str,
        input: Option<Map<String, Value>>,
    ) -> Result<Result<Step<Done>, Abort>, FlowError> {
        use std::panic::AssertUnwindSafe;

        use futures_util::FutureExt;
        let context = &mut runner.context;
        let taken = match &mut runner.machine {
            Machine::Config(flow) => {
                AssertUnwindSafe(flow.step(context, step_id, input)).catch_unwind().await.map(|s| erase(s, Done::Entry))
            }
            Machine::Update(flow) => AssertUnwindSafe(flow.step(context, step_id, input))
                .catch_unwind()
                .await
                .map(|s| erase(s, Done::Update)),
            Machine::Options(flow) => AssertUnwindSafe(flow.step(context, step_id, input))
                .catch_unwind()
                .await
                .map(|s| erase(s, Done::Options)),
            Machine::Subentry(flow) => AssertUnwindSafe(flow.step(context, step_id, input))
                .catch_unwind()
                .await
                .map(|s| erase(s, Done::Subentry)),
        };
        taken.map_err(|_| {
            tracing::error!(domain = runner.context.domain, step_id, "an integration's flow panicked");
            FlowError::Failed
        })
    }

    /// Remembers and announces what a flow shows.
    fn show_step(&self, runner: &mut Runner, flow_id: &str, mut shown: Shown) -> Result<FlowAnswer, FlowError> {
        runner.step_id = shown.step_id().to_owned();
        let mut inner = self.lock();
        let title = match &runner.context.entry_id {
            Some(id) => inner.book.get(id).map(|(entry, _)| entry.title.clone()),
            None => None,
        };
        let flow = inner.flows.get_mut(flow_id).ok_or(FlowError::UnknownFlow)?;
        let is_new = flow.step_id.replace(runner.step_id.clone()).is_none();
        if flow.source == Source::Reauth
            && let Shown::Form(form) = &mut shown
        {
            form.placeholders.get_or_insert_default().entry("name").or_insert(json!(title));
        }
        let flow = flow.clone();
        if is_new && flow.source.is_announced() {
            let wire = flow.to_wire();
            self.host.announce(News::Flow(json!({"type": "added", "flow_id": flow_id, "flow": wire})));
            if flow.source == Source::Reauth {
                flow.entry_ids.iter().for_each(|entry_id| self.raise_reauth_issue(&mut inner, entry_id));
            }
        }
        let answer = FlowAnswer::shown(&flow, &shown);
        runner.shown = Some(shown);
        Ok(answer)
    }

    /// Ends a flow, whatever it is doing: what it comes to afterwards counts for nothing.
    pub(super) fn end_flow(&self, flow_id: &str) -> Option<FlowRecord> {
        self.end_flow_if(flow_id, |_| true)
    }

    /// Ends a flow that is as it should be; looking and ending are one.
    fn end_flow_if(&self, flow_id: &str, is_such: impl FnOnce(&FlowRecord) -> bool) -> Option<FlowRecord> {
        let mut inner = self.lock();
        inner.flows.get(flow_id).filter(|flow| is_such(flow))?;
        inner.runners.remove(flow_id);
        let flow = inner.flows.end(flow_id)?;
        if flow.source == Source::Reauth {
            for entry_id in &flow.entry_ids {
                self.clear_issue(&mut inner, &reauth_issue_id(&flow.domain, entry_id));
            }
        }
        if flow.source.is_announced() && flow.step_id.is_some() {
            self.host.announce(News::Flow(json!({"type": "removed", "flow_id": flow_id})));
        }
        Some(flow)
    }

    /// Ends the flows about an entry but its reauthentication.
    pub(super) fn end_flows_about(&self, entry_id: &str) {
        let ids: Vec<FlowId> = self.lock().flows.about(entry_id);
        for id in ids {
            if self.lock().flows.get(&id).is_some_and(|flow| flow.source != Source::Reauth) {
                self.end_flow(&id);
            }
        }
    }

    pub(crate) fn edit_flow(&self, flow_id: &str, edit: impl FnOnce(&mut FlowRecord)) {
        if let Some(flow) = self.lock().flows.get_mut(flow_id) {
            edit(flow);
        }
    }

    pub(crate) fn set_unique_id(&self, flow_id: &str, domain: &str, unique_id: &str) -> Result<(), Abort> {
        let mut inner = self.lock();
        if !inner.flows.rivals(flow_id, domain, unique_id).is_empty() {
            return Err(Abort::shared("already_in_progress"));
        }
        if let Some(flow) = inner.flows.get_mut(flow_id) {
            flow.unique_id = Some(unique_id.to_owned());
        }
        Ok(())
    }

    pub(crate) async fn abort_if_configured(
        &self,
        flow_id: &str,
        update: Option<Map<String, Value>>,
    ) -> Result<(), Abort> {
        let (entry, source) = {
            let inner = self.lock();
            let Some(flow) = inner.flows.get(flow_id) else { return Ok(()) };
            let Some(unique_id) = flow.unique_id.as_deref() else { return Ok(()) };
            (inner.book.find_unique(&flow.domain, unique_id).cloned(), flow.source)
        };
        let Some(entry) = entry else { return Ok(()) };
        if entry.source == Source::Ignore.as_str() && source == Source::User {
            return Ok(());
        }
        if let Some(update) = update {
            let wish = crate::ChangeEntry {
                entry_id: entry.entry_id.clone(),
                merge_data: Some(update),
                ..crate::ChangeEntry::default()
            };
            let reloads = matches!(
                self.state(&entry.entry_id),
                Some(crate::EntryState::Loaded | crate::EntryState::SetupRetry(_))
            );
            match self.change_as_integration(wish).await {
                Ok(Some(_)) if reloads => self.reload_soon(&entry.entry_id),
                Ok(_) => {}
                Err(error) => tracing::error!(entry = entry.entry_id, %error, "an update by a flow was not kept"),
            }
        }
        Err(Abort::new("already_configured"))
    }

    pub(crate) fn discovered(&self, entry_id: &str, data: Value) {
        let (Some(shared), Some(entry)) = (self.strong(), self.entry(entry_id)) else { return };
        let Some(registered) = self.registered(&entry.domain) else { return };
        tokio::spawn(async move {
            let source = Source::IntegrationDiscovery;
            let start = Start { data: Some(data), ..Start::new(&entry.domain, source, None) };
            if let Err(error) = shared.start_config_flow(&registered, start, None).await {
                tracing::debug!(domain = entry.domain, %error, "a discovery did not become a flow");
            }
        });
    }
}

fn erase<D>(taken: Result<Step<D>, Abort>, done: impl FnOnce(D) -> Done) -> Result<Step<Done>, Abort> {
    taken.map(|step| match step {
        Step::Show(shown) => Step::Show(shown),
        Step::Continue(next) => Step::Continue(next),
        Step::Done(value) => Step::Done(done(value)),
    })
}
