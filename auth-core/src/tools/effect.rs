//! What a change of policy would do in a home, before it is made.

use alloc::{sync::Arc, vec::Vec};

use policy_merge::{Permission, Policy};

use super::granted;
use crate::{AuthSnapshot, EntityNo, EntitySet, User};

/// What is gained and lost for one permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The permission.
    pub permission: Permission,
    /// Entities that were not there, by number; numbers of the later home.
    pub gained: Vec<EntityNo>,
    /// Entities that are there no more, by number; numbers of the earlier home.
    pub lost: Vec<EntityNo>,
}

/// What a change does for one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserEffect {
    /// Who it is.
    pub user: Arc<User>,
    /// For each permission for which something changes; not empty.
    pub effects: Vec<Effect>,
}

impl AuthSnapshot {
    /// Returns what the members of a group would gain and lose in this home if its policy were another and they were in
    /// no other group. Nothing in it if that comes to the same. O(entities).
    pub fn effect_of(&self, before: &Policy, after: &Policy) -> Vec<Effect> {
        effects(&granted(self, before), &granted(self, after))
    }

    /// Returns who gains and loses what between this state and `after`, which was made from it, by user id. A comparison of visible sets for each
    /// user and permission.
    pub fn effects_until(&self, after: &Self) -> Vec<UserEffect> {
        let sets = |home: &Self, user: &User| home.what_can(&user.id).entities;
        let mut users: Vec<_> = after.users().collect();
        users.extend(self.users().filter(|user| after.user(user.id.as_str()).is_none()));
        users.sort_by(|a, b| a.id.cmp(&b.id));
        let changed = users
            .into_iter()
            .map(|user| UserEffect { user: Arc::clone(user), effects: effects(&sets(self, user), &sets(after, user)) });
        changed.filter(|change| !change.effects.is_empty()).collect()
    }
}

fn effects(before: &[EntitySet; 3], after: &[EntitySet; 3]) -> Vec<Effect> {
    let compared = Permission::ALL.into_iter().zip(before.iter().zip(after)).map(|(permission, (before, after))| {
        Effect { permission, gained: after.difference(before).collect(), lost: before.difference(after).collect() }
    });
    compared.filter(|effect| !effect.gained.is_empty() || !effect.lost.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::String};

    use super::*;
    use crate::{Directory, Group, Whereabouts};

    fn home(policy: &str) -> AuthSnapshot {
        let mut edit = AuthSnapshot::default().edit();
        for entity in ["light.a", "lock.a"] {
            edit.place_entity(entity, Whereabouts::default());
        }
        edit.set_group(Group::new("g", "G", Policy::parse(policy).unwrap()));
        edit.set_group(Group::new("all", "All", Policy::everything()));
        edit.set_user(User { group_ids: ["g".into()].into(), ..User::new("ben", "Ben") });
        edit.set_user(User { group_ids: ["g".into(), "all".into()].into(), ..User::new("dan", "Dan") });
        edit.finish()
    }

    fn show(directory: &Directory, effects: &[Effect]) -> String {
        let names =
            |list: &[EntityNo]| list.iter().map(|no| directory.entity_id(*no).unwrap()).collect::<Vec<_>>().join(" ");
        let show =
            |effect: &Effect| format!("{} +{} -{}", effect.permission, names(&effect.gained), names(&effect.lost));
        effects.iter().map(show).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn says_who_gains_and_loses_what() {
        let lights = r#"{"entities":{"domains":{"light":{"read":true,"control":true}}}}"#;
        let locks = r#"{"entities":{"domains":{"lock":{"read":true}}}}"#;
        let before = home(lights);
        let expected = "read +lock.a -light.a; control + -light.a";
        let policies = [lights, locks].map(|text| Policy::parse(text).unwrap());
        assert_eq!(show(before.directory(), &before.effect_of(&policies[0], &policies[1])), expected);
        assert!(before.effect_of(&policies[0], &policies[0]).is_empty());

        let mut edit = before.edit();
        edit.set_group(Group::new("g", "G", policies[1].clone()));
        let after = edit.finish();
        let effects = before.effects_until(&after);
        let users: Vec<_> = effects.iter().map(|effect| effect.user.id.as_str()).collect();
        // Dan may do everything by another group, before and after.
        assert_eq!(users, ["ben"]);
        assert_eq!(show(after.directory(), &effects[0].effects), expected);

        let mut edit = before.edit();
        edit.remove_user(&"ben".into());
        let gone = edit.finish();
        assert_eq!(
            show(before.directory(), &before.effects_until(&gone)[0].effects),
            "read + -light.a; control + -light.a"
        );
    }
}
