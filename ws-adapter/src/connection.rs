//! One connection's state: who it is, what it listens to, what waits to be sent. No I/O.

mod subscribed;

use std::{collections::VecDeque, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use auth_core::{Action, Authorized};
use futures_util::FutureExt;
use home::{Home, RenderTemplate, Session, render_with_time_out};
use serde_json::{Value, json};
use service_bus::{Event, Feed, Viewer, World};
use templates::{Rendered, TemplateError};
use tokio::sync::mpsc;

use crate::{
    CommandError,
    command::{self, Access, Call, Command, Reply, Run, Running},
    frame::{Ids, messages},
    in_sight::InSight,
    message,
    subscription::{Subscription, Subscriptions},
};

/// How long a template may take if the client does not say, and at most.
const TEMPLATE_TIME_OUT: Duration = Duration::from_secs(3);

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) home: Home,
    pub(crate) session: Session,
    /// Several messages may go in one frame.
    pub(crate) coalesce: bool,
    pub(crate) feed: Feed,
    /// Commands that run apart and have not answered.
    pub(crate) n_running: usize,
    /// When everything that waits has been sent, the connection's own token is deleted.
    pub(crate) deletes_own_token: bool,
    ids: Ids,
    /// Messages of the last frame that have not been handled.
    inbox: VecDeque<Value>,
    subscriptions: Subscriptions,
    /// What was in sight, if this connection is told of registries.
    in_sight: Option<InSight>,
    outbox: VecDeque<Waiting>,
    waiting_bytes: usize,
    news: mpsc::Sender<News>,
}

/// Something that waits to be sent. Events become text when they are sent, with the rights of that moment.
#[derive(Debug)]
enum Waiting {
    Text(String),
    Event(u64, Arc<Event>),
}

/// What tasks tell their connection.
#[derive(Debug)]
pub(crate) enum News {
    /// A command has ended.
    Done(u64, Result<Reply, CommandError>),
    /// A template was rendered; none if it took too long.
    Rendered(u64, Option<Result<Rendered, TemplateError>>),
}

impl Connection {
    pub(crate) fn new(home: Home, session: Session, feed: Feed, news: mpsc::Sender<News>) -> Self {
        Self {
            home,
            session,
            coalesce: false,
            feed,
            n_running: 0,
            deletes_own_token: false,
            ids: Ids::default(),
            inbox: VecDeque::new(),
            subscriptions: Subscriptions::new(),
            in_sight: None,
            outbox: VecDeque::new(),
            waiting_bytes: 0,
            news,
        }
    }

    /// Takes a frame. Returns whether the connection may go on: not after what is no JSON.
    pub(crate) fn on_frame(&mut self, text: &str) -> bool {
        let Some(messages) = messages(text) else { return false };
        self.inbox.extend(messages);
        true
    }

    /// Tells whether messages wait to be handled.
    pub(crate) fn has_unhandled(&self) -> bool {
        !self.inbox.is_empty()
    }

    /// Handles the next message. One at a time, its answer sent before the next: a frame full of questions does not
    /// fill the memory with answers.
    pub(crate) fn on_message(&mut self) {
        let Some(given) = self.inbox.pop_front() else { return };
        // Whatever it is, it was asked.
        let is_limited = self.session.is_limited;
        let too_often = if is_limited { self.home.count_use(&self.session).err() } else { None };
        let too_often = too_often.map(|refused| CommandError::new("rate_limited", refused.to_string()));
        let mut command = None;
        let is_known = |kind: &str| {
            command = command::find(kind);
            command.is_some()
        };
        let request = match self.ids.read(given, is_known) {
            Ok(request) => request,
            Err(refused) => {
                let error = too_often.unwrap_or_else(|| CommandError::new(refused.code, refused.text));
                self.send(message::error(&refused.id, &error));
                return;
            }
        };
        let Some(command) = command else { return };
        let id = request.id;
        if let Err(error) = too_often.map_or_else(|| self.gate(command), Err) {
            self.send(message::error(&Value::from(id), &error));
            return;
        }
        let running: Running = match command.run {
            Run::Here(run) => {
                let outcome = run(self, id, request.data);
                self.answer(id, outcome);
                return;
            }
            Run::Apart(run) => run(Call { home: self.home.clone(), session: self.session.clone(), data: request.data }),
            Run::Operation(operation) => {
                let principal = self.session.principal.clone();
                let call = management::Call::new(self.home.clone(), principal, request.data);
                Box::pin(async move { Ok(Reply::Result(operation.run(call).await?)) })
            }
        };
        self.run_apart(id, running);
    }

