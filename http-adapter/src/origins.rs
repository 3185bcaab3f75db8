//! Pages of other origins: what they may ask, and what they may read.
//!
//! No cookie gives anybody rights in the API (the one of a visit to an identity provider proves which browser comes back, and
//! nothing else; the one of Doorward's own page counts below `/doorward` alone, is not sent by other sites' pages, and opens no
//! form that another page sends), so a page elsewhere has no rights of its user's unless it holds a token. What a list of origins adds is who
//! may read answers at all, who may open a socket, and who may have people sign in without typing anything.

use auth_login::client::Origin;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};

use crate::reply::plain;

/// Origins whose pages may use the API, such as `https://cast.home-assistant.io`; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedOrigins(pub Vec<Origin>);

/// Where pages of any origin may read the answer, as OAuth clients need.
const OPEN: [&str; 4] =
    ["/auth/token", "/auth/revoke", "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource"];

const HEADERS: &str = "Origin, Accept, X-Requested-With, Content-Type, Authorization";
const METHODS: &str = "GET, POST, DELETE";

impl AllowedOrigins {
    /// Answers a preflight; `None` for a request that is none.
    pub(crate) fn preflight(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
        if method != Method::OPTIONS || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
            return None;
        }
        let origin = headers.get(header::ORIGIN)?;
        let Some(allowed) = self.allows(path, origin) else { return Some(plain(StatusCode::FORBIDDEN)) };
        let mut answer = Response::new(Body::empty());
        let put = answer.headers_mut();
        put.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        put.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
        put.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
        put.insert(header::VARY, HeaderValue::from_static("Origin"));
        Some(answer)
    }

    /// Lets a page read the answer, if it may.
    pub(crate) fn mark(&self, path: &str, origin: Option<&HeaderValue>, answer: &mut HeaderMap) {
        if OPEN.contains(&path) {
            answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        } else if let Some(allowed) = origin.and_then(|origin| self.allows(path, origin)) {
            answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            answer.append(header::VARY, HeaderValue::from_static("Origin"));
        }
    }

    /// Tells whether a socket may be opened by a page of this origin: the hub's own, or one that is listed. What is no page
    /// names none.
    pub(crate) fn may_open(&self, origin: Option<&HeaderValue>, own: Option<&Origin>) -> bool {
        let Some(origin) = origin else { return true };
        let Some(origin) = origin.to_str().ok().and_then(|text| Origin::parse(text).ok()) else { return false };
        own == Some(&origin) || self.0.contains(&origin)
    }

    fn allows(&self, path: &str, origin: &HeaderValue) -> Option<HeaderValue> {
        if OPEN.contains(&path) {
            return Some(HeaderValue::from_static("*"));
        }
        let parsed = origin.to_str().ok().and_then(|text| Origin::parse(text).ok())?;
        self.0.contains(&parsed).then(|| origin.clone())
    }
}
