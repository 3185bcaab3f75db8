//! What a store does with audit records: it puts them in their chains, reads them in pages, and trims what is old.

use async_trait::async_trait;
use audit::{Head, Line, Trail};
use auth_core::Timestamp;

use crate::StoreError;

/// A line of a chain as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Its number among all lines of all trails: later ones have higher ones.
    pub id: u64,
    /// The line.
    pub line: Line,
}

/// Which lines to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditPage {
    /// Only of this trail.
    pub trail: Option<Trail>,
    /// From where.
    pub from: PageFrom,
    /// At most so many; never more than [`AuditPage::MAX`].
    pub limit: usize,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageFrom {
    /// The newest lines below this id (all for `None`), newest first.
    Before(Option<u64>),
    /// The oldest lines above this id, oldest first.
    After(u64),
}

/// What is there of a trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditSpan {
    /// Where the lines begin: the head before the first that is kept.
    pub start: Head,
    /// The last line.
    pub end: Head,
}

/// What of a trail is kept when it is trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditKeep {
    /// The trail.
    pub trail: Trail,
    /// At most so many lines, the newest.
    pub lines: u64,
    /// The oldest lines go while they are from before this moment.
    pub since: Timestamp,
}

impl AuditPage {
    /// The most lines of one page: reading it keeps the writer from its work for a few milliseconds.
    pub const MAX: usize = 1000;
}

/// Keeps audit records; they come in by [`Change::Audit`](crate::Change::Audit), in the transaction of what they are about.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Returns a page of lines.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn audit_lines(&self, page: AuditPage) -> Result<Vec<AuditLine>, StoreError>;

    /// Returns what is there of each trail, in the order of [`Trail::ALL`].
    ///
    /// # Errors
    /// [`StoreError`].
    async fn audit_spans(&self) -> Result<Vec<AuditSpan>, StoreError>;

    /// Removes old lines of a trail, and keeps the place from which the rest can be checked. The last line stays. Returns
    /// how many went: not all of them at once if they are many, so ask again until none does.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has gone then.
    async fn trim_audit(&self, keep: AuditKeep) -> Result<u64, StoreError>;
}
