//! Discovery messages in Home Assistant's format: what a device says that it has.

mod abbreviation;
mod book;
mod device;
mod fields;

pub(crate) use book::{Book, run};
pub(crate) use device::device;
pub(crate) use fields::{Fields, MAX_TEXT, Problem, short};

use config_entries::hub::parse_json;
use serde_json::{Map, Value};

/// Where a discovery message was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// `<prefix>/<component>/[<node_id>/]<object_id>/config`: one entity.
    Entity {
        /// Its domain.
        component: &'a str,
        /// Its object id.
        object_id: &'a str,
    },
    /// `<prefix>/device/[<node_id>/]<object_id>/config`: a device and all its entities.
    Device,
}

/// An entity that a message describes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// Tells it from others of the same message; empty for a message about one entity.
    pub(crate) part: String,
    /// Its domain.
    pub(crate) component: String,
    /// What is said of it, names in full.
    pub(crate) fields: Map<String, Value>,
}

/// The largest discovery message that is read.
pub(crate) const MAX_MESSAGE: usize = 256 * 1_024;
/// The most bytes of what is said of a whole device, all its parts together.
const MAX_COPIED: usize = 8 << 20;
/// The most entities of one device.
const MAX_PARTS: usize = 1_000;

/// Returns which messages there are below a prefix, as filters to subscribe to.
pub(crate) fn filters(prefix: &str) -> [String; 2] {
    [format!("{prefix}/+/+/config"), format!("{prefix}/+/+/+/config")]
}

/// Returns what a topic is the place of, if of anything.
pub(crate) fn place<'a>(prefix: &str, topic: &'a str) -> Option<Place<'a>> {
    let rest = topic.strip_prefix(prefix)?.strip_prefix('/')?.strip_suffix("/config")?;
    let mut levels = rest.split('/');
    let component = levels.next().filter(|component| is_id(component))?;
    let (first, second) = (levels.next()?, levels.next());
    if levels.next().is_some() || !is_id(first) || second.is_some_and(|second| !is_id(second)) {
        return None;
    }
    let object_id = second.unwrap_or(first);
    Some(if component == "device" { Place::Device } else { Place::Entity { component, object_id } })
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Returns the entities that a message describes; none if it takes them all away.
///
/// # Errors
/// The message is none.
pub(crate) fn read(place: Place<'_>, payload: &[u8]) -> Result<Vec<Found>, Problem> {
    if payload.is_empty() {
        return Ok(Vec::new());
    }
    let json = parse_json(payload).map_err(|_| Problem::new("payload", "is no JSON"))?;
    let Value::Object(message) = json else { return Err(Problem::new("payload", "is no object")) };
    let fields = abbreviation::expand(message);
    match place {
        Place::Entity { component, .. } => {
            Ok(vec![Found { part: String::new(), component: component.to_owned(), fields }])
        }
        Place::Device => parts(fields),
    }
}

/// Returns the entities of a device. What is said of the whole device holds for each part that does not say otherwise.
fn parts(mut shared: Map<String, Value>) -> Result<Vec<Found>, Problem> {
    let Some(Value::Object(parts)) = shared.remove("components") else {
        return Err(Problem::new("components", "is missing or no object"));
    };
    if !shared.contains_key("device") {
        return Err(Problem::new("device", "is missing"));
    }
    if parts.len() > MAX_PARTS {
        return Err(Problem::new("components", "has too many parts"));
    }
    shared.retain(|name, _| SHARED.contains(&name.as_str()));
    // Each part gets a copy.
    if Value::Object(shared.clone()).to_string().len().saturating_mul(parts.len()) > MAX_COPIED {
        return Err(Problem::new("device", "says too much for so many parts"));
    }
    let mut found = Vec::new();
    for (part, value) in parts {
        let Value::Object(own) = value else {
            return Err(Problem::new(&format!("components.{}", short(&part)), "is no object"));
        };
        let mut own = abbreviation::expand(own);
        let component = own.remove("platform").and_then(|platform| platform.as_str().map(str::to_owned));
        let component =
            component.ok_or_else(|| Problem::new(&format!("components.{}.platform", short(&part)), "is missing"))?;
        // Only the platform is left of a part that was removed.
        if own.is_empty() {
            continue;
        }
        for (name, value) in &shared {
            if !own.contains_key(name) {
                own.insert(name.clone(), value.clone());
            }
        }
        found.push(Found { part, component, fields: own });
    }
    Ok(found)
}

/// What may be said of a whole device.
const SHARED: [&str; 13] = [
    "availability",
    "availability_mode",
    "availability_template",
    "availability_topic",
    "command_topic",
    "device",
    "encoding",
    "json_attributes_topic",
    "origin",
    "payload_available",
    "payload_not_available",
    "qos",
    "state_topic",
];

#[cfg(test)]
mod tests;
