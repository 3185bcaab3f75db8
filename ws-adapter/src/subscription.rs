//! What a connection listens to.

mod past;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use auth_core::EntityId;
use serde_json::{Map, Value, json};
use service_bus::{EventData, State, Viewer};
use templates::Listeners;

pub(crate) use past::{HistorySubscription, LogbookSubscription};

use crate::told::Told;

/// One subscription.
#[derive(Debug)]
pub(crate) enum Subscription {
    /// Events of a type, or of every type.
    Events { event_type: Option<String>, since: u64 },
    /// States, shown as differences.
    Entities(Box<EntitySubscription>),
    /// A template, rendered anew when what it read has changed.
    Template(Box<TemplateSubscription>),
    /// What the home tells of one kind of thing.
    Told { told: Told, since: u64 },
    /// What entities were, and what they become.
    History(Box<HistorySubscription>),
    /// The logbook.
    Logbook(Box<LogbookSubscription>),
    /// Something that never happens here.
    Nothing,
}

/// Which entities a subscription is about.
#[derive(Debug, Default)]
pub(crate) struct EntityFilter {
    /// These alone; all if empty.
    entity_ids: BTreeSet<String>,
    include: Option<Choice>,
    exclude: Option<Choice>,
}

#[derive(Debug)]
struct Choice {
    domains: BTreeSet<String>,
    globs: Vec<String>,
    entities: BTreeSet<String>,
}

type GivenChoice = (BTreeSet<String>, Vec<String>, BTreeSet<String>);

/// The most patterns in a filter, and the longest of them.
const MAX_GLOBS: usize = 256;
const MAX_GLOB_LEN: usize = 256;

impl EntityFilter {
    /// Returns a filter, or what is wrong with it.
    pub(crate) fn new(
        entity_ids: BTreeSet<String>,
        include: Option<GivenChoice>,
        exclude: Option<GivenChoice>,
    ) -> Result<Self, String> {
        let choice = |given: Option<GivenChoice>| match given {
            Some((_, globs, _)) if globs.len() > MAX_GLOBS || globs.iter().any(|glob| glob.len() > MAX_GLOB_LEN) => {
                Err("too many or too long entity_globs".to_owned())
            }
            Some((domains, globs, entities)) => Ok(Some(Choice { domains, globs, entities })),
            None => Ok(None),
        };
        Ok(Self { entity_ids, include: choice(include)?, exclude: choice(exclude)? })
    }

    pub(crate) fn wants(&self, id: &EntityId) -> bool {
        (self.entity_ids.is_empty() || self.entity_ids.contains(id.as_str()))
            && self.include.as_ref().is_none_or(|choice| choice.has(id))
            && !self.exclude.as_ref().is_some_and(|choice| choice.has(id))
    }
}

impl Choice {
    fn has(&self, id: &EntityId) -> bool {
        self.domains.contains(id.domain())
            || self.entities.contains(id.as_str())
            || self.globs.iter().any(|glob| matches_glob(glob.as_bytes(), id.as_str().as_bytes()))
    }
}

/// Matches `*` and `?`. O(length of both, multiplied) at worst.
fn matches_glob(glob: &[u8], text: &[u8]) -> bool {
    let (mut g, mut t) = (0, 0);
    // Where to go on after the last star, one character further each time.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match glob.get(g) {
            Some(b'*') => {
                star = Some((g, t));
                g += 1;
            }
            Some(c) if *c == b'?' || text.get(t) == Some(c) => {
                g += 1;
                t += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                g = at + 1;
                t = from + 1;
            }
        }
    }
    glob.iter().skip(g).all(|c| *c == b'*')
}

/// States, shown as differences from what this listener was shown last.
#[derive(Debug)]
pub(crate) struct EntitySubscription {
    pub(crate) filter: EntityFilter,
    /// Events up to this number are in what was shown already.
    pub(crate) since: u64,
    shown: HashMap<EntityId, Arc<State>>,
}

impl EntitySubscription {
    pub(crate) fn new(filter: EntityFilter) -> Self {
        Self { filter, since: 0, shown: HashMap::new() }
    }

