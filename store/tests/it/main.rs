//! Keeping and importing.

use auth_core::{Group, Policy, User};
use registries::AreaEntry;
use store::{Change, GroupRecord, Record, RecordKind, SqliteStore, Store, StoreError};

fn put(record: Record) -> Change {
    Change::Put(Box::new(record))
}

fn area(id: &str) -> Record {
    Record::Area(AreaEntry { id: id.to_owned(), ..AreaEntry::default() })
}

#[tokio::test]
async fn what_was_committed_is_there_after_reopening() {
    let dir = std::env::temp_dir().join(format!("doorward-store-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("home.db");
    let group = GroupRecord::of(&Group::new("g", "G", Policy::everything()));
    {
        let store = SqliteStore::open(&path).unwrap();
        assert!(store.load().await.unwrap().is_empty());
        let records = vec![put(Record::User(User::new("u", "U"))), put(Record::Group(group.clone())), put(area("b"))];
        store.commit(records).await.unwrap();
        store.commit(vec![put(area("a")), put(Record::User(User::new("u", "Renamed")))]).await.unwrap();
        store.commit(vec![put(area("gone")), Change::Delete(RecordKind::Area, "gone".into())]).await.unwrap();
        // Nobody else may have the file meanwhile.
        assert!(matches!(SqliteStore::open(&path), Err(StoreError::Database(_))));
    }
    // The writer thread lets go of the file soon after.
    let store = loop {
        if let Ok(store) = SqliteStore::open(&path) {
            break store;
        }
        std::thread::yield_now();
    };
    let stored = store.load().await.unwrap();
    assert_eq!(stored.users[0].name.as_deref(), Some("Renamed"));
    assert_eq!(stored.groups, [group]);
    assert_eq!(stored.areas.iter().map(|area| area.id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_newer_database_is_refused() {
    let path = std::env::temp_dir().join(format!("doorward-newer-{}.db", std::process::id()));
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = SqliteStore::open(&path).unwrap_err().to_string();
    assert_eq!(error, "the database has version 99, newer than 1: use a newer doorward");
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn importing_says_what_it_could_not_use() {
    let dir = std::env::temp_dir().join(format!("doorward-import-{}", std::process::id()));
    std::fs::create_dir_all(dir.join(".storage")).unwrap();
    assert!(store::ha_storage::read(&dir).is_err());
    let auth = r#"{"version":1,"data":{
        "users":[{"id":"u1","group_ids":["ghost","system-users"],"is_active":true,"name":"Ann"}],
        "groups":[{"id":"bad","name":"Bad","policy":{"entities":{"domains":false}}},{"id":"none","name":"None"}],
        "credentials":[{"id":"c1","user_id":"u1","auth_provider_type":"homeassistant","data":{"username":"ann"}},
                       {"id":"c2","user_id":"u1","auth_provider_type":"trusted_networks","data":{}}],
        "refresh_tokens":[{"id":"t1","user_id":"u1"},{"id":"t2","user_id":"nobody"}]}}"#;
    std::fs::write(dir.join(".storage/auth"), auth).unwrap();
    std::fs::write(dir.join(".storage/person"), r#"{"version":3,"data":{"items":[]}}"#).unwrap();
    let error = store::ha_storage::read(&dir).unwrap_err().to_string();
    assert!(error.ends_with("has version 3, newer than 2, the newest that can be read"), "{error}");
    std::fs::remove_file(dir.join(".storage/person")).unwrap();

    let import = store::ha_storage::read(&dir).unwrap();
    let report = import.report.to_string();
    for expected in [
        "imported 1 groups, 1 users",
        "policy of group `bad`: entities.domains: `false` cannot be granted or denied",
        "group `none`: it has no policy",
        "user `u1`: membership in group `ghost`, which does not exist",
        "credential of `ann`: there is no password for it",
        "its provider `trusted_networks` is not supported",
        "refresh token `t2`: it belongs to no user",
    ] {
        assert!(report.contains(expected), "{expected:?} in {report}");
    }
    std::fs::remove_dir_all(&dir).unwrap();
}
