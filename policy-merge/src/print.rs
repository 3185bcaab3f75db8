//! The canonical JSON of a policy: names sorted, permissions in the order read, control, edit.

use std::fmt;

use serde_json::{Map, Value};

use crate::{Entities, Names, Permissions, Policy, Rule, Subcategory};

impl Policy {
    /// Returns the policy as a JSON value, in canonical order. Parsing it gives the same policy.
    pub fn to_value(&self) -> Value {
        let mut root = Map::new();
        if let Some(entities) = &self.entities {
            root.insert("entities".to_owned(), rule(entities, entities_value));
        }
        Value::Object(root)
    }
}

impl fmt::Display for Policy {
    /// Writes the canonical JSON without white space: equal policies print equal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_value())
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policy({self})")
    }
}

fn rule<T>(rule: &Rule<T>, object: impl FnOnce(&T) -> Value) -> Value {
    match rule {
        Rule::Everything => Value::Bool(true),
        Rule::Only(inner) => object(inner),
    }
}

fn entities_value(entities: &Entities) -> Value {
    let mut members = Map::new();
    for subcategory in Subcategory::NAMED {
        if let Some(names) = entities.names(subcategory) {
            members.insert(subcategory.as_str().to_owned(), rule(names, names_value));
        }
    }
    if let Some(all) = &entities.all {
        members.insert(Subcategory::All.as_str().to_owned(), permissions_value(all));
    }
    Value::Object(members)
}

fn names_value(names: &Names) -> Value {
    Value::Object(names.iter().map(|(name, granted)| (name.to_string(), permissions_value(granted))).collect())
}

fn permissions_value(granted: &Rule<Permissions>) -> Value {
    rule(granted, |set| Value::Object(set.iter().map(|p| (p.as_str().to_owned(), Value::Bool(true))).collect()))
}
