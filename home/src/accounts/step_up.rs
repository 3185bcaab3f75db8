//! Step-up: what could be turned against a home, or changes how somebody logs in, needs more than a session that was left
//! open somewhere. Whoever asks for it showed their second factor a short while ago.

use std::collections::HashMap;

use audit::{Outcome, Record};
use auth_core::{Action, Authorized, Need, Principal, Proof, Timestamp, TokenId, Unauthorized, Unproved, UserId, Who};
use auth_login::{credential::Username, refresh_token::TokenKind};
use serde_json::json;
use service_bus::now;
use store::{Change, SecuritySettings};

use crate::{
    AccountError, Home, ReadStepUp, RelaxProof, RequireProof, ShowFactor,
    accounts::{passkeys::Ceremony, passwords::session_address, second_factor::USE_RECOVERY_CODE},
    home::Books,
    turn::Turn,
};

/// What the home asks for, and by which tokens a second factor was shown. Kept in memory: a restart forgets what was shown.
#[derive(Debug)]
pub(crate) struct StepUp {
    settings: SecuritySettings,
    shown: HashMap<TokenId, Timestamp>,
}

/// How it stands with one caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepUpState {
    /// What the home asks for.
    pub settings: SecuritySettings,
    /// The caller has a second factor.
    pub has_factor: bool,
    /// Until when it counts that it was shown.
    pub until: Option<Timestamp>,
}

impl StepUp {
    pub(crate) fn new(settings: SecuritySettings) -> Self {
        Self { settings, shown: HashMap::new() }
    }

    /// Notes that a second factor was shown by a token.
    pub(crate) fn note(&mut self, token_id: &TokenId, at: Timestamp) {
        let longest = i64::from(SecuritySettings::MAX_MINUTES) * 60;
        self.shown.retain(|_, shown| at.secs_since(*shown) < longest);
        self.shown.insert(token_id.clone(), at);
    }
}

impl Books {
    /// Returns until when it counts what a token's user showed: the factor, shown by this token or at the login that the
    /// token comes from; of somebody without one, that login.
    fn proved_until(&self, user_id: &UserId, token_id: &TokenId) -> Option<Timestamp> {
        let token = self.tokens.get(token_id)?;
        // An identity provider may let its page's visitor in without asking anything: a browser that was left open has its
        // session, too. So nothing was shown then, whatever the provider stands in for at the login.
        let by_password = token.credential_id().is_some_and(|id| self.logins.credential(id).is_some());
        let is_login = token.kind() == TokenKind::Normal && by_password;
        let began = is_login.then_some(token.for_storage().created_at);
        let proof =
            Proved { began, shown: self.step_up.shown.get(token_id).copied(), made_at: self.factors.made_at(user_id) };
        proof.until(self.step_up.settings.minutes(), now())
    }
}

/// What there is to show for a token.
#[derive(Clone, Copy, Debug)]
struct Proved {
    /// When the login was that it comes from.
    began: Option<Timestamp>,
    /// When the factor was last shown by it.
    shown: Option<Timestamp>,
    /// When the factor was set up.
    made_at: Option<Timestamp>,
}

impl Proved {
    fn until(self, minutes: u32, now: Timestamp) -> Option<Timestamp> {
        // A factor that came later was not asked for at the login; nor does what was shown of another count.
        let began = self.began.filter(|at| self.made_at.is_none_or(|made_at| made_at < *at));
        let shown = self.shown.filter(|at| self.made_at.is_none_or(|made_at| made_at <= *at));
        let latest = shown.max(began)?;
        let until = latest.plus_secs(60 * i64::from(minutes));
        // A clock that was set back lets nothing count for longer.
        (latest <= now && now < until).then_some(until)
    }
}

impl Home {
    /// Refuses a request that needs something shown lately which was not. What is begun in a turn is refused there.
    ///
    /// The machine itself, integrations, and what the hub does for a user without a session have nothing to show.
    pub(crate) fn prove<R: Action>(&self, request: &Authorized<R>) -> Result<(), Unauthorized> {
        self.prove_as(request.principal(), R::NAME, R::PROOF, request.request().need())
    }

    /// Refuses what somebody asks for if it needs something shown lately which was not.
    pub(crate) fn prove_as(
        &self,
        principal: &Principal,
        action: &str,
        proof: Proof,
        need: Need<'_>,
    ) -> Result<(), Unauthorized> {
        let Some(unproved) = self.unproved(principal, proof, need) else { return Ok(()) };
        let user_id = principal.user_id().cloned();
        let refusal = Unauthorized { user_id, unproved: Some(unproved), ..Unauthorized::default() };
        self.record_denied(principal, action, None, &refusal);
        Err(refusal)
    }

    fn unproved(&self, principal: &Principal, proof: Proof, need: Need<'_>) -> Option<Unproved> {
        let Who::User { user_id, token_id: Some(token_id) } = principal.who() else { return None };
        let books = self.books();
        let has_factor = books.factors.has(user_id);
        match proof {
            Proof::Session => return None,
            Proof::WhereRequired if books.step_up.settings.step_up_minutes.is_none() => return None,
            Proof::IfAny if !has_factor => return None,
            Proof::WhereRequired | Proof::IfAny => {}
        }
        let is_own = matches!(need, Need::OwnAccount);
        if !has_factor && !is_own {
            return Some(Unproved::SetFactorUp);
        }
        match books.proved_until(user_id, token_id) {
            Some(_) => None,
            None if has_factor => Some(Unproved::ShowFactor),
            None => Some(Unproved::LogIn),
        }
    }

    /// Returns how it stands with whoever asks.
    pub fn step_up_state(&self, request: &Authorized<ReadStepUp>) -> StepUpState {
        self.state_of(request.principal())
    }

