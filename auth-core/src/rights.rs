//! What one principal may do, in one snapshot.

use alloc::borrow::ToOwned;

use policy_merge::{Permission, Permissions};

use crate::{
    AccessTable, AuthSnapshot, Directory, EntityNo, EntitySet, Explanation, Principal, Reason, User, UserId, Who,
    compiled::Plain, snapshot::UserEntry,
};

/// The rights of one principal in one snapshot. Borrowed, cheap; make it once and ask it often.
#[derive(Clone, Copy, Debug)]
pub struct Rights<'a> {
    directory: &'a Directory,
    /// What answers checks of ordinary entities, if that is all there is to it: a member, a token that is not narrowed,
    /// groups with plain rules. As nearly everybody has.
    plain: Option<Plain<'a>>,
    standing: Standing<'a>,
    /// The table of whoever may do everything.
    everything: &'a AccessTable,
    /// What the token's own policy grants, if it has one: nothing beyond that is anybody's who acts by it.
    narrowed: Option<&'a AccessTable>,
}

#[derive(Clone, Copy, Debug)]
enum Standing<'a> {
    System(&'static str),
    Owner(&'a User),
    Member { user: &'a User, is_admin: bool, table: &'a AccessTable },
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
            Who::User { user_id, .. } => self.standing_of(user_id),
        };
        let narrowed = principal.token_id().and_then(|token| self.token_table(token.as_str()));
        Rights::new(self, standing, narrowed)
    }

    /// Returns what a user may do by a token that is not narrowed: to answer questions about them, not to act for them.
    pub fn rights_of(&self, user_id: &UserId) -> Rights<'_> {
        Rights::new(self, self.standing_of(user_id), None)
    }

    fn standing_of(&self, user_id: &UserId) -> Standing<'_> {
        match self.user_entry(user_id) {
            None => Standing::Unknown,
            Some(UserEntry { user, .. }) if !user.is_active => Standing::Inactive,
            Some(UserEntry { user, .. }) if user.is_owner => Standing::Owner(user),
            Some(entry @ UserEntry { user, is_admin, .. }) => match self.table(entry) {
                Some(table) => Standing::Member { user, is_admin: *is_admin, table },
                None => Standing::Unknown,
            },
        }
    }
}

impl<'a> Rights<'a> {
    fn new(snapshot: &'a AuthSnapshot, standing: Standing<'a>, narrowed: Option<&'a AccessTable>) -> Self {
        let plain = match (standing, narrowed) {
            (Standing::Member { table, .. }, None) => table.plain(),
            _ => None,
        };
        Self { directory: snapshot.directory(), plain, standing, everything: snapshot.everything(), narrowed }
    }

    /// Tells whether `permission` on `entity_id` is granted. One hash look-up and a few loads, no allocation.
    ///
    /// The entity need not exist: rules by id, domain and `all` speak about any.
    #[inline]
    pub fn check(&self, entity_id: &str, permission: Permission) -> bool {
        self.granted(entity_id).contains(permission)
    }

    /// Returns every permission on `entity_id`. Cost as [`Rights::check`].
    #[inline]
    pub fn granted(&self, entity_id: &str) -> Permissions {
        // The road of nearly every question, in the caller's own code, where nothing is called; the other would answer
        // the same.
        if let Some(plain) = self.plain
            && let Some((_, place)) = self.directory.guess(entity_id)
            && let Some(granted) = plain.granted(place)
        {
            return granted;
        }
        self.granted_otherwise(entity_id)
    }

    #[inline(never)]
    fn granted_otherwise(&self, entity_id: &str) -> Permissions {
        let granted = match self.standing {
            Standing::System(_) | Standing::Owner(_) => Permissions::ALL,
            Standing::Member { table, .. } => table.granted(self.directory, entity_id),
            Standing::Integration(_) | Standing::Inactive | Standing::Unknown => Permissions::NONE,
        };
        self.narrow(granted, |table| table.granted(self.directory, entity_id))
    }

