//! Failed logins that are remembered: who waits for them, and no more.

use audit::{Outcome, Record, Trail, action_name};
use auth_core::{Action, Authorized};
use auth_login::{credential::Username, throttle::Failures};
use service_bus::now;

use crate::{AccountError, ForgiveFailures, Home, ListFailures, UserInfo};

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

    /// Forgets failures. Returns whether there were any. Recorded on disk when this returns; if that fails they are forgotten
    /// all the same, until the next start at most.
    ///
    /// # Errors
    /// [`AccountError::UnknownUser`], [`AccountError::CredentialsNotFound`] for a user who has no user name.
    pub async fn forgive_failures(&self, request: Authorized<ForgiveFailures>) -> Result<bool, AccountError> {
        let mut record = Record::of(now(), action_name(ForgiveFailures::NAME), Outcome::Done, request.principal());
        let (_, ForgiveFailures { address, user_id }) = request.into_parts();
        let mut had = false;
        if let Some(user_id) = user_id {
            let info = self.who_is(&user_id.as_str().into()).ok_or(AccountError::UnknownUser)?;
            let username = info.username.ok_or(AccountError::CredentialsNotFound)?;
            had |= self.books().throttle.forgive_account(&Username::normalise(&username));
            record = record.on(user_id);
        }
        if let Some(address) = address {
            had |= self.books().throttle.forgive_address(address);
            record = record.with(serde_json::json!({"address": address}));
        }
        self.keep_record(Trail::Acts, record).await?;
        Ok(had)
    }
}
