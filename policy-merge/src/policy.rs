//! A policy as a value: what cannot be granted cannot be written down.

use alloc::{collections::BTreeMap, sync::Arc};
use core::fmt;

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
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule<T> {
    /// `true`: everything at this place and below.
    Everything,
    /// An object; may be empty, and then grants nothing.
    Only(T),
}

/// The category `entities`: a check is granted if `grants` or any of the `excepted` parts grants it.
///
/// The normal form of one policy or of any merge of policies: rules with the same exceptions are one part, and what
/// has no exceptions is in `grants`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Entities {
    /// What is granted without exception. All that Home Assistant's policies have.
    pub grants: Rules,
    /// What is granted with exceptions: what is taken out, and of what.
    ///
    /// INVARIANT: no key takes out nothing, and no value has a whole subcategory that is `true`: joined with one that
    /// names something there, it would swallow the name, which is more specific.
    pub(crate) excepted: BTreeMap<Rules, Rules>,
}

/// Seven ways to say which entities are meant, each with what is granted (or taken out) there.
///
/// The order of the fields is the order of evaluation: Home Assistant's, with labels and floors after areas. With grants
/// alone it has no influence on the outcome; explanations name the first that grants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rules {
    /// By entity id, exact match.
    pub entity_ids: Option<Rule<Names>>,
    /// By the id of the entity's device.
    pub device_ids: Option<Rule<Names>>,
    /// By the id of the area that the entity is in.
    pub area_ids: Option<Rule<Names>>,
    /// By the id of a label that the entity, its device or its area bears. Not in Home Assistant.
    pub label_ids: Option<Rule<Names>>,
    /// By the id of the floor that the entity's area is on. Not in Home Assistant.
    pub floor_ids: Option<Rule<Names>>,
    /// By the part of the entity id before its first dot.
    pub domains: Option<Rule<Names>>,
    /// Every entity there is.
    pub all: Option<Rule<Permissions>>,
}

/// What is granted by name, sorted by name. Names are any string: no wildcard, no case folding.
pub type Names = BTreeMap<Arc<str>, Rule<Permissions>>;

/// The name of one of the seven ways in which a policy can speak about an entity, from the most specific on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subcategory {
    /// `entity_ids`
    EntityIds,
    /// `device_ids`
    DeviceIds,
    /// `area_ids`
    AreaIds,
    /// `label_ids`
    LabelIds,
    /// `floor_ids`
    FloorIds,
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
        Rules { all: Some(Rule::Only(permissions)), ..Rules::default() }.into()
    }

    /// Tells whether exceptions are part of it, so that rules of one group cannot simply be added to those of another.
    pub fn has_exceptions(&self) -> bool {
        matches!(&self.entities, Some(Rule::Only(entities)) if !entities.excepted.is_empty())
    }
}

impl From<Rules> for Policy {
    /// Returns the policy that grants what `grants` says, without exception.
    fn from(grants: Rules) -> Self {
        Self { entities: Some(Rule::Only(Entities { grants, ..Entities::default() })) }
    }
}

impl Entities {
    /// Returns what is granted by `grants` but for what `except` takes out.
    ///
    /// The most specific subcategory that speaks about a permission decides; where a grant and an exception are equally
    /// specific, the exception does. A subcategory that is `true` as a whole speaks of no entity in particular: as a
    /// grant it counts as `all` (and is kept as that), as an exception in its own place, so an exception is never passed
    /// over for it.
    pub fn new(mut grants: Rules, except: Rules) -> Self {
        if except.says_nothing() {
            return Self { grants, excepted: BTreeMap::new() };
        }
        for subcategory in Subcategory::NAMED {
            if let Some(names) = grants.names_mut(subcategory)
                && matches!(names, Some(Rule::Everything))
            {
                *names = None;
                grants.all = Some(Rule::Everything);
            }
        }
        Self { grants: Rules::default(), excepted: BTreeMap::from([(except, grants)]) }
    }

    /// Returns what is granted with exceptions: what is taken out, and of what. No key takes out nothing.
    pub const fn excepted(&self) -> &BTreeMap<Rules, Rules> {
        &self.excepted
    }

