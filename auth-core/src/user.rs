//! People and programs that can log in.

use alloc::{borrow::ToOwned, collections::BTreeMap, string::String, vec::Vec};

use crate::{Condition, Group, GroupId, Timestamp, UserId};

/// A user: who they are and which groups they belong to.
///
/// One user is the owner, whom no policy limits. A user is administrator if owner, or active and a member of
/// [`Group::ADMIN`]: by the group's id, whatever its policy says.
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
    /// Belongs to a program: has tokens, and never a password.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub is_service: bool,
    /// Order and repetition have no influence.
    pub group_ids: Vec<GroupId>,
    /// When memberships count that do not always: by group. What is said of groups that the user is not in has no
    /// influence.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub conditions: BTreeMap<GroupId, Condition>,
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
            is_service: false,
            group_ids: Vec::new(),
            conditions: BTreeMap::new(),
        }
    }

    /// Tells whether the user is an administrator, at least at times: see [`User::is_admin_at`].
    pub fn is_admin(&self) -> bool {
        self.is_owner || self.is_active && self.group_ids.iter().any(|id| id.as_str() == Group::ADMIN)
    }

    /// Tells whether the user is an administrator at `now`.
    pub fn is_admin_at(&self, now: Option<Timestamp>) -> bool {
        self.is_owner || self.is_active && self.groups_at(now).any(|id| id.as_str() == Group::ADMIN)
    }

    /// Iterates over the groups in which the membership counts at `now`; where nobody knows what time it is, those in which
    /// it always does.
    pub fn groups_at(&self, now: Option<Timestamp>) -> impl Iterator<Item = &GroupId> {
        self.group_ids.iter().filter(move |id| match (self.conditions.get(*id), now) {
            (None, _) => true,
            (Some(condition), Some(now)) => condition.holds(now),
            (Some(condition), None) => *condition == Condition::default(),
        })
    }

    /// Returns the first moment after `now` at which [`User::groups_at`] may answer otherwise; `None` if it never does.
    pub fn changes_after(&self, now: Timestamp) -> Option<Timestamp> {
        self.group_ids.iter().filter_map(|id| self.conditions.get(id)?.changes_after(now)).min()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn an_administrator_is_the_owner_or_active_in_the_group() {
        for (is_owner, is_active, group, expected) in [
            (true, true, "x", true),
            (true, false, "x", true),
            (false, true, Group::ADMIN, true),
            (false, false, Group::ADMIN, false),
            (false, true, "x", false),
        ] {
            let user = User { is_owner, is_active, group_ids: vec!["y".into(), group.into()], ..User::new("u", "U") };
            assert_eq!((user.is_admin(), user.is_admin_at(None)), (expected, expected), "{user:?}");
        }
        // At times: whether or not it is one of them.
        let over = Condition { until: Some(Timestamp::from_secs(5)), ..Condition::default() };
        let user = User {
            group_ids: vec![Group::ADMIN.into()],
            conditions: [(Group::ADMIN.into(), over)].into(),
            ..User::new("u", "U")
        };
        let at = |secs| user.is_admin_at(Some(Timestamp::from_secs(secs)));
        assert_eq!((user.is_admin(), at(4), at(5), user.is_admin_at(None)), (true, true, false, false));
    }
}
