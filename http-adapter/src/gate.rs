//! Between the socket and a handler: path filter, who is it, may they, how much may they send.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, RawPathParams, Request as HttpRequest, State as AxumState},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::Response,
    routing::{MethodFilter, MethodRouter, on},
};
use home::{NotAdmitted, Session};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;

use crate::{
    Access, App, Caller, Peer, Route, api,
    form::decode_pairs,
    reply::{self, denied, plain},
    request::Request,
    route::{Serve, routes},
};

/// A route that another adapter serves: its row and its service.
#[derive(Debug)]
pub struct Extra {
    /// The path.
    pub path: &'static str,
    /// The service.
    pub service: MethodRouter,
}

/// Builds the service: every route of the table, `extra` beside it, one answer for everything else.
pub fn router(app: &App, extra: Vec<Extra>) -> Router {
    let mut by_path: Vec<(&'static str, MethodRouter<App>)> = Vec::new();
    for route in routes() {
        let serve = move |AxumState(app), params, request| pass(route, app, params, request);
        match by_path.iter_mut().find(|(path, _)| *path == route.path) {
            Some((_, methods)) => *methods = std::mem::take(methods).on(filter(route), serve),
            None => by_path.push((route.path, on(filter(route), serve))),
        }
    }
    let mut router = Router::new();
    for (path, methods) in by_path {
        router = router.route(path, methods.fallback(async || plain(StatusCode::METHOD_NOT_ALLOWED)));
    }
    let mut router = router.fallback(async || plain(StatusCode::NOT_FOUND)).with_state(app.clone());
    for Extra { path, service } in extra {
        router = router.route(path, service.fallback(async || plain(StatusCode::METHOD_NOT_ALLOWED)));
    }
    router.layer(middleware::from_fn_with_state(app.clone(), around))
}

fn filter(route: &Route) -> MethodFilter {
    match route.method {
        "POST" => MethodFilter::POST,
        "DELETE" => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    }
}

/// What happens to every request, whatever its path: refuse what is no honest request, find out who sent it, and add the
/// headers.
async fn around(AxumState(app): AxumState<App>, mut request: HttpRequest, next: Next) -> Response {
    let (path, origin) = (request.uri().path().to_owned(), request.headers().get(header::ORIGIN).cloned());
    let trust = &app.trust;
    let mut response = match admitted(&app, &mut request, origin.as_ref()) {
        Ok(()) => match trust.origins.preflight(request.method(), &path, request.headers()) {
            Some(answer) => answer,
            None => next.run(request).await,
        },
        Err(status) => plain(status),
    };
    trust.origins.mark(&path, origin.as_ref(), response.headers_mut());
    reply::security_headers(response.headers_mut());
    response
}

/// Finds out who sent a request, for everything behind this.
fn admitted(
    App { home, trust, .. }: &App,
    request: &mut HttpRequest,
    origin: Option<&HeaderValue>,
) -> Result<(), StatusCode> {
    if is_malicious(request) {
        return Err(StatusCode::BAD_REQUEST);
    }
    name_host(request);
    let nowhere = Peer { address: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)), is_tls: false };
    let peer = request.extensions().get::<Peer>().copied().unwrap_or(nowhere);
    let caller = Caller::of(peer, request.headers(), &trust.proxies).map_err(|refused| {
        tracing::warn!(address = %peer.address, %refused, "a request was refused");
        StatusCode::BAD_REQUEST
    })?;
    if home.is_shut_out(caller.ip) {
        return Err(StatusCode::FORBIDDEN);
    }
    let upgrades = request.headers().contains_key(header::UPGRADE);
    if upgrades && !trust.origins.may_open(origin, caller.own.as_ref()) {
        tracing::warn!(address = %caller.ip, ?origin, "a page of another origin may open no socket");
        return Err(StatusCode::FORBIDDEN);
    }
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(caller.ip, peer.address.port())));
    request.extensions_mut().insert(caller);
    Ok(())
}

/// Has a request of HTTP/2 say where it was sent as others do: there it stands in the request's own target.
fn name_host(request: &mut HttpRequest) {
    let authority = request.uri().authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    if let Some(host) = authority {
        request.headers_mut().entry(header::HOST).or_insert(host);
    }
}

/// Tells whether a path or query tries to be another: dots that climb, control characters, markup, however encoded.
fn is_malicious(request: &HttpRequest) -> bool {
    let uri = request.uri();
    let whole = uri.path_and_query().map_or(uri.path(), |target| target.as_str());
    let mut text = whole.to_owned();
    // Encoded over and over: each layer is looked at, a few are enough to be refused for their number.
    for _ in 0..4 {
        let lower = text.to_ascii_lowercase();
        if lower.contains("../") || lower.contains("..\\") || lower.contains("<script") || lower.contains('\\') {
            return true;
        }
        if text.chars().any(char::is_control) || lower.ends_with("/..") || lower.contains("/../") {
            return true;
        }
        let Some(decoded) = crate::form::decode(&text, false) else { return true };
        if decoded == text {
            return false;
        }
        text = decoded;
    }
    true
}

