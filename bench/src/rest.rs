//! `GET /api/states` of a thousand entities against an axum handler that returns the same bytes.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Instant,
};

use anyhow::{Context, Result};
use axum::{Router, http::header, response::IntoResponse, routing::get};
use bytes::Bytes;
use tokio::net::TcpListener;

use crate::{Figure, home_of};

const REQUESTS: usize = 400;
const ROUNDS: usize = 7;

pub(crate) fn run() -> Result<Figure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (hub, token) = runtime.block_on(home_of::serve_home())?;
    let body = Bytes::from(Client::open(hub, &token)?.get()?);
    let plain = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let handler = move || {
            let body = body.clone();
            async move { ([(header::CONTENT_TYPE, "application/json")], body).into_response() }
        };
        let router = Router::new().route("/api/states", get(handler));
        tokio::spawn(async move { axum::serve(listener, router).await });
        anyhow::Ok(address)
    })?;
    let (mut ours, mut baseline) = (f64::MAX, f64::MAX);
    // One after the other in turns, so that both see the same machine.
    for _ in 0..ROUNDS {
        ours = ours.min(time(hub, &token)?);
        baseline = baseline.min(time(plain, &token)?);
    }
    let name = "GET /api/states, 1,000 entities / handler with the same bytes";
    Ok(Figure { name, ours, baseline, unit: "us", aim: "2" })
}

/// Returns microseconds for a request on an open connection.
fn time(address: SocketAddr, token: &str) -> Result<f64> {
    let mut client = Client::open(address, token)?;
    client.get()?;
    let start = Instant::now();
    for _ in 0..REQUESTS {
        client.get()?;
    }
    Ok(start.elapsed().as_micros() as f64 / REQUESTS as f64)
}

struct Client {
    socket: TcpStream,
    request: String,
    buffer: Vec<u8>,
}

impl Client {
    fn open(address: SocketAddr, token: &str) -> Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        let request = format!("GET /api/states HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n");
        Ok(Self { socket, request, buffer: vec![0; 2 << 20] })
    }

    /// Sends the request and reads the whole answer. Returns its body.
    fn get(&mut self) -> Result<Vec<u8>> {
        self.socket.write_all(self.request.as_bytes())?;
        let mut length = 0;
        loop {
            let free = self.buffer.get_mut(length..).context("the answer is too long")?;
            length += self.socket.read(free)?;
            let got = self.buffer.get(..length).unwrap_or_default();
            let Some(end) = got.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(got.get(..end).unwrap_or_default()).to_lowercase();
            let body =
                head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()).context("no length")?;
            let whole = end + 4 + body.trim().parse::<usize>()?;
            while length < whole {
                let free = self.buffer.get_mut(length..whole).context("the answer is too long")?;
                length += self.socket.read(free)?;
            }
            return Ok(self.buffer.get(end + 4..whole).unwrap_or_default().to_vec());
        }
    }
}
