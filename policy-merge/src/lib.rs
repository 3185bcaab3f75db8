#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod permission;
mod policy;

mod error;
mod hint;
mod json;
mod validate;

mod diff;
mod merge;
mod print;

pub use diff::{Change, diff};
pub use error::{PolicyError, PolicyErrors, Problem};
pub use hint::closest;
pub use merge::{Join, merge};
pub use permission::{Permission, Permissions};
pub use policy::{Entities, Names, Policy, Rule, Rules, Subcategory};
pub use print::NotExpressible;
pub use validate::Dialect;
