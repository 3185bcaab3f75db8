//! What keeps an entry supplied with a valid token: the shell around [`Token`] and [`TokenFailure`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use secrecy::{ExposeSecret, SecretString};

use super::{
    ApplicationCredential, AuthServer, ClientAuth, Token, TokenEndpoint, TokenFailure,
    failure::read_refresh,
    flights::{FlightKey, Landed, Outcome},
};
use crate::{AuthFailed, Entry, manager::Shared};

/// Keeps an entry supplied with a valid access token. Made when the entry is set up; cheap to clone, all clones are the
/// same session.
///
/// However many ask, in however many sessions, there is one refresh at a time for one refresh token. It runs on when
/// those who wait for it do not, and when the entry is taken down: a token that was rotated must not be lost.
#[derive(Clone)]
pub struct TokenSession {
    inner: Arc<Inner>,
}

struct Inner {
    entry: Entry<AuthFailed>,
    endpoint: Arc<dyn TokenEndpoint>,
    token_url: String,
    client_auth: ClientAuth,
    refused: Mutex<Refused>,
}

/// What was refused already, so that it is not tried again and again.
#[derive(Default)]
struct Refused {
    refresh: Option<FlightKey>,
    access: Option<FlightKey>,
}

/// What can be done with an entry's token now.
enum Next {
    Use(SecretString),
    Wait(FlightKey, Outcome),
}

/// How often a caller goes round: a token that could not be kept before is kept, then refreshed; then another was
/// faster, perhaps.
const ROUNDS: usize = 4;

impl TokenSession {
    /// Returns a session of an entry whose data has `auth_implementation` and `token`. Asks for nothing yet.
    pub fn new(entry: Entry<AuthFailed>, endpoint: Arc<dyn TokenEndpoint>, server: &AuthServer) -> Self {
        let (token_url, client_auth) = (server.token_url.clone(), server.client_auth);
        let refused = Mutex::default();
        Self { inner: Arc::new(Inner { entry, endpoint, token_url, client_auth, refused }) }
    }

    /// Returns an access token that is valid for 20 seconds or more, or was got just now.
    ///
    /// A refusal of an entry that is loaded opens its reauthentication, and is remembered until the entry has another
    /// token or is set up again.
    ///
    /// # Errors
    /// [`TokenFailure`], which an integration's `setup` hands on with `?`.
    ///
    /// # Cancel safety
    /// Dropping the future ends the wait, not the refresh.
    pub async fn access_token(&self) -> Result<SecretString, TokenFailure> {
        self.token_but(None).await
    }

    /// Says that whoever the token is for has refused it, though it looks valid, and returns another. One refresh comes
    /// of that, however many say so.
    ///
    /// # Errors
    /// [`TokenFailure`]; [`TokenFailure::Refused`] if there is no other token to be had.
    ///
    /// # Cancel safety
    /// As [`Self::access_token`].
    pub async fn reject(&self, token: &SecretString) -> Result<SecretString, TokenFailure> {
        if self.inner.refused().access == Some(FlightKey::new("", token)) {
            return Err(self.refused());
        }
        let other = self.token_but(Some(token)).await?;
        if other.expose_secret() == token.expose_secret() {
            return Err(self.refuse(token));
        }
        Ok(other)
    }

    /// Says that a token which came of [`Self::reject`] is refused as well: more refreshes would not help, so the entry
    /// must sign in again. Returns the failure to hand on.
    pub fn refuse(&self, token: &SecretString) -> TokenFailure {
        self.inner.refused().access = Some(FlightKey::new("", token));
        self.refused()
    }

    async fn token_but(&self, rejected: Option<&SecretString>) -> Result<SecretString, TokenFailure> {
        let wanted = |token: &Token| rejected.is_none_or(|r| r.expose_secret() != token.access_token().expose_secret());
        for _ in 0..ROUNDS {
            let (key, outcome) = match self.next(wanted)? {
                Next::Use(token) => return Ok(token),
                Next::Wait(key, outcome) => (key, outcome.await),
            };
            match outcome {
                // It may live for less than 20 seconds: there is none that is fresher.
                Ok(Landed { token, is_new: true }) => return Ok(token.access_token().clone()),
                // It was kept late: what is stored now is looked at again.
                Ok(Landed { is_new: false, .. }) => {}
                Err(failure) => return Err(self.failed(key, failure)),
            }
        }
        Err(TokenFailure::Transient { why: "the token changes all the time".to_owned(), retry_after: None })
    }

