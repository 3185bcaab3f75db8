//! Signing in at a provider that somebody else wrote: npm's `oidc-provider` under Node, over real HTTP.
//!
//! `cargo xtask test` installs it and runs these.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod browser;
mod home;
mod node;
mod proxy;

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use browser::Browser;
use home::Home;
use node::Node;
use proxy::{Fault, Proxy};

/// Tokens that have to be refreshed after a second: they count as expired 20 s before they are.
const SHORT: u32 = 21;
const LONG: u32 = 3600;

/// Longer than a short token is good.
async fn pass() {
    sleep(Duration::from_millis(1600)).await;
}

#[tokio::test]
async fn consent_refresh_and_rotation() {
    let node = Node::start(SHORT).await;
    let mut home = Home::start().await;
    let id = home.set_up(&node, node.port(), "ada").await;
    assert_eq!(home.kit().entity_state("sensor.who"), "ada");
    let first = home.refresh_token();
    let mut before = first.clone();
    for _ in 0..3 {
        pass().await;
        home.kit().reload(&id).await.unwrap();
        assert_eq!(home.kit().state(&id), "loaded");
        let after = home.refresh_token();
        assert_ne!(after, before, "rotated, and kept");
        before = after;
    }
    // Killed: what is on disk is what works.
    home.restart().await;
    assert_eq!(home.kit().state(&id), "loaded");
    assert_eq!(home.kit().entity_state("sensor.who"), "ada");
    // Somebody has a copy of a token that was used: the provider ends all of them, so the hub must sign in again.
    assert_eq!(node.refresh(&first).await, 400);
    pass().await;
    home.kit().reload(&id).await.unwrap();
    assert_eq!(home.kit().state(&id), "setup_error");
    assert_eq!(home.sign_in_again(&id, "ada").await, "reauth_successful");
    home.kit().until(&id, "loaded").await;
    assert_eq!(home.kit().only_entry("rest_oauth"), id);
    assert!(home.kit().flows().is_empty() && home.kit().issues().is_empty());
}

#[tokio::test]
async fn a_revocation_at_run_time_opens_one_reauthentication() {
    let node = Node::start(LONG).await;
    let home = Home::start().await;
    let id = home.set_up(&node, node.port(), "ada").await;
    node.revoke(&home.refresh_token()).await;
    home.kit().until_true("a reauthentication", || !home.kit().reauths(&id).is_empty()).await;
    assert_eq!(home.kit().state(&id), "loaded");
    assert_eq!(home.kit().entity_state("sensor.who"), "unavailable");
    assert_eq!(home.sign_in_again(&id, "eve").await, "unique_id_mismatch");
    home.kit().until_true("another", || !home.kit().reauths(&id).is_empty()).await;
    assert_eq!(home.sign_in_again(&id, "ada").await, "reauth_successful");
    home.kit().until_true("values", || home.kit().entity_state("sensor.who") == "ada").await;
    assert_eq!(home.kit().only_entry("rest_oauth"), id);
    assert!(home.kit().flows().is_empty());
}

#[tokio::test]
async fn who_says_no_makes_no_entry() {
    let node = Node::start(LONG).await;
    let home = Home::start().await;
    let page = home.begin(&node, node.port()).await;
    let back = Browser::default().refuse(home::url_of(&page)).await;
    home.come_back(&back).await;
    let done = home.kit().look(page.flow_id()).await.unwrap();
    assert_eq!(done.reason(), Some("user_rejected_authorize"));
    home.kit().assert_quiet();
}

#[tokio::test]
async fn a_callback_works_once_and_a_code_too() {
    let node = Node::start(LONG).await;
    let home = Home::start().await;
    let page = home.begin(&node, node.port()).await;
    let back = Browser::default().sign_in(home::url_of(&page), "ada").await;
    home.come_back(&back).await;
    assert!(home.try_come_back(&back).await.is_err(), "a state is good once");
    assert_eq!(home.kit().look(page.flow_id()).await.unwrap().kind(), "create_entry");
    // The code of one visit with the state of another: the verifier does not fit.
    let mine = home.begin(&node, node.port()).await;
    let theirs = home.begin(&node, node.port()).await;
    let stolen = Browser::default().sign_in(home::url_of(&theirs), "eve").await;
    let own = Browser::default().sign_in(home::url_of(&mine), "ada").await;
    let mixed = browser::Back { code: stolen.code, ..own };
    home.come_back(&mixed).await;
    assert_eq!(home.kit().look(mine.flow_id()).await.unwrap().reason(), Some("oauth_unauthorized"));
}

