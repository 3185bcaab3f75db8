//! The sentence that the project started from: a refused credential leads to `setup_error` and exactly one
//! reauthentication.

use std::sync::Arc;

use config_entries::{ContinueFlow, FlowError, FlowFamily, ManageError, News, StartSubentryFlow, reauth_issue_id};
use serde_json::json;

use crate::scripted::{Mode, Script, id, restarted, started};

fn script() -> Arc<Script> {
    Arc::default()
}

#[tokio::test(start_paused = true)]
async fn refused_at_set_up_and_mended() {
    let script = script();
    script.set(&id(0), Mode::Refuses);
    let kit = started(1, &script, &[json!({"password": "old", "unique_id": "u"})]).await;
    assert_eq!(kit.state(&id(0)), "setup_error");
    let flow = kit.only_reauth(&id(0));
    assert_eq!(kit.issues(), [reauth_issue_id("scripted", &id(0))]);
    let wire = &kit.flows()[0];
    assert_eq!(wire["context"]["title_placeholders"], json!({"name": "Entry 0"}));
    assert_eq!((&wire["context"]["unique_id"], &wire["step_id"]), (&json!("u"), &json!("reauth_confirm")));

    let form = kit.answer(&flow, json!({"password": "wrong"})).await.unwrap();
    assert_eq!((form.kind(), form.errors()), ("form", Some(&json!({"base": "invalid_auth"}))));
    assert_eq!(form.to_wire()["description_placeholders"], json!({"name": "Entry 0"}));
    assert!(matches!(kit.answer(&flow, json!({"pass": "x"})).await, Err(FlowError::Input(_))));

    let done = kit.answer(&flow, json!({"password": "new", "who": "u"})).await.unwrap();
    assert_eq!((done.kind(), done.reason()), ("abort", Some("reauth_successful")));
    assert_eq!(done.to_wire()["translation_domain"], "homeassistant");
    kit.until(&id(0), "loaded").await;
    assert_eq!(kit.entries("scripted").len(), 1, "no second entry");
    assert_eq!(kit.entries("scripted")[0].data["password"], "new");
    assert!(kit.flows().is_empty() && kit.issues().is_empty());
    assert!(matches!(kit.answer(&flow, json!({"password": "new"})).await, Err(FlowError::UnknownFlow)));
}

#[tokio::test(start_paused = true)]
async fn ten_refusals_at_once_are_one_flow() {
    let script = script();
    let kit = started(2, &script, &[json!({})]).await;
    let handle = script.handle(&id(0)).unwrap();
    let refusals = (0..10).map(|_| {
        let handle = handle.clone();
        tokio::spawn(async move { handle.start_reauth() })
    });
    for refusal in refusals.collect::<Vec<_>>() {
        refusal.await.unwrap();
    }
    kit.until_true("a flow", || !kit.reauths(&id(0)).is_empty()).await;
    kit.only_reauth(&id(0));
    assert_eq!(kit.state(&id(0)), "loaded", "at run time the entry stays as it is");
    let added = kit.news().iter().filter(|news| matches!(news, News::Flow(item) if item["type"] == "added")).count();
    assert_eq!(added, 1);
    // Asked for by hand, nothing more happens.
    kit.reauth(&id(0)).await.unwrap();
    kit.only_reauth(&id(0));
}

