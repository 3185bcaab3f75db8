//! Set-up, retry, unload, reload, remove, migration.

use std::{sync::Arc, time::Duration};

use config_entries::{ConfigEntry, ListEntries, ManageError, News, ReloadEntry, UpdateEntry};
use integration_testkit::Kit;
use serde_json::{Value, json};

use crate::scripted::{Mode, Script, id, start, started};

fn script() -> Arc<Script> {
    Arc::default()
}

/// Returns the states that an entry went through, as listeners heard them.
fn heard(kit: &Kit, entry_id: &str) -> Vec<String> {
    let state = |news: News| match news {
        News::Entry(item) if item["entry"]["entry_id"] == entry_id => {
            Some(item["entry"]["state"].as_str().unwrap().to_owned())
        }
        _ => None,
    };
    kit.news().into_iter().filter_map(state).collect()
}

#[tokio::test(start_paused = true)]
async fn outcomes_of_setting_up() {
    let script = script();
    for (n, mode) in [Mode::Works, Mode::Refuses, Mode::NotReady, Mode::Fatal, Mode::Panics].into_iter().enumerate() {
        script.set(&id(n), mode);
    }
    let kit = started(1, &script, &[json!({}), json!({}), json!({}), json!({}), json!({})]).await;
    let check = |n: usize, state: &str, reason: Value| {
        let wire = kit.wire(&id(n));
        assert_eq!((wire["state"].as_str().unwrap(), &wire["reason"]), (state, &reason), "{n}");
    };
    check(0, "loaded", Value::Null);
    check(1, "setup_error", json!("could not authenticate"));
    check(2, "setup_retry", json!("not yet"));
    check(3, "setup_error", json!("never"));
    check(4, "setup_error", Value::Null);
    assert_eq!(heard(&kit, &id(0)), ["setup_in_progress", "loaded"]);
    assert_eq!(kit.flows().len(), 1, "for the refused one alone");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_ready_is_tried_again_with_growing_waits() {
    let script = script();
    script.set(&id(0), Mode::NotReady);
    let kit = started(2, &script, &[json!({})]).await;
    let begin = tokio::time::Instant::now();
    let mut waits = Vec::new();
    for n in 2..=6 {
        let before = begin.elapsed();
        kit.until_true("another try", || script.n_setups(&id(0)) == n).await;
        waits.push((begin.elapsed() - before).as_secs());
    }
    assert_eq!(waits, [5, 10, 20, 40, 80]);
    // A reload by hand starts the waits anew.
    kit.reload(&id(0)).await.unwrap();
    let before = begin.elapsed();
    kit.until_true("another try", || script.n_setups(&id(0)) == 8).await;
    assert_eq!((begin.elapsed() - before).as_secs(), 5);
    script.set(&id(0), Mode::Works);
    kit.until(&id(0), "loaded").await;
    assert_eq!(kit.manager().count_running(), (0, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn the_other_side_may_ask_to_wait_longer() {
    let script = script();
    script.set(&id(0), Mode::AsksToWait(120));
    let kit = started(3, &script, &[json!({})]).await;
    tokio::time::sleep(Duration::from_secs(119)).await;
    assert_eq!(script.n_setups(&id(0)), 1);
    tokio::time::sleep(Duration::from_secs(2)).await;
    kit.until_true("another try", || script.n_setups(&id(0)) == 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_cancelled_by_disabling_and_removing() {
    let script = script();
    script.set(&id(0), Mode::NotReady);
    script.set(&id(1), Mode::NotReady);
    let kit = started(4, &script, &[json!({}), json!({})]).await;
    assert_eq!(kit.manager().count_running(), (2, 0, 0));
    kit.set_disabled(&id(0), true).await.unwrap();
    assert_eq!(kit.state(&id(0)), "not_loaded");
    kit.remove(&id(1)).await.unwrap();
    kit.assert_quiet();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!((script.n_setups(&id(0)), script.n_setups(&id(1))), (1, 1));
    assert_eq!(*script.removed.lock().unwrap(), [id(1)]);
}

#[tokio::test(start_paused = true)]
async fn setting_up_has_an_end() {
    let script = script();
    script.set(&id(0), Mode::Hangs);
    let kit = started(5, &script, &[json!({})]).await;
    assert_eq!(kit.wire(&id(0))["reason"], "setting up took too long");
    assert_eq!(kit.state(&id(0)), "setup_retry");
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_cannot_be_taken_down_needs_a_restart() {
    let script = script();
    let kit = started(6, &script, &[json!({})]).await;
    *script.unload_fails.lock().unwrap() = true;
    assert!(kit.reload(&id(0)).await.unwrap(), "must restart");
    assert_eq!(kit.state(&id(0)), "failed_unload");
    assert!(matches!(kit.reload(&id(0)).await, Err(ManageError::NotRecoverable(..))));
    assert!(kit.remove(&id(0)).await.unwrap(), "must restart");
    kit.assert_quiet();
}

#[tokio::test(start_paused = true)]
async fn work_with_one_entry_is_done_in_order_and_others_do_not_wait() {
    let script = script();
    let kit = started(7, &script, &[json!({}), json!({})]).await;
    script.set(&id(0), Mode::Slow(1000));
    let begin = tokio::time::Instant::now();
    let one = id(0);
    let (first, second, removed) = tokio::join!(kit.reload(&one), kit.reload(&one), kit.remove(&one));
    assert!(first.is_ok() && second.is_ok() && removed.is_ok());
    assert_eq!(begin.elapsed().as_secs(), 2, "one after the other");
    assert_eq!(script.n_setups(&id(0)), 3);
    script.set(&id(1), Mode::Works);
    kit.reload(&id(1)).await.unwrap();
    assert_eq!(begin.elapsed().as_secs(), 2);
    assert!(matches!(kit.reload(&id(0)).await, Err(ManageError::Entry(_))));
}

#[tokio::test(start_paused = true)]
async fn a_migration_without_an_end_keeps_nobody_waiting() {
    let script = script();
    let data = json!({"endless": true}).as_object().unwrap().clone();
    let entry = ConfigEntry { entry_id: id(0), domain: "scripted".into(), version: 1, data, ..ConfigEntry::default() };
    let kit = start(Kit::new(8).stored_entry(entry), &script).await;
    kit.until(&id(0), "setup_retry").await;
    assert_eq!(kit.wire(&id(0))["reason"], "migrating took too long");
    assert!(!kit.remove(&id(0)).await.unwrap());
    kit.assert_quiet();
}

#[tokio::test(start_paused = true)]
async fn data_is_migrated_once_and_newer_data_is_left_alone() {
    let script = script();
    let entry = |n: usize, version, data: Value| ConfigEntry {
        entry_id: id(n),
        domain: "scripted".into(),
        version,
        data: data.as_object().unwrap().clone(),
        ..ConfigEntry::default()
    };
    let kit = Kit::new(8)
        .stored_entry(entry(0, 1, json!({"a": 1})))
        .stored_entry(entry(1, 3, json!({})))
        .stored_entry(entry(2, 1, json!({"unreadable": true})));
    let kit = start(kit, &script).await;
    assert_eq!([0, 1, 2].map(|n| kit.state(&id(n))), ["loaded", "migration_error", "migration_error"]);
    let migrated = &kit.entries("scripted")[0];
    assert_eq!((migrated.version, json!(migrated.data)), (2, json!({"a": 1, "migrated_from": 1})));
    let kit = crate::scripted::restarted(kit, &script).await;
    assert_eq!(json!(kit.entries("scripted")[0].data), json!({"a": 1, "migrated_from": 1}));
    assert!(matches!(kit.reload(&id(2)).await, Err(ManageError::NotRecoverable(..))));
    kit.manager().retry_migration(kit.authorize(ReloadEntry(id(2)))).await.unwrap();
    assert_eq!(kit.state(&id(2)), "migration_error");
    assert!(kit.remove(&id(2)).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_changes_nothing() {
    let script = script();
    let kit = started(9, &script, &[json!({})]).await;
    let before = kit.wire(&id(0));
    kit.set_disk_fails(true);
    let rename = UpdateEntry {
        entry_id: id(0),
        title: Some("x".into()),
        pref_disable_new_entities: None,
        pref_disable_polling: None,
    };
    assert!(kit.manager().update(kit.authorize(rename)).await.is_err());
    assert!(kit.set_disabled(&id(0), true).await.is_err());
    assert_eq!(kit.wire(&id(0)), before);
    // It was taken down to be removed, and works again when it cannot be.
    assert!(kit.remove(&id(0)).await.is_err());
    assert_eq!(kit.state(&id(0)), "loaded");
    kit.set_disk_fails(false);
    kit.reload(&id(0)).await.unwrap();
    assert_eq!(kit.state(&id(0)), "loaded");
}

#[tokio::test(start_paused = true)]
async fn entries_of_integrations_that_are_not_here_are_kept() {
    let script = script();
    let kit = Kit::new(10).entry("unheard_of", json!({"secret": 1}));
    let kit = start(kit, &script).await;
    let id = kit.only_entry("unheard_of");
    assert_eq!((kit.state(&id).as_str(), kit.reload(&id).await.unwrap()), ("not_loaded", false));
    assert_eq!(kit.wire(&id)["supports_unload"], false);
    let listed = kit.manager().entries(&kit.authorize(ListEntries), &config_entries::EntryFilter::default());
    assert_eq!(listed.len(), 1);
    let kit = crate::scripted::restarted(kit, &script).await;
    assert_eq!(json!(kit.entries("unheard_of")[0].data), json!({"secret": 1}));
}

#[tokio::test(start_paused = true)]
async fn an_entity_that_is_enabled_reloads_its_entry_in_a_while() {
    let script = script();
    let kit = started(11, &script, &[json!({})]).await;
    for _ in 0..3 {
        kit.manager().entity_enabled(&id(0));
        tokio::time::sleep(Duration::from_secs(20)).await;
    }
    assert_eq!(script.n_setups(&id(0)), 1, "each change starts the wait anew");
    tokio::time::sleep(Duration::from_secs(11)).await;
    kit.until_true("a reload", || script.n_setups(&id(0)) == 2).await;
    kit.manager().entity_enabled(&id(0));
    kit.remove(&id(0)).await.unwrap();
    kit.assert_quiet();
}

/// What waited for its turn is decided again when that comes.
#[tokio::test(start_paused = true)]
async fn a_change_that_waited_is_not_made_for_who_has_signed_out() {
    let rename = |title: &str| UpdateEntry {
        entry_id: id(0),
        title: Some(title.into()),
        pref_disable_new_entities: None,
        pref_disable_polling: None,
    };
    for n_yields in 0..8 {
        let script = script();
        let kit = Arc::new(started(12, &script, &[json!({})]).await);
        let change = |title: &str| {
            let (here, asked) = (Arc::clone(&kit), kit.authorize(rename(title)));
            tokio::spawn(async move { here.manager().update(asked).await })
        };
        let (first, second) = (change("first"), change("second"));
        for _ in 0..n_yields {
            tokio::task::yield_now().await;
        }
        let waits = kit.entries("scripted")[0].title == "Entry 0";
        kit.sign_out();
        _ = first.await.unwrap();
        if waits {
            let refused = matches!(second.await.unwrap(), Err(ManageError::Unauthorized(_)));
            assert!(refused, "the first was not even done after {n_yields}");
        }
    }
}

/// What an integration keeps is kept as a whole, and known, even if the task that keeps it ends midway.
#[tokio::test(start_paused = true)]
async fn what_a_task_keeps_at_its_end_is_on_disk_and_known() {
    for n_yields in 0..8 {
        let script = script();
        let kit = started(13, &script, &[json!({})]).await;
        let entry = script.handle(&id(0)).unwrap();
        let again = entry.clone();
        entry.spawn(async move {
            let data = json!({"token": "rotated"}).as_object().cloned().unwrap();
            _ = again.update_data(data).await;
        });
        for _ in 0..n_yields {
            tokio::task::yield_now().await;
        }
        kit.reload(&id(0)).await.unwrap();
        let known = json!(kit.entries("scripted")[0].data);
        let kit = crate::scripted::restarted(kit, &script).await;
        assert_eq!(json!(kit.entries("scripted")[0].data), known, "after {n_yields}");
    }
}
