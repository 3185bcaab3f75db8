//! Questions about everybody, and about everything that somebody may do.

use alloc::{sync::Arc, vec::Vec};

use policy_merge::{Permission, Permissions};

use crate::{AuthSnapshot, EntitySet, Explanation, User, UserId};

/// What one user may do.
#[derive(Clone, Debug, PartialEq)]
pub struct Reach {
    /// The owner, whom no policy limits.
    pub is_owner: bool,
    /// An administrator at this moment.
    pub is_admin: bool,
    /// What they may do with every entity there is or will be.
    pub everywhere: Permissions,
    /// The registered entities for each permission, in the order of [`Permission::ALL`].
    pub entities: [EntitySet; 3],
}

impl AuthSnapshot {
    /// Returns the users who may do `permission` with an entity, by id, each with the reason. A check for each user, and
    /// an explanation for each who may.
    pub fn who_can(&self, entity_id: &str, permission: Permission) -> Vec<(Arc<User>, Explanation)> {
        let mut users: Vec<_> =
            self.users().filter(|user| self.rights_of(&user.id).check(entity_id, permission)).collect();
        users.sort_by(|a, b| a.id.cmp(&b.id));
        let explained = |user: &Arc<User>| (Arc::clone(user), self.rights_of(&user.id).explain(entity_id, permission));
        users.into_iter().map(explained).collect()
    }

    /// Returns everything that a user may do with entities. Three visible sets.
    pub fn what_can(&self, user_id: &UserId) -> Reach {
        let rights = self.rights_of(user_id);
        Reach {
            is_owner: rights.is_owner(),
            is_admin: rights.is_admin(),
            everywhere: Permission::ALL.into_iter().filter(|permission| rights.everywhere(*permission)).collect(),
            entities: Permission::ALL.map(|permission| rights.visible(permission)),
        }
    }
}