    /// Carries a command out beside the others.
    fn run_apart(&mut self, id: u64, running: Running) {
        let mut running = Box::pin(
            AssertUnwindSafe(running)
                .catch_unwind()
                .map(|outcome| outcome.unwrap_or_else(|_| Err(CommandError::new("unknown_error", "Unknown error")))),
        );
        // What needs to wait for nothing is answered at once, without a task of its own.
        if let Some(outcome) = (&mut running).now_or_never() {
            self.answer(id, outcome);
            return;
        }
        let news = self.news.clone();
        self.n_running += 1;
        // Free of the connection: a client that hangs up does not leave it half done.
        tokio::spawn(async move { _ = news.send(News::Done(id, running.await)).await });
    }

    /// Refuses what the table says that this caller may not even ask, before looking at the rest of the request.
    fn gate(&self, Command { name, access, .. }: &Command) -> Result<(), CommandError> {
        let world = self.home.bus().world();
        let rights = world.auth.rights(&self.session.principal);
        let (enough, needed) = match access {
            Access::Admin => (rights.is_admin(), "an administrator"),
            Access::Owner => (rights.is_owner(), "the owner"),
            // The rest is decided by what is asked.
            Access::Authenticated | Access::EditEntity | Access::Service | Access::Events => {
                (rights.is_active(), "an active user")
            }
        };
        if enough {
            return Ok(());
        }
        self.home.record_refused(&self.session, name, needed);
        Err(auth_core::Unauthorized::default().into())
    }

    fn answer(&mut self, id: u64, outcome: Result<Reply, CommandError>) {
        match outcome {
            Ok(Reply::Result(result)) => self.send(message::result(id, &result)),
            Ok(Reply::Text(text)) => self.send(message::result_text(id, &text)),
            Ok(Reply::Pong) => self.send(message::pong(id)),
            Ok(Reply::Sent) => {}
            Ok(Reply::ResultThenDeleteToken(result)) => {
                self.send(message::result(id, &result));
                self.deletes_own_token = true;
            }
            Err(error) => self.send(message::error(&Value::from(id), &error)),
        }
    }

    /// Handles what a task tells.
    pub(crate) fn on_news(&mut self, news: News) {
        match news {
            News::Done(id, outcome) => {
                self.n_running -= 1;
                self.answer(id, outcome);
            }
            News::Rendered(id, rendered) => self.on_rendered(id, rendered),
        }
    }

    /// Renders what depends on the time of day.
    pub(crate) fn on_minute(&mut self) {
        let timed = |(id, subscription): (&u64, &Subscription)| match subscription {
            Subscription::Template(template) if template.listeners.time => Some(*id),
            _ => None,
        };
        let timed: Vec<_> = self.subscriptions.iter().filter_map(timed).collect();
        timed.into_iter().for_each(|id| self.render(id));
    }

    /// Returns the next text to send, made with the rights of now.
    pub(crate) fn next_text(&mut self) -> Option<String> {
        while let Some(waiting) = self.outbox.pop_front() {
            match waiting {
                Waiting::Text(text) => {
                    self.waiting_bytes = self.waiting_bytes.saturating_sub(text.len());
                    return Some(text);
                }
                Waiting::Event(id, event) => {
                    if let Some(text) = self.show(id, &event) {
                        return Some(message::event(id, &text));
                    }
                }
            }
        }
        None
    }

