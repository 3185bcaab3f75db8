//! Anything in any order, many things at once: only listed states and transitions, never two reauthentications of an
//! entry, no flow without its entry, nothing left behind.

use std::{collections::HashMap, sync::Arc, time::Duration};

use config_entries::News;
use integration_testkit::Kit;
use proptest::prelude::*;
use serde_json::json;

use crate::scripted::{Mode, Script, id, restarted, started};

/// What can happen to one of two entries.
#[derive(Clone, Copy, Debug)]
enum Op {
    Mode(usize, Mode),
    UnloadFails(bool),
    DiskFails(bool),
    Reload(usize),
    Disable(usize, bool),
    Remove(usize),
    RefusedAtRunTime(usize),
    ReauthByHand(usize),
    Reconfigure(usize),
    Answer(&'static str),
    Dismiss,
    Make,
    Restart,
    /// Lets what was begun go on for some steps.
    Yield(u8),
    /// Lets time pass, in seconds; what was begun ends before.
    Wait(u32),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let entry = 0..2usize;
    let mode = prop_oneof![
        4 => Just(Mode::Works),
        4 => Just(Mode::Refuses),
        2 => Just(Mode::NotReady),
        1 => Just(Mode::AsksToWait(90)),
        1 => Just(Mode::Fatal),
        1 => Just(Mode::Slow(500)),
    ];
    let op = prop_oneof![
        6 => (entry.clone(), mode).prop_map(|(n, mode)| Op::Mode(n, mode)),
        1 => prop::bool::weighted(0.3).prop_map(Op::UnloadFails),
        1 => prop::bool::weighted(0.3).prop_map(Op::DiskFails),
        6 => entry.clone().prop_map(Op::Reload),
        3 => (entry.clone(), any::<bool>()).prop_map(|(n, disabled)| Op::Disable(n, disabled)),
        1 => entry.clone().prop_map(Op::Remove),
        4 => entry.clone().prop_map(Op::RefusedAtRunTime),
        2 => entry.clone().prop_map(Op::ReauthByHand),
        2 => entry.prop_map(Op::Reconfigure),
        6 => prop::sample::select(&["new", "useless", "wrong", "somebody else's"][..]).prop_map(Op::Answer),
        1 => Just(Op::Dismiss),
        1 => Just(Op::Make),
        1 => Just(Op::Restart),
        6 => (0..8u8).prop_map(Op::Yield),
        3 => (0..700u32).prop_map(Op::Wait),
    ];
    prop::collection::vec(op, 1..24)
}

/// From one state to another, as the reference lists them.
const TRANSITIONS: [(&str, &str); 13] = [
    ("not_loaded", "setup_in_progress"),
    ("setup_retry", "setup_in_progress"),
    ("setup_error", "setup_in_progress"),
    ("setup_in_progress", "loaded"),
    ("setup_in_progress", "setup_error"),
    ("setup_in_progress", "setup_retry"),
    ("setup_in_progress", "migration_error"),
    ("loaded", "unload_in_progress"),
    ("loaded", "failed_unload"),
    ("unload_in_progress", "not_loaded"),
    ("unload_in_progress", "failed_unload"),
    ("setup_error", "not_loaded"),
    ("setup_retry", "not_loaded"),
];

/// Reads everything that was announced, in its order.
fn check_news(news: &[News]) {
    let mut states: HashMap<String, String> = HashMap::new();
    let mut reauths: HashMap<String, String> = HashMap::new();
    let mut issues: HashMap<String, bool> = HashMap::new();
    for one in news {
        match one {
            News::Entry(item) => {
                let id = item["entry"]["entry_id"].as_str().unwrap().to_owned();
                let state = item["entry"]["state"].as_str().unwrap().to_owned();
                let before = states.get(&id).map_or("not_loaded", String::as_str);
                if item["type"] == "updated" && before != state {
                    assert!(TRANSITIONS.contains(&(before, &state)), "{before} -> {state}");
                }
                if item["type"] == "removed" {
                    states.remove(&id);
                } else {
                    states.insert(id, state);
                }
            }
            News::Flow(item) => {
                let flow_id = item["flow_id"].as_str().unwrap().to_owned();
                if item["type"] == "added" {
                    let entry_id = item["flow"]["context"]["entry_id"].as_str().unwrap().to_owned();
                    assert!(!reauths.values().any(|other| *other == entry_id), "two reauthentications of {entry_id}");
                    reauths.insert(flow_id, entry_id);
                } else {
                    assert!(reauths.remove(&flow_id).is_some(), "a flow ended that did not begin");
                }
            }
            News::Issue(item) => {
                let id = item["issue_id"].as_str().unwrap().to_owned();
                let there = item["action"] != "remove";
                assert!(issues.insert(id, there).is_some_and(|before| before) != there || item["action"] == "update");
            }
            News::FlowProgressed(_) | News::FlowProgress(_) => {}
        }
    }
    let open: Vec<_> = reauths.values().map(|entry| config_entries::reauth_issue_id("scripted", entry)).collect();
    let mut raised: Vec<_> = issues.into_iter().filter_map(|(id, there)| there.then_some(id)).collect();
    raised.retain(|id| !open.contains(id));
    assert!(raised.is_empty(), "issues without a flow: {raised:?}");
}

fn check_now(kit: &Kit) {
    for flow in kit.flows() {
        let entry_id = flow["context"]["entry_id"].as_str().unwrap();
        let entry = kit.entries("scripted").into_iter().find(|entry| entry.entry_id == entry_id);
        let entry = entry.unwrap_or_else(|| panic!("a flow about {entry_id}, which is gone"));
        assert!(entry.disabled_by.is_none(), "a flow about {entry_id}, which is disabled");
    }
    for n in 0..2 {
        assert!(kit.reauths(&id(n)).len() <= 1);
    }
}

/// Tells whether nothing was done that takes a reauthentication away, or stands in for it: then a refused entry must
/// have one at the end.
fn keeps_reauths(ops: &[Op]) -> bool {
    let takes = |op: &Op| matches!(op, Op::Dismiss | Op::Reconfigure(_) | Op::Answer("somebody else's"));
    !ops.iter().any(takes)
}

async fn run(seed: u64, ops: Vec<Op>) {
    let must_have_reauth = keeps_reauths(&ops);
    let script = Arc::<Script>::default();
    let mut kit = Arc::new(started(seed, &script, &[json!({"unique_id": "a"}), json!({"unique_id": "b"})]).await);
    let mut tasks = tokio::task::JoinSet::new();
    let mut n_made = 0;
    for op in ops {
        let (here, script) = (Arc::clone(&kit), Arc::clone(&script));
        match op {
            Op::Mode(n, mode) => script.set(&id(n), mode),
            Op::UnloadFails(fails) => *script.unload_fails.lock().unwrap() = fails,
            Op::DiskFails(fails) => kit.set_disk_fails(fails),
            Op::Reload(n) => _ = tasks.spawn(async move { _ = here.reload(&id(n)).await }),
            Op::Disable(n, disabled) => _ = tasks.spawn(async move { _ = here.set_disabled(&id(n), disabled).await }),
            Op::Remove(n) => _ = tasks.spawn(async move { _ = here.remove(&id(n)).await }),
            Op::RefusedAtRunTime(n) => {
                if let Some(handle) = script.handle(&id(n)) {
                    handle.start_reauth();
                }
            }
            Op::ReauthByHand(n) => _ = tasks.spawn(async move { _ = here.reauth(&id(n)).await }),
            Op::Reconfigure(n) => {
                tasks.spawn(async move {
                    if let Ok(flow) = here.start_reconfigure("scripted", &id(n)).await {
                        _ = here.answer(flow.flow_id(), json!({"password": "new"})).await;
                    }
                });
            }
            Op::Answer(password) => {
                for flow in kit.flows() {
                    let (here, flow_id) = (Arc::clone(&here), flow["flow_id"].as_str().unwrap().to_owned());
                    let input = match password {
                        "somebody else's" => json!({"password": password, "who": "c"}),
                        password => json!({"password": password}),
                    };
                    tasks.spawn(async move { _ = here.answer(&flow_id, input).await });
                }
            }
            Op::Dismiss => kit.flows().iter().for_each(|flow| _ = kit.abort(flow["flow_id"].as_str().unwrap())),
            Op::Make => {
                n_made += 1;
                let unique_id = format!("made {n_made}");
                tasks.spawn(async move {
                    let Ok(menu) = here.start_flow("scripted").await else { return };
                    _ = here.answer(menu.flow_id(), json!({"next_step_id": "form"})).await;
                    _ = here.answer(menu.flow_id(), json!({"id": unique_id})).await;
                });
            }
            Op::Restart => {
                drop(here);
                tasks.abort_all();
                while tasks.join_next().await.is_some() {}
                check_news(&kit.news());
                kit.set_disk_fails(false);
                let alone = Arc::into_inner(kit).unwrap();
                kit = Arc::new(restarted(alone, &script).await);
            }
            Op::Yield(n) => {
                for _ in 0..n {
                    tokio::task::yield_now().await;
                }
            }
            Op::Wait(secs) => {
                while tasks.join_next().await.is_some() {}
                tokio::time::sleep(Duration::from_secs(secs.into())).await;
            }
        }
        check_now(&kit);
    }
    while tasks.join_next().await.is_some() {}
    kit.set_disk_fails(false);
    // Long enough for whatever was begun behind anybody's back.
    tokio::time::sleep(Duration::from_secs(5)).await;
    // A retry may be under way just now; it has an end.
    let is_between = |state: &str| ["setup_in_progress", "unload_in_progress"].contains(&state);
    kit.until_true("nothing stuck", || kit.manager().states().iter().all(|(_, state)| !is_between(state.as_str())))
        .await;
    check_now(&kit);
    check_news(&kit.news());
    for (entry, state) in kit.manager().states() {
        let up = script.up.lock().unwrap().get(&entry.entry_id).copied().unwrap_or(0);
        assert_eq!(up == 1, state.as_str() == "loaded", "{} runs {up} times and is {}", entry.entry_id, state.as_str());
        let refused = state.reason().is_some_and(|reason| reason.text.as_deref() == Some("could not authenticate"));
        if must_have_reauth && refused {
            assert_eq!(kit.reauths(&entry.entry_id).len(), 1, "{} is refused and nobody asks", entry.entry_id);
        }
        if entry.disabled_by.is_some() {
            assert!(["not_loaded", "failed_unload"].contains(&state.as_str()), "disabled and {}", state.as_str());
        }
    }
    *script.unload_fails.lock().unwrap() = false;
    for entry in kit.entries("scripted") {
        kit.remove(&entry.entry_id).await.unwrap();
    }
    // A user's flow that could not be kept stays open until it has been left alone for long enough.
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(kit.look("any").await.is_err());
    kit.assert_quiet();
    assert!(kit.issues().is_empty());
    assert_eq!(script.up.lock().unwrap().values().sum::<usize>(), 0, "a run that was never taken down");
}

/// Returns how many runs: `DOORWARD_RUNS`, else 10,000.
fn n_runs() -> u32 {
    std::env::var("DOORWARD_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000)
}

#[test]
fn anything_in_any_order() {
    let config = ProptestConfig { cases: n_runs(), max_shrink_iters: 2_000, ..ProptestConfig::default() };
    proptest!(config, |(seed: u64, ops in ops())| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(run(seed, ops));
        let left = runtime.metrics().num_alive_tasks();
        prop_assert_eq!(left, 0, "tasks left behind");
    });
}
