//! What every login begins with: which client asks, and what it will have to prove.

use super::{FlowError, StartRequest};
use crate::{
    client::{ClientId, MAX_URL_LEN, Origin},
    pkce::Challenge,
};

impl StartRequest<'_> {
    /// Checks everything about a request but the provider and where the answer is to go.
    ///
    /// # Errors
    ///
    /// `Malformed`, `InvalidClientId`, `ResponseTypeNotSupported`, `ChallengeRequired` or `TransformNotSupported`, in
    /// that order.
    pub(crate) fn check(&self, own: Option<&Origin>) -> Result<(ClientId, Option<Challenge>), FlowError> {
        for (field, text) in [("client_id", self.client_id), ("redirect_uri", self.redirect_uri)] {
            if text.len() > MAX_URL_LEN {
                return Err(FlowError::Malformed(field));
            }
        }
        let challenge = self.code_challenge.map(|text| Challenge::parse(text).ok_or("code_challenge"));
        let challenge = challenge.transpose().map_err(FlowError::Malformed)?;
        let client = ClientId::parse(self.client_id, own).map_err(|_| FlowError::InvalidClientId)?;
        if self.response_type.is_some_and(|wanted| wanted != "code") {
            return Err(FlowError::ResponseTypeNotSupported);
        }
        match (&challenge, self.code_challenge_method) {
            (None, None) | (Some(_), Some("S256")) => Ok((client, challenge)),
            (None, Some(_)) => Err(FlowError::ChallengeRequired),
            (Some(_), _) => Err(FlowError::TransformNotSupported),
        }
    }
}
