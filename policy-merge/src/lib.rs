//! What a Home Assistant permission policy is: parse, validate, merge, diff, print.
//!
//! A policy says what the members of a group may do with entities. It only ever grants: there is no way to write
//! "no", neither in the JSON that [`Policy::parse`] accepts nor in the types it becomes. Merging the policies of
//! several groups is a join, so belonging to one more group never takes anything away.
//!
//! ```
//! use policy_merge::Policy;
//!
//! let guests = Policy::parse(r#"{"entities": {"area_ids": {"hall": {"read": true}}}}"#).unwrap();
//! let helpers = Policy::parse(r#"{"entities": {"area_ids": {"hall": {"control": true}, "kitchen": true}}}"#).unwrap();
//!
//! let both = policy_merge::merge([&guests, &helpers]);
//! assert_eq!(
//!     both.to_string(),
//!     r#"{"entities":{"area_ids":{"hall":{"read":true,"control":true},"kitchen":true}}}"#
//! );
//!
//! // Every mistake is reported, with its place.
//! let errors = Policy::parse(r#"{"entities": {"domains": false, "rooms": {}}}"#).unwrap_err();
//! assert_eq!(errors.len(), 2);
//! assert!(errors.to_string().starts_with("entities.domains: `false` cannot be granted"));
//! ```
//!
//! The rules are those of Home Assistant's permission page; where its code does otherwise, this crate follows the page
//! and its documentation says so at the place concerned.

mod permission;
mod policy;

mod error;
mod json;
mod validate;

mod diff;
mod merge;
mod print;

pub use diff::{Change, diff};
pub use error::{PolicyError, PolicyErrors, Problem};
pub use merge::{Join, merge};
pub use permission::{Permission, Permissions};
pub use policy::{Entities, Names, Policy, Rule, Subcategory};
