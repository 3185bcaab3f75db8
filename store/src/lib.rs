//! Where a home is kept: on disk before anybody hears "done".
//!
//! A [`Store`] keeps records by kind and id. Changes are committed in batches, each one transaction: all of it is on
//! disk when [`Store::commit`] returns, or none of it ever happened. [`SqliteStore`] is the store of a hub; reading a
//! Home Assistant's configuration directory is [`ha_storage`].

mod record;
pub use record::{
    AuditSettings, BanRecord, BanScope, CoreConfig, GroupRecord, IgnoredIssue, LoginRecord, PasskeyRecord, Person,
    Record, RecordKind, SecuritySettings, Stored, SystemData, UserData,
};

mod audit_log;
pub use audit_log::{AuditKeep, AuditLine, AuditLog, AuditPage, AuditSpan, PageFrom};

mod sqlite;
pub use sqlite::{CopyReport, SqliteStore, check_copy};

pub mod ha_storage;

use async_trait::async_trait;

/// One change of what is kept.
#[derive(Clone, Debug)]
pub enum Change {
    /// Add a record, or replace the one of its kind and id.
    Put(Box<Record>),
    /// Remove a record; nothing if there is none.
    Delete(RecordKind, String),
    /// Put an audit record at the end of its trail.
    Audit(audit::Trail, Box<audit::Record>),
}

/// Keeps records.
#[async_trait]
pub trait Store: AuditLog {
    /// Returns everything that is kept, each kind in the order of first writing.
    ///
    /// # Errors
    /// [`StoreError`]; above all for a record that cannot be read.
    async fn load(&self) -> Result<Stored, StoreError>;

    /// Makes all `changes`, in their order, or none. Returns the audit records among them, each in its place.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has changed then.
    ///
    /// # Cancel safety
    /// Dropping the future midway may leave the changes made or not, never in part.
    async fn commit(&self, changes: Vec<Change>) -> Result<Vec<AuditLine>, StoreError>;

    /// Writes a copy of everything as of this moment to a file that is not there yet; changes wait meanwhile. The file is
    /// readable by its owner alone, and every secret is in it.
    ///
    /// # Errors
    /// [`StoreError`]; what was written so far may be left.
    async fn copy_to(&self, path: std::path::PathBuf) -> Result<(), StoreError>;
}

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused: disk full, read-only, locked by another hub.
    #[error("database: {0}")]
    Database(#[source] rusqlite::Error),
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
    /// A file is a database, and no home is in it.
    #[error("there is no home in it")]
    NoHome,
    /// A database is not as it was written.
    #[error("damaged: {0}")]
    Damaged(String),
    /// A copy of the database could not be put in its place.
    #[error("copying the database to {path}: {error}")]
    Backup {
        /// Where it should be.
        path: String,
        /// Why it is not.
        error: std::io::Error,
    },
    /// The writer has ended.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Returns what its reader may do about it, if that is known.
    pub fn hint(&self) -> Option<&'static str> {
        use rusqlite::ErrorCode;
        match self {
            Self::Database(error) => match error.sqlite_error_code()? {
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Some("is a hub running on this directory?"),
                ErrorCode::ReadOnly => Some("the disk, or the file, cannot be written to"),
                ErrorCode::DiskFull => Some("the disk is full"),
                _ => None,
            },
            Self::Damaged(_) | Self::Unreadable { .. } => Some("`doorward restore` puts a copy in its place"),
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            _ => Self::Database(error),
        }
    }
}
