//! The client: judges, asks, bounds.

use std::{
    fmt,
    net::IpAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::{Bytes, BytesMut};
use reqwest::{
    Response, Url,
    header::{CONTENT_TYPE, HeaderName, RETRY_AFTER},
};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use secrecy::ExposeSecret;

use crate::{Answer, Error, Lookup, Reach, Request, SystemLookup, may_reach, parse_retry_after, resolve::Judge};

/// The one client for requests that entries name. Cheap to clone; all clones share connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    reach: Reach,
    max_body: usize,
}

/// Bounds of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest body that is read, in bytes.
    pub max_body: usize,
    /// How long connecting may take, the look-up of the name included.
    pub connect: Duration,
    /// How long all of it may take, to the last byte of the body.
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_body: 1024 * 1024, connect: Duration::from_secs(10), whole: Duration::from_secs(30) }
    }
}

impl Client {
    /// Returns a client with the default [`Limits`] and the operating system's look-up and root certificates.
    ///
    /// # Errors
    /// [`Error::NoRoots`], if the machine has no root certificates.
    pub fn new(reach: Reach) -> Result<Self, Error> {
        Self::with(reach, Limits::default(), Arc::new(SystemLookup))
    }

    /// Returns a client with limits and a look-up of one's own. What the look-up finds is judged all the same.
    ///
    /// # Errors
    /// [`Error::NoRoots`], if the machine has no root certificates.
    pub fn with(reach: Reach, limits: Limits, lookup: Arc<dyn Lookup>) -> Result<Self, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map_err(|_| Error::NoRoots)?
            .with_no_client_auth();
        Self::build(reach, limits, lookup, tls)
    }

    fn build(reach: Reach, limits: Limits, lookup: Arc<dyn Lookup>, tls: ClientConfig) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(Judge { reach, lookup })
            .https_only(reach == Reach::Public)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .connect_timeout(limits.connect)
            .timeout(limits.whole)
            .user_agent(concat!("doorward/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { http, reach, max_body: limits.max_body })
    }

    /// Returns what this client may reach.
    pub const fn reach(&self) -> Reach {
        self.reach
    }

    /// Asks, and returns the answer whatever its status. Redirects are not followed.
    ///
    /// # Errors
    /// [`Error`]: there was no answer, or none that may be read.
    ///
    /// # Cancel safety
    /// Dropping the future ends the request; whether the other side has acted on it is then unknown.
    pub async fn send(&self, request: Request) -> Result<Answer, Error> {
        self.judge(&request.url)?;
        let mut wire = self.http.request(request.method, request.url).headers(request.headers);
        if let Some(body) = request.body {
            wire = wire.body(body.expose_secret().to_owned());
        }
        let response = wire.send().await?;
        let text = |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
        let content_type = text(CONTENT_TYPE).unwrap_or_default().to_owned();
        let retry_after = text(RETRY_AFTER).and_then(|text| parse_retry_after(text, SystemTime::now()));
        let status = response.status().as_u16();
        Ok(Answer { status, content_type, retry_after, body: self.body(response).await? })
    }

    /// Judges what can be judged without a look-up. An address in place of a name never comes to the look-up.
    fn judge(&self, url: &Url) -> Result<(), Error> {
        if self.reach == Reach::Public && url.scheme() != "https" {
            return Err(Error::NotHttps);
        }
        let address = match url.host() {
            Some(url::Host::Ipv4(address)) => IpAddr::V4(address),
            Some(url::Host::Ipv6(address)) => IpAddr::V6(address),
            Some(url::Host::Domain(_)) => return Ok(()),
            None => return Err(Error::InvalidUrl),
        };
        if may_reach(self.reach, address) { Ok(()) } else { Err(Error::ForbiddenAddress) }
    }

    async fn body(&self, mut response: Response) -> Result<Bytes, Error> {
        let told = response.content_length().and_then(|length| usize::try_from(length).ok());
        if told.is_some_and(|length| length > self.max_body) {
            return Err(Error::TooLarge);
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len().saturating_add(chunk.len()) > self.max_body {
                return Err(Error::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({:?})", self.reach)
    }
}

#[cfg(test)]
mod tests;
