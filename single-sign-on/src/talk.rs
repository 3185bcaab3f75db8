//! One provider: the page to send people to, and what comes of the code that they come back with.

use async_trait::async_trait;
use home::{Arrival, Departure, IdentityProvider, ProviderError, Vouched};
use openidconnect::{
    AuthType, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    core::{CoreClientAuthMethod, CoreErrorResponseType, CoreResponseType},
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{
    discovery::{Discovery, Fresh, Metadata, names_itself},
    token::{self, Client},
    web::{Web, check_address},
};

/// How the hub is known at a provider.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The provider, letter for letter.
    pub issuer: String,
    /// The provider is on the own network or machine.
    pub local: bool,
    /// What the provider calls the hub.
    pub client_id: String,
    /// What the hub proves that by; none for a public client, which proves itself by PKCE alone.
    pub client_secret: Option<SecretString>,
    /// What is asked for besides `openid`.
    pub scopes: Vec<String>,
    /// Claims that are asked for once more where the token does not have them.
    pub wanted_claims: Vec<String>,
}

/// What talks with one provider.
#[derive(Debug)]
pub struct Talk {
    settings: Settings,
    discovery: Discovery,
    web: Web,
}

impl Talk {
    /// Returns what talks with a provider. Nothing is asked yet.
    ///
    /// # Errors
    /// What is wrong with the issuer, as text; or that the machine has no root certificates.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(|error| error.to_string())?;
        check_address(issuer.url()).map_err(|error| error.to_string())?;
        if issuer.url().query().is_some() || issuer.url().fragment().is_some() {
            return Err("an issuer has no query and no fragment".to_owned());
        }
        let web = Web::new(settings.local).map_err(|error| error.to_string())?;
        Ok(Self { discovery: Discovery::new(issuer, web.clone()), settings, web })
    }

    fn client(&self, metadata: &Metadata) -> Client {
        let secret = self.settings.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
        let client_id = ClientId::new(self.settings.client_id.clone());
        let client = Client::from_provider_metadata(metadata.clone(), client_id, secret);
        // Basic is what every provider takes that does not say otherwise (Discovery 1.0, section 3).
        let takes = metadata.token_endpoint_auth_methods_supported();
        let takes = |method| takes.is_none_or(|taken| taken.contains(&method));
        if takes(CoreClientAuthMethod::ClientSecretBasic) || !takes(CoreClientAuthMethod::ClientSecretPost) {
            client
        } else {
            client.set_auth_type(AuthType::RequestBody)
        }
    }
}

#[async_trait]
impl IdentityProvider for Talk {
    async fn page(&self, departure: &Departure<'_>) -> Result<String, ProviderError> {
        let metadata = self.discovery.metadata(Fresh::Usual).await?;
        let client = self.client(&metadata).set_redirect_uri(redirect(departure.callback)?);
        let secret = |secret: &SecretString| secret.expose_secret().to_owned();
        let (state, nonce) = (secret(&departure.secrets.state), secret(&departure.secrets.nonce));
        let verifier = PkceCodeVerifier::new(secret(&departure.secrets.verifier));
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut page = client
            .authorize_url(flow, || CsrfToken::new(state), || Nonce::new(nonce))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        for scope in &self.settings.scopes {
            page = page.add_scope(Scope::new(scope.clone()));
        }
        let (url, _, _): (Url, _, _) = page.url();
        Ok(url.into())
    }

    async fn vouch(&self, arrival: &Arrival<'_>) -> Result<Vouched, ProviderError> {
        let metadata = self.discovery.metadata(Fresh::Usual).await?;
        if arrival.issuer.is_none() && names_itself(&metadata) {
            return Err(unproved("the answer does not say which provider it is from"));
        }
        let client = self.client(&metadata).set_redirect_uri(redirect(&arrival.visit.callback)?);
        let request = client
            .exchange_code(AuthorizationCode::new(arrival.code.to_owned()))
            .map_err(|_| away("the provider has no token endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(arrival.visit.verifier.expose_secret().to_owned()));
        let answer = request.request_async(&self.web).await.map_err(|error| match error {
            // The code is what the browser brought; whatever else is refused is not its fault.
            RequestTokenError::ServerResponse(said) if *said.error() == CoreErrorResponseType::InvalidGrant => {
                unproved("the provider does not take this code")
            }
            RequestTokenError::ServerResponse(said) => {
                tracing::warn!(
                    issuer = self.settings.issuer,
                    error = said.error().as_ref(),
                    "a provider refuses the hub"
                );
                away("the provider refuses the hub")
            }
            RequestTokenError::Request(error) => {
                ProviderError::Away(format!("the provider cannot be reached: {error}"))
            }
            RequestTokenError::Parse(..) => away("the provider's answer cannot be read"),
            RequestTokenError::Other(_) => away("the provider's answer cannot be used"),
        })?;
        let nonce = Nonce::new(arrival.visit.nonce.expose_secret().to_owned());
        let claims = match token::verified(&client, &answer, &nonce) {
            Err(token::Wrong::UnknownKey) => {
                let metadata = self.discovery.metadata(Fresh::Keys).await?;
                token::verified(&self.client(&metadata), &answer, &nonce)
            }
            claims => claims,
        };
        let mut vouched = claims.map_err(|wrong| unproved(&format!("the provider's token is not good: {wrong}")))?;
        let is_missing = |name: &String| auth_login::single_sign_on::claim(&vouched.claims, name).is_none();
        if self.settings.wanted_claims.iter().any(is_missing) {
            token::complete(&client, &answer, &self.web, &mut vouched).await?;
        }
        Ok(vouched)
    }
}

fn redirect(callback: &str) -> Result<RedirectUrl, ProviderError> {
    RedirectUrl::new(callback.to_owned()).map_err(|_| away("the hub's own address cannot be used"))
}

pub(crate) fn away(text: &str) -> ProviderError {
    ProviderError::Away(text.to_owned())
}

pub(crate) fn unproved(text: &str) -> ProviderError {
    ProviderError::Unproved(text.to_owned())
}
