//! Groups: a name and what its members may do.

use alloc::{borrow::ToOwned, string::String};

use policy_merge::{Permission, Permissions, Policy};

use crate::GroupId;

/// A group of users and the policy they share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The group's identifier.
    pub id: GroupId,
    /// For display.
    pub name: String,
    /// What its members may do.
    pub policy: Policy,
    /// One of the three fixed groups, whose policy cannot be changed.
    pub system_generated: bool,
    /// What is wrong with the policy that was stored for it; then it has an empty one, and grants nothing.
    pub unreadable: Option<String>,
}

impl Group {
    /// The id of the group whose members are administrators.
    pub const ADMIN: &str = "system-admin";
    /// The id of the group whose members may do everything with entities.
    pub const USER: &str = "system-users";
    /// The id of the group whose members may read all entities.
    pub const READ_ONLY: &str = "system-read-only";

    /// Returns a group made by an administrator.
    pub fn new(id: impl Into<GroupId>, name: &str, policy: Policy) -> Self {
        Self { id: id.into(), name: name.to_owned(), policy, system_generated: false, unreadable: None }
    }

    /// Returns the three groups that always exist, with their fixed policies.
    pub fn system_groups() -> [Self; 3] {
        let group = |id: &str, name: &str, policy| Self { system_generated: true, ..Self::new(id, name, policy) };
        [
            group(Self::ADMIN, "Administrators", Policy::everything()),
            group(Self::USER, "Users", Policy::everything()),
            group(Self::READ_ONLY, "Read Only", Policy::all(Permissions::NONE.with(Permission::Read))),
        ]
    }

    /// Tells whether `id` belongs to one of the three fixed groups.
    pub fn is_system_id(id: &str) -> bool {
        [Self::ADMIN, Self::USER, Self::READ_ONLY].contains(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fixed_groups_are_nobodys_to_change() {
        for group in Group::system_groups() {
            assert!(group.system_generated && Group::is_system_id(group.id.as_str()), "{}", group.id);
        }
        assert!(!Group::new("guests", "Guests", Policy::default()).system_generated);
        assert!(!Group::is_system_id("guests"));
    }
}
