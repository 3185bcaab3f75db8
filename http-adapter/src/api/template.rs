//! Templates over REST, with the caller's rights.

use std::time::Duration;

use axum::{http::StatusCode, response::Response};
use bytes::Bytes;
use home::{RenderTemplate, render_with_time_out};
use serde_json::{Map, Value};

use crate::{
    reply::{bytes_reply, message},
    request::Request,
};

/// How long a template may take.
const TIME_OUT: Duration = Duration::from_secs(3);

pub(crate) async fn render(request: Request) -> Result<Response, Response> {
    let bad = |text: String| message(StatusCode::BAD_REQUEST, text);
    let mut body = request.object("Invalid JSON specified.", "Template data should be a JSON object.")?;
    let Some(Value::String(template)) = body.remove("template") else {
        return Err(bad("No template specified.".to_owned()));
    };
    let variables = match body.remove("variables") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(variables)) => variables,
        Some(_) => return Err(bad("Variables should be a JSON object.".to_owned())),
    };
    let asked = request.authorize(RenderTemplate { template })?;
    let rendered = render_with_time_out(request.app.home.clone(), asked, variables, false, TIME_OUT).await;
    let failed = |error: &dyn std::fmt::Display| bad(format!("Error rendering template: {error}"));
    let rendered = rendered.ok_or_else(|| failed(&"Exceeded maximum execution time of 3s"))?;
    let rendered = rendered.map_err(|error| failed(&error))?;
    rendered.result.map_err(|error| failed(&error))?;
    Ok(bytes_reply(StatusCode::OK, "text/plain; charset=utf-8", Bytes::from(rendered.text)))
}
