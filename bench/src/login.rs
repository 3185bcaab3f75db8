//! Logging in over HTTP by the password, as a browser does.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// Logs the user `owner` in. Returns the tokens as the hub answers them.
pub(crate) fn log_in(address: &str, password: &str) -> Result<Value> {
    let client_id = format!("http://{address}/");
    let start = json!({"client_id": client_id, "handler": ["homeassistant", null], "redirect_uri": client_id});
    let flow = post(address, "/auth/login_flow", "application/json", &start.to_string())?;
    let path = format!("/auth/login_flow/{}", flow.get("flow_id").and_then(Value::as_str).context("no flow")?);
    let step = json!({"client_id": client_id, "username": "owner", "password": password});
    let done = post(address, &path, "application/json", &step.to_string())?;
    let code = done.get("result").and_then(Value::as_str).context("no code")?;
    let form = format!("grant_type=authorization_code&code={code}&client_id={client_id}");
    let tokens = post(address, "/auth/token", "application/x-www-form-urlencoded", &form)?;
    ensure!(tokens.get("access_token").is_some(), "no token");
    Ok(tokens)
}

/// Posts a body and returns what is answered with 200; null for nothing.
pub(crate) fn post(address: &str, path: &str, content_type: &str, body: &str) -> Result<Value> {
    let mut socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    write!(
        socket,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut text = String::new();
    socket.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").context("no answer")?;
    ensure!(head.starts_with("HTTP/1.1 200"), "{text}");
    Ok(if body.is_empty() { Value::Null } else { serde_json::from_str(body)? })
}
