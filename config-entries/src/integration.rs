//! What an integration is: the trait that its author implements.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::{ConfigEntry, Entry, EntryUpdate, Flow, NewEntry, NewOptions, Reason, Subentry, SubentryDone};

/// An integration: how its entries are set up and taken down, and the flows that make and change them.
#[async_trait]
pub trait Integration: Send + Sync + Sized + 'static {
    /// How its credentials can be refused: [`NeverRefused`], or [`AuthFailed`], which does not compile unless the
    /// integration also is [`Reauthenticate`].
    type Refusal: Refusal<Self>;

    /// Returns what is known of it without running it.
    fn manifest(&self) -> &Manifest;

    /// Sets an entry up: connects, offers entities, starts tasks with [`Entry::spawn`]. What it returns keeps running
    /// until it is taken down. Whatever a try that failed has offered or started is taken back by the manager.
    ///
    /// # Errors
    /// [`SetupError`]: which one decides what happens next.
    async fn setup(&self, entry: &Entry<Self::Refusal>) -> Result<Box<dyn Running>, SetupError<Self::Refusal>>;

    /// Brings the data of an entry of an older version to this one. Called only for such.
    ///
    /// # Errors
    /// [`MigrateError`].
    async fn migrate(&self, _entry: &ConfigEntry) -> Result<Migrated, MigrateError> {
        Err(MigrateError::Failed("this version of the data is not known".to_owned()))
    }

    /// Cleans up elsewhere after an entry has been removed. Called after it is gone.
    async fn removed(&self, _entry: &ConfigEntry) {}

    /// Returns a new flow that makes an entry; none if entries are not made by flows. Must agree with
    /// [`Manifest::config_flow`].
    fn config_flow(&self) -> Option<Box<dyn Flow<NewEntry>>> {
        None
    }

    /// Returns a new flow that changes an entry's options.
    fn options_flow(&self, _entry: &ConfigEntry) -> Option<Box<dyn Flow<NewOptions>>> {
        None
    }

    /// Returns a new flow that changes what an entry was made with.
    fn reconfigure_flow(&self, _entry: &ConfigEntry) -> Option<Box<dyn Flow<EntryUpdate>>> {
        None
    }

    /// Returns a new flow that makes a part of an entry, or changes one.
    fn subentry_flow(
        &self,
        _entry: &ConfigEntry,
        _subentry_type: &str,
        _subentry: Option<&Subentry>,
    ) -> Option<Box<dyn Flow<SubentryDone>>> {
        None
    }
}

/// How an integration whose credentials can be refused gets new ones.
pub trait Reauthenticate: Integration {
    /// Returns a new flow that asks for credentials. It can only come to an update of this very entry.
    fn reauth_flow(&self, entry: &ConfigEntry) -> Box<dyn Flow<EntryUpdate>>;

    /// Returns what tells the account that an entry signs in with. Entries of one account are offered as one
    /// reauthentication, and what it comes to is put over the data of each.
    fn account(&self, _entry: &ConfigEntry) -> Option<String> {
        None
    }
}

/// What a set-up entry is while it runs.
#[async_trait]
pub trait Running: Send + Sync {
    /// Takes it down: disconnects. Tasks and entities of the entry are ended by the manager afterwards.
    ///
    /// # Errors
    /// The reason why it could not be taken down; the hub must restart then.
    async fn unload(&mut self) -> Result<(), Reason> {
        Ok(())
    }

    /// Hears that the entry's data, options or title have changed while it runs.
    fn updated(&self, _entry: &ConfigEntry) {}
}

/// What is known of an integration without running it.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Its domain, such as `mqtt`.
    pub domain: &'static str,
    /// For display.
    pub name: &'static str,
    /// What it brings.
    pub kind: IntegrationKind,
    /// Of the data of its entries. A newer one than this cannot be loaded.
    pub version: u32,
    /// Of the data, for changes that older code survives.
    pub minor_version: u32,
    /// There can be one entry at most.
    pub single: bool,
    /// Entries are made by a flow that people can start.
    pub config_flow: bool,
    /// Entries have options.
    pub options: bool,
    /// Entries can be reconfigured.
    pub reconfigure: bool,
    /// Signs in with application credentials.
    pub application_credentials: bool,
    /// The kinds of parts that entries can have, and whether such a part can be reconfigured.
    pub subentries: &'static [(&'static str, bool)],
    /// Its texts in English: a JSON object with `title`, `config`, `options`, … as Home Assistant's `strings.json`.
    pub texts: &'static str,
}

