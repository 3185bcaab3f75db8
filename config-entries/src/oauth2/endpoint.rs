//! What a token endpoint is asked through.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use secrecy::SecretString;

/// A way to ask token endpoints. Made of an HTTP client, or of a script in tests.
///
/// Whoever implements it bounds the time (30 s) and the size of an answer, and follows no redirect: a refresh token is
/// sent to the address that the entry names, and to no other.
#[async_trait]
pub trait TokenEndpoint: Send + Sync + 'static {
    /// Posts `fields` as a form, and returns the answer whatever its status.
    ///
    /// # Errors
    /// [`TransportError`]: there was no answer.
    async fn post_form(
        &self,
        url: &str,
        fields: &[(&str, &str)],
        basic: Option<(&str, &SecretString)>,
    ) -> Result<HttpAnswer, TransportError>;
}

/// What came back, whatever its status. `Debug` shows no body.
#[derive(Clone)]
pub struct HttpAnswer {
    /// The HTTP status.
    pub status: u16,
    /// What the body is said to be; empty if nothing is said.
    pub content_type: String,
    /// How long the other side wants to be left alone.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Bytes,
}

/// Why there was no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// It took too long.
    #[error("the answer took too long")]
    Timeout,
    /// Why, for people and without secrets.
    #[error("{0}")]
    Failed(String),
}

/// How a client says who it is (RFC 6749, section 2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// `client_id` and `client_secret` are fields of the form. What Home Assistant does.
    #[default]
    Body,
    /// Both are in the `Authorization` header.
    Basic,
}

impl HttpAnswer {
    /// Returns an answer of JSON.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, content_type: "application/json".to_owned(), retry_after: None, body: body.into() }
    }

    /// Tells whether the body is said to be JSON: `application/json`, or `application/*+json` (RFC 6839).
    pub fn is_json(&self) -> bool {
        let essence = self.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
    }
}

impl std::fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpAnswer({}, {} bytes of {})", self.status, self.body.len(), self.content_type)
    }
}
