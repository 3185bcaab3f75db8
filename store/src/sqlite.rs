//! SQLite: one writer thread, a transaction for each batch, on disk before the answer.

mod audit;
mod copy;

use std::{
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use async_trait::async_trait;
use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot};

use self::audit::Chains;
use crate::{
    AuditKeep, AuditLine, AuditLog, AuditPage, AuditSpan, Change, Record, RecordKind, Store, StoreError, Stored,
};
pub use copy::{CopyReport, check_copy};

/// A store in one SQLite file (and its `-wal` and `-shm` beside it while it is open).
///
/// Opened with an exclusive lock: a second hub on the same file is refused. Every commit is synced to disk
/// (`journal_mode=WAL`, `synchronous=FULL`).
#[derive(Debug)]
pub struct SqliteStore {
    jobs: mpsc::Sender<Job>,
}

enum Job {
    Load(Answer<Stored>),
    Commit(Vec<Change>, Answer<Vec<AuditLine>>),
    Lines(AuditPage, Answer<Vec<AuditLine>>),
    Spans(Answer<Vec<AuditSpan>>),
    Trim(AuditKeep, Answer<u64>),
    Copy(PathBuf, Answer<()>),
}

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// The newest version of the tables that is known here. The third has the tables of the second; its users can have
/// conditions and its tokens policies, which an older hub would pass over, and so allow more. The fourth has the audit
/// trail, the fifth what must be shown for what, limits of tokens, bans, and links to accounts at identity
/// providers, the sixth what frontends keep for users and for everybody.
const VERSION: i64 = 6;

/// How many batches may wait for the writer; more wait to be let in.
const QUEUE: usize = 64;

impl SqliteStore {
    /// Opens the file, and makes it if there is none. The file is readable by its owner alone. One that an older version
    /// wrote is brought up to date; a copy of it as it was stays beside it, named `<file>.v<version>`.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::TooNew`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        make_private(path);
        let connection = Connection::open(path)?;
        lock(&connection)?;
        back_up_if_older(&connection, path)?;
        Self::start(connection)
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
        let mut chains = Chains::read(&connection)?;
        let (jobs, mut waiting) = mpsc::channel(QUEUE);
        thread::spawn(move || {
            while let Some(job) = waiting.blocking_recv() {
                // Nobody waiting any more is fine: what was asked for is done all the same.
                match job {
                    Job::Load(answer) => _ = answer.send(load(&connection, VERSION)),
                    Job::Commit(changes, answer) => {
                        _ = answer.send(commit(&mut connection, &mut chains, &changes));
                    }
                    Job::Lines(page, answer) => _ = answer.send(audit::lines(&connection, page)),
                    Job::Spans(answer) => _ = answer.send(audit::spans(&connection)),
                    Job::Copy(path, answer) => _ = answer.send(copy::write(&connection, &path)),
                    Job::Trim(keep, answer) => _ = answer.send(audit::trim(&mut connection, keep)),
                }
            }
        });
        Ok(Self { jobs })
    }

    async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(job(answer)).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn load(&self) -> Result<Stored, StoreError> {
        self.ask(Job::Load).await
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<Vec<AuditLine>, StoreError> {
        self.ask(|answer| Job::Commit(changes, answer)).await
    }

    async fn copy_to(&self, path: PathBuf) -> Result<(), StoreError> {
        self.ask(|answer| Job::Copy(path, answer)).await
    }
}

#[async_trait]
impl AuditLog for SqliteStore {
    async fn audit_lines(&self, page: AuditPage) -> Result<Vec<AuditLine>, StoreError> {
        self.ask(|answer| Job::Lines(page, answer)).await
    }

    async fn audit_spans(&self) -> Result<Vec<AuditSpan>, StoreError> {
        self.ask(Job::Spans).await
    }

    async fn trim_audit(&self, keep: AuditKeep) -> Result<u64, StoreError> {
        self.ask(|answer| Job::Trim(keep, answer)).await
    }
}

/// Keeps everybody else away from the file.
fn lock(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(Duration::from_millis(250))?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    Ok(())
}

fn version_of(connection: &Connection) -> Result<i64, StoreError> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > VERSION { Err(StoreError::TooNew { found, known: VERSION }) } else { Ok(found) }
}

/// Copies a database of an older version, before anything in it is changed. Whole or not at all: under another name first.
fn back_up_if_older(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let found = version_of(connection)?;
    if found == 0 || found == VERSION {
        return Ok(());
    }
    let beside = |suffix: String| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let (partial, whole) = (beside(format!(".v{found}.partial")), beside(format!(".v{found}")));
    _ = std::fs::remove_file(&partial);
    copy::write(connection, &partial)?;
    std::fs::rename(&partial, &whole).map_err(|error| StoreError::Backup { path: whole.display().to_string(), error })
}

fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    lock(connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version_of(&change)?;
    if found < VERSION {
        for kind in RecordKind::ALL.iter().copied().filter(|kind| kind.since() > found) {
            // The rowid keeps the order of first writing.
            let table = kind.table();
            change.execute(&format!("CREATE TABLE {table} (id TEXT NOT NULL UNIQUE, body TEXT NOT NULL)"), [])?;
        }
        if found < audit::SINCE {
            change.execute_batch(audit::TABLES)?;
        }
        change.pragma_update(None, "user_version", VERSION)?;
    }
    change.commit()?;
    Ok(())
}

/// Reads everything of a database whose tables are those of `version`.
fn load(connection: &Connection, version: i64) -> Result<Stored, StoreError> {
    let mut stored = Stored::default();
    for kind in RecordKind::ALL.iter().copied().filter(|kind| kind.since() <= version) {
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

fn commit(connection: &mut Connection, chains: &mut Chains, changes: &[Change]) -> Result<Vec<AuditLine>, StoreError> {
    let mut continued = chains.clone();
    let mut lines = Vec::new();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for change in changes {
        match change {
            Change::Put(record) => put(&transaction, record)?,
            Change::Delete(kind, id) => {
                let table = kind.table();
                transaction.prepare_cached(&format!("DELETE FROM {table} WHERE id = ?1"))?.execute([id])?;
            }
            Change::Audit(trail, record) => lines.push(continued.append(&transaction, *trail, record)?),
        }
    }
    transaction.commit()?;
    *chains = continued;
    Ok(lines)
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
