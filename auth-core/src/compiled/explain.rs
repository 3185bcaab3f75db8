//! Why a check was answered as it was, read from the rules that the answering tables were made of.

use alloc::{borrow::ToOwned, format, string::String, sync::Arc, vec::Vec};
use core::fmt;

use policy_merge::{Permission, Permissions, Subcategory};

use super::{AccessTable, GroupEntry, NumberedRules};
use crate::{
    Group, GroupId,
    directory::{Directory, Place},
};

/// The answer to one check, with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What was asked about.
    pub entity_id: String,
    /// What was asked for.
    pub permission: Permission,
    /// Why it was granted, or what was missing.
    pub reason: Reason,
}

/// Why a check was granted or denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Granted: the owner may do everything.
    Owner,
    /// Granted: the hub's own work.
    System(&'static str),
    /// Granted by these rules; every rule that decides it, group by group by id.
    Granted(Vec<Grant>),
    /// Denied: no group of the user says anything that would grant it, or each one's own exceptions take it out.
    NoRule {
        /// The groups that were asked.
        groups: Vec<Arc<Group>>,
        /// The device that a rule could have named.
        device_id: Option<String>,
        /// The area that a rule could have named.
        area_id: Option<String>,
        /// What would have been granted but for an exception.
        exceptions: Vec<Exception>,
        /// The smallest change to one policy that would grant it.
        remedy: Remedy,
    },
    /// Denied: the token's own policy has no rule for it, whatever the user may.
    Narrowed,
    /// Denied: the user is not active.
    Inactive,
    /// Denied: there is no such user (any more).
    UnknownUser,
    /// Denied: integrations act through their own entries, not on entities.
    Integration,
}

/// One rule that grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The group whose policy it is in.
    pub group: Arc<Group>,
    /// Where in the policy; `None` for the whole category.
    pub subcategory: Option<Subcategory>,
    /// The name it grants to; `None` where it grants to all.
    pub name: Option<String>,
    /// What it grants.
    pub permissions: Permissions,
}

/// A rule that would grant, and the exception that takes it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The rule.
    pub grant: Grant,
    /// Where in `except` the exception is.
    pub subcategory: Subcategory,
    /// The name that is taken out; `None` where everything is.
    pub name: Option<String>,
}

/// The change of one rule that grants what was refused and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Merge `entity_ids` with this entity and permission into this group's policy.
    Add(GroupId),
    /// The user is in no group whose policy can be changed: be in one more, with that rule.
    Join,
}

impl Explanation {
    /// Tells whether the check was granted.
    pub const fn is_granted(&self) -> bool {
        matches!(self.reason, Reason::Owner | Reason::System(_) | Reason::Granted(_))
    }
}

/// What the rules of one object say about one entity, from the most specific level on.
struct Said<'a> {
    directory: &'a Directory,
    no: u32,
    place: Place,
    permission: Permission,
}

/// A rule: where it is, and what it names.
type Rule = (Subcategory, Option<String>, Permissions);

impl Said<'_> {
    /// Iterates over the rules that speak of the permission by a name of the entity's.
    fn by_name(&self, rules: &NumberedRules, subcategory: Subcategory) -> impl Iterator<Item = Rule> {
        self.directory.numbers_at(self.no, self.place, subcategory).filter_map(move |no| {
            let permissions = rules.named(subcategory, no);
            let name = self.directory.name(subcategory, no).map(ToOwned::to_owned);
            permissions.contains(self.permission).then_some((subcategory, name, permissions))
        })
    }

    /// Returns every rule that grants, exceptions aside.
    fn grants(&self, rules: &NumberedRules) -> Vec<Rule> {
        let mut said = Vec::new();
        for subcategory in Subcategory::NAMED {
            if rules.is_whole(subcategory) {
                said.push((subcategory, None, Permissions::ALL));
            }
            said.extend(self.by_name(rules, subcategory));
        }
        if rules.all.contains(self.permission) {
            said.push((Subcategory::All, None, rules.all));
        }
        said
    }

    /// Returns the most specific exception.
    fn exception(&self, except: &NumberedRules) -> Option<(Subcategory, Option<String>)> {
        let named = Subcategory::NAMED.into_iter().find_map(|subcategory| {
            let by_name = self.by_name(except, subcategory).next().map(|(subcategory, name, _)| (subcategory, name));
            by_name.or_else(|| except.is_whole(subcategory).then_some((subcategory, None)))
        });
        named.or_else(|| except.all.contains(self.permission).then_some((Subcategory::All, None)))
    }
}

/// How specific a rule that grants is: one that names nothing counts as `all`.
const fn level((subcategory, name, _): &Rule) -> Subcategory {
    if name.is_some() { *subcategory } else { Subcategory::All }
}

