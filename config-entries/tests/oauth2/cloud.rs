//! An integration that signs in with OAuth2 and does nothing else.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use config_entries::{
    Abort, AuthFailed, ConfigEntry, Entry, EntryUpdate, Flow, FlowContext, Form, Identity, Integration,
    IntegrationKind, Manager, Manifest, NewEntry, Reauthenticate, Running, Schema, SetupError, Step,
    oauth2::{AuthServer, ClientAuth, OAuth2Flow, SignIn, SignedIn, TokenEndpoint, TokenSession},
};
use integration_testkit::{Kit, ScriptedTokens};
use serde_json::{Map, Value, json};

static MANIFEST: Manifest = Manifest {
    domain: "cloud",
    name: "Cloud",
    kind: IntegrationKind::Service,
    version: 1,
    minor_version: 1,
    single: false,
    config_flow: true,
    options: false,
    reconfigure: true,
    application_credentials: true,
    subentries: &[],
    texts: "{}",
};

/// The cloud as a test holds it: what is asked of its token endpoint, and the session of the entry set up last.
#[derive(Clone, Default)]
pub(crate) struct Cloud {
    pub(crate) tokens: Arc<ScriptedTokens>,
    /// In place of `tokens`.
    other: Option<Arc<dyn TokenEndpoint>>,
    session: Arc<Mutex<Option<TokenSession>>>,
}

impl Cloud {
    /// Returns a cloud with another token endpoint than a scripted one.
    pub(crate) fn at(endpoint: Arc<dyn TokenEndpoint>) -> Self {
        Self { other: Some(endpoint), ..Self::default() }
    }

    fn endpoint(&self) -> Arc<dyn TokenEndpoint> {
        self.other.clone().unwrap_or_else(|| Arc::clone(&self.tokens) as Arc<_>)
    }

    pub(crate) fn session(&self) -> TokenSession {
        self.session.lock().unwrap().clone().expect("an entry was set up")
    }

    /// Registers the integration.
    pub(crate) fn register(&self) -> impl FnOnce(&Manager, &dyn Fn(&str) -> auth_core::Principal) + use<> {
        let cloud = self.clone();
        move |manager, principal| manager.register(cloud, principal("cloud")).expect("its own principal")
    }

    /// Returns a home with one entry, whose token has expired if `expires_at` says so.
    pub(crate) fn kit(&self, expires_at: u64) -> Kit {
        let token = json!({"access_token": "a1", "refresh_token": "r1", "expires_in": 3600, "expires_at": expires_at});
        let data = json!({"auth_implementation": "cloud_me", "token": token, "keep": 1});
        Kit::new(1).credential("cloud", "me", "hush").entry("cloud", data)
    }

    fn server() -> AuthServer {
        AuthServer {
            authorize_url: "https://cloud.example/authorize?tenant=1".to_owned(),
            token_url: "https://cloud.example/token".to_owned(),
            scope: "read write".to_owned(),
            parameters: vec![("access_type".to_owned(), "offline".to_owned()), ("state".to_owned(), "x".to_owned())],
            client_auth: ClientAuth::Body,
        }
    }

    fn flow(&self) -> CloudFlow {
        CloudFlow { sign_in: OAuth2Flow::new(self.endpoint(), Self::server()) }
    }
}

struct Up;

#[async_trait]
impl Running for Up {}

#[async_trait]
impl Integration for Cloud {
    type Refusal = AuthFailed;

    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    async fn setup(&self, entry: &Entry<AuthFailed>) -> Result<Box<dyn Running>, SetupError<AuthFailed>> {
        let session = TokenSession::new(entry.clone(), self.endpoint(), &Self::server());
        *self.session.lock().unwrap() = Some(session.clone());
        session.access_token().await?;
        Ok(Box::new(Up))
    }

    fn config_flow(&self) -> Option<Box<dyn Flow<NewEntry>>> {
        Some(Box::new(self.flow()))
    }

    fn reconfigure_flow(&self, _: &ConfigEntry) -> Option<Box<dyn Flow<EntryUpdate>>> {
        Some(Box::new(self.flow()))
    }
}

impl Reauthenticate for Cloud {
    fn reauth_flow(&self, _: &ConfigEntry) -> Box<dyn Flow<EntryUpdate>> {
        Box::new(self.flow())
    }

    fn account(&self, entry: &ConfigEntry) -> Option<String> {
        entry.data.get("account").map(ToString::to_string)
    }
}

struct CloudFlow {
    sign_in: OAuth2Flow,
}

impl CloudFlow {
    async fn sign_in(
        &mut self,
        flow: &mut FlowContext,
        step_id: &str,
        input: Option<Map<String, Value>>,
    ) -> Result<SignIn, Abort> {
        match step_id {
            owned if OAuth2Flow::owns(owned) => self.sign_in.step(flow, step_id, input).await,
            "reauth" | "reauth_confirm" if input.is_none() => {
                Ok(SignIn::Show(config_entries::Shown::Form(Form::new("reauth_confirm", Schema::new()))))
            }
            _ => self.sign_in.begin(flow),
        }
    }
}

fn sub(signed_in: &SignedIn) -> Option<String> {
    signed_in.token.rest().get("sub").and_then(Value::as_str).map(str::to_owned)
}

#[async_trait]
impl Flow<NewEntry> for CloudFlow {
    async fn step(
        &mut self,
        flow: &mut FlowContext,
        step_id: &str,
        input: Option<Map<String, Value>>,
    ) -> Result<Step<NewEntry>, Abort> {
        Ok(match self.sign_in(flow, step_id, input).await? {
            SignIn::Show(shown) => Step::Show(shown),
            SignIn::Done(signed_in) => {
                if let Some(sub) = sub(&signed_in) {
                    flow.set_unique_id(&sub)?;
                    flow.abort_if_configured(None).await?;
                }
                Step::Done(NewEntry { title: "Cloud".to_owned(), data: signed_in.into_data(), ..NewEntry::default() })
            }
        })
    }
}

#[async_trait]
impl Flow<EntryUpdate> for CloudFlow {
    async fn step(
        &mut self,
        flow: &mut FlowContext,
        step_id: &str,
        input: Option<Map<String, Value>>,
    ) -> Result<Step<EntryUpdate>, Abort> {
        Ok(match self.sign_in(flow, step_id, input).await? {
            SignIn::Show(shown) => Step::Show(shown),
            SignIn::Done(signed_in) => {
                let identity = sub(&signed_in).map_or(Identity::Unknown, Identity::UniqueId);
                Step::Done(EntryUpdate { identity, data: signed_in.into_data(), title: None })
            }
        })
    }
}
