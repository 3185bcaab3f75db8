//! Flows over REST: each family has the same four routes.

use auth_login::client::Origin;
use axum::{http::StatusCode, response::Response};
use config_entries::{
    AbortFlow, ContinueFlow, FlowAnswer, FlowError, FlowFamily, StartFlow, StartOptionsFlow, StartSubentryFlow,
};
use serde_json::{Map, Value};
use service_bus::parse_json;

use crate::{
    reply::{flow_error, message, ok},
    request::Request,
};

macro_rules! family {
    ($(#[$doc:meta])* $name:ident $family:ident) => {
        $(#[$doc])*
        pub(crate) mod $name {
            use axum::response::Response;
            use config_entries::FlowFamily;

            use crate::request::Request;

            pub(crate) async fn start(request: Request) -> Result<Response, Response> {
                super::start(request, FlowFamily::$family).await
            }

            pub(crate) async fn look(request: Request) -> Result<Response, Response> {
                super::go_on(request, FlowFamily::$family, None).await
            }

            pub(crate) async fn step(request: Request) -> Result<Response, Response> {
                let input = super::input(&request)?;
                super::go_on(request, FlowFamily::$family, Some(input)).await
            }

            pub(crate) async fn abort(request: Request) -> Result<Response, Response> {
                super::abort(&request, FlowFamily::$family)
            }
        }
    };
}

family! {
    /// Flows that make entries, or update one.
    config Config
}
family! {
    /// Flows that change options.
    options Options
}
family! {
    /// Flows about parts.
    subentries Subentry
}

async fn start(request: Request, family: FlowFamily) -> Result<Response, Response> {
    let body = request.object("Invalid JSON.", "Message format incorrect: expected a mapping")?;
    let manager = request.app.home.manager();
    let answer = match family {
        FlowFamily::Config => {
            let domain = text(&body, "handler")?;
            let reconfigure = body.get("entry_id").map(|_| text(&body, "entry_id")).transpose()?;
            let frontend_base = frontend_base(&request);
            manager.start_flow(request.authorize(StartFlow { domain, reconfigure, frontend_base })?).await
        }
        FlowFamily::Options => {
            let entry_id = text(&body, "handler")?;
            manager.start_options_flow(request.authorize(StartOptionsFlow { entry_id })?).await
        }
        FlowFamily::Subentry => {
            let (entry_id, subentry_type) = pair(&body)?;
            let subentry_id = body.get("subentry_id").map(|_| text(&body, "subentry_id")).transpose()?;
            let wish = StartSubentryFlow { entry_id, subentry_type, subentry_id };
            manager.start_subentry_flow(request.authorize(wish)?).await
        }
    };
    reply(answer)
}

async fn go_on(request: Request, family: FlowFamily, input: Option<Map<String, Value>>) -> Result<Response, Response> {
    let flow_id = request.param("flow_id").to_owned();
    let frontend_base = frontend_base(&request);
    let asked = request.authorize(ContinueFlow { family, flow_id, input, frontend_base })?;
    reply(request.app.home.manager().continue_flow(asked).await)
}

fn abort(request: &Request, family: FlowFamily) -> Result<Response, Response> {
    let asked = request.authorize(AbortFlow { family, flow_id: request.param("flow_id").to_owned() })?;
    request.app.home.manager().abort_flow(asked).map_err(flow_error)?;
    Ok(message(StatusCode::OK, "Flow aborted"))
}

fn reply(answer: Result<FlowAnswer, FlowError>) -> Result<Response, Response> {
    answer.map(|answer| ok(&answer.to_wire())).map_err(flow_error)
}

/// Returns what was entered. What is no JSON counts as nothing, as in Home Assistant: the form says what is missing.
fn input(request: &Request) -> Result<Map<String, Value>, Response> {
    match parse_json(&request.body) {
        Ok(Value::Object(input)) => Ok(input),
        Ok(_) => Err(message(StatusCode::BAD_REQUEST, "Message format incorrect: expected dict")),
        Err(_) if request.body.is_empty() => Ok(Map::new()),
        Err(_) => Err(message(StatusCode::BAD_REQUEST, "Invalid JSON.")),
    }
}

fn text(body: &Map<String, Value>, name: &str) -> Result<String, Response> {
    match body.get(name) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(incorrect(&format!("expected str at '{name}'"))),
        None => Err(incorrect(&format!("required key not provided at '{name}'"))),
    }
}

fn pair(body: &Map<String, Value>) -> Result<(String, String), Response> {
    match body.get("handler").and_then(Value::as_array).map(Vec::as_slice) {
        Some([Value::String(entry_id), Value::String(kind)]) => Ok((entry_id.clone(), kind.clone())),
        _ if body.get("handler").is_none() => Err(incorrect("required key not provided at 'handler'")),
        _ => Err(incorrect("expected an entry's id and a kind of part at 'handler'")),
    }
}

fn incorrect(text: &str) -> Response {
    message(StatusCode::BAD_REQUEST, format!("Message format incorrect: {text}"))
}

/// Returns where the client says that it reaches the hub, if that is an origin: where it is sent back to from a page
/// elsewhere.
fn frontend_base(request: &Request) -> Option<String> {
    let said = request.headers.get("ha-frontend-base")?.to_str().ok()?;
    Origin::parse(said).ok().map(|origin| origin.to_string())
}
