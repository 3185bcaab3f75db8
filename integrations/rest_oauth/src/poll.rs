//! What runs: a look at the resource every so often, with a token that is valid.

use std::{sync::Arc, time::Duration};

use config_entries::{
    AuthFailed, EntitySlot, Entry, SetupError,
    oauth2::{HttpAnswer, TokenFailure, TokenSession, TransportError},
};
use serde_json::{Map, Value};
use tokio::time::sleep;

use crate::{account, sensors::Sensor, source::Source, web::Web};

/// Looks at the resource of one entry.
pub(crate) struct Poller {
    pub(crate) entry: Entry<AuthFailed>,
    pub(crate) session: TokenSession,
    pub(crate) web: Arc<dyn Web>,
    pub(crate) source: Source,
    pub(crate) sensors: Vec<(Sensor, EntitySlot)>,
}

/// Why there are no values now.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// There is no token, or none that is taken.
    Token(TokenFailure),
    /// The resource has none.
    Resource {
        /// Why, for people.
        why: String,
        retry_after: Option<Duration>,
    },
}

/// The longest wait that a resource may ask for.
const LONGEST: Duration = Duration::from_secs(86_400);

impl Poller {
    /// Looks once. A token that is refused although it looks valid is refreshed once; if that one is refused too, the
    /// entry must sign in again.
    pub(crate) async fn look(&self) -> Result<Value, Trouble> {
        let mut token = self.session.access_token().await?;
        let mut answer = self.web.get(self.source.local, &self.source.resource_url, &token).await?;
        if answer.status == 401 {
            token = self.session.reject(&token).await?;
            answer = self.web.get(self.source.local, &self.source.resource_url, &token).await?;
        }
        if answer.status == 401 {
            return Err(self.session.refuse(&token).into());
        }
        read(&answer)
    }

    /// Shows values, or that there are none.
    pub(crate) fn show(&self, json: Option<&Value>) {
        for (sensor, slot) in &self.sensors {
            let state = json.map_or_else(|| "unavailable".to_owned(), |json| sensor.state(json));
            slot.write(&state, Map::new());
        }
    }

    /// Looks again and again, until the entry is taken down.
    pub(crate) async fn run(self: Arc<Self>, interval: Duration) {
        let mut wait = interval;
        let mut was_fine = true;
        loop {
            sleep(wait).await;
            let outcome = self.look().await;
            self.show(outcome.as_ref().ok());
            wait = interval;
            match outcome {
                Ok(_) => was_fine = true,
                Err(trouble) => {
                    wait = interval.max(trouble.retry_after().unwrap_or_default().min(LONGEST));
                    // Once for each outage, not once for each look.
                    if std::mem::take(&mut was_fine) {
                        tracing::warn!(entry = self.entry.id(), %trouble, "there are no values");
                    }
                }
            }
        }
    }
}

fn read(answer: &HttpAnswer) -> Result<Value, Trouble> {
    account::read(answer).ok_or_else(|| {
        let why = match answer.status {
            200..=299 => "the resource is no JSON".to_owned(),
            status => format!("the resource answered {status}"),
        };
        Trouble::Resource { why, retry_after: answer.retry_after }
    })
}

impl Trouble {
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Resource { retry_after, .. }
            | Self::Token(TokenFailure::Transient { retry_after, .. } | TokenFailure::Unreadable { retry_after }) => {
                *retry_after
            }
            Self::Token(_) => None,
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Token(failure) => failure.fmt(f),
            Self::Resource { why, .. } => f.write_str(why),
        }
    }
}

impl From<TokenFailure> for Trouble {
    fn from(failure: TokenFailure) -> Self {
        Self::Token(failure)
    }
}

impl From<TransportError> for Trouble {
    fn from(error: TransportError) -> Self {
        Self::Resource { why: error.to_string(), retry_after: None }
    }
}

impl From<Trouble> for SetupError<AuthFailed> {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Token(failure) => failure.into(),
            Trouble::Resource { why, retry_after } => Self::NotReady { reason: why.into(), retry_after },
        }
    }
}
