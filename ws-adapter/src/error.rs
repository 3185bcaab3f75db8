//! Why a command failed, and the one place where that becomes a code on the wire.

use auth_core::Unauthorized;
use config_entries::{EntryError, FlowError, ManageError, oauth2::CredentialError};
use home::{AccountError, ChangeError};
use management::OperationError;
use registries::RegistryError;
use serde_json::{Map, Value, json};
use service_bus::{CallError, FireError, HandlerError};

/// An error as it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandError {
    /// What clients look at.
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// What is sent besides: `translation_key`, `translation_domain`, `translation_placeholders`; the mistakes of a policy;
    /// or nothing.
    pub more: Map<String, Value>,
}

impl CommandError {
    /// Returns an error with nothing besides.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), more: Map::new() }
    }

    /// Returns the error for a malformed request.
    pub fn format(message: impl Into<String>) -> Self {
        Self::new("invalid_format", message)
    }

    fn translated(mut self, domain: &str, key: &str, placeholders: Value) -> Self {
        self.more = Map::from_iter([
            ("translation_key".to_owned(), json!(key)),
            ("translation_domain".to_owned(), json!(domain)),
            ("translation_placeholders".to_owned(), placeholders),
        ]);
        self
    }

    /// Returns the `error` member of a result.
    pub fn to_value(&self) -> Value {
        let mut error =
            Map::from_iter([("code".to_owned(), json!(self.code)), ("message".to_owned(), json!(self.message))]);
        error.extend(self.more.clone());
        Value::Object(error)
    }

    fn unknown(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a command failed");
        Self::new("unknown_error", "Unknown error")
    }
}

impl From<Unauthorized> for CommandError {
    fn from(refusal: Unauthorized) -> Self {
        tracing::info!(user = ?refusal.user_id, entity = ?refusal.entity_id, permission = ?refusal.permission, "denied");
        match refusal.unproved {
            None => Self::new("unauthorized", "Unauthorized"),
            Some(unproved) => Self::new(unproved.code(), unproved.hint()),
        }
    }
}

impl From<OperationError> for CommandError {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Unauthorized(refusal) => refusal.into(),
            OperationError::NotFound(_)
            | OperationError::Invalid(_)
            | OperationError::Refused { .. }
            | OperationError::Policy(_)
            | OperationError::Failed(_) => {
                let (code, more) = (error.code(), error.detail());
                Self { more, ..Self::new(code, error.to_string()) }
            }
        }
    }
}

impl From<CallError> for CommandError {
    /// As `call_service` sends it. A denial has another code there than everywhere else, as in Home Assistant.
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotFound { domain, service } => {
                let placeholders = json!({"domain": domain, "service": service});
                Self::new("not_found", format!("Service {domain}.{service} not found.")).translated(
                    "homeassistant",
                    "service_not_found",
                    placeholders,
                )
            }
            CallError::NoResponse => Self::new(
                "service_validation_error",
                "Validation error: An action which does not return responses can't be called with return_response=True",
            )
            .translated(
                "homeassistant",
                "service_does_not_support_response",
                json!({"return_response": "return_response=True"}),
            ),
            CallError::ResponseRequired => Self::new(
                "service_validation_error",
                "Validation error: The action requires responses and must be called with return_response=True",
            )
            .translated(
                "homeassistant",
                "service_lacks_response_request",
                json!({"return_response": "return_response=True"}),
            ),
            CallError::Invalid(error) => Self::format(error.to_string()),
            CallError::Unauthorized(refusal) => denied_call(&refusal),
            CallError::Handler(HandlerError::Unauthorized(refusal)) => denied_call(&refusal),
            CallError::Handler(HandlerError::Validation { message, key, domain, placeholders }) => {
                let error = Self::new("service_validation_error", format!("Validation error: {message}"));
                let placeholders: Map<_, _> =
                    placeholders.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
                match key {
                    Some(key) => error.translated(domain, key, Value::Object(placeholders)),
                    None => error,
                }
            }
            CallError::Handler(HandlerError::Failed(text)) => Self::new("home_assistant_error", text),
            CallError::Handler(HandlerError::ChildNotFound { domain, service, child_domain, child_service }) => {
                let text = format!(
                    "Service {child_domain}.{child_service} called service {domain}.{service} which was not found."
                );
                let placeholders = json!({
                    "domain": child_domain,
                    "service": child_service,
                    "child_domain": domain,
                    "child_service": service,
                });
                Self::new("home_assistant_error", text).translated(
                    "websocket_api",
                    "child_service_not_found",
                    placeholders,
                )
            }
            CallError::Handler(HandlerError::Timeout) => Self::new("unknown_error", "Timeout"),
            CallError::Handler(HandlerError::Unexpected(text)) => Self::unknown(&text),
        }
    }
}

fn denied_call(refusal: &Unauthorized) -> CommandError {
    tracing::info!(user = ?refusal.user_id, entity = ?refusal.entity_id, permission = ?refusal.permission, "denied");
    CommandError::new("home_assistant_error", "Unauthorized")
}

impl From<FireError> for CommandError {
    fn from(error: FireError) -> Self {
        match error {
            FireError::TypeTooLong(_) | FireError::Reserved(_) => Self::new("home_assistant_error", error.to_string()),
        }
    }
}

impl From<ChangeError> for CommandError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Unauthorized(refusal) => refusal.into(),
            ChangeError::Registry(error) => error.into(),
            ChangeError::Manage(error) => error.into(),
            ChangeError::Invalid(text) => Self::new("invalid_info", text),
            ChangeError::NotFound(text) => Self::new("not_found", text),
            ChangeError::Store(error) => Self::unknown(&error),
        }
    }
}

