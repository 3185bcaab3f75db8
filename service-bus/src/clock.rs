//! The clock and the randomness of the shell.

use std::time::{SystemTime, UNIX_EPOCH};

use auth_core::{ContextId, Timestamp};

/// Returns the present time by the system's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Returns a new context id: the time and 80 random bits. One system call.
pub fn new_context_id(now: Timestamp) -> ContextId {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        // Context ids tell actions apart and open nothing: without entropy the time's microseconds will do.
        bytes = i128::from(now.as_micros()).to_le_bytes();
    }
    ContextId::from_parts(u64::try_from(now.as_micros() / 1000).unwrap_or(0), u128::from_le_bytes(bytes))
}