/// Takes one request through the gate to its handler.
async fn pass(route: &'static Route, app: App, params: RawPathParams, request: HttpRequest) -> Response {
    match admit(route, app, params, request).await {
        Ok(request) => {
            let answer = match route.serve {
                Serve::Handler(handler) | Serve::Page(handler) => handler(request),
                Serve::Operation(operation) => Box::pin(api::operations::run(operation, request)),
            };
            // What changes something runs in a task of its own: a caller who hangs up does not leave it half done, on
            // disk but not in memory.
            let answer = match route.method {
                "GET" => answer.await,
                _ => tokio::spawn(answer).await.unwrap_or_else(|error| Err(reply::internal(&error))),
            };
            match answer {
                Ok(response) | Err(response) => response,
            }
        }
        Err(response) => response,
    }
}

async fn admit(
    route: &'static Route,
    app: App,
    params: RawPathParams,
    request: HttpRequest,
) -> Result<Request, Response> {
    let (parts, body) = request.into_parts();
    let caller = parts.extensions.get::<Caller>().cloned();
    let (ip, own) = caller.map_or((IpAddr::V4(Ipv4Addr::UNSPECIFIED), None), |caller| (caller.ip, caller.own));
    // Who is it: before anything of the body is read.
    let session = match route.access {
        Access::Public => None,
        Access::Authenticated | Access::ReadEntity | Access::Service | Access::Admin | Access::Owner => {
            let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
            let session = authenticate(&app, &parts.headers, &parts.method, target, ip);
            Some(session.map_err(|refused| match refused {
                NotAdmitted::TooOften(secs) => reply::too_often(secs),
                NotAdmitted::Token | NotAdmitted::User(_) => {
                    reply::unauthenticated(own.as_ref().map(ToString::to_string).as_deref())
                }
            })?)
        }
    };
    if let Some(session) = &session {
        let world = app.home.bus().world();
        let rights = world.auth.rights(&session.principal);
        let (enough, needed) = match route.access {
            Access::Admin => (rights.is_admin(), "an administrator"),
            Access::Owner => (rights.is_owner(), "the owner"),
            // The rest is decided by what is asked, in the handler.
            Access::Public | Access::Authenticated | Access::ReadEntity | Access::Service => {
                (rights.is_active(), "an active user")
            }
        };
        if !enough {
            app.home.record_refused(session, &format!("{} {}", route.method, route.path), needed);
            let user_id = Some(session.user_id.clone());
            return Err(denied(&auth_core::Unauthorized { user_id, ..auth_core::Unauthorized::default() }));
        }
    }
    let mut open = HashMap::new();
    for (name, value) in &params {
        open.insert(name.to_owned(), value.to_owned());
    }
    let query = parts.uri.query().unwrap_or_default();
    let query = decode_pairs(query).ok_or_else(|| plain(StatusCode::BAD_REQUEST))?;
    let body = read_body(body, route.access.max_body()).await.map_err(plain)?;
    // A body may take its time: whoever was let in for it must still be.
    if let Some(session) = session.as_ref().filter(|_| !body.is_empty())
        && !app.home.is_live(session)
    {
        return Err(reply::unauthenticated(own.as_ref().map(ToString::to_string).as_deref()));
    }
    let path = parts.uri.path().to_owned();
    Ok(Request { app, session, ip, own, headers: parts.headers, path, params: open, query, body })
}

/// How long a client may take to send a body: one that drips does not hold a connection for ever.
const BODY_TIME: Duration = Duration::from_secs(30);

/// Reads the whole body of a request, of `limit` bytes at most, within 30 seconds.
///
/// # Errors
/// `413` if there is more, `408` if it does not come in time, `400` if it does not come whole.
///
/// # Cancel safety
/// What has come is lost.
pub async fn read_body(body: Body, limit: usize) -> Result<bytes::Bytes, StatusCode> {
    match timeout(BODY_TIME, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

fn authenticate(
    app: &App,
    headers: &HeaderMap,
    method: &Method,
    target: &str,
    ip: IpAddr,
) -> Result<Session, NotAdmitted> {
    match headers.get(header::AUTHORIZATION) {
        Some(value) => {
            let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
            app.home.authenticate(token.ok_or(NotAdmitted::Token)?, ip)
        }
        None => app.home.authenticate_path(method.as_str(), target, ip),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_says_where_it_was_sent_in_either_way() {
        let host = |uri: &str, host: Option<&'static str>| {
            let mut request = HttpRequest::new(Body::empty());
            *request.uri_mut() = uri.parse().unwrap();
            host.into_iter()
                .for_each(|host| _ = request.headers_mut().insert(header::HOST, HeaderValue::from_static(host)));
            name_host(&mut request);
            request.headers().get(header::HOST).map(|host| host.to_str().unwrap().to_owned())
        };
        assert_eq!(host("https://home.example:8443/api/", None).as_deref(), Some("home.example:8443"));
        assert_eq!(host("/api/", Some("home.example")).as_deref(), Some("home.example"));
        assert_eq!(host("https://home.example/", Some("other.example")).as_deref(), Some("other.example"));
        assert_eq!(host("/api/", None), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_not_waited_for() {
        let drip = futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
        let refused = read_body(Body::from_stream(drip), 10).await;
        assert_eq!(refused, Err(StatusCode::REQUEST_TIMEOUT));
        let refused = read_body(Body::from("eleven long"), 10).await;
        assert_eq!(refused, Err(StatusCode::PAYLOAD_TOO_LARGE));
    }
}