    /// Finds out what can be done, and starts a refresh if that is what it takes.
    fn next(&self, wanted: impl Fn(&Token) -> bool) -> Result<Next, TokenFailure> {
        let shared = self.inner.shared()?;
        shared.prune_flights();
        let mut flights = shared.oauth.flights.lock();
        // Read with the lock held: a refresh that is over has stored its token before it left the book.
        let entry = self.inner.entry.get();
        let stored = entry.data.get("token").and_then(Token::from_data).ok_or_else(|| self.refused())?;
        let usable = stored.is_valid(self.inner.entry.now()) && wanted(&stored);
        let Some(refresh_token) = stored.refresh_token() else {
            return if usable { Ok(Next::Use(stored.access_token().clone())) } else { Err(self.refused()) };
        };
        let key = FlightKey::new(&entry.domain, refresh_token);
        let known = flights.get(&key);
        if let Some(running) = known.and_then(|flight| flight.running.clone()) {
            return Ok(Next::Wait(key, running));
        }
        let unsaved = known.and_then(|flight| flight.unsaved.clone());
        if usable && unsaved.is_none() {
            return Ok(Next::Use(stored.access_token().clone()));
        }
        if unsaved.is_none() && self.inner.refused().refresh == Some(key) {
            return Err(self.refused());
        }
        let inner = Arc::clone(&self.inner);
        let landing = Landing { shared: Arc::clone(&shared), key, unsaved };
        let task = tokio::spawn(async move { inner.fly(landing, stored).await });
        let outcome = async move {
            let panicked = |_| TokenFailure::Transient { why: "the refresh failed".to_owned(), retry_after: None };
            task.await.map_err(panicked).and_then(|outcome| outcome)
        };
        let outcome = outcome.boxed().shared();
        flights.entry(key).or_default().running = Some(outcome.clone());
        Ok(Next::Wait(key, outcome))
    }

    fn failed(&self, key: FlightKey, failure: TokenFailure) -> TokenFailure {
        match failure {
            TokenFailure::Refused => {
                self.inner.refused().refresh = Some(key);
                self.refused()
            }
            TokenFailure::UnknownCredential => {
                self.report();
                failure
            }
            other => other,
        }
    }

    fn refused(&self) -> TokenFailure {
        self.report();
        TokenFailure::Refused
    }

    /// Opens the reauthentication of an entry that is loaded. While it is being set up, failing to is what opens it.
    fn report(&self) {
        if self.inner.entry.is_loaded() {
            self.inner.entry.start_reauth();
        }
    }
}

/// Takes a refresh off the book when it is over, also if it panics.
struct Landing {
    shared: Arc<Shared>,
    key: FlightKey,
    unsaved: Option<Token>,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.shared.oauth.flights.land(self.key, self.unsaved.take());
    }
}

impl Inner {
    fn shared(&self) -> Result<Arc<Shared>, TokenFailure> {
        let gone = || TokenFailure::Transient { why: "the hub is ending".to_owned(), retry_after: None };
        self.entry.shared().ok_or_else(gone)
    }

    fn refused(&self) -> MutexGuard<'_, Refused> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what could not be kept before, or refreshes and keeps what came of it. Nobody sees a token before that.
    async fn fly(&self, mut landing: Landing, stored: Token) -> Result<Landed, TokenFailure> {
        let entry = self.entry.get();
        let Some(used) = stored.refresh_token().cloned() else { return Err(TokenFailure::Refused) };
        let is_new = landing.unsaved.is_none();
        let fresh = match landing.unsaved.clone() {
            Some(unsaved) => unsaved,
            None => {
                let credential = entry.data.get("auth_implementation").and_then(|id| id.as_str()).and_then(|id| {
                    let credentials = landing.shared.oauth.credentials();
                    credentials.get(id).filter(|credential| credential.domain == entry.domain).cloned()
                });
                let credential = credential.ok_or(TokenFailure::UnknownCredential)?;
                let answer = read_refresh(self.ask(&credential, &used).await)?;
                match stored.merge(&answer, self.entry.now()) {
                    Ok(fresh) => fresh,
                    Err(unusable) => {
                        // The refresh token that was used is used up: the new one is all that is left.
                        if let Some(rotated) = stored.rotated(&answer)
                            && let Err(error) = landing.shared.replace_tokens(&entry.domain, &used, &rotated).await
                        {
                            tracing::error!(entry = entry.entry_id, %error, "a new refresh token could not be kept");
                        }
                        return Err(unusable.into());
                    }
                }
            }
        };
        landing.unsaved = Some(fresh.clone());
        if let Err(error) = landing.shared.replace_tokens(&entry.domain, &used, &fresh).await {
            tracing::error!(entry = entry.entry_id, %error, "a new token could not be kept");
            return Err(TokenFailure::NotKept);
        }
        landing.unsaved = None;
        Ok(Landed { token: fresh, is_new })
    }

    async fn ask(
        &self,
        credential: &ApplicationCredential,
        refresh_token: &SecretString,
    ) -> Result<super::HttpAnswer, super::TransportError> {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
        ask(&*self.endpoint, &self.token_url, self.client_auth, credential, &fields).await
    }
}

/// Asks a token endpoint as a client.
pub(super) async fn ask(
    endpoint: &dyn TokenEndpoint,
    url: &str,
    auth: ClientAuth,
    credential: &ApplicationCredential,
    fields: &[(&str, &str)],
) -> Result<super::HttpAnswer, super::TransportError> {
    let secret = &credential.client_secret;
    let mut fields = fields.to_vec();
    fields.push(("client_id", &credential.client_id));
    match auth {
        ClientAuth::Basic => endpoint.post_form(url, &fields, Some((&credential.client_id, secret))).await,
        ClientAuth::Body => {
            if !secret.expose_secret().is_empty() {
                fields.push(("client_secret", secret.expose_secret()));
            }
            endpoint.post_form(url, &fields, None).await
        }
    }
}

impl std::fmt::Debug for TokenSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenSession({})", self.inner.entry.id())
    }
}
