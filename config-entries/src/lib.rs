#![doc = include_str!("../README.md")]

mod entry;
mod reason;
mod state;
pub use entry::{ConfigEntry, Subentry};
pub use reason::{Reason, Translation};
pub use state::{Cause, EntryState, IllegalTransition, Setback};

mod book;
mod filter;
mod request;
pub use book::{EntryBook, EntryChange, EntryError};
pub use filter::EntryFilter;
pub use request::*;

mod flow;
mod schema;
pub use flow::*;
pub use schema::{Field, FieldKind, InvalidInput, Need as FieldNeed, Schema};

mod entity;
mod erased;
mod handle;
mod integration;
pub use entity::{EntitySlot, NewDevice, NewEntity};
pub use handle::{Entry, HandleError};
pub use integration::{
    AuthFailed, Integration, IntegrationKind, Manifest, MigrateError, Migrated, NeverRefused, Reauthenticate, Refusal,
    Running, SetupError,
};

mod host;
mod issue;
mod retry;
pub use host::{By, Host, HostError, Kept, News};
pub use issue::{Issue, IssueBook, reauth_issue_id};
pub use retry::Retry;

mod manager;
pub mod oauth2;
pub use manager::{FlowError, ManageError, Manager};

/// What an integration needs of the crates below: entities, services' calls, contexts, ids.
pub mod hub {
    pub use auth_core::{Context, EntityId, Timestamp};
    pub use service_bus::{Ask, Entity, EntityCall, HandlerError, ServiceCall, parse_json};
}
