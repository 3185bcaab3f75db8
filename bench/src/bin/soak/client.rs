//! A WebSocket client of a hub.

use std::{
    io::{ErrorKind, Read},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tungstenite::{Error, Message, WebSocket, client};

/// A connection that is logged in.
pub(crate) struct Client {
    socket: WebSocket<TcpStream>,
    id: u64,
}

impl Client {
    pub(crate) fn open(address: &str, token: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let opened = client(format!("ws://{address}/api/websocket"), stream);
        let (socket, _) = opened.map_err(|error| anyhow::anyhow!("opening a socket: {error}"))?;
        let mut client = Self { socket, id: 0 };
        client.read()?;
        client.send(&json!({"type": "auth", "access_token": token}))?;
        let answer = client.read()?;
        ensure!(answer["type"] == "auth_ok", "{answer}");
        Ok(client)
    }

    fn send(&mut self, message: &Value) -> Result<()> {
        Ok(self.socket.send(Message::text(message.to_string()))?)
    }

    pub(crate) fn read(&mut self) -> Result<Value> {
        loop {
            match self.socket.read()? {
                Message::Text(text) => return Ok(serde_json::from_str(&text)?),
                Message::Close(_) => bail!("closed"),
                _ => {}
            }
        }
    }

    pub(crate) fn command(&mut self, kind: &str, mut members: Value) -> Result<u64> {
        self.id += 1;
        let object = members.as_object_mut().context("an object")?;
        object.insert("id".to_owned(), json!(self.id));
        object.insert("type".to_owned(), json!(kind));
        self.send(&members)?;
        Ok(self.id)
    }

    pub(crate) fn result(&mut self, kind: &str, members: Value) -> Result<Value> {
        let id = self.command(kind, members)?;
        loop {
            let message = self.read()?;
            if message["id"] == id && message["type"] != "event" {
                ensure!(message["type"] == "pong" || message["success"] == true, "{message}");
                return Ok(message["result"].clone());
            }
        }
    }

    /// Takes what has come, and answers what wants an answer.
    pub(crate) fn breathe(&mut self) -> Result<()> {
        self.socket.get_ref().set_nonblocking(true)?;
        let read = loop {
            match self.socket.read() {
                Ok(Message::Close(_)) => bail!("an idle socket was closed"),
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.socket.get_ref().set_nonblocking(false)?;
        read?;
        Ok(())
    }

    /// Tells whether the hub has given the connection up: what is left in between ends.
    pub(crate) fn is_dropped(&mut self) -> Result<bool> {
        let stream = self.socket.get_mut();
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => return Ok(true),
                Ok(_) => {}
                Err(error) => return Ok(!matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)),
            }
        }
    }
}
