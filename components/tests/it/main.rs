//! The catalogue on a real bus: what is registered, what it takes, who may call it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod catalogue;
mod home;
mod homeassistant;
