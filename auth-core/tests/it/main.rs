//! Decisions: compiled against reference, explanations, witnesses, and what must not compile.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod agreement;
mod authorize;
mod compile_fail;
