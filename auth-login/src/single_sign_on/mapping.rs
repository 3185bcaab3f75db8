//! From what a provider says of somebody to the groups they are in here.

use std::collections::{BTreeMap, BTreeSet};

use auth_core::{GroupId, User};
use serde_json::{Map, Value};

/// Which groups follow from which value of a claim. Groups that it does not name are none of its business.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupMapping {
    by_value: BTreeMap<String, Vec<GroupId>>,
}

impl GroupMapping {
    /// Makes a mapping.
    pub fn new(by_value: BTreeMap<String, Vec<GroupId>>) -> Self {
        Self { by_value }
    }

    /// Returns every group that the mapping names: membership in these is decided at each login.
    pub fn groups(&self) -> BTreeSet<&GroupId> {
        self.by_value.values().flatten().collect()
    }

    /// Puts a user into exactly those of the mapping's groups that follow from `values`. The others stay, in their order.
    /// When a membership counts stays as an administrator has said, also over a time without it.
    pub fn apply(&self, user: &mut User, values: &BTreeSet<&str>) {
        let named = self.groups();
        let wanted: BTreeSet<_> = self
            .by_value
            .iter()
            .filter(|(value, _)| values.contains(value.as_str()))
            .flat_map(|(_, ids)| ids)
            .collect();
        user.group_ids.retain(|id| !named.contains(id) || wanted.contains(id));
        for id in wanted {
            if !user.group_ids.contains(id) {
                user.group_ids.push(id.clone());
            }
        }
    }
}

/// Returns a claim by its name, or by a path that begins with a stroke (`/realm_access/roles`, RFC 6901).
pub fn claim<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let Some(path) = name.strip_prefix('/') else { return claims.get(name) };
    let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let value = claims.get(&first.replace("~1", "/").replace("~0", "~"))?;
    rest.map_or(Some(value), |rest| value.pointer(&format!("/{rest}")))
}

/// Returns the texts of a claim: one text, or a list of them. What is no text is passed over.
pub fn claim_values<'a>(claims: &'a Map<String, Value>, name: &str) -> BTreeSet<&'a str> {
    match claim(claims, name) {
        Some(Value::String(text)) => BTreeSet::from([text.as_str()]),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}
