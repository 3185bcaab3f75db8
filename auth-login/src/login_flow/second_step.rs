//! The second step of a login, where the user has a second factor.

use std::net::IpAddr;

use auth_core::Timestamp;

use super::{CODE_SECS, FlowError, LoginFlows, MAX_CODES, StepResult};
use crate::{
    client::ClientRules,
    credential::{Credential, Login, LoginBook, Username},
    password::StoredPassword,
    standing::UserStanding,
    throttle::Throttle,
};

/// A login that waits for its second factor.
#[derive(Debug)]
pub(super) struct Half {
    pub(super) username: Username,
    /// With the password as it was when it was right.
    pub(super) login: Login,
    pub(super) replacement: Option<StoredPassword>,
    pub(super) n_wrong: u8,
}

impl LoginFlows {
    /// Begins the second step of a login: says whose code is to be checked. The attempt counts as failed until
    /// [`finish_code`](Self::finish_code) finds it right.
    ///
    /// # Errors
    ///
    /// `UnknownFlow`, `IpChanged`, `InvalidClientId`, `OtherStep`, `CodeExpired` (the flow is then gone) or `Throttled`, in
    /// that order.
    pub fn begin_code(
        &mut self,
        throttle: &mut Throttle,
        (flow_id, client_id): (&str, &str),
        ip: IpAddr,
        now: Timestamp,
    ) -> Result<Credential, FlowError> {
        let flow = self.flows.get_mut(flow_id).filter(|flow| flow.is_open(now)).ok_or(FlowError::UnknownFlow)?;
        if flow.ip != ip.to_canonical() {
            return Err(FlowError::IpChanged);
        }
        if flow.client.as_str() != client_id {
            return Err(FlowError::InvalidClientId);
        }
        let half = flow.half.as_ref().ok_or(FlowError::OtherStep)?;
        let (username, credential) = (half.username.clone(), half.login.credential.clone());
        if now.secs_since(flow.started_at) >= CODE_SECS {
            self.flows.remove(flow_id);
            return Err(FlowError::CodeExpired);
        }
        throttle.check(Some(&username), ip, now)?;
        throttle.failed(Some(&username), ip, now);
        Ok(credential)
    }

    /// Ends the second step of a login with whether its code was right.
    ///
    /// # Errors
    ///
    /// `UnknownFlow` if the flow is gone meanwhile or the password is another than the one that was right, `TooManyCodes`; else as [`finish`](Self::finish).
    pub fn finish_code(
        &mut self,
        throttle: &mut Throttle,
        (logins, rules): (&LoginBook, &ClientRules),
        standing_of: impl FnOnce(&Credential) -> UserStanding,
        (flow_id, is_right): (&str, bool),
        now: Timestamp,
    ) -> Result<StepResult, FlowError> {
        let flow = self.flows.get_mut(flow_id).filter(|flow| flow.is_open(now)).ok_or(FlowError::UnknownFlow)?;
        let half = flow.half.as_mut().ok_or(FlowError::UnknownFlow)?;
        if !is_right {
            half.n_wrong += 1;
            if half.n_wrong < MAX_CODES {
                return Ok(StepResult::InvalidCode);
            }
            self.flows.remove(flow_id);
            return Err(FlowError::TooManyCodes);
        }
        let half = flow.half.take().ok_or(FlowError::UnknownFlow)?;
        if !logins.holds(&half.login) {
            self.flows.remove(flow_id);
            return Err(FlowError::UnknownFlow);
        }
        self.complete(flow_id, half, throttle, rules, standing_of, now)
    }
}
