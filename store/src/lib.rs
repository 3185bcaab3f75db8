//! Where a home is kept: on disk before anybody hears "done".
//!
//! A [`Store`] keeps records by kind and id. Changes are committed in batches, each one transaction: all of it is on
//! disk when [`Store::commit`] returns, or none of it ever happened. [`SqliteStore`] is the store of a hub; reading a
//! Home Assistant's configuration directory is [`ha_storage`].

mod record;
pub use record::{CoreConfig, GroupRecord, IgnoredIssue, LoginRecord, Person, Record, RecordKind, Stored};

mod sqlite;
pub use sqlite::SqliteStore;

pub mod ha_storage;

use async_trait::async_trait;

/// One change of what is kept.
#[derive(Clone, Debug)]
pub enum Change {
    /// Add a record, or replace the one of its kind and id.
    Put(Box<Record>),
    /// Remove a record; nothing if there is none.
    Delete(RecordKind, String),
}

/// Keeps records.
#[async_trait]
pub trait Store: Send + Sync {
    /// Returns everything that is kept, each kind in the order of first writing.
    ///
    /// # Errors
    /// [`StoreError`]; above all for a record that cannot be read.
    async fn load(&self) -> Result<Stored, StoreError>;

    /// Makes all `changes`, in their order, or none.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has changed then.
    ///
    /// # Cancel safety
    /// Dropping the future midway may leave the changes made or not, never in part.
    async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError>;
}

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused: disk full, read-only, damaged, locked by another hub.
    #[error("database: {0}")]
    Database(#[from] rusqlite::Error),
    /// A stored record cannot be read.
    #[error("{kind} `{id}` in the database cannot be read: {reason}")]
    Unreadable {
        /// The kind of record.
        kind: &'static str,
        /// Its id.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The database was written by a newer version.
    #[error("the database has version {found}, newer than {known}: use a newer doorward")]
    TooNew {
        /// Its version.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// The writer has ended.
    #[error("the store is closed")]
    Closed,
}
