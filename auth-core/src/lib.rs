//! Who may do what: principals, users, groups, actions, compiled permissions, decisions with reasons.
//!
//! Everything here is a plain value: no clock, no randomness, no I/O, no lock. An [`AuthSnapshot`] is one consistent
//! state of users, groups, policies and the [`Directory`] of entities; a change makes the next one, stamped with the
//! next [`PolicyEpoch`]. Whoever holds a snapshot answers checks from it without locking or allocating.
//!
//! A permission check produces a value, and the work needs that value: [`AuthSnapshot::authorize`] turns a request into
//! [`Authorized`], which nothing else can make.
//!
//! ```
//! use auth_core::{AuthSnapshot, Group, Permission, Policy, User, principal::danger};
//!
//! let mut edit = AuthSnapshot::default().edit();
//! edit.place_entity("light.sink", Some("lamp-1"), Some("kitchen"));
//! let policy = Policy::parse(r#"{"entities": {"area_ids": {"kitchen": {"read": true}}}}"#).unwrap();
//! edit.set_group(Group::new("cooks", "Cooks", policy));
//! edit.set_user(User { group_ids: vec!["cooks".into()], ..User::new("u1", "Ann") });
//! let snapshot = edit.finish();
//!
//! // Only an authenticator should make principals; a look into the danger module for this example.
//! let ann = danger::user_principal(&"u1".into(), None);
//! let rights = snapshot.rights(&ann);
//! assert!(rights.check("light.sink", Permission::Read));
//! assert!(!rights.check("light.sink", Permission::Control));
//! assert_eq!(
//!     rights.explain("light.sink", Permission::Read).to_string(),
//!     "granted by group `Cooks`: area_ids.kitchen gives {read}"
//! );
//! ```

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
