//! The manager at work, in the test kit's home.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod compile_fail;
mod doors;
mod flows;
mod lifecycle;
mod random;
mod reauth;
mod scripted;
