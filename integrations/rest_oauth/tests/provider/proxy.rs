//! What stands between the hub and the provider's token endpoint, and makes trouble when told to.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// What is done with a request in place of handing it on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    None,
    /// Answered with this status, and how long to wait.
    Status(u16, Option<u32>),
    /// Never answered.
    Silence,
    /// The connection is closed.
    HangUp,
    /// Answered with a page.
    Page,
    /// Sent to this port.
    Redirect(u16),
}

pub(crate) struct Proxy {
    port: u16,
    fault: Arc<Mutex<Fault>>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let fault = Arc::new(Mutex::new(Fault::None));
        let now = Arc::clone(&fault);
        let task = tokio::spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let fault = Arc::clone(&now);
                open.spawn(async move { talk(socket, to, &fault).await });
            }
        });
        Self { port, fault, task }
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn inject(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Sees to one connection. It is used for one request, so that a fault is never late.
async fn talk(mut socket: TcpStream, to: u16, fault: &Mutex<Fault>) {
    let mut request = vec![0; 64 * 1024];
    let Ok(length) = socket.read(&mut request).await else { return };
    request.truncate(length);
    let fault = *fault.lock().unwrap();
    let answer = match fault {
        Fault::None => {
            // Asks for the end of the connection after this one request.
            let text = String::from_utf8_lossy(&request).replacen("\r\n", "\r\nConnection: close\r\n", 1);
            if let Ok(mut provider) = TcpStream::connect(("127.0.0.1", to)).await
                && provider.write_all(text.as_bytes()).await.is_ok()
            {
                _ = copy_bidirectional(&mut socket, &mut provider).await;
            }
            return;
        }
        Fault::HangUp => return,
        Fault::Silence => std::future::pending().await,
        Fault::Status(status, wait) => {
            let wait = wait.map(|wait| format!("Retry-After: {wait}\r\n")).unwrap_or_default();
            format!("HTTP/1.1 {status} X\r\n{wait}Content-Type: application/json\r\nContent-Length: 2\r\n")
        }
        Fault::Page => "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n".to_owned(),
        Fault::Redirect(port) => {
            format!("HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:{port}/token\r\nContent-Length: 2\r\n")
        }
    };
    _ = socket.write_all(format!("{answer}Connection: close\r\n\r\n{{}}").as_bytes()).await;
}
