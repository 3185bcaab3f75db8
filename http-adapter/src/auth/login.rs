//! Login flows.

use auth_login::{
    client::is_local,
    login_flow::{FlowError, StartRequest, StepRequest},
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use home::{LoginStep, PasskeyChallenge, Secret, ShownFactor, SignInError};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use crate::{
    reply::{internal, json_reply, message, ok},
    request::Request,
};

const PROVIDER: &str = "homeassistant";

pub(crate) async fn providers(request: Request) -> Result<Response, Response> {
    if !request.app.home.is_onboarded() {
        let body = json!({"message": "Onboarding not finished", "code": "onboarding_required"});
        return Err(json_reply(StatusCode::BAD_REQUEST, &body));
    }
    Ok(ok(&json!({
        "providers": [{"name": "Home Assistant Local", "id": null, "type": PROVIDER}],
        "preselect_remember_me": is_local(request.ip),
    })))
}

pub(crate) async fn start(request: Request) -> Result<Response, Response> {
    let body = read(&request)?;
    check_keys(
        &body,
        &["client_id", "handler", "redirect_uri", "code_challenge", "code_challenge_method", "response_type", "type"],
    )?;
    let handler = match body.get("handler").and_then(Value::as_array).map(Vec::as_slice) {
        Some([Value::String(kind), Value::Null]) => (kind.as_str(), None),
        Some([Value::String(kind), Value::String(id)]) => (kind.as_str(), Some(id.as_str())),
        _ => return Err(malformed("expected a list of two @ data['handler']")),
    };
    let start = StartRequest {
        client_id: need(&body, "client_id")?,
        handler,
        redirect_uri: need(&body, "redirect_uri")?,
        response_type: text(&body, "response_type")?,
        code_challenge: text(&body, "code_challenge")?,
        code_challenge_method: text(&body, "code_challenge_method")?,
    };
    let flow_id = request.app.home.start_login(start, request.ip, request.own.as_ref()).map_err(sign_in_error)?;
    Ok(ok(&form(&flow_id, None)))
}

pub(crate) async fn step(request: Request) -> Result<Response, Response> {
    let body = read(&request)?;
    let client_id = need(&body, "client_id")?;
    let malformed = || message(StatusCode::BAD_REQUEST, "User input malformed");
    let flow_id = request.param("flow_id");
    let given = |name: &str| body.get(name).and_then(Value::as_str);
    let passkey = body.get("passkey").filter(|passkey| passkey.is_object());
    let second =
        async |shown: ShownFactor| request.app.home.log_in_with((flow_id, client_id), &shown, request.ip).await;
    let led = match (body.len(), given("username"), given("password"), given("code"), passkey) {
        (3, Some(username), Some(password), None, None) => {
            let step = StepRequest { flow_id, client_id, username, password: password.to_owned().into() };
            request.app.home.log_in(step, request.ip).await
        }
        (2, None, None, Some(code), None) => second(ShownFactor::Code(Secret::new(code.to_owned()))).await,
        (2, None, None, None, Some(passkey)) => second(ShownFactor::Passkey(passkey.clone())).await,
        _ => return Err(malformed()),
    };
    Ok(ok(&match led {
        Ok(LoginStep::InvalidAuth) => form(flow_id, Some("invalid_auth")),
        Ok(LoginStep::NeedsCode(passkey)) => code_form(flow_id, None, passkey),
        Ok(LoginStep::InvalidCode(passkey)) => code_form(flow_id, Some("invalid_code"), passkey),
        Ok(LoginStep::Done(code)) => json!({
            "type": "create_entry",
            "flow_id": flow_id,
            "handler": [PROVIDER, null],
            "description": null,
            "description_placeholders": null,
            "result": code.expose_secret(),
        }),
        // As Home Assistant has it: the flow ends with a reason, and that is no error.
        Err(SignInError::Flow(FlowError::TooManyCodes)) => aborted(flow_id, "too_many_retry"),
        Err(SignInError::Flow(FlowError::CodeExpired)) => aborted(flow_id, "login_expired"),
        Err(error) => return Err(sign_in_error(error)),
    }))
}

fn aborted(flow_id: &str, reason: &str) -> Value {
    json!({
        "type": "abort", "flow_id": flow_id, "handler": [PROVIDER, null], "reason": reason,
        "description_placeholders": null,
    })
}

/// Home Assistant means to answer so, and fails by mistake.
pub(crate) async fn look(_request: Request) -> Result<Response, Response> {
    Err(message(StatusCode::NOT_FOUND, "Invalid flow specified"))
}

pub(crate) async fn abort(request: Request) -> Result<Response, Response> {
    let aborted = request.app.home.abort_login(request.param("flow_id"));
    aborted.map_err(|error| sign_in_error(SignInError::Flow(error)))?;
    Ok(message(StatusCode::OK, "Flow aborted"))
}

fn form(flow_id: &str, error: Option<&str>) -> Value {
    let fields = json!([
        {"type": "string", "name": "username", "required": true},
        {"type": "string", "name": "password", "required": true},
    ]);
    shown(flow_id, "init", fields, error, Value::Null)
}

/// Asks for the code of the second factor; a recovery code may be given in its place, or a passkey that fits what is asked
/// under `passkey`. Pages that do not know that member see the form that they know.
fn code_form(flow_id: &str, error: Option<&str>, passkey: Option<PasskeyChallenge>) -> Value {
    let fields = json!([{"type": "string", "name": "code", "required": true}]);
    let module = json!({"mfa_module_name": "Authenticator app", "mfa_module_id": "totp"});
    let mut form = shown(flow_id, "mfa", fields, error, module);
    if let (Some(PasskeyChallenge(options)), Value::Object(members)) = (passkey, &mut form) {
        members.insert("passkey".to_owned(), options);
    }
    form
}

fn shown(flow_id: &str, step_id: &str, fields: Value, error: Option<&str>, placeholders: Value) -> Value {
    let errors = error.map_or_else(|| json!({}), |error| json!({"base": error}));
    json!({
        "type": "form",
        "flow_id": flow_id,
        "handler": [PROVIDER, null],
        "step_id": step_id,
        "data_schema": fields,
        "errors": errors,
        "description_placeholders": placeholders,
        "last_step": null,
        "preview": null,
    })
}

/// Reads a body that is JSON whatever its type says: the frontend sends it as text.
fn read(request: &Request) -> Result<Map<String, Value>, Response> {
    request.object("Invalid JSON.", "Message format incorrect: expected a dictionary")
}

fn check_keys(body: &Map<String, Value>, allowed: &[&str]) -> Result<(), Response> {
    match body.keys().find(|key| !allowed.contains(&key.as_str())) {
        Some(key) => Err(malformed(&format!("extra keys not allowed @ data['{key}']"))),
        None => Ok(()),
    }
}

fn need<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a str, Response> {
    text(body, name)?.ok_or_else(|| malformed(&format!("required key not provided @ data['{name}']")))
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Response> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if text.len() <= 2048 => Ok(Some(text)),
        Some(_) => Err(malformed(&format!("expected str for dictionary value @ data['{name}']"))),
    }
}

