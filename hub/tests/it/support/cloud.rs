//! An authorization server and a resource, as a cloud has them, that do what the test says.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// What the cloud does and has seen.
#[derive(Default)]
pub(crate) struct State {
    /// The status with which refreshing is refused; none while it is not.
    pub(crate) refuses: Option<u16>,
    /// How long tokens are good for, in seconds.
    pub(crate) expires_in: u32,
    /// The access token that the resource takes, the last that was given out, and no other.
    pub(crate) good: String,
    /// The resource takes no token at all.
    pub(crate) resource_refuses: bool,
    /// The refresh token that can be used next: each is good once.
    refresh: String,
    n_given: usize,
    pub(crate) n_refreshes: usize,
    /// How often a refresh token was used that was used before.
    pub(crate) n_replays: usize,
    pub(crate) n_reads: usize,
}

/// A running cloud; ends with its test.
pub(crate) struct Cloud {
    pub(crate) url: String,
    pub(crate) state: Arc<Mutex<State>>,
    ends: Arc<AtomicBool>,
}

impl Cloud {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { expires_in: 1, ..State::default() }));
        let ends = Arc::<AtomicBool>::default();
        let (shared, until) = (Arc::clone(&state), Arc::clone(&ends));
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                if until.load(Ordering::Acquire) {
                    return;
                }
                let state = Arc::clone(&shared);
                std::thread::spawn(move || _ = serve(socket.unwrap(), &state));
            }
        });
        Self { url, state, ends }
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }

    pub(crate) fn get<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.lock().unwrap())
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Release);
        _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

/// Reads one request: its head and its body. None where nobody asks.
pub(crate) fn receive(socket: &mut TcpStream) -> std::io::Result<Option<(String, String)>> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let n = socket.read(&mut buffer)?;
        if n == 0 {
            return Ok(None);
        }
        request.extend(&buffer[..n]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Ok(Some((head.to_owned(), body.to_owned())));
        }
    }
}

fn serve(mut socket: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let Some((head, body)) = receive(&mut socket)? else { return Ok(()) };
    let (status, json) = answer(&head, &body, &mut state.lock().unwrap());
    let head = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", json.len());
    write!(socket, "{head}Connection: close\r\n\r\n{json}")
}

fn answer(head: &str, body: &str, state: &mut State) -> (u16, String) {
    if head.starts_with("POST /token") {
        let field =
            |name: &str| body.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap_or_default().to_owned();
        if field("grant_type=") == "refresh_token" {
            state.n_refreshes += 1;
            if let Some(status) = state.refuses {
                return (status, r#"{"error": "invalid_grant"}"#.to_owned());
            }
            if field("refresh_token=") != state.refresh {
                state.n_replays += 1;
                return (400, r#"{"error": "invalid_grant"}"#.to_owned());
            }
        }
        state.n_given += 1;
        state.refresh = format!("refresh-{}", state.n_given);
        state.good = format!("access-{}", state.n_given);
        let token = serde_json::json!({
            "access_token": state.good, "refresh_token": state.refresh, "expires_in": state.expires_in,
            "token_type": "Bearer",
        });
        return (200, token.to_string());
    }
    let bearer = head.lines().find_map(|line| line.split_once("Bearer ")).map(|(_, token)| token.trim());
    if state.resource_refuses || bearer != Some(state.good.as_str()) {
        return (401, "{}".to_owned());
    }
    state.n_reads += 1;
    (200, r#"{"account": {"id": "me"}, "power": 42}"#.to_owned())
}
