//! Why something on the bus did not happen.

use auth_core::Unauthorized;

use crate::SchemaError;

/// Why a service call did not complete. Nothing has happened unless the handler says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No such service is registered.
    #[error("Service {domain}.{service} not found.")]
    NotFound {
        /// The domain asked for.
        domain: String,
        /// The service asked for.
        service: String,
    },
    /// A response was asked of a service that gives none.
    #[error("Service does not support responses. Remove return_response from request.")]
    NoResponse,
    /// No response was asked of a service that only answers.
    #[error(
        "Service call requires responses but caller did not ask for responses. Add ?return_response to query parameters."
    )]
    ResponseRequired,
    /// The data does not fit the service.
    #[error(transparent)]
    Invalid(#[from] SchemaError),
    /// The principal lacks the permission that the service needs.
    #[error(transparent)]
    Unauthorized(#[from] Unauthorized),
    /// The handler ran and failed.
    #[error(transparent)]
    Handler(#[from] HandlerError),
}

/// Why a handler failed.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The caller asked for what cannot be: their fault.
    #[error("{message}")]
    Validation {
        /// What was wrong, for people.
        message: String,
        /// The translation's key, if there is one.
        key: Option<&'static str>,
        /// The translation's domain.
        domain: &'static str,
        /// The translation's values.
        placeholders: Vec<(&'static str, String)>,
    },
    /// Something outside did not work.
    #[error("{0}")]
    Failed(String),
    /// A call that the handler made in turn was refused.
    #[error(transparent)]
    Unauthorized(#[from] Unauthorized),
    /// A service that the handler called does not exist.
    #[error("Service {child_domain}.{child_service} called service {domain}.{service} which was not found.")]
    ChildNotFound {
        /// The domain asked for.
        domain: String,
        /// The service asked for.
        service: String,
        /// The domain of the service that asked.
        child_domain: String,
        /// The service that asked.
        child_service: String,
    },
    /// It took too long.
    #[error("Timeout")]
    Timeout,
    /// A bug of ours: the text goes to the log, not to the caller.
    #[error("{0}")]
    Unexpected(String),
}

impl HandlerError {
    /// Returns a refusal of what the caller asked for.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::Validation { message: message.into(), key: None, domain: "homeassistant", placeholders: Vec::new() }
    }
}

/// Why a service could not be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// It manages config entries, and others than administrators and the integration itself could call it.
    #[error("service `{0}` manages config entries: it needs administrator access or the scope of its own integration")]
    EntriesNeedAdmin(String),
    /// Its domain or name is not `[a-z0-9_]`.
    #[error("`{0}` cannot be the name of a service")]
    BadName(String),
    /// It is for entities but names no permission on them, or the other way round.
    #[error("service `{0}` acts on entities if and only if its access is a permission on them")]
    AccessMismatch(String),
}

/// Why a state was not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetStateError {
    /// Longer than 255 characters.
    #[error("Invalid state specified.")]
    TooLong,
    /// The bus holds as many entities as it may.
    #[error("the limit of {0} entities is reached")]
    TooManyEntities(usize),
}

/// Why an event was not fired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FireError {
    /// The type is longer than 64 characters.
    #[error("Value {0} for property event_type has a maximum length of 64 characters")]
    TypeTooLong(String),
    /// Events of that type are announced by the hub alone.
    #[error("event type `{0}` is the hub's own")]
    Reserved(String),
}
