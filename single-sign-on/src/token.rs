//! What a provider's token says, once it has been verified.

use home::{ProviderError, Vouched};
use openidconnect::{
    AdditionalClaims, ClaimsVerificationError, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IdTokenFields, Nonce, OAuth2TokenResponse, SignatureVerificationError, StandardErrorResponse,
    StandardTokenResponse, SubjectIdentifier, TokenResponse, UserInfoClaims, UserInfoError,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
        CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    talk::{away, unproved},
    web::Web,
};

/// Every claim that has no place of its own in the library.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Claims(Map<String, Value>);

impl AdditionalClaims for Claims {}

type Fields = IdTokenFields<
    Claims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

/// What the token endpoint answers.
pub(crate) type Answer = StandardTokenResponse<Fields, CoreTokenType>;

/// The library's client, for [`Claims`].
pub(crate) type Client = openidconnect::Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Answer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What tokens may be signed with: by a key that the provider alone has. `none` is not among them, and neither are those
/// where the hub's own secret is the key, whatever the provider says that it supports.
const SIGNED_WITH: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What is wrong with a token. Says which check failed, and nothing of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Wrong {
    #[error("there is none")]
    Missing,
    #[error("it is signed with a key that the provider does not show")]
    UnknownKey,
    #[error("its signature")]
    Signature,
    #[error("it is by another issuer")]
    Issuer,
    #[error("it is for somebody else")]
    Audience,
    #[error("it was made for another login")]
    Nonce,
    #[error("it has expired")]
    Expired,
    #[error("its form")]
    Form,
}

impl From<ClaimsVerificationError> for Wrong {
    fn from(error: ClaimsVerificationError) -> Self {
        match error {
            ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
                Self::UnknownKey
            }
            ClaimsVerificationError::SignatureVerification(_) => Self::Signature,
            ClaimsVerificationError::InvalidIssuer(_) => Self::Issuer,
            ClaimsVerificationError::InvalidAudience(_) => Self::Audience,
            ClaimsVerificationError::InvalidNonce(_) => Self::Nonce,
            ClaimsVerificationError::Expired(_) => Self::Expired,
            _ => Self::Form,
        }
    }
}

/// Verifies the token of an answer: signature, issuer, audience, nonce and expiry, and for whom it was made if it says so.
pub(crate) fn verified(client: &Client, answer: &Answer, nonce: &Nonce) -> Result<Vouched, Wrong> {
    let token = answer.id_token().ok_or(Wrong::Missing)?;
    let verifier = client.id_token_verifier().set_allowed_algs(SIGNED_WITH);
    let claims = token.claims(&verifier, nonce)?;
    // The library leaves this one to us (Core 1.0, section 3.1.3.7, step 5).
    if claims.authorized_party().is_some_and(|party| party != client.client_id()) {
        return Err(Wrong::Audience);
    }
    let shown = serde_json::to_value(claims).map_err(|_| Wrong::Form)?;
    let Value::Object(shown) = shown else { return Err(Wrong::Form) };
    Ok(Vouched { subject: claims.subject().to_string(), claims: shown })
}

/// Adds what the provider's user info endpoint says of the same account, if it has one. What the token says goes before it.
pub(crate) async fn complete(
    client: &Client,
    answer: &Answer,
    web: &Web,
    vouched: &mut Vouched,
) -> Result<(), ProviderError> {
    let subject = SubjectIdentifier::new(vouched.subject.clone());
    let Ok(request) = client.user_info(answer.access_token().clone(), Some(subject)) else { return Ok(()) };
    // Without an answer nobody signs in: what is not said would otherwise look like groups that were left.
    let info: UserInfoClaims<Claims, CoreGenderClaim> =
        request.request_async(web).await.map_err(|error| match error {
            UserInfoError::ClaimsVerification(_) => unproved("what else the provider says is about somebody else"),
            _ => away("the provider does not say what else it knows"),
        })?;
    let Ok(Value::Object(more)) = serde_json::to_value(info) else { return Err(away("what it says cannot be read")) };
    for (name, value) in more {
        vouched.claims.entry(name).or_insert(value);
    }
    Ok(())
}
