//! What the changes of every kind have in common.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{RegistryError, normalize_name, slugify};

pub(super) fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

pub(super) fn trimmed(names: Vec<String>) -> Vec<String> {
    names.into_iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

pub(super) fn check_name<'a>(
    name: &str,
    own_id: &str,
    mut others: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), RegistryError> {
    if name.trim().is_empty() {
        return Err(RegistryError::NameMissing);
    }
    let normalized = normalize_name(name);
    if others.any(|(id, other)| id != own_id && normalize_name(other) == normalized) {
        return Err(RegistryError::NameInUse { name: name.to_owned(), normalized });
    }
    Ok(())
}

pub(super) fn free_id<T>(taken: &IndexMap<String, T>, name: Option<&str>) -> Result<String, RegistryError> {
    let slug = slugify(name.filter(|name| !name.trim().is_empty()).ok_or(RegistryError::NameMissing)?);
    if !taken.contains_key(&slug) {
        return Ok(slug);
    }
    let numbered = (2usize..).map(|n| format!("{slug}_{n}")).find(|id| !taken.contains_key(id));
    Ok(numbered.unwrap_or(slug))
}

pub(super) fn reorder<T>(entries: &mut IndexMap<String, T>, ids: &[String]) -> Result<(), RegistryError> {
    let distinct: BTreeSet<_> = ids.iter().collect();
    if distinct.len() != ids.len() || ids.len() != entries.len() || !ids.iter().all(|id| entries.contains_key(id)) {
        return Err(RegistryError::BadOrder);
    }
    for (place, id) in ids.iter().enumerate() {
        if let Some(from) = entries.get_index_of(id) {
            entries.move_index(from, place);
        }
    }
    Ok(())
}

pub(super) fn members<T: Serialize>(entry: &T) -> Map<String, Value> {
    match serde_json::to_value(entry) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

/// Returns the members of `before` that `after` has otherwise, with their old values.
pub(super) fn old_values<T: Serialize>(before: &T, after: &T) -> Map<String, Value> {
    let after = members(after);
    members(before).into_iter().filter(|(name, value)| after.get(name) != Some(value)).collect()
}
