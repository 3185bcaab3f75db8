//! Answers, and the one place where errors become status codes.

use auth_core::Unauthorized;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use config_entries::{EntryError, FlowError, ManageError};
use home::AccountError;
use serde_json::{Value, json};
use service_bus::{CallError, FireError, HandlerError, SetStateError};

/// Answers with JSON.
pub(crate) fn json_reply(status: StatusCode, body: &Value) -> Response {
    bytes_reply(status, "application/json", Bytes::from(body.to_string()))
}

/// Answers 200 with JSON.
pub(crate) fn ok(body: &Value) -> Response {
    json_reply(StatusCode::OK, body)
}

/// Answers with `{"message": …}`.
pub(crate) fn message(status: StatusCode, text: impl AsRef<str>) -> Response {
    json_reply(status, &json!({"message": text.as_ref()}))
}

/// Answers with bytes of some type.
pub(crate) fn bytes_reply(status: StatusCode, content_type: &'static str, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Answers with plain text, as the framework does for errors: `404: Not Found`.
pub(crate) fn plain(status: StatusCode) -> Response {
    let text = format!("{}: {}", status.as_u16(), status.canonical_reason().unwrap_or("Error"));
    bytes_reply(status, "text/plain; charset=utf-8", Bytes::from(text))
}

/// Answers 401 for a caller whose rights do not reach: the same bytes whatever was missing. 403 if the rights do, and
/// something must be shown first: with 401 clients would take their token for a dead one.
pub(crate) fn denied(refusal: &Unauthorized) -> Response {
    tracing::info!(user = ?refusal.user_id, entity = ?refusal.entity_id, permission = ?refusal.permission, "denied");
    match refusal.unproved {
        None => plain(StatusCode::UNAUTHORIZED),
        Some(unproved) => {
            json_reply(StatusCode::FORBIDDEN, &json!({"code": unproved.code(), "message": unproved.hint()}))
        }
    }
}

/// Answers 401 for a caller who is nobody, and says where tokens come from.
pub(crate) fn unauthenticated(base: Option<&str>) -> Response {
    let mut response = plain(StatusCode::UNAUTHORIZED);
    let challenge =
        base.map(|base| format!("Bearer resource_metadata=\"{base}/.well-known/oauth-protected-resource\""));
    if let Some(challenge) = challenge.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// Answers 429, and says when to try again.
pub(crate) fn too_often(secs: u32) -> Response {
    let mut response = plain(StatusCode::TOO_MANY_REQUESTS);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    response
}

/// Answers 500 and logs why; the caller learns nothing.
pub(crate) fn internal(error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "a request failed");
    plain(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Answers a service call that did not complete.
pub(crate) fn call_error(error: CallError) -> Response {
    match error {
        CallError::NotFound { .. } | CallError::Invalid(_) => plain(StatusCode::BAD_REQUEST),
        CallError::NoResponse | CallError::ResponseRequired => message(StatusCode::BAD_REQUEST, error.to_string()),
        CallError::Unauthorized(refusal) => denied(&refusal),
        CallError::Handler(error) => match error {
            HandlerError::Validation { message: text, .. } => message(StatusCode::BAD_REQUEST, text),
            HandlerError::Failed(text) => message(StatusCode::INTERNAL_SERVER_ERROR, text),
            HandlerError::Unauthorized(refusal) => denied(&refusal),
            HandlerError::ChildNotFound { .. } => plain(StatusCode::BAD_REQUEST),
            HandlerError::Timeout => {
                bytes_reply(StatusCode::GATEWAY_TIMEOUT, "text/plain; charset=utf-8", Bytes::new())
            }
            HandlerError::Unexpected(text) => internal(&text),
        },
    }
}

/// Answers a state that was not written.
pub(crate) fn set_state_error(error: &SetStateError) -> Response {
    match error {
        SetStateError::TooLong => message(StatusCode::BAD_REQUEST, error.to_string()),
        SetStateError::TooManyEntities(_) => message(StatusCode::INSUFFICIENT_STORAGE, error.to_string()),
    }
}

/// Answers an event that was not fired.
pub(crate) fn fire_error(error: &FireError) -> Response {
    match error {
        FireError::TypeTooLong(_) | FireError::Reserved(_) => message(StatusCode::BAD_REQUEST, error.to_string()),
    }
}

/// Answers something with a config entry that was not done.
pub(crate) fn manage_error(error: ManageError) -> Response {
    match error {
        ManageError::Unauthorized(refusal) => denied(&refusal),
        ManageError::Entry(EntryError::Unknown(_) | EntryError::UnknownSubentry(_)) => {
            message(StatusCode::NOT_FOUND, "Invalid entry specified")
        }
        ManageError::Entry(EntryError::Exists(_) | EntryError::OtherDomain(_) | EntryError::Transition(_)) => {
            internal(&error)
        }
        ManageError::NotRecoverable(..) => message(StatusCode::FORBIDDEN, "Entry cannot be reloaded"),
        ManageError::NoReauth(_) => message(StatusCode::BAD_REQUEST, error.to_string()),
        ManageError::UnknownIssue(_) => message(StatusCode::NOT_FOUND, error.to_string()),
        ManageError::UnloadFailed(_) | ManageError::Host(_) => internal(&error),
    }
}

/// Answers a flow that did not go on.
pub(crate) fn flow_error(error: FlowError) -> Response {
    match error {
        FlowError::Unauthorized(refusal) => denied(&refusal),
        FlowError::UnknownFlow | FlowError::UnknownHandler | FlowError::UnknownEntry => {
            message(StatusCode::NOT_FOUND, error.to_string())
        }
        FlowError::NoReconfigure(_) | FlowError::NotIgnorable => message(StatusCode::BAD_REQUEST, error.to_string()),
        FlowError::Input(wrong) => json_reply(StatusCode::BAD_REQUEST, &json!({"errors": wrong.to_wire()})),
        FlowError::Limit(_) => message(StatusCode::TOO_MANY_REQUESTS, error.to_string()),
        FlowError::Failed => internal(&error),
        FlowError::Manage(error) => manage_error(error),
    }
}

/// Answers a change of accounts that was refused.
pub(crate) fn account_error(error: &AccountError) -> Response {
    match error {
        AccountError::Unauthorized(refusal) => denied(refusal),
        AccountError::Store(_) | AccountError::Hash => internal(error),
        AccountError::UsernameNotNormalized(_) => json_reply(
            StatusCode::BAD_REQUEST,
            &json!({"message": error.to_string(), "code": "username_not_normalized"}),
        ),
        _ => message(StatusCode::BAD_REQUEST, error.to_string()),
    }
}

/// Puts the headers that every response has.
pub fn security_headers(headers: &mut HeaderMap) {
    for (name, value) in SECURITY_HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

const SECURITY_HEADERS: [(&str, &str); 5] = [
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "SAMEORIGIN"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'self'"),
    ("server", ""),
];
