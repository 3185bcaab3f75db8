//! What there is to name in a policy, and what people call it.

use serde::Deserialize;
use serde_json::json;

use crate::{asked::Asked, problem::Problem};

/// Everything that a rule can name.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Names {
    pub(crate) areas: Vec<Named>,
    floors: Vec<Named>,
    labels: Vec<Named>,
    devices: Vec<Named>,
    pub(crate) entities: Vec<Named>,
    domains: Vec<String>,
}

/// One thing.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A suggestion of a field.
#[derive(Clone, Debug)]
pub(crate) struct Suggested {
    pub(crate) value: String,
    pub(crate) label: String,
}

/// What a row of a policy is about: a word before a colon, and the subcategory that it stands for.
pub(crate) const KINDS: [(&str, &str); 6] = [
    ("area", "area_ids"),
    ("floor", "floor_ids"),
    ("label", "label_ids"),
    ("domain", "domains"),
    ("device", "device_ids"),
    ("entity", "entity_ids"),
];

/// The most suggestions of one page, so that the page of a large home stays small. What is not suggested can be written.
const MAX_SUGGESTED: usize = 500;

impl Names {
    pub(crate) async fn load(asked: &Asked) -> Result<Self, Problem> {
        Ok(asked.run("policy/names", json!({})).await?)
    }

    fn all(&self) -> impl Iterator<Item = (&'static str, &str, &str)> {
        fn of<'a>(kind: &'static str, list: &'a [Named]) -> impl Iterator<Item = (&'static str, &'a str, &'a str)> {
            list.iter().map(move |named| (kind, named.id.as_str(), named.name.as_str()))
        }
        let domains = self.domains.iter().map(|domain| ("domain", domain.as_str(), domain.as_str()));
        of("area", &self.areas)
            .chain(of("floor", &self.floors))
            .chain(of("label", &self.labels))
            .chain(domains)
            .chain(of("entity", &self.entities))
            .chain(of("device", &self.devices))
    }

    /// Returns suggestions for the rows of a policy.
    pub(crate) fn suggested(&self) -> Vec<Suggested> {
        let everything = Suggested { value: "all".to_owned(), label: "Everything".to_owned() };
        let named = self
            .all()
            .map(|(kind, id, name)| Suggested { value: format!("{kind}:{id}"), label: format!("{name} ({kind})") });
        std::iter::once(everything).chain(named).take(MAX_SUGGESTED).collect()
    }

    /// Returns suggestions of entities.
    pub(crate) fn suggested_entities(&self) -> Vec<Suggested> {
        let named =
            self.entities.iter().map(|entity| Suggested { value: entity.id.clone(), label: entity.name.clone() });
        named.take(MAX_SUGGESTED).collect()
    }

    /// Returns what people call something.
    pub(crate) fn label(&self, kind: &str, id: &str) -> String {
        let found = self.all().find(|(k, i, _)| *k == kind && *i == id);
        found.map_or_else(
            || format!("{id} ({kind}; nothing here has that name)"),
            |(_, _, name)| format!("{name} ({kind})"),
        )
    }

    /// Returns what people call an entity.
    pub(crate) fn entity<'a>(&'a self, id: &'a str) -> &'a str {
        let found = self.entities.binary_search_by(|entity| entity.id.as_str().cmp(id)).ok();
        found.and_then(|at| self.entities.get(at)).map_or(id, |entity| &entity.name)
    }

    /// Finds out what a row is about: `all`, a word for the kind and an id, or a name that one thing here has.
    ///
    /// # Errors
    /// What to write instead.
    pub(crate) fn resolve(&self, text: &str) -> Result<(&'static str, String), String> {
        let lower = text.to_lowercase();
        if lower == "all" || lower == "everything" {
            return Ok(("all", String::new()));
        }
        if let Some((kind, id)) = text.split_once(':') {
            let known = KINDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(kind.trim()));
            return match known {
                Some((kind, _)) if !id.trim().is_empty() => Ok((kind, id.trim().to_owned())),
                _ => {
                    Err(format!("“{text}” should be one of area:, floor:, label:, domain:, device:, entity: and an id"))
                }
            };
        }
        let fits = |(_, id, name): &(&str, &str, &str)| *id == lower || name.to_lowercase() == lower;
        let found: Vec<_> = self.all().filter(fits).collect();
        match found.as_slice() {
            [(kind, id, _)] => Ok((kind, (*id).to_owned())),
            [] if text.contains('.') && !text.contains(' ') => Ok(("entity", text.to_owned())),
            [] => Err(format!("nothing here is called “{text}”: choose from the list")),
            several => {
                let several = several.iter().take(5).map(|(kind, id, _)| format!("{kind}:{id}"));
                Err(format!("“{text}” may be {}: write which", several.collect::<Vec<_>>().join(" or ")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        serde_json::from_value(json!({
            "areas": [{"id": "kitchen", "name": "Kitchen"}, {"id": "hall", "name": "Hall"}],
            "floors": [], "labels": [{"id": "private", "name": "Private"}],
            "devices": [{"id": "d1", "name": "Hall"}],
            "entities": [{"id": "light.hall", "name": "Hall light"}, {"id": "lock.door", "name": "Door"}],
            "domains": ["light", "lock"],
        }))
        .unwrap()
    }

    #[test]
    fn what_people_write_is_understood_or_asked_about() {
        let names = names();
        let check = |text: &str, kind: &str, id: &str| {
            assert_eq!(
                names.resolve(text),
                Ok((KINDS.iter().map(|k| k.0).chain(["all"]).find(|k| *k == kind).unwrap(), id.to_owned()))
            );
        };
        check("All", "all", "");
        check("area:kitchen", "area", "kitchen");
        check("Area: none", "area", "none");
        check("kitchen", "area", "kitchen");
        check("private", "label", "private");
        check("light", "domain", "light");
        check("door", "entity", "lock.door");
        check("light.other", "entity", "light.other");
        for wrong in ["hall", "cellar", "room:x", "area:", ":x"] {
            assert!(names.resolve(wrong).is_err(), "{wrong}");
        }
        assert_eq!(names.resolve("hall").unwrap_err(), "“hall” may be area:hall or device:d1: write which");
        assert_eq!((names.entity("lock.door"), names.entity("lock.none")), ("Door", "lock.none"));
        assert_eq!(names.label("area", "kitchen"), "Kitchen (area)");
    }
}
