//! Files of the frontend, as they are: compressed where the package has them so, with ETag, ranges and how long they last.

use axum::{
    body::Body,
    http::{HeaderValue, Method, Request as HttpRequest, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use frontend::brand_image;
use tower_http::services::ServeDir;

use crate::{
    Web,
    reply::{bytes_reply, internal, plain},
    request::Request,
};

/// How long a browser may keep a file whose name changes with its contents, in seconds: a month.
const LASTING: HeaderValue = HeaderValue::from_static("public, max-age=2678400");

/// Serves a file that is never changed under its name.
pub(crate) async fn lasting(request: Request) -> Result<Response, Response> {
    let mut response = serve(&request).await?;
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(header::CACHE_CONTROL, LASTING);
    }
    Ok(response)
}

/// Serves a file that browsers ask for anew.
pub(crate) async fn fresh(request: Request) -> Result<Response, Response> {
    let mut response = serve(&request).await?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// Serves the picture of an integration, whichever form of it is asked for: it is drawn, so every size is one.
pub(crate) async fn brand(request: Request) -> Result<Response, Response> {
    let svg = brand_image(request.param("domain")).ok_or_else(|| plain(StatusCode::NOT_FOUND))?;
    let mut response = bytes_reply(StatusCode::OK, "image/svg+xml", Bytes::from(svg));
    response.headers_mut().insert(header::CACHE_CONTROL, LASTING);
    Ok(response)
}

/// The conditions and wishes of a request that the answer depends on.
const WISHES: [header::HeaderName; 7] = [
    header::ACCEPT_ENCODING,
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_RANGE,
    header::IF_UNMODIFIED_SINCE,
    header::RANGE,
];

async fn serve(request: &Request) -> Result<Response, Response> {
    let Web::Served(frontend) = &request.app.web else { return Err(plain(StatusCode::NOT_FOUND)) };
    let mut wanted = HttpRequest::builder().method(Method::GET).uri(&request.path);
    for name in WISHES {
        for value in request.headers.get_all(&name) {
            wanted = wanted.header(&name, value);
        }
    }
    let wanted = wanted.body(Body::empty()).map_err(|error| internal(&error))?;
    let mut files =
        ServeDir::new(frontend.root()).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    let served = files.try_call(wanted).await;
    let mut response = served.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => plain(StatusCode::NOT_FOUND),
        // A name that no file can have, and a folder.
        _ => {
            tracing::debug!(path = request.path, %error, "a file of the frontend is not served");
            plain(StatusCode::NOT_FOUND)
        }
    })?;
    if response.status() == StatusCode::NOT_FOUND {
        return Err(plain(StatusCode::NOT_FOUND));
    }
    // The worker runs under its own file's policy: it fetches from where it came from, and no more.
    let policy = HeaderValue::from_static(
        "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; style-src 'unsafe-inline'",
    );
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response.map(Body::new))
}
