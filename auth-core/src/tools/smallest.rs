//! The smallest policy that allows what was done.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    string::String,
    vec::Vec,
};

use policy_merge::{Join, Names, Permission, Permissions, Policy, Rule, Rules, Subcategory};

use crate::{AuthSnapshot, EntityNo};

/// Something that was done: a permission that was needed on an entity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The entity's id, registered or not.
    pub entity_id: String,
    /// What was needed.
    pub permission: Permission,
}

impl AuthSnapshot {
    /// Returns a policy that grants what was used and, on the entities of this home, nothing else, in few rules: by floor,
    /// area, label, domain or device where everything there was used, else by entity. O(uses · log uses + entities).
    ///
    /// Rules by place also speak of what comes there later; `by_place` says whether that is wanted. Not always the fewest
    /// rules there could be: the largest is taken first, if more than one entity is left for it.
    pub fn smallest_policy(&self, uses: &[Use], by_place: bool) -> Policy {
        let mut rules = Rules::default();
        for permission in Permission::ALL {
            let used: BTreeSet<&str> =
                uses.iter().filter(|u| u.permission == permission).map(|u| u.entity_id.as_str()).collect();
            rules.join(&self.cover(&used, permission, by_place));
        }
        rules.into()
    }

    fn cover(&self, used: &BTreeSet<&str>, permission: Permission, by_place: bool) -> Rules {
        let granted = Rule::Only(Permissions::NONE.with(permission));
        let directory = self.directory();
        let mut left: BTreeSet<EntityNo> = used.iter().filter_map(|id| directory.entity(id)).collect();
        let strangers = used.iter().filter(|id| directory.entity(id).is_none());
        let mut names: BTreeMap<Subcategory, Names> = BTreeMap::new();
        let mut add =
            |subcategory, name: &str| _ = names.entry(subcategory).or_default().insert(name.into(), granted.clone());
        let mut candidates = if by_place { self.fully_used(&left) } else { Vec::new() };
        // The largest first; of equal ones the first in the order of evaluation.
        candidates.sort_by_key(|(_, _, members)| core::cmp::Reverse(members.len()));
        for (subcategory, name, mut members) in candidates {
            members.retain(|entity| left.contains(entity));
            if members.len() > 1 {
                add(subcategory, name);
                members.iter().for_each(|entity| _ = left.remove(entity));
            }
        }
        left.iter().filter_map(|entity| directory.entity_id(*entity)).for_each(|id| add(Subcategory::EntityIds, id));
        strangers.for_each(|id| add(Subcategory::EntityIds, id));
        let mut rules = Rules::default();
        for (subcategory, names) in names {
            if let Some(place) = rules.names_mut(subcategory) {
                *place = Some(Rule::Only(names));
            }
        }
        rules
    }

    /// The places, labels, domains and devices of which every entity was used.
    fn fully_used(&self, used: &BTreeSet<EntityNo>) -> Vec<(Subcategory, &str, Vec<EntityNo>)> {
        let directory = self.directory();
        let mut members: BTreeMap<(Subcategory, u32), Vec<EntityNo>> = BTreeMap::new();
        for (entity, _) in directory.entities() {
            for subcategory in
                Subcategory::NAMED.into_iter().filter(|subcategory| *subcategory != Subcategory::EntityIds)
            {
                for no in directory.numbers_of(entity, subcategory).filter(|no| *no != 0) {
                    members.entry((subcategory, no)).or_default().push(entity);
                }
            }
        }
        let used = members.into_iter().filter(|(_, members)| members.iter().all(|entity| used.contains(entity)));
        used.filter_map(|((subcategory, no), members)| Some((subcategory, directory.name(subcategory, no)?, members)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Whereabouts, tools::granted};

    #[track_caller]
    fn check(uses: &[(&str, Permission)], by_place: bool, expected: &str) {
        let mut edit = AuthSnapshot::default().edit();
        let at = |device, area| Whereabouts { device_id: Some(device), area_id: Some(area), ..Whereabouts::default() };
        for (entity, device, area) in [
            ("light.sink", "d1", "kitchen"),
            ("sensor.sink", "d1", "kitchen"),
            ("light.oven", "d2", "kitchen"),
            ("light.bed", "d3", "bedroom"),
            ("sensor.bed", "d3", "bedroom"),
        ] {
            edit.place_entity(entity, at(device, area));
        }
        let home = edit.finish();
        let uses: Vec<Use> =
            uses.iter().map(|(id, permission)| Use { entity_id: (*id).into(), permission: *permission }).collect();
        let policy = home.smallest_policy(&uses, by_place);
        assert_eq!(policy, Policy::parse(expected).unwrap(), "{policy}");
        // Exactly what was used.
        for (permission, set) in Permission::ALL.into_iter().zip(granted(&home, &policy)) {
            let granted: BTreeSet<&str> = set.iter().filter_map(|no| home.directory().entity_id(no)).collect();
            let registered = |use_: &&Use| home.directory().entity(&use_.entity_id).is_some();
            let used = uses.iter().filter(registered).filter(|use_| use_.permission == permission);
            assert_eq!(granted, used.map(|use_| use_.entity_id.as_str()).collect());
        }
    }

    #[test]
    fn covers_what_was_used_and_nothing_else() {
        use Permission::{Control, Read};
        check(&[], true, r#"{"entities":{}}"#);
        check(
            &[("light.sink", Read), ("light.sink", Control)],
            true,
            r#"{"entities":{"entity_ids":{"light.sink":{"read":true,"control":true}}}}"#,
        );
        let kitchen = [("light.sink", Read), ("sensor.sink", Read), ("light.oven", Read)];
        check(&kitchen, true, r#"{"entities":{"area_ids":{"kitchen":{"read":true}}}}"#);
        check(
            &kitchen,
            false,
            r#"{"entities":{"entity_ids":{"light.sink":{"read":true},"sensor.sink":{"read":true},"light.oven":{"read":true}}}}"#,
        );
        // Two of the kitchen are a device of their own; what is not registered is named.
        check(
            &[("light.sink", Read), ("sensor.sink", Read), ("light.gone", Read)],
            true,
            r#"{"entities":{"entity_ids":{"light.gone":{"read":true}},"device_ids":{"d1":{"read":true}}}}"#,
        );
        check(
            &[("light.sink", Control), ("light.oven", Control), ("light.bed", Control), ("sensor.bed", Read)],
            true,
            r#"{"entities":{"entity_ids":{"sensor.bed":{"read":true}},"domains":{"light":{"control":true}}}}"#,
        );
        // The only one of its device is named itself.
        check(&[("light.oven", Read)], true, r#"{"entities":{"entity_ids":{"light.oven":{"read":true}}}}"#);
    }
}
