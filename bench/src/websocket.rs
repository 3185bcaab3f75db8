//! A service call's round trip over WebSocket against an echo of the same message.

use std::{
    net::{SocketAddr, TcpStream},
    time::Instant,
};

use anyhow::{Context, Result};
use axum::{
    Router,
    extract::ws::{Message as Frame, WebSocketUpgrade},
    routing::get,
};
use serde_json::json;
use tokio::net::TcpListener;
use tungstenite::{Message, WebSocket, client};

use crate::{Figure, home_of};

const CALLS: usize = 3000;
const ROUNDS: usize = 7;

pub(crate) fn run() -> Result<Figure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (hub, token) = runtime.block_on(home_of::serve_home())?;
    let echo = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new().route(
            "/api/websocket",
            get(async |upgrade: WebSocketUpgrade| {
                upgrade.on_upgrade(async |mut socket| {
                    while let Some(Ok(frame)) = socket.recv().await {
                        if matches!(frame, Frame::Text(_)) && socket.send(frame).await.is_err() {
                            break;
                        }
                    }
                })
            }),
        );
        tokio::spawn(async move {
            axum::serve(axum::serve::ListenerExt::tap_io(listener, |tcp| _ = tcp.set_nodelay(true)), router).await
        });
        anyhow::Ok(address)
    })?;
    let mut caller = Caller::log_in(hub, &token)?;
    let mut echoed = Caller::open(echo)?;
    let (mut ours, mut baseline) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        ours = ours.min(caller.time(CALLS)?);
        baseline = baseline.min(echoed.time(CALLS)?);
    }
    let name = "call_service round trip / echo of the same message";
    Ok(Figure { name, ours, baseline, unit: "us", aim: "2.5" })
}

pub(crate) struct Caller {
    socket: WebSocket<TcpStream>,
    id: u64,
}

impl Caller {
    fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let (socket, _) =
            client(format!("ws://{address}/api/websocket"), stream).map_err(|e| anyhow::anyhow!("{e}"))?;
        Ok(Self { socket, id: 0 })
    }

    /// Opens a connection to a hub and logs in.
    pub(crate) fn log_in(address: SocketAddr, token: &str) -> Result<Self> {
        let mut caller = Self::open(address)?;
        caller.read()?;
        caller.send(&json!({"type": "auth", "access_token": token}).to_string())?;
        caller.read()?;
        Ok(caller)
    }

    /// Sends one message.
    pub(crate) fn send(&mut self, text: &str) -> Result<()> {
        Ok(self.socket.send(Message::text(text))?)
    }

    /// Waits for the next message.
    pub(crate) fn read(&mut self) -> Result<String> {
        Ok(self.socket.read()?.into_text().context("text")?.to_string())
    }

    /// Returns microseconds for a call and its answer, one after the other.
    pub(crate) fn time(&mut self, calls: usize) -> Result<f64> {
        let start = Instant::now();
        for n in 0..calls {
            self.id += 1;
            let service = if n % 2 == 0 { "turn_on" } else { "turn_off" };
            let text = format!(
                r#"{{"id":{},"type":"call_service","domain":"light","service":"{service}","target":{{"entity_id":"light.lamp_0007"}}}}"#,
                self.id
            );
            self.send(&text)?;
            let answer = self.read()?;
            anyhow::ensure!(!answer.contains("\"success\":false"), "{answer}");
        }
        Ok(start.elapsed().as_micros() as f64 / calls as f64)
    }
}
