//! Sessions: one refresh for all, kept before it is used, and refusals that open one reauthentication.

use std::time::Duration;

use config_entries::oauth2::{TokenFailure, TransportError};
use futures_util::future::join_all;
use integration_testkit::Kit;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::cloud::Cloud;

/// After the kit's clock starts, by years.
const LATER: u64 = 2_000_000_000;

fn stored(kit: &Kit) -> Value {
    kit.entries("cloud")[0].data["token"].clone()
}

fn exposed(outcome: Result<SecretString, TokenFailure>) -> Result<String, TokenFailure> {
    outcome.map(|token| token.expose_secret().to_owned())
}

fn transient(outcome: &Result<SecretString, TokenFailure>) -> bool {
    matches!(outcome, Err(TokenFailure::Transient { .. }))
}

#[tokio::test(start_paused = true)]
async fn a_valid_token_is_used_without_asking() {
    let cloud = Cloud::default();
    let kit = cloud.kit(LATER).start(cloud.register()).await;
    assert_eq!(kit.state(&kit.only_entry("cloud")), "loaded");
    assert_eq!(exposed(cloud.session().access_token().await), Ok("a1".to_owned()));
    assert!(cloud.tokens.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn ten_callers_at_once_make_one_refresh() {
    let cloud = Cloud::default();
    cloud.tokens.answer(200, &json!({"access_token": "a2", "refresh_token": "r2", "expires_in": 60}));
    let kit = cloud.kit(0).start(cloud.register()).await;
    tokio::time::advance(Duration::from_secs(41)).await;
    let answer = json!({"access_token": "a3", "expires_in": 60, "new": true});
    cloud.tokens.answer_after(Duration::from_secs(5), 200, &answer);
    let sessions: Vec<_> = (0..10).map(|_| cloud.session()).collect();
    let got = join_all(sessions.iter().map(|session| session.access_token())).await;
    assert!(got.into_iter().all(|token| exposed(token) == Ok("a3".to_owned())));
    let asked = cloud.tokens.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1]["refresh_token"], "r2");
    assert_eq!(asked[1]["grant_type"], "refresh_token");
    assert_eq!((&*asked[1]["client_id"], &*asked[1]["client_secret"]), ("me", "hush"));
    let token = stored(&kit);
    assert_eq!((&token["refresh_token"], &token["new"]), (&json!("r2"), &json!(true)), "the old one is kept");
    assert_eq!(kit.entries("cloud")[0].data["keep"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_goes_on_when_who_began_it_does_not() {
    let cloud = Cloud::default();
    let kit = cloud.kit(LATER).start(cloud.register()).await;
    let session = cloud.session();
    cloud.tokens.answer_after(Duration::from_secs(5), 200, &json!({"access_token": "a2", "refresh_token": "r2"}));
    {
        let old = "a1".into();
        let first = session.reject(&old);
        tokio::select! { _ = first => panic!("too early"), () = tokio::time::sleep(Duration::from_secs(1)) => {} }
    }
    // The entry is taken down and set up again meanwhile: that waits for the same refresh.
    kit.reload(&kit.only_entry("cloud")).await.unwrap();
    kit.until_true("kept", || stored(&kit)["refresh_token"] == "r2").await;
    assert_eq!(cloud.tokens.asked().len(), 1);
    assert_eq!(exposed(cloud.session().access_token().await), Ok("a2".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_rotated_token_is_kept_before_it_is_used() {
    let cloud = Cloud::default();
    let kit = cloud.kit(LATER).start(cloud.register()).await;
    cloud.tokens.answer(200, &json!({"access_token": "a2", "refresh_token": "r2"}));
    kit.set_disk_fails(true);
    let session = cloud.session();
    assert_eq!(exposed(session.reject(&"a1".into()).await), Err(TokenFailure::NotKept));
    assert_eq!(exposed(session.access_token().await), Err(TokenFailure::NotKept), "not used unsaved");
    assert_eq!(stored(&kit)["refresh_token"], "r1");
    // Reloading forgets nothing.
    let id = kit.only_entry("cloud");
    kit.reload(&id).await.unwrap();
    assert_eq!(kit.state(&id), "setup_retry");
    assert_eq!(kit.wire(&id)["error_reason_translation_key"], "oauth2_helper_refresh_transient");
    kit.set_disk_fails(false);
    kit.until(&id, "loaded").await;
    assert_eq!(stored(&kit)["refresh_token"], "r2");
    assert_eq!(exposed(cloud.session().access_token().await), Ok("a2".to_owned()));
    assert_eq!(cloud.tokens.asked().len(), 1, "the used-up refresh token was not sent again");
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_kept_and_has_expired_is_kept_and_then_refreshed() {
    let cloud = Cloud::default();
    let kit = cloud.kit(LATER).start(cloud.register()).await;
    cloud.tokens.answer(200, &json!({"access_token": "a2", "refresh_token": "r2", "expires_in": 60}));
    kit.set_disk_fails(true);
    assert!(cloud.session().reject(&"a1".into()).await.is_err());
    kit.set_disk_fails(false);
    tokio::time::advance(Duration::from_secs(100)).await;
    cloud.tokens.answer(200, &json!({"access_token": "a3", "refresh_token": "r3"}));
    assert_eq!(exposed(cloud.session().access_token().await), Ok("a3".to_owned()));
    let used: Vec<_> = cloud.tokens.asked().iter().map(|form| form["refresh_token"].clone()).collect();
    assert_eq!(used, ["r1", "r2"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_at_setup_opens_one_reauthentication_and_signing_in_anew_ends_it() {
    for status in [400, 401, 403, 404] {
        let cloud = Cloud::default();
        cloud.tokens.answer(status, &json!({"error": "invalid_grant"}));
        let kit = cloud.kit(0).start(cloud.register()).await;
        let id = kit.only_entry("cloud");
        assert_eq!(kit.state(&id), "setup_error");
        assert_eq!(kit.wire(&id)["error_reason_translation_key"], "oauth2_helper_reauth_required");
        let flow = kit.only_reauth(&id);
        assert_eq!(kit.issues().len(), 1);
        sign_in(&cloud, &kit, &flow).await;
        kit.until(&id, "loaded").await;
        assert_eq!(exposed(cloud.session().access_token().await), Ok("new".to_owned()));
        assert_eq!(kit.only_entry("cloud"), id, "no second one");
        assert!(kit.flows().is_empty() && kit.issues().is_empty());
    }
}

/// Goes through a reauthentication.
async fn sign_in(cloud: &Cloud, kit: &Kit, flow: &str) {
    let page = kit.answer(flow, json!({})).await.unwrap();
    assert_eq!((page.kind(), page.step_id()), ("external", Some("auth")));
    kit.visit(&page, "the code").await.unwrap();
    cloud.tokens.answer(200, &json!({"access_token": "new", "refresh_token": "newer", "expires_in": 3600}));
    let done = kit.look(flow).await.unwrap();
    assert_eq!(done.reason(), Some("reauth_successful"));
    assert!(!done.to_wire().to_string().contains("newer"), "no token is shown");
}

#[tokio::test(start_paused = true)]
async fn ten_refusals_at_once_at_run_time_open_one_reauthentication() {
    let cloud = Cloud::default();
    cloud.tokens.answer(200, &json!({"access_token": "a2", "expires_in": 60}));
    let kit = cloud.kit(0).start(cloud.register()).await;
    let id = kit.only_entry("cloud");
    tokio::time::advance(Duration::from_secs(60)).await;
    cloud.tokens.answer_after(Duration::from_secs(1), 400, &json!({"error": "invalid_grant"}));
    let session = cloud.session();
    let got = join_all((0..10).map(|_| session.access_token())).await;
    assert!(got.into_iter().all(|token| exposed(token) == Err(TokenFailure::Refused)));
    assert_eq!(kit.state(&id), "loaded", "it stays so");
    kit.until_true("a reauthentication", || !kit.reauths(&id).is_empty()).await;
    // What is refused is not asked for again and again.
    assert_eq!(exposed(session.access_token().await), Err(TokenFailure::Refused));
    assert_eq!(cloud.tokens.asked().len(), 2);
    let flow = kit.only_reauth(&id);
    sign_in(&cloud, &kit, &flow).await;
    kit.until_true("the new token", || stored(&kit)["access_token"] == "new").await;
    kit.until(&id, "loaded").await;
    assert_eq!(exposed(cloud.session().access_token().await), Ok("new".to_owned()));
    assert_eq!(kit.only_entry("cloud"), id);
    assert!(kit.flows().is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_is_to_wait_waits_as_long_as_asked() {
    for status in [408, 429, 500, 503] {
        let cloud = Cloud::default();
        cloud.tokens.answer_later(status, Duration::from_secs(300));
        let kit = cloud.kit(0).start(cloud.register()).await;
        let id = kit.only_entry("cloud");
        assert_eq!(kit.state(&id), "setup_retry", "{status}");
        assert!(kit.flows().is_empty());
        cloud.tokens.answer(200, &json!({"access_token": "a2"}));
        tokio::time::sleep(Duration::from_secs(299)).await;
        assert_eq!((cloud.tokens.asked().len(), &*kit.state(&id)), (1, "setup_retry"));
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(kit.state(&id), "loaded");
    }
}

#[tokio::test(start_paused = true)]
async fn at_run_time_a_bad_moment_changes_nothing() {
    let cloud = Cloud::default();
    let kit = cloud.kit(LATER).start(cloud.register()).await;
    let session = cloud.session();
    cloud.tokens.answer_later(503, Duration::from_secs(9));
    let outcome = session.reject(&"a1".into()).await;
    let wait = Some(Duration::from_secs(9));
    assert!(matches!(outcome, Err(TokenFailure::Transient { retry_after, .. }) if retry_after == wait));
    cloud.tokens.then(Duration::from_secs(30), Err(TransportError::Timeout));
    assert!(transient(&session.reject(&"a1".into()).await));
    assert!(transient(&session.reject(&"a1".into()).await), "nobody answers");
    cloud.tokens.answer(200, &json!({"access_token": "a2"}));
    assert_eq!(exposed(session.reject(&"a1".into()).await), Ok("a2".to_owned()));
    assert!(kit.flows().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_token_without_a_lifetime_is_nobodys_to_use() {
    let cloud = Cloud::default();
    cloud.tokens.answer(200, &json!({"access_token": "a2"}));
    let token = json!({"access_token": "a1", "refresh_token": "r1"});
    let kit = Kit::new(1)
        .credential("cloud", "me", "")
        .entry("cloud", json!({"auth_implementation": "cloud_me", "token": token}));
    let kit = kit.start(cloud.register()).await;
    let id = kit.only_entry("cloud");
    assert_eq!(kit.state(&id), "setup_error");
    assert_eq!(kit.wire(&id)["error_reason_translation_key"], "oauth2_helper_refresh_failed");
    assert!(kit.flows().is_empty(), "signing in again would not help");
    assert!(!cloud.tokens.asked()[0].contains_key("client_secret"), "a public client");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_rejected_is_refreshed_once() {
    let cloud = Cloud::default();
    let kit = cloud.kit(LATER).start(cloud.register()).await;
    let session = cloud.session();
    cloud.tokens.answer_after(Duration::from_secs(1), 200, &json!({"access_token": "a2", "refresh_token": "r2"}));
    let a1 = "a1".into();
    let got = join_all((0..10).map(|_| session.reject(&a1))).await;
    assert!(got.into_iter().all(|token| exposed(token) == Ok("a2".to_owned())));
    assert_eq!(exposed(session.reject(&a1).await), Ok("a2".to_owned()), "late");
    assert_eq!(cloud.tokens.asked().len(), 1);
    // The new one is refused as well: that is the end of it.
    let a2 = "a2".into();
    assert_eq!(session.refuse(&a2), TokenFailure::Refused);
    for _ in 0..5 {
        assert_eq!(exposed(session.reject(&a2).await), Err(TokenFailure::Refused));
    }
    assert_eq!(cloud.tokens.asked().len(), 1);
    let id = kit.only_entry("cloud");
    kit.until_true("a reauthentication", || !kit.reauths(&id).is_empty()).await;
    kit.only_reauth(&id);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_lives_for_moments_is_used_once() {
    let cloud = Cloud::default();
    for n in 2..20 {
        cloud.tokens.answer(200, &json!({"access_token": format!("a{n}"), "expires_in": 5}));
    }
    let kit = cloud.kit(0).start(cloud.register()).await;
    assert_eq!(kit.state(&kit.only_entry("cloud")), "loaded");
    let asked = cloud.tokens.asked().len();
    assert_eq!(asked, 1);
}

#[tokio::test(start_paused = true)]
async fn the_same_token_again_is_as_good_as_refused() {
    let cloud = Cloud::default();
    let kit = cloud.kit(LATER).start(cloud.register()).await;
    cloud.tokens.answer(200, &json!({"access_token": "a1", "refresh_token": "r2"}));
    for _ in 0..5 {
        assert_eq!(exposed(cloud.session().reject(&"a1".into()).await), Err(TokenFailure::Refused));
    }
    assert_eq!(cloud.tokens.asked().len(), 1);
    assert_eq!(stored(&kit)["refresh_token"], "r2");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_hub_waits_for_a_rotation() {
    let cloud = Cloud::default();
    let kit = cloud.kit(LATER).start(cloud.register()).await;
    let session = cloud.session();
    cloud.tokens.answer_after(Duration::from_secs(5), 200, &json!({"access_token": "a2", "refresh_token": "r2"}));
    let waiting = tokio::spawn(async move { exposed(session.reject(&"a1".into()).await) });
    tokio::time::sleep(Duration::from_secs(1)).await;
    kit.manager().stop().await;
    assert_eq!(stored(&kit)["refresh_token"], "r2");
    assert_eq!(waiting.await.unwrap(), Ok("a2".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn entries_that_signed_in_together_rotate_together() {
    let cloud = Cloud::default();
    let data = json!({"auth_implementation": "cloud_me", "account": "ada",
        "token": {"access_token": "a1", "refresh_token": "r1", "expires_in": 60, "expires_at": 0}});
    cloud.tokens.answer_after(Duration::from_secs(2), 200, &json!({"access_token": "a2", "refresh_token": "r2"}));
    let kit = Kit::new(1).credential("cloud", "me", "hush").entry("cloud", data.clone()).entry("cloud", data);
    let kit = kit.start(cloud.register()).await;
    for entry in kit.entries("cloud") {
        assert_eq!(kit.state(&entry.entry_id), "loaded");
        assert_eq!(entry.data["token"]["refresh_token"], "r2");
    }
    assert_eq!(cloud.tokens.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_its_credential_an_entry_signs_in_again() {
    let cloud = Cloud::default();
    let token = json!({"access_token": "a1", "refresh_token": "r1", "expires_in": 60, "expires_at": 0});
    let kit = Kit::new(1).entry("cloud", json!({"auth_implementation": "cloud_me", "token": token}));
    let kit = kit.start(cloud.register()).await;
    let id = kit.only_entry("cloud");
    assert_eq!(kit.state(&id), "setup_error");
    assert_eq!(kit.wire(&id)["error_reason_translation_key"], "oauth2_unknown_implementation");
    let flow = kit.only_reauth(&id);
    let done = kit.answer(&flow, json!({})).await.unwrap();
    assert_eq!(done.reason(), Some("missing_credentials"));
    assert!(cloud.tokens.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_restart_between_any_two_steps_ends_well() {
    // Killed while refused and open: the next start finds the same.
    let cloud = Cloud::default();
    cloud.tokens.answer(400, &json!({}));
    let kit = cloud.kit(0).start(cloud.register()).await;
    let id = kit.only_entry("cloud");
    kit.only_reauth(&id);
    cloud.tokens.answer(400, &json!({}));
    let kit = kit.restart(cloud.register()).await;
    let flow = kit.only_reauth(&id);
    // Killed with the page open.
    let page = kit.answer(&flow, json!({})).await.unwrap();
    cloud.tokens.answer(400, &json!({}));
    let kit = kit.restart(cloud.register()).await;
    assert!(kit.visit(&page, "late").await.is_err(), "a state does not outlive its process");
    // Killed between coming back and the exchange.
    let flow = kit.only_reauth(&id);
    let page = kit.answer(&flow, json!({})).await.unwrap();
    kit.visit(&page, "code").await.unwrap();
    cloud.tokens.answer(400, &json!({}));
    let kit = kit.restart(cloud.register()).await;
    let flow = kit.only_reauth(&id);
    sign_in(&cloud, &kit, &flow).await;
    // Killed right after: what was got is there.
    let kit = kit.restart(cloud.register()).await;
    assert_eq!(kit.state(&id), "loaded");
    assert_eq!(stored(&kit)["access_token"], "new");
    // Killed after a rotation.
    cloud.tokens.answer(200, &json!({"access_token": "a9", "refresh_token": "r9"}));
    assert_eq!(exposed(cloud.session().reject(&"new".into()).await), Ok("a9".to_owned()));
    let kit = kit.restart(cloud.register()).await;
    assert_eq!(stored(&kit)["refresh_token"], "r9");
    assert_eq!(kit.only_entry("cloud"), id);
    assert!(kit.flows().is_empty());
    assert_eq!(cloud.tokens.left(), 0);
}

/// A rotated refresh token is kept, whatever else is wrong with the answer that brought it: the old one is used up.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_token_does_not_lose_its_refresh_token() {
    for broken in [
        json!({"refresh_token": "r2", "expires_in": 60}),
        json!({"access_token": "a2", "refresh_token": "r2", "expires_in": "soon"}),
    ] {
        let cloud = Cloud::default();
        cloud.tokens.answer(200, &broken);
        let kit = cloud.kit(0).start(cloud.register()).await;
        assert_ne!(kit.state(&kit.only_entry("cloud")), "loaded");
        assert_eq!(stored(&kit)["refresh_token"], "r2", "{broken}");
        cloud.tokens.answer(200, &json!({"access_token": "a3", "expires_in": 60}));
        kit.reload(&kit.only_entry("cloud")).await.unwrap();
        assert_eq!(kit.state(&kit.only_entry("cloud")), "loaded");
        assert_eq!(cloud.tokens.asked().last().unwrap()["refresh_token"], "r2");
        assert!(kit.flows().is_empty());
    }
}
