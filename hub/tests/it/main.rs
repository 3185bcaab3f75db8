//! The hub as strangers meet it: the real binary, real sockets, real files.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod support;

mod import;
mod matrix;
mod rows;
mod sweep;
