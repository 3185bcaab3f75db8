//! Why a check was answered as it was, read from the tables that answered it.

use std::{fmt, sync::Arc};

use policy_merge::{Permission, Permissions, Subcategory};

use super::AccessTable;
use crate::{
    GroupId,
    directory::{Directory, EntityNo, Place},
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
    /// Granted by these rules; every rule that grants it, group by group in the user's order.
    Granted(Vec<Grant>),
    /// Denied: no group of the user says anything that would grant it.
    NoRule {
        /// The groups that were asked.
        groups: Vec<Arc<str>>,
        /// The device that a rule could have named.
        device_id: Option<Arc<str>>,
        /// The area that a rule could have named.
        area_id: Option<Arc<str>>,
    },
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
    pub group_id: GroupId,
    /// That group's name.
    pub group: Arc<str>,
    /// Where in the policy; `None` for the whole category.
    pub subcategory: Option<Subcategory>,
    /// The name it grants to; `None` where it grants to all.
    pub name: Option<Arc<str>>,
    /// What it grants.
    pub permissions: Permissions,
}

impl Explanation {
    /// Tells whether the check was granted.
    pub const fn is_granted(&self) -> bool {
        matches!(self.reason, Reason::Owner | Reason::System(_) | Reason::Granted(_))
    }
}

impl AccessTable {
    /// Returns why `permission` on `entity_id` is granted or denied. O(number of groups); allocates.
    pub fn explain(&self, directory: &Directory, entity_id: &str, permission: Permission) -> Reason {
        let unknown = || (EntityNo(0), directory.place_of_unknown(entity_id));
        let (entity, place) = directory.look_up(entity_id).unwrap_or_else(unknown);
        let mut grants = Vec::new();
        for group in &self.groups {
            let mut add = |subcategory, name, permissions: Permissions| {
                if permissions.contains(permission) {
                    let (group_id, group) = (group.id.clone(), Arc::clone(&group.name));
                    grants.push(Grant { group_id, group, subcategory, name, permissions });
                }
            };
            let masks = &group.masks;
            if masks.category {
                add(None, None, Permissions::ALL);
            }
            for (subcategory, whole) in Subcategory::NAMED.into_iter().zip(masks.whole) {
                if whole {
                    add(Some(subcategory), None, Permissions::ALL);
                }
                let name = match subcategory {
                    Subcategory::EntityIds => directory.entity_id(entity),
                    _ => directory.name(subcategory, place),
                };
                add(Some(subcategory), name.cloned(), masks.by_name(subcategory, entity, place));
            }
            add(Some(Subcategory::All), None, masks.all);
        }
        if grants.is_empty() { self.missing(directory, place) } else { Reason::Granted(grants) }
    }

    fn missing(&self, directory: &Directory, place: Place) -> Reason {
        Reason::NoRule {
            groups: self.groups.iter().map(|group| Arc::clone(&group.name)).collect(),
            device_id: directory.name(Subcategory::DeviceIds, place).cloned(),
            area_id: directory.name(Subcategory::AreaIds, place).cloned(),
        }
    }
}

impl fmt::Display for Explanation {
    /// Writes one line for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Owner => f.write_str("granted: the owner may do everything"),
            Reason::System(role) => write!(f, "granted: the hub's own work ({role})"),
            Reason::Granted(grants) => {
                f.write_str("granted by ")?;
                for (n, grant) in grants.iter().enumerate() {
                    write!(f, "{}{grant}", if n > 0 { "; " } else { "" })?;
                }
                Ok(())
            }
            Reason::NoRule { groups, device_id, area_id } => {
                let none = || Arc::from("none");
                write!(
                    f,
                    "denied: no rule gives {} on `{}` (device: {}, area: {}) in {}",
                    self.permission,
                    self.entity_id,
                    device_id.clone().unwrap_or_else(none),
                    area_id.clone().unwrap_or_else(none),
                    if groups.is_empty() { "any group: the user has none".to_owned() } else { groups.join(", ") },
                )
            }
            Reason::Inactive => f.write_str("denied: the user is not active"),
            Reason::UnknownUser => f.write_str("denied: there is no such user"),
            Reason::Integration => f.write_str("denied: an integration has no rights on entities"),
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "group `{}`: ", self.group)?;
        match (self.subcategory, &self.name) {
            (None, _) => f.write_str("entities")?,
            (Some(subcategory), None) => write!(f, "{subcategory}")?,
            (Some(subcategory), Some(name)) => write!(f, "{subcategory}.{name}")?,
        }
        let permissions: Vec<_> = self.permissions.iter().map(Permission::as_str).collect();
        write!(f, " gives {{{}}}", permissions.join(", "))
    }
}
