//! Services over REST.

use axum::{http::StatusCode, response::Response};
use serde_json::{Map, Value, json};
use service_bus::{CallRequest, Viewer};

use crate::{
    reply::{call_error, internal, message, ok, plain},
    request::Request,
};

pub(crate) async fn list(request: Request) -> Result<Response, Response> {
    let world = request.world();
    let viewer = Viewer::new(&world, request.principal()?);
    let services = request.app.home.bus().services_for(&viewer);
    let domain =
        |(domain, by_name): (&String, &std::collections::BTreeMap<_, std::sync::Arc<service_bus::ServiceSpec>>)| {
            let described: Map<_, _> =
                by_name.iter().map(|(name, spec)| (String::clone(name), spec.describe())).collect();
            json!({"domain": domain, "services": described})
        };
    Ok(ok(&Value::Array(services.iter().map(domain).collect())))
}

/// Calls a service in a task of its own: a caller who hangs up does not leave it half done.
pub(crate) async fn call(request: Request) -> Result<Response, Response> {
    let data = if request.body.is_empty() {
        Map::new()
    } else {
        match request.json("Data should be valid JSON.")? {
            Value::Object(data) => data,
            _ => return Err(plain(StatusCode::BAD_REQUEST)),
        }
    };
    let return_response = request.query("return_response").is_some();
    let wish =
        CallRequest { return_response, ..CallRequest::new(request.param("domain"), request.param("service"), data) };
    let (bus, principal, context) = (request.app.home.bus().clone(), request.principal()?.clone(), request.context());
    let call = tokio::spawn(async move { bus.call_collecting(principal, wish, context).await });
    let (outcome, changed) = call.await.map_err(|error| internal(&error))?.map_err(call_error)?;
    let world = request.world();
    let viewer = Viewer::new(&world, request.principal()?);
    // What else changed in the same context is shown only if it may be read.
    let shown = changed.iter().filter(|state| viewer.reads(state.entity_id.as_str()));
    let changed: Vec<_> = shown.map(|state| viewer.state_value(state)).collect();
    if return_response {
        return Ok(ok(&json!({"changed_states": changed, "service_response": outcome.response})));
    }
    Ok(ok(&Value::Array(changed)))
}

/// Calls a service that answers, for a route that shows its answer.
pub(crate) async fn ask(request: &Request, domain: &str, service: &str, data: Value) -> Result<Value, Response> {
    let Value::Object(data) = data else { return Err(message(StatusCode::BAD_REQUEST, "data")) };
    let wish = CallRequest { return_response: true, ..CallRequest::new(domain, service, data) };
    let outcome = request.app.home.bus().call(request.principal()?.clone(), wish, request.context()).await;
    Ok(outcome.map_err(call_error)?.response.unwrap_or_default())
}