    fn state_of(&self, principal: &Principal) -> StepUpState {
        let books = self.books();
        let of_user = |user_id: &UserId| {
            let until = principal.token_id().and_then(|token_id| books.proved_until(user_id, token_id));
            (books.factors.has(user_id), until)
        };
        let (has_factor, until) = principal.user_id().map_or((false, None), of_user);
        StepUpState { settings: books.step_up.settings, has_factor, until: until.filter(|_| has_factor) }
    }

    /// Takes a code of the caller's second factor, or a passkey; what needs it may be done by the caller's token for a while.
    /// That it was used is on disk when this returns.
    ///
    /// # Errors
    /// [`AccountError::NoUser`], [`AccountError::NoFactor`], [`AccountError::WrongCode`], [`AccountError::Throttled`] after
    /// some of those, [`AccountError::Store`].
    pub async fn show_factor(&self, request: Authorized<ShowFactor>) -> Result<StepUpState, AccountError> {
        let (mut turn, principal, ShowFactor { shown }) = self.begin(request).await?;
        let Who::User { user_id, token_id: Some(token_id) } = principal.who() else { return Err(AccountError::NoUser) };
        if !self.has_second_factor(user_id) {
            return Err(AccountError::NoFactor);
        }
        // Somebody with a stolen session may not guess faster here than at the door.
        let (account, address) = (Username::normalise(user_id.as_str()), session_address(user_id));
        let throttled = self.books().throttle.check(Some(&account), address, now());
        throttled.map_err(|wait| AccountError::Throttled(wait.secs))?;
        let recovery = Record::of(now(), USE_RECOVERY_CODE, Outcome::Done, &principal);
        let ceremony = Ceremony::StepUp(token_id.clone());
        let is_right = self.use_shown(&mut turn, (&ceremony, user_id), &shown, recovery).await?;
        if !is_right {
            self.books().throttle.failed(Some(&account), address, now());
            self.record_failed::<ShowFactor>(&principal, "the code or passkey was wrong");
            return Err(AccountError::WrongCode);
        }
        {
            let mut books = self.books();
            books.throttle.succeeded(Some(&account), address, now());
            books.step_up.note(token_id, now());
        }
        Ok(self.state_of(&principal))
    }

    /// Asks whoever does something dangerous for their second factor, or for a more recent one. The caller has one, or could
    /// not take this back. On disk when this returns.
    ///
    /// # Errors
    /// [`AccountError::NoFactor`], [`AccountError::Unauthorized`] for less than is asked for now, which [`RelaxProof`] is for,
    /// [`AccountError::Store`].
    pub async fn require_proof(&self, request: Authorized<RequireProof>) -> Result<SecuritySettings, AccountError> {
        let (mut turn, principal, RequireProof { minutes }) = self.begin(request).await?;
        if let Who::User { user_id, .. } = principal.who()
            && !self.has_second_factor(user_id)
        {
            return Err(AccountError::NoFactor);
        }
        let before = self.books().step_up.settings;
        if before.step_up_minutes.is_some_and(|before| before < minutes) {
            return Err(AccountError::Unauthorized(Unauthorized::default()));
        }
        self.set_security(&mut turn, SecuritySettings { step_up_minutes: Some(minutes) }).await
    }

    /// Asks for it no more, or for a less recent one. On disk when this returns.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn relax_proof(&self, request: Authorized<RelaxProof>) -> Result<SecuritySettings, AccountError> {
        let (mut turn, _, RelaxProof { minutes }) = self.begin(request).await?;
        self.set_security(&mut turn, SecuritySettings { step_up_minutes: minutes }).await
    }

    async fn set_security(
        &self,
        turn: &mut Turn<'_>,
        mut after: SecuritySettings,
    ) -> Result<SecuritySettings, AccountError> {
        after.step_up_minutes = after.step_up_minutes.map(|minutes| minutes.clamp(1, SecuritySettings::MAX_MINUTES));
        let before = self.books().step_up.settings;
        if after != before {
            turn.with(json!({"from": before, "to": after}));
            self.commit(turn, vec![Change::Put(Box::new(store::Record::Security(after)))]).await?;
            self.books().step_up.settings = after;
        }
        Ok(after)
    }

    /// Returns what the home asks for.
    pub fn security(&self) -> SecuritySettings {
        self.books().step_up.settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn what_was_shown_counts_for_the_minutes_and_no_longer() {
        let proof = Proved { began: Some(at(100)), shown: None, made_at: None };
        assert_eq!(proof.until(5, at(100)), Some(at(400)));
        assert_eq!(proof.until(5, at(399)), Some(at(400)));
        assert_eq!(proof.until(5, at(400)), None);
        assert_eq!(proof.until(5, at(99)), None, "the clock was set back");
        let later = Proved { shown: Some(at(390)), ..proof };
        assert_eq!(later.until(5, at(500)), Some(at(690)));
        assert_eq!(Proved { began: None, ..proof }.until(5, at(100)), None);
    }

    #[test]
    fn a_factor_that_came_later_was_not_shown() {
        let proof = Proved { began: Some(at(100)), shown: Some(at(150)), made_at: Some(at(90)) };
        assert_eq!(proof.until(1, at(160)), Some(at(210)));
        assert_eq!(Proved { made_at: Some(at(100)), shown: None, ..proof }.until(5, at(160)), None);
        assert_eq!(Proved { made_at: Some(at(151)), ..proof }.until(5, at(160)), None);
        // Setting it up shows it.
        assert_eq!(Proved { made_at: Some(at(150)), ..proof }.until(5, at(160)), Some(at(450)));
    }
}
