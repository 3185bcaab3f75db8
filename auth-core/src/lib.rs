#![doc = include_str!("../README.md")]

mod id;
mod time;
pub use id::{CredentialId, GroupId, TokenId, UserId};
pub use time::Timestamp;

mod entity_id;
pub use entity_id::{EntityId, InvalidEntityId};

mod context;
pub use context::{Context, ContextId};

mod group;
mod user;
pub use group::Group;
pub use user::User;

pub mod principal;
pub use principal::{Principal, Who};

mod directory;
pub use directory::{Directory, EntityNo, Place};

mod compiled;
pub use compiled::{AccessTable, Explanation, Grant, Reason};

mod rights;
mod snapshot;
pub use rights::Rights;
pub use snapshot::{AuthSnapshot, Edit, PolicyEpoch};

mod action;
mod authorized;
mod unauthorized;
pub use action::{Action, Need};
pub use authorized::Authorized;
pub use unauthorized::{PERM_CATEGORY_ENTITIES, Unauthorized};

pub mod reference;

pub use policy_merge::{Permission, Permissions, Policy, Subcategory};
