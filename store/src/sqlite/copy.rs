//! Whole copies of a database: made while it is in use, and checked before one is trusted.

use std::path::Path;

use audit::{Chain, Trail};
use rusqlite::{Connection, OpenFlags};

use super::{audit as audit_log, load, make_private, version_of};
use crate::{AuditPage, PageFrom, StoreError};

/// What a copy holds, after everything in it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyReport {
    /// The version of its tables; an older one is brought up to date when it is opened.
    pub version: i64,
    /// Users.
    pub users: usize,
    /// Config entries.
    pub entries: usize,
    /// Entities.
    pub entities: usize,
    /// Audit records whose chains were followed.
    pub audit_records: u64,
}

/// Writes a copy as of this moment. The file must not be there; it is readable by its owner alone.
pub(super) fn write(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    make_private(path);
    connection.execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
    // SQLite syncs what it commits, and this is no commit.
    let synced = std::fs::File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|error| StoreError::Backup { path: path.display().to_string(), error })
}

/// Reads everything in a copy: its pages, its records, its audit trail. Nothing in it is changed.
///
/// # Errors
/// [`StoreError`], for the first thing that is wrong.
pub fn check_copy(path: &Path) -> Result<CopyReport, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    let version = version_of(&connection)?;
    if version == 0 {
        return Err(StoreError::NoHome);
    }
    let state: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if state != "ok" {
        return Err(StoreError::Damaged(state));
    }
    let stored = load(&connection, version)?;
    let audit_records = if version < audit_log::SINCE { 0 } else { follow_trails(&connection)? };
    Ok(CopyReport {
        version,
        users: stored.users.len(),
        entries: stored.entries.len(),
        entities: stored.entities.len(),
        audit_records,
    })
}

fn follow_trails(connection: &Connection) -> Result<u64, StoreError> {
    let mut n = 0;
    for span in audit_log::spans(connection)? {
        let trail: Trail = span.start.trail;
        let mut chain = Chain::at(span.start);
        let mut after = 0;
        loop {
            let page = AuditPage { trail: Some(trail), from: PageFrom::After(after), limit: AuditPage::MAX };
            let lines = audit_log::lines(connection, page)?;
            let Some(last) = lines.last() else { break };
            after = last.id;
            for line in &lines {
                chain.follow(&line.line).map_err(|broken| StoreError::Damaged(broken.to_string()))?;
            }
        }
        n += chain.head().number - span.start.number;
    }
    Ok(n)
}
