//! Running the service on a socket.

mod slots;

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use self::slots::Slots;
use crate::{Peer, Tls};

/// Bounds of a listening socket.
#[derive(Clone, Copy, Debug)]
pub struct ServeOptions {
    /// Connections at once; more wait to be accepted.
    pub max_connections: usize,
    /// Connections at once from one address (IPv6: one /64); more are closed at once.
    pub max_connections_per_address: usize,
    /// How long a client may take to send a request's head, and to agree on encryption.
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
/// HTTP/2 is spoken with clients that want it.
///
/// # Cancel safety
/// Dropping the future closes the listening socket; open connections go on in their tasks.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<Tls>,
    options: ServeOptions,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
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
        let Some(own_slot) = by_address.take(address.ip()) else {
            tracing::debug!(%address, "too many connections from one address");
            continue;
        };
        // Without this, small frames that follow one another wait 40 ms for an acknowledgement.
        _ = socket.set_nodelay(true);
        let peer = Peer { address, is_tls: tls.is_some() };
        let (router, watcher, tls) = (router.clone(), graceful.watcher(), tls.clone());
        tokio::spawn(async move {
            connection(socket, peer, router, watcher, tls, options).await;
            drop((slot, own_slot));
        });
    }
    drop(listener);
    _ = timeout(options.grace, graceful.shutdown()).await;
}

async fn connection(
    socket: TcpStream,
    peer: Peer,
    router: Router,
    watcher: Watcher,
    tls: Option<Tls>,
    options: ServeOptions,
) {
    let Some(tls) = tls else { return talk(socket, peer, router, watcher, options).await };
    // A client that dawdles over encryption holds its own connection up, and nobody else's.
    match timeout(options.header_time_out, TlsAcceptor::from(tls.config()).accept(socket)).await {
        Ok(Ok(socket)) => talk(socket, peer, router, watcher, options).await,
        Ok(Err(error)) => tracing::debug!(address = %peer.address, %error, "no encryption was agreed on"),
        Err(_) => tracing::debug!(address = %peer.address, "agreeing on encryption took too long"),
    }
}

async fn talk<S>(socket: S, peer: Peer, router: Router, watcher: Watcher, options: ServeOptions)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    if !peer.is_tls {
        builder = builder.http1_only();
    }
    builder.http1().timer(TokioTimer::new()).header_read_timeout(options.header_time_out).max_buf_size(64 << 10);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(100)
        .max_header_list_size(64 << 10)
        .keep_alive_interval(Duration::from_secs(60))
        .keep_alive_timeout(Duration::from_secs(20));
    let service = TowerToHyperService::new(WithPeer { router, peer });
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(socket), service).into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(address = %peer.address, %error, "connection ended");
    }
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