/// What becomes of an entry whose token has to be refreshed while its provider is in trouble, and that it works again
/// when the trouble is over.
async fn check(fault: Fault, state: &str, key: Option<&str>, at_least: Duration) {
    let node = Node::start(SHORT).await;
    let proxy = Proxy::start(node.port()).await;
    let home = Home::start().await;
    let id = home.set_up(&node, proxy.port(), "ada").await;
    pass().await;
    proxy.inject(fault);
    home.kit().reload(&id).await.unwrap();
    assert_eq!(home.kit().state(&id), state, "{fault:?}");
    let wire = home.kit().wire(&id);
    assert_eq!(wire.get("error_reason_translation_key"), Some(&json!(key)), "{fault:?}");
    let since = Instant::now();
    proxy.inject(Fault::None);
    if state == "setup_error" {
        assert_eq!(home.sign_in_again(&id, "ada").await, "reauth_successful", "{fault:?}");
    } else {
        assert!(home.kit().flows().is_empty(), "{fault:?}");
    }
    home.kit().until(&id, "loaded").await;
    assert!(since.elapsed() >= at_least, "{fault:?}: {:?}", since.elapsed());
    assert_eq!(home.kit().entity_state("sensor.who"), "ada");
    assert_eq!(home.kit().only_entry("rest_oauth"), id);
    assert!(home.kit().flows().is_empty() && home.kit().issues().is_empty());
}

#[tokio::test]
async fn a_refused_refresh_is_signed_in_again() {
    check(Fault::Status(401, None), "setup_error", Some("oauth2_helper_reauth_required"), Duration::ZERO).await;
}

#[tokio::test]
async fn a_broken_provider_is_tried_again() {
    check(Fault::Status(500, None), "setup_retry", Some("oauth2_helper_refresh_transient"), Duration::ZERO).await;
}

#[tokio::test]
async fn a_busy_provider_is_left_alone() {
    let wait = Duration::from_secs(8);
    let fault = Fault::Status(429, Some(9));
    check(fault, "setup_retry", Some("oauth2_helper_refresh_transient"), wait).await;
}

#[tokio::test]
async fn a_slow_provider_is_tried_again() {
    check(Fault::Silence, "setup_retry", Some("oauth2_helper_refresh_transient"), Duration::ZERO).await;
}

#[tokio::test]
async fn a_provider_that_hangs_up_is_tried_again() {
    check(Fault::HangUp, "setup_retry", Some("oauth2_helper_refresh_transient"), Duration::ZERO).await;
}

#[tokio::test]
async fn a_page_in_place_of_a_token_is_tried_again() {
    check(Fault::Page, "setup_retry", Some("oauth2_helper_refresh_failed"), Duration::ZERO).await;
}

#[tokio::test]
async fn a_provider_that_is_gone_is_tried_again_and_its_redirects_are_not_followed() {
    let node = Node::start(SHORT).await;
    let proxy = Proxy::start(node.port()).await;
    let home = Home::start().await;
    let id = home.set_up(&node, proxy.port(), "ada").await;
    pass().await;
    proxy.inject(Fault::Redirect(node.port()));
    let before = home.refresh_token();
    home.kit().reload(&id).await.unwrap();
    assert_eq!(home.kit().state(&id), "setup_retry");
    assert_eq!(home.refresh_token(), before);
    drop(proxy);
    home.kit().reload(&id).await.unwrap();
    assert_eq!(home.kit().state(&id), "setup_retry");
    assert!(home.kit().flows().is_empty());
}

#[tokio::test]
async fn an_exchange_in_trouble_says_how() {
    let node = Node::start(LONG).await;
    let proxy = Proxy::start(node.port()).await;
    let home = Home::start().await;
    for (fault, reason) in [
        (Fault::Status(401, None), "oauth_unauthorized"),
        (Fault::Status(500, None), "oauth_failed"),
        (Fault::HangUp, "oauth_failed"),
        (Fault::Silence, "oauth_timeout"),
    ] {
        let page = home.begin(&node, proxy.port()).await;
        let back = Browser::default().sign_in(home::url_of(&page), "ada").await;
        home.come_back(&back).await;
        proxy.inject(fault);
        assert_eq!(home.kit().look(page.flow_id()).await.unwrap().reason(), Some(reason), "{fault:?}");
        proxy.inject(Fault::None);
    }
    home.kit().assert_quiet();
}
