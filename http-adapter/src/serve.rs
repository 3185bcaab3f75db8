//! Running the service on a socket.

mod held;

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::Router;
use home::Slots;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use self::held::Held;
use crate::{Peer, Tls, Trust};

/// Bounds of a listening socket.
#[derive(Clone, Copy, Debug)]
pub struct ServeOptions {
    /// Connections at once; more wait to be accepted.
    pub max_connections: usize,
    /// Connections at once from one address (IPv6: one /64); more are closed at once. Trusted proxies have no such bound,
    /// since they stand for everybody.
    pub max_connections_per_address: usize,
    /// How long a client may take to send a request's head, to agree on encryption, and to say anything at all.
    pub header_time_out: Duration,
    /// How long open requests may take to end when the hub stops.
    pub grace: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            max_connections: 4096,
            max_connections_per_address: 512,
            header_time_out: Duration::from_secs(15),
            grace: Duration::from_secs(3),
        }
    }
}

/// Serves until `stop` is ready, then lets open requests end for a while. With `tls` every connection is encrypted, and
/// HTTP/2 is spoken with clients that want it; without, HTTP/1.1 alone.
///
/// A connection counts towards the bounds until its socket closes, also after it has become a WebSocket.
///
/// # Cancel safety
/// Dropping the future closes the listening socket; open connections end when what they are at is done.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    trust: Arc<Trust>,
    tls: Option<Tls>,
    options: ServeOptions,
    stop: impl Future<Output = ()>,
) {
    let (stopping, told) = watch::channel(false);
    let all = Arc::new(Semaphore::new(options.max_connections));
    let by_address = Slots::new(options.max_connections_per_address);
    tokio::pin!(stop);
    loop {
        let slot = tokio::select! {
            slot = Arc::clone(&all).acquire_owned() => slot,
            () = &mut stop => break,
        };
        let Ok(slot) = slot else { break };
        let (socket, address) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file handles, or a client that is gone already: the listener itself is fine.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let own_slot = by_address.take(address.ip());
        if own_slot.is_none() && !trust.proxies.contains(address.ip()) {
            tracing::debug!(%address, "too many connections from one address");
            continue;
        }
        // Without this, small frames that follow one another wait 40 ms for an acknowledgement.
        _ = socket.set_nodelay(true);
        let peer = Peer { address, is_tls: tls.is_some() };
        let socket = Held::new(socket, (slot, own_slot), options.header_time_out);
        tokio::spawn(connection(socket, peer, router.clone(), told.clone(), tls.clone(), options));
    }
    drop((listener, told));
    _ = stopping.send(true);
    _ = timeout(options.grace, stopping.closed()).await;
}

type Socket = Held<TcpStream>;

async fn connection(
    socket: Socket,
    peer: Peer,
    router: Router,
    told: watch::Receiver<bool>,
    tls: Option<Tls>,
    options: ServeOptions,
) {
    let service = TowerToHyperService::new(WithPeer { router, peer });
    let ended = match tls {
        None => talk_http1(socket, service, told, options).await,
        // A client that dawdles over encryption holds its own connection up, and nobody else's.
        Some(tls) => match timeout(options.header_time_out, TlsAcceptor::from(tls.config()).accept(socket)).await {
            Ok(Ok(socket)) if socket.get_ref().1.alpn_protocol() == Some(b"h2") => {
                talk_http2(socket, service, told).await
            }
            Ok(Ok(socket)) => talk_http1(socket, service, told, options).await,
            Ok(Err(error)) => {
                return tracing::debug!(address = %peer.address, %error, "no encryption was agreed on");
            }
            Err(_) => return tracing::debug!(address = %peer.address, "agreeing on encryption took too long"),
        },
    };
    if let Err(error) = ended {
        tracing::debug!(address = %peer.address, %error, "connection ended");
    }
}

async fn talk_http1<S>(
    socket: S,
    service: TowerToHyperService<WithPeer>,
    told: watch::Receiver<bool>,
    options: ServeOptions,
) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(options.header_time_out).max_buf_size(64 << 10);
    let connection = builder.serve_connection(TokioIo::new(socket), service).with_upgrades();
    until_told(connection, told, |connection| connection.graceful_shutdown()).await
}

async fn talk_http2<S>(
    socket: S,
    service: TowerToHyperService<WithPeer>,
    told: watch::Receiver<bool>,
) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(100)
        .max_header_list_size(64 << 10)
        .keep_alive_interval(Duration::from_secs(60))
        .keep_alive_timeout(Duration::from_secs(20));
    let connection = builder.serve_connection(TokioIo::new(socket), service);
    until_told(connection, told, |connection| connection.graceful_shutdown()).await
}

/// Runs a connection; when the hub stops, `end` asks it to finish what is under way.
async fn until_told<C: Future<Output = hyper::Result<()>>>(
    connection: C,
    mut told: watch::Receiver<bool>,
    end: impl FnOnce(Pin<&mut C>),
) -> hyper::Result<()> {
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        _ = told.wait_for(|stop| *stop) => {}
    }
    end(connection.as_mut());
    connection.await
}

/// Tells the router who is at the other end.
#[derive(Clone)]
struct WithPeer {
    router: Router,
    peer: Peer,
}

impl tower_service::Service<hyper::Request<Incoming>> for WithPeer {
    type Response = axum::response::Response;
    type Error = std::convert::Infallible;
    type Future = <Router as tower_service::Service<hyper::Request<Incoming>>>::Future;

    fn poll_ready(&mut self, context: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        tower_service::Service::<hyper::Request<Incoming>>::poll_ready(&mut self.router, context)
    }

    fn call(&mut self, mut request: hyper::Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        self.router.call(request)
    }
}

#[cfg(test)]
mod tests;
