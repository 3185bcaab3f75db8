//! Answers: pages, and where to go next.

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};

use crate::problem::Problem;

/// What pages may load and do: files of this hub, and nothing that stands in the page itself.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'self'; base-uri 'none'";

/// Answers with a page.
///
/// # Errors
/// [`Problem::Failed`], which nothing in our pages causes.
pub(crate) fn page(status: StatusCode, page: &impl Template) -> Result<Response, Problem> {
    let text = page.render().map_err(|error| {
        tracing::error!(%error, "a page could not be written");
        Problem::Failed
    })?;
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    put(response.headers_mut(), header::CONTENT_TYPE, "text/html; charset=utf-8");
    Ok(response)
}

/// Sends the browser to another page, which it gets anew.
pub(crate) fn see_other(address: &str) -> Response {
    let mut response = empty(StatusCode::SEE_OTHER);
    if let Ok(address) = HeaderValue::from_str(address) {
        response.headers_mut().insert(header::LOCATION, address);
    }
    response
}

/// Answers with nothing but a status.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Puts the headers that every page has, on top of those that every answer has.
pub(crate) fn headers(headers: &mut HeaderMap) {
    put(headers, header::CONTENT_SECURITY_POLICY, POLICY);
    // With `no-referrer`, which other answers have, browsers would send `Origin: null` with every form, and over plain HTTP
    // there is nothing else to tell our own pages' forms by.
    put(headers, header::REFERRER_POLICY, "same-origin");
    if !headers.contains_key(header::CACHE_CONTROL) {
        put(headers, header::CACHE_CONTROL, "no-store");
        // The service worker of Home Assistant's frontend has every page of this origin pass through its hands, keeps what it
        // gets whatever `no-store` says, and shows it when the hub does not answer: after a log-out, too. It cannot keep what
        // varies by everything (Service Workers, `Cache.put`, step 5).
        put(headers, header::VARY, "*");
    }
}

pub(crate) fn put(headers: &mut HeaderMap, name: header::HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
