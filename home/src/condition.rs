//! Conditions on states, as pages ask them ("is any of these lights on?"): Home Assistant's `state`, `numeric_state`, `and`, `or`
//! and `not`. Whoever asks sees their own home in them: what they may not read does not exist.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value};

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// All of these.
    And(Vec<Self>),
    /// One of these.
    Or(Vec<Self>),
    /// None of these.
    Not(Vec<Self>),
    /// Entities are in one of some states.
    State {
        /// Which; one of them is enough if `any`.
        entity_ids: Vec<String>,
        /// One is enough.
        any: bool,
        /// An attribute in place of the state.
        attribute: Option<String>,
        /// The states.
        states: HashSet<String>,
    },
    /// Entities' states are numbers within bounds.
    Numeric {
        /// Which, all of them.
        entity_ids: Vec<String>,
        /// An attribute in place of the state.
        attribute: Option<String>,
        /// More than this.
        above: Option<f64>,
        /// Less than this.
        below: Option<f64>,
    },
}

/// Gives what can be read of an entity, with its attributes if that is asked for; none if there is no such entity.
pub type Look<'a> = &'a dyn Fn(&str, bool) -> Option<Seen>;

/// What can be read of an entity: its state and attributes, as whoever asks sees them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// The state.
    pub state: String,
    /// The attributes.
    pub attributes: Map<String, Value>,
}

/// The deepest nesting, and the most conditions in one; the most entities and states that are named in it, each time that
/// they are, since each is looked at whenever one of the entities changes.
const MAX_DEPTH: usize = 16;
const MAX_CONDITIONS: usize = 4_096;
const MAX_NAMED: usize = 4_096;

/// What may still come of a condition.
struct Left {
    conditions: usize,
    named: usize,
}

