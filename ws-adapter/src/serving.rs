//! The socket of whoever is known: reads frames, writes texts, keeps time.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::{
    FutureExt, Sink, SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use home::DeleteToken;
use service_bus::{Next, now};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, interval, sleep, timeout},
};

use crate::{
    connection::{Connection, News},
    message,
};

/// How often a client is asked whether it is still there; it must have answered by the next time.
const HEARTBEAT: Duration = Duration::from_secs(55);

/// How long a client may leave what is sent to it unread.
const WRITE_TIME: Duration = Duration::from_secs(10);

/// How many commands of one client run at once before no more is read from it.
pub(crate) const MAX_RUNNING: usize = 256;

/// How many bytes of answers may wait before they are sent and no further message of a frame is handled.
const MAX_WAITING: usize = 256 << 10;

/// How many messages go in one frame at most.
const MAX_JOINED: usize = 256;

/// One client, until something ends it.
pub(crate) struct Serving {
    connection: Connection,
    sink: SplitSink<WebSocket, Message>,
    standing: watch::Receiver<u64>,
    /// The number of changes of standing at the last look.
    seen: u64,
    /// Something was written that is still held back for what follows.
    is_held: bool,
}

impl Serving {
    pub(crate) fn new(
        connection: Connection,
        sink: SplitSink<WebSocket, Message>,
        standing: watch::Receiver<u64>,
    ) -> Self {
        Self { seen: connection.home.standing_now(), connection, sink, standing, is_held: false }
    }

    /// Serves until something ends it; returns the code to close with.
    pub(crate) async fn run(&mut self, mut stream: SplitStream<WebSocket>, mut reports: mpsc::Receiver<News>) -> u16 {
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.reset();
        let mut is_there = true;
        let mut minute = Box::pin(sleep(until_next_minute()));
        loop {
            if !self.flush().await {
                return 1000;
            }
            tokio::select! {
                changed = self.standing.changed() => {
                    if changed.is_err() || !self.is_live() {
                        return 1000;
                    }
                }
                next = self.connection.feed.next() => {
                    if !self.on_next(next) {
                        return 1008;
                    }
                }
                Some(report) = reports.recv() => self.connection.on_news(report),
                () = std::future::ready(()), if self.connection.has_unhandled() && self.has_room() => {
                    // Together, so that answers may share a frame; large ones are sent before more are made.
                    self.connection.on_message();
                    while self.connection.has_unhandled()
                        && self.has_room()
                        && self.connection.waiting_bytes() < MAX_WAITING
                    {
                        self.connection.on_message();
                    }
                }
                frame = stream.next(), if !self.connection.has_unhandled() && self.has_room() => match frame {
                    Some(Ok(Message::Text(text))) => {
                        if !self.connection.on_frame(&text) {
                            return 1000;
                        }
                    }
                    Some(Ok(Message::Ping(_))) => {}
                    Some(Ok(Message::Pong(_))) => is_there = true,
                    // No command here takes binary data, so no handler has that number.
                    Some(Ok(Message::Binary(data))) => {
                        if data.is_empty() {
                            return 1000;
                        }
                    }
                    Some(Ok(Message::Close(_))) | None => return 1000,
                    Some(Err(error)) => {
                        let too_long = error.to_string().contains("too long") || error.to_string().contains("Space limit");
                        return if too_long { 1009 } else { 1002 };
                    }
                },
                _ = heartbeat.tick() => {
                    let ping = self.sink.send(Message::Ping(bytes::Bytes::new()));
                    if !is_there || !matches!(timeout(WRITE_TIME, ping).await, Ok(Ok(()))) {
                        return 1000;
                    }
                    is_there = false;
                }
                () = &mut minute => {
                    self.connection.home.note_use(&self.connection.session);
                    self.connection.on_minute();
                    minute.as_mut().reset(Instant::now() + until_next_minute());
                }
            }
            // What is there already goes along, a frame's worth.
            for _ in 0..MAX_JOINED {
                match (self.connection.feed.next().now_or_never(), reports.try_recv()) {
                    (None, Err(_)) => break,
                    (next, report) => {
                        if next.is_some_and(|next| !self.on_next(next)) {
                            return 1008;
                        }
                        report.into_iter().for_each(|report| self.connection.on_news(report));
                    }
                }
            }
        }
    }

