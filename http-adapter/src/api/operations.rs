//! Doorward's own operations: what the path leaves open, the query or the body are the members of one object.

use axum::{http::StatusCode, response::Response};
use management::{Call, Operation, OperationError};
use serde_json::{Map, Value, json};

use crate::{
    reply::{denied, internal, json_reply, ok},
    request::Request,
};

/// Carries an operation out.
pub(crate) async fn run(operation: &'static Operation, request: Request) -> Result<Response, Response> {
    let members = members(operation, &request)?;
    let principal = request.principal()?.clone();
    let call = Call::new(request.app.home.clone(), principal, members);
    operation.run(call).await.map(|answer| ok(&answer)).map_err(|error| refused(&error))
}

/// Puts together what is asked. Nothing may be said twice.
fn members(operation: &Operation, request: &Request) -> Result<Map<String, Value>, Response> {
    let mut members = if operation.method == "GET" || request.body.is_empty() {
        Map::new()
    } else {
        request.object("Invalid JSON.", "Message format incorrect: expected a dictionary")?
    };
    let is_read = operation.method == "GET";
    if is_read && !request.body.is_empty() {
        return Err(refused(&OperationError::Invalid("what is asked stands in the query, not in a body".to_owned())));
    }
    if let Some((name, _)) = request.query.first().filter(|_| !is_read) {
        return Err(refused(&OperationError::Invalid(format!("`{name}` stands in the query: it belongs in the body"))));
    }
    for (name, value) in request.params.iter().chain(request.query.iter().map(|(name, value)| (name, value))) {
        if members.insert(name.clone(), json!(value)).is_some() {
            return Err(refused(&OperationError::Invalid(format!("`{name}` is given twice"))));
        }
    }
    Ok(members)
}

fn refused(error: &OperationError) -> Response {
    let status = match error {
        OperationError::Unauthorized(refusal) => return denied(refusal),
        OperationError::Failed(error) => return internal(error),
        OperationError::Refused { code: "throttled", .. } => StatusCode::TOO_MANY_REQUESTS,
        OperationError::NotFound(_) => StatusCode::NOT_FOUND,
        OperationError::Invalid(_) | OperationError::Policy(_) | OperationError::Refused { .. } => {
            StatusCode::BAD_REQUEST
        }
    };
    let mut body = error.detail();
    body.insert("code".to_owned(), json!(error.code()));
    body.insert("message".to_owned(), json!(error.to_string()));
    json_reply(status, &Value::Object(body))
}
