//! Pages of the frontend, and the addresses that lead to them.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use frontend::{Frontend, Page, web_app_manifest};

use super::notice;
use crate::{
    Web,
    reply::{bytes_reply, internal},
    request::Request,
};

/// Serves the page of every panel; before there is an owner, the way to the first one.
pub(crate) async fn panel(request: Request) -> Result<Response, Response> {
    if !request.app.home.is_onboarded() {
        return sent_to(StatusCode::FOUND, "/doorward/first-run");
    }
    page(&request, Frontend::index)
}

pub(crate) async fn authorize(request: Request) -> Result<Response, Response> {
    let mut response = page(&request, Frontend::authorize)?;
    // As Home Assistant has it; the page itself says what it is written in.
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    Ok(response)
}

pub(crate) async fn onboarding(request: Request) -> Result<Response, Response> {
    if request.app.home.is_onboarded() {
        return sent_to(StatusCode::FOUND, "/");
    }
    page(&request, Frontend::onboarding)
}

pub(crate) async fn manifest(_: Request) -> Result<Response, Response> {
    let manifest = web_app_manifest().to_string();
    Ok(bytes_reply(StatusCode::OK, "application/manifest+json", Bytes::from(manifest)))
}

/// Sends a password manager to where passwords are changed (W3C, "A Well-Known URL for Changing Passwords").
pub(crate) async fn change_password(_: Request) -> Result<Response, Response> {
    sent_to(StatusCode::FOUND, "/profile")
}

/// Sends an old address of the developer's tools to the one of now.
pub(crate) async fn tools(request: Request) -> Result<Response, Response> {
    let tool = request.params.get("rest").map(String::as_str).unwrap_or_default();
    // Only what is a name: an address is not made of anything else that was sent.
    let is_name = !tool.is_empty() && tool.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let path = if is_name { format!("/config/tools/{tool}") } else { "/config/tools".to_owned() };
    sent_to(StatusCode::MOVED_PERMANENTLY, &path)
}

fn page(request: &Request, which: impl FnOnce(&Frontend) -> &Page) -> Result<Response, Response> {
    let (status, html, policy) = match &request.app.web {
        Web::Served(frontend) => {
            let page = which(frontend);
            (StatusCode::OK, page.html().to_owned(), page.policy().to_owned())
        }
        Web::None => (StatusCode::OK, notice::nothing_to_show(), notice::POLICY.to_owned()),
        Web::Unusable(reason) => (StatusCode::SERVICE_UNAVAILABLE, notice::unusable(reason), notice::POLICY.to_owned()),
    };
    let mut response = bytes_reply(status, "text/html; charset=utf-8", Bytes::from(html));
    let policy = HeaderValue::from_str(&policy).map_err(|error| internal(&error))?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

fn sent_to(status: StatusCode, path: &str) -> Result<Response, Response> {
    let mut response = bytes_reply(status, "text/plain; charset=utf-8", Bytes::new());
    let path = HeaderValue::from_str(path).map_err(|error| internal(&error))?;
    response.headers_mut().insert(header::LOCATION, path);
    Ok(response)
}
