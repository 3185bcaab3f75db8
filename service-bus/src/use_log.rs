//! What somebody did, so that a policy can be made of it.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use auth_core::{EntityId, Need, Permission, Principal, Use, UserId};

/// Notes the permissions on entities that one user's requests were granted: states that were asked for by id, services
/// that were called. What a list or a subscription shows is not noted, since that is everything there is to see.
#[derive(Debug)]
pub struct UseLog {
    user_id: UserId,
    uses: Mutex<BTreeSet<Use>>,
}

impl UseLog {
    /// How many uses are noted; more are left out.
    pub const MAX: usize = 100_000;

    pub(crate) const fn new(user_id: UserId) -> Self {
        Self { user_id, uses: Mutex::new(BTreeSet::new()) }
    }

    /// Returns what was noted so far, sorted.
    pub fn uses(&self) -> Vec<Use> {
        self.uses.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Notes what a request needed that was granted.
    pub(crate) fn note(&self, principal: &Principal, need: Need<'_>) {
        if principal.user_id() != Some(&self.user_id) {
            return;
        }
        let (entities, permission): (&[EntityId], Permission) = match need {
            Need::Entity(entity, permission) => (std::slice::from_ref(entity), permission),
            Need::Entities(entities, permission) => (entities, permission),
            Need::Authenticated | Need::OwnAccount | Need::Admin | Need::Owner | Need::Integration(_) => return,
        };
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        for entity in entities {
            if uses.len() < Self::MAX {
                uses.insert(Use { entity_id: entity.as_str().to_owned(), permission });
            }
        }
    }
}
