//! What is odd about a policy, though nothing in it is wrong.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::fmt;

use policy_merge::{Permission, Permissions, Policy, Rule, Subcategory, closest};

use super::{
    granted,
    sites::{Site, sites},
};
use crate::{AuthSnapshot, EntityNo, EntitySet};

/// One oddity and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The keys that lead there from the root, in the policy's canonical form.
    pub path: Vec<String>,
    /// What is odd.
    pub wrong: Wrong,
}

/// What can be odd about a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Nothing in this home has the name.
    UnknownName {
        /// What was probably meant.
        meant: Option<String>,
    },
    /// Without the rule the same would be granted in this home.
    NothingNew,
    /// As [`Wrong::NothingNew`], and other rules of the policy grant more there: it reads like a limit and is none.
    RestrictsNothing {
        /// What is granted there all the same.
        granted: Permissions,
    },
    /// The exception takes nothing out of what this policy grants in this home.
    ExceptsNothing,
    /// It grants every permission on every entity there is or will be.
    Everything,
    /// There are too many rules and entities to try what would be without each of them.
    TooMuch,
}

/// How much work it may be at most to try what would be without each rule: some seconds' worth of checks.
const MAX_QUESTIONS: usize = 200_000_000;
/// A policy is compiled anew for each of its rules; a rule of it costs so many checks.
const COMPILING: usize = 50;
/// For so many names nobody has, one that somebody has is looked for.
const MAX_MEANT: usize = 100;

impl AuthSnapshot {
    /// Returns what is odd about a policy in this home, rule by rule in canonical order. O(rules · (rules + entities)), and
    /// no more than some seconds: then [`Wrong::TooMuch`] stands for what was not tried.
    ///
    /// In a home without entities, only what is odd in any home.
    pub fn lint(&self, policy: &Policy) -> Vec<Finding> {
        let sites = sites(policy);
        let mut findings = Vec::new();
        let n_entities = self.directory().n_entities();
        if matches!(policy.entities, Some(Rule::Everything)) {
            findings.push(Finding { path: ["entities".to_owned()].into(), wrong: Wrong::Everything });
        }
        let in_reach = sites.len().saturating_mul(n_entities + COMPILING * sites.len()) <= MAX_QUESTIONS;
        if !in_reach {
            findings.push(Finding { path: Vec::new(), wrong: Wrong::TooMuch });
        }
        let with = granted(self, policy);
        let mut meanings = MAX_MEANT;
        let try_each = in_reach && n_entities > 0;
        for site in sites {
            let wrong = self
                .wrong_with(&site, try_each, &mut meanings)
                .or_else(|| if try_each { self.idle(&site, policy, &with) } else { None });
            findings.extend(wrong.map(|wrong| Finding { path: site.path, wrong }));
        }
        findings
    }

    /// What is odd about a rule by itself.
    fn wrong_with(&self, site: &Site, try_names: bool, meanings: &mut usize) -> Option<Wrong> {
        if site.permissions.is_empty() {
            return Some(if site.is_exception {
                Wrong::ExceptsNothing
            } else {
                Wrong::RestrictsNothing { granted: Permissions::NONE }
            });
        }
        if site.is_whole() && !site.is_exception {
            return Some(Wrong::Everything);
        }
        let name = site.name.as_ref().filter(|_| try_names)?;
        if self.concerned(site).next().is_some() {
            return None;
        }
        if *meanings == 0 {
            return Some(Wrong::UnknownName { meant: None });
        }
        *meanings -= 1;
        let meant = closest(name, self.names_of(site.subcategory)).map(ToOwned::to_owned);
        Some(Wrong::UnknownName { meant })
    }

    /// What is odd about a rule that changes nothing.
    fn idle(&self, site: &Site, policy: &Policy, with: &[EntitySet; 3]) -> Option<Wrong> {
        if granted(self, &site.removed_from(policy)) != *with {
            return None;
        }
        if site.is_exception {
            return Some(Wrong::ExceptsNothing);
        }
        let granted_to = |entity: EntityNo| {
            let sets = Permission::ALL.into_iter().zip(with);
            sets.filter(|(_, set)| set.contains(entity)).map(|(permission, _)| permission).collect::<Permissions>()
        };
        let everywhere = self.concerned(site).map(granted_to).reduce(Permissions::intersection).unwrap_or_default();
        let more = !everywhere.without(site.permissions).is_empty();
        Some(if more { Wrong::RestrictsNothing { granted: everywhere } } else { Wrong::NothingNew })
    }

    /// The registered entities that a rule speaks of.
    fn concerned(&self, site: &Site) -> impl Iterator<Item = EntityNo> {
        let directory = self.directory();
        let no = site.name.as_ref().map_or(0, |name| directory.find(site.subcategory, name));
        let by_name = site.name.is_some();
        directory.entities().map(|(entity, _)| entity).filter(move |entity| {
            !by_name || no != 0 && directory.numbers_of(*entity, site.subcategory).any(|other| other == no)
        })
    }

    /// The names that a rule of a subcategory could speak of here.
    fn names_of(&self, subcategory: Subcategory) -> impl Iterator<Item = &str> {
        let directory = self.directory();
        let named = directory.entities().flat_map(move |(entity, _)| directory.numbers_of(entity, subcategory));
        named.filter_map(move |no| directory.name(subcategory, no))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "policy".to_owned() } else { self.path.join(".") };
        write!(f, "{path}: {}", self.wrong)
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownName { meant: None } => f.write_str("nothing in this home has this name"),
            Self::UnknownName { meant: Some(meant) } => {
                write!(f, "nothing in this home has this name; did you mean `{meant}`?")
            }
            Self::NothingNew => f.write_str("grants nothing that other rules here do not grant"),
            Self::RestrictsNothing { granted } if granted.is_empty() => {
                f.write_str("an empty object grants nothing, and takes nothing away: for that there is `except`")
            }
            Self::RestrictsNothing { granted } => {
                let granted: Vec<_> = granted.iter().map(Permission::as_str).collect();
                let granted = granted.join(", ");
                write!(f, "limits nothing: other rules give {{{granted}}} here; to take out there is `except`")
            }
            Self::ExceptsNothing => f.write_str("takes nothing out of what this policy grants here"),
            Self::Everything => f.write_str("`true` here gives every permission on every entity there is or will be"),
            Self::TooMuch => {
                write!(f, "too many rules for this home to try each; at most {MAX_QUESTIONS} checks")
            }
        }
    }
}

#[cfg(test)]
mod tests;
