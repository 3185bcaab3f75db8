//! From JSON to a [`Policy`], or to the list of everything that is wrong.
//!
//! The rules are those of Home Assistant's permission page: a name that is not listed is an error whatever its value;
//! `null` may stand wherever `true` may (except for the root) and grants nothing; `false` and numbers may stand
//! nowhere. Home Assistant's own schema also takes 1 for `true` and refuses `null`.

use std::{collections::HashSet, sync::Arc};

use serde_json::Value;

use crate::{
    Entities, Names, Permission, Permissions, Policy, PolicyError, PolicyErrors, Problem, Rule, Subcategory, json::Node,
};

impl Policy {
    /// Parses a policy from JSON text. O(length).
    ///
    /// # Errors
    /// Every mistake in the document, in its order; a text that is not JSON gives one [`Problem::Syntax`]. Objects and
    /// arrays nested deeper than 127 are refused so.
    pub fn parse(text: &str) -> Result<Self, PolicyErrors> {
        let root: Node = serde_json::from_str(text).map_err(|error| {
            let place = format!(" at line {} column {}", error.line(), error.column());
            let reason = error.to_string().replace(&place, "");
            let problem = Problem::Syntax { line: error.line(), column: error.column(), reason };
            PolicyErrors(vec![PolicyError { path: Vec::new(), problem }])
        })?;
        validate(&root)
    }

    /// Reads a policy from a JSON value. O(size). Duplicate keys cannot be seen any more: prefer [`Policy::parse`].
    ///
    /// # Errors
    /// Every mistake in the value, in its order.
    pub fn from_value(value: &Value) -> Result<Self, PolicyErrors> {
        validate(&Node::from(value))
    }
}

fn validate(root: &Node) -> Result<Policy, PolicyErrors> {
    let mut reader = Reader::default();
    let policy = reader.policy(root);
    if reader.errors.is_empty() { Ok(policy) } else { Err(PolicyErrors(reader.errors)) }
}

/// Walks the document once, top down, and keeps what it finds wrong.
#[derive(Default)]
struct Reader {
    path: Vec<String>,
    errors: Vec<PolicyError>,
}

impl Reader {
    fn policy(&mut self, root: &Node) -> Policy {
        let mut policy = Policy::default();
        let Node::Object(members) = root else {
            self.wrong_value(root, "an object");
            return policy;
        };
        self.members(members, &["entities"], |reader, _, node| {
            policy.entities = reader.rule(node, "`true`, `null` or an object", Self::entities);
        });
        policy
    }

    fn entities(&mut self, members: &[(String, Node)]) -> Entities {
        let mut entities = Entities::default();
        self.members(members, SUBCATEGORIES, |reader, name, node| {
            let named = match name {
                "entity_ids" => &mut entities.entity_ids,
                "device_ids" => &mut entities.device_ids,
                "area_ids" => &mut entities.area_ids,
                "domains" => &mut entities.domains,
                _ => {
                    entities.all = reader.permissions_rule(node);
                    return;
                }
            };
            *named = reader.rule(node, "`true`, `null` or an object", Self::names);
        });
        entities
    }

    fn names(&mut self, members: &[(String, Node)]) -> Names {
        let mut names = Names::new();
        self.members(members, &[], |reader, name, node| {
            if let Some(rule) = reader.permissions_rule(node) {
                names.insert(Arc::from(name), rule);
            }
        });
        names
    }

    fn permissions_rule(&mut self, node: &Node) -> Option<Rule<Permissions>> {
        self.rule(node, "`true`, `null` or an object of read, control and edit", |reader, members| {
            let mut permissions = Permissions::NONE;
            reader.members(members, KEYS, |reader, name, node| match (node, name.parse::<Permission>()) {
                (Node::True, Ok(permission)) => permissions = permissions.with(permission),
                (Node::Null, _) => {}
                _ => reader.wrong_value(node, "`true` or `null`"),
            });
            permissions
        })
    }

    /// Reads what may stand at every place below the root: `true`, `null` or an object.
    fn rule<T>(
        &mut self,
        node: &Node,
        expected: &'static str,
        object: impl FnOnce(&mut Self, &[(String, Node)]) -> T,
    ) -> Option<Rule<T>> {
        match node {
            Node::Null => None,
            Node::True => Some(Rule::Everything),
            Node::Object(members) => Some(Rule::Only(object(self, members))),
            Node::Other(_) => {
                self.wrong_value(node, expected);
                None
            }
        }
    }

    /// Visits each member once, under its path; reports names that are repeated or (unless `allowed` is empty) unknown.
    fn members(
        &mut self,
        members: &[(String, Node)],
        allowed: &'static [&'static str],
        mut visit: impl FnMut(&mut Self, &str, &Node),
    ) {
        let mut seen = HashSet::with_capacity(members.len());
        for (name, node) in members {
            self.path.push(name.clone());
            if !allowed.is_empty() && !allowed.contains(&name.as_str()) {
                self.report(Problem::UnknownName { allowed });
            } else if !seen.insert(name.as_str()) {
                self.report(Problem::DuplicateName);
            } else {
                visit(self, name, node);
            }
            self.path.pop();
        }
    }

    fn wrong_value(&mut self, node: &Node, expected: &'static str) {
        let found = match node {
            Node::Null => "null",
            Node::True => "true",
            Node::Object(_) => "an object",
            Node::Other(found) => found,
        };
        self.report(Problem::WrongValue { found: found.to_owned(), expected });
    }

    fn report(&mut self, problem: Problem) {
        self.errors.push(PolicyError { path: self.path.clone(), problem });
    }
}

const SUBCATEGORIES: &[&str] = &[
    Subcategory::EntityIds.as_str(),
    Subcategory::DeviceIds.as_str(),
    Subcategory::AreaIds.as_str(),
    Subcategory::Domains.as_str(),
    Subcategory::All.as_str(),
];

const KEYS: &[&str] = &[Permission::Read.as_str(), Permission::Control.as_str(), Permission::Edit.as_str()];

#[cfg(test)]
mod tests;
