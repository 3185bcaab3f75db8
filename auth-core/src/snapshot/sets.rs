//! The distinct sets of groups that users have, each with its table.

use alloc::{collections::BTreeSet, sync::Arc, vec::Vec};

use super::GroupRow;
use crate::{
    Directory,
    compiled::AccessTable,
    numbered::{Numbered, key_of},
};

/// Sets of groups in use. Users with the same groups have the same set, and the same table.
#[derive(Clone, Debug, Default)]
pub(super) struct Sets {
    /// By the numbers of the groups, as text.
    rows: Numbered<SetRow>,
}

#[derive(Clone, Debug, Default)]
struct SetRow {
    groups: Arc<[u32]>,
    table: Option<Arc<AccessTable>>,
    n_users: u32,
}

impl Sets {
    /// Returns a set's table. Two loads.
    pub(super) fn table(&self, set: u32) -> Option<&Arc<AccessTable>> {
        self.rows.get(set)?.table.as_ref()
    }

    /// Counts one more user of the set of `members`, and makes it if it is new.
    pub(super) fn acquire(
        &mut self,
        members: &BTreeSet<u32>,
        groups: &mut Numbered<GroupRow>,
        directory: &Directory,
    ) -> u32 {
        let key = key_of(members);
        let known = self.rows.find(&key);
        if known != 0 {
            if let Some(row) = self.rows.get_mut(known) {
                row.n_users += 1;
            }
            return known;
        }
        let set = self.rows.intern(&key);
        let members: Vec<u32> = members.iter().copied().collect();
        for group in &members {
            if let Some(row) = groups.get_mut(*group) {
                row.sets.insert(set);
            }
        }
        if let Some(row) = self.rows.get_mut(set) {
            *row = SetRow { groups: members.into(), table: None, n_users: 1 };
        }
        self.compile(set, groups, directory);
        set
    }

    /// Counts one user less; the last one takes the set along, and the groups that nobody has defined.
    pub(super) fn release(&mut self, set: u32, groups: &mut Numbered<GroupRow>) {
        let Some(row) = self.rows.get_mut(set) else { return };
        row.n_users = row.n_users.saturating_sub(1);
        if row.n_users > 0 {
            return;
        }
        let members = Arc::clone(&row.groups);
        self.rows.remove(set);
        for group in members.iter() {
            let Some(row) = groups.get_mut(*group) else { continue };
            row.sets.remove(&set);
            if row.is_idle() {
                groups.remove(*group);
            }
        }
    }

    /// Makes a set's table from its groups as they are now.
    pub(super) fn compile(&mut self, set: u32, groups: &Numbered<GroupRow>, directory: &Directory) {
        let Some(row) = self.rows.get_mut(set) else { return };
        let entries = row.groups.iter().filter_map(|group| groups.get(*group)?.entry.clone());
        row.table = Some(Arc::new(AccessTable::new(directory, entries.collect())));
    }
}

impl GroupRow {
    /// Tells whether nobody has defined the group and no user names it.
    pub(super) fn is_idle(&self) -> bool {
        self.entry.is_none() && self.sets.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use crate::{AuthSnapshot, Group, GroupId, Policy, User, UserId};

    /// Whoever comes, goes and changes groups: there is a table for each set of groups that somebody has, and no other.
    #[test]
    fn a_set_goes_with_the_last_of_its_users() {
        let mut snapshot = AuthSnapshot::default();
        for n in 0..200 {
            let mut edit = snapshot.edit();
            let groups = [format!("g{}", n % 7), format!("g{}", n % 5)];
            edit.set_group(Group::new(groups[0].as_str(), "G", Policy::everything()));
            let group_ids = groups.iter().map(|id| GroupId::from(id.as_str())).collect();
            edit.set_user(User { group_ids, ..User::new("changes", "U") });
            edit.set_user(User { group_ids: ["g0".into()].into(), ..User::new(format!("u{n}"), "U") });
            edit.remove_user(&UserId::from(format!("u{}", n % 3)));
            snapshot = edit.finish();
            assert!(snapshot.sets.rows.len() <= 2, "{}", snapshot.sets.rows.len());
            let table = snapshot.table_of(&"changes".into()).unwrap();
            assert!(table.plain().is_some() && snapshot.rights_of(&"changes".into()).is_active());
        }
        let mut edit = snapshot.edit();
        (0..200).for_each(|n| edit.remove_user(&UserId::from(format!("u{n}"))));
        edit.remove_user(&"changes".into());
        assert_eq!(edit.finish().sets.rows.len(), 0);
    }

    /// Whichever of the two goes first.
    #[test]
    fn a_group_goes_with_its_definition_and_its_last_user() {
        let start = AuthSnapshot::default();
        for group_first in [true, false] {
            let mut edit = start.edit();
            edit.set_group(Group::new("g", "G", Policy::everything()));
            let group_ids = ["g".into(), "unknown".into()].into();
            edit.set_user(User { group_ids, ..User::new("u", "U") });
            let full = edit.finish();
            assert_eq!(full.groups.len(), 2);
            let (mut edit, user, group) = (full.edit(), UserId::from("u"), GroupId::from("g"));
            if group_first {
                edit.remove_group(&group);
                edit.remove_user(&user);
            } else {
                edit.remove_user(&user);
                edit.remove_group(&group);
            }
            assert_eq!(edit.finish().groups.len(), 0);
        }
    }
}
