//! Whatever callers, disks, providers and administrators do, in any order: no refresh token is sent twice at once or
//! after it was used up, so a provider that ends a session for that never has a reason to.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use config_entries::oauth2::{HttpAnswer, TokenEndpoint, TokenFailure, TransportError};
use futures_util::FutureExt;
use integration_testkit::Kit;
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::json;
use tokio::time::sleep;

use crate::cloud::Cloud;

/// A provider that rotates, and ends everything when a used token comes back.
#[derive(Default)]
pub(crate) struct Strict {
    inner: Mutex<State>,
}

#[derive(Default)]
struct State {
    generation: u32,
    in_flight: u32,
    is_busy: bool,
    is_gone: bool,
    mistakes: Vec<String>,
    refreshes: u32,
}

impl Strict {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.inner.lock().unwrap()
    }
}

#[async_trait]
impl TokenEndpoint for Strict {
    async fn post_form(
        &self,
        _: &str,
        fields: &[(&str, &str)],
        _: Option<(&str, &SecretString)>,
    ) -> Result<HttpAnswer, TransportError> {
        let token = fields.iter().find(|(name, _)| *name == "refresh_token").map(|(_, value)| (*value).to_owned());
        let answer = {
            let mut state = self.state();
            state.in_flight += 1;
            if state.in_flight > 1 {
                state.mistakes.push("two at once".to_owned());
            }
            if state.is_gone {
                Err(TransportError::Timeout)
            } else if state.is_busy {
                Ok(HttpAnswer::json(503, "{}"))
            } else if token != Some(format!("r{}", state.generation)) {
                let generation = state.generation;
                state.mistakes.push(format!("{token:?} came, r{generation} was due"));
                Ok(HttpAnswer::json(400, "{}"))
            } else {
                state.generation += 1;
                state.refreshes += 1;
                let n = state.generation;
                let token =
                    json!({"access_token": format!("a{n}"), "refresh_token": format!("r{n}"), "expires_in": 60});
                Ok(HttpAnswer::json(200, token.to_string()))
            }
        };
        // The token is rotated; the answer takes its time.
        sleep(Duration::from_millis(700)).await;
        self.state().in_flight -= 1;
        answer
    }
}

#[derive(Clone, Copy, Debug)]
enum Act {
    /// Somebody needs the token, and waits.
    Need,
    /// Somebody needs the token, and waits for so many milliseconds at most.
    NeedBriefly(u64),
    /// The resource refuses the token that is there.
    Reject,
    /// The disk fails, or works again.
    Disk(bool),
    /// The provider is busy, or no more.
    Busy(bool),
    /// The provider is not there, or back.
    Gone(bool),
    /// An administrator reloads an entry.
    Reload(usize),
    /// Time passes, in milliseconds.
    Pass(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Need),
        2 => (0_u64..900).prop_map(Act::NeedBriefly),
        2 => Just(Act::Reject),
        2 => any::<bool>().prop_map(Act::Disk),
        1 => any::<bool>().prop_map(Act::Busy),
        1 => any::<bool>().prop_map(Act::Gone),
        2 => (0_usize..2).prop_map(Act::Reload),
        4 => (1_u64..90_000).prop_map(Act::Pass),
        3 => (1_u64..900).prop_map(Act::Pass),
    ]
}

async fn storm(acts: &[Act]) {
    let strict = Arc::new(Strict::default());
    let cloud = Cloud::at(Arc::clone(&strict) as Arc<_>);
    let token = json!({"access_token": "a0", "refresh_token": "r0", "expires_in": 60, "expires_at": 0});
    let data = json!({"auth_implementation": "cloud_me", "account": "ada", "token": token});
    let kit = Kit::new(1).credential("cloud", "me", "hush").entry("cloud", data.clone()).entry("cloud", data);
    let kit = Arc::new(kit.start(cloud.register()).await);
    let ids: Vec<_> = kit.entries("cloud").iter().map(|entry| entry.entry_id.clone()).collect();
    for act in acts {
        match *act {
            Act::Need => {
                let session = cloud.session();
                tokio::spawn(async move { session.access_token().await });
            }
            Act::NeedBriefly(millis) => {
                let session = cloud.session();
                tokio::spawn(async move {
                    _ = tokio::time::timeout(Duration::from_millis(millis), session.access_token()).await;
                });
            }
            Act::Reject => {
                let session = cloud.session();
                if let Some(Ok(token)) = session.access_token().now_or_never() {
                    tokio::spawn(async move { session.reject(&token).await });
                }
            }
            Act::Disk(works) => kit.set_disk_fails(!works),
            Act::Busy(is_busy) => strict.state().is_busy = is_busy,
            Act::Gone(is_gone) => strict.state().is_gone = is_gone,
            Act::Reload(n) => {
                let (kit, id) = (Arc::clone(&kit), ids[n].clone());
                tokio::spawn(async move { _ = kit.reload(&id).await });
            }
            Act::Pass(millis) => sleep(Duration::from_millis(millis)).await,
        }
    }
    // When all is well again, so are the entries, and nobody had to sign in.
    kit.set_disk_fails(false);
    strict.state().is_busy = false;
    strict.state().is_gone = false;
    for id in &ids {
        kit.until(id, "loaded").await;
    }
    sleep(Duration::from_secs(61)).await;
    let outcome = cloud.session().access_token().await;
    assert!(!matches!(outcome, Err(TokenFailure::Refused)));
    outcome.unwrap();
    assert_eq!(strict.state().mistakes, Vec::<String>::new());
    assert!(kit.flows().is_empty());
    let due = format!("r{}", strict.state().generation);
    assert!(kit.entries("cloud").iter().all(|entry| entry.data["token"]["refresh_token"] == due));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_refresh_token_is_sent_twice(acts in prop::collection::vec(act(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(storm(&acts));
    }
}