#[tokio::test(start_paused = true)]
async fn killed_between_each_two_steps() {
    let script = script();
    script.set(&id(0), Mode::Refuses);
    let kit = started(3, &script, &[json!({"password": "old"})]).await;
    let first = kit.only_reauth(&id(0));
    let kit = restarted(kit, &script).await;
    let second = kit.only_reauth(&id(0));
    assert_ne!(first, second, "flows live in memory; the entry's refusal starts another");
    assert!(matches!(kit.answer(&first, json!({"password": "new"})).await, Err(FlowError::UnknownFlow)));
    kit.answer(&second, json!({"password": "wrong"})).await.unwrap();
    let kit = restarted(kit, &script).await;
    let third = kit.only_reauth(&id(0));
    kit.answer(&third, json!({"password": "new"})).await.unwrap();
    // Killed before the reload: what was entered is on disk.
    let kit = restarted(kit, &script).await;
    kit.until(&id(0), "loaded").await;
    assert!(kit.flows().is_empty() && kit.issues().is_empty());
    assert_eq!(kit.entries("scripted").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_for_another_account_ends_the_flow() {
    let script = script();
    script.set(&id(0), Mode::Refuses);
    let kit = started(4, &script, &[json!({"password": "old", "unique_id": "u"})]).await;
    let flow = kit.only_reauth(&id(0));
    let done = kit.answer(&flow, json!({"password": "new", "who": "somebody else"})).await.unwrap();
    assert_eq!(done.reason(), Some("unique_id_mismatch"));
    assert_eq!(kit.entries("scripted")[0].data["password"], "old");
    assert_eq!((kit.state(&id(0)).as_str(), kit.flows().len()), ("setup_error", 0));
}

#[tokio::test(start_paused = true)]
async fn a_reload_ends_the_flow_and_a_refusal_starts_a_new_one() {
    let script = script();
    script.set(&id(0), Mode::Refuses);
    let kit = started(5, &script, &[json!({})]).await;
    let first = kit.only_reauth(&id(0));
    kit.reload(&id(0)).await.unwrap();
    let second = kit.only_reauth(&id(0));
    assert_ne!(first, second);
    // One whose answer does not help either.
    kit.answer(&second, json!({"password": "useless"})).await.unwrap();
    kit.until_true("another flow", || kit.reauths(&id(0)).iter().any(|flow| *flow != second)).await;
    let third = kit.only_reauth(&id(0));
    // Dismissed: the entry stays as it is, without a flow until the next failure.
    kit.abort(&third).unwrap();
    assert_eq!((kit.state(&id(0)).as_str(), kit.flows().len(), kit.issues().len()), ("setup_error", 0, 0));
    script.set(&id(0), Mode::Works);
    kit.reload(&id(0)).await.unwrap();
    assert_eq!((kit.state(&id(0)).as_str(), kit.flows().len()), ("loaded", 0));
}

#[tokio::test(start_paused = true)]
async fn no_flow_while_the_entry_is_reconfigured_or_disabled() {
    let script = script();
    let kit = started(6, &script, &[json!({})]).await;
    let handle = script.handle(&id(0)).unwrap();
    let reconfigure = kit.start_reconfigure("scripted", &id(0)).await.unwrap();
    handle.start_reauth();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(kit.flows().is_empty());
    let done = kit.answer(reconfigure.flow_id(), json!({"password": "new"})).await.unwrap();
    assert_eq!(done.reason(), Some("reconfigure_successful"));
    kit.set_disabled(&id(0), true).await.unwrap();
    handle.start_reauth();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(kit.flows().is_empty());
    assert!(matches!(kit.reauth(&id(0)).await, Err(ManageError::NoReauth(_))));
    kit.remove(&id(0)).await.unwrap();
    handle.start_reauth();
    kit.assert_quiet();
    // The other way round a user may: the password is not all that can be wrong.
    let script = self::script();
    let kit = started(7, &script, &[json!({})]).await;
    script.set(&id(0), Mode::Refuses);
    kit.reload(&id(0)).await.unwrap();
    kit.start_reconfigure("scripted", &id(0)).await.unwrap();
    kit.only_reauth(&id(0));
}

#[tokio::test(start_paused = true)]
async fn entries_of_one_account_are_one_reauthentication() {
    let script = script();
    for n in 0..3 {
        script.set(&id(n), Mode::Refuses);
    }
    let of = |account: &str| json!({"password": "old", "account": account});
    let kit = started(8, &script, &[of("a"), of("a"), of("b")]).await;
    assert_eq!((kit.flows().len(), kit.issues().len()), (2, 3), "two accounts; each entry has its issue");
    let about_a = kit.flows().into_iter().find(|f| f["context"]["entry_id"] != id(2)).unwrap();
    let (first, other) = if about_a["context"]["entry_id"] == id(0) { (0, 1) } else { (1, 0) };
    // The one that the flow is named for goes: the other gets a flow of its own.
    kit.remove(&id(first)).await.unwrap();
    kit.until_true("another flow", || kit.reauths(&id(other)).len() == 1).await;
    kit.answer(&kit.only_reauth(&id(other)), json!({"password": "new"})).await.unwrap();
    kit.until(&id(other), "loaded").await;
    assert_eq!((kit.flows().len(), kit.issues().len()), (1, 1));
    kit.only_reauth(&id(2));

    let script = self::script();
    for n in 0..3 {
        script.set(&id(n), Mode::Refuses);
    }
    let kit = started(9, &script, &[of("a"), of("a"), of("b")]).await;
    let flow = kit.flows().into_iter().find(|f| f["context"]["entry_id"] != id(2)).unwrap();
    kit.answer(flow["flow_id"].as_str().unwrap(), json!({"password": "new"})).await.unwrap();
    kit.until(&id(0), "loaded").await;
    kit.until(&id(1), "loaded").await;
    assert_eq!(kit.issues(), [reauth_issue_id("scripted", &id(2))]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_kept_leaves_the_flow_open() {
    let script = script();
    script.set(&id(0), Mode::Refuses);
    let kit = started(10, &script, &[json!({"password": "old"})]).await;
    let flow = kit.only_reauth(&id(0));
    kit.set_disk_fails(true);
    assert!(matches!(kit.answer(&flow, json!({"password": "new"})).await, Err(FlowError::Manage(_))));
    assert_eq!(kit.only_reauth(&id(0)), flow);
    kit.set_disk_fails(false);
    kit.answer(&flow, json!({"password": "new"})).await.unwrap();
    kit.until(&id(0), "loaded").await;
}

/// An entry that joins its account's reauthentication when that is all but done is mended with it, or has its own.
#[tokio::test(start_paused = true)]
async fn an_entry_that_joins_too_late_is_not_forgotten() {
    for n_yields in 0..16 {
        let script = script();
        script.set(&id(0), Mode::Refuses);
        let of = |account: &str| json!({"password": "old", "account": account});
        let kit = Arc::new(started(n_yields, &script, &[of("a"), of("a")]).await);
        let flow = kit.only_reauth(&id(0));
        let here = Arc::clone(&kit);
        let answer = tokio::spawn(async move { here.answer(&flow, json!({"password": "new"})).await.unwrap() });
        for _ in 0..n_yields {
            tokio::task::yield_now().await;
        }
        script.handle(&id(1)).unwrap().start_reauth();
        answer.await.unwrap();
        kit.until(&id(0), "loaded").await;
        kit.until(&id(1), "loaded").await;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let mended = kit.entries("scripted")[1].data["password"] == "new";
        assert_eq!(kit.reauths(&id(1)).len(), usize::from(!mended), "after {n_yields}");
    }
}

/// What a run says of its credentials counts for nothing once another run works.
#[tokio::test(start_paused = true)]
async fn a_refusal_of_a_run_that_ends_leaves_no_flow_behind() {
    for n_yields in 0..16 {
        let script = script();
        let kit = Arc::new(started(n_yields, &script, &[json!({})]).await);
        let old_run = script.handle(&id(0)).unwrap();
        let here = Arc::clone(&kit);
        let reload = tokio::spawn(async move { here.reload(&id(0)).await.unwrap() });
        for _ in 0..n_yields {
            tokio::task::yield_now().await;
        }
        old_run.start_reauth();
        reload.await.unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert_eq!((kit.state(&id(0)).as_str(), kit.flows().len()), ("loaded", 0), "after {n_yields}");
        assert!(kit.issues().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_that_is_changed_keeps_no_entry_from_signing_in() {
    let script = script();
    let kit = started(11, &script, &[json!({})]).await;
    let start = async |subentry_id| {
        let wish = StartSubentryFlow { entry_id: id(0), subentry_type: "room".into(), subentry_id };
        kit.manager().start_subentry_flow(kit.authorize(wish)).await.unwrap().flow_id().to_owned()
    };
    let flow_id = start(None).await;
    let input = json!({"name": "Hall"}).as_object().cloned();
    let wish = ContinueFlow { family: FlowFamily::Subentry, flow_id, input, frontend_base: None };
    kit.manager().continue_flow(kit.authorize(wish)).await.unwrap();
    start(Some(kit.entries("scripted")[0].subentries[0].subentry_id.clone())).await;
    script.set(&id(0), Mode::Refuses);
    kit.reload(&id(0)).await.unwrap();
    kit.only_reauth(&id(0));
}

#[tokio::test(start_paused = true)]
async fn a_reconfiguration_that_was_left_alone_keeps_no_entry_from_signing_in() {
    let script = script();
    let kit = started(12, &script, &[json!({})]).await;
    kit.start_reconfigure("scripted", &id(0)).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    script.set(&id(0), Mode::Refuses);
    kit.reload(&id(0)).await.unwrap();
    kit.only_reauth(&id(0));
}

#[tokio::test(start_paused = true)]
async fn a_reload_that_is_refused_ends_no_flow() {
    let script = script();
    let kit = started(13, &script, &[json!({})]).await;
    *script.unload_fails.lock().unwrap() = true;
    assert!(kit.reload(&id(0)).await.unwrap(), "must restart");
    kit.reauth(&id(0)).await.unwrap();
    let flow = kit.only_reauth(&id(0));
    assert!(matches!(kit.reload(&id(0)).await, Err(ManageError::NotRecoverable(..))));
    assert_eq!(kit.only_reauth(&id(0)), flow);
}
