//! Second factors: set up with an authenticator app, shown at login, taken away.

use std::collections::HashMap;

use auth_core::{Authorized, Need, Principal, Proof, Timestamp, UserId, Who};
use auth_login::{
    refresh_token::TokenKind,
    second_factor::{RecoveryCodes, SecondFactor, StoredFactor},
    totp::TotpSecret,
};
use qrcode::{QrCode, render::svg};
use service_bus::now;
use store::{Change, RecordKind};

use crate::{
    AccountError, Home, ProveFactor, RemoveFactor, RemoveFactorOf, RemoveOwnersFactor, RenewRecovery, SetUpFactor,
    accounts::sign_in::new_id, entropy::OsEntropy, turn::Turn,
};

/// The second factors of a home, and those that are being set up.
#[derive(Debug, Default)]
pub(crate) struct Factors {
    /// `None` for one that cannot be read: nothing is right then, but the password alone is not enough.
    pub(super) by_user: HashMap<UserId, Option<SecondFactor>>,
    set_ups: HashMap<UserId, SetUp>,
}

#[derive(Debug)]
struct SetUp {
    flow_id: String,
    secret: TotpSecret,
    started_at: Timestamp,
}

/// What a user needs to put the secret into an app. Secrets.
#[derive(Clone)]
pub struct FactorSetUp {
    /// Names the set-up when it goes on.
    pub flow_id: String,
    /// The secret in base32, to be typed.
    pub secret: String,
    /// The same as an address.
    pub url: String,
    /// The same as a picture: `<svg …>`.
    pub qr_code: String,
}

/// How long a set-up may take, in seconds.
const SET_UP_SECS: i64 = 900;

/// What using a recovery code is called in the audit trail.
pub(crate) const USE_RECOVERY_CODE: &str = "use_recovery_code";

impl Factors {
    pub(crate) fn new(stored: Vec<StoredFactor>) -> Self {
        let read = |stored: StoredFactor| {
            let user_id = stored.user_id.clone();
            let factor = stored.into_factor();
            if factor.is_none() {
                tracing::error!(user = %user_id, "a second factor cannot be read: its user cannot log in");
            }
            (user_id, factor)
        };
        Self { by_user: stored.into_iter().map(read).collect(), set_ups: HashMap::new() }
    }

    /// Tells whether the password alone is not enough.
    pub(crate) fn has(&self, user_id: &UserId) -> bool {
        self.by_user.contains_key(user_id)
    }

    /// Returns when a user's factor was set up; nothing for one that cannot be read.
    pub(crate) fn made_at(&self, user_id: &UserId) -> Option<Timestamp> {
        self.by_user.get(user_id)?.as_ref().map(SecondFactor::created_at)
    }

    pub(crate) fn remove(&mut self, user_id: &UserId) {
        self.by_user.remove(user_id);
        self.set_ups.remove(user_id);
    }
}

impl Home {
    /// Tells whether a user has a second factor.
    pub fn has_second_factor(&self, user_id: &UserId) -> bool {
        self.books().factors.has(user_id)
    }

    /// Begins to set a second factor up, in place of a set-up that was not ended. Nothing changes until it is proved.
    ///
    /// # Errors
    /// [`AccountError::NoUser`], [`AccountError::NeedsLogin`], [`AccountError::ServiceAccount`], [`AccountError::NoPassword`]
    /// for whoever could not log in any more with it, [`AccountError::FactorExists`].
    pub fn set_up_factor(&self, request: &Authorized<SetUpFactor>) -> Result<FactorSetUp, AccountError> {
        let user_id = self.logged_in(request.principal())?;
        self.prove(request)?;
        let info = self.who_is(user_id).ok_or(AccountError::UnknownUser)?;
        if info.user.is_service || info.user.system_generated {
            return Err(AccountError::ServiceAccount("people"));
        }
        if self.has_second_factor(user_id) {
            return Err(AccountError::FactorExists);
        }
        if info.username.is_none() && !self.may_show_factor_elsewhere(user_id) {
            return Err(AccountError::NoPassword);
        }
        let secret = TotpSecret::new(&mut OsEntropy);
        let account = info.username.or(info.user.name).unwrap_or_default();
        let url = secret.url("Home Assistant", &account);
        let picture = QrCode::new(url.as_bytes()).map_err(|_| AccountError::Hash)?;
        let qr_code = picture.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
        let flow_id = new_id();
        let (exposed, started_at) = (secret.expose(), now());
        // One for each user: nobody fills the memory.
        let set_up = SetUp { flow_id: flow_id.clone(), secret, started_at };
        self.books().factors.set_ups.insert(user_id.clone(), set_up);
        Ok(FactorSetUp { flow_id, secret: exposed, url, qr_code })
    }

