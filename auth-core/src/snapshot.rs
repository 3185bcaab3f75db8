//! One consistent state of users, groups, policies and the directory.

mod edit;
mod sets;

use alloc::{collections::BTreeSet, sync::Arc};
use core::sync::atomic::{AtomicU64, Ordering};

pub use edit::Edit;
use sets::Sets;

use policy_merge::Permission;

use crate::{
    Directory, Group, Timestamp, User, UserId,
    compiled::{AccessTable, GroupEntry},
    numbered::Numbered,
};

/// Counts the changes of anything that a decision depends on. A decision is good for the epoch it was made in.
///
/// No two states have the same one, not even two that were made from the same, of which one was thrown away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyEpoch(u64);

/// Users, groups and the directory at one epoch, as of one moment; immutable.
///
/// Cloning, dropping and changing are cheap, whatever the size of the home: all but what changed is shared.
#[derive(Clone, Debug)]
pub struct AuthSnapshot {
    epoch: PolicyEpoch,
    /// `None` until somebody says what time it is.
    now: Option<Timestamp>,
    directory: Arc<Directory>,
    /// Also groups that users name and nobody has defined.
    groups: Numbered<GroupRow>,
    sets: Sets,
    users: Numbered<Option<Arc<UserEntry>>>,
    /// What tokens with a policy of their own are narrowed to.
    tokens: Numbered<Option<Arc<AccessTable>>>,
    /// The table of whoever may do everything.
    everything: Arc<AccessTable>,
    /// That of whoever may do nothing, for tokens that are gone.
    nothing: Arc<AccessTable>,
    /// Users whose groups depend on the time.
    conditional: Arc<BTreeSet<UserId>>,
}

/// A group, and which sets of groups it is in.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupRow {
    entry: Option<Arc<GroupEntry>>,
    sets: BTreeSet<u32>,
}

/// A user, and what depends on the moment.
#[derive(Debug)]
pub(crate) struct UserEntry {
    pub(crate) user: Arc<User>,
    pub(crate) is_admin: bool,
    set: u32,
    changes_at: Option<Timestamp>,
}

static NEXT_EPOCH: AtomicU64 = AtomicU64::new(1);

impl PolicyEpoch {
    fn next() -> Self {
        Self(NEXT_EPOCH.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns the count.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl Default for AuthSnapshot {
    fn default() -> Self {
        Self {
            epoch: PolicyEpoch::default(),
            now: None,
            directory: Arc::default(),
            groups: Numbered::default(),
            sets: Sets::default(),
            users: Numbered::default(),
            tokens: Numbered::default(),
            everything: Arc::new(AccessTable::everything()),
            nothing: Arc::new(AccessTable::new(&Directory::default(), alloc::vec::Vec::new())),
            conditional: Arc::default(),
        }
    }
}

impl AuthSnapshot {
    /// Returns which state this is.
    pub const fn epoch(&self) -> PolicyEpoch {
        self.epoch
    }

    /// Returns the moment that memberships with conditions are as of; `None` if nobody has said what time it is, and then
    /// none of them counts.
    pub const fn now(&self) -> Option<Timestamp> {
        self.now
    }

    /// Returns the first moment at which a membership begins or ends, so that somebody's rights may not be what they are
    /// here: time for [`Edit::set_time`]. `None` if no membership depends on the time. O(users with conditions).
    pub fn changes_at(&self) -> Option<Timestamp> {
        if self.now.is_none() && self.has_conditions() {
            return Some(Timestamp::from_micros(i64::MIN));
        }
        self.conditional.iter().filter_map(|id| self.user_entry(id)?.changes_at).min()
    }

    /// Tells whether some membership depends on the time, now or later or before.
    pub fn has_conditions(&self) -> bool {
        !self.conditional.is_empty()
    }

    /// Returns the numbered names.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Returns a user.
    pub fn user(&self, id: &str) -> Option<&Arc<User>> {
        self.user_entry_by(id).map(|entry| &entry.user)
    }

    /// Iterates over the users in no particular order.
    pub fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.iter().filter_map(|(_, _, entry)| entry.as_ref()).map(|entry| &entry.user)
    }

    /// Returns a group.
    pub fn group(&self, id: &str) -> Option<&Arc<Group>> {
        let (_, row) = self.groups.look_up(id)?;
        row.entry.as_ref().map(|entry| &entry.group)
    }

    /// Iterates over the groups by id. O(groups · log groups).
    pub fn groups(&self) -> impl Iterator<Item = &Arc<Group>> {
        let defined = self.groups.iter().filter_map(|(_, id, row)| Some((id, &row.entry.as_ref()?.group)));
        defined.collect::<alloc::collections::BTreeMap<_, _>>().into_values()
    }

    /// Tells whether a user's groups grant `permission` on all entities by `entities` or its `all`, as Home Assistant's
    /// `access_all_entities` answers it; `None` for an unknown user.
    ///
    /// Yes means that every check of it is granted. No means nothing: `{"domains": true}` grants all and answers no.
    pub fn access_all(&self, id: &UserId, permission: Permission) -> Option<bool> {
        self.table_of(id).map(|table| table.access_all(permission))
    }

    /// Returns the table of somebody who would be in all the groups of some users. O(their rules).
    pub fn joined_table<'a>(&self, users: impl IntoIterator<Item = &'a UserId>) -> AccessTable {
        let tables = users.into_iter().filter_map(|id| self.table_of(id)).map(|table| &**table);
        AccessTable::union(&self.directory, tables)
    }

    /// Returns what a user's groups grant, whatever their standing: the table that checks read. See
    /// [`AuthSnapshot::rights`] for what they may do.
    pub fn table_of(&self, id: &UserId) -> Option<&Arc<AccessTable>> {
        self.user_entry(id).and_then(|entry| self.table(entry))
    }

    /// Returns what a token is narrowed to, if it has a policy of its own.
    pub(crate) fn token_table(&self, id: &str) -> Option<&AccessTable> {
        if self.tokens.len() == 0 {
            return None;
        }
        self.tokens.look_up(id)?.1.as_deref()
    }

    pub(crate) fn user_entry(&self, id: &UserId) -> Option<&UserEntry> {
        self.user_entry_by(id.as_str())
    }

    pub(crate) fn table(&self, entry: &UserEntry) -> Option<&Arc<AccessTable>> {
        self.sets.table(entry.set)
    }

    pub(crate) fn everything(&self) -> &AccessTable {
        &self.everything
    }

    fn user_entry_by(&self, id: &str) -> Option<&UserEntry> {
        self.users.look_up(id)?.1.as_deref()
    }

    /// Starts a change; [`Edit::finish`] gives the next snapshot. Nothing happens to this one.
    pub fn edit(&self) -> Edit {
        Edit::new(self.clone())
    }
}
