//! The slow, obvious evaluator: what the rules say, word for word. Tests compare the compiled form with it.

use policy_merge::{Permission, Permissions, Policy, Rule, Rules, Subcategory};

pub use crate::Whereabouts;

/// Tells whether `policy` grants `permission` on an entity.
pub fn check(policy: &Policy, entity_id: &str, at: Whereabouts<'_>, permission: Permission) -> bool {
    match &policy.entities {
        None => false,
        Some(Rule::Everything) => true,
        Some(Rule::Only(entities)) => entities.parts().any(|(grants, except)| {
            let granted = level(grants, entity_id, at, permission, Whole::IsAll);
            let taken = except.and_then(|except| level(except, entity_id, at, permission, Whole::IsItsOwn));
            match (granted, taken) {
                (None, _) => false,
                (Some(_), None) => true,
                // More specific over less; of two equally specific ones the exception.
                (Some(granted), Some(taken)) => granted < taken,
            }
        }),
    }
}

/// How specific a subcategory is that is `true` as a whole.
#[derive(Clone, Copy, PartialEq)]
enum Whole {
    IsAll,
    IsItsOwn,
}

/// Returns the most specific level at which some rules speak about `permission` on an entity.
fn level(
    rules: &Rules,
    entity_id: &str,
    at: Whereabouts<'_>,
    permission: Permission,
    whole: Whole,
) -> Option<Subcategory> {
    for subcategory in Subcategory::NAMED {
        let domain = entity_id.split('.').next();
        let (one, several) = match subcategory {
            Subcategory::EntityIds => (Some(entity_id), &[][..]),
            Subcategory::DeviceIds => (at.device_id, &[][..]),
            Subcategory::AreaIds => (at.area_id, &[][..]),
            Subcategory::LabelIds => (None, at.label_ids),
            Subcategory::FloorIds => (at.floor_id, &[][..]),
            Subcategory::Domains => (domain, &[][..]),
            Subcategory::All => (None, &[][..]),
        };
        let says = match rules.names(subcategory) {
            None => false,
            Some(Rule::Everything) => whole == Whole::IsItsOwn,
            Some(Rule::Only(names)) => one
                .iter()
                .chain(several)
                .any(|name| names.get(*name).is_some_and(|rule| rule.permissions().contains(permission))),
        };
        if says {
            return Some(subcategory);
        }
    }
    let any_whole = Subcategory::NAMED.into_iter().any(|s| rules.names(s) == Some(&Rule::Everything));
    let all = rules.all.as_ref().map_or(Permissions::NONE, Rule::permissions);
    let says = all.contains(permission) || whole == Whole::IsAll && any_whole;
    says.then_some(Subcategory::All)
}

/// Tells whether `policy` grants `permission` on all entities, looking only at `entities` and `all`.
pub fn access_all(policy: &Policy, permission: Permission) -> bool {
    match &policy.entities {
        None => false,
        Some(Rule::Everything) => true,
        Some(Rule::Only(entities)) => {
            entities.grants.all.as_ref().is_some_and(|all| all.permissions().contains(permission))
        }
    }
}
