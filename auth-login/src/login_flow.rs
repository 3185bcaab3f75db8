//! Login flows: a form is shown, a name and a password come back, and in the end there is a grant for a code.
//!
//! A step is in two halves around the slow check of the password:
//! [`LoginFlows::begin`] -> [`PasswordCheck::run`] on a pool for blocking work -> [`LoginFlows::finish`].
//! A step counts as a failed login from its first half on, and success takes that back; so neither many steps at
//! once nor a dropped connection gets a guess for free.

mod asked;
mod check;
mod second_step;

use std::{collections::BTreeMap, net::IpAddr};

use auth_core::Timestamp;
use secrecy::SecretString;
use thiserror::Error;

pub use check::{CheckOutcome, PasswordCheck};
use second_step::Half;

use crate::{
    client::{ClientId, ClientRules, Origin, Pkce},
    code::Grant,
    credential::{Credential, Login, LoginBook, PROVIDER, Username},
    entropy::{self, Entropy},
    password::StoredPassword,
    pkce::Challenge,
    room::{Bounds, make_room},
    standing::{UserStanding, standing_refusal},
    throttle::{RetryAfter, Throttle},
};

/// A request to start a login, as the client sent it.
#[derive(Clone, Copy, Debug)]
pub struct StartRequest<'a> {
    /// The client's id.
    pub client_id: &'a str,
    /// The provider's type and id: only `("homeassistant", None)` exists.
    pub handler: (&'a str, Option<&'a str>),
    /// Where the code is to go; looked at when the login is done.
    pub redirect_uri: &'a str,
    /// `code`, or nothing.
    pub response_type: Option<&'a str>,
    /// An S256 challenge.
    pub code_challenge: Option<&'a str>,
    /// `S256`, exactly if there is a challenge.
    pub code_challenge_method: Option<&'a str>,
}

/// Who sent a request, and where to.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The client's address.
    pub ip: IpAddr,
    /// Where the client reached the hub; `None` if that is not known.
    pub own: Option<&'a Origin>,
}

/// An answer to the form.
#[derive(Clone, Debug)]
pub struct StepRequest<'a> {
    /// Which flow.
    pub flow_id: &'a str,
    /// The client's id; must be the one that started the flow.
    pub client_id: &'a str,
    /// The user name, as typed.
    pub username: &'a str,
    /// The password.
    pub password: SecretString,
}

