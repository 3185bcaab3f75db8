//! The second step of a login: a code, or a passkey.

use std::net::IpAddr;

use audit::{Actor, Outcome, Record, Trail};
use auth_core::UserId;
use auth_login::{login_flow::FlowError, second_factor::Shown};
use serde_json::{Value, json};
use service_bus::now;
use store::{Change, StoreError};

use crate::{Home, LoginStep, PasskeyChallenge, SignInError, accounts::second_factor::USE_RECOVERY_CODE, turn::Turn};

/// What somebody shows at the second step.
#[derive(Clone, Copy, Debug)]
pub enum SecondStep<'a> {
    /// A code of the app, or a recovery code.
    Code(&'a str),
    /// The browser's `PublicKeyCredential` as JSON.
    Passkey(&'a Value),
}

impl Home {
    /// Takes what is shown at a login's second step. That it was used is on disk before anybody is let in by it.
    ///
    /// # Errors
    /// [`SignInError::Flow`], [`SignInError::Store`].
    pub async fn log_in_with(
        &self,
        (flow_id, client_id): (&str, &str),
        step: SecondStep<'_>,
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
        let is_right = match step {
            SecondStep::Code(code) => {
                let recovery = Record::new(now(), USE_RECOVERY_CODE, Outcome::Done, Actor::Nobody);
                let recovery = Record { from: Some(ip), ..recovery };
                self.use_code(&mut turn, user_id, code, recovery).await?.is_some()
            }
            SecondStep::Passkey(shown) => self.use_passkey(&mut turn, (&at_login(flow_id), user_id), shown).await?,
        };
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
        self.challenge(at_login(flow_id), user_id?)
    }

    /// Takes a code and keeps that it was used; `recovery` is the record of a recovery code. `None` for a wrong one.
    pub(crate) async fn use_code(
        &self,
        turn: &mut Turn<'_>,
        user_id: &UserId,
        code: &str,
        recovery: Record,
    ) -> Result<Option<Shown>, StoreError> {
        // Taken away meanwhile: then nothing is right until the login begins anew.
        let factor = self.books().factors.by_user.get(user_id).cloned().flatten();
        let Some(mut factor) = factor else { return Ok(None) };
        let Some(shown) = factor.take(code, now()) else { return Ok(None) };
        if let Shown::Recovery { left } = shown {
            turn.record_in(Trail::Access, recovery.on(user_id.as_str()).with(json!({"left": left})));
        }
        self.commit(turn, vec![Change::Put(Box::new(store::Record::Factor(factor.for_storage())))]).await?;
        self.books().factors.by_user.insert(user_id.clone(), Some(factor));
        Ok(Some(shown))
    }
}

/// What a login's passkey is asked for.
fn at_login(flow_id: &str) -> String {
    format!("log in {flow_id}")
}
