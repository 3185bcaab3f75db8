//! Operations from inside: whatever is asked by whomever, in whatever order.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod sequences;