impl AccessTable {
    /// Returns why `permission` on `entity_id` is granted or denied. O(number of groups, and of rules with exceptions);
    /// allocates.
    pub(crate) fn explain(&self, directory: &Directory, entity_id: &str, permission: Permission) -> Reason {
        let unknown = || (0, directory.place_of_unknown(entity_id));
        let (no, place) = directory.look_up(entity_id).map_or_else(unknown, |(no, place)| (no, *place));
        let said = Said { directory, no, place, permission };
        let (mut grants, mut exceptions) = (Vec::new(), Vec::new());
        for GroupEntry { group, policy } in self.groups.iter().map(|entry| &**entry) {
            let grant = |(subcategory, name, permissions): Rule| Grant {
                group: Arc::clone(group),
                subcategory: Some(subcategory),
                name,
                permissions,
            };
            if policy.category {
                let group = Arc::clone(group);
                grants.push(Grant { group, subcategory: None, name: None, permissions: Permissions::ALL });
            }
            grants.extend(said.grants(&policy.grants).into_iter().map(grant));
            for (rules, except) in &policy.excepted {
                let exception = said.exception(except);
                for rule in said.grants(rules) {
                    match &exception {
                        Some((subcategory, name)) if *subcategory <= level(&rule) => exceptions.push(Exception {
                            grant: grant(rule),
                            subcategory: *subcategory,
                            name: name.clone(),
                        }),
                        _ => grants.push(grant(rule)),
                    }
                }
            }
        }
        if grants.is_empty() { self.missing(&said, exceptions) } else { Reason::Granted(grants) }
    }

    fn missing(&self, said: &Said<'_>, exceptions: Vec<Exception>) -> Reason {
        let name = |subcategory, no| said.directory.name(subcategory, no).map(ToOwned::to_owned);
        // Rather where no exception by entity id would stand beside the new rule.
        let excepted = |(_, except): &(_, NumberedRules)| {
            said.exception(except).is_some_and(|(subcategory, _)| subcategory == Subcategory::EntityIds)
        };
        let changeable = || self.groups.iter().filter(|entry| !entry.group.system_generated);
        let plain = changeable().find(|entry| !entry.policy.excepted.iter().any(excepted));
        let chosen = plain.or_else(|| changeable().next());
        let remedy = chosen.map_or(Remedy::Join, |entry| Remedy::Add(entry.group.id.clone()));
        Reason::NoRule {
            groups: self.groups.iter().map(|entry| Arc::clone(&entry.group)).collect(),
            device_id: name(Subcategory::DeviceIds, said.place.device),
            area_id: name(Subcategory::AreaIds, said.place.area()),
            exceptions,
            remedy,
        }
    }
}

impl fmt::Display for Explanation {
    /// Writes one line for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entity_id, permission, reason } = self;
        match reason {
            Reason::Owner => f.write_str("granted: the owner may do everything"),
            Reason::System(role) => write!(f, "granted: the hub's own work ({role})"),
            Reason::Granted(grants) => {
                f.write_str("granted by ")?;
                for (n, grant) in grants.iter().enumerate() {
                    write!(f, "{}{grant}", if n > 0 { "; " } else { "" })?;
                }
                Ok(())
            }
            Reason::NoRule { groups, device_id, area_id, exceptions, remedy } => {
                let or_none = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_owned());
                write!(f, "denied: no rule gives {permission} on `{entity_id}`")?;
                write!(f, " (device: {}, area: {}) in ", or_none(device_id), or_none(area_id))?;
                match groups.as_slice() {
                    [] => f.write_str("any group: the user has none")?,
                    groups => f.write_str(&groups.iter().map(|g| g.name.as_str()).collect::<Vec<_>>().join(", "))?,
                }
                for exception in exceptions {
                    write!(f, "; {exception}")?;
                }
                let rule = format!("entity_ids.{entity_id}: {{{permission}}}");
                match remedy {
                    Remedy::Add(group) => write!(f, "; smallest rule that would: {rule} in group `{group}`"),
                    Remedy::Join => write!(f, "; smallest rule that would: {rule} in one more group"),
                }
            }
            Reason::Narrowed => f.write_str("denied: the token's own policy has no rule that gives it"),
            Reason::Inactive => f.write_str("denied: the user is not active"),
            Reason::UnknownUser => f.write_str("denied: there is no such user"),
            Reason::Integration => f.write_str("denied: an integration has no rights on entities"),
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "group `{}`: ", self.group.name)?;
        match (self.subcategory, &self.name) {
            (None, _) => f.write_str("entities")?,
            (Some(subcategory), None) => write!(f, "{subcategory}")?,
            (Some(subcategory), Some(name)) => write!(f, "{subcategory}.{name}")?,
        }
        let permissions: Vec<_> = self.permissions.iter().map(Permission::as_str).collect();
        write!(f, " gives {{{}}}", permissions.join(", "))
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { grant, subcategory, name } = self;
        write!(f, "{grant}, but except.{subcategory}")?;
        name.iter().try_for_each(|name| write!(f, ".{name}"))?;
        f.write_str(" takes it out")
    }
}
