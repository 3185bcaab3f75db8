//! The first start: whoever comes first makes the owner.

use auth_login::client::ClientId;
use axum::{http::StatusCode, response::Response};
use home::Secret;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{
    reply::{account_error, message, ok, plain},
    request::Request,
};

/// Lists the steps while there is something to do; afterwards there is no such page.
pub(crate) async fn steps(request: Request) -> Result<Response, Response> {
    if request.app.home.is_onboarded() {
        return Err(plain(StatusCode::NOT_FOUND));
    }
    let step = |step: &str, done: bool| json!({"step": step, "done": done});
    // The others have nothing to ask here.
    let steps = [step("user", false), step("core_config", true), step("analytics", true), step("integration", true)];
    Ok(ok(&Value::Array(steps.into())))
}

pub(crate) async fn create_owner(request: Request) -> Result<Response, Response> {
    let done = || message(StatusCode::FORBIDDEN, "User step already done");
    if request.app.home.is_onboarded() {
        return Err(done());
    }
    let body = request.object("Invalid JSON.", "Message format incorrect: expected a dictionary")?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let need = |name: &str| {
        let missing = format!("Message format incorrect: required key not provided @ data['{name}']");
        text(name).ok_or_else(|| message(StatusCode::BAD_REQUEST, missing))
    };
    let (name, username, password) = (need("name")?, need("username")?, need("password")?);
    let client_id = need("client_id")?;
    ClientId::parse(client_id, request.own.as_ref())
        .map_err(|_| message(StatusCode::BAD_REQUEST, "invalid client id or redirect uri"))?;
    let password = Secret::new(password.to_owned());
    let code = request.app.home.onboard(name, username, password, client_id, request.ip).await;
    let code = code.map_err(|error| account_error(&error))?.ok_or_else(done)?;
    Ok(ok(&json!({"auth_code": code.expose_secret()})))
}
