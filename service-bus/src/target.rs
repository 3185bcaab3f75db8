//! Which entities a service call means: parsed at the edge, expanded before the permission check.

mod expand;

use auth_core::EntityId;
use serde_json::{Map, Value};

use crate::SchemaError;

pub use expand::ExpandedTarget;

/// What a call names, as parsed. Ids of entities are checked for their form, others are any text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Entities.
    pub entities: TargetIds,
    /// Devices, with their parts.
    pub device_ids: Vec<String>,
    /// Areas.
    pub area_ids: Vec<String>,
    /// Floors: all their areas.
    pub floor_ids: Vec<String>,
    /// Labels: everything that bears them.
    pub label_ids: Vec<String>,
    /// What is not meant after all.
    pub exclude: Option<Box<Target>>,
    /// At least one of the five keys was there, if only with an empty list.
    pub is_given: bool,
}

/// Entities named directly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetIds {
    /// Every entity of the service's domain that the caller may act on.
    All,
    /// These.
    Listed(Vec<EntityId>),
}

impl Default for TargetIds {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

/// The keys that say which entities are meant.
const KEYS: [&str; 5] = ["entity_id", "device_id", "area_id", "floor_id", "label_id"];

/// The most ids that one call may name.
const MAX_IDS: usize = 10_000;

impl Target {
    /// Takes the target's keys out of a call's data; what is left is the service's own.
    ///
    /// # Errors
    /// [`SchemaError::WrongValue`] for an id that cannot be one. Templates are not rendered: text with braces is no id.
    pub fn take_from(data: &mut Map<String, Value>) -> Result<Self, SchemaError> {
        let mut target = Self::read(data)?;
        if let Some(exclude) = data.shift_remove("exclude") {
            let Value::Object(mut exclude) = exclude else { return Err(wrong("exclude")) };
            target.exclude = Some(Box::new(Self::read(&mut exclude)?));
            if let Some((name, _)) = exclude.iter().next() {
                return Err(SchemaError::UnknownField(name.clone()));
            }
        }
        // The frontend's own notes.
        data.shift_remove("metadata");
        Ok(target)
    }

    /// Reads a target that stands alone: only target keys may occur.
    ///
    /// # Errors
    /// As [`Target::take_from`], and [`SchemaError::UnknownField`].
    pub fn parse(mut target: Map<String, Value>) -> Result<Self, SchemaError> {
        let parsed = Self::take_from(&mut target)?;
        match target.iter().next() {
            Some((name, _)) => Err(SchemaError::UnknownField(name.clone())),
            None => Ok(parsed),
        }
    }

    fn read(data: &mut Map<String, Value>) -> Result<Self, SchemaError> {
        let mut target = Self { is_given: KEYS.iter().any(|key| data.contains_key(*key)), ..Self::default() };
        if let Some(value) = data.shift_remove("entity_id") {
            target.entities = entity_ids(value)?;
        }
        target.device_ids = ids(data, "device_id")?;
        target.area_ids = ids(data, "area_id")?;
        target.floor_ids = ids(data, "floor_id")?;
        target.label_ids = ids(data, "label_id")?;
        Ok(target)
    }
}

fn entity_ids(value: Value) -> Result<TargetIds, SchemaError> {
    let parse = |text: &str| EntityId::parse_lenient(text).map_err(|_| wrong("entity_id"));
    let listed = match value {
        Value::Null => return Err(wrong("entity_id")),
        Value::String(text) => match text.trim() {
            "all" => return Ok(TargetIds::All),
            "none" => Vec::new(),
            list => list.split(',').map(parse).collect::<Result<_, _>>()?,
        },
        Value::Array(items) if items.len() <= MAX_IDS => {
            let item = |item: &Value| item.as_str().ok_or_else(|| wrong("entity_id")).and_then(parse);
            items.iter().map(item).collect::<Result<_, _>>()?
        }
        _ => return Err(wrong("entity_id")),
    };
    Ok(TargetIds::Listed(listed))
}

fn ids(data: &mut Map<String, Value>, key: &'static str) -> Result<Vec<String>, SchemaError> {
    match data.shift_remove(key) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) if text == "none" => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![text]),
        Some(Value::Array(items)) if items.len() <= MAX_IDS => {
            items.into_iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(|| wrong(key))).collect()
        }
        Some(_) => Err(wrong(key)),
    }
}

fn wrong(field: &str) -> SchemaError {
    let expected = match field {
        "entity_id" => "entity ids, `all` or `none`",
        "exclude" => "a dictionary",
        _ => "ids or `none`",
    };
    SchemaError::WrongValue { field: field.to_owned(), expected: expected.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(value: Value) -> Result<Target, SchemaError> {
        let Value::Object(members) = value else { panic!("an object") };
        Target::parse(members)
    }

    #[track_caller]
    fn check(value: Value, expected: &[&str]) {
        let target = parse(value).unwrap();
        let TargetIds::Listed(listed) = target.entities else { panic!("listed") };
        assert_eq!(listed.iter().map(EntityId::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn every_spelling_of_an_id_is_one_id() {
        check(json!({"entity_id": "light.a"}), &["light.a"]);
        check(json!({"entity_id": " Light.A , light.b"}), &["light.a", "light.b"]);
        check(json!({"entity_id": ["LIGHT.A"]}), &["light.a"]);
        check(json!({"entity_id": "none"}), &[]);
        check(json!({"entity_id": []}), &[]);
        assert_eq!(parse(json!({"entity_id": "all"})).unwrap().entities, TargetIds::All);
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for bad in [
            json!({"entity_id": "{{ 'lock.gun_safe' }}"}),
            json!({"entity_id": "light"}),
            json!({"entity_id": ["all", "light.a"]}),
            json!({"entity_id": 5}),
            json!({"entity_id": null}),
            json!({"entity_id": [["light.a"]]}),
            json!({"entity_id": "light.ä"}),
            json!({"entity_id": ""}),
            json!({"area_id": {"a": 1}}),
            json!({"exclude": ["light.a"]}),
            json!({"exclude": {"all": true}}),
            json!({"entity": "light.a"}),
        ] {
            assert!(parse(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_empty_key_counts_as_given() {
        assert!(parse(json!({"area_id": []})).unwrap().is_given);
        assert!(!parse(json!({"exclude": {"area_id": "x"}})).unwrap().is_given);
    }
}
