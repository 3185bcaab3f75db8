//! What the integration reaches others through, and the client that does.

use std::sync::Arc;

use async_trait::async_trait;
use config_entries::oauth2::{HttpAnswer, TokenEndpoint, TransportError};
use outbound::{Answer, Client, Error, Reach, Request};
use secrecy::{ExposeSecret, SecretString};

/// What the integration reaches others through. `local` is what the entry says of its addresses.
#[async_trait]
pub trait Web: Send + Sync + 'static {
    /// Returns the way to token endpoints.
    fn tokens(&self, local: bool) -> Arc<dyn TokenEndpoint>;

    /// Reads what is at `url`, as whoever the token is of.
    ///
    /// # Errors
    /// [`TransportError`]: there was no answer.
    async fn get(&self, local: bool, url: &str, token: &SecretString) -> Result<HttpAnswer, TransportError>;
}

/// The two outbound clients: one for public addresses, one for entries on the own network.
#[derive(Clone, Debug)]
pub struct OutboundWeb {
    public: Outbound,
    private: Outbound,
}

/// A token endpoint that is asked with an outbound client.
#[derive(Clone, Debug)]
pub struct Outbound(pub Client);

impl OutboundWeb {
    /// Returns clients with the default limits.
    ///
    /// # Errors
    /// [`Error::NoRoots`], if the machine has no root certificates.
    pub fn new() -> Result<Self, Error> {
        Ok(Self::with(Client::new(Reach::Public)?, Client::new(Reach::Private)?))
    }

    /// Returns clients of one's own: for entries with public addresses, and for those on the own network.
    pub const fn with(public: Client, private: Client) -> Self {
        Self { public: Outbound(public), private: Outbound(private) }
    }

    const fn reaching(&self, local: bool) -> &Outbound {
        if local { &self.private } else { &self.public }
    }
}

impl Outbound {
    async fn send(&self, request: Result<Request, Error>) -> Result<HttpAnswer, TransportError> {
        let answer = match request {
            Ok(request) => self.0.send(request).await,
            Err(error) => Err(error),
        };
        let Answer { status, content_type, retry_after, body } = answer.map_err(|error| match error {
            Error::Timeout => TransportError::Timeout,
            other => TransportError::Failed(other.to_string()),
        })?;
        Ok(HttpAnswer { status, content_type, retry_after, body })
    }
}

#[async_trait]
impl TokenEndpoint for Outbound {
    async fn post_form(
        &self,
        url: &str,
        fields: &[(&str, &str)],
        basic: Option<(&str, &SecretString)>,
    ) -> Result<HttpAnswer, TransportError> {
        let request = Request::post_form(url, fields).map(|request| match basic {
            Some((user, password)) => request.accept_json().basic(user, password.expose_secret()),
            None => request.accept_json(),
        });
        self.send(request).await
    }
}

#[async_trait]
impl Web for OutboundWeb {
    fn tokens(&self, local: bool) -> Arc<dyn TokenEndpoint> {
        Arc::new(self.reaching(local).clone())
    }

    async fn get(&self, local: bool, url: &str, token: &SecretString) -> Result<HttpAnswer, TransportError> {
        let request = Request::get(url).and_then(|request| request.accept_json().bearer(token));
        self.reaching(local).send(request).await
    }
}
