//! From JSON to a [`Policy`], or to the list of everything that is wrong.
//!
//! The rules are those of Home Assistant's permission page: a name that is not listed is an error whatever its value;
//! `null` may stand wherever `true` may (except for the root) and grants nothing; `false` and numbers may stand
//! nowhere. Home Assistant's own schema also takes 1 for `true` and refuses `null`.

use alloc::{
    collections::BTreeSet,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};

use serde_json::Value;

use crate::{
    Entities, Join, Names, Permission, Permissions, Policy, PolicyErrors, Problem, Rule, Rules, Subcategory, json::Node,
};

/// Which policies are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// With `label_ids`, `floor_ids`, `except` and `any_of`.
    #[default]
    Doorward,
    /// What Home Assistant's own schema has names for.
    HomeAssistant,
}

impl Policy {
    /// The longest text that is read, in bytes: room for a hundred thousand rules. Reading takes up to 16 times as much
    /// memory.
    pub const MAX_TEXT: usize = 4 << 20;

    /// The most parts with exceptions of their own that are read.
    pub const MAX_PARTS: usize = 256;

    /// Parses a policy from JSON text. O(length · log length).
    ///
    /// # Errors
    /// Every mistake in the document, in its order (see [`PolicyErrors::MAX`]); a text that is not JSON gives one
    /// [`Problem::Syntax`], one that is too long one [`Problem::TooLong`]. Objects and arrays nested deeper than 127
    /// are refused as no JSON.
    pub fn parse(text: &str) -> Result<Self, PolicyErrors> {
        Self::parse_as(Dialect::Doorward, text)
    }

    /// Parses a policy of one dialect. See [`Policy::parse`].
    ///
    /// # Errors
    /// As [`Policy::parse`].
    pub fn parse_as(dialect: Dialect, text: &str) -> Result<Self, PolicyErrors> {
        if text.len() > Self::MAX_TEXT {
            return Err(PolicyErrors::root(Problem::TooLong { length: text.len() }));
        }
        let root: Node = serde_json::from_str(text).map_err(|error| {
            let place = alloc::format!(" at line {} column {}", error.line(), error.column());
            let reason = error.to_string().replace(&place, "");
            PolicyErrors::root(Problem::Syntax { line: error.line(), column: error.column(), reason })
        })?;
        validate(dialect, &root)
    }

    /// Reads a policy from a JSON value. O(size · log size). Duplicate keys cannot be seen any more: prefer
    /// [`Policy::parse`].
    ///
    /// # Errors
    /// Every mistake in the value, in its order.
    pub fn from_value(value: &Value) -> Result<Self, PolicyErrors> {
        Self::from_value_as(Dialect::Doorward, value)
    }

    /// Reads a policy of one dialect from a JSON value. See [`Policy::from_value`].
    ///
    /// # Errors
    /// As [`Policy::from_value`].
    pub fn from_value_as(dialect: Dialect, value: &Value) -> Result<Self, PolicyErrors> {
        validate(dialect, &Node::from(value))
    }
}

fn validate(dialect: Dialect, root: &Node) -> Result<Policy, PolicyErrors> {
    let mut reader = Reader { dialect, path: Vec::new(), errors: PolicyErrors::none() };
    let policy = reader.policy(root);
    if reader.errors.len() == 0 { Ok(policy) } else { Err(reader.errors) }
}

/// Walks the document once, top down, and keeps what it finds wrong.
struct Reader {
    dialect: Dialect,
    path: Vec<String>,
    errors: PolicyErrors,
}

impl Reader {
    fn policy(&mut self, root: &Node) -> Policy {
        let mut policy = Policy::default();
        let Node::Object(members) = root else {
            self.wrong_value(root, "an object");
            return policy;
        };
        self.members(members, &["entities"], |reader, _, node| {
            let allowed = match reader.dialect {
                Dialect::Doorward => ENTITIES,
                Dialect::HomeAssistant => HOME_ASSISTANT,
            };
            policy.entities = reader.rule(node, OBJECT, |reader, members| reader.entities(members, allowed));
        });
        policy
    }

    fn entities(&mut self, members: &[(String, Node)], allowed: &'static [&'static str]) -> Entities {
        let (mut grants, mut except) = (Rules::default(), Rules::default());
        let mut alternatives = Vec::new();
        self.members(members, allowed, |reader, name, node| match (name, node) {
            ("except" | "any_of", Node::Null) => {}
            ("except", Node::Object(members)) => {
                reader
                    .members(members, SUBCATEGORIES, |reader, name, node| reader.subcategory(&mut except, name, node));
            }
            ("except", _) => reader.wrong_value(node, "`null` or an object"),
            ("any_of", Node::Array(items)) => alternatives = reader.alternatives(items),
            ("any_of", _) => reader.wrong_value(node, "`null` or an array of objects"),
            _ => reader.subcategory(&mut grants, name, node),
        });
        let mut entities = Entities::new(grants, except);
        for alternative in &alternatives {
            entities.join(alternative);
        }
        let n_parts = entities.excepted.len();
        if n_parts > Policy::MAX_PARTS {
            self.report(Problem::TooManyParts { n_parts });
        }
        entities
    }

    fn alternatives(&mut self, items: &[Node]) -> Vec<Entities> {
        let mut alternatives = Vec::new();
        for (n, item) in items.iter().enumerate() {
            self.path.push(n.to_string());
            match item {
                Node::Object(members) => alternatives.push(self.entities(members, ALTERNATIVE)),
                _ => self.wrong_value(item, "an object"),
            }
            self.path.pop();
        }
        alternatives
    }

    fn subcategory(&mut self, rules: &mut Rules, name: &str, node: &Node) {
        let named = Subcategory::NAMED.into_iter().find(|subcategory| subcategory.as_str() == name);
        match named.and_then(|subcategory| rules.names_mut(subcategory)) {
            Some(names) => *names = self.rule(node, OBJECT, Self::names),
            None => rules.all = self.permissions_rule(node),
        }
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
            _ => {
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
        // A tree and no hash table: whoever writes the names cannot make it slow.
        let mut seen = BTreeSet::new();
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
        self.report(Problem::WrongValue { found: node.description().into_owned(), expected });
    }

    fn report(&mut self, problem: Problem) {
        self.errors.push(&self.path, problem);
    }
}

const OBJECT: &str = "`true`, `null` or an object";

const SUBCATEGORIES: &[&str] = &["entity_ids", "device_ids", "area_ids", "label_ids", "floor_ids", "domains", "all"];
const HOME_ASSISTANT: &[&str] = &["entity_ids", "device_ids", "area_ids", "domains", "all"];
const ALTERNATIVE: &[&str] =
    &["entity_ids", "device_ids", "area_ids", "label_ids", "floor_ids", "domains", "all", "except"];
const ENTITIES: &[&str] =
    &["entity_ids", "device_ids", "area_ids", "label_ids", "floor_ids", "domains", "all", "except", "any_of"];

const KEYS: &[&str] = &[Permission::Read.as_str(), Permission::Control.as_str(), Permission::Edit.as_str()];

#[cfg(test)]
mod tests;
