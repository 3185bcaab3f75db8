//! Decisions: compiled against reference, explanations, witnesses, and what must not compile.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic, and says how much it tried"
)]

mod rng;
mod small_world;

mod churn;
mod differential;
mod exhaustive;
mod laws;

mod authorize;
mod compile_fail;
mod membership;
mod narrowed;
mod questions;
