//! Home Assistant's REST API and auth endpoints.
//!
//! Every route is a row of [`routes`]: method, path, access, handler. The access has no default and is enforced before a
//! body is read; the handlers then do what they do through authorized requests, so a route that declared too little
//! would still be refused further down. [`router`] builds the service, [`serve`] runs it on a socket.

#![expect(clippy::result_large_err, reason = "an error is an answer here, as large as any other and sent as it is")]

mod app;
mod cookie;
mod reply;
mod request;
pub use app::{App, Trust, Web};
pub use cookie::{cookie_name, set_cookie};
pub use reply::security_headers;

mod origins;
mod proxy;
pub use origins::AllowedOrigins;
pub use proxy::{Caller, NotBelieved, Peer, TrustedProxies};

mod gate;
mod route;
pub use gate::{Extra, read_body, router};
pub use route::{Access, Route, routes};

mod openapi;
pub use openapi::openapi;

mod api;
mod auth;
mod form;
mod web;

mod tls;
pub use tls::{Tls, TlsError, TlsFiles};

mod serve;
pub use serve::{ServeOptions, serve};