/// What an integration brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "Home Assistant's integration types by their names")]
pub enum IntegrationKind {
    Device,
    Entity,
    Hardware,
    Helper,
    Hub,
    Service,
    System,
    Virtual,
}

/// Why an entry could not be set up. `R` is [`NeverRefused`] or [`AuthFailed`].
#[derive(Clone, Debug)]
pub enum SetupError<R> {
    /// The credentials were refused: `setup_error`, and one reauthentication.
    AuthFailed(R),
    /// Not ready yet: `setup_retry`, and another try.
    NotReady {
        /// Why.
        reason: Reason,
        /// How long the other side wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// For good, until somebody does something: `setup_error`.
    Fatal(Reason),
}

/// What can be said of an entry whose data was brought to a newer version.
#[derive(Clone)]
pub struct Migrated {
    /// All data anew.
    pub data: Map<String, Value>,
    /// All options anew.
    pub options: Map<String, Value>,
    /// The unique id anew.
    pub unique_id: Option<String>,
}

/// Why an entry's data could not be brought to a newer version.
#[derive(Clone, Debug)]
pub enum MigrateError {
    /// It cannot be: `migration_error`.
    Failed(String),
    /// Not now: `setup_retry`.
    NotReady(Reason),
}

/// How credentials can be refused. Implemented by [`NeverRefused`] and [`AuthFailed`] alone.
pub trait Refusal<I: ?Sized>: sealed::Sealed + Send + Sync + Sized + 'static {
    /// Returns the reason, for people.
    fn into_reason(self) -> Reason;

    /// Returns the integration's reauthentication of an entry, if it has one.
    fn reauth_flow(integration: &I, entry: &ConfigEntry) -> Option<Box<dyn Flow<EntryUpdate>>>;

    /// Returns the account of an entry.
    fn account(integration: &I, entry: &ConfigEntry) -> Option<String>;
}

/// Of an integration that has no credentials. There is no value of this type, so it cannot say that they were refused.
#[derive(Clone, Copy, Debug)]
pub enum NeverRefused {}

/// The credentials were refused.
#[derive(Clone, Debug, Default)]
pub struct AuthFailed(Reason);

impl AuthFailed {
    /// Says why, for people.
    pub fn new(reason: impl Into<Reason>) -> Self {
        Self(reason.into())
    }
}

impl<I: ?Sized> Refusal<I> for NeverRefused {
    fn into_reason(self) -> Reason {
        match self {}
    }

    fn reauth_flow(_: &I, _: &ConfigEntry) -> Option<Box<dyn Flow<EntryUpdate>>> {
        None
    }

    fn account(_: &I, _: &ConfigEntry) -> Option<String> {
        None
    }
}

impl<I: Reauthenticate> Refusal<I> for AuthFailed {
    fn into_reason(self) -> Reason {
        self.0
    }

    fn reauth_flow(integration: &I, entry: &ConfigEntry) -> Option<Box<dyn Flow<EntryUpdate>>> {
        Some(integration.reauth_flow(entry))
    }

    fn account(integration: &I, entry: &ConfigEntry) -> Option<String> {
        integration.account(entry)
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::NeverRefused {}
    impl Sealed for super::AuthFailed {}
}

impl<R> SetupError<R> {
    /// Says that it is not ready yet, and why.
    pub fn not_ready(reason: impl Into<Reason>) -> Self {
        Self::NotReady { reason: reason.into(), retry_after: None }
    }

    /// Says that it cannot be, and why.
    pub fn fatal(reason: impl Into<Reason>) -> Self {
        Self::Fatal(reason.into())
    }
}

impl SetupError<AuthFailed> {
    /// Says that the credentials were refused, and how.
    pub fn auth_failed(reason: impl Into<Reason>) -> Self {
        Self::AuthFailed(AuthFailed::new(reason))
    }
}

impl IntegrationKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Device,
        Self::Entity,
        Self::Hardware,
        Self::Helper,
        Self::Hub,
        Self::Service,
        Self::System,
        Self::Virtual,
    ];

    /// Returns the word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Entity => "entity",
            Self::Hardware => "hardware",
            Self::Helper => "helper",
            Self::Hub => "hub",
            Self::Service => "service",
            Self::System => "system",
            Self::Virtual => "virtual",
        }
    }
}

impl std::fmt::Debug for Migrated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Migrated").finish_non_exhaustive()
    }
}
