//! A flow's steps: taken one by one, shown, remembered.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::{Done, FlowError, Machine, Runner};
use crate::{
    Abort, FlowAnswer, News, Shown, Source, Step,
    manager::{ManageError, Shared},
};

/// How long a step may take before it counts as failed. Nobody else can go on with the flow meanwhile.
const STEP_TIME: Duration = Duration::from_secs(300);

impl Shared {
    /// Takes the next step of a flow, and those that follow without anybody's help.
    pub(in crate::manager) async fn go_on(
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
        let context = &mut runner.context;
        let taken = match &mut runner.machine {
            Machine::Config(flow) => guarded(flow.step(context, step_id, input), Done::Entry).await,
            Machine::Update(flow) => guarded(flow.step(context, step_id, input), Done::Update).await,
            Machine::Options(flow) => guarded(flow.step(context, step_id, input), Done::Options).await,
            Machine::Subentry(flow) => guarded(flow.step(context, step_id, input), Done::Subentry).await,
        };
        taken.map_err(|what| {
            tracing::error!(domain = runner.context.domain, step_id, "an integration's flow {what}");
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
}

/// Has a step of any kind taken, within its time. What is returned says what went wrong otherwise.
async fn guarded<D>(
    step: impl Future<Output = Result<Step<D>, Abort>>,
    done: fn(D) -> Done,
) -> Result<Result<Step<Done>, Abort>, &'static str> {
    match timeout(STEP_TIME, AssertUnwindSafe(step).catch_unwind()).await {
        Ok(Ok(Ok(Step::Show(shown)))) => Ok(Ok(Step::Show(shown))),
        Ok(Ok(Ok(Step::Continue(next)))) => Ok(Ok(Step::Continue(next))),
        Ok(Ok(Ok(Step::Done(value)))) => Ok(Ok(Step::Done(done(value)))),
        Ok(Ok(Err(abort))) => Ok(Err(abort)),
        Ok(Err(_)) => Err("panicked"),
        Err(_) => Err("took too long"),
    }
}
