//! The same rules in Casbin: a policy line for each rule and permission, and two ways to say where entities are.

use std::collections::HashMap;

use anyhow::{Context, Result};
use casbin::{CoreApi, DefaultModel, Enforcer, MgmtApi};
use engine_bench::world::World;
use policy_merge::Permission;
use tokio::runtime::Builder;

use crate::home::{GROUPS, Kind, Place, USER, places, rules};

/// Entities are linked to their device, area and domain as resource roles, which the engine follows.
///
/// The cheap comparison comes first, and the user's groups last: they are looked up only for what would be granted.
const ROLES: &str = "
[request_definition]
r = sub, obj, act

[policy_definition]
p = sub, obj, act

[role_definition]
g = _, _
g2 = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.act == p.act && g2(r.obj, p.obj) && g(r.sub, p.sub)
";

/// The caller looks up where an entity is, and says so in the request.
const FACTS: &str = "
[request_definition]
r = sub, entity, device, area, domain, act

[policy_definition]
p = sub, obj, act

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.act == p.act && (p.obj == r.entity || p.obj == r.device || p.obj == r.area || p.obj == r.domain) && g(r.sub, p.sub)
";

/// Casbin that knows where entities are by resource roles.
pub(crate) struct WithRoles(Enforcer);

impl WithRoles {
    /// Returns Casbin that knows the world.
    pub(crate) fn new(world: &World) -> Result<Self> {
        Ok(Self(enforcer(world, ROLES, links(world))?))
    }

    /// Asks whether the user has the permission on the entity.
    pub(crate) fn check(&self, name: &str, permission: Permission) -> Result<bool> {
        Ok(self.0.enforce((USER, name, permission.as_str()))?)
    }
}

/// Casbin that is told where the entity is, and the map that the caller takes it from.
pub(crate) struct WithFacts {
    enforcer: Enforcer,
    facts: HashMap<String, [String; 3]>,
}

impl WithFacts {
    /// Returns Casbin that knows the rules, and a map that knows the home.
    pub(crate) fn new(world: &World) -> Result<Self> {
        let enforcer = enforcer(world, FACTS, Vec::new())?;
        let facts = places(world).iter().map(|place| (place.name.to_owned(), containers(place))).collect();
        Ok(Self { enforcer, facts })
    }

    /// Asks whether the user has the permission on the entity.
    pub(crate) fn check(&self, name: &str, permission: Permission) -> Result<bool> {
        let [device, area, domain] = self.facts.get(name).context("there is no such entity")?;
        Ok(self.enforcer.enforce((USER, name, device, area, domain, permission.as_str()))?)
    }
}

fn enforcer(world: &World, model: &str, links: Vec<Vec<String>>) -> Result<Enforcer> {
    let lines = lines(world)?;
    let memberships = GROUPS.iter().map(|group| vec![USER.to_owned(), format!("group:{group}")]).collect();
    let runtime = Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let mut enforcer = Enforcer::new(DefaultModel::from_str(model).await?, ()).await?;
        enforcer.add_named_policies("p", lines).await?;
        enforcer.add_named_grouping_policies("g", memberships).await?;
        if !links.is_empty() {
            enforcer.add_named_grouping_policies("g2", links).await?;
        }
        Ok(enforcer)
    })
}

/// Returns a line for each permission of each rule.
fn lines(world: &World) -> Result<Vec<Vec<String>>> {
    let mut lines = Vec::new();
    for rule in rules(world)? {
        let name = match rule.kind {
            Kind::Entity => rule.name,
            Kind::Device => device(&rule.name),
            Kind::Area => area(&rule.name),
            Kind::Domain => domain(&rule.name),
        };
        for permission in rule.permissions {
            lines.push(vec![format!("group:{}", rule.group), name.clone(), permission.as_str().to_owned()]);
        }
    }
    Ok(lines)
}

/// Returns a link from each entity to each thing that it is in.
fn links(world: &World) -> Vec<Vec<String>> {
    let of_one = |place: &Place<'_>| containers(place).map(|container| vec![place.name.to_owned(), container]);
    places(world).iter().flat_map(of_one).collect()
}

fn containers(place: &Place<'_>) -> [String; 3] {
    [device(&place.device), area(&place.area), domain(place.domain)]
}

fn device(name: &str) -> String {
    format!("device:{name}")
}

fn area(name: &str) -> String {
    format!("area:{name}")
}

fn domain(name: &str) -> String {
    format!("domain:{name}")
}
