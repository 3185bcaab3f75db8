//! The token endpoint.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use home::SignInError;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{
    form,
    reply::{bytes_reply, internal, json_reply},
    request::Request,
};

pub(crate) async fn token(request: Request) -> Result<Response, Response> {
    answer(&request).await
}

async fn answer(request: &Request) -> Result<Response, Response> {
    let form = Form::read(request).await?;
    if form.get("action") == Some("revoke") {
        return revoke_in(request, &form).await;
    }
    let home = &request.app.home;
    let (client_id, own) = (form.get("client_id"), request.own.as_ref());
    let tokens = match form.get("grant_type") {
        Some("authorization_code") => {
            home.redeem_code(client_id, form.get("code"), form.get("code_verifier"), request.ip, own).await
        }
        Some("refresh_token") => home.refresh(client_id, form.get("refresh_token"), request.ip, own).await,
        _ => return Err(json_reply(StatusCode::BAD_REQUEST, &json!({"error": "unsupported_grant_type"}))),
    };
    let tokens = tokens.map_err(|error| token_error(&error))?;
    let mut body = json!({
        "access_token": tokens.access_token.expose_secret(),
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
    });
    if let (Some(refresh_token), Value::Object(members)) = (&tokens.refresh_token, &mut body) {
        members.insert("refresh_token".to_owned(), json!(refresh_token.expose_secret()));
        members.insert("ha_auth_provider".to_owned(), json!("homeassistant"));
    }
    let mut response = json_reply(StatusCode::OK, &body);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// Always answers 200, so that nobody learns which tokens there are.
pub(crate) async fn revoke(request: Request) -> Result<Response, Response> {
    let form = Form::read(&request).await?;
    revoke_in(&request, &form).await
}

async fn revoke_in(request: &Request, form: &Form) -> Result<Response, Response> {
    if let Some(token) = form.get("token") {
        request.app.home.revoke(token, request.ip).await.map_err(|error| internal(&error))?;
    }
    Ok(bytes_reply(StatusCode::OK, "text/plain; charset=utf-8", Bytes::new()))
}

fn token_error(error: &SignInError) -> Response {
    let body = |error: &str, description: Option<&str>| match description {
        Some(description) => json!({"error": error, "error_description": description}),
        None => json!({"error": error}),
    };
    match error {
        SignInError::InvalidRequest(text) => json_reply(StatusCode::BAD_REQUEST, &body("invalid_request", *text)),
        SignInError::InvalidGrant(text) => json_reply(StatusCode::BAD_REQUEST, &body("invalid_grant", *text)),
        SignInError::Denied(reason) => json_reply(StatusCode::FORBIDDEN, &body("access_denied", Some(reason))),
        SignInError::Flow(_) | SignInError::Store(_) | SignInError::CheckFailed => internal(error),
    }
}

/// A form in which no field occurs twice.
struct Form(Vec<(String, String)>);

impl Form {
    async fn read(request: &Request) -> Result<Self, Response> {
        let invalid = || json_reply(StatusCode::BAD_REQUEST, &json!({"error": "invalid_request"}));
        if request.headers.get(header::CONTENT_TYPE).is_none() {
            return Ok(Self(Vec::new()));
        }
        let pairs = form::read(&request.headers, request.body.clone()).await.ok_or_else(invalid)?;
        let repeated = pairs.iter().enumerate().any(|(n, (name, _))| pairs.iter().skip(n + 1).any(|(o, _)| o == name));
        if repeated { Err(invalid()) } else { Ok(Self(pairs)) }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
