//! The running hub: sockets, signals, and the work that goes on beside them.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use auth_core::principal::danger;
use home::{Home, Importer};
use http_adapter::{App, Extra, Tls, router, serve};
use service_bus::now;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
    task::JoinHandle,
};

use crate::config::Reached;

/// Binds the address. Port 0 takes a free one.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))
}

/// What asks the process to end. Listened to from the first home to the last: what comes between two of them counts.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens to `SIGTERM` and `SIGINT`.
    pub(crate) fn listen() -> Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Why a home is served no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The process was asked to end.
    Stopped,
    /// Another home was brought in, and is to be opened in its place.
    Imported,
}

/// Serves the home until the process is asked to end, or until another one was brought in.
pub(crate) async fn until_ended(
    home: Home,
    listener: TcpListener,
    reached: Reached,
    importer: Option<Importer>,
    signals: &mut Signals,
) -> Result<Ended> {
    let certificates = reached.tls.clone().map(|tls| tokio::spawn(keep_certificates(tls)));
    let sweeper = tokio::spawn(sweep(home.clone()));
    let timekeeper = tokio::spawn(keep_time(home.clone()));
    let recorder = tokio::spawn(keep_audit(home.clone()));
    let keeper = tokio::spawn(keep_accounts(home.clone()));
    // Before anybody is served: what they are told is whole.
    home.start_history(danger::system_principal("recorder"))?;
    let kept = home.clone();
    let historian = tokio::spawn(async move { kept.keep_history().await });
    let last = home.clone();
    let manager = home.manager().clone();
    let websocket = Extra { path: ws_adapter::PATH, service: ws_adapter::route(home.clone()) };
    let app = App { home, trust: Arc::clone(&reached.trust), web: reached.web };
    let mut extra = vec![websocket];
    extra.extend(admin_page::serve(&app, importer.as_ref()));
    let router = router(&app, extra);
    let (stopping, stopped) = oneshot::channel::<()>();
    let mut ended = Ended::Stopped;
    let why = &mut ended;
    let stop = async move {
        let imported = async {
            match &importer {
                Some(importer) => importer.imported().await,
                None => std::future::pending().await,
            }
        };
        *why = tokio::select! {
            () = signals.next() => Ended::Stopped,
            () = imported => Ended::Imported,
        };
        drop(stopping);
    };
    // What runs for the entries says goodbye where it is connected, while open requests end. Nothing that is kept
    // depends on it but a token that is being rotated.
    let entries = async move {
        _ = stopped.await;
        if tokio::time::timeout(STOP_TIME, manager.stop()).await.is_err() {
            tracing::warn!("entries were still being taken down when the hub ended");
        }
    };
    tokio::join!(serve(listener, router, reached.trust, reached.tls, reached.serve, stop), entries);
    sweeper.abort();
    timekeeper.abort();
    recorder.abort();
    keeper.abort();
    historian.abort();
    certificates.inspect(JoinHandle::abort);
    write_uses(&last).await;
    if let Err(error) = last.flush_audit().await {
        tracing::error!(%error, "the last audit records could not be written");
    }
    Ok(ended)
}

/// How long the entries may take to be taken down when the hub ends.
const STOP_TIME: Duration = Duration::from_secs(4);

/// Removes tokens as they expire.
async fn sweep(home: Home) {
    const LONGEST: i64 = 3600;
    loop {
        let next = match home.sweep_tokens().await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "expired tokens could not be removed");
                None
            }
        };
        let secs = next.map_or(LONGEST, |at| at.secs_since(now()) + 1).clamp(1, LONGEST);
        tokio::time::sleep(Duration::from_secs(secs.unsigned_abs())).await;
    }
}

/// Takes new certificate files into use when they change. Those in use stay as long as the new ones are no good.
async fn keep_certificates(tls: Tls) {
    const BETWEEN: Duration = Duration::from_secs(5);
    loop {
        tokio::time::sleep(BETWEEN).await;
        match tls.reload() {
            Ok(true) => tracing::info!("the certificate was read again"),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the certificate stays the one of before"),
        }
    }
}

/// Writes audit records that have been gathered, and trims old ones.
async fn keep_audit(home: Home) {
    const BETWEEN: Duration = Duration::from_secs(1);
    const TRIM_EVERY: u32 = 60;
    for n in (0..TRIM_EVERY).cycle() {
        let mut done = home.flush_audit().await;
        if n == 0 && done.is_ok() {
            done = home.trim_audit().await;
        }
        if let Err(error) = done {
            tracing::error!(%error, "audit records could not be written: they wait, and are counted when they are too many");
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// Removes bans that are over, and writes when tokens were last used.
async fn keep_accounts(home: Home) {
    const BETWEEN: Duration = Duration::from_secs(60);
    loop {
        if let Err(error) = home.sweep_bans().await {
            tracing::error!(%error, "bans that are over could not be removed");
        }
        write_uses(&home).await;
        tokio::time::sleep(BETWEEN).await;
    }
}

async fn write_uses(home: &Home) {
    if let Err(error) = home.keep_uses().await {
        tracing::error!(%error, "when tokens were last used could not be written");
    }
}

/// Lets memberships begin and end at their moments. Looks at the clock at least once a second, since it can be set.
async fn keep_time(home: Home) {
    const LONGEST: Duration = Duration::from_secs(1);
    loop {
        let next = home.keep_time().await;
        let micros = next.map_or(i64::MAX, |at| at.as_micros().saturating_sub(now().as_micros()));
        let wait = Duration::from_micros(u64::try_from(micros).unwrap_or_default()).min(LONGEST);
        tokio::time::sleep(wait.max(Duration::from_millis(1))).await;
    }
}
