//! The rules and facts of a home, as flat lists that every engine can be fed with.

use anyhow::{Result, bail, ensure};
use engine_bench::world::{World, area_of, device_of};
use policy_merge::Permission;
use serde_json::{Map, Value};

/// The user who asks.
pub(crate) const USER: &str = "user";

/// The groups of that user, in the order of the world's policies.
pub(crate) const GROUPS: [&str; 3] = ["cooks", "gardeners", "helpers"];

/// What a rule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Entity,
    Device,
    Area,
    Domain,
}

/// One name in one policy, with what the policy grants on it.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) group: &'static str,
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) permissions: Vec<Permission>,
}

/// Where one entity is.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub(crate) name: &'a str,
    pub(crate) device: String,
    pub(crate) area: String,
    pub(crate) domain: &'a str,
}

/// Returns the rules of all three policies.
pub(crate) fn rules(world: &World) -> Result<Vec<Rule>> {
    let mut rules = Vec::new();
    for (group, policy) in GROUPS.into_iter().zip(&world.policies) {
        let value = policy.to_value();
        for (key, names) in object(value.get("entities"))? {
            let kind = kind(key)?;
            for (name, grant) in object(Some(names))? {
                rules.push(Rule { group, kind, name: name.clone(), permissions: permissions(grant)? });
            }
        }
    }
    ensure!(rules.len() == 70, "there are {} rules, not 70", rules.len());
    Ok(rules)
}

/// Returns where every entity is, in the order of their names.
pub(crate) fn places(world: &World) -> Vec<Place<'_>> {
    let mut places = Vec::with_capacity(world.names.len());
    for (n, name) in world.names.iter().enumerate() {
        let domain = name.split('.').next().unwrap_or_default();
        places.push(Place { name, device: device_of(n), area: area_of(n, world.n_areas), domain });
    }
    places
}

fn kind(key: &str) -> Result<Kind> {
    Ok(match key {
        "entity_ids" => Kind::Entity,
        "device_ids" => Kind::Device,
        "area_ids" => Kind::Area,
        "domains" => Kind::Domain,
        _ => bail!("rules about {key:?} are not translated"),
    })
}

fn permissions(grant: &Value) -> Result<Vec<Permission>> {
    if grant == &Value::Bool(true) {
        return Ok(Permission::ALL.to_vec());
    }
    let granted = object(Some(grant))?;
    let all_true = granted.values().all(|value| value == &Value::Bool(true));
    let known = Permission::ALL.into_iter().filter(|permission| granted.contains_key(permission.as_str()));
    let known: Vec<Permission> = known.collect();
    ensure!(all_true && known.len() == granted.len(), "{grant} is not a grant that is translated");
    Ok(known)
}

fn object(value: Option<&Value>) -> Result<&Map<String, Value>> {
    match value {
        Some(Value::Object(members)) => Ok(members),
        other => bail!("there is {other:?} where an object should be"),
    }
}
