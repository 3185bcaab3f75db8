//! The same rules in Cedar: policies about groups, and entities whose parents are a device, an area and a domain.

use std::{
    collections::{BTreeMap, HashSet},
    str::FromStr,
};

use anyhow::{Context as _, Result, ensure};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, Policy, PolicyId, PolicySet,
    Request,
};
use engine_bench::world::World;
use policy_merge::Permission;

use crate::home::{GROUPS, Kind, Rule, USER, places, rules};

/// How rules become policies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// A policy for each rule.
    OnePerRule,
    /// A policy for all rules of a group that grant the same, with a list of what they name.
    Lists,
}

/// Cedar with everything that it needs for a check.
#[derive(Debug)]
pub(crate) struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    user: EntityUid,
    actions: [EntityUid; 3],
    type_name: EntityTypeName,
}

impl Cedar {
    /// Returns Cedar that knows the world.
    pub(crate) fn new(world: &World, form: Form) -> Result<Self> {
        let rules = rules(world)?;
        let types = Types::new()?;
        let sources = match form {
            Form::OnePerRule => rules.iter().map(|rule| types.policy_of_one(rule)).collect::<Result<Vec<_>>>()?,
            Form::Lists => types.policies_of_lists(&rules)?,
        };
        let mut policies = PolicySet::new();
        for (n, source) in sources.iter().enumerate() {
            policies.add(Policy::parse(Some(PolicyId::new(format!("rule {n}"))), source)?)?;
        }
        Ok(Self {
            authorizer: Authorizer::new(),
            policies,
            entities: types.entities(world)?,
            user: uid(&types.user, USER),
            actions: Permission::ALL.map(|permission| uid(&types.action, permission.as_str())),
            type_name: types.entity,
        })
    }

    /// Asks whether the user has the permission on the entity.
    pub(crate) fn check(&self, name: &str, permission: Permission) -> Result<bool> {
        let action = self.actions.get(permission as usize).context("there is no such action")?;
        let resource = uid(&self.type_name, name);
        let request = Request::new(self.user.clone(), action.clone(), resource, Context::empty(), None)?;
        let response = self.authorizer.is_authorized(&request, &self.policies, &self.entities);
        ensure!(response.diagnostics().errors().next().is_none(), "a policy failed for {name}");
        Ok(response.decision() == Decision::Allow)
    }
}

/// The types of Cedar's entities.
#[derive(Debug)]
struct Types {
    user: EntityTypeName,
    group: EntityTypeName,
    action: EntityTypeName,
    entity: EntityTypeName,
    device: EntityTypeName,
    area: EntityTypeName,
    domain: EntityTypeName,
}

impl Types {
    fn new() -> Result<Self> {
        let named = EntityTypeName::from_str;
        Ok(Self {
            user: named("User")?,
            group: named("Group")?,
            action: named("Action")?,
            entity: named("Entity")?,
            device: named("Device")?,
            area: named("Area")?,
            domain: named("Domain")?,
        })
    }

    /// Returns who is in which group and which entity is where.
    fn entities(&self, world: &World) -> Result<Entities> {
        let groups: HashSet<EntityUid> = GROUPS.iter().map(|group| uid(&self.group, group)).collect();
        let mut all: Vec<Entity> = groups.iter().cloned().map(Entity::with_uid).collect();
        all.push(Entity::new_no_attrs(uid(&self.user, USER), groups));
        let mut containers = HashSet::new();
        for place in places(world) {
            let parents =
                [uid(&self.device, &place.device), uid(&self.area, &place.area), uid(&self.domain, place.domain)];
            let parents = HashSet::from(parents);
            containers.extend(parents.iter().cloned());
            all.push(Entity::new_no_attrs(uid(&self.entity, place.name), parents));
        }
        all.extend(containers.into_iter().map(Entity::with_uid));
        Ok(Entities::from_entities(all, None)?)
    }

    fn policy_of_one(&self, rule: &Rule) -> Result<String> {
        let relation = if rule.kind == Kind::Entity { "==" } else { "in" };
        let (scope, named) = (self.scope(rule.group, &rule.permissions), self.named(rule));
        Ok(format!("permit({scope}, resource {relation} {named});"))
    }

    fn policies_of_lists(&self, rules: &[Rule]) -> Result<Vec<String>> {
        let mut lists: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for rule in rules {
            for permission in &rule.permissions {
                lists.entry((rule.group, *permission)).or_default().push(self.named(rule).to_string());
            }
        }
        let policy = |((group, permission), names): ((&str, Permission), Vec<String>)| {
            let (group, action) = (uid(&self.group, group), uid(&self.action, permission.as_str()));
            let names = names.join(", ");
            format!("permit(principal in {group}, action == {action}, resource) when {{ resource in [{names}] }};")
        };
        Ok(lists.into_iter().map(policy).collect())
    }

    fn scope(&self, group: &str, permissions: &[Permission]) -> String {
        let actions = permissions.iter().map(|permission| uid(&self.action, permission.as_str()).to_string());
        let actions: Vec<String> = actions.collect();
        format!("principal in {}, action in [{}]", uid(&self.group, group), actions.join(", "))
    }

    fn named(&self, rule: &Rule) -> EntityUid {
        let type_name = match rule.kind {
            Kind::Entity => &self.entity,
            Kind::Device => &self.device,
            Kind::Area => &self.area,
            Kind::Domain => &self.domain,
        };
        uid(type_name, &rule.name)
    }
}

fn uid(type_name: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(type_name.clone(), EntityId::new(id))
}
