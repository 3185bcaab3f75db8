//! Requests to a provider, through `outbound`.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use openidconnect::{
    AsyncHttpClient, HttpRequest, HttpResponse,
    http::{Method, Response, header::CONTENT_TYPE},
};
use outbound::{Answer, Client, Error, Limits, Reach, Request, SystemLookup};
use secrecy::SecretString;
use url::{Host, Url};

/// Somebody waits at a browser for each answer.
const LIMITS: Limits = Limits { max_body: 256 << 10, connect: Duration::from_secs(5), whole: Duration::from_secs(10) };

/// What reaches one provider.
#[derive(Clone, Debug)]
pub(crate) struct Web(Client);

/// An address over which no secret may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an address must be https, or http on this machine")]
pub(crate) struct Unsafe;

/// Checks that what goes to an address is seen by nobody else: `https`, or `http` on the loopback. What a provider names
/// in its metadata is checked like what the configuration names.
pub(crate) fn check_address(url: &Url) -> Result<(), Unsafe> {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_private = url.scheme() == "https" || url.scheme() == "http" && is_here;
    if is_private && url.host().is_some() { Ok(()) } else { Err(Unsafe) }
}

/// Why a request was not answered.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum WebError {
    #[error(transparent)]
    Unsafe(#[from] Unsafe),
    #[error(transparent)]
    Outbound(#[from] Error),
    #[error("a request could not be made")]
    Request,
}

impl Web {
    /// Returns what reaches public addresses, or those on the own network and machine too.
    pub(crate) fn new(local: bool) -> Result<Self, Error> {
        let reach = if local { Reach::Private } else { Reach::Public };
        Ok(Self(Client::with(reach, LIMITS, Arc::new(SystemLookup))?))
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, WebError> {
        let (parts, body) = request.into_parts();
        let address = parts.uri.to_string();
        check_address(&Url::parse(&address).map_err(|_| WebError::Request)?)?;
        let mut wanted = match parts.method {
            Method::GET => Request::get(&address)?,
            Method::POST => {
                let body = String::from_utf8(body).map_err(|_| WebError::Request)?;
                Request::post(&address, SecretString::from(body))?
            }
            _ => return Err(WebError::Request),
        };
        for (name, value) in &parts.headers {
            wanted = wanted.header(name.as_str(), value.to_str().map_err(|_| WebError::Request)?)?;
        }
        let Answer { status, content_type, body, .. } = self.0.send(wanted).await?;
        let mut answer = Response::builder().status(status);
        if !content_type.is_empty() {
            answer = answer.header(CONTENT_TYPE, content_type);
        }
        answer.body(body.to_vec()).map_err(|_| WebError::Request)
    }
}

impl<'c> AsyncHttpClient<'c> for Web {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, WebError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_in_clear_text_over_a_network() {
        for (address, is_fine) in [
            ("https://id.example/token", true),
            ("https://10.0.0.1/token", true),
            ("http://127.0.0.1:4000/", true),
            ("http://[::1]/", true),
            ("http://localhost:4000/", true),
            ("http://id.example/", false),
            ("http://10.0.0.1/", false),
            ("http://localhost.example/", false),
            ("ftp://127.0.0.1/", false),
            ("data:text/plain,x", false),
        ] {
            assert_eq!(check_address(&Url::parse(address).unwrap()).is_ok(), is_fine, "{address}");
        }
    }
}
