//! The merge of policies: one join, written once, for every level of a policy.

use alloc::collections::BTreeMap;

use crate::{Entities, Permissions, Policy, Rule, Rules};

/// A least upper bound: `a.join(b)` grants what `a` grants and what `b` grants, and nothing else.
///
/// Commutative, associative, idempotent; the default value (where there is one) changes nothing.
pub trait Join {
    /// Adds what `other` grants. O(size of `other`), times a look-up for each name.
    fn join(&mut self, other: &Self);
}

/// Returns the merge of `policies`, whose order has no influence: the most permissive wins, level by level.
///
/// No policy at all gives the empty one, which grants nothing. The rule is Home Assistant's `merge_policies`; what a
/// policy's own exceptions take out, another one may grant.
pub fn merge<'a>(policies: impl IntoIterator<Item = &'a Policy>) -> Policy {
    let mut merged = Policy::default();
    for policy in policies {
        merged.join(policy);
    }
    merged
}

impl Join for Permissions {
    fn join(&mut self, other: &Self) {
        *self = self.union(*other);
    }
}

impl<T: Join + Clone> Join for Option<T> {
    fn join(&mut self, other: &Self) {
        match (self, other) {
            (_, None) => {}
            (Some(ours), Some(theirs)) => ours.join(theirs),
            (ours @ None, Some(theirs)) => *ours = Some(theirs.clone()),
        }
    }
}

impl<T: Join> Join for Rule<T> {
    fn join(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Everything, _) => {}
            (_, Self::Everything) => *self = Self::Everything,
            (Self::Only(ours), Self::Only(theirs)) => ours.join(theirs),
        }
    }
}

impl<K: Ord + Clone, V: Join + Clone> Join for BTreeMap<K, V> {
    fn join(&mut self, other: &Self) {
        for (name, theirs) in other {
            match self.get_mut(name) {
                Some(ours) => ours.join(theirs),
                None => _ = self.insert(name.clone(), theirs.clone()),
            }
        }
    }
}

impl Join for Rules {
    fn join(&mut self, other: &Self) {
        // Taken apart so that a new subcategory cannot be forgotten here.
        let Self { entity_ids, device_ids, area_ids, label_ids, floor_ids, domains, all } = other;
        self.entity_ids.join(entity_ids);
        self.device_ids.join(device_ids);
        self.area_ids.join(area_ids);
        self.label_ids.join(label_ids);
        self.floor_ids.join(floor_ids);
        self.domains.join(domains);
        self.all.join(all);
    }
}

impl Join for Entities {
    /// Parts with the same exceptions become one, since taking the same out of both is taking it out of their sum;
    /// others cannot be folded, and stand beside one another.
    fn join(&mut self, other: &Self) {
        let Self { grants, excepted } = other;
        self.grants.join(grants);
        self.excepted.join(excepted);
    }
}

impl Join for Policy {
    fn join(&mut self, other: &Self) {
        let Self { entities } = other;
        self.entities.join(entities);
    }
}
