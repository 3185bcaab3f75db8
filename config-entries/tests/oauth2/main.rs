//! OAuth2 in a whole home: sessions, flows and credentials, with a scripted token endpoint and a clock that is moved.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

mod callback;
mod cloud;
mod credentials;
mod flow;
mod session;
mod storm;
