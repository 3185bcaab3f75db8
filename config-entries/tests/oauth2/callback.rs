//! The way back from the authorization server.

use config_entries::{FlowAnswer, oauth2::CallbackError};
use integration_testkit::Kit;
use serde_json::json;

use crate::cloud::Cloud;

async fn waiting(cloud: &Cloud) -> (Kit, FlowAnswer, String) {
    let kit = Kit::new(3).credential("cloud", "me", "hush").start(cloud.register()).await;
    let page = kit.start_flow("cloud").await.unwrap();
    let url = page.to_wire()["url"].as_str().unwrap().to_owned();
    let state = url::Url::parse(&url).unwrap().query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    (kit, page, state)
}

#[tokio::test(start_paused = true)]
async fn a_state_works_once_and_only_with_something() {
    let cloud = Cloud::default();
    let (kit, page, state) = waiting(&cloud).await;
    let back = kit.manager();
    for nothing in [None, Some("")] {
        let outcome = back.external_callback(&state, nothing, nothing).await;
        assert!(matches!(outcome, Err(CallbackError::MissingCodeOrError)));
    }
    for bad in ["", "x", &state.replace('.', "_"), &format!("{state}A"), "eyJhbGciOiJub25lIn0.e30."] {
        assert!(matches!(back.external_callback(bad, Some("c"), None).await, Err(CallbackError::BadState)), "{bad}");
    }
    assert_eq!(kit.look(page.flow_id()).await.unwrap().to_wire(), page.to_wire(), "untouched, the same page");
    back.external_callback(&state, Some("c"), None).await.unwrap();
    assert!(matches!(back.external_callback(&state, Some("d"), None).await, Err(CallbackError::BadState)));
}

#[tokio::test(start_paused = true)]
async fn a_state_ends_with_its_flow_and_its_time() {
    let cloud = Cloud::default();
    let (kit, page, state) = waiting(&cloud).await;
    tokio::time::advance(std::time::Duration::from_secs(600)).await;
    let outcome = kit.manager().external_callback(&state, Some("c"), None).await;
    assert!(matches!(outcome, Err(CallbackError::BadState)), "too old");
    let again = kit.look(page.flow_id()).await.unwrap();
    assert_ne!(again.to_wire()["url"], page.to_wire()["url"], "a new one");
    kit.abort(page.flow_id()).unwrap();
    assert!(matches!(kit.visit(&again, "c").await, Err(CallbackError::UnknownFlow)));
}

#[tokio::test(start_paused = true)]
async fn nobody_hands_in_a_code_without_the_state() {
    let cloud = Cloud::default();
    let (kit, page, _) = waiting(&cloud).await;
    let answer = kit.answer(page.flow_id(), json!({"code": "mine", "state": {}})).await.unwrap();
    assert_eq!(answer.to_wire(), page.to_wire());
    assert!(cloud.tokens.asked().is_empty());
}
