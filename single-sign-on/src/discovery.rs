//! What a provider says of itself at its issuer: endpoints and keys. Asked for seldom, remembered between.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use home::ProviderError;
use openidconnect::{
    AdditionalProviderMetadata, DiscoveryError, IssuerUrl, ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::web::{Web, WebError, check_address};

/// What is remembered is asked for again after this, so that a provider can move and its old keys end.
const AGE: Duration = Duration::from_secs(3600);

/// Keys that are not known are asked for at most this often.
const BETWEEN_KEYS: Duration = Duration::from_secs(60);

/// A provider that is away is asked again after this; whoever comes meanwhile is told at once.
const BETWEEN_FAILURES: Duration = Duration::from_secs(5);

/// What else a provider says of itself that counts here.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Extra {
    /// It says who it is when it sends somebody back (RFC 9207).
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Extra {}

/// What a provider says of itself, its keys included.
pub(crate) type Metadata = ProviderMetadata<
    Extra,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Tells whether a provider always says who it is when it sends somebody back.
pub(crate) fn names_itself(metadata: &Metadata) -> bool {
    metadata.additional_metadata().authorization_response_iss_parameter_supported
}

/// What is known of one provider.
#[derive(Debug)]
pub(crate) struct Discovery {
    issuer: IssuerUrl,
    web: Web,
    /// Held while asking: whoever comes meanwhile waits for that one answer.
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    metadata: Option<(Arc<Metadata>, Instant)>,
    failed: Option<(ProviderError, Instant)>,
    /// When keys were asked for that were not known.
    keys_asked_at: Option<Instant>,
}

/// How fresh what is known must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fresh {
    /// As usual.
    Usual,
    /// A key was not among those that are known.
    Keys,
}

impl Discovery {
    pub(crate) fn new(issuer: IssuerUrl, web: Web) -> Self {
        Self { issuer, web, known: Mutex::default() }
    }

    /// Returns what the provider says of itself. One that is away now and was there before goes on as it was.
    pub(crate) async fn metadata(&self, fresh: Fresh) -> Result<Arc<Metadata>, ProviderError> {
        let mut known = self.known.lock().await;
        if let Some((metadata, at)) = &known.metadata {
            let is_good = match fresh {
                Fresh::Usual => at.elapsed() < AGE,
                Fresh::Keys => known.keys_asked_at.is_some_and(|at| at.elapsed() < BETWEEN_KEYS),
            };
            if is_good {
                return Ok(Arc::clone(metadata));
            }
        }
        if fresh == Fresh::Keys {
            known.keys_asked_at = Some(Instant::now());
        }
        let before = known.metadata.as_ref().map(|(metadata, _)| Arc::clone(metadata));
        if let Some((error, at)) = &known.failed
            && at.elapsed() < BETWEEN_FAILURES
        {
            return before.ok_or_else(|| error.clone());
        }
        match self.ask().await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                known.metadata = Some((Arc::clone(&metadata), Instant::now()));
                known.failed = None;
                Ok(metadata)
            }
            Err(error) => {
                tracing::warn!(issuer = self.issuer.as_str(), %error, "an identity provider cannot be asked");
                known.failed = Some((error.clone(), Instant::now()));
                before.ok_or(error)
            }
        }
    }

    async fn ask(&self) -> Result<Metadata, ProviderError> {
        let away = |text: String| ProviderError::Away(text);
        let found = Metadata::discover_async(self.issuer.clone(), &self.web).await;
        let found = found.map_err(|error| away(format!("the provider cannot be reached: {}", reason(&error))))?;
        // Where the browser is sent, which nothing else of ours asks.
        check_address(found.authorization_endpoint().url())
            .map_err(|error| away(format!("the provider's page cannot be used: {error}")))?;
        Ok(found)
    }
}

/// Says what went wrong, without what the other side sent.
fn reason(error: &DiscoveryError<WebError>) -> String {
    match error {
        DiscoveryError::Request(error) => error.to_string(),
        DiscoveryError::Response(status, _, _) => format!("it answers {status} with what is not asked for"),
        DiscoveryError::Parse(_) => "what it says of itself cannot be read".to_owned(),
        DiscoveryError::Validation(_) => "it calls itself by another issuer".to_owned(),
        _ => "its address cannot be used".to_owned(),
    }
}
