//! A server that says one thing, whatever it is asked.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

pub(crate) struct Server {
    address: SocketAddr,
    heard: Arc<Mutex<(usize, String)>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn heard(&self) -> String {
        self.heard.lock().unwrap().1.clone()
    }

    /// How many connections there were.
    pub(crate) fn count(&self) -> usize {
        self.heard.lock().unwrap().0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) async fn serve(answer: &str) -> Server {
    start(answer, None).await
}

pub(crate) async fn serve_tls(answer: &str) -> Server {
    serve_as(answer, &["localhost", "127.0.0.1"]).await.0
}

/// Serves with a certificate for these names, which it returns: whoever trusts it takes the server for them.
pub(crate) async fn serve_as(answer: &str, names: &[&str]) -> (Server, CertificateDer<'static>) {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let certificate = made.cert.der().clone();
    (start(answer, Some(TlsAcceptor::from(Arc::new(config)))).await, certificate)
}

async fn start(answer: &str, tls: Option<TlsAcceptor>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, answer) = (listener.local_addr().unwrap(), answer.to_owned());
    let heard = Arc::new(Mutex::new((0, String::new())));
    let log = Arc::clone(&heard);
    let task = tokio::spawn(async move {
        // Those that were answered stay open: what ends them is the client, or the end of the test.
        let mut open = tokio::task::JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            log.lock().unwrap().0 += 1;
            let (tls, answer, log) = (tls.clone(), answer.clone(), Arc::clone(&log));
            open.spawn(async move {
                match tls {
                    None => talk(socket, &answer, &log).await,
                    Some(tls) => {
                        if let Ok(socket) = tls.accept(socket).await {
                            talk(socket, &answer, &log).await;
                        }
                    }
                }
            });
        }
    });
    Server { address, heard, task }
}

async fn talk(mut socket: impl AsyncRead + AsyncWrite + Unpin, answer: &str, log: &Mutex<(usize, String)>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !is_whole(&request) {
        match socket.read(&mut buffer).await {
            Ok(n) if n > 0 => request.extend_from_slice(&buffer[..n]),
            _ => return,
        }
    }
    log.lock().unwrap().1.push_str(&String::from_utf8_lossy(&request));
    if socket.write_all(answer.as_bytes()).await.is_ok() {
        // Until the client has had enough.
        while matches!(socket.read(&mut buffer).await, Ok(n) if n > 0) {}
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0)
}
