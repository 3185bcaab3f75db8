//! Flows that make and change entries: every way in which they end.

use std::sync::Arc;

use config_entries::{
    ConfigEntry, ContinueFlow, DiscoverFlow, FlowBook, FlowError, FlowFamily, IgnoreFlow, ManageError, RemoveSubentry,
    Source, StartSubentryFlow,
};
use integration_testkit::Kit;
use serde_json::{Value, json};

use crate::scripted::{Script, id, started};

fn script() -> Arc<Script> {
    Arc::default()
}

async fn discover(kit: &Kit, data: Value) -> config_entries::FlowAnswer {
    let wish = DiscoverFlow { domain: "scripted".into(), source: Source::IntegrationDiscovery, data };
    kit.manager().discover(kit.authorize(wish)).await.unwrap()
}

/// Walks a user's flow to its form.
async fn form(kit: &Kit) -> String {
    let menu = kit.start_flow("scripted").await.unwrap();
    assert_eq!(menu.kind(), "menu");
    let form = kit.answer(menu.flow_id(), json!({"next_step_id": "form"})).await.unwrap();
    assert_eq!((form.kind(), form.step_id()), ("form", Some("form")));
    form.flow_id().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_user_makes_an_entry() {
    let kit = started(1, &script(), &[]).await;
    let flow = form(&kit).await;
    assert_eq!(kit.look(&flow).await.unwrap().step_id(), Some("form"), "looking changes nothing");
    assert!(kit.flows().is_empty(), "what a user has open is not announced");
    let done = kit.answer(&flow, json!({"id": "one", "password": "hunter2"})).await.unwrap();
    let wire = done.to_wire();
    assert_eq!((done.kind(), &wire["title"], &wire["version"]), ("create_entry", &json!("one"), &json!(2)));
    assert_eq!(wire["result"]["state"], "loaded");
    assert!(!wire.to_string().contains("hunter2"));
    for again in [kit.look(&flow).await, kit.answer(&flow, json!({"id": "one"})).await] {
        assert!(matches!(again, Err(FlowError::UnknownFlow)));
    }
    assert!(kit.abort(&flow).is_err());
    kit.remove(done.entry_id().unwrap()).await.unwrap();
    kit.assert_quiet();
}

#[tokio::test(start_paused = true)]
async fn menus_and_progress() {
    let kit = started(2, &script(), &[]).await;
    let menu = kit.start_flow("scripted").await.unwrap();
    let Err(FlowError::Input(wrong)) = kit.answer(menu.flow_id(), json!({"next_step_id": "bogus"})).await else {
        panic!("chosen");
    };
    assert_eq!(
        wrong.to_wire(),
        json!({"next_step_id": "value must be one of ['form', 'wait', 'gone', 'slow', 'endless']"})
    );
    let waits = kit.answer(menu.flow_id(), json!({"next_step_id": "wait"})).await.unwrap();
    assert_eq!((waits.kind(), waits.to_wire()["progress_action"].as_str()), ("progress", Some("waiting")));
    let half = json!({"handler": "scripted", "flow_id": menu.flow_id(), "progress": 0.5});
    assert_eq!(kit.news().last(), Some(&config_entries::News::FlowProgress(half)));
    assert_eq!(kit.look(menu.flow_id()).await.unwrap().kind(), "form", "the step behind it is taken at once");
    let menu = kit.start_flow("scripted").await.unwrap();
    let gone = kit.answer(menu.flow_id(), json!({"next_step_id": "gone"})).await.unwrap();
    assert_eq!((gone.kind(), gone.reason()), ("abort", Some("not_implemented")));
}

#[tokio::test(start_paused = true)]
async fn one_entry_for_a_unique_id() {
    let script = script();
    let kit = started(3, &script, &[]).await;
    let (one, two) = (form(&kit).await, form(&kit).await);
    kit.answer(&one, json!({"id": "x"})).await.unwrap();
    let done = kit.answer(&two, json!({"id": "x"})).await.unwrap();
    assert_eq!(done.reason(), Some("already_configured"));
    let entry = &kit.entries("scripted")[0];
    assert_eq!(entry.data["seen"], true, "what is new about it was put over the entry");
    kit.until_true("a reload", || script.n_setups(&entry.entry_id) == 2).await;

    // Both at once: one of them makes it.
    let (one, two) = (form(&kit).await, form(&kit).await);
    let (one, two) = tokio::join!(kit.answer(&one, json!({"id": "y"})), kit.answer(&two, json!({"id": "y"})));
    let kinds = [one.unwrap(), two.unwrap()].map(|done| done.kind());
    assert!(kinds.contains(&"create_entry") && kinds.contains(&"abort"), "{kinds:?}");
    assert_eq!(kit.entries("scripted").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn discoveries_are_announced_once_and_ignored_for_good() {
    let script = script();
    let kit = started(4, &script, &[]).await;
    let found = discover(&kit, json!({"id": "thing", "address": 1})).await;
    assert_eq!(kit.flows().len(), 1);
    assert_eq!(kit.flows()[0]["context"]["title_placeholders"], json!({"name": "Found"}));
    let again = discover(&kit, json!({"id": "thing", "address": 1})).await;
    assert_eq!(again.reason(), Some("already_in_progress"));

    let ignore = IgnoreFlow { flow_id: found.flow_id().to_owned(), title: "Not mine".into() };
    kit.manager().ignore_flow(kit.authorize(ignore)).await.unwrap();
    assert!(kit.flows().is_empty());
    let ignored = kit.only_entry("scripted");
    assert_eq!((kit.state(&ignored).as_str(), kit.wire(&ignored)["source"].as_str()), ("not_loaded", Some("ignore")));
    assert_eq!(discover(&kit, json!({"id": "thing"})).await.reason(), Some("already_configured"));
    assert!(matches!(kit.reauth(&ignored).await, Err(ManageError::NoReauth(_))), "it signs in nowhere");
    // A user may still add it; then the ignored one is replaced.
    let done = kit.answer(&form(&kit).await, json!({"id": "thing"})).await.unwrap();
    assert_eq!(done.kind(), "create_entry");
    assert_eq!(kit.only_entry("scripted"), done.entry_id().unwrap());

    // Found at another address: the entry learns it, and is reloaded.
    let id = kit.only_entry("scripted");
    assert_eq!(discover(&kit, json!({"id": "thing", "address": 2})).await.reason(), Some("already_configured"));
    kit.until_true("a reload", || script.n_setups(&id) == 2).await;
    assert_eq!(kit.entries("scripted")[0].data["address"], 2);
    assert_eq!(discover(&kit, json!({"id": "thing", "address": 2})).await.reason(), Some("already_configured"));
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert_eq!(script.n_setups(&id), 2, "nothing new, nothing reloaded");
}

#[tokio::test(start_paused = true)]
async fn what_has_no_unique_id_is_found_once() {
    let kit = started(5, &script(), &[]).await;
    let found = discover(&kit, json!({})).await;
    assert_eq!(discover(&kit, json!({})).await.reason(), Some("already_in_progress"));
    kit.answer(found.flow_id(), json!({})).await.unwrap();
    assert_eq!(discover(&kit, json!({})).await.reason(), Some("already_configured"));
}

#[tokio::test(start_paused = true)]
async fn making_an_entry_ends_other_flows_for_the_same_thing() {
    let kit = started(6, &script(), &[]).await;
    // Discovered while a user has the form open, but has not said yet what for.
    let user = form(&kit).await;
    discover(&kit, json!({"id": "thing"})).await;
    let done = kit.answer(&user, json!({"id": "thing"})).await.unwrap();
    assert_eq!(done.reason(), Some("already_in_progress"));
    let found = kit.flows()[0]["flow_id"].as_str().unwrap().to_owned();
    kit.answer(&found, json!({})).await.unwrap();
    assert!(kit.flows().is_empty());
}

#[tokio::test(start_paused = true)]
async fn reauthentications_cannot_be_ignored() {
    let script = script();
    script.set(&id(0), crate::scripted::Mode::Refuses);
    let kit = started(7, &script, &[json!({"unique_id": "u"})]).await;
    let ignore = IgnoreFlow { flow_id: kit.only_reauth(&id(0)), title: "x".into() };
    let refused = kit.manager().ignore_flow(kit.authorize(ignore)).await;
    assert!(matches!(refused, Err(FlowError::NotIgnorable)));
    assert_eq!(kit.entries("scripted").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn options_and_parts() {
    let script = script();
    let kit = started(8, &script, &[json!({})]).await;
    let flow = kit.start_options(&id(0)).await.unwrap();
    assert_eq!(flow.to_wire()["handler"], id(0));
    assert_eq!(flow.flow_id().len(), 32);
    let Err(FlowError::Input(wrong)) = kit.answer_options(flow.flow_id(), json!({"n": 0})).await else { panic!() };
    assert_eq!(wrong.to_wire(), json!({"n": "value must be at least 1"}));
    // A flow is known to its own endpoints alone.
    assert!(matches!(kit.look(flow.flow_id()).await, Err(FlowError::UnknownFlow)));
    let done = kit.answer_options(flow.flow_id(), json!({"n": 2})).await.unwrap();
    assert_eq!(done.kind(), "create_entry");
    assert_eq!(json!(kit.entries("scripted")[0].options), json!({"n": 2}));
    assert_eq!(script.heard.lock().unwrap().last(), Some(&json!({"options": {"n": 2}, "parts": 0})));

    let part = |kind: &str, subentry_id: Option<String>| StartSubentryFlow {
        entry_id: id(0),
        subentry_type: kind.into(),
        subentry_id,
    };
    let start = async |wish| kit.manager().start_subentry_flow(kit.authorize(wish)).await;
    let go_on = async |flow_id: &str, input: Value| {
        let input = input.as_object().cloned();
        let wish = ContinueFlow { family: FlowFamily::Subentry, flow_id: flow_id.into(), input, frontend_base: None };
        kit.manager().continue_flow(kit.authorize(wish)).await.unwrap()
    };
    assert!(matches!(start(part("cellar", None)).await, Err(FlowError::UnknownHandler)));
    let flow = start(part("room", None)).await.unwrap();
    assert_eq!(flow.to_wire()["handler"], json!([id(0), "room"]));
    let done = go_on(flow.flow_id(), json!({"name": "Hall"})).await;
    assert_eq!((done.kind(), &done.to_wire()["unique_id"]), ("create_entry", &json!("Hall")));
    let flow = start(part("room", None)).await.unwrap();
    assert_eq!(go_on(flow.flow_id(), json!({"name": "Hall"})).await.reason(), Some("already_configured"));
    let hall = kit.entries("scripted")[0].subentries[0].subentry_id.clone();
    assert!(matches!(start(part("fixed", Some(hall.clone()))).await, Err(FlowError::UnknownEntry)));
    let flow = start(part("room", Some(hall))).await.unwrap();
    assert_eq!(go_on(flow.flow_id(), json!({"name": "Attic"})).await.reason(), Some("reconfigure_successful"));
    assert_eq!(kit.entries("scripted")[0].subentries[0].title, "Attic");
    assert_eq!(script.heard.lock().unwrap().last().unwrap()["parts"], 1);
}

#[tokio::test(start_paused = true)]
async fn flows_end_with_their_entry_and_with_time() {
    let kit = started(9, &script(), &[json!({})]).await;
    let options = kit.start_options(&id(0)).await.unwrap();
    let reconfigure = kit.start_reconfigure("scripted", &id(0)).await.unwrap();
    kit.remove(&id(0)).await.unwrap();
    assert!(kit.answer_options(options.flow_id(), json!({"n": 1})).await.is_err());
    assert!(kit.look(reconfigure.flow_id()).await.is_err());
    let user = form(&kit).await;
    tokio::time::sleep(std::time::Duration::from_secs(3599)).await;
    kit.look(&user).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    assert!(matches!(kit.look(&user).await, Err(FlowError::UnknownFlow)));
    kit.assert_quiet();
}

#[tokio::test(start_paused = true)]
async fn flows_that_nobody_looks_at_are_bounded() {
    let kit = started(10, &script(), &[]).await;
    for n in 0..FlowBook::MAX_DISCOVERED {
        assert_eq!(discover(&kit, json!({"id": n.to_string()})).await.kind(), "form");
    }
    let wish = DiscoverFlow { domain: "scripted".into(), source: Source::Dhcp, data: json!({"id": "one more"}) };
    assert!(matches!(kit.manager().discover(kit.authorize(wish)).await, Err(FlowError::Limit(_))));
}

#[tokio::test(start_paused = true)]
async fn unknown_handlers_and_entries() {
    let kit = started(11, &script(), &[]).await;
    assert!(matches!(kit.start_flow("unheard_of").await, Err(FlowError::UnknownHandler)));
    assert!(matches!(kit.start_options("nope").await, Err(FlowError::UnknownEntry)));
    assert!(matches!(kit.start_reconfigure("scripted", "nope").await, Err(FlowError::UnknownEntry)));
    let kit = kit.stored_entry(ConfigEntry { entry_id: "e".into(), domain: "other".into(), ..ConfigEntry::default() });
    let kit = crate::scripted::start(kit, &script()).await;
    assert!(matches!(kit.start_reconfigure("scripted", "e").await, Err(FlowError::UnknownEntry)), "another's entry");
}

#[tokio::test(start_paused = true)]
async fn a_mistake_of_the_integrations_leaves_the_flow_as_it_was() {
    let kit = started(12, &script(), &[]).await;
    let flow = form(&kit).await;
    let failed = kit.answer(&flow, json!({"id": "a mistake of the integration's"})).await;
    assert!(matches!(failed, Err(FlowError::Failed)));
    assert_eq!(kit.look(&flow).await.unwrap().step_id(), Some("form"));
    assert_eq!(kit.answer(&flow, json!({"id": "x"})).await.unwrap().kind(), "create_entry");
}

#[tokio::test(start_paused = true)]
async fn a_step_without_an_end_fails_and_the_flow_goes_on() {
    let kit = started(12, &script(), &[]).await;
    let flow = kit.start_flow("scripted").await.unwrap();
    let id = flow.flow_id().to_owned();
    let failed = kit.answer(&id, json!({"next_step_id": "endless"})).await;
    assert!(matches!(failed, Err(FlowError::Failed)));
    let form = kit.answer(&id, json!({"next_step_id": "form"})).await.unwrap();
    assert_eq!(form.step_id(), Some("form"));
}

/// What was aborted does nothing any more; what is on its way to the disk can be aborted no more.
#[tokio::test(start_paused = true)]
async fn an_abort_and_an_answer_at_once() {
    for n_yields in 0..12 {
        let script = script();
        let kit = Arc::new(started(n_yields, &script, &[json!({})]).await);
        let flow = kit.start_options(&id(0)).await.unwrap().flow_id().to_owned();
        let (here, flow_id) = (Arc::clone(&kit), flow.clone());
        let answer = tokio::spawn(async move { here.answer_options(&flow_id, json!({"n": 2})).await.is_ok() });
        for _ in 0..n_yields {
            tokio::task::yield_now().await;
        }
        let wish = config_entries::AbortFlow { family: FlowFamily::Options, flow_id: flow };
        let aborted = kit.manager().abort_flow(kit.authorize(wish)).is_ok();
        let answered = answer.await.unwrap();
        assert_ne!(aborted, answered, "after {n_yields}");
        assert_eq!(kit.entries("scripted")[0].options.is_empty(), aborted, "after {n_yields}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_waited_is_not_taken_for_who_has_signed_out() {
    let kit = Arc::new(started(18, &script(), &[]).await);
    let flow = kit.start_flow("scripted").await.unwrap().flow_id().to_owned();
    let (here, flow_id) = (Arc::clone(&kit), flow.clone());
    let slow = tokio::spawn(async move { here.answer(&flow_id, json!({"next_step_id": "slow"})).await });
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let (here, flow_id) = (Arc::clone(&kit), flow.clone());
    let waits = tokio::spawn(async move { here.look(&flow_id).await });
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    kit.sign_out();
    assert!(slow.await.unwrap().is_ok(), "it had begun");
    assert!(matches!(waits.await.unwrap(), Err(FlowError::Unauthorized(_))));
}

async fn start_part(kit: &Kit, subentry_id: Option<String>) -> String {
    let wish = StartSubentryFlow { entry_id: id(0), subentry_type: "room".into(), subentry_id };
    kit.manager().start_subentry_flow(kit.authorize(wish)).await.unwrap().flow_id().to_owned()
}

async fn name_part(kit: &Kit, flow_id: &str, name: &str) -> config_entries::FlowAnswer {
    let input = json!({"name": name}).as_object().cloned();
    let wish = ContinueFlow { family: FlowFamily::Subentry, flow_id: flow_id.into(), input, frontend_base: None };
    kit.manager().continue_flow(kit.authorize(wish)).await.unwrap()
}

fn parts(kit: &Kit) -> Vec<String> {
    let mut titles: Vec<_> = kit.entries("scripted")[0].subentries.iter().map(|part| part.title.clone()).collect();
    titles.sort();
    titles
}

/// What one flow or command has made of the parts is not undone by another that was at work at the same time.
#[tokio::test(start_paused = true)]
async fn parts_that_are_changed_at_once_are_all_kept() {
    let kit = started(13, &script(), &[json!({})]).await;
    let (one, two) = (start_part(&kit, None).await, start_part(&kit, None).await);
    let (one, two) = tokio::join!(name_part(&kit, &one, "Hall"), name_part(&kit, &two, "Attic"));
    assert_eq!((one.kind(), two.kind()), ("create_entry", "create_entry"));
    assert_eq!(parts(&kit), ["Attic", "Hall"]);

    let (one, two) = (start_part(&kit, None).await, start_part(&kit, None).await);
    let (one, two) = tokio::join!(name_part(&kit, &one, "Loft"), name_part(&kit, &two, "Loft"));
    assert_ne!(one.kind(), two.kind(), "there is one of a unique id");
    assert_eq!(parts(&kit), ["Attic", "Hall", "Loft"]);

    let hall =
        kit.entries("scripted")[0].subentries.iter().find(|part| part.title == "Hall").unwrap().subentry_id.clone();
    let flow = start_part(&kit, None).await;
    let gone = RemoveSubentry { entry_id: id(0), subentry_id: hall };
    let (removed, _) =
        tokio::join!(kit.manager().remove_subentry(kit.authorize(gone)), name_part(&kit, &flow, "Cellar"));
    removed.unwrap();
    assert_eq!(parts(&kit), ["Attic", "Cellar", "Loft"], "what was removed does not come back");
}

/// An entry takes another's place in one change: a full disk or a power cut leaves the one or the other.
#[tokio::test(start_paused = true)]
async fn an_entry_that_cannot_be_replaced_stays() {
    for n_fit in 0..2 {
        let kit = started(14, &script(), &[]).await;
        let found = discover(&kit, json!({"id": "thing"})).await;
        let ignore = IgnoreFlow { flow_id: found.flow_id().to_owned(), title: "Not mine".into() };
        kit.manager().ignore_flow(kit.authorize(ignore)).await.unwrap();
        let before = kit.only_entry("scripted");
        let flow = form(&kit).await;
        kit.set_disk_space(n_fit);
        match kit.answer(&flow, json!({"id": "thing"})).await {
            Ok(done) => assert_eq!(kit.only_entry("scripted"), done.entry_id().unwrap()),
            Err(_) => assert_eq!(kit.only_entry("scripted"), before, "{n_fit} changes fit"),
        }
        kit.set_disk_space(usize::MAX);
        let kit = crate::scripted::restarted(kit, &script()).await;
        kit.only_entry("scripted");
    }
}

#[tokio::test(start_paused = true)]
async fn a_discovery_is_ignored_once_or_set_up() {
    let kit = started(15, &script(), &[]).await;
    let found = discover(&kit, json!({"id": "thing"})).await;
    let ignore = || {
        let wish = IgnoreFlow { flow_id: found.flow_id().to_owned(), title: "Not mine".into() };
        kit.manager().ignore_flow(kit.authorize(wish))
    };
    let (one, two) = tokio::join!(ignore(), ignore());
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    kit.only_entry("scripted");

    for n_yields in 0..12 {
        let kit = Arc::new(started(n_yields, &script(), &[]).await);
        let flow_id = discover(&kit, json!({"id": "thing"})).await.flow_id().to_owned();
        let (here, flow) = (Arc::clone(&kit), flow_id.clone());
        let answer = tokio::spawn(async move { here.answer(&flow, json!({})).await.is_ok() });
        for _ in 0..n_yields {
            tokio::task::yield_now().await;
        }
        let ignore = IgnoreFlow { flow_id, title: "Not mine".into() };
        let ignored = kit.manager().ignore_flow(kit.authorize(ignore)).await.is_ok();
        assert_ne!(ignored, answer.await.unwrap(), "after {n_yields}");
        kit.only_entry("scripted");
    }
}

#[tokio::test(start_paused = true)]
async fn a_discovery_without_a_unique_id_ends_when_an_entry_is_made() {
    let kit = started(16, &script(), &[]).await;
    let found = discover(&kit, json!({})).await;
    kit.answer(&form(&kit).await, json!({"id": "x"})).await.unwrap();
    assert!(kit.flows().is_empty());
    assert!(matches!(kit.answer(found.flow_id(), json!({})).await, Err(FlowError::UnknownFlow)));
    let kit = started(17, &script(), &[]).await;
    let found = discover(&kit, json!({})).await;
    kit.answer(found.flow_id(), json!({})).await.unwrap();
    assert_eq!(kit.entries("scripted")[0].unique_id, None, "what stood in for a unique id is none");
}
