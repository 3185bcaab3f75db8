//! Entity ids, parsed once at the edge.

use alloc::{string::String, sync::Arc};
use core::{
    borrow::Borrow,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
};

/// An entity id such as `light.kitchen`: a domain, a dot and an object id, all lower case.
///
/// Domain and object id consist of `a-z`, `0-9` and `_`, start and end with something other than `_`; the domain holds
/// no `__`. At most 255 bytes. The rule is Home Assistant's.
#[derive(Clone)]
pub struct EntityId {
    id: Arc<str>,
    dot: u8,
}

/// The text is not an entity id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an entity id such as `light.kitchen`")]
pub struct InvalidEntityId(pub String);

impl EntityId {
    /// The longest entity id, in bytes.
    pub const MAX_LEN: usize = 255;

    /// Parses an id as people write it: outer white space is dropped and capitals become small.
    ///
    /// # Errors
    /// [`InvalidEntityId`] with the text as given, cut to 64 characters.
    pub fn parse_lenient(text: &str) -> Result<Self, InvalidEntityId> {
        let trimmed = text.trim();
        if trimmed.chars().any(|c| c.is_ascii_uppercase()) {
            trimmed.to_ascii_lowercase().parse()
        } else {
            trimmed.parse()
        }
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.id
    }

    /// Returns the part before the dot.
    pub fn domain(&self) -> &str {
        self.id.get(..usize::from(self.dot)).unwrap_or_default()
    }

    /// Returns the part after the dot.
    pub fn object_id(&self) -> &str {
        self.id.get(usize::from(self.dot) + 1..).unwrap_or_default()
    }

    /// Returns the shared text.
    pub fn to_shared(&self) -> Arc<str> {
        Arc::clone(&self.id)
    }

    /// Tells whether `text` may stand before the dot.
    pub fn is_domain(text: &str) -> bool {
        is_slug(text) && !text.contains("__")
    }
}

fn is_slug(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('_')
        && !text.ends_with('_')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

impl FromStr for EntityId {
    type Err = InvalidEntityId;

    fn from_str(text: &str) -> Result<Self, InvalidEntityId> {
        let refused = || InvalidEntityId(text.chars().take(64).collect());
        let (domain, object_id) = text.split_once('.').ok_or_else(refused)?;
        if text.len() > Self::MAX_LEN || !Self::is_domain(domain) || !is_slug(object_id) {
            return Err(refused());
        }
        let dot = u8::try_from(domain.len()).map_err(|_| refused())?;
        Ok(Self { id: Arc::from(text), dot })
    }
}

// INVARIANT: compared, ordered and hashed as its text alone, because maps are asked with `&str`.
impl PartialEq for EntityId {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for EntityId {}

impl Hash for EntityId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl PartialOrd for EntityId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for EntityId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id.cmp(&other.id)
    }
}

impl fmt::Debug for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntityId({})", self.id)
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

impl Borrow<str> for EntityId {
    fn borrow(&self) -> &str {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, &str)>) {
        let parsed = text.parse::<EntityId>().ok();
        assert_eq!(parsed.as_ref().map(|id| (id.domain(), id.object_id())), expected, "{text}");
    }

    #[test]
    fn accepts_what_home_assistant_accepts() {
        check("light.kitchen", Some(("light", "kitchen")));
        check("input_boolean.a__b", Some(("input_boolean", "a__b")));
        check("sensor.9", Some(("sensor", "9")));
        for bad in
            ["", "light", ".x", "light.", "Light.x", "light.a.b", "_l.x", "l_.x", "a__b.x", "l.x_", "l. x", "l.é"]
        {
            check(bad, None);
        }
        let longest = "x".repeat(EntityId::MAX_LEN - 6);
        check(&format!("light.{longest}"), Some(("light", &longest)));
        check(&format!("light.{longest}x"), None);
        assert_eq!(EntityId::parse_lenient(" Light.Kitchen ").unwrap().as_str(), "light.kitchen");
    }

    #[test]
    fn is_compared_ordered_hashed_and_shown_as_its_text() {
        let [a, b] = ["light.a", "light.b"].map(|id| id.parse::<EntityId>().unwrap());
        assert!(a == "light.a".parse().unwrap() && a != b);
        assert_eq!(
            [a.partial_cmp(&b), b.partial_cmp(&a), a.partial_cmp(&a)].map(Option::unwrap),
            [Ordering::Less, Ordering::Greater, Ordering::Equal]
        );
        let found = std::collections::HashSet::from([a.clone()]);
        assert!(found.contains("light.a") && !found.contains("light.b"));
        assert_eq!((a.to_string().as_str(), format!("{a:?}").as_str()), ("light.a", "EntityId(light.a)"));
    }
}
