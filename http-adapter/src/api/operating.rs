//! For whoever runs the hub: is it well, and numbers for Prometheus.

use std::fmt::Write as _;

use axum::{http::StatusCode, response::Response};
use bytes::Bytes;
use serde_json::json;

use crate::{
    reply::{bytes_reply, json_reply},
    request::Request,
};

/// Answers 200 if the hub works, 503 if nothing can be kept. For a supervisor: says nothing of the home.
pub(crate) async fn health(request: Request) -> Result<Response, Response> {
    let (status, text) = match request.app.home.is_store_failing() {
        false => (StatusCode::OK, "ok"),
        true => (StatusCode::SERVICE_UNAVAILABLE, "changes cannot be stored"),
    };
    Ok(json_reply(status, &json!({"status": text})))
}

/// Answers in Prometheus' text format.
pub(crate) async fn metrics(request: Request) -> Result<Response, Response> {
    let mut text = String::new();
    for (name, help, grows, value) in request.app.home.measurements() {
        let kind = if grows { "counter" } else { "gauge" };
        _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
    }
    Ok(bytes_reply(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", Bytes::from(text)))
}
