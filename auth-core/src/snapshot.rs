//! One consistent state of users, groups, policies and the directory.

use std::{collections::BTreeMap, sync::Arc};

use hashbrown::HashMap;

use crate::{
    Directory, Group, GroupId, User, UserId,
    compiled::{AccessTable, GroupMasks, Masks},
};

/// Counts the changes of anything that a decision depends on. A decision is good for the epoch it was made in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyEpoch(u64);

/// Users, groups and the directory at one epoch; immutable.
///
/// Cloning and dropping are cheap: the parts are shared.
#[derive(Clone, Debug, Default)]
pub struct AuthSnapshot {
    epoch: PolicyEpoch,
    directory: Arc<Directory>,
    groups: Arc<BTreeMap<GroupId, GroupEntry>>,
    users: Arc<HashMap<UserId, UserEntry>>,
}

#[derive(Clone, Debug)]
struct GroupEntry {
    group: Arc<Group>,
    masks: Arc<Masks>,
}

#[derive(Clone, Debug)]
pub(crate) struct UserEntry {
    pub(crate) user: Arc<User>,
    pub(crate) table: Arc<AccessTable>,
}

impl PolicyEpoch {
    /// Returns the count.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl AuthSnapshot {
    /// Returns which state this is.
    pub const fn epoch(&self) -> PolicyEpoch {
        self.epoch
    }

    /// Returns the numbered names.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Returns a user.
    pub fn user(&self, id: &str) -> Option<&Arc<User>> {
        self.users.get(id).map(|entry| &entry.user)
    }

    /// Iterates over the users in no particular order.
    pub fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.values().map(|entry| &entry.user)
    }

    /// Returns a group.
    pub fn group(&self, id: &str) -> Option<&Arc<Group>> {
        self.groups.get(id).map(|entry| &entry.group)
    }

    /// Iterates over the groups by id.
    pub fn groups(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.groups.values().map(|entry| &entry.group)
    }

    /// Returns what a user's groups grant, whatever their standing: the table that checks read. See
    /// [`AuthSnapshot::rights`] for what they may do.
    pub fn table_of(&self, id: &UserId) -> Option<&Arc<AccessTable>> {
        self.users.get(id).map(|entry| &entry.table)
    }

    pub(crate) fn user_entry(&self, id: &UserId) -> Option<&UserEntry> {
        self.users.get(id)
    }

    /// Starts a change; [`Edit::finish`] gives the next snapshot. Nothing happens to this one.
    pub fn edit(&self) -> Edit {
        Edit { next: self.clone(), stale_tables: false }
    }
}

/// A change to a snapshot under way. Copies what it touches, once.
#[derive(Debug)]
#[must_use]
pub struct Edit {
    next: AuthSnapshot,
    stale_tables: bool,
}

impl Edit {
    /// Puts an entity where its registries say it is; `None` for no device, no area. New entities get a number.
    pub fn place_entity(&mut self, entity_id: &str, device_id: Option<&str>, area_id: Option<&str>) {
        Arc::make_mut(&mut self.next.directory).place_entity(entity_id, device_id, area_id);
    }

    /// Forgets where an entity is, when it leaves the registry. Rules by its id, domain and `all` go on.
    pub fn remove_entity(&mut self, entity_id: &str) {
        if self.next.directory.entity(entity_id).is_some() {
            self.place_entity(entity_id, None, None);
        }
    }

    /// Adds a group or replaces the one with its id. O(size of its policy).
    pub fn set_group(&mut self, group: Group) {
        let directory = Arc::make_mut(&mut self.next.directory);
        directory.intern_policy(&group.policy);
        let masks = Arc::new(Masks::compile(&group.policy, directory));
        let entry = GroupEntry { group: Arc::new(group), masks };
        Arc::make_mut(&mut self.next.groups).insert(entry.group.id.clone(), entry);
        self.stale_tables = true;
    }

    /// Removes a group. Users who still name it get nothing from it.
    pub fn remove_group(&mut self, id: &GroupId) {
        Arc::make_mut(&mut self.next.groups).remove(id);
        self.stale_tables = true;
    }

    /// Adds a user or replaces the one with its id.
    pub fn set_user(&mut self, user: User) {
        // Other users with the same groups share their table; unknown groups grant nothing.
        let table = self.table_for(&user.group_ids);
        Arc::make_mut(&mut self.next.users).insert(user.id.clone(), UserEntry { user: Arc::new(user), table });
    }

    /// Removes a user, whose principals may do nothing from then on.
    pub fn remove_user(&mut self, id: &UserId) {
        Arc::make_mut(&mut self.next.users).remove(id);
    }

    fn table_for(&self, group_ids: &[GroupId]) -> Arc<AccessTable> {
        let twin = self.next.users.values().find(|entry| !self.stale_tables && entry.user.group_ids == group_ids);
        match twin {
            Some(entry) => Arc::clone(&entry.table),
            None => Arc::new(compile_table(&self.next.groups, group_ids)),
        }
    }

    /// Returns the next snapshot, with the next epoch. O(users and groups) if a group changed, else O(1).
    pub fn finish(mut self) -> AuthSnapshot {
        if self.stale_tables {
            let mut tables: HashMap<Vec<GroupId>, Arc<AccessTable>> = HashMap::new();
            let groups = Arc::clone(&self.next.groups);
            for entry in Arc::make_mut(&mut self.next.users).values_mut() {
                let table = tables
                    .entry(entry.user.group_ids.clone())
                    .or_insert_with(|| Arc::new(compile_table(&groups, &entry.user.group_ids)));
                entry.table = Arc::clone(table);
            }
        }
        self.next.epoch = PolicyEpoch(self.next.epoch.0 + 1);
        self.next
    }
}

fn compile_table(groups: &BTreeMap<GroupId, GroupEntry>, group_ids: &[GroupId]) -> AccessTable {
    let masks = |id| {
        let GroupEntry { group, masks } = groups.get(id)?;
        Some(GroupMasks { id: group.id.clone(), name: Arc::from(group.name.as_str()), masks: Arc::clone(masks) })
    };
    // A group named twice counts once.
    let distinct = group_ids.iter().enumerate().filter(|(n, id)| !group_ids.iter().take(*n).any(|other| other == *id));
    AccessTable::new(distinct.filter_map(|(_, id)| masks(id)).collect())
}
