//! How much a template may use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::error::{Bound, TemplateError};

/// How much one render may use. What happens at a bound: the render ends with
/// [`TemplateError::Bound`](crate::TemplateError::Bound).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Instructions of the template engine.
    pub fuel: u64,
    /// Bytes of data made or looked at; a list item counts as 32, an object or registry scan as more.
    /// It is never given back, so it bounds memory and time at once.
    pub work: u64,
    /// Bytes of output.
    pub output: usize,
    /// Depth of macros and recursive loops, in the engine's own units (a macro is 4).
    pub recursion: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { fuel: 1_000_000, work: 32 << 20, output: 256 << 10, recursion: 160 }
    }
}

/// Counts what a render has used.
#[derive(Debug)]
pub(crate) struct Meter {
    left: AtomicU64,
    stop: Option<Arc<AtomicBool>>,
}

impl Meter {
    pub(crate) fn new(work: u64, stop: Option<Arc<AtomicBool>>) -> Self {
        Self { left: AtomicU64::new(work), stop }
    }

    /// Takes `amount` from what is left. Call it before the work is done.
    ///
    /// # Errors
    ///
    /// Nothing is left, or the caller asked to stop.
    pub(crate) fn charge(&self, amount: usize) -> Result<(), TemplateError> {
        if self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Err(TemplateError::Bound(Bound::Interrupted));
        }
        let amount = u64::try_from(amount).unwrap_or(u64::MAX);
        let left = self.left.load(Ordering::Relaxed);
        // A render is single-threaded; the atomic is there only because the engine wants `Sync` values.
        match left.checked_sub(amount) {
            Some(rest) => {
                self.left.store(rest, Ordering::Relaxed);
                Ok(())
            }
            None => {
                self.left.store(0, Ordering::Relaxed);
                Err(TemplateError::Bound(Bound::Work))
            }
        }
    }
}

/// What one item of a list costs.
pub(crate) const ITEM: usize = 32;
/// What any call of ours costs.
pub(crate) const CALL: usize = 32;
/// What a question to the home's registries costs: they may have to look through all of an index.
pub(crate) const SCAN: usize = 1024;
/// How deep lists may nest; more than any home has, less than a stack can take.
pub(crate) const DEPTH: usize = 64;
/// How long `range` may be, as in Jinja's sandbox.
pub(crate) const RANGE: usize = 100_000;
