//! What a client asks for, looked at before anybody is sent away.

use crate::{
    client::{ClientId, ClientRules, Origin, Pkce},
    code::Grant,
    login_flow::{Caller, FlowError, StartRequest},
    pkce::Challenge,
    signed_path::encode_component,
};
use auth_core::CredentialId;

/// A login that a client asked for, and where its answer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    client: ClientId,
    redirect_uri: Box<str>,
    challenge: Option<Challenge>,
    state: Option<Box<str>>,
}

/// The longest `state` of a client, in bytes.
const MAX_STATE_LEN: usize = 2048;

impl Asked {
    /// Checks what a client asks for by the rules of every login, and where the answer is to go at once: the browser
    /// comes back from elsewhere and is sent there, so nobody would look later.
    ///
    /// # Errors
    ///
    /// As for [`LoginFlows::start`](crate::login_flow::LoginFlows::start), and `InvalidRedirect`; also for a client that nobody
    /// has said is trusted, since nothing is typed here that would say who wants to go there.
    pub fn check(
        request: &StartRequest<'_>,
        state: Option<&str>,
        caller: Caller<'_>,
        (rules, trusted): (&ClientRules, &[Origin]),
    ) -> Result<Self, FlowError> {
        let (client, challenge) = request.check(caller.own)?;
        if state.is_some_and(|state| state.len() > MAX_STATE_LEN) {
            return Err(FlowError::Malformed("state"));
        }
        let pkce = if challenge.is_some() { Pkce::S256 } else { Pkce::Absent };
        if !ClientRules::is_trusted(&client, request.redirect_uri, caller.own, trusted)
            || !rules.allows(&client, request.redirect_uri, caller.own, pkce)
        {
            return Err(FlowError::InvalidRedirect);
        }
        Ok(Self { client, redirect_uri: request.redirect_uri.into(), challenge, state: state.map(Into::into) })
    }

    /// Returns what an authorization code stands for that answers this.
    pub fn grant(&self, credential_id: CredentialId) -> Grant {
        Grant {
            credential_id,
            client_id: self.client.as_str().to_owned(),
            redirect_uri: Some(self.redirect_uri.to_string()),
            challenge: self.challenge.clone(),
        }
    }

    /// Returns the address that takes the answer to the client.
    pub fn answer(&self, code: &str) -> String {
        let joint = if self.redirect_uri.contains('?') { '&' } else { '?' };
        let mut address = format!("{}{joint}code={}", self.redirect_uri, encode_component(code));
        if let Some(state) = &self.state {
            address.push_str("&state=");
            address.push_str(&encode_component(state));
        }
        address
    }
}
