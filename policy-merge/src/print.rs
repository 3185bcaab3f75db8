//! The canonical JSON of a policy: names sorted, permissions in the order read, control, edit.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::{Entities, Permissions, Policy, Rule, Rules, Subcategory};

/// What Home Assistant's policies have no words for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Home Assistant's policies have no {}", .0.join(", no "))]
pub struct NotExpressible(
    /// Each of `except`, `label_ids` and `floor_ids` that is used.
    pub Vec<&'static str>,
);

impl Policy {
    /// Returns the policy as a JSON value. Parsing it gives the same policy.
    pub fn to_value(&self) -> Value {
        // A policy holds nothing but strings, `true` and objects, which always make a value.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Returns the policy as Home Assistant reads it, with the same meaning there as here. O(size).
    ///
    /// # Errors
    /// [`NotExpressible`] if it has exceptions, or speaks of labels or floors. Nothing is left out silently.
    pub fn to_home_assistant(&self) -> Result<Value, NotExpressible> {
        let mut foreign = Vec::new();
        if let Some(Rule::Only(entities)) = &self.entities {
            if !entities.excepted.is_empty() {
                foreign.push("except");
            }
            let used = |subcategory| entities.parts().any(|(grants, _)| grants.names(subcategory).is_some());
            let theirs = |subcategory: &Subcategory| !subcategory.is_home_assistants();
            foreign.extend(Subcategory::NAMED.into_iter().filter(theirs).filter(|s| used(*s)).map(Subcategory::as_str));
        }
        if foreign.is_empty() { Ok(self.to_value()) } else { Err(NotExpressible(foreign)) }
    }
}

impl fmt::Display for Policy {
    /// Writes the canonical JSON without white space: equal policies print equal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policy({self})")
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.entities.iter().map(|entities| ("entities", entities)))
    }
}

impl<T: Serialize> Serialize for Rule<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Everything => serializer.serialize_bool(true),
            Self::Only(inner) => inner.serialize(serializer),
        }
    }
}

impl Serialize for Entities {
    /// One part with exceptions and nothing else stands alone; several stand in `any_of`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let parts: Vec<_> = self.excepted.iter().map(|(except, grants)| Part { grants, except }).collect();
        match parts.as_slice() {
            [alone] if self.grants == Rules::default() => alone.serialize(serializer),
            [] => self.grants.serialize(serializer),
            several => {
                let mut map = serializer.serialize_map(None)?;
                self.grants.members(&mut map)?;
                map.serialize_entry("any_of", several)?;
                map.end()
            }
        }
    }
}

struct Part<'a> {
    grants: &'a Rules,
    except: &'a Rules,
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.grants.members(&mut map)?;
        map.serialize_entry("except", self.except)?;
        map.end()
    }
}

impl Rules {
    fn members<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        for subcategory in Subcategory::NAMED {
            match self.names(subcategory) {
                None => {}
                Some(Rule::Everything) => map.serialize_entry(subcategory.as_str(), &true)?,
                Some(Rule::Only(names)) => {
                    let names: alloc::collections::BTreeMap<&str, _> = names.iter().map(|(k, v)| (&**k, v)).collect();
                    map.serialize_entry(subcategory.as_str(), &names)?;
                }
            }
        }
        self.all.iter().try_for_each(|all| map.serialize_entry(Subcategory::All.as_str(), all))
    }
}

impl Serialize for Rules {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.members(&mut map)?;
        map.end()
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|permission| (permission.as_str(), true)))
    }
}
