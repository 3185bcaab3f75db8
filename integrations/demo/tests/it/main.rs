//! The demo home on a real bus: what is in it, what its services do, who may do what.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod anything;
mod furnished;
mod home;
mod living;
mod rights;
mod works;