    /// Ends a set-up: the app has the secret if its code is that of this half minute. On disk when this returns; from
    /// then on the password alone is not enough. `None` for a wrong code: the set-up goes on.
    ///
    /// # Errors
    /// [`AccountError::UnknownSetUp`], [`AccountError::Throttled`], [`AccountError::Store`].
    pub async fn prove_factor(
        &self,
        request: Authorized<ProveFactor>,
    ) -> Result<Option<(String, RecoveryCodes)>, AccountError> {
        let (mut turn, principal, ProveFactor { flow_id, code }) = self.begin(request).await?;
        let user_id = principal.user_id().ok_or(AccountError::NoUser)?.clone();
        let at = now();
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let secret = {
            let books = self.books();
            let set_up = books.factors.set_ups.get(&user_id).filter(|set_up| set_up.is(&flow_id));
            set_up.ok_or(AccountError::UnknownSetUp)?.secret.clone()
        };
        // Another session may have set one up meanwhile, which is not to be replaced by whoever comes second.
        if self.has_second_factor(&user_id) {
            return Err(AccountError::FactorExists);
        }
        // Guessing is no use here: whoever may ask knows the secret.
        let Some(step) = secret.find(&code, at, 0, None) else { return Ok(None) };
        let exposed = secret.expose();
        let (factor, codes) = SecondFactor::new(user_id.clone(), secret, step, at, &mut OsEntropy);
        self.put_factor(&mut turn, factor).await?;
        let mut books = self.books();
        books.factors.set_ups.remove(&user_id);
        if let Some(token_id) = principal.token_id() {
            books.step_up.note(token_id, at);
        }
        drop(books);
        Ok(Some((exposed, codes)))
    }

    /// Makes new recovery codes for the caller; the old ones are good no more.
    ///
    /// # Errors
    /// [`AccountError::NeedsLogin`], [`AccountError::NoFactor`], [`AccountError::Store`].
    pub async fn renew_recovery(&self, request: Authorized<RenewRecovery>) -> Result<RecoveryCodes, AccountError> {
        let user_id = self.logged_in(request.principal())?.clone();
        let (mut turn, _, RenewRecovery {}) = self.begin(request).await?;
        let factor = self.books().factors.by_user.get(&user_id).cloned().flatten();
        let mut factor = factor.ok_or(AccountError::NoFactor)?;
        let codes = factor.renew_recovery(&mut OsEntropy);
        self.put_factor(&mut turn, factor).await?;
        Ok(codes)
    }

    /// Takes the caller's second factor away; nothing happens if there is none.
    ///
    /// # Errors
    /// [`AccountError::NoUser`], [`AccountError::NeedsLogin`], [`AccountError::Store`].
    pub async fn remove_factor(&self, request: Authorized<RemoveFactor>) -> Result<(), AccountError> {
        let user_id = self.logged_in(request.principal())?.clone();
        let (mut turn, _, RemoveFactor {}) = self.begin(request).await?;
        self.take_factor(&mut turn, &user_id).await
    }

