//! The same rules in Rego, run by Regorus: the groups' policies and the entities' places are data.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Result;
use engine_bench::world::World;
use policy_merge::Permission;
use regorus::{
    CompiledPolicy, Engine, Value,
    languages::rego::compiler::Compiler,
    rvm::vm::{ExecutionMode, RegoVM},
};
use serde_json::{Map, Value as Json, json};

use crate::home::{GROUPS, Kind, USER, places, rules};

const ALLOW: &str = "data.home.allow";

const POLICY: &str = r#"
package home

import rego.v1

default allow := false

place := data.entities[input.entity]

allow if {
    some group in data.users[input.user]
    data.groups[group].entity_ids[input.entity][input.permission]
}

allow if {
    some group in data.users[input.user]
    data.groups[group].device_ids[place.device][input.permission]
}

allow if {
    some group in data.users[input.user]
    data.groups[group].area_ids[place.area][input.permission]
}

allow if {
    some group in data.users[input.user]
    data.groups[group].domains[place.domain][input.permission]
}
"#;

/// Regorus walking the policy's syntax tree.
#[derive(Debug)]
pub(crate) struct Interpreter {
    engine: Engine,
    keys: Keys,
}

impl Interpreter {
    /// Returns an interpreter that knows the world.
    pub(crate) fn new(world: &World) -> Result<Self> {
        let mut engine = engine()?;
        engine.add_data(data(world)?)?;
        Ok(Self { engine, keys: Keys::new() })
    }

    /// Asks whether the user has the permission on the entity.
    pub(crate) fn check(&mut self, name: &str, permission: Permission) -> Result<bool> {
        self.engine.set_input(self.keys.input(name, permission)?);
        Ok(*self.engine.eval_rule(ALLOW.to_owned())?.as_bool()?)
    }
}

/// Regorus running the policy as a program for its virtual machine.
#[derive(Debug)]
pub(crate) struct Machine {
    vm: RegoVM,
    keys: Keys,
}

impl Machine {
    /// Returns a machine that knows the world.
    pub(crate) fn new(world: &World) -> Result<Self> {
        let compiled: CompiledPolicy = engine()?.compile_with_entrypoint(&ALLOW.into())?;
        let program = Compiler::compile_from_policy(&compiled, &[ALLOW])?;
        let mut vm = RegoVM::new_with_policy(compiled);
        vm.set_execution_mode(ExecutionMode::RunToCompletion);
        vm.load_program(Arc::clone(&program));
        vm.set_data(data(world)?)?;
        Ok(Self { vm, keys: Keys::new() })
    }

    /// Asks whether the user has the permission on the entity.
    pub(crate) fn check(&mut self, name: &str, permission: Permission) -> Result<bool> {
        self.vm.set_input(self.keys.input(name, permission)?);
        Ok(*self.vm.execute_entry_point_by_index(0)?.as_bool()?)
    }
}

/// The strings that every input has, made once.
#[derive(Debug)]
struct Keys {
    entity: Value,
    permission: Value,
    user: Value,
    who: Value,
}

impl Keys {
    fn new() -> Self {
        Self { entity: "entity".into(), permission: "permission".into(), user: "user".into(), who: USER.into() }
    }

    fn input(&self, name: &str, permission: Permission) -> Result<Value> {
        let mut input = Value::new_object();
        let members = input.as_object_mut()?;
        members.insert(self.user.clone(), self.who.clone());
        members.insert(self.entity.clone(), name.into());
        members.insert(self.permission.clone(), permission.as_str().into());
        Ok(input)
    }
}

fn engine() -> Result<Engine> {
    let mut engine = Engine::new();
    engine.add_policy("home.rego".to_owned(), POLICY.to_owned())?;
    Ok(engine)
}

/// Returns the user's groups, the groups' rules and the entities' places.
fn data(world: &World) -> Result<Value> {
    let mut groups: BTreeMap<&str, BTreeMap<&str, Map<String, Json>>> = BTreeMap::new();
    for rule in rules(world)? {
        let key = match rule.kind {
            Kind::Entity => "entity_ids",
            Kind::Device => "device_ids",
            Kind::Area => "area_ids",
            Kind::Domain => "domains",
        };
        let granted = rule.permissions.iter().map(|permission| (permission.as_str().to_owned(), json!(true)));
        let names = groups.entry(rule.group).or_default().entry(key).or_default();
        names.insert(rule.name, granted.collect::<Map<_, _>>().into());
    }
    let mut entities = Map::new();
    for place in places(world) {
        let at = json!({"device": place.device, "area": place.area, "domain": place.domain});
        entities.insert(place.name.to_owned(), at);
    }
    let data = json!({"users": {USER: GROUPS}, "groups": groups, "entities": entities});
    Ok(Value::from(data))
}
