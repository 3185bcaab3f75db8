//! A token endpoint that answers as a script says.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use config_entries::oauth2::{HttpAnswer, TokenEndpoint, TransportError};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// A token endpoint that answers as a script says, and remembers what it was asked.
#[derive(Debug, Default)]
pub struct ScriptedTokens {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    script: VecDeque<(Duration, Result<HttpAnswer, TransportError>)>,
    asked: Vec<BTreeMap<String, String>>,
}

impl ScriptedTokens {
    /// Returns an endpoint without a script: it cannot be connected to.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers next with JSON.
    pub fn answer(&self, status: u16, body: &Value) {
        self.then(Duration::ZERO, Ok(HttpAnswer::json(status, body.to_string())));
    }

    /// Answers next with JSON, after a while by tokio's clock.
    pub fn answer_after(&self, wait: Duration, status: u16, body: &Value) {
        self.then(wait, Ok(HttpAnswer::json(status, body.to_string())));
    }

    /// Asks next to be left alone.
    pub fn answer_later(&self, status: u16, retry_after: Duration) {
        let answer = HttpAnswer { retry_after: Some(retry_after), ..HttpAnswer::json(status, "{}") };
        self.then(Duration::ZERO, Ok(answer));
    }

    /// Answers, or does not, next with this.
    pub fn then(&self, wait: Duration, answer: Result<HttpAnswer, TransportError>) {
        self.lock().script.push_back((wait, answer));
    }

    /// Returns the forms that were posted, in order; with Basic authentication, also `basic` as `user:password`.
    pub fn asked(&self) -> Vec<BTreeMap<String, String>> {
        self.lock().asked.clone()
    }

    /// Returns how many answers of the script are left.
    pub fn left(&self) -> usize {
        self.lock().script.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TokenEndpoint for ScriptedTokens {
    async fn post_form(
        &self,
        _url: &str,
        fields: &[(&str, &str)],
        basic: Option<(&str, &SecretString)>,
    ) -> Result<HttpAnswer, TransportError> {
        let mut form: BTreeMap<_, _> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        if let Some((user, password)) = basic {
            form.insert("basic".to_owned(), format!("{user}:{}", password.expose_secret()));
        }
        let next = {
            let mut inner = self.lock();
            inner.asked.push(form);
            inner.script.pop_front()
        };
        let (wait, answer) =
            next.unwrap_or_else(|| (Duration::ZERO, Err(TransportError::Failed("could not connect".to_owned()))));
        tokio::time::sleep(wait).await;
        answer
    }
}
