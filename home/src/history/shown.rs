//! The history and the logbook as clients see them, over every road.

use auth_core::{EntityId, Timestamp};
use recorder::{Recorded, Stretch, needs_attributes};
use serde::Serialize;
use serde_json::{Map, Value, json};
use service_bus::{State, Viewer};

/// How states are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// The first is shown as it was; of the others the state and its time, if it is another than the one before.
    pub minimal: bool,
    /// Without attributes, but where a state means nothing without them.
    pub no_attributes: bool,
}

impl Shape {
    /// Tells whether every state of a domain is shown with its attributes.
    pub(crate) fn repeats_attributes(self, domain: &str) -> bool {
        needs_attributes(domain) || !(self.minimal || self.no_attributes)
    }
}

/// How a line of the logbook is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineForm {
    /// Over the socket: the time in seconds, no name, since clients know the entity.
    Socket,
    /// Over REST: the time as text, and the entity's name.
    Rest,
}

fn put(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // Into memory, of what can be written: does not fail.
    _ = serde_json::to_writer(out, value);
}

fn put_attributes(out: &mut Vec<u8>, viewer: &Viewer<'_>, domain: &str, recorded: &Recorded, shape: Shape) {
    if shape.no_attributes && !needs_attributes(domain) {
        out.extend_from_slice(b"{}");
    } else {
        put(out, &*viewer.shown_attributes(&recorded.attributes));
    }
}

/// A state in its place.
#[derive(Clone, Copy)]
struct Placed<'a> {
    recorded: &'a Recorded,
    /// When the period began, for the state that there was at that time.
    start: Option<Timestamp>,
    whole: bool,
}

/// Chooses what of a stretch is shown, and what of that as it was.
fn placed<'a>(domain: &str, stretch: &'a Stretch, start: Timestamp, shape: Shape) -> Vec<Placed<'a>> {
    let before = stretch.before.iter().map(|recorded| Placed { recorded, start: Some(start), whole: true });
    let states = stretch.states.iter().map(|recorded| Placed { recorded, start: None, whole: true });
    let mut placed: Vec<_> = before.chain(states).collect();
    if shape.minimal && !needs_attributes(domain) {
        placed.dedup_by(|next, kept| next.recorded.state == kept.recorded.state);
        placed.iter_mut().skip(1).for_each(|placed| placed.whole = false);
    }
    placed
}

