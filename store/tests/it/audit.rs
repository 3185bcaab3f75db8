//! Audit records: in their chains, in the transaction of what they are about, trimmed and checked.

use std::path::{Path, PathBuf};

use audit::{Actor, Chain, Outcome, Record as AuditRecord, Trail};
use auth_core::{Timestamp, User};
use store::{AuditKeep, AuditLog, AuditPage, Change, PageFrom, Record, SqliteStore, Store};

fn record(n: i64) -> Change {
    record_in(Trail::Acts, n)
}

fn record_in(trail: Trail, n: i64) -> Change {
    let at = Timestamp::from_secs(n);
    Change::Audit(trail, Box::new(AuditRecord::new(at, "test", Outcome::Done, Actor::Nobody).on(n.to_string())))
}

fn page(trail: Option<Trail>, from: PageFrom, limit: usize) -> AuditPage {
    AuditPage { trail, from, limit }
}

async fn shown(store: &SqliteStore, page: AuditPage) -> Vec<String> {
    let lines = store.audit_lines(page).await.unwrap();
    lines.iter().map(|line| format!("{}:{}", line.line.trail, line.line.record().unwrap().on.unwrap())).collect()
}

/// Follows a trail from its start to its end.
async fn verify(store: &SqliteStore, trail: Trail) -> Result<u64, String> {
    let span = store.audit_spans().await.unwrap().into_iter().find(|span| span.start.trail == trail).unwrap();
    let mut chain = Chain::at(span.start);
    let mut after = 0;
    loop {
        let lines = store.audit_lines(page(Some(trail), PageFrom::After(after), 3)).await.unwrap();
        let Some(last) = lines.last() else { break };
        after = last.id;
        for line in &lines {
            chain.follow(&line.line).map_err(|broken| broken.to_string())?;
        }
    }
    assert_eq!(chain.head(), span.end);
    Ok(span.end.number - span.start.number)
}

#[tokio::test]
async fn records_are_in_order_and_found_by_page() {
    let store = SqliteStore::in_memory().unwrap();
    for n in 0..5 {
        store.commit(vec![record(n), record_in(Trail::Access, n + 10)]).await.unwrap();
    }
    let newest = shown(&store, page(None, PageFrom::Before(None), 3)).await;
    assert_eq!(newest, ["access:14", "acts:4", "access:13"]);
    let acts = store.audit_lines(page(Some(Trail::Acts), PageFrom::Before(None), 2)).await.unwrap();
    let next = shown(&store, page(Some(Trail::Acts), PageFrom::Before(Some(acts[1].id)), 2)).await;
    assert_eq!(next, ["acts:2", "acts:1"]);
    assert_eq!(shown(&store, page(None, PageFrom::After(8), 9)).await, ["acts:4", "access:14"]);
    for trail in [Trail::Acts, Trail::Access] {
        assert_eq!(verify(&store, trail).await, Ok(5));
    }
    assert_eq!(verify(&store, Trail::Control).await, Ok(0));
}

/// Opens a file that is let go of by the writer thread of the store before, or soon will be.
fn open(path: &Path) -> SqliteStore {
    loop {
        if let Ok(store) = SqliteStore::open(path) {
            break store;
        }
        std::thread::yield_now();
    }
}

/// Runs SQL behind the store's back.
fn behind_its_back(path: &Path, sql: &str) {
    while rusqlite::Connection::open(path).unwrap().execute_batch(sql).is_err() {
        std::thread::yield_now();
    }
}

fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("doorward-{name}-{}.db", std::process::id()))
}

#[tokio::test]
async fn what_is_not_done_is_not_recorded() {
    let path = temporary("audit-refused");
    drop(open(&path));
    behind_its_back(&path, "CREATE TRIGGER full BEFORE INSERT ON areas BEGIN SELECT RAISE(ABORT, 'full'); END");
    let store = open(&path);
    let put = |record| Change::Put(Box::new(record));
    store.commit(vec![record(1)]).await.unwrap();
    let area = put(Record::Area(registries::AreaEntry { id: "a".to_owned(), ..registries::AreaEntry::default() }));
    let refused = store.commit(vec![put(Record::User(User::new("u", "U"))), record(2), area]).await;
    assert!(refused.unwrap_err().to_string().contains("full"));
    assert!(store.load().await.unwrap().users.is_empty());
    // The chain goes on from before.
    store.commit(vec![record(3)]).await.unwrap();
    assert_eq!(verify(&store, Trail::Acts).await, Ok(2));
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn old_lines_go_and_the_rest_can_be_checked() {
    let store = SqliteStore::in_memory().unwrap();
    for n in 0..10 {
        store.commit(vec![record(n)]).await.unwrap();
    }
    let keep = |lines, since| AuditKeep { trail: Trail::Acts, lines, since: Timestamp::from_secs(since) };
    assert_eq!(store.trim_audit(keep(100, 0)).await.unwrap(), 0);
    assert_eq!(store.trim_audit(keep(100, 3)).await.unwrap(), 3);
    assert_eq!(verify(&store, Trail::Acts).await, Ok(7));
    assert_eq!(store.trim_audit(keep(4, 3)).await.unwrap(), 3);
    assert_eq!(verify(&store, Trail::Acts).await, Ok(4));
    // The last always stays: the chain goes on from it.
    assert_eq!(store.trim_audit(keep(0, 1000)).await.unwrap(), 3);
    store.commit(vec![record(20)]).await.unwrap();
    assert_eq!(verify(&store, Trail::Acts).await, Ok(2));
    assert_eq!(shown(&store, page(None, PageFrom::After(0), 9)).await, ["acts:9", "acts:20"]);
}

#[tokio::test]
async fn chains_go_on_after_reopening_and_changes_in_the_file_show() {
    let path = temporary("audit");
    for n in 0..3 {
        open(&path).commit(vec![record(n)]).await.unwrap();
    }
    assert_eq!(verify(&open(&path), Trail::Acts).await, Ok(3));
    behind_its_back(&path, "UPDATE audit SET body = replace(body, '\"on\":\"1\"', '\"on\":\"7\"')");
    let found = verify(&open(&path), Trail::Acts).await.unwrap_err();
    assert_eq!(found, "acts: number 2 has been changed, or is not the one that was written there");
    std::fs::remove_file(&path).unwrap();
}
