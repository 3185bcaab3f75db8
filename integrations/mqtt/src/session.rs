//! What keeps the connection: it reconnects, subscribes anew, says that the hub is there, and hands messages on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use config_entries::{AuthFailed, Entry};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use crate::{
    discovery::{self, Book, filters, place},
    entity::Post,
    router::{Due, Router},
    settings::Settings,
    wire::{ConnectError, Connector, Link, Message, NotSent, Outbox, Outgoing, Qos},
};

/// What runs while an entry is set up.
pub(crate) struct Session {
    entry: Entry<AuthFailed>,
    settings: Settings,
    connector: Arc<dyn Connector>,
    post: Arc<Post>,
    router: Arc<Router>,
    book: Arc<Book>,
    discovered: mpsc::UnboundedSender<Message>,
    is_leaving: AtomicBool,
}

/// How soon subscriptions are tried again that did not fit into the queue.
const SOON: Duration = Duration::from_millis(20);
/// A connection that lived so long was a good one: the next try comes at once.
const GOOD: Duration = Duration::from_secs(30);

impl Session {
    /// Starts with a connection; the tasks end with the entry.
    pub(crate) fn start(
        entry: Entry<AuthFailed>,
        settings: Settings,
        connector: Arc<dyn Connector>,
        link: Box<dyn Link>,
    ) -> Arc<Self> {
        let (discovered, messages) = mpsc::unbounded_channel();
        let post = Arc::new(Post::new(Some(entry.clone()), settings.prefix.clone()));
        let (router, book) = (Arc::new(Router::default()), Arc::new(Book::default()));
        let reading =
            (entry.clone(), settings.prefix.clone(), Arc::clone(&book), Arc::clone(&router), Arc::clone(&post));
        let (for_discovery, prefix, known, routes, sends) = reading;
        entry.spawn(discovery::run(for_discovery, prefix, known, routes, sends, messages));
        let is_leaving = AtomicBool::new(false);
        let session = Arc::new(Self { entry, settings, connector, post, router, book, discovered, is_leaving });
        session.entry.spawn(Arc::clone(&session).run(link));
        session.entry.spawn(Arc::clone(&session).tick());
        session
    }

    /// Says goodbye to the broker.
    pub(crate) async fn leave(&self) {
        self.is_leaving.store(true, Ordering::Release);
        if let Some(outbox) = self.post.outbox() {
            outbox.leave(Some(self.status("offline"))).await;
        }
        self.post.connect(None);
    }

    fn is_leaving(&self) -> bool {
        self.is_leaving.load(Ordering::Acquire)
    }

    fn status(&self, payload: &str) -> Outgoing {
        let (topic, payload) = (self.settings.status_topic(), payload.to_owned());
        Outgoing { topic, payload, qos: Qos::AtMost, retain: false }
    }

    async fn run(self: Arc<Self>, mut link: Box<dyn Link>) {
        let mut backoff = Backoff::default();
        loop {
            let since = Instant::now();
            let why = self.serve(&mut *link).await;
            self.post.connect(None);
            if self.is_leaving() {
                return;
            }
            tracing::warn!(broker = self.settings.broker, why, "the connection to the MQTT broker was lost");
            self.show_all();
            drop(link);
            if since.elapsed() >= GOOD {
                backoff = Backoff::default();
            }
            link = self.reconnect(&mut backoff).await;
            tracing::info!(broker = self.settings.broker, "the MQTT broker is connected again");
        }
    }

    async fn reconnect(&self, backoff: &mut Backoff) -> Box<dyn Link> {
        loop {
            sleep(backoff.next()).await;
            match self.connector.connect(&self.settings).await {
                Ok(link) => return link,
                Err(error) => {
                    tracing::warn!(broker = self.settings.broker, %error, "no connection to the MQTT broker");
                    if error == ConnectError::Refused {
                        self.entry.start_reauth();
                        // Brokers lock out who knocks too often.
                        backoff.slow();
                    }
                }
            }
        }
    }

    /// Works with one connection until it is over, and returns why.
    async fn serve(&self, link: &mut dyn Link) -> String {
        let outbox = link.outbox();
        self.post.connect(Some(Arc::clone(&outbox)));
        if self.settings.discovery {
            let filters = filters(&self.settings.prefix).map(|filter| (filter, Qos::AtMost));
            // The queue of a new connection is empty.
            _ = outbox.subscribe(&filters);
        }
        self.router.renew();
        let birth = (Arc::clone(&outbox), self.status("online"));
        // Not awaited here: messages have to be taken meanwhile.
        self.entry.spawn(async move { _ = birth.0.publish(birth.1).await });
        self.show_all();
        loop {
            let waits = !self.tell(&*outbox);
            tokio::select! {
                message = link.next() => match message {
                    Ok(message) => self.take(message).await,
                    Err(why) => return why,
                },
                () = self.router.changed() => {}
                () = sleep(SOON), if waits => {}
            }
        }
    }

    async fn take(&self, message: Message) {
        if let Ok(payload) = std::str::from_utf8(&message.payload) {
            self.router.dispatch(&message.topic, payload).await;
        }
        if self.settings.discovery && place(&self.settings.prefix, &message.topic).is_some() {
            _ = self.discovered.send(message);
        }
    }

    /// Tells the broker which topics are heard now. Tells whether all was told.
    fn tell(&self, outbox: &dyn Outbox) -> bool {
        while let Some(due) = self.router.due() {
            let told = match &due {
                Due::Subscribe(filters) => outbox.subscribe(filters),
                Due::Unsubscribe(filters) => outbox.unsubscribe(filters),
            };
            match told {
                Ok(()) => {}
                Err(NotSent::Full) => {
                    self.router.put_back(due);
                    return false;
                }
                // The connection is over: with the next one everything is told anew.
                Err(_) => return true,
            }
        }
        true
    }

    fn show_all(&self) {
        for shell in self.book.shells() {
            shell.show();
        }
    }

    /// Lets values that are too old expire.
    async fn tick(self: Arc<Self>) {
        loop {
            sleep(Duration::from_secs(1)).await;
            let now = Instant::now();
            for shell in self.book.shells() {
                shell.tick(now);
            }
        }
    }
}

/// How long to wait before the next try: 1 s, 2 s, 4 s, up to 60 s, each with up to a quarter more or less.
#[derive(Debug, Default)]
struct Backoff {
    tries: u32,
}

impl Backoff {
    const MOST: u64 = 60;

    fn next(&mut self) -> Duration {
        let seconds = 1_u64.checked_shl(self.tries).unwrap_or(Self::MOST).min(Self::MOST);
        self.tries = self.tries.saturating_add(1).min(10);
        let mut byte = [128_u8];
        // Without randomness there is no jitter.
        _ = getrandom::fill(&mut byte);
        let [byte] = byte;
        Duration::from_secs(seconds).mul_f64(0.75 + f64::from(byte) / 510.0)
    }

    /// Goes on with the longest wait.
    fn slow(&mut self) {
        self.tries = 10;
    }
}

#[cfg(test)]
mod tests;
