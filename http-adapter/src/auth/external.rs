//! Where authorization servers send people back to.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use config_entries::oauth2::CallbackError;

use crate::{
    reply::{bytes_reply, internal},
    request::Request,
};

/// Closes the window that was opened for signing in.
const PAGE: &str = "<script>window.close()</script>";

/// Lets that one script run and nothing else.
const POLICY: &str =
    "default-src 'none'; frame-ancestors 'none'; script-src 'sha256-jqxtvDkBbRAl9Hpqv68WdNOieepg8tJSYu1xIy7zT34='";

/// Goes on with the flow that sent somebody away, by its signed state alone. Whoever has none learns nothing: not
/// whether a flow exists, nor whether a state was used.
pub(crate) async fn callback(request: Request) -> Result<Response, Response> {
    let text = |status, text: &'static str| bytes_reply(status, "text/plain; charset=utf-8", Bytes::from(text));
    let Some(state) = request.query("state") else { return Ok(text(StatusCode::OK, "Missing state parameter")) };
    let manager = request.app.home.manager();
    match manager.external_callback(state, request.query("code"), request.query("error")).await {
        Ok(()) => {
            let mut response = bytes_reply(StatusCode::OK, "text/html; charset=utf-8", Bytes::from(PAGE));
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
            Ok(response)
        }
        Err(CallbackError::MissingCodeOrError) => Ok(text(StatusCode::OK, "Missing code or error parameter")),
        Err(CallbackError::BadState | CallbackError::UnknownFlow) => {
            Err(text(StatusCode::BAD_REQUEST, "Invalid state"))
        }
        Err(CallbackError::Flow(error)) => Err(internal(&error)),
    }
}
