//! The slow, obvious evaluator: what the rules say, word for word. Tests compare the compiled form with it.

use policy_merge::{Permission, Permissions, Policy, Rule, Subcategory};

/// Where an entity is, by name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whereabouts<'a> {
    /// The entity's device.
    pub device_id: Option<&'a str>,
    /// The area that the entity counts as being in.
    pub area_id: Option<&'a str>,
}

/// Tells whether `policy` grants `permission` on an entity: the first rule that speaks about it decides.
pub fn check(policy: &Policy, entity_id: &str, at: Whereabouts<'_>, permission: Permission) -> bool {
    let entities = match &policy.entities {
        None => return false,
        Some(Rule::Everything) => return true,
        Some(Rule::Only(entities)) => entities,
    };
    if Subcategory::NAMED.into_iter().any(|s| entities.names(s) == Some(&Rule::Everything)) {
        return true;
    }
    for subcategory in Subcategory::NAMED {
        let name = match subcategory {
            Subcategory::EntityIds => Some(entity_id),
            Subcategory::DeviceIds => at.device_id,
            Subcategory::AreaIds => at.area_id,
            Subcategory::Domains => entity_id.split('.').next(),
            Subcategory::All => None,
        };
        let Some(Rule::Only(names)) = entities.names(subcategory) else { continue };
        if name.and_then(|name| names.get(name)).is_some_and(|rule| rule.permissions().contains(permission)) {
            return true;
        }
    }
    entities.all.as_ref().map_or(Permissions::NONE, Rule::permissions).contains(permission)
}

/// Tells whether `policy` grants `permission` on all entities, looking only at `entities` and `all`.
pub fn access_all(policy: &Policy, permission: Permission) -> bool {
    match &policy.entities {
        None => false,
        Some(Rule::Everything) => true,
        Some(Rule::Only(entities)) => entities.all.as_ref().is_some_and(|all| all.permissions().contains(permission)),
    }
}
