//! A WebSocket client that keeps every byte it received.

use std::{
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tungstenite::{Error, HandshakeError, Message, WebSocket, client, client::IntoClientRequest};

use super::secrets;

/// An open connection.
pub(crate) struct Ws {
    socket: WebSocket<TcpStream>,
    last_id: u64,
    /// Everything that was received, text by text.
    pub(crate) received: Vec<String>,
    /// The code that the hub closed with.
    pub(crate) closed_with: Option<u16>,
    waiting: std::collections::VecDeque<Value>,
}

impl Ws {
    /// Connects and says nothing yet.
    pub(crate) fn connect(address: &str) -> Self {
        Self::connect_with(address, &[])
    }

    /// Connects with headers of one's own, and says nothing yet.
    pub(crate) fn connect_with(address: &str, headers: &[(&'static str, &str)]) -> Self {
        Self::try_connect_with(address, headers).unwrap()
    }

    /// Connects with headers of one's own. Returns the status of the answer if it is no socket.
    pub(crate) fn try_connect_with(address: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut upgrade = format!("ws://{address}/api/websocket").into_client_request().unwrap();
        for (name, value) in headers {
            upgrade.headers_mut().insert(*name, value.parse().unwrap());
        }
        match client(upgrade, stream) {
            Ok((socket, _)) => {
                Ok(Self { socket, last_id: 0, received: Vec::new(), closed_with: None, waiting: Default::default() })
            }
            Err(HandshakeError::Failure(Error::Http(answer))) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Connects and logs in.
    pub(crate) fn open(address: &str, token: &str) -> Self {
        Self::connect(address).log_in(token)
    }

    /// Says who it is.
    pub(crate) fn log_in(mut self, token: &str) -> Self {
        let ws = &mut self;
        assert_eq!(ws.next().unwrap()["type"], "auth_required");
        ws.send(&json!({"type": "auth", "access_token": token}));
        assert_eq!(ws.next().unwrap()["type"], "auth_ok");
        self
    }

    pub(crate) fn send(&mut self, message: &Value) {
        secrets::note_in(message);
        self.send_text(&message.to_string());
    }

    pub(crate) fn send_text(&mut self, text: &str) {
        _ = self.socket.send(Message::text(text));
    }

    pub(crate) fn send_binary(&mut self, bytes: &[u8]) {
        _ = self.socket.send(Message::binary(bytes.to_vec()));
    }

    /// Waits for the next message; none if the connection has ended.
    pub(crate) fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return Some(message);
            }
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    self.received.push(text.to_string());
                    let value = serde_json::from_str(&text).unwrap();
                    secrets::note_in(&value);
                    match value {
                        Value::Array(messages) => self.waiting.extend(messages),
                        message => self.waiting.push_back(message),
                    }
                }
                Ok(Message::Close(frame)) => {
                    self.closed_with = frame.map(|frame| frame.code.into());
                    return None;
                }
                Ok(_) => {}
                Err(tungstenite::Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    panic!("nothing came; so far: {:?}", self.received.last())
                }
                Err(_) => return None,
            }
        }
    }

    /// Sends a command and returns its id.
    pub(crate) fn command(&mut self, kind: &str, mut members: Value) -> u64 {
        self.last_id += 1;
        members["id"] = json!(self.last_id);
        members["type"] = json!(kind);
        self.send(&members);
        self.last_id
    }

    /// Waits for the answer to a command, and passes over everything else.
    pub(crate) fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.next().unwrap_or_else(|| panic!("the connection ended before answer {id}"));
            if message["id"] == id && (message["type"] == "result" || message["type"] == "pong") {
                return message;
            }
        }
    }

    /// Sends a command and waits for its answer.
    pub(crate) fn call(&mut self, kind: &str, members: Value) -> Value {
        let id = self.command(kind, members);
        self.answer(id)
    }

    /// Sends a command that must succeed and returns its result.
    #[track_caller]
    pub(crate) fn result(&mut self, kind: &str, members: Value) -> Value {
        let answer = self.call(kind, members);
        assert_eq!(answer["success"], true, "{kind}: {answer}");
        answer["result"].clone()
    }

    /// Sends a command that must fail and returns the error's code.
    #[track_caller]
    pub(crate) fn refused(&mut self, kind: &str, members: Value) -> String {
        let answer = self.call(kind, members);
        assert_eq!(answer["success"], false, "{kind}: {answer}");
        answer["error"]["code"].as_str().unwrap().to_owned()
    }

    /// Waits for an event of a subscription for which `wanted` holds.
    pub(crate) fn event(&mut self, id: u64, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            // Others may come for ever.
            assert!(Instant::now() < end, "the event did not come; the last was {:?}", self.received.last());
            let message = self.next().unwrap_or_else(|| panic!("the connection ended before the event"));
            if message["id"] == id && message["type"] == "event" && wanted(&message["event"]) {
                return message["event"].clone();
            }
        }
    }

    /// Reads until the hub closes; returns the code it closed with.
    pub(crate) fn until_closed(&mut self) -> Option<u16> {
        while self.next().is_some() {}
        self.closed_with
    }

    /// Reads everything that was sent before the answer to a ping of now.
    pub(crate) fn drain(&mut self) {
        let id = self.command("ping", json!({}));
        self.answer(id);
    }

    /// Returns everything that was received, as one text.
    pub(crate) fn transcript(&self) -> String {
        self.received.join("\n")
    }
}
