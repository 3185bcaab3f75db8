//! Signing in with an account at an identity provider: sent there, back again, and what follows.

mod provider;

use std::net::IpAddr;

use audit::{Actor, Outcome, Record, Trail};
use auth_core::{CredentialId, User, UserId};
use auth_login::{
    client::Origin,
    login_flow::{Caller, FlowError, StartRequest},
    single_sign_on::{Admission, Asked, Identity, ProviderRules, Refusal, Secrets, Visit, check_account},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use service_bus::now;

pub use provider::{
    Arrival, ComingBack, Departure, IdentityProvider, ProviderError, SignOnError, SignOnProvider, Vouched,
};

use crate::{
    Home,
    accounts::{sign_in::new_id, users::WayIn},
    entropy::OsEntropy,
};

impl Home {
    /// Says with which providers people can sign in; once, before anybody does.
    pub fn offer_single_sign_on(&self, providers: Vec<SignOnProvider>) {
        for provider in &providers {
            let world = self.inner.bus.world();
            let missing =
                provider.rules.groups.groups().into_iter().filter(|id| world.auth.group(id.as_str()).is_none());
            for group in missing {
                tracing::warn!(provider = provider.rules.id, %group, "single sign-on names a group that is not there");
            }
        }
        if self.inner.sign_on.set(providers).is_err() {
            tracing::error!("single sign-on was set up twice: the first stays");
        }
    }

    /// Returns id and name of each provider, in the order of the configuration.
    pub fn sign_on_providers(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.inner.sign_on.get().into_iter().flatten();
        all.map(|provider| (provider.rules.id.as_str(), provider.rules.name.as_str()))
    }

    fn sign_on_provider(&self, id: &str) -> Result<&SignOnProvider, SignOnError> {
        let mut all = self.inner.sign_on.get().into_iter().flatten();
        all.find(|provider| provider.rules.id == id).ok_or(SignOnError::UnknownProvider)
    }

    /// Sends somebody to a provider: returns its page, and the secrets that the browser is to come back with. `trusted` are
    /// origins whose pages may have people sign in, besides the hub's own.
    ///
    /// # Errors
    /// [`SignOnError`]: everything about the client is looked at before.
    pub async fn begin_sign_on(
        &self,
        provider_id: &str,
        (request, state): (StartRequest<'_>, Option<&str>),
        callback: String,
        (ip, own, trusted): (IpAddr, Option<&Origin>, &[Origin]),
    ) -> Result<(String, Secrets), SignOnError> {
        let provider = self.sign_on_provider(provider_id)?;
        // Else the first account that comes would own the home.
        if !self.is_onboarded() {
            return Err(SignOnError::NotOnboarded);
        }
        let asked = Asked::check(&request, state, Caller { ip, own }, (&self.books().clients, trusted))?;
        self.may_try(ip)?;
        let secrets = Secrets::new(&mut OsEntropy);
        let page = provider.talk.page(&Departure { secrets: &secrets, callback: &callback }).await?;
        self.books().visits.open(provider_id, (asked, callback), &secrets, ip, now());
        Ok((page, secrets))
    }

    /// Takes somebody back from a provider. Returns where the browser goes next: to the client, with an authorization code.
    ///
    /// # Errors
    /// [`SignOnError`].
    ///
    /// # Cancel safety
    /// Dropping the future may leave a user made or groups changed without a code: run it in a task of its own.
    pub async fn finish_sign_on(
        &self,
        provider_id: &str,
        back: ComingBack<'_>,
        ip: IpAddr,
    ) -> Result<SecretString, SignOnError> {
        let provider = self.sign_on_provider(provider_id)?;
        self.may_try(ip)?;
        let visit = self.books().visits.close(provider_id, back.state, back.browser, now());
        let visit = match visit {
            Ok(visit) => visit,
            // Nothing counts here: any page can have a browser come with a state that nobody has.
            Err(error) => return Err(self.sign_on_failed(provider, None, ip, error.into())),
        };
        let vouched = match self.vouched(provider, &visit, back).await {
            Ok(vouched) => vouched,
            Err(error) => {
                // Somebody who was sent comes back with what proves nothing, which costs a request each time.
                if matches!(error, SignOnError::Provider(ProviderError::Unproved(_)) | SignOnError::MixedUp) {
                    self.books().throttle.failed(None, ip, now());
                    self.ban_after_failures(ip).await;
                }
                return Err(self.sign_on_failed(provider, None, ip, error));
            }
        };
        let settled = self.settle(&provider.rules, &vouched, ip).await;
        let credential_id =
            settled.map_err(|error| self.sign_on_failed(provider, Some(&vouched.subject), ip, error))?;
        let code = self.books().codes.issue(visit.asked.grant(credential_id.clone()), now(), &mut OsEntropy);
        let user_id = self.books().user_of(&credential_id).cloned();
        self.record_sign_on(provider, Outcome::Done, (user_id.as_ref(), Some(&vouched.subject)), ip, None);
        Ok(visit.asked.answer(code.expose_secret()).into())
    }

    /// Refuses an address that waits for what failed there. A day's ban is for guessing at passwords, and does not hold: who
    /// comes with what a provider vouches for has not guessed, and may be one of a household.
    fn may_try(&self, ip: IpAddr) -> Result<(), FlowError> {
        Ok(self.books().throttle.check(None, ip, now())?)
    }

    /// Finds out whose account somebody has come back with.
    async fn vouched(
        &self,
        provider: &SignOnProvider,
        visit: &Visit,
        back: ComingBack<'_>,
    ) -> Result<Vouched, SignOnError> {
        // An attacker's provider that sends people on to an honest one, to get its codes, is told from it by this and by
        // each provider having a callback of its own (RFC 9700, section 4.4).
        if back.issuer.is_some_and(|issuer| issuer != provider.rules.issuer) {
            return Err(SignOnError::MixedUp);
        }
        if let Some(error) = back.error {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            return Err(SignOnError::Said(error.chars().filter(|c| is_word(*c)).take(64).collect()));
        }
        let code = back.code.ok_or(SignOnError::NoCode)?;
        let vouched = provider.talk.vouch(&Arrival { code, issuer: back.issuer, visit }).await?;
        let unproved =
            |error: &dyn std::fmt::Display| SignOnError::Provider(ProviderError::Unproved(error.to_string()));
        check_account(&provider.rules.issuer, &vouched.subject).map_err(|error| unproved(&error))?;
        Ok(vouched)
    }

    /// Lets an account in or not, with the groups that follow from what its provider says; makes its user if that is wanted.
    /// On disk when this returns.
    async fn settle(&self, rules: &ProviderRules, vouched: &Vouched, ip: IpAddr) -> Result<CredentialId, SignOnError> {
        let by = Actor::System { role: "single_sign_on".to_owned() };
        let detail = json!({"provider": rules.id, "issuer": rules.issuer, "subject": vouched.subject});
        let record = |action| {
            let record = Record::new(now(), action, Outcome::Done, by.clone());
            Record { from: Some(ip), ..record }.with(detail.clone())
        };
        // Looked at under the lock: two logins of one new account make one user, and who is deactivated meanwhile stays out.
        let mut turn = self.turn_for(Trail::Acts, record("update_user")).await;
        let known = {
            let books = self.books();
            let identity = books.identities.find(&rules.issuer, &vouched.subject).cloned();
            identity.map(|identity| (books.factors.has(&identity.user_id), identity))
        };
        let current = turn.world.current();
        let user = known.as_ref().and_then(|(_, identity)| current.auth.user(identity.user_id.as_str()));
        let user = user.map(|user| User::clone(user));
        let admission = match (&known, &user) {
            // A link whose user is gone lets nobody in, and makes nobody either.
            (Some(_), None) => Err(Refusal::Unknown),
            (Some((has_factor, _)), Some(user)) => rules.admit(Some((user, *has_factor)), ip),
            (None, _) => rules.admit(None, ip),
        };
        let refused =
            |refusal| SignOnError::Refused { refusal, issuer: rules.issuer.clone(), subject: vouched.subject.clone() };
        match (admission.map_err(refused)?, known, user) {
            (Admission::User, Some((_, identity)), Some(before)) => {
                let mut user = before.clone();
                rules.apply_groups(&mut user, &vouched.claims);
                self.leave_out_unknown(rules, &mut user);
                if user != before {
                    self.put_user(&mut turn, user, None, "user_updated", None).await?;
                }
                Ok(identity.id)
            }
            _ => {
                let mut user = User::new(new_id(), &rules.name_of(&vouched.claims, &vouched.subject));
                rules.apply_groups(&mut user, &vouched.claims);
                self.leave_out_unknown(rules, &mut user);
                let identity = Identity {
                    id: new_id().into(),
                    user_id: user.id.clone(),
                    issuer: rules.issuer.clone(),
                    subject: vouched.subject.clone(),
                };
                let id = identity.id.clone();
                turn.record_in(Trail::Acts, record("create_user"));
                self.put_user(&mut turn, user, Some(WayIn::Account(identity)), "user_added", None).await?;
                Ok(id)
            }
        }
    }

    /// Takes groups out again that the mapping names and nobody has made: whoever makes one later has not met its members.
    fn leave_out_unknown(&self, rules: &ProviderRules, user: &mut User) {
        let (world, named) = (self.inner.bus.world(), rules.groups.groups());
        user.group_ids.retain(|id| !named.contains(id) || world.auth.group(id.as_str()).is_some());
    }

    /// Records a login that did not come to its end, and hands its error on.
    fn sign_on_failed(
        &self,
        provider: &SignOnProvider,
        subject: Option<&str>,
        ip: IpAddr,
        error: SignOnError,
    ) -> SignOnError {
        let outcome = if matches!(error, SignOnError::Refused { .. }) { Outcome::Denied } else { Outcome::Failed };
        let user_id = subject.and_then(|subject| {
            let books = self.books();
            books.identities.find(&provider.rules.issuer, subject).map(|identity| identity.user_id.clone())
        });
        self.record_sign_on(provider, outcome, (user_id.as_ref(), subject), ip, Some(&error.to_string()));
        error
    }

    fn record_sign_on(
        &self,
        provider: &SignOnProvider,
        outcome: Outcome,
        (user_id, subject): (Option<&UserId>, Option<&str>),
        ip: IpAddr,
        reason: Option<&str>,
    ) {
        let mut record = Record { from: Some(ip), ..Record::new(now(), "login", outcome, Actor::Nobody) };
        record = record.with(json!({"provider": provider.rules.id}));
        if let Some(subject) = subject {
            record = record.with(json!({"subject": subject}));
        }
        record.on = user_id.map(ToString::to_string);
        record.reason = reason.map(str::to_owned);
        let trail = if outcome == Outcome::Done { Trail::Access } else { Trail::Refused };
        self.record(trail, record);
    }
}
