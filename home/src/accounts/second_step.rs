//! The second step of a login: a code, or a passkey.

use std::net::IpAddr;

use audit::{Actor, Outcome, Record, Trail};
use auth_core::UserId;
use auth_login::{login_flow::FlowError, second_factor::Shown};
use serde_json::json;
use service_bus::now;
use store::{Change, StoreError};

use crate::{
    Home, LoginStep, PasskeyChallenge, ShownFactor, SignInError,
    accounts::{passkeys::Ceremony, second_factor::USE_RECOVERY_CODE},
    turn::Turn,
};

impl Home {
    /// Takes what is shown at a login's second step. That it was used is on disk before anybody is let in by it.
    ///
    /// # Errors
    /// [`SignInError::Flow`], [`SignInError::Store`].
    pub async fn log_in_with(
        &self,
        (flow_id, client_id): (&str, &str),
        shown: &ShownFactor,
        ip: IpAddr,
    ) -> Result<LoginStep, SignInError> {
        let mut turn = self.quiet_turn().await;
        let begun = {
            let books = &mut *self.books();
            books.flows.begin_code(&mut books.throttle, (flow_id, client_id), ip, now())
        };
        let credential = begun.inspect_err(|error| {
            if matches!(error, FlowError::Throttled(_) | FlowError::CodeExpired) {
                self.record_login(Outcome::Failed, None, ip, Some(&error.to_string()));
            }
        })?;
        let user_id = &credential.user_id;
        let recovery = Record::new(now(), USE_RECOVERY_CODE, Outcome::Done, Actor::Nobody);
        let recovery = Record { from: Some(ip), ..recovery };
        let ceremony = Ceremony::LogIn(flow_id.to_owned());
        let is_right = self.use_shown(&mut turn, (&ceremony, user_id), shown, recovery).await?;
        drop(turn);
        let standing = self.standing_of(&credential);
        let step = {
            let books = &mut *self.books();
            books.flows.finish_code(
                &mut books.throttle,
                (&books.logins, &books.clients),
                |_| standing,
                (flow_id, is_right),
                now(),
            )
        };
        self.end_step(step, flow_id, Some(user_id), ip).await
    }

    /// Returns what a browser needs to show a passkey at the second step, if the user has one.
    pub(crate) fn challenge_at_login(&self, flow_id: &str, user_id: Option<&UserId>) -> Option<PasskeyChallenge> {
        self.challenge(Ceremony::LogIn(flow_id.to_owned()), user_id?)
    }

    /// Takes what somebody shows of their second factor, and keeps that it was used; `recovery` is the record of a recovery
    /// code. Whether it was right.
    pub(crate) async fn use_shown(
        &self,
        turn: &mut Turn<'_>,
        (ceremony, user_id): (&Ceremony, &UserId),
        shown: &ShownFactor,
        recovery: Record,
    ) -> Result<bool, StoreError> {
        match shown {
            ShownFactor::Code(code) => self.use_code(turn, user_id, code.expose(), recovery).await,
            ShownFactor::Passkey(credential) => self.use_passkey(turn, (ceremony, user_id), credential).await,
        }
    }

    async fn use_code(
        &self,
        turn: &mut Turn<'_>,
        user_id: &UserId,
        code: &str,
        recovery: Record,
    ) -> Result<bool, StoreError> {
        // Taken away meanwhile: then nothing is right until the login begins anew.
        let factor = self.books().factors.by_user.get(user_id).cloned().flatten();
        let Some(mut factor) = factor else { return Ok(false) };
        let Some(shown) = factor.take(code, now()) else { return Ok(false) };
        if let Shown::Recovery { left } = shown {
            turn.record_in(Trail::Access, recovery.on(user_id.as_str()).with(json!({"left": left})));
        }
        self.commit(turn, vec![Change::Put(Box::new(store::Record::Factor(factor.for_storage())))]).await?;
        self.books().factors.by_user.insert(user_id.clone(), Some(factor));
        Ok(true)
    }
}
