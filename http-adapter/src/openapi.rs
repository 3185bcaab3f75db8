//! The API's description: OpenAPI 3.1, from the tables that the API is served by.
//!
//! Which routes there are and who may use them is said by [`routes`], what an operation takes and gives by its own types.
//! What Home Assistant's routes take and give is written down beside this file, route by route.

use std::sync::LazyLock;

use axum::{http::StatusCode, response::Response};
use bytes::Bytes;
use management::{Operation, Schemas};
use serde_json::{Map, Value, json};

use crate::{Access, Route, reply::bytes_reply, request::Request, route::Serve, routes};

/// How the routes that are no operations are used, and what answers have in common.
const DESCRIBED: &str = include_str!("openapi/described.json");

/// Shows the description: to whoever is logged in, since it says nothing of the home.
pub(crate) async fn show(_request: Request) -> Result<Response, Response> {
    static TEXT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(openapi().to_string()));
    Ok(bytes_reply(StatusCode::OK, "application/json", TEXT.clone()))
}

/// Returns the description.
pub fn openapi() -> Value {
    let mut described: Map<String, Value> = serde_json::from_str(DESCRIBED).unwrap_or_default();
    let mut by_route = described.remove("routes");
    let mut paths = Map::<String, Value>::new();
    for route in routes() {
        let how = match route.serve {
            Serve::Operation(operation) => of_operation(operation),
            Serve::Page(_) => continue,
            Serve::Handler(_) => {
                let found = by_route.as_mut().and_then(|all| all.get_mut(format!("{} {}", route.method, route.path)));
                found.map(Value::take).unwrap_or_default()
            }
        };
        if let (Value::Object(how), Some(methods)) = (how, member(&mut paths, route.path)) {
            methods.insert(route.method.to_ascii_lowercase(), of_route(route, how));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Doorward",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Home Assistant's REST API, and what Doorward adds to it. What comes back is what the caller \
                may read; what they may not do or see is refused with 401, whether it is there or not.",
        },
        "paths": paths,
        "components": described.remove("components"),
    })
}

/// Returns the object of a name, made if it is not there.
fn member<'a>(map: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    map.entry(name).or_insert_with(|| json!({})).as_object_mut()
}

/// Adds what follows from a route's row: the path's parameters, who may use it, and what the gate answers.
fn of_route(route: &Route, mut how: Map<String, Value>) -> Value {
    let mut parameters: Vec<Value> = open_parts(route.path).map(path_parameter).collect();
    if let Some(Value::Array(more)) = how.remove("parameters") {
        parameters.extend(more.into_iter().map(as_text));
    }
    how.insert("parameters".to_owned(), Value::Array(parameters));
    how.insert("x-doorward-access".to_owned(), json!(route.access.as_str()));
    let is_public = route.access == Access::Public;
    how.insert("security".to_owned(), if is_public { json!([]) } else { json!([{"bearer": []}]) });
    if let Some(responses) = member(&mut how, "responses") {
        // A path that climbs or a query that cannot be decoded, a body that takes too long or is too long.
        for (status, refusal) in [("400", "Refused"), ("408", "Text"), ("413", "Text")] {
            responses.entry(status).or_insert_with(|| refused(refusal));
        }
        if !is_public {
            responses.entry("401").or_insert_with(|| refused("Unauthorized"));
        }
    }
    Value::Object(how)
}

fn refused(how: &str) -> Value {
    json!({"$ref": format!("#/components/responses/{how}")})
}

/// Iterates over the names of what a path leaves open.
fn open_parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// What the gate lets through in a path or query: anything but control characters and backslashes.
const TEXT: &str = r"^[^\x00-\x1f\x7f-\x9f\\]*$";

/// Adds what the gate takes of a text in the query.
fn as_text(mut parameter: Value) -> Value {
    if let Some(schema) = parameter.get_mut("schema").and_then(Value::as_object_mut)
        && schema.get("type").is_some_and(|kind| kind == "string")
        && !schema.contains_key("enum")
        && !schema.contains_key("format")
    {
        schema.insert("pattern".to_owned(), json!(TEXT));
    }
    parameter
}

/// Describes a part of the path; of ids, how the hub makes them.
fn path_parameter(name: &str) -> Value {
    if name == "start" {
        return json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "format": "date-time"}});
    }
    let pattern = match name {
        "entity_id" => r"^[a-z0-9_]+\.[a-z0-9_]+$",
        // Whoever makes them may call them anything.
        "group_id" | "event_type" => r"^[^/\x00-\x1f\x7f-\x9f\\]+$",
        _ => "^[A-Za-z0-9_-]+$",
    };
    json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "pattern": pattern}})
}

/// Describes an operation: members that the path does not have are in the query of what only reads, else in the body.
fn of_operation(operation: &Operation) -> Value {
    let Schemas { request, answer } = operation.schemas();
    let mut request = request.to_value();
    let open: Vec<_> = open_parts(operation.path).collect();
    let names = |request: &Value| -> Vec<String> {
        let required = request.get("required").and_then(Value::as_array).into_iter().flatten();
        required.filter_map(Value::as_str).filter(|name| !open.contains(name)).map(str::to_owned).collect()
    };
    let required = names(&request);
    if let Some(properties) = request.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| !open.contains(&name.as_str()));
    }
    let has_members = request.get("properties").and_then(Value::as_object).is_some_and(|map| !map.is_empty());
    let (tag, _) = operation.name.split_once('/').unwrap_or((operation.name, ""));
    let mut how = json!({
        "operationId": operation.name.replace('/', "_"),
        "tags": [tag],
        "summary": format!("The operation `{}`; over WebSocket the command `{}`.", operation.name, operation.command),
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": answer}}},
            "400": refused("Refused"),
            "404": refused("Refused"),
        },
    });
    let Some(members) = how.as_object_mut() else { return how };
    if operation.method == "GET" {
        let properties = request.get_mut("properties").and_then(Value::as_object_mut).map(std::mem::take);
        let parameters = properties.into_iter().flatten().map(|(name, schema)| {
            let is_needed = required.contains(&name);
            json!({"name": name, "in": "query", "required": is_needed, "schema": without_null(schema)})
        });
        members.insert("parameters".to_owned(), parameters.collect());
    } else if has_members {
        if let Some(object) = request.as_object_mut() {
            object.insert("required".to_owned(), json!(required));
        }
        let body = json!({"required": !required.is_empty(), "content": {"application/json": {"schema": request}}});
        members.insert("requestBody".to_owned(), body);
    }
    how
}

/// A query has texts only: what is not said is left out.
fn without_null(mut schema: Value) -> Value {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.as_object_mut().map(|object| object.insert("type".to_owned(), only));
        }
    }
    if let Some(object) = schema.as_object_mut() {
        object.retain(|name, value| !(name == "default" && value.is_null()));
    }
    schema
}

#[cfg(test)]
mod tests;