    /// Puts a text on its way.
    pub(crate) fn send(&mut self, text: String) {
        self.waiting_bytes += text.len();
        self.outbox.push_back(Waiting::Text(text));
    }

    /// Returns the length of the texts that wait to be sent; events have none yet.
    pub(crate) const fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// Tells whether something waits to be sent.
    pub(crate) fn has_waiting(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Decides what this caller asks.
    pub(crate) fn authorize<R: Action>(&self, request: R) -> Result<Authorized<R>, CommandError> {
        Ok(self.home.bus().authorize(&self.session.principal, request)?)
    }

    /// Answers from what the caller may see in the present world.
    pub(crate) fn view<T>(
        &self,
        answer: impl FnOnce(&Home, &Viewer<'_>) -> Result<T, CommandError>,
    ) -> Result<T, CommandError> {
        let world: Arc<World> = self.home.bus().world();
        answer(&self.home, &Viewer::new(&world, &self.session.principal))
    }

    /// Starts a render unless one is under way: then another follows it.
    fn render(&mut self, id: u64) {
        let Some(Subscription::Template(template)) = self.subscriptions.get_mut(&id) else { return };
        if template.running {
            template.stale = true;
            return;
        }
        let wish = template.wish.clone();
        let asked = self.home.bus().authorize(&self.session.principal, RenderTemplate { template: wish.template });
        let Ok(asked) = asked else { return };
        template.running = true;
        template.stale = false;
        let time_out = wish.timeout.filter(|secs| *secs > 0.0).map_or(TEMPLATE_TIME_OUT, |secs| {
            Duration::try_from_secs_f64(secs).unwrap_or(TEMPLATE_TIME_OUT).min(TEMPLATE_TIME_OUT)
        });
        let (home, news) = (self.home.clone(), self.news.clone());
        tokio::spawn(async move {
            let rendered = render_with_time_out(home, asked, wish.variables, wish.strict, time_out).await;
            _ = news.send(News::Rendered(id, rendered)).await;
        });
    }

    fn on_rendered(&mut self, id: u64, rendered: Option<Result<Rendered, TemplateError>>) {
        let Some(Subscription::Template(template)) = self.subscriptions.get_mut(&id) else { return };
        template.running = false;
        let first = !std::mem::replace(&mut template.answered, true);
        let report_errors = template.wish.report_errors;
        let mut texts = Vec::new();
        if first && rendered.is_some() {
            texts.push(message::result(id, &Value::Null));
        }
        let error = |text: String| json!({"error": text, "level": "ERROR"}).to_string();
        match rendered {
            None if first => {
                let error = CommandError::new("template_error", "Exceeded maximum execution time of 3s");
                texts.push(message::error(&Value::from(id), &error));
            }
            Some(Err(failure)) if report_errors => texts.push(message::event(id, &error(failure.to_string()))),
            None | Some(Err(_)) => {}
            Some(Ok(rendered)) => {
                let listeners = &rendered.listeners;
                let shown = json!({
                    "all": listeners.all,
                    "entities": listeners.entities,
                    "domains": listeners.domains,
                    "time": listeners.time,
                });
                let text = match rendered.result {
                    Ok(result) => Some(json!({"result": result, "listeners": shown}).to_string()),
                    Err(failure) => report_errors.then(|| error(failure.to_string())),
                };
                if report_errors {
                    let warning = |text: &String| json!({"error": text, "level": "WARNING"}).to_string();
                    texts.extend(rendered.warnings.iter().map(|text| message::event(id, &warning(text))));
                }
                template.listeners = rendered.listeners;
                if template.last != text {
                    texts.extend(text.as_deref().map(|text| message::event(id, text)));
                    template.last = text;
                }
            }
        }
        let stale = template.stale;
        texts.into_iter().for_each(|text| self.send(text));
        if stale {
            self.render(id);
        }
    }
}
