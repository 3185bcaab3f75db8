//! Signing in with an account at an identity provider: the browser is sent there, and comes back.
//!
//! Both answers are for a browser, so errors are plain text that says what was wrong.
//!
//! There is a cookie. It is good for one visit of ten minutes and proves that the browser which comes back is the one that was
//! sent; nothing else is ever decided by it.

use auth_login::{
    client::Origin,
    login_flow::StartRequest,
    single_sign_on::{Refusal, VISIT_SECS},
};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use home::{AccountError, ComingBack, ProviderError, SignOnError};
use secrecy::ExposeSecret;
use serde_json::json;

use super::login::sign_in_error;
use crate::{
    cookie::{cookie_name, set_cookie},
    reply::{bytes_reply, internal, ok},
    request::Request,
};

/// Lists the providers, and where each login starts. Not in `/auth/providers`: Home Assistant's page has no step that leaves
/// it, and would offer what it cannot do.
pub(crate) async fn providers(request: Request) -> Result<Response, Response> {
    let shown = request.app.home.sign_on_providers();
    let shown = shown.map(|(id, name)| json!({"id": id, "name": name, "start": format!("/auth/oidc/{id}/start")}));
    Ok(ok(&json!({"providers": shown.collect::<Vec<_>>()})))
}

/// Sends the browser to a provider. Takes what `/auth/authorize` takes.
pub(crate) async fn start(request: Request) -> Result<Response, Response> {
    let provider = request.param("provider");
    let needed =
        |name| once(&request, name)?.ok_or_else(|| text(StatusCode::BAD_REQUEST, &format!("{name} is missing")));
    let start = StartRequest {
        client_id: needed("client_id")?,
        handler: ("oidc", Some(provider)),
        redirect_uri: needed("redirect_uri")?,
        response_type: once(&request, "response_type")?,
        code_challenge: once(&request, "code_challenge")?,
        code_challenge_method: once(&request, "code_challenge_method")?,
    };
    let state = once(&request, "state")?;
    let (own, trusted) = (request.own.as_ref(), request.app.trust.origins.0.as_slice());
    let base = own.ok_or_else(|| text(StatusCode::BAD_REQUEST, "this request does not say where it was sent"))?;
    let callback = format!("{base}/auth/oidc/{provider}/callback");
    let begun = request.app.home.begin_sign_on(provider, (start, state), callback, (request.ip, own, trusted)).await;
    let (page, secrets) = begun.map_err(refused)?;
    let mut response = sent_to(&page)?;
    let name = visit_name(base, secrets.state.expose_secret());
    set_visit(&mut response, base, (&name, secrets.browser.expose_secret()), VISIT_SECS);
    Ok(response)
}

/// Takes the browser back, and sends it on to the client with a code.
pub(crate) async fn callback(request: Request) -> Result<Response, Response> {
    let base = request.own.clone();
    let base = base.ok_or_else(|| text(StatusCode::BAD_REQUEST, "this request does not say where it was sent"))?;
    let state = once(&request, "state")?.ok_or_else(|| text(StatusCode::BAD_REQUEST, "state is missing"))?;
    let name = visit_name(&base, state);
    // In a task of its own: a browser that hangs up does not leave a user made in half.
    let done = tokio::spawn(async move { finish(&request).await });
    let mut response = done.await.unwrap_or_else(|error| Err(internal(&error))).unwrap_or_else(|refused| refused);
    if response.status().is_redirection() {
        set_visit(&mut response, &base, (&name, ""), 0);
    }
    Ok(response)
}

async fn finish(request: &Request) -> Result<Response, Response> {
    let state = once(request, "state")?.unwrap_or_default();
    let name = request.own.as_ref().map(|base| visit_name(base, state)).unwrap_or_default();
    let back = ComingBack {
        state,
        browser: cookie(&request.headers, &name),
        code: once(request, "code")?,
        error: once(request, "error")?,
        issuer: once(request, "iss")?,
    };
    let next = request.app.home.finish_sign_on(request.param("provider"), back, request.ip).await.map_err(refused)?;
    sent_to(next.expose_secret())
}

/// Returns a member of the query. One that is there twice means two things to two readers, so it means nothing.
fn once<'a>(request: &'a Request, name: &str) -> Result<Option<&'a str>, Response> {
    let mut values = request.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(text(StatusCode::BAD_REQUEST, &format!("{name} is there more than once"))),
    }
}

fn sent_to(address: &str) -> Result<Response, Response> {
    let mut response = text(StatusCode::FOUND, "");
    let address = HeaderValue::from_str(address).map_err(|error| internal(&error))?;
    response.headers_mut().insert(header::LOCATION, address);
    Ok(response)
}

/// Names the cookie of one visit, so that logins in two tabs do not disturb each other.
fn visit_name(base: &Origin, state: &str) -> String {
    let short: String = state.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
    cookie_name(base, &format!("doorward-sign-on-{short}"))
}

/// `Lax`: the browser comes back from another site, by a link or a redirect that opens a page, and must have it then.
fn set_visit(response: &mut Response, base: &Origin, cookie: (&str, &str), secs: i64) {
    set_cookie(response, base, cookie, &format!("Max-Age={secs}; HttpOnly; SameSite=Lax"));
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

/// Answers with text for people; nobody keeps it.
fn text(status: StatusCode, said: &str) -> Response {
    let mut response = bytes_reply(status, "text/plain; charset=utf-8", Bytes::from(said.to_owned()));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn refused(error: SignOnError) -> Response {
    let status = match &error {
        SignOnError::UnknownProvider => StatusCode::NOT_FOUND,
        SignOnError::NotOnboarded | SignOnError::Visit(_) | SignOnError::MixedUp | SignOnError::NoCode => {
            StatusCode::BAD_REQUEST
        }
        SignOnError::Said(_) | SignOnError::Refused { .. } => StatusCode::FORBIDDEN,
        SignOnError::Provider(ProviderError::Unproved(_)) => StatusCode::FORBIDDEN,
        SignOnError::Provider(ProviderError::Away(_)) => StatusCode::BAD_GATEWAY,
        SignOnError::Account(AccountError::Store(_) | AccountError::Hash) => return internal(&error),
        SignOnError::Account(_) => StatusCode::FORBIDDEN,
        SignOnError::Flow(error) => return sign_in_error(error.clone().into()),
    };
    let mut said = format!("Signing in did not succeed: {error}.\n");
    if let SignOnError::Refused { refusal: Refusal::Unknown, issuer, subject } = &error {
        said.push_str(&format!(
            "\nAn administrator can link it to a user (`doorward user link`) by\n  issuer: {issuer}\n  subject: {subject}\n"
        ));
    }
    text(status, &said)
}
