//! Login flows and authorization codes.

use std::{net::IpAddr, sync::atomic::Ordering};

use audit::{Actor, Outcome, Record, Trail};
use auth_core::UserId;
use auth_login::{
    Entropy, UserStanding,
    client::Origin,
    credential::{Credential, Login, Username},
    login_flow::{Caller, Finished, FlowError, StartRequest, StepRequest, StepResult},
    password::StoredPassword,
};
use secrecy::SecretString;
use service_bus::now;
use store::{Change, LoginRecord};

use crate::{Home, PasskeyChallenge, SignInError, entropy::OsEntropy};

/// What a step of a login led to.
#[derive(Debug)]
pub enum LoginStep {
    /// Name or password is wrong: show the form again.
    InvalidAuth,
    /// The password is right: ask for the code of the second factor, or for a passkey if there is one.
    NeedsCode(Option<PasskeyChallenge>),
    /// The code is wrong, or the passkey: ask again.
    InvalidCode(Option<PasskeyChallenge>),
    /// Done; an authorization code.
    Done(SecretString),
}

impl Home {
    /// Tells whether there is a user who is no system user, so that somebody can sign in.
    pub fn is_onboarded(&self) -> bool {
        // Of a home that was brought in, this one knows nobody; but somebody is there.
        self.inner.is_replaced.load(Ordering::Acquire)
            || self.inner.bus.world().auth.users().any(|user| !user.system_generated)
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

    /// Takes a user name and a password.
    ///
    /// The check itself runs on a thread of its own, two at once; knowing the user or not takes the same time.
    ///
    /// # Errors
    /// [`SignInError::Flow`]; a password that could be upgraded but not kept is no error.
    pub async fn log_in(&self, request: StepRequest<'_>, ip: IpAddr) -> Result<LoginStep, SignInError> {
        let (username, flow_id) = (Username::normalise(request.username), request.flow_id.to_owned());
        let shut = self.shut_for(&username, ip);
        let (user_id, begun) = {
            let books = &mut *self.books();
            let login = books.logins.find(&username);
            let user_id = login.map(|login| login.credential.user_id.clone());
            let begun = shut.map_or(Ok(()), |wait| Err(FlowError::Throttled(wait)));
            let begun = begun.and_then(|()| {
                books.flows.begin(&mut books.throttle, &books.logins, request, ip, now(), &mut OsEntropy)
            });
            (user_id, begun)
        };
        let check = begun.inspect_err(|error| {
            if matches!(error, FlowError::Throttled(_)) {
                let reason = if shut.is_some() { "the address is banned" } else { "too many wrong passwords before" };
                self.record_login(Outcome::Failed, user_id.as_ref(), ip, Some(reason));
            }
        })?;
        let checks = std::sync::Arc::clone(&self.inner.password_checks);
        let permit = checks.acquire_owned().await.map_err(|_| SignInError::CheckFailed)?;
        // The permit moves into the task: a caller who hangs up does not free it before the work is done.
        let outcome = tokio::task::spawn_blocking(move || {
            let outcome = check.run();
            drop(permit);
            outcome
        });
        let outcome = outcome.await.map_err(|_| SignInError::CheckFailed)?;
        let step = {
            let books = &mut *self.books();
            let factors = &books.factors;
            let has_factor = |credential: &Credential| factors.has(&credential.user_id);
            let standing = |credential: &Credential| self.standing_of(credential);
            books.flows.finish(
                &mut books.throttle,
                (&books.logins, &books.clients),
                standing,
                has_factor,
                outcome,
                now(),
            )
        };
        self.end_step(step, &flow_id, user_id.as_ref(), ip).await
    }

    /// Ends a step of a login: records what came of it, and gives the code if the login is done.
    pub(crate) async fn end_step(
        &self,
        step: Result<StepResult, FlowError>,
        flow_id: &str,
        user_id: Option<&UserId>,
        ip: IpAddr,
    ) -> Result<LoginStep, SignInError> {
        const WRONG_CODE: &str = "wrong or used code of the second factor";
        match &step {
            Ok(StepResult::Done(_)) => self.record_login(Outcome::Done, user_id, ip, None),
            Ok(StepResult::NeedsCode) => self.record_sign_in("login_password", Outcome::Done, user_id, ip, None),
            Ok(StepResult::InvalidAuth) => {
                self.record_login(Outcome::Failed, user_id, ip, Some("wrong password or unknown user name"));
                self.ban_after_failures(ip).await;
            }
            Ok(StepResult::InvalidCode) | Err(FlowError::TooManyCodes) => {
                self.record_login(Outcome::Failed, user_id, ip, Some(WRONG_CODE));
                self.ban_after_failures(ip).await;
            }
            Err(FlowError::Blocked(reason)) => self.record_login(Outcome::Denied, user_id, ip, Some(reason)),
            Err(error) => self.record_login(Outcome::Failed, user_id, ip, Some(&error.to_string())),
        }
        Ok(match step? {
            StepResult::Done(finished) => self.end_login(finished).await,
            StepResult::NeedsCode => LoginStep::NeedsCode(self.challenge_at_login(flow_id, user_id)),
            StepResult::InvalidAuth => LoginStep::InvalidAuth,
            StepResult::InvalidCode => LoginStep::InvalidCode(self.challenge_at_login(flow_id, user_id)),
        })
    }

    /// Gives the code of a login that is done.
    async fn end_login(&self, finished: Finished) -> LoginStep {
        let code = self.books().codes.issue(finished.grant, now(), &mut OsEntropy);
        if let Some(password) = finished.replacement {
            self.upgrade_password(finished.login, password).await;
        }
        LoginStep::Done(code)
    }

    /// Returns how the user of a credential stands; one who is gone is not active.
    pub(crate) fn standing_of(&self, credential: &Credential) -> UserStanding {
        let world = self.inner.bus.world();
        let user = world.auth.user(credential.user_id.as_str());
        let gone = UserStanding { is_active: false, local_only: false };
        user.map_or(gone, |user| UserStanding { is_active: user.is_active, local_only: user.local_only })
    }

    /// Records an attempt to log in. A user name that nobody has is not written down: people type passwords there.
    pub(crate) fn record_login(&self, outcome: Outcome, user_id: Option<&UserId>, ip: IpAddr, reason: Option<&str>) {
        self.record_sign_in("login", outcome, user_id, ip, reason);
    }

    /// Records an attempt, or one step of it.
    fn record_sign_in(
        &self,
        action: &str,
        outcome: Outcome,
        user_id: Option<&UserId>,
        ip: IpAddr,
        reason: Option<&str>,
    ) {
        let mut record = Record { from: Some(ip), ..Record::new(now(), action, outcome, Actor::Nobody) };
        record.on = user_id.map(ToString::to_string);
        record.reason = reason.map(str::to_owned);
        let trail = if outcome == Outcome::Done { Trail::Access } else { Trail::Refused };
        self.record(trail, record);
    }

    /// Puts a hash of today in place of the outdated one that was found right, if it is still there. Failing is no harm:
    /// the next login tries again.
    async fn upgrade_password(&self, found: Login, password: StoredPassword) {
        let mut turn = self.quiet_turn().await;
        if !self.books().logins.holds(&found) {
            return;
        }
        let login = Login { credential: found.credential, password: password.clone() };
        let record = store::Record::Login(LoginRecord::of(&login));
        if let Err(error) = self.commit(&mut turn, vec![Change::Put(Box::new(record))]).await {
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
}

/// Makes a new id of 32 hex digits.
pub(crate) fn new_id() -> String {
    auth_login::new_id(&mut OsEntropy as &mut dyn Entropy)
}
