//! What talks with an identity provider, and how a login with it can fail.

use std::sync::Arc;

use async_trait::async_trait;
use auth_login::{
    login_flow::FlowError,
    single_sign_on::{ProviderRules, Refusal, Secrets, Visit, VisitError},
};
use serde_json::{Map, Value};
use store::StoreError;

use crate::AccountError;

/// Talks with one identity provider. It decides nothing: what follows from an answer is decided here.
#[async_trait]
pub trait IdentityProvider: std::fmt::Debug + Send + Sync + 'static {
    /// Returns the page of the provider to send a browser to.
    ///
    /// # Errors
    /// [`ProviderError`].
    async fn page(&self, departure: &Departure<'_>) -> Result<String, ProviderError>;

    /// Exchanges what a browser came back with, and returns whose account it is. Everything about the answer has been
    /// verified then: signature, issuer, audience, nonce, times.
    ///
    /// # Errors
    /// [`ProviderError`].
    async fn vouch(&self, arrival: &Arrival<'_>) -> Result<Vouched, ProviderError>;
}

/// Somebody who is sent to a provider.
#[derive(Debug)]
pub struct Departure<'a> {
    /// What they come back with.
    pub secrets: &'a Secrets,
    /// Where they come back to.
    pub callback: &'a str,
}

/// Somebody who has come back from a provider, in the browser that was sent there.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// The code that they came back with.
    pub code: &'a str,
    /// Who the provider said it is, if it did (RFC 9207).
    pub issuer: Option<&'a str>,
    /// What was said when they left.
    pub visit: &'a Visit,
}

/// What a provider vouches for.
#[derive(Clone, Debug)]
pub struct Vouched {
    /// The account.
    pub subject: String,
    /// Everything that it says of the account.
    pub claims: Map<String, Value>,
}

/// Why a provider vouches for nobody. The texts are for whoever is signing in, and hold no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It gave no answer that can be used.
    #[error("{0}")]
    Away(String),
    /// It refused the code, or its answer does not prove anything.
    #[error("{0}")]
    Unproved(String),
}

/// A provider that people can sign in with.
#[derive(Clone, Debug)]
pub struct SignOnProvider {
    /// What is decided about its accounts.
    pub rules: ProviderRules,
    /// What talks with it.
    pub talk: Arc<dyn IdentityProvider>,
}

/// What the address says with which a browser comes back.
#[derive(Clone, Copy, Debug)]
pub struct ComingBack<'a> {
    /// Which visit.
    pub state: &'a str,
    /// The browser's cookie of that visit.
    pub browser: Option<&'a str>,
    /// A code, if all went well.
    pub code: Option<&'a str>,
    /// Else what went wrong.
    pub error: Option<&'a str>,
    /// Who the provider says it is, if it does.
    pub issuer: Option<&'a str>,
}

/// Why somebody does not sign in with an account elsewhere.
#[derive(Debug, thiserror::Error)]
pub enum SignOnError {
    /// Nobody can sign in before the home has an owner.
    #[error("this home has no owner yet")]
    NotOnboarded,
    /// There is no such provider.
    #[error("there is no such provider")]
    UnknownProvider,
    /// What the client asks for cannot be.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// The browser comes back with what no login here began with.
    #[error(transparent)]
    Visit(#[from] VisitError),
    /// It comes back from another provider than it was sent to.
    #[error("the answer is from another provider than the one that was asked")]
    MixedUp,
    /// It comes back with nothing.
    #[error("the provider sent neither a code nor an error")]
    NoCode,
    /// The provider says no, in its own word.
    #[error("the provider says: {0}")]
    Said(String),
    /// The provider vouches for nobody.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The account may not sign in here.
    #[error("{refusal}")]
    Refused {
        /// Why.
        refusal: Refusal,
        /// Who vouches for the account.
        issuer: String,
        /// The account.
        subject: String,
    },
    /// What follows could not be done.
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl From<StoreError> for SignOnError {
    fn from(error: StoreError) -> Self {
        Self::Account(error.into())
    }
}
