//! What one principal may do, in one snapshot.

use policy_merge::{Permission, Permissions};

use crate::{
    AccessTable, AuthSnapshot, Directory, EntityNo, Explanation, Principal, Reason, User, Who, snapshot::UserEntry,
};

/// The rights of one principal in one snapshot. Borrowed, cheap; make it once and ask it often.
#[derive(Clone, Copy, Debug)]
pub struct Rights<'a> {
    directory: &'a Directory,
    standing: Standing<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Standing<'a> {
    System(&'static str),
    Owner(&'a User),
    Member(&'a User, &'a AccessTable),
    Integration(&'a str),
    Inactive,
    Unknown,
}

impl AuthSnapshot {
    /// Returns what `principal` may do. One hash look-up for a user. Inactive and unknown users may do nothing.
    pub fn rights<'a>(&'a self, principal: &'a Principal) -> Rights<'a> {
        let standing = match principal.who() {
            Who::System { role } => Standing::System(role),
            Who::Integration { domain } => Standing::Integration(domain),
            Who::User { user_id, .. } => match self.user_entry(user_id) {
                None => Standing::Unknown,
                Some(UserEntry { user, .. }) if !user.is_active => Standing::Inactive,
                Some(UserEntry { user, .. }) if user.is_owner => Standing::Owner(user),
                Some(UserEntry { user, table }) => Standing::Member(user, table),
            },
        };
        Rights { directory: self.directory(), standing }
    }
}

impl<'a> Rights<'a> {
    /// Tells whether `permission` on `entity_id` is granted. One hash look-up and a few loads, no allocation.
    ///
    /// The entity need not exist: rules by id, domain and `all` speak about any.
    pub fn check(&self, entity_id: &str, permission: Permission) -> bool {
        self.granted(entity_id).contains(permission)
    }

    /// Returns every permission on `entity_id`. Cost as [`Rights::check`].
    pub fn granted(&self, entity_id: &str) -> Permissions {
        match self.standing {
            Standing::System(_) | Standing::Owner(_) => Permissions::ALL,
            Standing::Member(_, table) => table.granted(self.directory, entity_id),
            Standing::Integration(_) | Standing::Inactive | Standing::Unknown => Permissions::NONE,
        }
    }

    /// Returns every permission on a numbered entity. A few loads.
    pub fn granted_by_number(&self, entity: EntityNo) -> Permissions {
        match self.standing {
            Standing::System(_) | Standing::Owner(_) => Permissions::ALL,
            Standing::Member(_, table) => table.granted_by_number(self.directory, entity),
            Standing::Integration(_) | Standing::Inactive | Standing::Unknown => Permissions::NONE,
        }
    }

    /// Tells whether `permission` is granted on every entity there is or will be, so that no check is needed.
    pub fn everywhere(&self, permission: Permission) -> bool {
        match self.standing {
            Standing::System(_) | Standing::Owner(_) => true,
            Standing::Member(_, table) => table.everywhere().contains(permission),
            Standing::Integration(_) | Standing::Inactive | Standing::Unknown => false,
        }
    }

    /// Returns the numbered entities on which `permission` is granted. O(entities); allocates the list.
    pub fn visible(&self, permission: Permission) -> Vec<EntityNo> {
        let entities = self.directory.entities().map(|(no, _)| no);
        entities.filter(|no| self.granted_by_number(*no).contains(permission)).collect()
    }

    /// Tells whether the principal is an administrator: owner, active member of `system-admin`, or the hub itself.
    pub fn is_admin(&self) -> bool {
        match self.standing {
            Standing::System(_) | Standing::Owner(_) => true,
            Standing::Member(user, _) => user.is_admin(),
            Standing::Integration(_) | Standing::Inactive | Standing::Unknown => false,
        }
    }

    /// Tells whether the principal is the owner, or the hub itself.
    pub const fn is_owner(&self) -> bool {
        matches!(self.standing, Standing::System(_) | Standing::Owner(_))
    }

    /// Tells whether there is somebody at all: an active user, the hub, an integration.
    pub const fn is_active(&self) -> bool {
        !matches!(self.standing, Standing::Inactive | Standing::Unknown)
    }

    /// Tells whether the principal may manage the config entries of `domain`: administrators, and the integration.
    pub fn manages_entries_of(&self, domain: &str) -> bool {
        matches!(self.standing, Standing::Integration(own) if own == domain) || self.is_admin()
    }

    /// Returns the user, if the principal is one that exists and is active.
    pub const fn user(&self) -> Option<&'a User> {
        match self.standing {
            Standing::Owner(user) | Standing::Member(user, _) => Some(user),
            _ => None,
        }
    }

    /// Returns why [`Rights::check`] answers as it does. O(number of groups); allocates.
    pub fn explain(&self, entity_id: &str, permission: Permission) -> Explanation {
        let reason = match self.standing {
            Standing::System(role) => Reason::System(role),
            Standing::Owner(_) => Reason::Owner,
            Standing::Member(_, table) => table.explain(self.directory, entity_id, permission),
            Standing::Integration(_) => Reason::Integration,
            Standing::Inactive => Reason::Inactive,
            Standing::Unknown => Reason::UnknownUser,
        };
        Explanation { entity_id: entity_id.to_owned(), permission, reason }
    }
}
