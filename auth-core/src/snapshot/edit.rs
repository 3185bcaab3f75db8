//! From one snapshot to the next.

use alloc::{collections::BTreeSet, sync::Arc, vec::Vec};

use policy_merge::{Policy, Rule};

use super::{AuthSnapshot, PolicyEpoch, UserEntry};
use crate::{
    Directory, Group, GroupId, Timestamp, TokenId, User, UserId, Whereabouts,
    compiled::{AccessTable, GroupEntry, NumberedPolicy},
};

/// A change to a snapshot under way. Copies what it touches, once.
#[derive(Debug)]
#[must_use]
pub struct Edit {
    next: AuthSnapshot,
    /// Sets of groups whose tables are not right any more.
    stale: BTreeSet<u32>,
    /// Entities that are elsewhere now.
    moved: Vec<u32>,
}

impl Edit {
    pub(super) const fn new(next: AuthSnapshot) -> Self {
        Self { next, stale: BTreeSet::new(), moved: Vec::new() }
    }

    /// Puts an entity where its registries say it is. New entities get a number.
    pub fn place_entity(&mut self, entity_id: &str, at: Whereabouts<'_>) {
        self.moved.extend(Arc::make_mut(&mut self.next.directory).place_entity(entity_id, at));
    }

    /// Forgets where an entity is, when it leaves the registry, and ends its number. Rules by its id, domain and `all`
    /// go on.
    pub fn remove_entity(&mut self, entity_id: &str) {
        if self.next.directory.entity(entity_id).is_some() {
            self.moved.extend(Arc::make_mut(&mut self.next.directory).remove_entity(entity_id));
        }
    }

    /// Adds a group or replaces the one with its id. O(size of its policy), and a microsecond for each set of groups
    /// that it is in; other sets are left alone.
    pub fn set_group(&mut self, group: Group) {
        let policy = self.number(&group.policy);
        let no = self.next.groups.intern(group.id.as_str());
        if let Some(row) = self.next.groups.get_mut(no) {
            row.entry = Some(Arc::new(GroupEntry { group: Arc::new(group), policy }));
            self.stale.extend(&row.sets);
        }
    }

    /// Removes a group. Users who still name it get nothing from it.
    pub fn remove_group(&mut self, id: &GroupId) {
        let no = self.next.groups.find(id.as_str());
        let Some(row) = self.next.groups.get_mut(no) else { return };
        row.entry = None;
        self.stale.extend(&row.sets);
        if row.is_idle() {
            self.next.groups.remove(no);
        }
    }

    /// Adds a user or replaces the one with its id. Unknown groups grant nothing, until they are added.
    ///
    /// Some microseconds where others have exactly the same groups; else O(rules of the groups), and O(distinct sets of
    /// groups in use) for each group, which is 10 ns a set.
    pub fn set_user(&mut self, user: User) {
        let user = Arc::new(user);
        // Before the old set is released, so that a set both have is not thrown away and made again.
        let entry = self.enter(&user);
        let no = self.next.users.intern(user.id.as_str());
        let before = self.next.users.get_mut(no).and_then(|row| row.replace(Arc::new(entry)));
        self.leave(before);
        // Also those that are over: the clock can go back.
        let depends = !user.conditions.is_empty();
        if depends != self.next.conditional.contains(&user.id) {
            let conditional = Arc::make_mut(&mut self.next.conditional);
            if depends {
                conditional.insert(user.id.clone())
            } else {
                conditional.remove(&user.id)
            };
        }
    }

    /// Removes a user, whose principals may do nothing from then on.
    pub fn remove_user(&mut self, id: &UserId) {
        let no = self.next.users.find(id.as_str());
        let before = self.next.users.get_mut(no).and_then(Option::take);
        self.leave(before);
        self.next.users.remove(no);
        if self.next.conditional.contains(id) {
            Arc::make_mut(&mut self.next.conditional).remove(id);
        }
    }

    /// Narrows whatever acts by a token to what `policy` grants of its user's rights. It is no administrator any more.
    pub fn set_token_policy(&mut self, id: &TokenId, policy: &Policy) {
        let policy = self.number(policy);
        let group = Arc::new(Group::new(id.as_str(), "the token's own policy", Policy::default()));
        let no = self.next.tokens.intern(id.as_str());
        if let Some(row) = self.next.tokens.get_mut(no) {
            *row =
                Some(Arc::new(AccessTable::new(&self.next.directory, [Arc::new(GroupEntry { group, policy })].into())));
        }
    }

    /// Lets whatever still acts by a narrowed token do nothing any more, when the token is gone. Its id stays known: to forget
    /// it would give whoever still has it all of its user's rights. Of a token without a policy nothing is known, and
    /// nothing changes.
    pub fn remove_token(&mut self, id: &TokenId) {
        let no = self.next.tokens.find(id.as_str());
        if let Some(row) = self.next.tokens.get_mut(no) {
            *row = Some(Arc::clone(&self.next.nothing));
        }
    }

    /// Says what time it is: memberships with conditions count or do not. O(users with conditions).
    pub fn set_time(&mut self, now: Timestamp) {
        self.next.now = Some(now);
        for id in Arc::clone(&self.next.conditional).iter() {
            if let Some(user) = self.next.user(id.as_str()).map(Arc::clone) {
                self.set_user(Arc::unwrap_or_clone(user));
            }
        }
    }

    /// Returns the next snapshot, with the next epoch.
    pub fn finish(mut self) -> AuthSnapshot {
        for set in core::mem::take(&mut self.stale) {
            self.next.sets.compile(set, &self.next.groups, &self.next.directory);
        }
        if !self.moved.is_empty() {
            Arc::make_mut(&mut self.next.directory).record(core::mem::take(&mut self.moved));
        }
        if let Some(mut used) = self.next.directory.wants_sweep() {
            let groups = self.next.groups.iter().filter_map(|(_, _, row)| row.entry.as_ref());
            let tokens = self.next.tokens.iter().filter_map(|(_, _, table)| table.as_ref());
            let entries = groups.chain(tokens.flat_map(|table| &table.groups));
            entries.for_each(|entry| entry.policy.mark(&mut used));
            Arc::make_mut(&mut self.next.directory).sweep(used);
        }
        self.next.epoch = PolicyEpoch::next();
        self.next
    }

    /// Numbers a policy; names that nobody has heard of get their numbers now.
    fn number(&mut self, policy: &Policy) -> NumberedPolicy {
        if let Some(Rule::Only(entities)) = &policy.entities {
            let rules = || entities.parts().flat_map(|(grants, except)| [Some(grants), except]).flatten();
            if !rules().all(|rules| self.next.directory.knows(rules)) {
                let directory: &mut Directory = Arc::make_mut(&mut self.next.directory);
                rules().for_each(|rules| directory.intern_rules(rules));
            }
        }
        NumberedPolicy::new(policy, &self.next.directory)
    }

    fn enter(&mut self, user: &Arc<User>) -> UserEntry {
        let now = self.next.now;
        let groups = &mut self.next.groups;
        let members = user.groups_at(now).map(|id| groups.intern(id.as_str())).collect();
        UserEntry {
            user: Arc::clone(user),
            is_admin: user.is_admin_at(now),
            set: self.next.sets.acquire(&members, groups, &self.next.directory),
            changes_at: now.and_then(|now| user.changes_after(now)),
        }
    }

    fn leave(&mut self, before: Option<Arc<UserEntry>>) {
        if let Some(before) = before {
            self.next.sets.release(before.set, &mut self.next.groups);
        }
    }
}
