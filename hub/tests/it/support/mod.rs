//! A hub of one's own, and clients for it.

pub(crate) mod authenticator;
pub(crate) mod browser;
pub(crate) mod cloud;
pub(crate) mod http;
#[cfg(feature = "oidc")]
pub(crate) mod identity;
pub(crate) mod secrets;
pub(crate) mod server;
mod ws;

pub(crate) use http::{Answer, Request};
pub(crate) use server::{Server, Temporary};
pub(crate) use ws::Ws;

use std::path::PathBuf;

/// Returns a file or directory of the repository's test data.
pub(crate) fn testdata(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata")).join(name)
}
