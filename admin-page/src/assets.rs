//! The one script and the one style sheet, under addresses that change with what is in them.

use std::sync::LazyLock;

use axum::{
    body::Body,
    http::{StatusCode, header},
    response::Response,
};
use sha2::{Digest, Sha256};

use crate::{asked::Asked, problem::Problem, reply::put};

const STYLE: &str = include_str!("../assets/doorward.css");
const SCRIPT: &str = include_str!("../assets/doorward.js");

/// Where the files are: of this very content.
static HASH: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::new().chain_update(STYLE).chain_update([0]).chain_update(SCRIPT).finalize();
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
});

/// Returns where the files are.
pub(crate) fn folder() -> String {
    format!("/doorward/static/{}", *HASH)
}

pub(crate) async fn file(asked: Asked) -> Result<Response, Problem> {
    let (kind, text) = match asked.param("file") {
        "doorward.css" => ("text/css; charset=utf-8", STYLE),
        "doorward.js" => ("text/javascript; charset=utf-8", SCRIPT),
        _ => return Err(Problem::NotFound("There is no such file.".to_owned())),
    };
    // Of another version: what is here now would be kept for ever under an address that is not its own.
    if asked.param("hash") != *HASH {
        return Err(Problem::NotFound("There is no such file any more: load the page again.".to_owned()));
    }
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::OK;
    put(response.headers_mut(), header::CONTENT_TYPE, kind);
    put(response.headers_mut(), header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    Ok(response)
}
