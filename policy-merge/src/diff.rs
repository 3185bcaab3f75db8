//! What changed between two policies, place by place.

use alloc::{
    collections::BTreeSet,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use serde_json::Value;

use crate::Policy;

/// One place at which two policies differ. Compares what is written, not what it comes to in a particular home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The object keys that lead there from the root.
    pub path: Vec<String>,
    /// What stands there in the first policy; `None` for nothing.
    pub before: Option<Value>,
    /// What stands there in the second policy; `None` for nothing.
    pub after: Option<Value>,
}

/// Returns where `after` differs from `before`, in canonical order; empty if they are equal. O(size of both).
///
/// A place is reported as deep as possible: where both sides have an object, its members are compared.
pub fn diff(before: &Policy, after: &Policy) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(&mut Vec::new(), Some(&before.to_value()), Some(&after.to_value()), &mut changes);
    changes
}

fn compare(path: &mut Vec<String>, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
            for name in names {
                path.push(name.clone());
                compare(path, old.get(name), new.get(name), changes);
                path.pop();
            }
        }
        (old, new) if old == new => {}
        (old, new) => changes.push(Change { path: path.clone(), before: old.cloned(), after: new.cloned() }),
    }
}

impl fmt::Display for Change {
    /// Writes `+ path: value`, `- path: value` or `~ path: old -> new`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.join(".");
        match (&self.before, &self.after) {
            (None, Some(new)) => write!(f, "+ {path}: {new}"),
            (Some(old), None) => write!(f, "- {path}: {old}"),
            (old, new) => {
                let text = |v: &Option<Value>| v.as_ref().map_or_else(String::new, ToString::to_string);
                write!(f, "~ {path}: {} -> {}", text(old), text(new))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str, expected: &[&str]) {
        let (before, after) = (Policy::parse(before).unwrap(), Policy::parse(after).unwrap());
        let changes: Vec<_> = diff(&before, &after).iter().map(ToString::to_string).collect();
        assert_eq!(changes, expected);
    }

    #[test]
    fn names_the_deepest_place_that_differs() {
        check("{}", "{}", &[]);
        check("{}", r#"{"entities":true}"#, &["+ entities: true"]);
        check(
            r#"{"entities":{"domains":{"light":true,"lock":{"read":true}}}}"#,
            r#"{"entities":{"domains":{"light":{"read":true},"fan":true}}}"#,
            &[
                "+ entities.domains.fan: true",
                r#"~ entities.domains.light: true -> {"read":true}"#,
                r#"- entities.domains.lock: {"read":true}"#,
            ],
        );
    }
}
