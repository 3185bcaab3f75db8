//! People and programs that can log in.

use crate::{GroupId, UserId};

/// A user: who they are and which groups they belong to.
///
/// One user is the owner, whom no policy limits. A user is administrator if owner, or active and a member of
/// [`Group::ADMIN`](crate::Group::ADMIN): by the group's id, whatever its policy says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct User {
    /// Never given to another user.
    pub id: UserId,
    /// For display; `None` if never set.
    pub name: Option<String>,
    /// Bypasses every policy.
    pub is_owner: bool,
    /// Inactive users may do nothing at all and cannot log in.
    pub is_active: bool,
    /// Belongs to the system: cannot be changed or have credentials.
    pub system_generated: bool,
    /// May only log in from a local network.
    pub local_only: bool,
    /// Order and repetition have no influence.
    pub group_ids: Vec<GroupId>,
}

impl User {
    /// Returns an active user with no groups, who therefore may do nothing yet.
    pub fn new(id: impl Into<UserId>, name: &str) -> Self {
        Self {
            id: id.into(),
            name: Some(name.to_owned()),
            is_owner: false,
            is_active: true,
            system_generated: false,
            local_only: false,
            group_ids: Vec::new(),
        }
    }

    /// Tells whether the user is an administrator.
    pub fn is_admin(&self) -> bool {
        self.is_owner || self.is_active && self.group_ids.iter().any(|id| id.as_str() == crate::Group::ADMIN)
    }
}