fn malformed(reason: &str) -> Response {
    message(StatusCode::BAD_REQUEST, format!("Message format incorrect: {reason}"))
}

pub(crate) fn sign_in_error(error: SignInError) -> Response {
    let error = match error {
        SignInError::Flow(error) => error,
        SignInError::Denied(_) => return message(StatusCode::FORBIDDEN, error.to_string()),
        SignInError::InvalidRequest(_) | SignInError::InvalidGrant(_) => {
            return message(StatusCode::BAD_REQUEST, error.to_string());
        }
        SignInError::Store(_) | SignInError::CheckFailed => return internal(&error),
    };
    let status = match &error {
        FlowError::Malformed(_)
        | FlowError::InvalidClientId
        | FlowError::ResponseTypeNotSupported
        | FlowError::ChallengeRequired
        | FlowError::TransformNotSupported
        | FlowError::OtherStep
        | FlowError::TooManyCodes
        | FlowError::CodeExpired
        | FlowError::IpChanged => StatusCode::BAD_REQUEST,
        FlowError::InvalidHandler | FlowError::UnknownFlow => StatusCode::NOT_FOUND,
        FlowError::InvalidRedirect | FlowError::Blocked(_) => StatusCode::FORBIDDEN,
        FlowError::InProgress => StatusCode::CONFLICT,
        FlowError::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
    };
    let mut response = message(status, error.to_string());
    if let FlowError::Throttled(wait) = &error
        && let Ok(value) = HeaderValue::from_str(&wait.secs.to_string())
    {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}