/// Writes the states of an entity in the compressed form of the history: `[{"s","a","lu","lc"?}…]`.
fn put_compressed(
    out: &mut Vec<u8>,
    viewer: &Viewer<'_>,
    entity_id: &EntityId,
    stretch: &Stretch,
    start: Timestamp,
    shape: Shape,
) {
    let domain = entity_id.domain();
    out.push(b'[');
    for (n, Placed { recorded, start, whole }) in placed(domain, stretch, start, shape).into_iter().enumerate() {
        out.extend_from_slice(if n == 0 { br#"{"s":"# } else { br#",{"s":"# });
        put(out, &*recorded.state);
        if whole {
            out.extend_from_slice(br#","a":"#);
            put_attributes(out, viewer, domain, recorded, shape);
        }
        put_times(out, recorded, start);
        out.push(b'}');
    }
    out.push(b']');
}

fn put_times(out: &mut Vec<u8>, recorded: &Recorded, start: Option<Timestamp>) {
    out.extend_from_slice(br#","lu":"#);
    put(out, &start.unwrap_or(recorded.last_updated).as_secs_f64());
    if start.is_none() && !recorded.is_change() {
        out.extend_from_slice(br#","lc":"#);
        put(out, &recorded.last_changed.as_secs_f64());
    }
}

/// Returns the states of entities by their id in the compressed form of the history. Entities without any are left out.
pub fn history_states(viewer: &Viewer<'_>, entities: &[(EntityId, Stretch)], start: Timestamp, shape: Shape) -> String {
    let mut out = vec![b'{'];
    for (entity_id, stretch) in entities.iter().filter(|(_, stretch)| !stretch.is_empty()) {
        if out.len() > 1 {
            out.push(b',');
        }
        put(&mut out, entity_id.as_str());
        out.push(b':');
        put_compressed(&mut out, viewer, entity_id, stretch, start, shape);
    }
    out.push(b'}');
    String::from_utf8(out).unwrap_or_default()
}

/// Returns one state, just written, by its entity's id in the compressed form of the history.
pub fn live_state(viewer: &Viewer<'_>, entity_id: &EntityId, recorded: &Recorded, shape: Shape) -> String {
    let mut out = vec![b'{'];
    put(&mut out, entity_id.as_str());
    out.extend_from_slice(br#":[{"s":"#);
    put(&mut out, &*recorded.state);
    if !shape.no_attributes || needs_attributes(entity_id.domain()) {
        out.extend_from_slice(br#","a":"#);
        put(&mut out, &*viewer.shown_attributes(&recorded.attributes));
    }
    put_times(&mut out, recorded, None);
    out.extend_from_slice(b"}]}");
    String::from_utf8(out).unwrap_or_default()
}

/// Returns the states of entities as REST shows them: a list for each entity that has any. In the minimal form the first
/// and the last of each are whole.
pub fn full_states(viewer: &Viewer<'_>, entities: &[(EntityId, Stretch)], start: Timestamp, shape: Shape) -> Vec<u8> {
    let mut out = vec![b'['];
    for (entity_id, stretch) in entities.iter().filter(|(_, stretch)| !stretch.is_empty()) {
        out.extend_from_slice(if out.len() > 1 { b",[" } else { b"[" });
        let placed = placed(entity_id.domain(), stretch, start, shape);
        let n_last = placed.len() - 1;
        for (n, Placed { recorded, start, whole }) in placed.into_iter().enumerate() {
            if n > 0 {
                out.push(b',');
            }
            let changed = start.unwrap_or(recorded.last_changed).to_string();
            if !whole && n != n_last {
                put(&mut out, &json!({"state": &*recorded.state, "last_changed": changed}));
                continue;
            }
            out.extend_from_slice(br#"{"entity_id":"#);
            put(&mut out, entity_id.as_str());
            out.extend_from_slice(br#","state":"#);
            put(&mut out, &*recorded.state);
            out.extend_from_slice(br#","attributes":"#);
            put_attributes(&mut out, viewer, entity_id.domain(), recorded, shape);
            out.extend_from_slice(br#","last_changed":"#);
            put(&mut out, &changed);
            out.extend_from_slice(br#","last_updated":"#);
            put(&mut out, &start.unwrap_or(recorded.last_updated).to_string());
            out.push(b'}');
        }
        out.push(b']');
    }
    out.push(b']');
    out
}

/// Returns a line of the logbook. Who asked for it, and what they called, is told to whoever may know of their actions:
/// to themselves, and to administrators. What nobody asked for has no `context_` members but for administrators.
pub fn line(viewer: &Viewer<'_>, entity_id: &EntityId, recorded: &Recorded, form: LineForm) -> Value {
    let attributes = viewer.shown_attributes(&recorded.attributes);
    // In as many lines as there are: not longer than a state may be.
    let text = |name: &str| attributes.get(name).and_then(Value::as_str).filter(|text| text.len() <= State::MAX_LEN);
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| _ = line.insert(name.to_owned(), value);
    match form {
        LineForm::Socket => put("when", json!(recorded.last_updated.as_secs_f64())),
        LineForm::Rest => {
            put("when", json!(recorded.last_updated.to_string()));
            let name = text("friendly_name").map_or_else(|| entity_id.object_id().replace('_', " "), ToOwned::to_owned);
            put("name", json!(name));
        }
    }
    put("state", json!(&*recorded.state));
    put("entity_id", json!(entity_id.as_str()));
    if let Some(icon) = text("icon") {
        put("icon", json!(icon));
    }
    let user_id = recorded.context.user_id.as_ref();
    if let Some(user_id) = user_id.filter(|user_id| viewer.knows(user_id)) {
        put("context_user_id", json!(user_id.as_str()));
    }
    let may_know = user_id.map_or_else(|| viewer.rights().is_admin(), |user_id| viewer.knows(user_id));
    if let Some(call) = recorded.call.as_ref().filter(|_| may_know) {
        put("context_event_type", json!("call_service"));
        put("context_domain", json!(call.domain));
        put("context_service", json!(call.service));
    }
    Value::Object(line)
}