impl Condition {
    /// Reads a condition. What is not known is refused, with what it was.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn parse(value: &Value) -> Result<Self, String> {
        parse(value, MAX_DEPTH, &mut Left { conditions: MAX_CONDITIONS, named: MAX_NAMED })
    }

    /// Returns the entities that it is about.
    pub fn entities(&self) -> BTreeSet<&str> {
        match self {
            Self::And(parts) | Self::Or(parts) | Self::Not(parts) => parts.iter().flat_map(Self::entities).collect(),
            Self::State { entity_ids, .. } | Self::Numeric { entity_ids, .. } => {
                entity_ids.iter().map(String::as_str).collect()
            }
        }
    }

    /// Returns how many entities are looked at to know whether it holds, each as often as it is named.
    pub fn n_looks(&self) -> usize {
        match self {
            Self::And(parts) | Self::Or(parts) | Self::Not(parts) => parts.iter().map(Self::n_looks).sum(),
            Self::State { entity_ids, .. } | Self::Numeric { entity_ids, .. } => entity_ids.len(),
        }
    }

    /// Tells whether it holds, of the states that `read` gives.
    ///
    /// # Errors
    /// Which entity is not there, or is no number.
    pub fn holds(&self, read: Look<'_>) -> Result<bool, String> {
        // As in Home Assistant: what decides it alone is enough, whatever is wrong with the others.
        let any = |parts: &[Self], wanted: bool| {
            let mut wrong = None;
            for part in parts {
                match part.holds(read) {
                    Ok(holds) if holds == wanted => return Ok(true),
                    Ok(_) => {}
                    Err(error) => wrong = wrong.or(Some(error)),
                }
            }
            wrong.map_or(Ok(false), Err)
        };
        match self {
            Self::And(parts) => any(parts, false).map(|one_fails| !one_fails),
            Self::Or(parts) => any(parts, true),
            Self::Not(parts) => any(parts, true).map(|one_holds| !one_holds),
            Self::State { entity_ids, any, attribute, states } => {
                let is = |id: &String| Ok(states.contains(&text_of(read, id, attribute.as_deref())?));
                let are = entity_ids.iter().map(is).collect::<Result<Vec<_>, String>>()?;
                Ok(if *any { are.contains(&true) } else { !are.contains(&false) })
            }
            Self::Numeric { entity_ids, attribute, above, below } => {
                for id in entity_ids {
                    let text = text_of(read, id, attribute.as_deref())?;
                    let number: f64 = text.parse().map_err(|_| format!("`{text}` of {id} is no number"))?;
                    if above.is_some_and(|above| number <= above) || below.is_some_and(|below| number >= below) {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }
}

fn text_of(read: Look<'_>, id: &str, attribute: Option<&str>) -> Result<String, String> {
    let state = read(id, attribute.is_some()).ok_or_else(|| format!("unknown entity {id}"))?;
    let Some(attribute) = attribute else { return Ok(state.state) };
    match state.attributes.get(attribute) {
        None => Err(format!("{id} has no attribute `{attribute}`")),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Ok(other.to_string()),
    }
}

fn parse(value: &Value, depth: usize, left: &mut Left) -> Result<Condition, String> {
    left.conditions =
        left.conditions.checked_sub(1).ok_or_else(|| format!("at most {MAX_CONDITIONS} conditions are taken"))?;
    let depth = depth.checked_sub(1).ok_or_else(|| format!("conditions are nested at most {MAX_DEPTH} deep"))?;
    // A list is all of its items.
    if let Value::Array(parts) = value {
        return Ok(Condition::And(several(parts, depth, left)?));
    }
    let Value::Object(members) = value else { return Err("a condition is an object".to_owned()) };
    let kind = match members.get("condition") {
        Some(Value::String(kind)) => kind.as_str(),
        Some(_) => return Err("`condition` is a word".to_owned()),
        // The short form: `{"or": […]}`.
        None => ["and", "or", "not"].into_iter().find(|kind| members.contains_key(*kind)).unwrap_or_default(),
    };
    let parts = |left: &mut Left| match members.get("conditions").or_else(|| members.get(kind)) {
        Some(Value::Array(parts)) => several(parts, depth, left),
        Some(part @ Value::Object(_)) => Ok(vec![parse(part, depth, left)?]),
        _ => Err(format!("`{kind}` has `conditions`")),
    };
    match kind {
        "and" => known(members, &["conditions", "and"]).and_then(|()| Ok(Condition::And(parts(left)?))),
        "or" => known(members, &["conditions", "or"]).and_then(|()| Ok(Condition::Or(parts(left)?))),
        "not" => known(members, &["conditions", "not"]).and_then(|()| Ok(Condition::Not(parts(left)?))),
        "state" => {
            known(members, &["entity_id", "match", "attribute", "state"])?;
            let states = words(members, "state", left)?.into_iter().collect();
            let entity_ids = ids(members, left)?;
            let any = members.get("match").is_some_and(|how| how == "any");
            Ok(Condition::State { entity_ids, any, attribute: attribute(members)?, states })
        }
        "numeric_state" => {
            known(members, &["entity_id", "attribute", "above", "below"])?;
            let bound = |name: &str| match members.get(name) {
                None | Some(Value::Null) => Ok(None),
                Some(value) => match value.as_f64() {
                    Some(number) => Ok(Some(number)),
                    None => Err(format!("`{name}` is a number")),
                },
            };
            let (above, below) = (bound("above")?, bound("below")?);
            if above.is_none() && below.is_none() {
                return Err("`numeric_state` has `above` or `below`".to_owned());
            }
            Ok(Condition::Numeric { entity_ids: ids(members, left)?, attribute: attribute(members)?, above, below })
        }
        other => Err(format!("conditions of the kind `{other}` are not known here")),
    }
}

fn several(parts: &[Value], depth: usize, left: &mut Left) -> Result<Vec<Condition>, String> {
    parts.iter().map(|part| parse(part, depth, left)).collect()
}

/// Refuses members that would be passed over: what is asked for and not looked at would not be what was asked.
fn known(members: &Map<String, Value>, own: &[&str]) -> Result<(), String> {
    let everywhere = ["condition", "alias", "enabled", "id"];
    match members.keys().find(|name| !own.contains(&name.as_str()) && !everywhere.contains(&name.as_str())) {
        Some(name) => Err(format!("`{name}` is not known here")),
        None if members.get("enabled").is_some_and(|enabled| enabled != true) => {
            Err("`enabled` is true, or not there".to_owned())
        }
        None => Ok(()),
    }
}

/// Returns a text, or a list of them.
fn words(members: &Map<String, Value>, name: &str, left: &mut Left) -> Result<Vec<String>, String> {
    let wrong = || format!("`{name}` is a text, or a list of them");
    let n = members.get(name).and_then(Value::as_array).map_or(1, Vec::len);
    left.named =
        left.named.checked_sub(n).ok_or_else(|| format!("at most {MAX_NAMED} entities and states are taken"))?;
    match members.get(name) {
        Some(Value::String(text)) => Ok(vec![text.clone()]),
        Some(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        _ => Err(wrong()),
    }
}

fn ids(members: &Map<String, Value>, left: &mut Left) -> Result<Vec<String>, String> {
    let ids = words(members, "entity_id", left)?;
    if ids.is_empty() { Err("`entity_id` names at least one".to_owned()) } else { Ok(ids) }
}

fn attribute(members: &Map<String, Value>) -> Result<Option<String>, String> {
    match members.get("attribute") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.clone())),
        Some(_) => Err("`attribute` is a text".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Checks against a home in which `light.on` is on, `light.off` is off, `sensor.five` is 5, and nothing else is.
    #[track_caller]
    fn check(condition: Value, expected: Result<bool, &str>) {
        let read = |id: &str, _: bool| {
            let state = match id {
                "light.on" => "on",
                "light.off" => "off",
                "sensor.five" => "5",
                _ => return None,
            };
            Some(Seen { state: state.to_owned(), attributes: Map::new() })
        };
        let holds = Condition::parse(&condition).and_then(|condition| condition.holds(&read));
        match (&holds, expected) {
            (Ok(holds), Ok(expected)) => assert_eq!(*holds, expected, "{condition}"),
            (Err(error), Err(expected)) => assert!(error.contains(expected), "{condition}: {error}"),
            _ => panic!("{condition}: {holds:?}"),
        }
    }

    fn is(id: &str, state: &str) -> Value {
        json!({"condition": "state", "entity_id": id, "state": state})
    }

    #[test]
    fn they_hold_or_not() {
        check(is("light.on", "on"), Ok(true));
        check(is("light.off", "on"), Ok(false));
        check(is("light.none", "on"), Err("unknown entity light.none"));
        check(json!({"condition": "state", "entity_id": ["light.on", "light.off"], "state": "on"}), Ok(false));
        check(
            json!({"condition": "state", "entity_id": ["light.on", "light.off"], "state": "on", "match": "any"}),
            Ok(true),
        );
        check(json!({"condition": "state", "entity_id": "light.on", "state": ["off", "on"]}), Ok(true));
        check(json!({"condition": "and", "conditions": [is("light.on", "on"), is("light.off", "on")]}), Ok(false));
        check(json!({"or": [is("light.none", "on"), is("light.on", "on")]}), Ok(true));
        check(
            json!({"condition": "or", "conditions": [is("light.none", "on"), is("light.off", "on")]}),
            Err("unknown"),
        );
        check(json!({"condition": "not", "conditions": [is("light.on", "on")]}), Ok(false));
        check(json!([is("light.on", "on"), is("light.off", "off")]), Ok(true));
        check(json!({"condition": "numeric_state", "entity_id": "sensor.five", "above": 4, "below": 6}), Ok(true));
        check(json!({"condition": "numeric_state", "entity_id": "sensor.five", "above": 5}), Ok(false));
        check(json!({"condition": "numeric_state", "entity_id": "light.on", "above": 5}), Err("no number"));
    }

    #[test]
    fn what_would_be_passed_over_is_refused() {
        check(json!({"condition": "template", "value_template": "x"}), Err("`template`"));
        check(json!({"condition": "state", "entity_id": "light.on", "state": "on", "for": 5}), Err("`for`"));
        check(json!({"condition": "state", "entity_id": [], "state": "on"}), Err("at least one"));
        check(json!("x"), Err("object"));
        check(json!({}), Err("kind ``"));
        let deep = (0..40).fold(is("light.on", "on"), |inner, _| json!({"not": [inner]}));
        check(deep, Err("nested"));
        check(json!({"or": vec![is("light.on", "on"); 5_000]}), Err("at most 4096"));
        // So are more entities or states than can be looked at, in one list or in many.
        let long = json!({"condition": "state", "entity_id": vec!["light.on"; 5_000], "state": "on"});
        check(long, Err("at most 4096 entities"));
        let one = json!({"condition": "state", "entity_id": vec!["light.on"; 1_000], "state": "on"});
        check(json!(vec![one.clone(); 4]), Ok(true));
        check(json!(vec![one; 5]), Err("at most 4096 entities"));
    }
}
