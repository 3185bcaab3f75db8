//! The proof that a request may run. This file is the only one that makes one.

use crate::{Action, AuthSnapshot, EntityId, Need, Permission, PolicyEpoch, Principal, Rights, Unauthorized};

/// Proof that `principal` may perform exactly `request`, as decided at `epoch`.
///
/// Wraps the request, so what was checked is what runs: no way to change it, copy the proof or make one otherwise.
#[derive(Debug)]
#[must_use = "an authorized request that is dropped does nothing"]
pub struct Authorized<R> {
    principal: Principal,
    request: R,
    epoch: PolicyEpoch,
}

impl<R> Authorized<R> {
    /// Returns who acts.
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Returns the request.
    pub const fn request(&self) -> &R {
        &self.request
    }

    /// Returns the epoch in which it was decided.
    pub const fn epoch(&self) -> PolicyEpoch {
        self.epoch
    }

    /// Takes the proof apart, to do the work.
    pub fn into_parts(self) -> (Principal, R) {
        (self.principal, self.request)
    }
}

impl AuthSnapshot {
    /// Decides `request` for `principal`. One look-up for the user and one for each entity that the request names.
    ///
    /// # Errors
    /// [`Unauthorized`] with what was missing; the request is dropped.
    pub fn authorize<R: Action>(&self, principal: Principal, request: R) -> Result<Authorized<R>, Unauthorized> {
        match decide(&self.rights(&principal), request.need()) {
            Ok(()) => Ok(Authorized { principal, request, epoch: self.epoch() }),
            Err(missing) => Err(Unauthorized { user_id: principal.user_id().cloned(), ..missing }),
        }
    }

    /// Decides an authorized request again, if anything that the decision depends on may have changed since.
    ///
    /// For what waited: a right that was taken away meanwhile must not be used any more.
    ///
    /// # Errors
    /// [`Unauthorized`], as [`AuthSnapshot::authorize`].
    pub fn renew<R: Action>(&self, authorized: Authorized<R>) -> Result<Authorized<R>, Unauthorized> {
        if authorized.epoch == self.epoch() {
            return Ok(authorized);
        }
        let (principal, request) = authorized.into_parts();
        self.authorize(principal, request)
    }
}

fn decide(rights: &Rights<'_>, need: Need<'_>) -> Result<(), Unauthorized> {
    let granted = match need {
        Need::Authenticated => rights.is_active(),
        Need::OwnAccount => rights.user().is_some() && !rights.is_narrowed(),
        Need::Admin => rights.is_admin(),
        Need::Owner => rights.is_owner(),
        Need::Integration(domain) => rights.manages_entries_of(domain),
        Need::Entity(entity_id, permission) => return check(rights, entity_id, permission),
        Need::Entities(entity_ids, permission) => {
            // Nobody who is no longer there may do even nothing.
            if !rights.is_active() {
                return Err(Unauthorized::default());
            }
            return entity_ids.iter().try_for_each(|entity_id| check(rights, entity_id, permission));
        }
    };
    if granted { Ok(()) } else { Err(Unauthorized::default()) }
}

fn check(rights: &Rights<'_>, entity_id: &EntityId, permission: Permission) -> Result<(), Unauthorized> {
    if rights.check(entity_id.as_str(), permission) {
        return Ok(());
    }
    Err(Unauthorized {
        entity_id: Some(entity_id.clone()),
        perm_category: Some(crate::PERM_CATEGORY_ENTITIES),
        permission: Some(permission),
        ..Unauthorized::default()
    })
}
