//! What is asked.

use reqwest::{
    Method, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};

use crate::Error;

/// One request. `Debug` shows its method and host alone.
#[derive(Clone)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<SecretString>,
}

impl Request {
    /// Returns a request that reads.
    ///
    /// # Errors
    /// [`Error::InvalidUrl`].
    pub fn get(url: &str) -> Result<Self, Error> {
        Self::new(Method::GET, url, None)
    }

    /// Returns a request that removes.
    ///
    /// # Errors
    /// [`Error::InvalidUrl`].
    pub fn delete(url: &str) -> Result<Self, Error> {
        Self::new(Method::DELETE, url, None)
    }

    /// Returns a request that posts `application/x-www-form-urlencoded` fields.
    ///
    /// # Errors
    /// [`Error::InvalidUrl`].
    pub fn post_form(url: &str, fields: &[(&str, &str)]) -> Result<Self, Error> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = Self::new(Method::POST, url, Some(body.into()))?;
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        Ok(request)
    }

    /// Returns a request that posts JSON.
    ///
    /// # Errors
    /// [`Error::InvalidUrl`].
    pub fn post_json(url: &str, body: String) -> Result<Self, Error> {
        let mut request = Self::new(Method::POST, url, Some(body.into()))?;
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(request)
    }

    /// Returns a request that posts a body that is made already.
    ///
    /// # Errors
    /// [`Error::InvalidUrl`].
    pub fn post(url: &str, body: SecretString) -> Result<Self, Error> {
        Self::new(Method::POST, url, Some(body))
    }

    /// Asks for JSON.
    #[must_use]
    pub fn accept_json(mut self) -> Self {
        self.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        self
    }

    /// Sends a bearer token (RFC 6750).
    ///
    /// # Errors
    /// [`Error::InvalidHeader`], if the token has characters that no header can have.
    pub fn bearer(mut self, token: &SecretString) -> Result<Self, Error> {
        let value = format!("Bearer {}", token.expose_secret());
        self.headers.insert(AUTHORIZATION, secret(&value)?);
        Ok(self)
    }

    /// Sends a user name and password (RFC 7617), each form-encoded first as OAuth2 wants (RFC 6749, section 2.3.1).
    #[must_use]
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encoded(user), encoded(password));
        let value = format!("Basic {}", base64(pair.as_bytes()));
        // Base64 is always a header's text.
        if let Ok(value) = secret(&value) {
            self.headers.insert(AUTHORIZATION, value);
        }
        self
    }

    /// Adds a header. Who is authorized is not logged.
    ///
    /// # Errors
    /// [`Error::InvalidHeader`].
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, Error> {
        let name = HeaderName::try_from(name).map_err(|_| Error::InvalidHeader)?;
        let value = if name == AUTHORIZATION { secret(value) } else { plain(value) };
        self.headers.insert(name, value?);
        Ok(self)
    }

    fn new(method: Method, url: &str, body: Option<SecretString>) -> Result<Self, Error> {
        let url = Url::parse(url).map_err(|_| Error::InvalidUrl)?;
        let fine = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
        if !fine {
            return Err(Error::InvalidUrl);
        }
        Ok(Self { method, url, headers: HeaderMap::new(), body })
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Request({} {})", self.method, self.url.host_str().unwrap_or_default())
    }
}

fn plain(value: &str) -> Result<HeaderValue, Error> {
    HeaderValue::try_from(value).map_err(|_| Error::InvalidHeader)
}

/// Returns a header's value that HTTP libraries do not log.
fn secret(value: &str) -> Result<HeaderValue, Error> {
    let mut value = plain(value)?;
    value.set_sensitive(true);
    Ok(value)
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_authorized_is_no_text_for_logs() {
        let request = Request::post("https://id.example/token", "code=1".to_owned().into()).unwrap();
        let request =
            request.header("Authorization", "Basic c2VjcmV0").unwrap().header("accept", "text/plain").unwrap();
        assert!(request.headers.get(AUTHORIZATION).unwrap().is_sensitive());
        assert!(!request.headers.get(ACCEPT).unwrap().is_sensitive());
        assert_eq!(format!("{request:?}"), "Request(POST id.example)");
        assert!(!format!("{:?}", request.headers).contains("c2VjcmV0"));
    }
}
