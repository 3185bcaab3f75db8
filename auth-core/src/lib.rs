#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

mod id;
mod time;
pub use id::{CredentialId, GroupId, TokenId, UserId};
pub use time::Timestamp;

mod entity_id;
pub use entity_id::{EntityId, InvalidEntityId};

mod context;
pub use context::{Context, ContextId};

mod condition;
mod group;
#[cfg(feature = "schedules")]
mod schedule;
mod user;
pub use condition::Condition;
pub use group::Group;
#[cfg(feature = "schedules")]
pub use schedule::{Day, InvalidSchedule, Schedule, Window};
pub use user::User;

mod network;
pub mod principal;
pub use network::{Network, network_of};
pub use principal::{Principal, Who};

mod numbered;

mod directory;
pub use directory::{Directory, EntityNo, Whereabouts};

mod compiled;
pub use compiled::{AccessTable, EntitySet, Exception, Explanation, Grant, Reason, Remedy};

mod rights;
mod snapshot;
pub use rights::Rights;
pub use snapshot::{AuthSnapshot, Edit, PolicyEpoch};

mod questions;
pub use questions::Reach;

mod tools;
pub use tools::{Effect, Finding, Use, UserEffect, Wrong};

mod action;
mod authorized;
mod unauthorized;
pub use action::{Action, Need, Proof};
pub use authorized::Authorized;
pub use unauthorized::{PERM_CATEGORY_ENTITIES, Unauthorized, Unproved};

pub mod reference;

pub use policy_merge::{Dialect, Permission, Permissions, Policy, PolicyErrors, Subcategory};
