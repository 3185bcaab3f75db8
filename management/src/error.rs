//! Why an operation was refused.

use auth_core::{PolicyErrors, Unauthorized};
use home::AccountError;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Why an operation was refused. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// The caller may not.
    #[error(transparent)]
    Unauthorized(#[from] Unauthorized),
    /// What the request names is not there.
    #[error("{0}")]
    NotFound(String),
    /// The request is not as it should be, or cannot be done.
    #[error("{0}")]
    Invalid(String),
    /// It is refused for now, for a reason that programs tell apart.
    #[error("{text}")]
    Refused {
        /// What clients look at.
        code: &'static str,
        /// For people.
        text: String,
    },
    /// A policy has mistakes.
    #[error("the policy has mistakes: {0}")]
    Policy(PolicyErrors),
    /// It failed for a reason that is no business of the caller's; logged.
    #[error("Unknown error")]
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl OperationError {
    /// Returns what clients look at.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized(_) => "unauthorized",
            Self::Refused { code, .. } => code,
            Self::NotFound(_) => "not_found",
            Self::Invalid(_) => "invalid_format",
            Self::Policy(_) => "invalid_policy",
            Self::Failed(_) => "unknown_error",
        }
    }

    /// Returns more about it for programs: of a policy, every mistake with its path, its text and a hint.
    pub fn detail(&self) -> Map<String, Value> {
        let Self::Policy(errors) = self else { return Map::new() };
        Map::from_iter([("errors".to_owned(), json!(mistakes(errors))), ("n_errors".to_owned(), json!(errors.len()))])
    }
}

/// One mistake in a policy.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Mistake {
    path: Vec<String>,
    message: String,
    hint: Option<String>,
}

pub(crate) fn mistakes(errors: &PolicyErrors) -> Vec<Mistake> {
    let shown = errors.iter().map(|error| Mistake {
        path: error.path.clone(),
        message: error.problem.to_string(),
        hint: error.hint().map(|hint| hint.to_string()),
    });
    shown.collect()
}

impl From<AccountError> for OperationError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Unauthorized(refusal) => Self::Unauthorized(refusal),
            AccountError::UnknownUser
            | AccountError::UnknownGroup(_)
            | AccountError::UnknownUsername
            | AccountError::UnknownToken
            | AccountError::UnknownSetUp
            | AccountError::NoFactor
            | AccountError::UnknownBan
            | AccountError::UnknownPasskey
            | AccountError::UnknownIdentity
            | AccountError::CredentialsNotFound => Self::NotFound(error.to_string()),
            AccountError::Store(_) | AccountError::Hash => Self::Failed(Box::new(error)),
            AccountError::WrongPasskey(_) => Self::Refused { code: "invalid_passkey", text: error.to_string() },
            AccountError::NeedsLogin => Self::Refused { code: "not_allowed", text: error.to_string() },
            AccountError::WrongCode => Self::Refused { code: "invalid_code", text: error.to_string() },
            AccountError::Throttled(_) => Self::Refused { code: "throttled", text: error.to_string() },
            AccountError::Group(..)
            | AccountError::SystemGenerated
            | AccountError::DeactivateOwner
            | AccountError::DeleteOwner
            | AccountError::DeleteSelf
            | AccountError::OwnerCredentials
            | AccountError::CredentialsExist
            | AccountError::FactorExists
            | AccountError::OwnAddress(_)
            | AccountError::NoPasskeys
            | AccountError::NoPassword
            | AccountError::TooManyPasskeys(_)
            | AccountError::TooManyBans(_)
            | AccountError::TooManyTokens(_)
            | AccountError::Identity(_)
            | AccountError::ServiceAccount(_)
            | AccountError::UsernameTaken(_)
            | AccountError::UsernameNotNormalized(_)
            | AccountError::WrongPassword
            | AccountError::TokenName(_)
            | AccountError::LongName
            | AccountError::NoUser
            | AccountError::Path(_) => Self::Invalid(error.to_string()),
        }
    }
}
