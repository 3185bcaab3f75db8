//! What one set of groups may do, shared by all users with exactly those groups.

use std::sync::Arc;

use policy_merge::{Permission, Permissions};

use super::Masks;
use crate::{
    GroupId,
    directory::{Directory, EntityNo},
};

/// The joined masks of a set of groups, and each group's own for explanations.
#[derive(Debug)]
pub struct AccessTable {
    joined: Masks,
    pub(crate) groups: Vec<GroupMasks>,
}

/// One group's compiled policy.
#[derive(Clone, Debug)]
pub(crate) struct GroupMasks {
    pub(crate) id: GroupId,
    pub(crate) name: Arc<str>,
    pub(crate) masks: Arc<Masks>,
}

impl AccessTable {
    pub(crate) fn new(groups: Vec<GroupMasks>) -> Self {
        let mut joined = Masks::default();
        for group in &groups {
            joined.join(&group.masks);
        }
        Self { joined, groups }
    }

    /// Tells whether the groups may do `permission` with `entity_id`. One hash look-up and a few loads, no allocation.
    pub fn check(&self, directory: &Directory, entity_id: &str, permission: Permission) -> bool {
        self.granted(directory, entity_id).contains(permission)
    }

    /// Returns everything that the groups may do with `entity_id`. Cost as [`AccessTable::check`].
    pub fn granted(&self, directory: &Directory, entity_id: &str) -> Permissions {
        match directory.look_up(entity_id) {
            Some((entity, place)) => self.joined.granted(entity, place),
            None => self.joined.granted(EntityNo(0), directory.place_of_unknown(entity_id)),
        }
    }

    /// Returns everything that the groups may do with a numbered entity. A few loads.
    pub fn granted_by_number(&self, directory: &Directory, entity: EntityNo) -> Permissions {
        self.joined.granted(entity, directory.place(entity))
    }

    /// Tells whether `permission` is granted on all entities by `entities` or its `all`, as Home Assistant answers it.
    ///
    /// Yes means that every check of it is granted. No means nothing: `{"domains": true}` grants all and answers no.
    pub fn access_all(&self, permission: Permission) -> bool {
        self.joined.category || self.joined.all.contains(permission)
    }

    /// Returns the permissions granted on every entity there is or will be, by whatever rule.
    pub const fn everywhere(&self) -> Permissions {
        self.joined.everywhere()
    }
}
