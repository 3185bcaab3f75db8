//! Why something in the home did not happen.

use auth_core::Unauthorized;
use auth_login::login_flow::FlowError;
use config_entries::ManageError;
use registries::RegistryError;
use store::StoreError;

/// Why a change of registries, entries or the core configuration was refused. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The caller may not.
    #[error(transparent)]
    Unauthorized(#[from] Unauthorized),
    /// The registry refused.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The manager of config entries refused.
    #[error(transparent)]
    Manage(ManageError),
    /// A value cannot be.
    #[error("{0}")]
    Invalid(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a change of accounts was refused. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The caller may not.
    #[error(transparent)]
    Unauthorized(#[from] Unauthorized),
    /// There is no such user.
    #[error("User not found")]
    UnknownUser,
    /// There is no such group.
    #[error("unknown group `{0}`")]
    UnknownGroup(String),
    /// A group of that id exists, or has members.
    #[error("group `{0}`: {1}")]
    Group(String, &'static str),
    /// The user belongs to the system.
    #[error("Unable to update system generated users.")]
    SystemGenerated,
    /// The owner stays active.
    #[error("Unable to deactivate owner.")]
    DeactivateOwner,
    /// The owner stays.
    #[error("Unable to delete the owner")]
    DeleteOwner,
    /// Nobody deletes themselves.
    #[error("Unable to delete your own account")]
    DeleteSelf,
    /// The owner keeps a way to log in.
    #[error("Unable to delete the owner's credentials")]
    OwnerCredentials,
    /// The user has a user name and password already.
    #[error("User already has credentials for this provider")]
    CredentialsExist,
    /// A program's account has tokens, and no password; a person's has no tokens that administrators make.
    #[error("that is for {0}")]
    ServiceAccount(&'static str),
    /// The user has a second factor already.
    #[error("there is a second factor already: take that away first")]
    FactorExists,
    /// A second factor goes with a password, which the user has not; their identity provider would not stand in for it.
    #[error("a second factor goes with a password: get one first")]
    NoPassword,
    /// What changes how somebody logs in needs a session that began with a login, not a long-lived token.
    #[error("log in for that: a long-lived token is not enough")]
    NeedsLogin,
    /// The user has no second factor.
    #[error("there is no second factor")]
    NoFactor,
    /// There is no such set-up, or it took too long.
    #[error("there is no such set-up under way")]
    UnknownSetUp,
    /// An account elsewhere that cannot be linked.
    #[error("{0}")]
    Identity(String),
    /// There is no such link to an account elsewhere.
    #[error("there is no such link to an account elsewhere")]
    UnknownIdentity,
    /// The user has no user name and password.
    #[error("Credentials not found")]
    CredentialsNotFound,
    /// Nobody has that user name.
    #[error("User not found")]
    UnknownUsername,
    /// Somebody has that user name.
    #[error("Username \"{0}\" already exists")]
    UsernameTaken(String),
    /// A new user name is written with capitals or outer spaces, or is empty.
    #[error("Username \"{0}\" is not normalized")]
    UsernameNotNormalized(String),
    /// The present password is another.
    #[error("Invalid current password")]
    WrongPassword,
    /// The hub is not told by which address its users know it, or was built without passkeys.
    #[error("this hub takes no passkeys: its configuration file names no origin for them")]
    NoPasskeys,
    /// The caller has no such passkey.
    #[error("there is no such passkey")]
    UnknownPasskey,
    /// What the browser gave does not prove that.
    #[error("the passkey was not accepted: {0}")]
    WrongPasskey(String),
    /// The user has as many as there may be.
    #[error("there are {0} passkeys: remove one first")]
    TooManyPasskeys(usize),
    /// Nothing of that name is shut out.
    #[error("that is not banned")]
    UnknownBan,
    /// Whoever asks is among those that would be shut out.
    #[error("{0} has the address you are asking from: you would be shut out")]
    OwnAddress(auth_core::Network),
    /// There are as many bans as there may be.
    #[error("there are {0} bans: remove some first")]
    TooManyBans(usize),
    /// The code is wrong, or was used before.
    #[error("Invalid code")]
    WrongCode,
    /// Too many wrong passwords; with the seconds to wait.
    #[error("too many wrong passwords or codes; try again in {0} seconds")]
    Throttled(u32),
    /// The caller has no such token.
    #[error("Received invalid token")]
    UnknownToken,
    /// The user has a long-lived token of that name, or the name is empty.
    #[error("{0}")]
    TokenName(String),
    /// The user has as many long-lived tokens as there may be.
    #[error("a user has at most {0} long-lived tokens: delete one first")]
    TooManyTokens(usize),
    /// What somebody or something is called is longer than [`crate::MAX_NAME`].
    #[error("a name has at most {} bytes", crate::MAX_NAME)]
    LongName,
    /// Only who is logged in as a user can have tokens.
    #[error("only users have tokens")]
    NoUser,
    /// A path cannot be signed.
    #[error("{0}")]
    Path(String),
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password could not be hashed.
    #[error("the password could not be hashed")]
    Hash,
}

/// Why somebody could not sign in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The login flow refused.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// The user may not sign in, with the reason.
    #[error("{0}")]
    Denied(&'static str),
    /// `invalid_request`, with a description where Home Assistant gives one.
    #[error("invalid request")]
    InvalidRequest(Option<&'static str>),
    /// `invalid_grant`, with a description where Home Assistant gives one.
    #[error("invalid grant")]
    InvalidGrant(Option<&'static str>),
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A password check ended without an answer.
    #[error("the password check did not end")]
    CheckFailed,
}
