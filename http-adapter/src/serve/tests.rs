use std::{io::ErrorKind, net::SocketAddr};

use axum::routing::get;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::oneshot,
};

use super::*;

/// Serves one route; returns where, and what ends it.
async fn served(options: ServeOptions, trust: Trust) -> (SocketAddr, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let router = Router::new().route("/", get(async || "hello"));
    tokio::spawn(serve(listener, router, Arc::new(trust), None, options, async { _ = stopped.await }));
    (address, stop)
}

/// Sends something and returns all that comes until the socket is closed.
async fn answer(address: SocketAddr, sent: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(sent).await.unwrap();
    let mut all = Vec::new();
    match timeout(Duration::from_secs(20), socket.read_to_end(&mut all)).await.expect("the socket is left open") {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    all
}

#[tokio::test]
async fn whoever_says_too_little_is_not_waited_for() {
    let options = ServeOptions { header_time_out: Duration::from_millis(200), ..ServeOptions::default() };
    let (address, _stop) = served(options, Trust::default()).await;
    for little in ["", "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a-name-that-goes-on"] {
        let text = answer(address, little.as_bytes()).await;
        assert!(!text.starts_with(b"HTTP/1.1 200"), "{little}");
    }
    // A connection that is kept is not kept for ever.
    let text = answer(address, b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n").await;
    assert!(text.ends_with(b"hello"));
}

#[tokio::test]
async fn http2_is_not_spoken_in_the_clear() {
    let (address, _stop) = served(ServeOptions::default(), Trust::default()).await;
    let text = answer(address, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(text.is_empty() || text.starts_with(b"HTTP/1."), "{text:?}");
}

#[tokio::test]
async fn a_trusted_proxy_stands_for_many() {
    let options = ServeOptions { max_connections_per_address: 1, ..ServeOptions::default() };
    let proxies = crate::TrustedProxies(vec!["127.0.0.1/32".parse().unwrap()]);
    let (address, stop) = served(options, Trust { proxies, ..Trust::default() }).await;
    let mut sockets = Vec::new();
    for _ in 0..3 {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n").await.unwrap();
        let mut first = [0; 12];
        timeout(Duration::from_secs(20), socket.read_exact(&mut first)).await.unwrap().unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        sockets.push(socket);
    }
    // Stopping ends idle connections at once.
    drop(stop);
    for mut socket in sockets {
        let ended = timeout(Duration::from_secs(2), socket.read_to_end(&mut Vec::new())).await;
        assert!(ended.is_ok(), "an idle connection outlives the hub");
    }
}
