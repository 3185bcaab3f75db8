//! Events over REST.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use futures_util::stream;
use home::Home;
use serde_json::{Map, Value, json};
use service_bus::{Feed, FireEvent, Next, OpenFeed, Origin, Viewer};

use crate::{
    reply::{self, message, ok},
    request::Request,
};

pub(crate) async fn list(request: Request) -> Result<Response, Response> {
    let world = request.world();
    let viewer = Viewer::new(&world, request.principal()?);
    let counts = request.app.home.bus().listener_counts(&viewer);
    let counts: Vec<_> = counts.iter().map(|(name, n)| json!({"event": name, "listener_count": n})).collect();
    Ok(ok(&Value::Array(counts)))
}

pub(crate) async fn fire(request: Request) -> Result<Response, Response> {
    let data = if request.body.is_empty() {
        Map::new()
    } else {
        request.object("Event data should be valid JSON.", "Event data should be a JSON object")?
    };
    let event_type = request.param("event_type").to_owned();
    let text = format!("Event {event_type} fired.");
    let asked = request.authorize(FireEvent { event_type, data, origin: Origin::Remote })?;
    let fired = request.app.home.bus().fire_event(asked, request.context());
    fired.map_err(|error| reply::fire_error(&error))?;
    Ok(message(StatusCode::OK, text))
}

/// How long a stream is silent before it shows that it is alive.
const PING: Duration = Duration::from_secs(50);

/// How many events may wait for a reader before the stream ends.
const QUEUE: usize = 1024;

pub(crate) async fn stream(request: Request) -> Result<Response, Response> {
    let feed = request.app.home.bus().open_feed(request.authorize(OpenFeed { capacity: QUEUE })?);
    let types: Vec<_> = request.query("restrict").map(|list| list.split(',').collect()).unwrap_or_default();
    if types.is_empty() {
        feed.listen(None);
    } else {
        types.iter().for_each(|name| _ = feed.listen(Some(name)));
    }
    let session = request.session.clone().ok_or_else(|| reply::unauthenticated(None))?;
    let home = request.app.home.clone();
    let standing = home.standing();
    let state = Streaming { feed, home, session, standing, greeted: false, is_of_all: types.is_empty() };
    let body = Body::from_stream(stream::unfold(state, next_line));
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(response)
}

struct Streaming {
    feed: Feed,
    home: Home,
    session: home::Session,
    standing: tokio::sync::watch::Receiver<u64>,
    greeted: bool,
    is_of_all: bool,
}

async fn next_line(mut state: Streaming) -> Option<(Result<Bytes, std::convert::Infallible>, Streaming)> {
    let ping = || Bytes::from_static(b"data: ping\n\n");
    if !state.greeted {
        state.greeted = true;
        return Some((Ok(ping()), state));
    }
    loop {
        let next = tokio::select! {
            biased;
            changed = state.standing.changed() => {
                changed.ok()?;
                Next::WorldChanged
            }
            next = tokio::time::timeout(PING, state.feed.next()) => match next {
                Ok(next) => next,
                Err(_) => return Some((Ok(ping()), state)),
            },
        };
        match next {
            Next::WorldChanged => {
                // The route is the administrator's: whoever is none any more hears no more.
                let world = state.feed.world();
                if !state.home.is_live(&state.session) || !world.auth.rights(&state.session.principal).is_admin() {
                    return None;
                }
            }
            Next::TooSlow => return None,
            Next::Event(event) if state.is_of_all && Home::is_for_adapters(&event.event_type) => {}
            Next::Event(event) => {
                let world = state.feed.world();
                let json = Viewer::new(&world, &state.session.principal).event_json(&event);
                let line = [b"data: ", &*json, b"\n\n"].concat();
                return Some((Ok(Bytes::from(line)), state));
            }
        }
    }
}
