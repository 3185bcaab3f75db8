//! The integration in a whole home in memory, with a scripted token endpoint and a clock that is moved.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod flows;
mod polling;
mod reauth;
mod support;