impl From<ManageError> for CommandError {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::Unauthorized(refusal) => refusal.into(),
            ManageError::Entry(EntryError::Unknown(_)) => Self::new("not_found", "Config entry not found"),
            ManageError::Entry(EntryError::UnknownSubentry(_)) => Self::new("not_found", "Config subentry not found"),
            ManageError::NotRecoverable(..) | ManageError::NoReauth(_) => Self::new("not_allowed", error.to_string()),
            ManageError::UnknownIssue(_) => Self::new("unknown_issue", error.to_string()),
            ManageError::Entry(EntryError::Exists(_) | EntryError::OtherDomain(_) | EntryError::Transition(_))
            | ManageError::UnloadFailed(_)
            | ManageError::Host(_) => Self::unknown(&error),
        }
    }
}

impl From<CredentialError> for CommandError {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::Unauthorized(refusal) => refusal.into(),
            CredentialError::UnknownIntegration(_) | CredentialError::Invalid(_) => Self::format(error.to_string()),
            CredentialError::Unknown(_) => Self::new("not_found", error.to_string()),
            CredentialError::InUse(_) => Self::new("home_assistant_error", error.to_string()),
            CredentialError::Limit => Self::new("not_allowed", error.to_string()),
            CredentialError::Host(_) => Self::unknown(&error),
        }
    }
}

impl From<FlowError> for CommandError {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::Unauthorized(refusal) => refusal.into(),
            FlowError::NotIgnorable => Self::new("no_unique_id", error.to_string()),
            // The text is Home Assistant's, for whatever a command about a flow does not find.
            FlowError::UnknownFlow | FlowError::UnknownHandler | FlowError::UnknownEntry => {
                Self::new("not_found", "Config entry not found")
            }
            FlowError::NoReconfigure(_) | FlowError::Input(_) | FlowError::Limit(_) => {
                Self::new("not_allowed", error.to_string())
            }
            FlowError::Failed => Self::unknown(&error),
            FlowError::Manage(error) => error.into(),
        }
    }
}

impl From<RegistryError> for CommandError {
    fn from(error: RegistryError) -> Self {
        let code = match &error {
            RegistryError::UnknownEntity(_) | RegistryError::UnknownDevice(_) => "not_found",
            RegistryError::BadOrder | RegistryError::BadColor(_) => "invalid_format",
            RegistryError::NameInUse { .. }
            | RegistryError::NameMissing
            | RegistryError::UnknownArea(_)
            | RegistryError::UnknownFloor(_)
            | RegistryError::UnknownLabel(_)
            | RegistryError::EntityIdTaken(_)
            | RegistryError::OtherDomain(_) => "invalid_info",
        };
        Self::new(code, error.to_string())
    }
}

impl From<AccountError> for CommandError {
    fn from(error: AccountError) -> Self {
        let text = error.to_string();
        match error {
            AccountError::Unauthorized(refusal) => refusal.into(),
            AccountError::UnknownUser => Self::new("not_found", text),
            AccountError::SystemGenerated => Self::new("cannot_modify_system_generated", text),
            AccountError::DeactivateOwner => Self::new("cannot_deactivate_owner", text),
            AccountError::DeleteOwner => Self::new("cannot_delete_owner", text),
            AccountError::DeleteSelf => Self::new("no_delete_self", text),
            AccountError::OwnerCredentials => Self::new("cannot_delete_owner_credentials", text),
            AccountError::CredentialsExist => Self::new("credentials_exist", text),
            AccountError::CredentialsNotFound => Self::new("credentials_not_found", text),
            AccountError::WrongPasskey(_) => Self::new("invalid_passkey", text),
            AccountError::WrongCode => Self::new("invalid_code", text),
            AccountError::WrongPassword => Self::new("invalid_current_password", text),
            AccountError::Throttled(_) => Self::new("not_allowed", text),
            AccountError::UnknownToken => Self::new("invalid_token_id", text),
            AccountError::UnknownSetUp
            | AccountError::NoFactor
            | AccountError::UnknownBan
            | AccountError::UnknownIdentity
            | AccountError::UnknownPasskey => Self::new("not_found", text),
            AccountError::Identity(_) => Self::new("invalid_format", text),
            AccountError::FactorExists
            | AccountError::NeedsLogin
            | AccountError::ServiceAccount(_)
            | AccountError::OwnAddress(_)
            | AccountError::NoPasskeys
            | AccountError::NoPassword
            | AccountError::TooManyPasskeys(_)
            | AccountError::TooManyBans(_)
            | AccountError::TooManyTokens(_) => Self::new("not_allowed", text),
            AccountError::UnknownUsername => {
                Self::new("home_assistant_error", text).translated("auth", "user_not_found", Value::Null)
            }
            AccountError::UsernameTaken(username) => Self::new("home_assistant_error", text).translated(
                "auth",
                "username_already_exists",
                json!({"username": username}),
            ),
            AccountError::UsernameNotNormalized(username) => Self::new("home_assistant_error", text).translated(
                "auth",
                "username_not_normalized",
                json!({"new_username": username}),
            ),
            AccountError::UnknownGroup(_)
            | AccountError::Group(..)
            | AccountError::TokenName(_)
            | AccountError::LongName
            | AccountError::NoUser
            | AccountError::Path(_) => Self::new("unknown_error", text),
            AccountError::Store(_) | AccountError::Hash => Self::unknown(&text),
        }
    }
}