/// Why a login cannot go on. The texts are Home Assistant's, which clients see.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FlowError {
    /// A field is too long or does not have its form (400).
    #[error("Message format incorrect: `{0}`")]
    Malformed(&'static str),
    /// The client id is not acceptable, or not the one that started the flow (400).
    #[error("Invalid client id")]
    InvalidClientId,
    /// Something other than a code was asked for (400).
    #[error("Response type not supported")]
    ResponseTypeNotSupported,
    /// There is a challenge method without a challenge (400).
    #[error("code_challenge required when code_challenge_method is provided")]
    ChallengeRequired,
    /// The challenge has no method, or one other than S256 (400).
    #[error("Transform algorithm not supported")]
    TransformNotSupported,
    /// No such provider (404).
    #[error("Invalid handler specified")]
    InvalidHandler,
    /// No such flow, or it is finished or too old (404).
    #[error("Invalid flow specified")]
    UnknownFlow,
    /// The flow was started from another address (400).
    #[error("IP address changed")]
    IpChanged,
    /// Another step of the flow is being checked (409).
    #[error("Flow request already in progress")]
    InProgress,
    /// Too many failed logins (429); the flow stays open.
    #[error(transparent)]
    Throttled(#[from] RetryAfter),
    /// Too many wrong codes: the flow is gone, and Home Assistant says so in a step that aborts (200).
    #[error("too many wrong codes")]
    TooManyCodes,
    /// The time for the second step is over; likewise.
    #[error("the time for the code is over")]
    CodeExpired,
    /// The flow is at its other step (400).
    #[error("User input malformed")]
    OtherStep,
    /// The password is right, but the answer may not be sent where the client wants it (403); the flow is gone.
    #[error("Invalid redirect URI")]
    InvalidRedirect,
    /// The password is right, but the user may not sign in (403); the flow is gone.
    #[error("Login blocked: {0}")]
    Blocked(&'static str),
}

/// What a step led to.
#[derive(Debug)]
pub enum StepResult {
    /// Name or password is wrong: show the form again with `invalid_auth`; the flow stays open.
    InvalidAuth,
    /// The password is right, and the user has a second factor: ask for its code.
    NeedsCode,
    /// The code is wrong: ask again.
    InvalidCode,
    /// The login is done and the flow gone.
    Done(Finished),
}

/// A finished login.
#[derive(Debug)]
#[must_use]
pub struct Finished {
    /// Who signed in, with the password hash that was found right.
    pub login: Login,
    /// What to issue a code for.
    pub grant: Grant,
    /// A hash made as hashes are made today, to store in place of the outdated one.
    pub replacement: Option<StoredPassword>,
}

/// A flow is dropped this many seconds after it was started.
pub const FLOW_SECS: i64 = 900;

/// A step that was begun and never finished blocks its flow for this many seconds.
pub const STEP_SECS: i64 = 60;

/// A second step may take so many seconds from the start of the flow.
pub const CODE_SECS: i64 = 300;

/// The flow is gone after so many wrong codes.
pub const MAX_CODES: u8 = 5;

/// As many flows are open at once; beyond, the oldest goes.
pub const MAX_FLOWS: usize = 1_000;

/// As many of one address; beyond, its oldest goes, so that one machine cannot push out everybody's.
pub const MAX_FLOWS_PER_ADDRESS: usize = 50;

/// All open logins, in memory only.
#[derive(Debug, Default)]
pub struct LoginFlows {
    flows: BTreeMap<Box<str>, Flow>,
    /// Numbers flows and steps in the order of their start.
    next_serial: u64,
}

#[derive(Debug)]
struct Flow {
    serial: u64,
    started_at: Timestamp,
    ip: IpAddr,
    own: Option<Origin>,
    client: ClientId,
    redirect_uri: Box<str>,
    challenge: Option<Challenge>,
    step: Option<Step>,
    /// Whose password was right, once it was, if a code is wanted too.
    half: Option<Half>,
}

/// A step that is being checked.
#[derive(Clone, Copy, Debug)]
struct Step {
    serial: u64,
    begun_at: Timestamp,
}

impl LoginFlows {
    /// Makes a book without flows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a login and returns the flow's id: 32 hex digits, good for [`FLOW_SECS`]. O(flows).
    ///
    /// # Errors
    ///
    /// `Malformed`, `InvalidClientId`, `ResponseTypeNotSupported`, `ChallengeRequired`, `TransformNotSupported` or
    /// `InvalidHandler`, in that order.
    pub fn start(
        &mut self,
        request: StartRequest<'_>,
        caller: Caller<'_>,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<String, FlowError> {
        let (client, challenge) = request.check(caller.own)?;
        if request.handler != (PROVIDER, None) {
            return Err(FlowError::InvalidHandler);
        }
        self.make_room(caller.ip, now);
        let flow = Flow {
            serial: self.draw_serial(),
            started_at: now,
            ip: caller.ip.to_canonical(),
            own: caller.own.cloned(),
            client,
            redirect_uri: request.redirect_uri.into(),
            challenge,
            step: None,
            half: None,
        };
        let id = entropy::new_id(entropy);
        self.flows.insert(id.clone().into(), flow);
        Ok(id)
    }

    /// Takes an answer to the form and returns the check to run. O(log n), hashes nothing slow.
    ///
    /// The attempt counts as failed until [`finish`](Self::finish) finds it right.
    ///
    /// # Errors
    ///
    /// `UnknownFlow`, `IpChanged`, `InvalidClientId`, `OtherStep`, `InProgress` or `Throttled`, in that order.
    pub fn begin(
        &mut self,
        throttle: &mut Throttle,
        logins: &LoginBook,
        request: StepRequest<'_>,
        ip: IpAddr,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<PasswordCheck, FlowError> {
        let serial = self.draw_serial();
        let flow =
            self.flows.get_mut(request.flow_id).filter(|flow| flow.is_open(now)).ok_or(FlowError::UnknownFlow)?;
        if flow.ip != ip.to_canonical() {
            return Err(FlowError::IpChanged);
        }
        if flow.client.as_str() != request.client_id {
            return Err(FlowError::InvalidClientId);
        }
        if flow.half.is_some() {
            return Err(FlowError::OtherStep);
        }
        if flow.step.is_some_and(|step| (0..STEP_SECS).contains(&now.secs_since(step.begun_at))) {
            return Err(FlowError::InProgress);
        }
        let username = Username::normalise(request.username);
        throttle.check(Some(&username), ip, now)?;
        throttle.failed(Some(&username), ip, now);
        flow.step = Some(Step { serial, begun_at: now });
        let login = logins.find(&username).cloned();
        let salt = entropy::bytes(entropy);
        let StepRequest { flow_id, password, .. } = request;
        Ok(PasswordCheck { flow_id: flow_id.into(), serial, username, login, work: logins.work(), password, salt })
    }

    /// Ends a step with what its check found. `standing_of` is asked about the user of a right password, `has_factor`
    /// whether they show something besides: then the attempt counts as failed until that is right too. A password that was
    /// right and has been changed meanwhile is wrong.
    ///
    /// # Errors
    ///
    /// `UnknownFlow` if the flow or the step is gone meanwhile, or the password is right and `InvalidRedirect` or
    /// `Blocked`, in that order: the flow is then gone and the attempt still counts as failed.
    pub fn finish(
        &mut self,
        throttle: &mut Throttle,
        (logins, rules): (&LoginBook, &ClientRules),
        standing_of: impl FnOnce(&Credential) -> UserStanding,
        has_factor: impl FnOnce(&Credential) -> bool,
        outcome: CheckOutcome,
        now: Timestamp,
    ) -> Result<StepResult, FlowError> {
        let CheckOutcome { flow_id, serial, username, right } = outcome;
        let flow = self.flows.get_mut(&flow_id).filter(|flow| flow.is_open(now)).ok_or(FlowError::UnknownFlow)?;
        if flow.step.is_none_or(|step| step.serial != serial) {
            return Err(FlowError::UnknownFlow);
        }
        flow.step = None;
        let Some((login, replacement)) = right.filter(|(login, _)| logins.holds(login)) else {
            return Ok(StepResult::InvalidAuth);
        };
        let half = Half { username, login, replacement, n_wrong: 0 };
        if has_factor(&half.login.credential) {
            flow.half = Some(half);
            return Ok(StepResult::NeedsCode);
        }
        self.complete(&flow_id, half, throttle, rules, standing_of, now)
    }

    /// Ends a flow whose user has shown everything.
    fn complete(
        &mut self,
        flow_id: &str,
        half: Half,
        throttle: &mut Throttle,
        rules: &ClientRules,
        standing_of: impl FnOnce(&Credential) -> UserStanding,
        now: Timestamp,
    ) -> Result<StepResult, FlowError> {
        let Half { username, login, replacement, .. } = half;
        let flow = self.flows.remove(flow_id).ok_or(FlowError::UnknownFlow)?;
        let pkce = if flow.challenge.is_some() { Pkce::S256 } else { Pkce::Absent };
        if !rules.allows(&flow.client, &flow.redirect_uri, flow.own.as_ref(), pkce) {
            return Err(FlowError::InvalidRedirect);
        }
        if let Some(reason) = standing_refusal(standing_of(&login.credential), Some(flow.ip)) {
            return Err(FlowError::Blocked(reason));
        }
        throttle.succeeded(Some(&username), flow.ip, now);
        let grant = Grant {
            credential_id: login.credential.id.clone(),
            client_id: flow.client.as_str().to_owned(),
            redirect_uri: Some(flow.redirect_uri.into()),
            challenge: flow.challenge,
        };
        Ok(StepResult::Done(Finished { login, grant, replacement }))
    }

    /// Drops a flow; whoever knows its id may.
    ///
    /// # Errors
    ///
    /// `UnknownFlow`.
    pub fn abort(&mut self, flow_id: &str, now: Timestamp) -> Result<(), FlowError> {
        let flow = self.flows.remove(flow_id).filter(|flow| flow.is_open(now));
        flow.map(|_| ()).ok_or(FlowError::UnknownFlow)
    }

    /// Returns how many flows are held, at most [`MAX_FLOWS`].
    pub fn n_flows(&self) -> usize {
        self.flows.len()
    }

    /// Drops flows that are too old, then the oldest until one more from `ip` fits.
    fn make_room(&mut self, ip: IpAddr, now: Timestamp) {
        self.flows.retain(|_, flow| flow.is_open(now));
        let ip = ip.to_canonical();
        let bounds = Bounds { here: MAX_FLOWS_PER_ADDRESS, all: MAX_FLOWS };
        make_room(&mut self.flows, bounds, |flow| flow.ip == ip, |flow| flow.serial);
    }

    fn draw_serial(&mut self) -> u64 {
        self.next_serial = self.next_serial.wrapping_add(1);
        self.next_serial
    }
}

impl Flow {
    fn is_open(&self, now: Timestamp) -> bool {
        // A clock that was set back ends flows too: better one login more than flows that never end.
        (-STEP_SECS..FLOW_SECS).contains(&now.secs_since(self.started_at))
    }
}

#[cfg(test)]
mod tests;
