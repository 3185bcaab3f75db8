//! Login flows, authorization codes and the token endpoint.

use std::net::IpAddr;

use auth_core::{Timestamp, UserId};
use auth_login::{
    Entropy, UserStanding,
    client::{ClientId, Origin},
    code::{Recorded, RedeemError, Redemption},
    credential::Credential,
    login_flow::{Caller, FlowError, StartRequest, StepRequest, StepResult},
    refresh_token::RefreshToken,
};
use secrecy::{ExposeSecret, SecretString};
use service_bus::now;
use store::{Change, LoginRecord, Record, RecordKind};

use crate::{Home, SignInError, accounts::tokens::AccessTokens, entropy::OsEntropy};

impl Home {
    /// Tells whether there is a user who is no system user, so that somebody can sign in.
    pub fn is_onboarded(&self) -> bool {
        self.inner.bus.world().auth.users().any(|user| !user.system_generated)
    }

    /// Opens a login flow. Returns its id.
    ///
    /// # Errors
    /// [`SignInError::Flow`], for anything wrong with the request.
    pub fn start_login(
        &self,
        request: StartRequest<'_>,
        ip: IpAddr,
        own: Option<&Origin>,
    ) -> Result<String, SignInError> {
        let caller = Caller { ip, own };
        Ok(self.books().flows.start(request, caller, now(), &mut OsEntropy)?)
    }

    /// Takes a user name and a password. `None` if they are wrong, else an authorization code.
    ///
    /// The check itself runs on a thread of its own, two at once; knowing the user or not takes the same time.
    ///
    /// # Errors
    /// [`SignInError::Flow`]; a password that could be upgraded but not kept is no error.
    pub async fn log_in(&self, request: StepRequest<'_>, ip: IpAddr) -> Result<Option<SecretString>, SignInError> {
        let check = {
            let books = &mut *self.books();
            books.flows.begin(&mut books.throttle, &books.logins, request, ip, now(), &mut OsEntropy)?
        };
        let checks = std::sync::Arc::clone(&self.inner.password_checks);
        let permit = checks.acquire_owned().await.map_err(|_| SignInError::CheckFailed)?;
        // The permit moves into the task: a caller who hangs up does not free it before the work is done.
        let outcome = tokio::task::spawn_blocking(move || {
            let outcome = check.run();
            drop(permit);
            outcome
        });
        let outcome = outcome.await.map_err(|_| SignInError::CheckFailed)?;
        let world = self.inner.bus.world();
        let standing = |credential: &Credential| {
            let user = world.auth.user(credential.user_id.as_str());
            let gone = UserStanding { is_active: false, local_only: false };
            user.map_or(gone, |user| UserStanding { is_active: user.is_active, local_only: user.local_only })
        };
        let (code, replacement) = {
            let books = &mut *self.books();
            let step = books.flows.finish(&mut books.throttle, &books.clients, standing, outcome, now())?;
            let StepResult::Done(finished) = step else { return Ok(None) };
            let code = books.codes.issue(finished.grant, now(), &mut OsEntropy);
            (code, finished.replacement.map(|password| (finished.credential, password)))
        };
        if let Some((credential, password)) = replacement {
            self.upgrade_password(credential, password).await;
        }
        Ok(Some(code))
    }

    /// Puts a hash of today in place of an outdated one. Failing is no harm: the next login tries again.
    async fn upgrade_password(&self, credential: Credential, password: auth_login::password::StoredPassword) {
        let _changes = self.inner.changes.lock().await;
        let login = {
            let books = self.books();
            match books.logins.find(&credential.username) {
                Some(login) if login.credential.id == credential.id => {
                    auth_login::credential::Login { credential, password: password.clone() }
                }
                // Renamed or deleted meanwhile.
                _ => return,
            }
        };
        let record = Record::Login(LoginRecord::of(&login));
        if let Err(error) = self.commit(vec![Change::Put(Box::new(record))]).await {
            tracing::warn!(%error, "an imported password could not be upgraded");
            return;
        }
        if let Err(error) = self.books().logins.set_password(&login.credential.username, password) {
            tracing::warn!(%error, "an imported password could not be upgraded");
        }
    }

