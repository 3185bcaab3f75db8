//! The bus as callers meet it: who may do what, what is shown, what follows a change.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod calls;
mod feeds;
mod home;
mod shown;
mod states;
