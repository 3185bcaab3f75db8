//! Discovery.

use axum::{http::StatusCode, response::Response};
use serde_json::{Value, json};

use crate::{
    reply::{ok, plain},
    request::Request,
};

const DOCUMENTATION: &str = "https://contributors.home-assistant.io/core/internals/auth-api/";

pub(crate) async fn authorization_server(request: Request) -> Result<Response, Response> {
    let base = request.own.as_ref().map_or_else(String::new, ToString::to_string);
    let mut body = json!({
        "authorization_endpoint": format!("{base}/auth/authorize"),
        "token_endpoint": format!("{base}/auth/token"),
        "revocation_endpoint": format!("{base}/auth/revoke"),
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        // Nothing is fetched from a client's address.
        "client_id_metadata_document_supported": false,
        "code_challenge_methods_supported": ["S256"],
        "response_types_supported": ["code"],
        "service_documentation": DOCUMENTATION,
    });
    if let (false, Value::Object(members)) = (base.is_empty(), &mut body) {
        members.insert("issuer".to_owned(), json!(base));
    }
    Ok(ok(&body))
}

pub(crate) async fn protected_resource(request: Request) -> Result<Response, Response> {
    let base = request.own.as_ref().map(ToString::to_string).ok_or_else(|| plain(StatusCode::NOT_FOUND))?;
    let body = json!({"resource": base, "authorization_servers": [base], "resource_documentation": DOCUMENTATION});
    Ok(ok(&body))
}
