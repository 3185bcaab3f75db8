#![doc = include_str!("../README.md")]
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test kit: what is not as expected ends the test"
)]

mod home;
mod kit;
mod tokens;

pub use kit::Kit;
pub use tokens::ScriptedTokens;
