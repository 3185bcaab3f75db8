//! What one set of groups may do, shared by all users with exactly those groups.

use alloc::{sync::Arc, vec::Vec};

use policy_merge::{Permission, Permissions};

use super::{EntitySet, Masks, NumberedPolicy, Plain, remembered::Remembered};
use crate::{
    Group,
    directory::{Directory, EntityNo},
};

/// The rights of a set of groups, for the snapshot that it belongs to: in a later one, numbers may mean other things. So
/// only a snapshot asks it.
///
/// A check reads a few loads from it; lists of entities are worked out when first asked
/// for, kept, and mended when entities move.
#[derive(Debug)]
pub struct AccessTable {
    masks: Masks,
    pub(crate) groups: Vec<Arc<GroupEntry>>,
    visible: Remembered,
}

/// One group and its policy in numbers.
#[derive(Clone, Debug)]
pub(crate) struct GroupEntry {
    pub(crate) group: Arc<Group>,
    pub(crate) policy: NumberedPolicy,
}

impl AccessTable {
    pub(crate) fn new(directory: &Directory, groups: Vec<Arc<GroupEntry>>) -> Self {
        let masks = Masks::join(directory, groups.iter().map(|entry| &entry.policy));
        Self { masks, groups, visible: Remembered::default() }
    }

    /// Returns the table of whoever may do everything.
    pub(crate) fn everything() -> Self {
        let all = NumberedPolicy { category: true, ..NumberedPolicy::default() };
        Self {
            masks: Masks::join(&Directory::default(), [&all].into_iter()),
            groups: Vec::new(),
            visible: Remembered::default(),
        }
    }

    /// Returns the table of all the groups of some tables. O(their rules).
    pub(crate) fn union<'a>(directory: &Directory, tables: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut groups: Vec<Arc<GroupEntry>> = Vec::new();
        tables.into_iter().for_each(|table| groups.extend_from_slice(&table.groups));
        Self::new(directory, groups)
    }

    /// Tells whether the groups may do `permission` with `entity_id`. One hash look-up and a few loads, no allocation.
    pub(crate) fn check(&self, directory: &Directory, entity_id: &str, permission: Permission) -> bool {
        self.granted(directory, entity_id).contains(permission)
    }

    /// Returns what answers checks of ordinary entities, if the groups' rules are plain.
    pub(crate) const fn plain(&self) -> Option<Plain<'_>> {
        self.masks.plain()
    }

    /// Returns everything that the groups may do with `entity_id`. Cost as [`AccessTable::check`].
    pub(crate) fn granted(&self, directory: &Directory, entity_id: &str) -> Permissions {
        match directory.look_up(entity_id) {
            Some((no, place)) => self.masks.granted(directory, no, place),
            None => self.masks.granted(directory, 0, &directory.place_of_unknown(entity_id)),
        }
    }

    /// Returns everything that the groups may do with a numbered entity; nothing if it has been removed. A few loads.
    pub(crate) fn granted_by_number(&self, directory: &Directory, entity: EntityNo) -> Permissions {
        match directory.place(entity) {
            Some(place) => self.masks.granted(directory, entity.no, place),
            None => Permissions::NONE,
        }
    }

    /// Returns the registered entities on which `permission` is granted. A copy of a pointer if the list is known, else
    /// a few loads for each entity that moved since it was, or for each there is.
    pub(crate) fn visible(&self, directory: &Directory, permission: Permission) -> EntitySet {
        self.visible.get(&self.masks, directory, permission)
    }

    /// Tells whether `permission` is granted on all entities by `entities` or its `all`, as Home Assistant answers it.
    ///
    /// Yes means that every check of it is granted. No means nothing: `{"domains": true}` grants all and answers no.
    pub(crate) const fn access_all(&self, permission: Permission) -> bool {
        self.masks.category || self.masks.all.contains(permission)
    }

    /// Returns the permissions granted on every entity there is or will be, by whatever rule. O(1) unless there are
    /// exceptions.
    pub(crate) fn everywhere(&self) -> Permissions {
        self.masks.everywhere()
    }
}
