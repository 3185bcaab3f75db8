//! The steps that get the first token, or a new one: for the flows of integrations.

use std::{sync::Arc, time::Duration};

use auth_core::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::{
    ApplicationCredential, AuthServer, Token, TokenEndpoint, TransportError,
    authorize::{authorize_url, redirect_uri},
    failure::read_json,
    pkce::Verifier,
    session::ask,
    state::LIFETIME_SECS,
};
use crate::{Abort, Field, FieldKind, FlowContext, Form, Schema, Shown};

/// The steps of signing in, inside an integration's flow. The flow begins it with [`Self::begin`] where it is time to
/// sign in, hands it the steps that it [owns](Self::owns), and goes on with what it comes to: the same for making an
/// entry, for reauthentication and for reconfiguration.
///
/// ```
/// # use config_entries::{Abort, FlowContext, Step, NewEntry, oauth2::{OAuth2Flow, SignIn}};
/// # use serde_json::{Map, Value};
/// # struct My { sign_in: OAuth2Flow }
/// # impl My {
/// async fn step(&mut self, flow: &mut FlowContext, step_id: &str, input: Option<Map<String, Value>>)
///     -> Result<Step<NewEntry>, Abort> {
///     let came_to = if OAuth2Flow::owns(step_id) {
///         self.sign_in.step(flow, step_id, input).await?
///     } else {
///         self.sign_in.begin(flow)?
///     };
///     match came_to {
///         SignIn::Show(shown) => Ok(Step::Show(shown)),
///         SignIn::Done(signed_in) => {
///             let (title, data) = ("My account".to_owned(), signed_in.into_data());
///             Ok(Step::Done(NewEntry { title, data, ..NewEntry::default() }))
///         }
///     }
/// }
/// # }
/// ```
pub struct OAuth2Flow {
    endpoint: Arc<dyn TokenEndpoint>,
    server: AuthServer,
    credential: Option<ApplicationCredential>,
    visit: Option<Visit>,
    /// What the page came back with.
    came_back: Option<Result<SecretString, String>>,
}

/// What signing in comes to.
#[derive(Debug)]
pub enum SignIn {
    /// Something is shown, and the flow waits.
    Show(Shown),
    /// There is a token.
    Done(SignedIn),
}

/// A token, and with which credential it was got.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The token.
    pub token: Token,
    /// The id of the application credential.
    pub implementation: String,
}

/// One visit to the authorization server, that a flow waits for.
struct Visit {
    url: String,
    redirect_uri: String,
    verifier: Verifier,
    until: Timestamp,
}

/// How long an answer to the exchange of a code may take.
const EXCHANGE_TIME: Duration = Duration::from_secs(30);
/// The most characters that are shown of an error from elsewhere.
const SHOWN: usize = 200;

impl SignedIn {
    /// Returns what belongs into the entry's data, over what else is there: `auth_implementation` and `token`.
    pub fn into_data(self) -> Map<String, Value> {
        let implementation = ("auth_implementation".to_owned(), json!(self.implementation));
        Map::from_iter([implementation, ("token".to_owned(), self.token.to_data())])
    }
}

impl OAuth2Flow {
    /// Returns the steps for a server. Nothing is asked yet.
    pub const fn new(endpoint: Arc<dyn TokenEndpoint>, server: AuthServer) -> Self {
        Self { endpoint, server, credential: None, visit: None, came_back: None }
    }

    /// Tells whether a step is one of these.
    pub fn owns(step_id: &str) -> bool {
        ["pick_implementation", "auth", "creation", "authorize_rejected"].contains(&step_id)
    }

    /// Ends a flow at its start that could not sign in: there is no application credential.
    ///
    /// # Errors
    /// [`Abort`] `missing_credentials`.
    pub fn check(flow: &FlowContext) -> Result<(), Abort> {
        if flow.application_credentials().is_empty() { Err(Abort::shared("missing_credentials")) } else { Ok(()) }
    }

    /// Begins: asks which credential, if there are several; then shows the page to visit.
    ///
    /// # Errors
    /// [`Abort`] `missing_credentials`, `no_url_available`, `oauth_error`.
    pub fn begin(&mut self, flow: &FlowContext) -> Result<SignIn, Abort> {
        let mut credentials = flow.application_credentials();
        match (credentials.len(), credentials.pop()) {
            (_, None) => Err(Abort::shared("missing_credentials")),
            (1, only) => {
                self.credential = only;
                self.visit(flow)
            }
            (_, Some(last)) => {
                let all = credentials.iter().chain([&last]);
                let options = all.map(|credential| (credential.id.clone(), credential.label().to_owned())).collect();
                let field = Field::required("implementation", FieldKind::Select(options));
                Ok(SignIn::Show(Shown::Form(Form::new("pick_implementation", Schema::new().with(field)))))
            }
        }
    }

