//! Signing in for the first time, and again as somebody else.

use std::time::Duration;

use config_entries::{
    ContinueFlow, FlowAnswer, FlowError, FlowFamily, StartFlow,
    oauth2::{HttpAnswer, TransportError},
};
use integration_testkit::Kit;
use serde_json::json;
use url::Url;

use crate::cloud::Cloud;

async fn kit(cloud: &Cloud) -> Kit {
    Kit::new(1).credential("cloud", "me", "hush").start(cloud.register()).await
}

#[tokio::test(start_paused = true)]
async fn signing_in_makes_an_entry() {
    let cloud = Cloud::default();
    let kit = kit(&cloud).await;
    let page = kit.start_flow("cloud").await.unwrap();
    let url = Url::parse(&kit.visit(&page, "the code").await.unwrap()).unwrap();
    let query: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(url.query_pairs().count(), query.len(), "each once");
    let redirect = "http://127.0.0.1:8123/auth/external/callback";
    for (name, value) in [
        ("tenant", "1"),
        ("access_type", "offline"),
        ("scope", "read write"),
        ("response_type", "code"),
        ("client_id", "me"),
        ("redirect_uri", redirect),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(query[name], value);
    }
    assert!(cloud.tokens.asked().is_empty(), "the code is exchanged in the next request");
    cloud.tokens.answer(200, &json!({"access_token": "a", "refresh_token": "r", "expires_in": 60, "sub": "ada"}));
    let done = kit.look(page.flow_id()).await.unwrap();
    assert_eq!(done.kind(), "create_entry");
    let form = &cloud.tokens.asked()[0];
    assert_eq!(
        (&*form["grant_type"], &*form["code"], &*form["redirect_uri"]),
        ("authorization_code", "the code", redirect)
    );
    assert_eq!(form["code_verifier"].len(), 43);
    assert_ne!(form["code_verifier"], query["code_challenge"]);
    let entry = &kit.entries("cloud")[0];
    assert_eq!(entry.data["auth_implementation"], "cloud_me");
    assert_eq!(entry.data["token"]["refresh_token"], "r");
    assert_eq!(kit.state(&entry.entry_id), "loaded");
    // The same account once more.
    let page = kit.start_flow("cloud").await.unwrap();
    kit.visit(&page, "another").await.unwrap();
    cloud.tokens.answer(200, &json!({"access_token": "b", "expires_in": 60, "sub": "ada"}));
    assert_eq!(kit.look(page.flow_id()).await.unwrap().reason(), Some("already_configured"));
}

/// What a flow ends with if the exchange of its code comes to `answer`.
async fn check(answer: Result<HttpAnswer, TransportError>, wait: u64, expected: &str) {
    let cloud = Cloud::default();
    let kit = kit(&cloud).await;
    let page = kit.start_flow("cloud").await.unwrap();
    kit.visit(&page, "code").await.unwrap();
    cloud.tokens.then(Duration::from_secs(wait), answer.clone());
    let done = kit.look(page.flow_id()).await.unwrap();
    assert_eq!(done.reason(), Some(expected), "{answer:?}");
    assert_eq!(done.to_wire()["translation_domain"], "homeassistant");
    assert!(kit.entries("cloud").is_empty());
    kit.assert_quiet();
}