    /// Refuses what changes how the caller logs in themselves, by a command for others, unless they log in and show what their
    /// own command would ask for.
    pub(crate) fn may_change_own(&self, principal: &Principal, user_id: &str) -> Result<(), AccountError> {
        if principal.user_id().is_some_and(|own| own.as_str() == user_id) {
            self.logged_in(principal)?;
            self.prove_as(principal, "ChangeOwnLogin", Proof::IfAny, Need::OwnAccount)?;
        }
        Ok(())
    }

    /// Returns the user of a session that began with a login. Long-lived tokens lie about in programs: whoever finds one
    /// must not be able to change how its user logs in.
    pub(crate) fn logged_in<'a>(&self, principal: &'a Principal) -> Result<&'a UserId, AccountError> {
        let Who::User { user_id, token_id } = principal.who() else { return Err(AccountError::NoUser) };
        let books = self.books();
        let token = token_id.as_ref().and_then(|id| books.tokens.get(id));
        if token.is_some_and(|token| token.kind() == TokenKind::Normal) {
            Ok(user_id)
        } else {
            Err(AccountError::NeedsLogin)
        }
    }

    /// Takes the second factor of somebody who has lost it away; not the owner's.
    ///
    /// # Errors
    /// [`AccountError::NoFactor`], [`AccountError::UnknownUser`], [`AccountError::Unauthorized`] for the owner's,
    /// [`AccountError::Store`].
    pub async fn remove_factor_of(&self, request: Authorized<RemoveFactorOf>) -> Result<(), AccountError> {
        let (mut turn, principal, RemoveFactorOf { user_id }) = self.begin(request).await?;
        self.may_change_own(&principal, &user_id)?;
        let user = self.changeable_user(&user_id)?;
        if user.is_owner {
            return Err(AccountError::Unauthorized(auth_core::Unauthorized::default()));
        }
        self.take_existing_factor(&mut turn, &user.id).await
    }

    /// Takes the owner's second factor away.
    ///
    /// # Errors
    /// [`AccountError::NoFactor`], [`AccountError::UnknownUser`], [`AccountError::Store`].
    pub async fn remove_owners_factor(&self, request: Authorized<RemoveOwnersFactor>) -> Result<(), AccountError> {
        let (mut turn, principal, RemoveOwnersFactor { user_id }) = self.begin(request).await?;
        self.may_change_own(&principal, &user_id)?;
        let user_id = self.changeable_user(&user_id)?.id;
        self.take_existing_factor(&mut turn, &user_id).await
    }

    async fn take_existing_factor(&self, turn: &mut Turn<'_>, user_id: &UserId) -> Result<(), AccountError> {
        if !self.has_second_factor(user_id) {
            return Err(AccountError::NoFactor);
        }
        self.take_factor(turn, user_id).await
    }

    async fn take_factor(&self, turn: &mut Turn<'_>, user_id: &UserId) -> Result<(), AccountError> {
        if self.has_second_factor(user_id) {
            turn.on(user_id.as_str());
            // Passkeys go with it: whoever has lost a phone has lost them, too.
            let mut gone = self.books().passkeys.deletions(user_id);
            gone.push(Change::Delete(RecordKind::Factor, user_id.to_string()));
            self.commit(turn, gone).await?;
        }
        let mut books = self.books();
        books.factors.remove(user_id);
        books.passkeys.remove(user_id);
        Ok(())
    }

    /// Keeps a factor, then has it count.
    async fn put_factor(&self, turn: &mut Turn<'_>, factor: SecondFactor) -> Result<(), AccountError> {
        let user_id = factor.user_id().clone();
        turn.on(user_id.as_str());
        self.commit(turn, vec![Change::Put(Box::new(store::Record::Factor(factor.for_storage())))]).await?;
        self.books().factors.by_user.insert(user_id, Some(factor));
        Ok(())
    }
}

impl SetUp {
    fn is(&self, flow_id: &str) -> bool {
        self.flow_id == flow_id && (0..SET_UP_SECS).contains(&now().secs_since(self.started_at))
    }
}

impl std::fmt::Debug for FactorSetUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FactorSetUp({})", self.flow_id)
    }
}
