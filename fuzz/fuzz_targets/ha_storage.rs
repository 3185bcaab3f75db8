//! Whatever `.storage/auth` holds, nobody gets more from it than it says, and nothing from what is not there.
#![no_main]

use std::{collections::BTreeSet, fs, path::Path, path::PathBuf, sync::LazyLock};

use auth_core::{Group, Policy};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use store::{Record, ha_storage};

/// In memory where there is such a place.
static DIRECTORY: LazyLock<PathBuf> = LazyLock::new(|| {
    let shared = Path::new("/dev/shm");
    let temporary = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
    let directory = temporary.join(format!("doorward-fuzz-{}", std::process::id()));
    fs::create_dir_all(directory.join(".storage")).expect("a directory");
    let passwords = include_str!("../../testdata/ha-config/.storage/auth_provider.homeassistant");
    fs::write(directory.join(".storage/auth_provider.homeassistant"), passwords).expect("a file");
    directory
});

fuzz_target!(|bytes: &[u8]| {
    fs::write(DIRECTORY.join(".storage/auth"), bytes).expect("a file");
    let Ok(import) = ha_storage::read(&DIRECTORY) else { return };
    let file: Value = serde_json::from_slice(bytes).expect("read, so JSON");
    let stored = |list: &str| file["data"][list].as_array().cloned().unwrap_or_default();

    let mut groups: BTreeSet<_> = Group::system_groups().iter().map(|group| group.id.to_string()).collect();
    let mut users = BTreeSet::new();
    for record in &import.records {
        match record {
            Record::Group(group) => {
                assert!(!Group::is_system_id(&group.id), "a fixed group from a file");
                let usable = group.to_group();
                assert!(usable.unreadable.is_none() || usable.policy == Policy::default(), "half a policy");
                groups.insert(group.id.clone());
            }
            Record::User(user) => _ = users.insert(user.id.to_string()),
            _ => {}
        }
    }
    for record in import.records {
        match record {
            Record::User(user) => {
                for group in &user.group_ids {
                    assert!(groups.contains(group.as_str()), "{} is in {group}, which does not exist", user.id);
                }
                let is_source = |source: &Value| {
                    let listed = source["group_ids"].as_array();
                    let has = |group: &str| listed.is_some_and(|listed| listed.iter().any(|id| id == group));
                    source["id"] == user.id.as_str()
                        && user.is_owner == (source["is_owner"] == true)
                        && user.is_active == (source["is_active"] == true)
                        && user.group_ids.iter().all(|group| has(group.as_str()))
                };
                assert!(stored("users").iter().any(is_source), "{} got more than the file says", user.id);
            }
            Record::Login(login) => {
                let user = login.into_login().credential.user_id.to_string();
                assert!(users.contains(&user), "a login of nobody: {user}");
            }
            Record::Token(token) => {
                assert!(users.contains(token.user_id.as_str()), "a token of nobody: {}", token.user_id);
                assert!(token.into_token().is_ok(), "a token that cannot be used");
            }
            _ => {}
        }
    }
});