    /// Returns every permission on a numbered entity; none if it has been removed. A few loads.
    #[inline]
    pub fn granted_by_number(&self, entity: EntityNo) -> Permissions {
        if let Some(plain) = self.plain
            && let Some(place) = self.directory.ordinary_place(entity)
            && let Some(granted) = plain.granted(place)
        {
            return granted;
        }
        self.granted_by_number_otherwise(entity)
    }

    #[inline(never)]
    fn granted_by_number_otherwise(&self, entity: EntityNo) -> Permissions {
        let granted = match self.standing {
            Standing::System(_) | Standing::Owner(_) => self.everything.granted_by_number(self.directory, entity),
            Standing::Member { table, .. } => table.granted_by_number(self.directory, entity),
            Standing::Integration(_) | Standing::Inactive | Standing::Unknown => Permissions::NONE,
        };
        self.narrow(granted, |table| table.granted_by_number(self.directory, entity))
    }

    /// Tells whether `permission` is granted on every entity there is or will be, so that no check is needed.
    pub fn everywhere(&self, permission: Permission) -> bool {
        let granted = match self.standing {
            Standing::System(_) | Standing::Owner(_) => Permissions::ALL,
            Standing::Member { table, .. } => table.everywhere(),
            Standing::Integration(_) | Standing::Inactive | Standing::Unknown => Permissions::NONE,
        };
        self.narrow(granted, AccessTable::everywhere).contains(permission)
    }

    /// Returns the registered entities on which `permission` is granted: for lists, filters and repeated checks. A pointer if
    /// they are known, else a few loads for each entity that moved since they were, or for each there is; a narrowed token's is worked out each time from two such sets.
    pub fn visible(&self, permission: Permission) -> EntitySet {
        let visible = match self.standing {
            Standing::System(_) | Standing::Owner(_) => self.everything.visible(self.directory, permission),
            Standing::Member { table, .. } => table.visible(self.directory, permission),
            Standing::Integration(_) | Standing::Inactive | Standing::Unknown => EntitySet::none(self.directory),
        };
        match self.narrowed {
            None => visible,
            Some(table) => visible.intersection(&table.visible(self.directory, permission)),
        }
    }

    fn narrow(&self, granted: Permissions, by: impl FnOnce(&AccessTable) -> Permissions) -> Permissions {
        match self.narrowed {
            None => granted,
            Some(table) => granted.intersection(by(table)),
        }
    }

    /// Tells whether a policy of the token's own narrows the rights.
    pub const fn is_narrowed(&self) -> bool {
        self.narrowed.is_some()
    }

    /// Tells whether the principal is an administrator: owner, active member of `system-admin`, or the hub itself.
    pub fn is_admin(&self) -> bool {
        // A policy speaks of entities alone, so a narrowed token administers nothing.
        let is_admin = match self.standing {
            Standing::System(_) | Standing::Owner(_) => true,
            Standing::Member { is_admin, .. } => is_admin,
            Standing::Integration(_) | Standing::Inactive | Standing::Unknown => false,
        };
        is_admin && !self.is_narrowed()
    }

    /// Tells whether the principal is the owner, by a token that is not narrowed, or the hub itself.
    pub const fn is_owner(&self) -> bool {
        matches!(self.standing, Standing::System(_) | Standing::Owner(_)) && !self.is_narrowed()
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
            Standing::Owner(user) | Standing::Member { user, .. } => Some(user),
            _ => None,
        }
    }

    /// Returns why [`Rights::check`] answers as it does. O(number of groups); allocates.
    pub fn explain(&self, entity_id: &str, permission: Permission) -> Explanation {
        let reason = match self.standing {
            Standing::System(role) => Reason::System(role),
            Standing::Owner(_) => Reason::Owner,
            Standing::Member { table, .. } => table.explain(self.directory, entity_id, permission),
            Standing::Integration(_) => Reason::Integration,
            Standing::Inactive => Reason::Inactive,
            Standing::Unknown => Reason::UnknownUser,
        };
        let explanation = Explanation { entity_id: entity_id.to_owned(), permission, reason };
        match self.narrowed {
            // Whatever the user may: without the token's own policy nothing comes of it.
            Some(table) if !table.check(self.directory, entity_id, permission) => {
                Explanation { reason: Reason::Narrowed, ..explanation }
            }
            _ => explanation,
        }
    }
}
