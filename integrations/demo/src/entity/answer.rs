//! What models answer to a call.

use serde_json::Value;
use service_bus::HandlerError;

/// What a model answers.
pub(crate) type Answer = Result<Option<Value>, HandlerError>;

/// Returns a refusal.
pub(crate) fn invalid(text: impl Into<String>) -> HandlerError {
    HandlerError::validation(text)
}

/// Returns a refusal that clients can translate.
pub(crate) fn keyed(
    domain: &'static str,
    key: &'static str,
    text: impl Into<String>,
    placeholders: Vec<(&'static str, String)>,
) -> HandlerError {
    HandlerError::Validation { message: text.into(), key: Some(key), domain, placeholders }
}

/// Returns the beginning of what a caller wrote, to be said back in one line.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(64).collect()
}
