//! A web with one JSON resource and one token endpoint.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use auth_core::Principal;
use config_entries::{
    FlowAnswer, Manager,
    oauth2::{HttpAnswer, TokenEndpoint, TransportError},
};
use integration_testkit::{Kit, ScriptedTokens};
use rest_oauth::{RestOauth, Web};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

#[derive(Clone, Default)]
pub(crate) struct FakeWeb {
    pub(crate) tokens: Arc<ScriptedTokens>,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    valid: BTreeSet<String>,
    json: Value,
    sub: String,
    /// What the resource answers instead.
    trouble: Option<Result<HttpAnswer, TransportError>>,
    asked: Vec<(String, String)>,
}

impl FakeWeb {
    pub(crate) fn new() -> Self {
        let web = Self::default();
        web.show(json!({"temp": 20.5, "deep": [{"on": true}], "owner": {"id": 7}}));
        web.lock().sub = "ada".to_owned();
        web
    }

    /// Takes these tokens, and no others.
    pub(crate) fn take(&self, tokens: &[&str]) {
        self.lock().valid = tokens.iter().map(|token| (*token).to_owned()).collect();
    }

    pub(crate) fn show(&self, json: Value) {
        self.lock().json = json;
    }

    pub(crate) fn belong_to(&self, sub: &str) {
        self.lock().sub = sub.to_owned();
    }

    pub(crate) fn break_with(&self, status: u16, retry_after: Option<u64>) {
        let retry_after = retry_after.map(Duration::from_secs);
        self.lock().trouble = Some(Ok(HttpAnswer { retry_after, ..HttpAnswer::json(status, "{}") }));
    }

    pub(crate) fn cut(&self) {
        self.lock().trouble = Some(Err(TransportError::Failed("could not connect".to_owned())));
    }

    pub(crate) fn mend(&self) {
        self.lock().trouble = None;
    }

    /// How often the resource was looked at.
    pub(crate) fn looks(&self) -> usize {
        self.lock().asked.iter().filter(|(url, _)| url.ends_with("/values")).count()
    }

    pub(crate) fn register(&self) -> impl FnOnce(&Manager, &dyn Fn(&str) -> Principal) + use<> {
        let web = self.clone();
        move |manager, principal| {
            manager.register(RestOauth::new(web), principal("rest_oauth")).expect("its own principal");
        }
    }

    pub(crate) async fn kit(&self) -> Kit {
        Kit::new(1).credential("rest_oauth", "me", "hush").start(self.register()).await
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}

#[async_trait]
impl Web for FakeWeb {
    fn tokens(&self, _: bool) -> Arc<dyn TokenEndpoint> {
        Arc::clone(&self.tokens) as Arc<_>
    }

    async fn get(&self, _: bool, url: &str, token: &SecretString) -> Result<HttpAnswer, TransportError> {
        let mut inner = self.lock();
        inner.asked.push((url.to_owned(), token.expose_secret().to_owned()));
        if url.ends_with("/me") {
            return Ok(HttpAnswer::json(200, json!({"sub": inner.sub}).to_string()));
        }
        match &inner.trouble {
            Some(trouble) => trouble.clone(),
            None if inner.valid.contains(token.expose_secret()) => Ok(HttpAnswer::json(200, inner.json.to_string())),
            None => Ok(HttpAnswer::json(401, "{}")),
        }
    }
}

/// What is entered to set up the resource of this host.
pub(crate) fn form(host: &str) -> Value {
    json!({
        "name": "Weather",
        "authorize_url": "https://login.example/authorize",
        "token_url": "https://login.example/token",
        "scope": "read",
        "resource_url": format!("https://{host}/values"),
        "userinfo_url": "https://login.example/me",
        "sensors": "Outside = temp °C\nDoor = deep.0.on",
    })
}

pub(crate) fn token(access: &str, refresh: &str) -> Value {
    json!({"access_token": access, "refresh_token": refresh, "expires_in": 3600, "token_type": "Bearer"})
}

/// Signs in where a flow shows the page for it, and returns what the flow says then.
pub(crate) async fn sign_in(web: &FakeWeb, kit: &Kit, page: &FlowAnswer, token: &Value) -> FlowAnswer {
    kit.visit(page, "code").await.unwrap();
    web.tokens.answer(200, token);
    kit.look(page.flow_id()).await.unwrap()
}

/// Makes an entry, and returns its id.
pub(crate) async fn set_up(web: &FakeWeb, kit: &Kit, host: &str, token: &Value) -> String {
    let start = kit.start_flow("rest_oauth").await.unwrap();
    let page = kit.answer(start.flow_id(), form(host)).await.unwrap();
    let done = sign_in(web, kit, &page, token).await;
    done.entry_id().unwrap_or_else(|| unreachable!("{}", done.to_wire())).to_owned()
}
