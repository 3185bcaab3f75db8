//! The home of a vector, and somebody with rights in it, asked along the road that the hub takes.

use std::collections::BTreeMap;

use auth_core::{
    AuthSnapshot, EntityId, Group, GroupId, Permission, Policy, Principal, Timestamp, User, UserId, Whereabouts,
    principal::danger, reference,
};
use registries::{AreaRule, DeviceEntry, EntityEntry, Registries};

use super::{
    line::RegistryLine,
    mismatch::{Mismatch, Outcome, same},
};

/// A home with Home Assistant's rule for areas, and a snapshot of it without any group or user.
#[derive(Debug)]
pub(crate) struct House {
    registries: Registries,
    /// Entities whose ids our registry has no room for, with their devices. Policies may name them all the same.
    odd: BTreeMap<String, Option<String>>,
    empty: AuthSnapshot,
}

/// One user of a house.
pub(crate) struct Subject<'h> {
    house: &'h House,
    snapshot: AuthSnapshot,
    user_id: UserId,
    principal: Principal,
    is_owner: bool,
    merged: Policy,
}

impl House {
    pub(crate) fn new(line: &RegistryLine) -> Outcome<Self> {
        let now = Timestamp::default();
        let mut registries = Registries::new(AreaRule::Device);
        for (id, device) in &line.devices {
            registries.put_device(DeviceEntry {
                id: id.clone(),
                area_id: device.area_id.clone(),
                parent_device_id: device.parent_device_id.clone(),
                ..DeviceEntry::default()
            });
        }
        let mut odd = BTreeMap::new();
        for (n, (id, entity)) in line.entities.iter().enumerate() {
            let Ok(entity_id) = id.parse::<EntityId>() else {
                odd.insert(id.clone(), entity.device_id.clone());
                continue;
            };
            let entry_id = entity.id.clone().unwrap_or_else(|| format!("{n:032x}"));
            registries.put_entity(EntityEntry {
                device_id: entity.device_id.clone(),
                area_id: entity.area_id.clone(),
                ..EntityEntry::new(entity_id, "vectors", id, &entry_id, now)
            });
        }
        let mut edit = AuthSnapshot::default().edit();
        registries.place_all(&mut edit);
        for (id, device_id) in &odd {
            let device_id = device_id.as_deref();
            let area_id = device_id.and_then(|id| registries.area_of_device(id));
            edit.place_entity(id, Whereabouts { device_id, area_id, ..Whereabouts::default() });
        }
        let empty = edit.finish();
        same(&line.entities.len(), &empty.directory().n_entities(), || "entities with a place".to_owned())?;
        Ok(Self { registries, odd, empty })
    }

    /// Returns an active user who is in all of `groups` by `group_ids`; checks do not depend on the user being active
    /// in the vectors, while here an inactive one may do nothing.
    pub(crate) fn subject(
        &self,
        is_owner: bool,
        group_ids: &[String],
        groups: &BTreeMap<String, Policy>,
    ) -> Subject<'_> {
        let mut edit = self.empty.edit();
        for (id, policy) in groups {
            edit.set_group(Group::new(id.as_str(), id, policy.clone()));
        }
        let user_id = UserId::from("subject");
        let ids = group_ids.iter().map(|id| GroupId::from(id.as_str())).collect();
        edit.set_user(User { is_owner, group_ids: ids, ..User::new(user_id.clone(), "Subject") });
        Subject {
            house: self,
            snapshot: edit.finish(),
            principal: danger::user_principal(&user_id, None),
            user_id,
            is_owner,
            merged: policy_merge::merge(group_ids.iter().filter_map(|id| groups.get(id))),
        }
    }

    /// Returns a user who has exactly `policy`.
    pub(crate) fn member(&self, policy: &Policy) -> Subject<'_> {
        let groups = BTreeMap::from([("g".to_owned(), policy.clone())]);
        self.subject(false, &["g".to_owned()], &groups)
    }

    fn whereabouts(&self, entity_id: &str) -> Whereabouts<'_> {
        if let Some(entry) = self.registries.entity(entity_id) {
            let area_id = self.registries.area_of_entry(entry);
            return Whereabouts { device_id: entry.device_id.as_deref(), area_id, ..Whereabouts::default() };
        }
        let device_id = self.odd.get(entity_id).and_then(Option::as_deref);
        let area_id = device_id.and_then(|id| self.registries.area_of_device(id));
        Whereabouts { device_id, area_id, ..Whereabouts::default() }
    }
}

impl Subject<'_> {
    /// Returns the merge of the groups' policies.
    pub(crate) const fn merged(&self) -> &Policy {
        &self.merged
    }

    /// Returns whether `permission` on an entity is granted. All the ways to ask must give the same answer: the
    /// compiled tables, by id and by number, the explanation, and the reference evaluator on the merged policy.
    pub(crate) fn check(&self, entity_id: &str, permission: Permission) -> Outcome<bool> {
        let what = |way: &'static str| move || format!("{permission} on {entity_id:?}, {way} as by the rights");
        let rights = self.snapshot.rights(&self.principal);
        let granted = rights.check(entity_id, permission);
        same(&granted, &rights.explain(entity_id, permission).is_granted(), what("as explained"))?;
        let directory = self.snapshot.directory();
        if let Some(number) = directory.entity(entity_id) {
            same(&granted, &rights.granted_by_number(number).contains(permission), what("by number"))?;
            same(&granted, &rights.visible(permission).contains(number), what("by the visible set"))?;
        }
        if !self.is_owner {
            let of_user = self.snapshot.rights_of(&self.user_id).check(entity_id, permission);
            same(&granted, &of_user, what("by the user's rights"))?;
            let at = self.house.whereabouts(entity_id);
            let reference = reference::check(&self.merged, entity_id, at, permission);
            same(&granted, &reference, what("by the reference"))?;
        }
        if rights.everywhere(permission) && !granted {
            return Err(Mismatch::new(what("everywhere")(), "granted", "denied"));
        }
        Ok(granted)
    }

    /// Returns the answer of Home Assistant's `access_all_entities`.
    pub(crate) fn access_all(&self, permission: Permission) -> Outcome<bool> {
        let everywhere = self.snapshot.rights(&self.principal).everywhere(permission);
        if self.is_owner {
            return Ok(everywhere);
        }
        let all = self.snapshot.access_all(&self.user_id, permission).ok_or_else(no_user)?;
        same(&all, &reference::access_all(&self.merged, permission), || {
            format!("access_all {permission}, by the reference as by the table")
        })?;
        if all && !everywhere {
            return Err(Mismatch::new(format!("everywhere {permission}, where access_all"), true, false));
        }
        Ok(all)
    }
}

fn no_user() -> Mismatch {
    Mismatch::new("the user", "one", "none")
}
