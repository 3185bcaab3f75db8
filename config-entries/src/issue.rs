//! Repair issues: what needs somebody's attention.

use std::collections::BTreeSet;

use auth_core::Timestamp;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

/// Something that needs attention.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    /// Who raised it.
    pub domain: String,
    /// Tells it from the domain's other issues.
    pub issue_id: String,
    /// The integration concerned, if another raised it.
    pub issue_domain: Option<String>,
    /// `critical`, `error` or `warning`.
    pub severity: &'static str,
    /// Names its text.
    pub translation_key: String,
    /// What to put in for its text's placeholders.
    pub placeholders: Map<String, Value>,
    /// When it was raised.
    pub created: Timestamp,
}

/// The issues of a home, in the order in which they were raised, and those that somebody wants to see no more.
#[derive(Clone, Debug, Default)]
pub struct IssueBook {
    issues: IndexMap<(String, String), Issue>,
    ignored: BTreeSet<(String, String)>,
}

impl IssueBook {
    /// Puts back what was ignored before, by domain and id.
    pub fn restore_ignored(&mut self, ignored: impl IntoIterator<Item = (String, String)>) {
        self.ignored.extend(ignored);
    }

    /// Raises an issue; tells whether it is new.
    pub fn raise(&mut self, issue: Issue) -> bool {
        self.issues.insert((issue.domain.clone(), issue.issue_id.clone()), issue).is_none()
    }

    /// Takes an issue back; tells whether there was one. Raised again it is a new one, and not ignored.
    pub fn clear(&mut self, domain: &str, issue_id: &str) -> bool {
        let key = (domain.to_owned(), issue_id.to_owned());
        let is_there = self.issues.shift_remove(&key).is_some();
        if is_there {
            self.ignored.remove(&key);
        }
        is_there
    }

    /// Tells whether somebody wants to see an issue no more.
    pub fn is_ignored(&self, domain: &str, issue_id: &str) -> bool {
        self.ignored.contains(&(domain.to_owned(), issue_id.to_owned()))
    }

    /// Tells whether there is such an issue.
    pub fn contains(&self, domain: &str, issue_id: &str) -> bool {
        self.issues.contains_key(&(domain.to_owned(), issue_id.to_owned()))
    }

    /// Ignores an issue, or no more; tells whether there is one.
    pub fn ignore(&mut self, domain: &str, issue_id: &str, ignore: bool) -> bool {
        let key = (domain.to_owned(), issue_id.to_owned());
        if !self.issues.contains_key(&key) {
            return false;
        }
        if ignore {
            self.ignored.insert(key);
        } else {
            self.ignored.remove(&key);
        }
        true
    }

    /// Returns the items of `repairs/list_issues`. `version` is what is said to have been dismissed.
    pub fn to_wire(&self, version: &str) -> Vec<Value> {
        let item = |(key, issue): (&(String, String), &Issue)| {
            let ignored = self.ignored.contains(key);
            let placeholders = (!issue.placeholders.is_empty()).then_some(&issue.placeholders);
            json!({
                "breaks_in_ha_version": null,
                "created": issue.created.to_string(),
                "dismissed_version": ignored.then_some(version),
                "ignored": ignored,
                "domain": issue.domain,
                "is_fixable": false,
                "issue_domain": issue.issue_domain,
                "issue_id": issue.issue_id,
                "learn_more_url": null,
                "severity": issue.severity,
                "translation_key": issue.translation_key,
                "translation_placeholders": placeholders,
            })
        };
        self.issues.iter().map(item).collect()
    }
}

/// Returns the id of the issue that says that an entry must sign in again.
pub fn reauth_issue_id(domain: &str, entry_id: &str) -> String {
    format!("config_entry_reauth_{domain}_{entry_id}")
}
