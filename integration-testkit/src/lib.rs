#![doc = include_str!("../README.md")]
#![expect(clippy::panic, clippy::expect_used, reason = "a test kit: what is not as expected ends the test")]

mod home;
mod kit;

pub use kit::Kit;
