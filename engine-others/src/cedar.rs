//! The same rules in Cedar: policies about groups, and entities whose parents are a device, an area and a domain.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
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
    /// A policy for each permission of a group, with a list of what its rules name.
    Lists,
    /// A policy for each permission of a group, on what has a parent that stands for both: rules are links there.
    Parents,
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
        let sources: Vec<String> = match form {
            Form::OnePerRule => rules.iter().map(|rule| types.policy_of_one(rule)).collect(),
            Form::Lists => types.policies_of_lists(&rules),
            Form::Parents => types.policies_of_parents(&rules),
        };
        let links: &[Rule] = if matches!(form, Form::Parents) { &rules } else { &[] };
        let mut policies = PolicySet::new();
        for (n, source) in sources.iter().enumerate() {
            policies.add(Policy::parse(Some(PolicyId::new(format!("rule {n}"))), source)?)?;
        }
        Ok(Self {
            authorizer: Authorizer::new(),
            policies,
            entities: types.entities(world, links)?,
            user: uid(&types.user, USER),
            actions: Permission::ALL.map(|permission| uid(&types.action, permission.as_str())),
            type_name: types.entity,
        })
    }

    /// Asks whether the user has the permission on the entity.
    pub(crate) fn check(&self, name: &str, permission: Permission) -> Result<bool> {
        let at = Permission::ALL.into_iter().position(|other| other == permission);
        let action = at.and_then(|at| self.actions.get(at)).context("there is no such action")?;
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
    grant: EntityTypeName,
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
            grant: named("Grant")?,
        })
    }

    /// Returns who is in which group, which entity is where, and what `links` grant on them.
    fn entities(&self, world: &World, links: &[Rule]) -> Result<Entities> {
        let mut parents: HashMap<EntityUid, HashSet<EntityUid>> = HashMap::new();
        let groups = GROUPS.iter().map(|group| uid(&self.group, group));
        parents.insert(uid(&self.user, USER), groups.collect());
        for place in places(world) {
            let [device, area] = [uid(&self.device, &place.device), uid(&self.area, &place.area)];
            let containers = [device, area, uid(&self.domain, place.domain)];
            parents.insert(uid(&self.entity, place.name), containers.into());
        }
        for rule in links {
            let grants = rule.permissions.iter().map(|permission| self.grant(rule.group, *permission));
            parents.entry(self.named(rule)).or_default().extend(grants);
        }
        let tops: HashSet<EntityUid> =
            parents.values().flatten().filter(|uid| !parents.contains_key(uid)).cloned().collect();
        let below = parents.into_iter().map(|(uid, parents)| Entity::new_no_attrs(uid, parents));
        Ok(Entities::from_entities(below.chain(tops.into_iter().map(Entity::with_uid)), None)?)
    }

    fn policy_of_one(&self, rule: &Rule) -> String {
        let relation = if rule.kind == Kind::Entity { "==" } else { "in" };
        let (scope, named) = (self.scope(rule.group, &rule.permissions), self.named(rule));
        format!("permit({scope}, resource {relation} {named});")
    }

    fn policies_of_lists(&self, rules: &[Rule]) -> Vec<String> {
        let policy = |((group, permission), names): ((&str, Permission), Vec<String>)| {
            let (scope, names) = (self.scope(group, &[permission]), names.join(", "));
            format!("permit({scope}, resource) when {{ resource in [{names}] }};")
        };
        self.by_grant(rules).into_iter().map(policy).collect()
    }

    fn policies_of_parents(&self, rules: &[Rule]) -> Vec<String> {
        let policy = |(group, permission)| {
            let (scope, grant) = (self.scope(group, &[permission]), self.grant(group, permission));
            format!("permit({scope}, resource in {grant});")
        };
        self.by_grant(rules).into_keys().map(policy).collect()
    }

    /// Returns what is named by the rules of each group that grant a permission.
    fn by_grant<'a>(&self, rules: &'a [Rule]) -> BTreeMap<(&'a str, Permission), Vec<String>> {
        let mut names: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for rule in rules {
            for permission in &rule.permissions {
                names.entry((rule.group, *permission)).or_default().push(self.named(rule).to_string());
            }
        }
        names
    }

    fn scope(&self, group: &str, permissions: &[Permission]) -> String {
        let actions = permissions.iter().map(|permission| uid(&self.action, permission.as_str()).to_string());
        let actions: Vec<String> = actions.collect();
        let actions = match actions.as_slice() {
            [one] => format!("== {one}"),
            several => format!("in [{}]", several.join(", ")),
        };
        format!("principal in {}, action {actions}", uid(&self.group, group))
    }

    /// Returns what stands for a permission of a group.
    fn grant(&self, group: &str, permission: Permission) -> EntityUid {
        uid(&self.grant, &format!("{group} {permission}"))
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