#[tokio::test(start_paused = true)]
async fn an_exchange_that_fails_says_how() {
    for status in [400, 401, 403, 404, 422] {
        check(Ok(HttpAnswer::json(status, "{}")), 0, "oauth_unauthorized").await;
    }
    for status in [302, 429, 500, 503] {
        check(Ok(HttpAnswer::json(status, "{}")), 0, "oauth_failed").await;
    }
    check(Ok(HttpAnswer::json(200, "{")), 0, "oauth_failed").await;
    check(Ok(HttpAnswer { content_type: "text/html".to_owned(), ..HttpAnswer::json(200, "{}") }), 0, "oauth_failed")
        .await;
    check(Err(TransportError::Failed("x".to_owned())), 0, "oauth_failed").await;
    check(Err(TransportError::Timeout), 0, "oauth_timeout").await;
    check(Ok(HttpAnswer::json(200, "{}")), 31, "oauth_timeout").await;
    check(Ok(HttpAnswer::json(200, r#"{"access_token": "a"}"#)), 0, "oauth_error").await;
    check(Ok(HttpAnswer::json(200, r#"{"expires_in": 60}"#)), 0, "oauth_error").await;
}

#[tokio::test(start_paused = true)]
async fn who_says_no_ends_the_flow() {
    let cloud = Cloud::default();
    let kit = kit(&cloud).await;
    let page = kit.start_flow("cloud").await.unwrap();
    let url = Url::parse(page.to_wire()["url"].as_str().unwrap()).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    kit.manager().external_callback(&state, None, Some("access_denied\n")).await.unwrap();
    let done = kit.look(page.flow_id()).await.unwrap();
    assert_eq!(done.reason(), Some("user_rejected_authorize"));
    assert_eq!(done.to_wire()["description_placeholders"], json!({"error": "access_denied"}));
}

#[tokio::test(start_paused = true)]
async fn without_credentials_or_a_way_back_there_is_no_flow() {
    let cloud = Cloud::default();
    let kit = Kit::new(1).start(cloud.register()).await;
    assert_eq!(kit.start_flow("cloud").await.unwrap().reason(), Some("missing_credentials"));
    let kit = self::kit(&cloud).await;
    for base in [None, Some("javascript:alert(1)"), Some("http://127.0.0.1:8123/path")] {
        let frontend_base = base.map(str::to_owned);
        let wish = StartFlow { domain: "cloud".to_owned(), reconfigure: None, frontend_base };
        let done = kit.manager().start_flow(kit.authorize(wish)).await.unwrap();
        assert_eq!(done.reason(), Some("no_url_available"), "{base:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_of_several_credentials_is_picked() {
    let cloud = Cloud::default();
    let kit =
        Kit::new(1).credential("cloud", "me", "hush").credential("cloud", "you", "").start(cloud.register()).await;
    let form = kit.start_flow("cloud").await.unwrap();
    assert_eq!(form.step_id(), Some("pick_implementation"));
    assert!(kit.answer(form.flow_id(), json!({"implementation": "cloud_them"})).await.is_err());
    let page = kit.answer(form.flow_id(), json!({"implementation": "cloud_you"})).await.unwrap();
    assert!(page.to_wire()["url"].as_str().unwrap().contains("client_id=you"));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_moves_gets_a_page_of_its_own() {
    let cloud = Cloud::default();
    let kit = kit(&cloud).await;
    let page = kit.start_flow("cloud").await.unwrap();
    let wish = ContinueFlow {
        family: FlowFamily::Config,
        flow_id: page.flow_id().to_owned(),
        input: None,
        frontend_base: Some("https://home.example".to_owned()),
    };
    let moved = kit.manager().continue_flow(kit.authorize(wish)).await.unwrap();
    assert!(moved.to_wire()["url"].as_str().unwrap().contains("https%3A%2F%2Fhome.example%2Fauth"));
    assert!(kit.visit(&page, "old").await.is_err());
    kit.visit(&moved, "new").await.unwrap();
}

async fn reauth(cloud: &Cloud, kit: &Kit, sub: &str) -> FlowAnswer {
    let id = kit.only_entry("cloud");
    kit.reauth(&id).await.unwrap();
    let flow = kit.only_reauth(&id);
    let page = kit.answer(&flow, json!({})).await.unwrap();
    kit.visit(&page, "code").await.unwrap();
    cloud.tokens.answer(200, &json!({"access_token": "z", "refresh_token": "z", "expires_in": 3600, "sub": sub}));
    kit.look(&flow).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_account_is_not_taken() {
    let cloud = Cloud::default();
    let kit = kit(&cloud).await;
    let page = kit.start_flow("cloud").await.unwrap();
    kit.visit(&page, "code").await.unwrap();
    cloud.tokens.answer(200, &json!({"access_token": "a", "refresh_token": "r", "expires_in": 3600, "sub": "ada"}));
    kit.look(page.flow_id()).await.unwrap();
    assert_eq!(reauth(&cloud, &kit, "eve").await.reason(), Some("unique_id_mismatch"));
    assert_eq!(kit.entries("cloud")[0].data["token"]["access_token"], "a");
    assert_eq!(reauth(&cloud, &kit, "ada").await.reason(), Some("reauth_successful"));
    assert_eq!(kit.entries("cloud")[0].data["token"]["access_token"], "z");
    // A reconfiguration goes the same way.
    let id = kit.only_entry("cloud");
    let page = kit.start_reconfigure("cloud", &id).await.unwrap();
    kit.visit(&page, "code").await.unwrap();
    cloud.tokens.answer(200, &json!({"access_token": "y", "refresh_token": "y", "expires_in": 3600, "sub": "ada"}));
    assert_eq!(kit.look(page.flow_id()).await.unwrap().reason(), Some("reconfigure_successful"));
    assert_eq!(kit.entries("cloud")[0].data["token"]["access_token"], "y");
}

/// A code is good once: what came of it is kept later, if the disk was full.
#[tokio::test(start_paused = true)]
async fn a_token_that_could_not_be_kept_is_kept_at_the_next_look() {
    let cloud = Cloud::default();
    let kit = kit(&cloud).await;
    let page = kit.start_flow("cloud").await.unwrap();
    kit.visit(&page, "code").await.unwrap();
    cloud.tokens.answer(200, &json!({"access_token": "a", "refresh_token": "r", "expires_in": 60, "sub": "ada"}));
    kit.set_disk_fails(true);
    for _ in 0..2 {
        assert!(matches!(kit.look(page.flow_id()).await, Err(FlowError::Manage(_))));
    }
    assert!(kit.entries("cloud").is_empty());
    kit.set_disk_fails(false);
    assert_eq!(kit.look(page.flow_id()).await.unwrap().kind(), "create_entry");
    assert_eq!(kit.entries("cloud")[0].data["token"]["refresh_token"], "r");
    assert_eq!(cloud.tokens.asked().len(), 1);
    // The same for a reauthentication.
    let id = kit.only_entry("cloud");
    kit.reauth(&id).await.unwrap();
    let flow = kit.only_reauth(&id);
    let page = kit.answer(&flow, json!({})).await.unwrap();
    kit.visit(&page, "another").await.unwrap();
    cloud.tokens.answer(200, &json!({"access_token": "b", "refresh_token": "s", "expires_in": 60, "sub": "ada"}));
    kit.set_disk_fails(true);
    assert!(kit.look(&flow).await.is_err());
    kit.set_disk_fails(false);
    assert_eq!(kit.look(&flow).await.unwrap().reason(), Some("reauth_successful"));
    assert_eq!(kit.entries("cloud")[0].data["token"]["refresh_token"], "s");
}
