//! A policy as a value: what cannot be granted cannot be written down.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::Permissions;

/// What the members of a group may do.
///
/// Immutable once parsed: to change a group's policy, make a new one. `entities` is the only category there is;
/// `None` grants nothing.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Policy {
    /// What is granted on entities.
    pub entities: Option<Rule<Entities>>,
}

/// Either all that can be granted here (`true` in JSON) or what the object inside says.
///
/// There is no "nothing" and no "no": absence is `Option::None` one level up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Rule<T> {
    /// `true`: everything at this place and below.
    Everything,
    /// An object; may be empty, and then grants nothing.
    Only(T),
}

/// The category `entities`: five ways to say which entities are meant.
///
/// The order of the fields is Home Assistant's order of evaluation. With grants alone it has no influence on the
/// outcome; explanations name the first that grants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Entities {
    /// By entity id, exact match.
    pub entity_ids: Option<Rule<Names>>,
    /// By the id of the entity's device.
    pub device_ids: Option<Rule<Names>>,
    /// By the id of the area that the entity is in.
    pub area_ids: Option<Rule<Names>>,
    /// By the part of the entity id before its first dot.
    pub domains: Option<Rule<Names>>,
    /// Every entity there is.
    pub all: Option<Rule<Permissions>>,
}

/// What is granted by name, sorted by name. Names are any string: no wildcard, no case folding.
pub type Names = BTreeMap<Arc<str>, Rule<Permissions>>;

/// The name of one of the five ways in which a policy can speak about an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subcategory {
    /// `entity_ids`
    EntityIds,
    /// `device_ids`
    DeviceIds,
    /// `area_ids`
    AreaIds,
    /// `domains`
    Domains,
    /// `all`
    All,
}

impl Policy {
    /// Returns the policy that grants every permission on every entity, as `system-admin` and `system-users` have it.
    pub fn everything() -> Self {
        Self { entities: Some(Rule::Everything) }
    }

    /// Returns the policy that grants `permissions` on every entity and nothing else.
    pub fn all(permissions: Permissions) -> Self {
        Self { entities: Some(Rule::Only(Entities { all: Some(Rule::Only(permissions)), ..Entities::default() })) }
    }
}

impl Entities {
    /// Returns what one of the four subcategories with names says; `None` for `all` and where nothing is said.
    pub fn names(&self, subcategory: Subcategory) -> Option<&Rule<Names>> {
        match subcategory {
            Subcategory::EntityIds => self.entity_ids.as_ref(),
            Subcategory::DeviceIds => self.device_ids.as_ref(),
            Subcategory::AreaIds => self.area_ids.as_ref(),
            Subcategory::Domains => self.domains.as_ref(),
            Subcategory::All => None,
        }
    }
}

impl Rule<Permissions> {
    /// Returns the permissions granted: all of them for `true`.
    pub const fn permissions(&self) -> Permissions {
        match self {
            Self::Everything => Permissions::ALL,
            Self::Only(permissions) => *permissions,
        }
    }
}

impl Subcategory {
    /// The four that take names, in the order of evaluation.
    pub const NAMED: [Self; 4] = [Self::EntityIds, Self::DeviceIds, Self::AreaIds, Self::Domains];

    /// Returns the key that stands for it in a policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EntityIds => "entity_ids",
            Self::DeviceIds => "device_ids",
            Self::AreaIds => "area_ids",
            Self::Domains => "domains",
            Self::All => "all",
        }
    }
}

impl fmt::Display for Subcategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