    /// Shows the first states: `{"a": {…}}`, even if there are none.
    pub(crate) fn first(&mut self, viewer: &Viewer<'_>, states: Vec<Arc<State>>, since: u64) -> String {
        self.since = since;
        let mut text = String::from(r#"{"a":{"#);
        for (n, state) in states.iter().enumerate() {
            if n > 0 {
                text.push(',');
            }
            push_member(&mut text, viewer, state);
        }
        text.push_str("}}");
        self.shown = states.into_iter().map(|state| (state.entity_id.clone(), state)).collect();
        text
    }

    /// Shows one change, if there is something to show.
    pub(crate) fn change(&mut self, viewer: &Viewer<'_>, data: &EventData) -> Option<String> {
        let EventData::StateChanged { entity_id, new, .. } = data else { return None };
        if !self.filter.wants(entity_id) {
            return None;
        }
        match new {
            None => self.shown.remove(entity_id).map(|_| json!({"r": [entity_id.as_str()]}).to_string()),
            Some(state) => self.show(viewer, state),
        }
    }

    fn show(&mut self, viewer: &Viewer<'_>, state: &Arc<State>) -> Option<String> {
        let before = self.shown.insert(state.entity_id.clone(), Arc::clone(state));
        let Some(before) = before else {
            let mut text = String::from(r#"{"a":{"#);
            push_member(&mut text, viewer, state);
            text.push_str("}}");
            return Some(text);
        };
        let diff = viewer.diff(&before, state)?;
        Some(json!({"c": {state.entity_id.as_str(): diff.0}}).to_string())
    }

    /// Shows what a change of the world means: what may no longer be read is removed, what may be read now is added.
    pub(crate) fn reconcile(&mut self, viewer: &Viewer<'_>, states: &[Arc<State>], since: u64) -> Vec<String> {
        self.since = since;
        let visible: BTreeSet<_> = states.iter().map(|state| &state.entity_id).collect();
        let gone: Vec<_> = self.shown.keys().filter(|id| !visible.contains(id)).cloned().collect();
        let mut messages = Vec::new();
        if !gone.is_empty() {
            self.shown.retain(|id, _| !gone.contains(id));
            messages.push(json!({"r": gone.iter().map(EntityId::as_str).collect::<Vec<_>>()}).to_string());
        }
        messages.extend(states.iter().filter_map(|state| self.show(viewer, state)));
        messages
    }
}

fn push_member(text: &mut String, viewer: &Viewer<'_>, state: &State) {
    text.push('"');
    text.push_str(state.entity_id.as_str());
    text.push_str("\":");
    text.push_str(std::str::from_utf8(&viewer.compressed_json(state)).unwrap_or("null"));
}

/// What a template subscription asked for.
#[derive(Clone, Debug)]
pub(crate) struct TemplateWish {
    pub(crate) template: String,
    pub(crate) variables: Map<String, Value>,
    pub(crate) timeout: Option<f64>,
    pub(crate) strict: bool,
    pub(crate) report_errors: bool,
}

/// A template and what it read last.
#[derive(Debug)]
pub(crate) struct TemplateSubscription {
    pub(crate) wish: TemplateWish,
    /// The request has been answered.
    pub(crate) answered: bool,
    /// A render is under way.
    pub(crate) running: bool,
    /// Something has changed since that render began.
    pub(crate) stale: bool,
    pub(crate) listeners: Listeners,
    /// The last event that was sent.
    pub(crate) last: Option<String>,
}

impl TemplateSubscription {
    pub(crate) fn new(wish: TemplateWish) -> Self {
        let listeners = Listeners::default();
        Self { wish, answered: false, running: false, stale: false, listeners, last: None }
    }

    /// Tells whether a change of this entity can change the result.
    pub(crate) fn depends_on(&self, id: &EntityId) -> bool {
        self.listeners.all
            || self.listeners.entities.contains(id.as_str())
            || self.listeners.domains.contains(id.domain())
    }
}

/// The subscriptions of a connection, by id.
pub(crate) type Subscriptions = BTreeMap<u64, Subscription>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match() {
        let check = |glob: &str, text: &str| matches_glob(glob.as_bytes(), text.as_bytes());
        assert!(check("light.*", "light.a") && check("*", "") && check("l?ght.*a", "light.banana"));
        assert!(!check("light.*b", "light.a") && !check("?", "") && !check("light", "light.a"));
        assert!(!check(&"*a".repeat(100), &"b".repeat(200)));
    }
}