    /// Takes one of the steps that it owns.
    ///
    /// # Errors
    /// [`Abort`]: those of [`Self::begin`], and `user_rejected_authorize`, `oauth_unauthorized`, `oauth_failed`,
    /// `oauth_timeout`, `oauth_error`.
    pub async fn step(
        &mut self,
        flow: &FlowContext,
        step_id: &str,
        input: Option<Map<String, Value>>,
    ) -> Result<SignIn, Abort> {
        match (step_id, input) {
            ("pick_implementation", None) => self.begin(flow),
            ("pick_implementation", Some(input)) => {
                let chosen = input.get("implementation").and_then(Value::as_str).unwrap_or_default();
                let known = flow.application_credentials().into_iter().find(|credential| credential.id == chosen);
                // It may have been removed while the form was shown.
                self.credential = Some(known.ok_or_else(|| Abort::shared("oauth_implementation_unavailable"))?);
                self.visit(flow)
            }
            ("auth", Some(input)) => Ok(self.came_back(&input)),
            ("creation" | "authorize_rejected", _) => self.exchange(flow).await.map(SignIn::Done),
            _ => self.visit(flow),
        }
    }

    /// Shows the page to visit: the same as before, unless its state has become too old or the client reaches the hub
    /// elsewhere by now.
    fn visit(&mut self, flow: &FlowContext) -> Result<SignIn, Abort> {
        let credential = self.credential.as_ref().ok_or_else(|| Abort::shared("oauth_error"))?;
        let redirect_uri = flow.frontend_base().and_then(redirect_uri);
        let redirect_uri = redirect_uri.ok_or_else(|| Abort::shared("no_url_available"))?;
        let now = flow.now();
        let url = match &self.visit {
            Some(visit) if visit.redirect_uri == redirect_uri && visit.until > now => visit.url.clone(),
            _ => {
                let verifier = Verifier::new(|| flow.random());
                let challenge = verifier.challenge();
                let state = flow.sign_state(&redirect_uri).ok_or_else(|| Abort::shared("oauth_error"))?;
                let mut query: Vec<(&str, &str)> =
                    self.server.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                if !self.server.scope.is_empty() {
                    query.push(("scope", &self.server.scope));
                }
                // What must be right comes last.
                let fixed = [
                    ("response_type", "code"),
                    ("client_id", &credential.client_id),
                    ("redirect_uri", &redirect_uri),
                    ("state", &state),
                    ("code_challenge", &challenge),
                    ("code_challenge_method", "S256"),
                ];
                query.retain(|(name, _)| !fixed.iter().any(|(own, _)| own == name));
                query.extend(fixed);
                let url = authorize_url(&self.server.authorize_url, &query);
                let url = url.ok_or_else(|| Abort::shared("oauth_error"))?;
                let until = now.plus_secs(LIFETIME_SECS);
                self.visit = Some(Visit { url: url.clone(), redirect_uri, verifier, until });
                url
            }
        };
        Ok(SignIn::Show(Shown::External { step_id: "auth".to_owned(), url }))
    }

    /// Takes what the page came back with. What that means is seen to in the next request, so that whoever came back
    /// does not wait for it and its outcome is shown where the flow is.
    fn came_back(&mut self, input: &Map<String, Value>) -> SignIn {
        let text = |name: &str| input.get(name).and_then(Value::as_str);
        let (came_back, step_id) = match text("code") {
            Some(code) => (Ok(code.into()), "creation"),
            None => {
                let error = text("error").unwrap_or("unknown").chars().filter(|c| !c.is_control());
                (Err(error.take(SHOWN).collect()), "authorize_rejected")
            }
        };
        self.came_back = Some(came_back);
        SignIn::Show(Shown::ExternalDone { step_id: step_id.to_owned() })
    }

    async fn exchange(&mut self, flow: &FlowContext) -> Result<SignedIn, Abort> {
        let broken = || Abort::shared("oauth_error");
        let code = match self.came_back.take().ok_or_else(broken)? {
            Ok(code) => code,
            Err(error) => return Err(Abort::shared("user_rejected_authorize").placeholder("error", error)),
        };
        // A code is good once, and so is its verifier.
        let visit = self.visit.take().ok_or_else(broken)?;
        let credential = self.credential.as_ref().ok_or_else(broken)?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", &visit.redirect_uri),
            ("code_verifier", visit.verifier.expose()),
        ];
        let asked = ask(&*self.endpoint, &self.server.token_url, self.server.client_auth, credential, &fields);
        let answer = match timeout(EXCHANGE_TIME, asked).await {
            Ok(Ok(answer)) => answer,
            Err(_) | Ok(Err(TransportError::Timeout)) => return Err(Abort::shared("oauth_timeout")),
            Ok(Err(TransportError::Failed(_))) => return Err(Abort::shared("oauth_failed")),
        };
        let object = match answer.status {
            200..=299 => read_json(&answer).ok_or_else(|| Abort::shared("oauth_failed"))?,
            429 => return Err(Abort::shared("oauth_failed")),
            400..=499 => return Err(Abort::shared("oauth_unauthorized")),
            _ => return Err(Abort::shared("oauth_failed")),
        };
        let token = Token::from_answer(&object, flow.now()).map_err(|_| broken())?;
        Ok(SignedIn { token, implementation: credential.id.clone() })
    }
}

impl std::fmt::Debug for OAuth2Flow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OAuth2Flow").field("server", &self.server).finish_non_exhaustive()
    }
}