    /// Iterates over the parts, each with its exceptions; first what has none.
    pub fn parts(&self) -> impl Iterator<Item = (&Rules, Option<&Rules>)> {
        core::iter::once((&self.grants, None))
            .chain(self.excepted.iter().map(|(except, grants)| (grants, Some(except))))
    }
}

impl Rules {
    /// Returns what one of the six subcategories with names says; `None` for `all` and where nothing is said.
    pub fn names(&self, subcategory: Subcategory) -> Option<&Rule<Names>> {
        match subcategory {
            Subcategory::EntityIds => self.entity_ids.as_ref(),
            Subcategory::DeviceIds => self.device_ids.as_ref(),
            Subcategory::AreaIds => self.area_ids.as_ref(),
            Subcategory::LabelIds => self.label_ids.as_ref(),
            Subcategory::FloorIds => self.floor_ids.as_ref(),
            Subcategory::Domains => self.domains.as_ref(),
            Subcategory::All => None,
        }
    }

    /// Returns the place of one of the six subcategories with names; `None` for `all`.
    pub fn names_mut(&mut self, subcategory: Subcategory) -> Option<&mut Option<Rule<Names>>> {
        match subcategory {
            Subcategory::EntityIds => Some(&mut self.entity_ids),
            Subcategory::DeviceIds => Some(&mut self.device_ids),
            Subcategory::AreaIds => Some(&mut self.area_ids),
            Subcategory::LabelIds => Some(&mut self.label_ids),
            Subcategory::FloorIds => Some(&mut self.floor_ids),
            Subcategory::Domains => Some(&mut self.domains),
            Subcategory::All => None,
        }
    }

    /// Tells whether no rule in it speaks about any permission.
    pub fn says_nothing(&self) -> bool {
        let silent = |names: &Rule<Names>| match names {
            Rule::Everything => false,
            Rule::Only(names) => names.values().all(|rule| rule.permissions().is_empty()),
        };
        Subcategory::NAMED.into_iter().filter_map(|subcategory| self.names(subcategory)).all(silent)
            && self.all.as_ref().is_none_or(|all| all.permissions().is_empty())
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
    /// The six that take names, in the order of evaluation.
    pub const NAMED: [Self; 6] =
        [Self::EntityIds, Self::DeviceIds, Self::AreaIds, Self::LabelIds, Self::FloorIds, Self::Domains];

    /// Returns the key that stands for it in a policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EntityIds => "entity_ids",
            Self::DeviceIds => "device_ids",
            Self::AreaIds => "area_ids",
            Self::LabelIds => "label_ids",
            Self::FloorIds => "floor_ids",
            Self::Domains => "domains",
            Self::All => "all",
        }
    }

    /// Tells whether Home Assistant's policies have it.
    pub const fn is_home_assistants(self) -> bool {
        !matches!(self, Self::LabelIds | Self::FloorIds)
    }
}

impl fmt::Display for Subcategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::{format, string::ToString};

    use super::*;
    use crate::Permission;

    #[test]
    fn policies_that_have_names_of_their_own() {
        assert_eq!(Policy::everything().to_string(), r#"{"entities":true}"#);
        let read = Permissions::NONE.with(Permission::Read);
        assert_eq!(Policy::all(read).to_string(), r#"{"entities":{"all":{"read":true}}}"#);
        assert_eq!(Policy::from(Rules::default()).to_string(), r#"{"entities":{}}"#);
        assert_eq!(format!("{:?}", Policy::everything()), r#"Policy({"entities":true})"#);
    }

    #[test]
    fn knows_whether_it_has_exceptions() {
        let has = |text: &str| Policy::parse(text).unwrap().has_exceptions();
        assert!(has(r#"{"entities":{"all":true,"except":{"domains":{"lock":true}}}}"#));
        assert!(!has(r#"{"entities":{"all":true,"except":{"domains":{"lock":{}}}}}"#));
        assert!(!has("{}") && !has(r#"{"entities":true}"#));
    }

    #[test]
    fn subcategories_are_called_as_in_json() {
        for subcategory in Subcategory::NAMED.into_iter().chain([Subcategory::All]) {
            assert_eq!(format!("{subcategory}"), subcategory.as_str());
        }
    }
}
