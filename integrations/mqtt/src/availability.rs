//! Whether a device is there, as it says itself.

use crate::{
    discovery::{Fields, Problem},
    value::Template,
};

/// Where a device says whether it is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Availability {
    pub(crate) sources: Vec<Source>,
    mode: Mode,
}

/// One topic on which it is said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) topic: String,
    there: String,
    gone: String,
    template: Option<Template>,
}

/// What several topics come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    /// All must say that it is there.
    All,
    /// One must.
    Any,
    /// The one that spoke last must.
    #[default]
    Latest,
}

/// What was said so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    by_source: Vec<Option<bool>>,
    latest: Option<bool>,
}

/// The most topics of one entity.
const MAX_SOURCES: usize = 16;

impl Availability {
    /// Reads `availability`, or `availability_topic` and what goes with it.
    pub(crate) fn parse(fields: &Fields<'_>) -> Result<Self, Problem> {
        let mode = match fields.text("availability_mode")?.as_deref() {
            None | Some("latest") => Mode::Latest,
            Some("all") => Mode::All,
            Some("any") => Mode::Any,
            Some(_) => return Err(Problem::new("availability_mode", "is not all, any or latest")),
        };
        let mut sources = Vec::new();
        for source in fields.objects("availability")? {
            let inner = Fields::new(source);
            let topic = inner.required("topic", inner.topic_in("topic")?)?;
            sources.push(Source::parse(&inner, topic, "value_template")?);
        }
        if let Some(topic) = fields.topic_in("availability_topic")? {
            sources.push(Source::parse(fields, topic, "availability_template")?);
        }
        if sources.len() > MAX_SOURCES {
            return Err(Problem::new("availability", "has too many topics"));
        }
        Ok(Self { sources, mode })
    }

    /// Takes what the `nth` topic says.
    pub(crate) fn hear(&self, said: &mut Said, nth: usize, payload: &str) -> Result<(), Problem> {
        let Some(source) = self.sources.get(nth) else { return Ok(()) };
        let word = match &source.template {
            Some(template) => template.read(payload).map_err(|error| Problem::new("availability_template", error))?,
            None => payload.to_owned(),
        };
        let there = if word == source.there {
            true
        } else if word == source.gone {
            false
        } else {
            return Ok(());
        };
        said.by_source.resize(self.sources.len(), None);
        if let Some(place) = said.by_source.get_mut(nth) {
            *place = Some(there);
        }
        said.latest = Some(there);
        Ok(())
    }

    /// Tells whether the device is there, after all that was said.
    pub(crate) fn is_there(&self, said: &Said) -> bool {
        if self.sources.is_empty() {
            return true;
        }
        let yes = said.by_source.iter().filter(|said| **said == Some(true)).count();
        match self.mode {
            Mode::All => yes == self.sources.len(),
            Mode::Any => yes > 0,
            Mode::Latest => said.latest == Some(true),
        }
    }
}

impl Source {
    fn parse(fields: &Fields<'_>, topic: String, template: &'static str) -> Result<Self, Problem> {
        Ok(Self {
            topic,
            there: fields.text("payload_available")?.unwrap_or_else(|| "online".to_owned()),
            gone: fields.text("payload_not_available")?.unwrap_or_else(|| "offline".to_owned()),
            template: fields.template(template)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    #[track_caller]
    fn check(mode: &str, said: &[(usize, &str)], expected: bool) {
        let config = json!({"availability": [{"topic": "a"}, {"topic": "b", "value_template": "{{ value_json.s }}"}],
            "availability_mode": mode});
        let map: Map<String, Value> = config.as_object().unwrap().clone();
        let availability = Availability::parse(&Fields::new(&map)).unwrap();
        let mut state = Said::default();
        for (nth, payload) in said {
            availability.hear(&mut state, *nth, payload).unwrap();
        }
        assert_eq!(availability.is_there(&state), expected, "{mode} {said:?}");
    }

    #[test]
    fn modes_are_home_assistants() {
        let (yes, no) = (r#"{"s":"online"}"#, r#"{"s":"offline"}"#);
        for mode in ["all", "any", "latest"] {
            check(mode, &[], false);
            check(mode, &[(0, "neither")], false);
            check(mode, &[(0, "online"), (1, yes)], true);
        }
        check("all", &[(0, "online")], false);
        check("any", &[(0, "online"), (1, no)], true);
        check("latest", &[(0, "online"), (1, no)], false);
        check("latest", &[(1, no), (0, "online")], true);
        check("all", &[(0, "online"), (1, yes), (0, "offline")], false);
    }

    #[test]
    fn without_topics_it_is_there() {
        let availability = Availability::parse(&Fields::new(&Map::new())).unwrap();
        assert!(availability.is_there(&Said::default()));
    }
}
