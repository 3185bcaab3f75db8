//! SQLite: one writer thread, a transaction for each batch, on disk before the answer.

use std::{path::Path, thread, time::Duration};

use async_trait::async_trait;
use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot};

use crate::{Change, Record, RecordKind, Store, StoreError, Stored};

/// A store in one SQLite file (and its `-wal` and `-shm` beside it while it is open).
///
/// Opened with an exclusive lock: a second hub on the same file is refused. Every commit is synced to disk
/// (`journal_mode=WAL`, `synchronous=FULL`).
#[derive(Debug)]
pub struct SqliteStore {
    jobs: mpsc::Sender<Job>,
}

enum Job {
    Load(oneshot::Sender<Result<Stored, StoreError>>),
    Commit(Vec<Change>, oneshot::Sender<Result<(), StoreError>>),
}

/// The newest version of the tables that is known here. The third has the tables of the second; its users can have
/// conditions and its tokens policies, which an older hub would pass over, and so allow more.
const VERSION: i64 = 3;

/// How many batches may wait for the writer; more wait to be let in.
const QUEUE: usize = 64;

impl SqliteStore {
    /// Opens the file, and makes it if there is none. The file is readable by its owner alone.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::TooNew`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        make_private(path);
        Self::start(Connection::open(path)?)
    }

    /// Opens a store that is gone when it is dropped.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::start(Connection::open_in_memory()?)
    }

    fn start(mut connection: Connection) -> Result<Self, StoreError> {
        prepare(&mut connection)?;
        let (jobs, mut waiting) = mpsc::channel(QUEUE);
        thread::spawn(move || {
            while let Some(job) = waiting.blocking_recv() {
                // Nobody waiting any more is fine: what was asked for is done all the same.
                match job {
                    Job::Load(answer) => _ = answer.send(load(&connection)),
                    Job::Commit(changes, answer) => _ = answer.send(commit(&mut connection, &changes)),
                }
            }
        });
        Ok(Self { jobs })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn load(&self) -> Result<Stored, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job::Load(answer)).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job::Commit(changes, answer)).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    connection.busy_timeout(Duration::from_millis(250))?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = change.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > VERSION {
        return Err(StoreError::TooNew { found, known: VERSION });
    }
    if found < VERSION {
        for kind in RecordKind::ALL.into_iter().filter(|kind| kind.since() > found) {
            // The rowid keeps the order of first writing.
            let table = kind.table();
            change.execute(&format!("CREATE TABLE {table} (id TEXT NOT NULL UNIQUE, body TEXT NOT NULL)"), [])?;
        }
        change.pragma_update(None, "user_version", VERSION)?;
    }
    change.commit()?;
    Ok(())
}

fn load(connection: &Connection) -> Result<Stored, StoreError> {
    let mut stored = Stored::default();
    for kind in RecordKind::ALL {
        let table = kind.table();
        let mut query = connection.prepare(&format!("SELECT id, body FROM {table} ORDER BY rowid"))?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let (id, body): (String, String) = (row.get(0)?, row.get(1)?);
            stored.add(kind, &body).map_err(|error| StoreError::Unreadable {
                kind: table,
                id,
                reason: error.to_string(),
            })?;
        }
    }
    Ok(stored)
}

fn commit(connection: &mut Connection, changes: &[Change]) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for change in changes {
        match change {
            Change::Put(record) => put(&transaction, record)?,
            Change::Delete(kind, id) => {
                let table = kind.table();
                transaction.prepare_cached(&format!("DELETE FROM {table} WHERE id = ?1"))?.execute([id])?;
            }
        }
    }
    transaction.commit()?;
    Ok(())
}

fn put(transaction: &Connection, record: &Record) -> Result<(), StoreError> {
    let (table, id) = (record.kind().table(), record.id());
    let unreadable =
        |error: serde_json::Error| StoreError::Unreadable { kind: table, id: id.to_owned(), reason: error.to_string() };
    let body = record.body().map_err(unreadable)?;
    let text =
        format!("INSERT INTO {table} (id, body) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET body = excluded.body");
    transaction.prepare_cached(&text)?.execute(params![id, body])?;
    Ok(())
}

/// Makes an empty file that only its owner can read, if there is none; SQLite gives its other files the same mode.
fn make_private(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    // Whatever is wrong here, SQLite says it better.
    _ = options.open(path);
}
