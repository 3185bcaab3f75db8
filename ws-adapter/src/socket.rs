//! The socket of whoever has not said yet who they are: so many are listened to, for so long, and then served or not.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use axum::{
    extract::{
        ConnectInfo,
        ws::{Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use futures_util::StreamExt;
use home::{HA_VERSION, Home, Session, Slot, Slots};
use serde_json::json;
use service_bus::OpenFeed;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use crate::{
    connection::Connection,
    greeting::{self, FirstMessage},
    serving::{MAX_RUNNING, Serving, close},
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

/// How many events may wait for a client.
const QUEUE: usize = 4096;

/// The longest message from a client, in bytes.
const MAX_MESSAGE: usize = 4 << 20;

/// What a plain GET is told, in Home Assistant's words.
const NO_UPGRADE: &str = "No WebSocket UPGRADE hdr: None\n Can \"Upgrade\" only to \"WebSocket\".";

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
    let mut serving = Serving::new(connection, sink, standing);
    let code = serving.run(stream, reports).await;
    serving.close(code).await;
}
