//! Failed logins that are remembered: who waits for them, and no more.

use auth_core::{Authorized, Network};
use auth_login::{credential::Username, throttle::Failures};
use service_bus::now;

use crate::{AccountError, Ban, ForgiveFailures, Home, ListFailures, UserInfo};

impl Home {
    /// Returns the addresses with failures, those with the most first, at most a thousand; and the users with failures.
    pub fn failures(&self, _request: &Authorized<ListFailures>) -> (Vec<Failures>, Vec<(UserInfo, Failures)>) {
        let world = self.inner.bus.world();
        let users: Vec<_> = world.auth.users().map(|user| self.user_info(user)).collect();
        let throttle = &mut self.books().throttle;
        let addresses = throttle.addresses(1000, now());
        let of_user = |info: UserInfo| {
            let username = Username::normalise(info.username.as_deref()?);
            let failures = throttle.account(&username, now())?;
            Some((info, failures))
        };
        (addresses, users.into_iter().filter_map(of_user).collect())
    }

    /// Forgets failures, and lets the address log in again if it was shut out for them. Returns whether there were any. On
    /// disk when this returns.
    ///
    /// # Errors
    /// [`AccountError::UnknownUser`], [`AccountError::CredentialsNotFound`] for a user who has no user name,
    /// [`AccountError::Store`].
    pub async fn forgive_failures(&self, request: Authorized<ForgiveFailures>) -> Result<bool, AccountError> {
        let (mut turn, _, ForgiveFailures { address, user_id }) = self.begin(request).await?;
        let mut username = None;
        if let Some(user_id) = user_id {
            let info = self.who_is(&user_id.as_str().into()).ok_or(AccountError::UnknownUser)?;
            username = Some(Username::normalise(&info.username.ok_or(AccountError::CredentialsNotFound)?));
            turn.on(user_id);
        }
        if let Some(address) = address {
            turn.with(serde_json::json!({"address": address}));
        }
        let network = address.map(Network::of);
        let is_theirs = |ban: &Ban| ban.is_automatic() && Some(ban.network) == network;
        let mut had = self.lift(&mut turn, is_theirs).await? > 0;
        let throttle = &mut self.books().throttle;
        had |= username.is_some_and(|username| throttle.forgive_account(&username));
        had |= address.is_some_and(|address| throttle.forgive_address(address));
        Ok(had)
    }
}
