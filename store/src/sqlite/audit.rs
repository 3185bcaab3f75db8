//! Audit records in SQLite: one table for all trails, and the places where trimmed trails begin.

use audit::{Chain, Head, Line, Record, Trail};
use rusqlite::{Connection, OptionalExtension, Row, params, types::Type};

use crate::{
    StoreError,
    audit_log::{AuditKeep, AuditLine, AuditPage, AuditSpan, PageFrom},
};

/// The version of the tables with which these came.
pub(super) const SINCE: i64 = 4;

pub(super) const TABLES: &str = "
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        trail INTEGER NOT NULL,
        number INTEGER NOT NULL,
        at INTEGER NOT NULL,
        body TEXT NOT NULL,
        hash BLOB NOT NULL,
        UNIQUE (trail, number)
    );
    CREATE INDEX audit_by_trail ON audit (trail, id);
    CREATE TABLE audit_starts (trail INTEGER PRIMARY KEY, number INTEGER NOT NULL, hash BLOB NOT NULL);";

/// Where the chains are: the writer is the only one who continues them.
#[derive(Clone, Debug)]
pub(super) struct Chains([Chain; Trail::ALL.len()]);

impl Chains {
    pub(super) fn read(connection: &Connection) -> Result<Self, rusqlite::Error> {
        let mut chains = Trail::ALL.map(Chain::new);
        for chain in &mut chains {
            *chain = Chain::at(span(connection, chain.head().trail)?.end);
        }
        Ok(Self(chains))
    }

    /// Writes a record at the end of its trail.
    pub(super) fn append(
        &mut self,
        transaction: &Connection,
        trail: Trail,
        record: &Record,
    ) -> Result<AuditLine, StoreError> {
        let unreadable = |error: serde_json::Error| StoreError::Unreadable {
            kind: "audit",
            id: record.action.clone(),
            reason: error.to_string(),
        };
        let mut line = None;
        for chain in self.0.iter_mut().filter(|chain| chain.head().trail == trail) {
            line = Some(chain.append(record.clone()).map_err(unreadable)?);
        }
        let Some(line) = line else { return Err(StoreError::Closed) };
        let sql = "INSERT INTO audit (trail, number, at, body, hash) VALUES (?1, ?2, ?3, ?4, ?5)";
        transaction.prepare_cached(sql)?.execute(params![
            trail.code(),
            signed(line.number),
            record.at.as_micros(),
            line.body,
            line.hash
        ])?;
        Ok(AuditLine { id: unsigned(transaction.last_insert_rowid()), line })
    }
}

pub(super) fn lines(connection: &Connection, page: AuditPage) -> Result<Vec<AuditLine>, StoreError> {
    let (bound, order, edge) = match page.from {
        PageFrom::Before(id) => ("<", "DESC", id.map_or(i64::MAX, signed)),
        PageFrom::After(id) => (">", "ASC", signed(id)),
    };
    let of_trail = page.trail.map_or(String::new(), |trail| format!("trail = {} AND", trail.code()));
    let sql = format!(
        "SELECT id, trail, number, body, hash FROM audit WHERE {of_trail} id {bound} ?1 ORDER BY id {order} LIMIT ?2"
    );
    let limit = i64::try_from(page.limit.min(AuditPage::MAX)).unwrap_or_default();
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![edge, limit], line_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn spans(connection: &Connection) -> Result<Vec<AuditSpan>, StoreError> {
    Ok(Trail::ALL.into_iter().map(|trail| span(connection, trail)).collect::<Result<_, _>>()?)
}

pub(super) fn trim(connection: &mut Connection, keep: AuditKeep) -> Result<u64, StoreError> {
    let AuditSpan { start, end } = span(connection, keep.trail)?;
    // The first line that is kept: for its age, or because there may be so many. The last line always is, so that the
    // chain goes on from it.
    let sql = "SELECT number FROM audit WHERE trail = ?1 AND at >= ?2 ORDER BY number LIMIT 1";
    let young = connection
        .prepare_cached(sql)?
        .query_row(params![keep.trail.code(), keep.since.as_micros()], |row| row.get::<_, i64>(0))
        .optional()?;
    let by_age = young.map_or(end.number, unsigned);
    let by_count = end.number.saturating_sub(keep.lines.max(1)) + 1;
    let first = by_age.max(by_count).min(end.number).min(start.number + 1 + MAX_TRIMMED);
    if first <= start.number + 1 {
        return Ok(0);
    }
    let transaction = connection.transaction()?;
    let hash: [u8; 32] = transaction
        .prepare_cached("SELECT hash FROM audit WHERE trail = ?1 AND number = ?2")?
        .query_row(params![keep.trail.code(), signed(first - 1)], |row| row.get(0))?;
    let sql = "INSERT INTO audit_starts VALUES (?1, ?2, ?3) \
               ON CONFLICT (trail) DO UPDATE SET number = excluded.number, hash = excluded.hash";
    transaction.prepare_cached(sql)?.execute(params![keep.trail.code(), signed(first - 1), hash])?;
    let sql = "DELETE FROM audit WHERE trail = ?1 AND number < ?2";
    let n = transaction.prepare_cached(sql)?.execute(params![keep.trail.code(), signed(first)])?;
    transaction.commit()?;
    Ok(u64::try_from(n).unwrap_or_default())
}

/// The most lines that go at once: others wait for the writer meanwhile.
const MAX_TRIMMED: u64 = 5_000;

fn span(connection: &Connection, trail: Trail) -> Result<AuditSpan, rusqlite::Error> {
    let head = |sql: &str| {
        let read = |row: &Row<'_>| Ok(Head { trail, number: unsigned(row.get(0)?), hash: row.get(1)? });
        connection.prepare_cached(sql)?.query_row([trail.code()], read).optional()
    };
    let start = head("SELECT number, hash FROM audit_starts WHERE trail = ?1")?;
    let start = start.unwrap_or_else(|| Chain::new(trail).head());
    let end = head("SELECT number, hash FROM audit WHERE trail = ?1 ORDER BY number DESC LIMIT 1")?;
    Ok(AuditSpan { start, end: end.unwrap_or(start) })
}

fn line_of(row: &Row<'_>) -> Result<AuditLine, rusqlite::Error> {
    let code: i64 = row.get(1)?;
    let trail = Trail::of_code(code).ok_or(rusqlite::Error::IntegralValueOutOfRange(1, code))?;
    let hash = match row.get_ref(4)?.as_blob() {
        Ok(hash) => hash.try_into().unwrap_or_default(),
        Err(error) => return Err(rusqlite::Error::FromSqlConversionFailure(4, Type::Blob, Box::new(error))),
    };
    let line = Line { trail, number: unsigned(row.get(2)?), body: row.get(3)?, hash };
    Ok(AuditLine { id: unsigned(row.get(0)?), line })
}

/// SQLite counts with a sign; nothing here ever needs the last bit.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
