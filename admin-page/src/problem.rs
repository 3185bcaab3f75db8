//! Why a page cannot be shown, and what was wrong with a form.

use axum::http::StatusCode;
use management::OperationError;
use serde::Deserialize;

/// Why there is no such page for whoever asks.
#[derive(Debug)]
pub(crate) enum Problem {
    /// Something must be shown first: the code for programs, and what to do.
    Unproved(&'static str),
    /// There is no such thing.
    NotFound(String),
    /// Others may.
    Forbidden,
    /// It was asked by a page of somebody else's.
    Foreign,
    /// What was asked makes no sense.
    Invalid(String),
    /// It is not looked at: why, in the status and in words.
    Refused(StatusCode, String),
    /// It failed; logged.
    Failed,
}

impl From<OperationError> for Problem {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Unauthorized(refusal) => match refusal.unproved {
                Some(unproved) => Self::Unproved(unproved.code()),
                None => Self::Forbidden,
            },
            OperationError::NotFound(text) | OperationError::Invalid(text) => Self::Invalid(text),
            OperationError::Refused { text, .. } => Self::Invalid(text),
            OperationError::Policy(errors) => Self::Invalid(errors.to_string()),
            OperationError::Failed(_) => Self::Failed,
        }
    }
}

/// What was wrong with a form, beside which it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Wrong {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    /// Of a policy: each mistake.
    pub(crate) mistakes: Vec<Mistake>,
}

/// One mistake in a policy.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Mistake {
    pub(crate) path: Vec<String>,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Wrong {
    /// Says that a form cannot be as it is.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, text: text.into(), mistakes: Vec::new() }
    }

    /// Returns the status of a page on which this may stand.
    pub(crate) fn status(wrong: Option<&Self>) -> StatusCode {
        wrong.map_or(StatusCode::OK, |wrong| wrong.status)
    }

    /// Takes what an operation said, for the form to be shown again.
    ///
    /// # Errors
    /// What is not said beside the form: something must be shown first.
    pub(crate) fn of(error: OperationError) -> Result<Self, Problem> {
        let (status, text) = match &error {
            OperationError::Unauthorized(refusal) if refusal.unproved.is_some() => return Err(error.into()),
            OperationError::Unauthorized(_) => {
                (StatusCode::FORBIDDEN, "You may not do that: the owner may.".to_owned())
            }
            OperationError::Failed(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "That failed, and nothing was changed. The hub's log says why.".to_owned(),
            ),
            OperationError::Refused { code: "throttled", text } => (StatusCode::TOO_MANY_REQUESTS, text.clone()),
            error => (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
        };
        let mistakes = error.detail().remove("errors").and_then(|errors| serde_json::from_value(errors).ok());
        Ok(Self { status, text, mistakes: mistakes.unwrap_or_default() })
    }
}

impl Mistake {
    /// Returns where in the policy it is.
    pub(crate) fn place(&self) -> String {
        if self.path.is_empty() { "the policy itself".to_owned() } else { self.path.join(" › ") }
    }
}
