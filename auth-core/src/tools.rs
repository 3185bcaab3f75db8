//! What people who write policies ask: what is odd about one, what it would change here, what it would have to say.

mod effect;
mod lint;
mod sites;
mod smallest;

pub use effect::{Effect, UserEffect};
pub use lint::{Finding, Wrong};
pub use smallest::Use;

use policy_merge::{Permission, Policy};

use crate::{AuthSnapshot, EntitySet, Group, User};

/// Returns what a policy grants in a home, for each permission in the order of [`Permission::ALL`].
fn granted(home: &AuthSnapshot, policy: &Policy) -> [EntitySet; 3] {
    let mut edit = home.edit();
    edit.set_group(Group::new(SOMEBODY, SOMEBODY, policy.clone()));
    edit.set_user(User { group_ids: [SOMEBODY.into()].into(), ..User::new(SOMEBODY, SOMEBODY) });
    let home = edit.finish();
    let rights = home.rights_of(&SOMEBODY.into());
    Permission::ALL.map(|permission| rights.visible(permission))
}

/// A group and user of nobody's, in copies of a home that are thrown away.
const SOMEBODY: &str = "\0";