    /// Ends a login flow.
    ///
    /// # Errors
    /// [`FlowError::UnknownFlow`].
    pub fn abort_login(&self, flow_id: &str) -> Result<(), FlowError> {
        self.books().flows.abort(flow_id, now())
    }

    /// Makes a code for a credential outside a login flow, as onboarding does.
    pub(crate) fn issue_code(&self, credential: &Credential, client_id: &str) -> SecretString {
        let grant = auth_login::code::Grant {
            credential_id: credential.id.clone(),
            client_id: client_id.to_owned(),
            redirect_uri: None,
            challenge: None,
        };
        self.books().codes.issue(grant, now(), &mut OsEntropy)
    }

    /// Gives tokens for an authorization code. On disk when this returns.
    ///
    /// # Errors
    /// [`SignInError::InvalidRequest`], [`SignInError::InvalidGrant`], [`SignInError::Denied`], [`SignInError::Store`].
    pub async fn redeem_code(
        &self,
        client_id: Option<&str>,
        code: Option<&str>,
        verifier: Option<&str>,
        ip: IpAddr,
        own: Option<&Origin>,
    ) -> Result<AccessTokens, SignInError> {
        let invalid = |text| SignInError::InvalidRequest(Some(text));
        let client_id = client_id.filter(|id| ClientId::parse(id, own).is_ok()).ok_or(invalid("Invalid client id"))?;
        let code = code.ok_or(invalid("Invalid code"))?;
        let _changes = self.inner.changes.lock().await;
        let redeemed = self.books().codes.redeem(Redemption { client_id, code, verifier, redirect_uri: None }, now());
        let redeemed = match redeemed {
            Ok(redeemed) => redeemed,
            Err(RedeemError::AlreadyUsed { refresh_token }) => {
                // Somebody has a copy of the code: what it gave is taken back.
                if let Some(token) = refresh_token {
                    self.remove_tokens_locked(&[token]).await?;
                }
                return Err(invalid("Invalid code"));
            }
            Err(RedeemError::InvalidCode | RedeemError::RedirectMismatch) => return Err(invalid("Invalid code")),
            Err(RedeemError::VerifierRequired) => return Err(invalid("Code verifier required")),
            Err(RedeemError::InvalidVerifier) => return Err(SignInError::InvalidGrant(Some("Invalid code verifier"))),
            Err(RedeemError::UnexpectedVerifier) => {
                return Err(invalid("Code verifier provided but no code challenge was present"));
            }
        };
        let credential = self.books().logins.credential(&redeemed.grant.credential_id).cloned();
        let credential = credential.ok_or(invalid("Invalid code"))?;
        if let Some(reason) = self.refusal(&credential.user_id, ip) {
            return Err(SignInError::Denied(reason));
        }
        let at = now();
        let mut token =
            RefreshToken::new_normal(credential.user_id.clone(), credential.id.clone(), client_id, at, &mut OsEntropy);
        token.touch(at, Some(ip));
        let tokens = AccessTokens::of(&token, at, true);
        self.commit(vec![Change::Put(Box::new(Record::Token(token.for_storage().clone())))]).await?;
        let id = token.id().clone();
        let recorded = {
            let mut books = self.books();
            if let Err(error) = books.tokens.insert(token) {
                tracing::error!(%error, "a new token cannot be used");
                return Err(SignInError::CheckFailed);
            }
            books.codes.record(&redeemed, &id)
        };
        if recorded == Recorded::RevokeNow {
            self.remove_tokens_locked(&[id]).await?;
            return Err(invalid("Invalid code"));
        }
        Ok(tokens)
    }

