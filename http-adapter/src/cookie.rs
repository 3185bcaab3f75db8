//! Cookies, as this server has browsers keep them.

use auth_login::client::{Origin, Scheme};
use axum::{
    http::{HeaderValue, header},
    response::Response,
};

/// Returns what a cookie is called. Over TLS the name is one that no other host, no path and no plain connection can set
/// (`__Host-`, RFC 6265bis).
pub fn cookie_name(own: &Origin, name: &str) -> String {
    let prefix = if own.scheme == Scheme::Https { "__Host-" } else { "" };
    format!("{prefix}{name}")
}

/// Has the browser keep a cookie for every path of this server, over TLS for TLS alone. The name is that of
/// [`cookie_name`]; the attributes say the rest: who sees it, for how long.
///
/// A value that no header can hold is not set.
pub fn set_cookie(response: &mut Response, own: &Origin, (name, value): (&str, &str), attributes: &str) {
    let secure = if own.scheme == Scheme::Https { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; {attributes}{secure}");
    if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
        cookie.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
