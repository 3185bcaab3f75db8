//! Keeping and importing.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod audit;

use auth_core::{Group, Policy, User};
use registries::AreaEntry;
use store::{Change, GroupRecord, IgnoredIssue, Record, RecordKind, SqliteStore, Store, StoreError};

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
    assert_eq!(error, "the database has version 99, newer than 6: use a newer doorward");
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn an_older_database_gets_its_new_tables() {
    let path = std::env::temp_dir().join(format!("doorward-older-{}.db", std::process::id()));
    {
        let old = rusqlite::Connection::open(&path).unwrap();
        for kind in RecordKind::ALL.iter().copied().filter(|kind| kind.since() == 1) {
            old.execute(&format!("CREATE TABLE {} (id TEXT NOT NULL UNIQUE, body TEXT NOT NULL)", kind.table()), [])
                .unwrap();
        }
        let entry = r#"{"entry_id": "e", "domain": "mqtt", "data": {"broker": "b"}}"#;
        old.execute("INSERT INTO config_entries VALUES ('e', ?1)", [entry]).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
    }
    let store = SqliteStore::open(&path).unwrap();
    let stored = store.load().await.unwrap();
    assert_eq!((stored.entries[0].domain.as_str(), stored.entries[0].version), ("mqtt", 1));
    let ignored = IgnoredIssue::of("homeassistant", "x");
    store.commit(vec![put(Record::IgnoredIssue(ignored.clone()))]).await.unwrap();
    assert_eq!(store.load().await.unwrap().ignored_issues, [ignored]);
    // As it was before, for whoever wants to go back.
    let copy = path.with_extension("db.v1");
    let before = rusqlite::Connection::open(&copy).unwrap();
    let version: i64 = before.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    let n: i64 = before.query_row("SELECT count(*) FROM config_entries", [], |row| row.get(0)).unwrap();
    assert_eq!((version, n), (1, 1));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&copy).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    [&path, &copy].into_iter().for_each(|file| std::fs::remove_file(file).unwrap());
}

/// What is not known of an entry is kept as well: an export is what was imported.
#[tokio::test]
async fn entries_go_back_out_as_they_came_in() {
    let dir = std::env::temp_dir().join(format!("doorward-export-{}", std::process::id()));
    let (from, to) = (dir.join("from"), dir.join("to"));
    std::fs::create_dir_all(from.join(".storage")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(from.join(".storage").join(name), text).unwrap();
    write("auth", r#"{"version": 1, "key": "auth", "data": {"users": [], "credentials": [], "refresh_tokens": []}}"#);
    let entries = serde_json::json!({"version": 1, "minor_version": 5, "key": "core.config_entries", "data": {"entries": [
        {"created_at": "2026-11-22T07:13:08.839086+00:00", "data": {"token": {"access_token": "a", "n": 1.5}},
         "disabled_by": "user", "discovery_keys": {"mqtt": [{"domain": "mqtt", "key": "k", "version": 1}]},
         "domain": "unheard_of", "entry_id": "01A", "minor_version": 2, "modified_at": "2026-11-22T07:13:08+00:00",
         "options": {"a": null}, "pref_disable_new_entities": true, "pref_disable_polling": true, "source": "zeroconf",
         "subentries": [{"data": {"x": 1}, "subentry_id": "01S", "subentry_type": "room", "title": "A",
                         "unique_id": null, "later": true}],
         "title": "T", "unique_id": "u", "version": 7, "something_later": {"b": [1]}}]}});
    write("core.config_entries", &entries.to_string());
    let import = store::ha_storage::read(&from).unwrap();
    assert_eq!(import.report.problems, Vec::<String>::new());
    let store = SqliteStore::in_memory().unwrap();
    store.commit(import.records.into_iter().map(put).collect()).await.unwrap();
    let stored = store.load().await.unwrap();
    store::ha_storage::write_entries(&to, &stored.entries).unwrap();
    let written = std::fs::read_to_string(to.join(".storage/core.config_entries")).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), entries);
    assert!(store::ha_storage::write_entries(&to, &stored.entries).is_err(), "nothing is written over");
    std::fs::remove_dir_all(&dir).unwrap();
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

/// Whoever had a second factor has it here, or does not come in.
#[test]
fn second_factors_come_along() {
    let dir = std::env::temp_dir().join(format!("doorward-factors-{}", std::process::id()));
    std::fs::create_dir_all(dir.join(".storage")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.join(".storage").join(name), text).unwrap();
    let hash = "JDJiJDA0JHNrWWhsSUI2bzJMYW5TOGZRNXdEd3VZQVYzQnM0QzhKVFNqUlJoZWlXQ1AwSGpaTEFvWTlp";
    let users = r#"[{"id":"a","is_active":true},{"id":"b","is_active":true}]"#;
    let credential = |user: &str| {
        format!(
            r#"{{"id":"c{user}","user_id":"{user}","auth_provider_type":"homeassistant","data":{{"username":"{user}"}}}}"#
        )
    };
    let (a, b) = (credential("a"), credential("b"));
    write(
        "auth",
        &format!(r#"{{"version":1,"data":{{"users":{users},"credentials":[{a},{b}],"refresh_tokens":[]}}}}"#),
    );
    let passwords = format!(r#"[{{"username":"a","password":"{hash}"}},{{"username":"b","password":"{hash}"}}]"#);
    write("auth_provider.homeassistant", &format!(r#"{{"version":1,"data":{{"users":{passwords}}}}}"#));
    let totp =
        r#"{"version":1,"data":{"users":{"a":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ","b":"?","c":"GEZDGNBVGY3TQOJQ"}}}"#;
    write("auth_module.totp", totp);
    let import = store::ha_storage::read(&dir).unwrap();
    let factors: Vec<_> = import
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Factor(factor) => Some(factor.user_id.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(factors, ["a"]);
    let logins: Vec<_> = import
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Login(login) => Some(login.credential.user_id.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(logins, ["a"], "b would come in by the password alone");
    let report = format!("{:?}", import.report);
    assert!(report.contains("second factor of user `b`: it cannot be read"), "{report}");
    std::fs::remove_dir_all(&dir).unwrap();
}
