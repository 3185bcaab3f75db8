//! The socket: reads frames, writes texts, keeps time. The only file here that does I/O.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use axum::{
    extract::{
        ConnectInfo,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use futures_util::{FutureExt, SinkExt, StreamExt, stream::SplitSink};
use home::{DeleteToken, HA_VERSION, Home, Session, Slot, Slots};
use serde_json::json;
use service_bus::{Next, OpenFeed, now};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, interval, sleep, timeout},
};

use crate::{
    connection::{Connection, News},
    greeting::{self, FirstMessage},
    message,
};

/// Where the WebSocket is.
pub const PATH: &str = "/api/websocket";

/// How long a client may take to say who it is.
const GREETING_TIME: Duration = Duration::from_secs(10);

/// How many clients of one address are listened to at once before they have said who they are. The others wait: what they
/// send is not read, and takes no memory.
const MAX_GREETING: usize = 16;

/// How long one of them is listened to while others wait.
const BUSY_GREETING_TIME: Duration = Duration::from_secs(1);

/// How often a client is asked whether it is still there; it must have answered by the next time.
const HEARTBEAT: Duration = Duration::from_secs(55);

/// How long a client may leave what is sent to it unread.
const WRITE_TIME: Duration = Duration::from_secs(10);

/// How many events may wait for a client.
const QUEUE: usize = 4096;

/// The longest message from a client, in bytes.
const MAX_MESSAGE: usize = 4 << 20;

/// What a plain GET is told, in Home Assistant's words.
const NO_UPGRADE: &str = "No WebSocket UPGRADE hdr: None\n Can \"Upgrade\" only to \"WebSocket\".";

/// How many commands of one client run at once before no more is read from it.
const MAX_RUNNING: usize = 256;

/// How many bytes of answers may wait before they are sent and no further message of a frame is handled.
const MAX_WAITING: usize = 256 << 10;

/// How many messages go in one frame at most.
const MAX_JOINED: usize = 256;

type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

/// Returns the service of [`PATH`], for a router that adds who is at the other end.
pub fn route(home: Home) -> MethodRouter {
    let strangers = Slots::new(MAX_GREETING);
    get(async move |ConnectInfo(peer): ConnectInfo<SocketAddr>, headers: HeaderMap, upgrade: Upgrade| -> Response {
        let ip = peer.ip().to_canonical();
        let upgrade = match upgrade {
            Ok(upgrade) => upgrade,
            Err(_) if !headers.contains_key(header::UPGRADE) => {
                return (StatusCode::BAD_REQUEST, NO_UPGRADE).into_response();
            }
            Err(rejection) => return rejection.into_response(),
        };
        upgrade
            // The default of 128 KiB for each connection is most of what an idle one costs.
            .read_buffer_size(8 << 10)
            .write_buffer_size(8 << 10)
            .max_message_size(MAX_MESSAGE)
            .max_frame_size(MAX_MESSAGE)
            .on_upgrade(move |socket| greet(socket, home, ip, strangers))
    })
}

/// Finds out who it is, then lets them in.
async fn greet(mut socket: WebSocket, home: Home, ip: IpAddr, strangers: Slots) {
    let required = json!({"type": "auth_required", "ha_version": HA_VERSION}).to_string();
    if socket.send(Message::Text(required.into())).await.is_err() {
        return;
    }
    let Ok(place) = timeout(GREETING_TIME, place(&strangers, ip)).await else {
        return close(&mut socket, 1013).await;
    };
    let refusal = match first_text_in_time(&mut socket, &strangers, ip).await {
        Some(text) => match greeting::read(&text) {
            FirstMessage::Hopeless => None,
            FirstMessage::Malformed(reason) => Some(reason),
            FirstMessage::Token(token) => match home.authenticate(&token, ip) {
                Ok(session) => {
                    drop(place);
                    return admit(socket, home, session).await;
                }
                Err(refused) => Some(refused.to_string()),
            },
        },
        None => None,
    };
    drop(place);
    if let Some(reason) = refusal {
        let text = json!({"type": "auth_invalid", "message": reason}).to_string();
        _ = socket.send(Message::Text(text.into())).await;
    }
    close(&mut socket, 1000).await;
}

/// Returns the first text, unless it takes too long.
async fn first_text_in_time(socket: &mut WebSocket, strangers: &Slots, ip: IpAddr) -> Option<String> {
    let first = first_text(socket);
    tokio::pin!(first);
    if let Ok(first) = timeout(BUSY_GREETING_TIME, first.as_mut()).await {
        return first;
    }
    let crowded = async {
        while strangers.has_room(ip) {
            sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        first = timeout(GREETING_TIME - BUSY_GREETING_TIME, first.as_mut()) => first.ok().flatten(),
        () = crowded => None,
    }
}

async fn first_text(socket: &mut WebSocket) -> Option<String> {
    loop {
        match socket.recv().await? {
            Ok(Message::Text(text)) => return Some(text.to_string()),
            Ok(Message::Ping(_) | Message::Pong(_)) => {}
            Ok(Message::Binary(_) | Message::Close(_)) | Err(_) => return None,
        }
    }
}

async fn place(strangers: &Slots, ip: IpAddr) -> Slot {
    loop {
        if let Some(place) = strangers.take(ip) {
            return place;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

async fn close(socket: &mut WebSocket, code: u16) {
    let frame = CloseFrame { code, reason: "".into() };
    _ = timeout(Duration::from_secs(1), socket.send(Message::Close(Some(frame)))).await;
}

async fn admit(mut socket: WebSocket, home: Home, session: Session) {
    let _counted = home.count_socket();
    // From before the answer on: whatever happens to the token is noticed.
    let standing = home.standing();
    let Ok(open) = home.bus().authorize(&session.principal, OpenFeed { capacity: QUEUE }) else { return };
    let feed = home.bus().open_feed(open);
    let ok = json!({"type": "auth_ok", "ha_version": HA_VERSION}).to_string();
    if !home.is_live(&session) || socket.send(Message::Text(ok.into())).await.is_err() {
        return close(&mut socket, 1000).await;
    }
    let (news, reports) = mpsc::channel(MAX_RUNNING);
    let connection = Connection::new(home, session, feed, news);
    let (sink, stream) = socket.split();
    let mut serving = Serving { seen: connection.home.standing_now(), connection, sink, standing, is_held: false };
    let code = serving.run(stream, reports).await;
    let frame = Message::Close(Some(CloseFrame { code, reason: "".into() }));
    _ = timeout(Duration::from_secs(1), serving.sink.send(frame)).await;
}

struct Serving {
    connection: Connection,
    sink: SplitSink<WebSocket, Message>,
    standing: watch::Receiver<u64>,
    /// The number of changes of standing at the last look.
    seen: u64,
    /// Something was written that is still held back for what follows.
    is_held: bool,
}

impl Serving {
    /// Serves until something ends it; returns the code to close with.
    async fn run(
        &mut self,
        mut stream: futures_util::stream::SplitStream<WebSocket>,
        mut reports: mpsc::Receiver<News>,
    ) -> u16 {
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

fn until_next_minute() -> Duration {
    let into = now().as_micros().rem_euclid(60_000_000);
    Duration::from_micros(u64::try_from(60_000_000 - into).unwrap_or(60_000_000))
}
