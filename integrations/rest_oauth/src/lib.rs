//! Sensors from a JSON endpoint behind OAuth2.
//!
//! An entry names an authorization server, a token endpoint and a JSON endpoint; its options say which members of the
//! JSON are sensors and how often to look. It is also the example of how an integration signs in: `flow` hands the
//! steps of signing in to `OAuth2Flow`, `poll` asks a `TokenSession` before each request.

mod account;
mod flow;
mod integration;
mod options;
mod poll;
mod sensors;
mod source;
mod web;

pub use integration::RestOauth;
pub use web::{Outbound, OutboundWeb, Web};