    pub(crate) async fn close(&mut self, code: u16) {
        close(&mut self.sink, code).await;
    }

    fn has_room(&self) -> bool {
        self.connection.n_running < MAX_RUNNING
    }

    /// Handles what the feed says; tells whether there will be more.
    fn on_next(&mut self, next: Next) -> bool {
        match next {
            Next::Event(event) => self.connection.on_event(&event),
            Next::WorldChanged => self.connection.on_world_changed(),
            Next::TooSlow => return false,
        }
        true
    }

    fn is_live(&mut self) -> bool {
        self.seen = self.connection.home.standing_now();
        self.connection.home.is_live(&self.connection.session)
    }

    /// Sends everything that waits. Nothing is sent for a token that is gone. Returns whether the connection goes on.
    async fn flush(&mut self) -> bool {
        while self.connection.has_waiting() {
            if self.connection.home.standing_now() != self.seen && !self.is_live() {
                return false;
            }
            let Some(text) = self.next_frame() else { continue };
            if !self.write(text).await {
                return false;
            }
        }
        // What came last may have shown nothing: what was written before it is on its way all the same.
        if std::mem::take(&mut self.is_held) && !matches!(timeout(WRITE_TIME, self.sink.flush()).await, Ok(Ok(()))) {
            return false;
        }
        if std::mem::take(&mut self.connection.deletes_own_token) {
            let token_id = self.connection.session.token_id.to_string();
            if let Ok(request) = self.connection.authorize(DeleteToken { token_id }) {
                let home = self.connection.home.clone();
                tokio::spawn(async move {
                    if let Err(error) = home.delete_token(request).await {
                        tracing::warn!(%error, "a token could not be deleted");
                    }
                });
            }
        }
        true
    }

    fn next_frame(&mut self) -> Option<String> {
        let first = self.connection.next_text()?;
        if !self.connection.coalesce {
            return Some(first);
        }
        let mut texts = vec![first];
        while texts.len() < MAX_JOINED
            && let Some(text) = self.connection.next_text()
        {
            texts.push(text);
        }
        if texts.len() == 1 { texts.pop() } else { Some(message::join(&texts)) }
    }

    /// Writes one frame, for a while at most, and not on when the token goes.
    async fn write(&mut self, text: String) -> bool {
        let Self { sink, standing, connection, seen, is_held } = self;
        let more = connection.has_waiting();
        *is_held = more;
        let written = async {
            let frame = Message::Text(text.into());
            if more { sink.feed(frame).await } else { sink.send(frame).await }
        };
        tokio::pin!(written);
        let patience = sleep(WRITE_TIME);
        tokio::pin!(patience);
        loop {
            tokio::select! {
                biased;
                written = &mut written => return written.is_ok(),
                changed = standing.changed() => {
                    *seen = connection.home.standing_now();
                    if changed.is_err() || !connection.home.is_live(&connection.session) {
                        return false;
                    }
                }
                () = &mut patience => return false,
            }
        }
    }
}

/// Says that it is over, for a second at most.
pub(crate) async fn close(sink: &mut (impl Sink<Message> + Unpin), code: u16) {
    let frame = CloseFrame { code, reason: "".into() };
    _ = timeout(Duration::from_secs(1), sink.send(Message::Close(Some(frame)))).await;
}

fn until_next_minute() -> Duration {
    let into = now().as_micros().rem_euclid(60_000_000);
    Duration::from_micros(u64::try_from(60_000_000 - into).unwrap_or(60_000_000))
}