    /// Gives a new access token for a refresh token. Its use is on disk when this returns.
    ///
    /// # Errors
    /// As [`Home::redeem_code`].
    pub async fn refresh(
        &self,
        client_id: Option<&str>,
        refresh_token: Option<&str>,
        ip: IpAddr,
        own: Option<&Origin>,
    ) -> Result<AccessTokens, SignInError> {
        if client_id.is_some_and(|id| ClientId::parse(id, own).is_err()) {
            return Err(SignInError::InvalidRequest(Some("Invalid client id")));
        }
        let secret = refresh_token.ok_or(SignInError::InvalidRequest(None))?;
        let _changes = self.inner.changes.lock().await;
        let at = now();
        let (id, user_id): (_, UserId) = {
            let books = self.books();
            let token = books.tokens.find_by_secret(secret, at).ok_or(SignInError::InvalidGrant(None))?;
            if token.client_id() != client_id {
                return Err(SignInError::InvalidRequest(None));
            }
            (token.id().clone(), token.user_id().clone())
        };
        if let Some(reason) = self.refusal(&user_id, ip) {
            return Err(SignInError::Denied(reason));
        }
        let record = self.touched(&id, at, ip).ok_or(SignInError::InvalidGrant(None))?;
        self.commit(vec![Change::Put(Box::new(Record::Token(record)))]).await?;
        let mut books = self.books();
        let access_token = books.tokens.issue_access_token(&id, at, Some(ip));
        let access_token = access_token.map_err(|_| SignInError::InvalidGrant(None))?;
        let expires_in = books.tokens.get(&id).map_or(0, RefreshToken::access_token_secs);
        Ok(AccessTokens { access_token, refresh_token: None, expires_in })
    }

    /// Returns the record that a token will have after its use.
    fn touched(
        &self,
        id: &auth_core::TokenId,
        at: Timestamp,
        ip: IpAddr,
    ) -> Option<auth_login::refresh_token::StoredRefreshToken> {
        let stored = self.books().tokens.get(id)?.for_storage().clone();
        let mut token = stored.into_token().ok()?;
        token.touch(at, Some(ip));
        Some(token.for_storage().clone())
    }

    /// Revokes the refresh token with this secret, if there is one, and closes everything that came from it.
    ///
    /// # Errors
    /// [`SignInError::Store`].
    pub async fn revoke(&self, secret: &str) -> Result<(), SignInError> {
        let _changes = self.inner.changes.lock().await;
        let id = self.books().tokens.find_by_secret(secret, now()).map(|token| token.id().clone());
        if let Some(id) = id {
            self.remove_tokens_locked(&[id]).await?;
        }
        Ok(())
    }

    /// Removes tokens from the store and the book, and closes what came from them. The changes' lock must be held.
    pub(crate) async fn remove_tokens_locked(&self, ids: &[auth_core::TokenId]) -> Result<(), store::StoreError> {
        self.commit(ids.iter().map(|id| Change::Delete(RecordKind::Token, id.to_string())).collect()).await?;
        {
            let mut books = self.books();
            ids.iter().for_each(|id| _ = books.tokens.remove(id));
        }
        self.standing_changed();
        Ok(())
    }

    /// Removes tokens that have expired. Returns when to look again.
    ///
    /// # Errors
    /// [`SignInError::Store`].
    pub async fn sweep_tokens(&self) -> Result<Option<Timestamp>, SignInError> {
        let _changes = self.inner.changes.lock().await;
        let at = now();
        let expired: Vec<_> = {
            let books = self.books();
            books.tokens.iter().filter(|token| token.is_expired(at)).map(|token| token.id().clone()).collect()
        };
        if !expired.is_empty() {
            self.remove_tokens_locked(&expired).await?;
        }
        Ok(self.books().tokens.next_expiry())
    }
}

impl AccessTokens {
    fn of(token: &RefreshToken, at: Timestamp, with_refresh: bool) -> Self {
        let refresh_token = with_refresh.then(|| token.secret().expose_secret().to_owned().into());
        Self { access_token: token.issue_access_token(at), refresh_token, expires_in: token.access_token_secs() }
    }
}

/// Makes a new id of 32 hex digits.
pub(crate) fn new_id() -> String {
    auth_login::new_id(&mut OsEntropy as &mut dyn Entropy)
}
