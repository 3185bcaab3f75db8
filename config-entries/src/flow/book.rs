//! The flows under way: who started which, about what, since when. Sans-IO: time and ids come in as arguments.

use auth_core::{Timestamp, UserId};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Source;

/// Identifies a flow: 26 characters of a ULID (config flows) or 32 hex digits, 80 or 128 bits of them random.
pub type FlowId = String;

/// What a flow is about. Each kind has ids and endpoints of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowKind {
    /// Makes an entry, or updates one (reauth, reconfigure).
    Config,
    /// Changes the options of an entry.
    Options {
        /// The entry.
        entry_id: String,
    },
    /// Makes or changes a part of an entry.
    Subentry {
        /// The entry.
        entry_id: String,
        /// What kind of part.
        subentry_type: String,
        /// The part that is changed; none for a new one.
        subentry_id: Option<String>,
    },
}

/// One flow under way.
#[derive(Clone, Debug)]
pub struct FlowRecord {
    /// Its id.
    pub id: FlowId,
    /// What it is about.
    pub kind: FlowKind,
    /// The integration.
    pub domain: String,
    /// What started it.
    pub source: Source,
    /// Who started it; nobody for what the hub itself started, which any administrator may go on with.
    pub started_by: Option<UserId>,
    /// Who last went on with it.
    pub answered_by: Option<UserId>,
    /// The entries that it is about: the first is the flow's own; the others share its account.
    pub entry_ids: Vec<String>,
    /// The unique id that it has set, or that of its entry.
    pub unique_id: Option<String>,
    /// What names it for people: `name` and others.
    pub title_placeholders: Map<String, Value>,
    /// What discovered it.
    pub discovery_key: Option<Value>,
    /// The step that is shown; none while it is still at its first.
    pub step_id: Option<String>,
    /// When something was last done with it.
    pub touched_at: Timestamp,
    /// What it comes to is being done: it can be aborted no more.
    pub is_finishing: bool,
}

/// There are as many flows as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many flows in progress")]
pub struct FlowLimit;

/// The flows under way, in the order in which they were started.
#[derive(Clone, Debug, Default)]
pub struct FlowBook {
    flows: IndexMap<FlowId, FlowRecord>,
}

impl FlowBook {
    /// The most flows that one user has open.
    pub const MAX_OF_USER: usize = 32;
    /// The most flows that were discovered and that nobody has looked at.
    pub const MAX_DISCOVERED: usize = 256;
    /// How long a flow of a user may be left alone, in seconds, before it is gone. One that the hub started stays.
    pub const IDLE_SECS: i64 = 3600;

    /// Adds a flow.
    ///
    /// # Errors
    /// [`FlowLimit`]. A reauthentication is never refused for it: there is one for each entry at most.
    pub fn start(&mut self, flow: FlowRecord) -> Result<(), FlowLimit> {
        let full = match flow.source {
            Source::Reauth => false,
            source if source.is_discovery() => {
                let discovered = |other: &&FlowRecord| other.source.is_discovery();
                self.flows.values().filter(discovered).count() >= Self::MAX_DISCOVERED
            }
            _ => {
                let of_user = |other: &&FlowRecord| other.is_asked_for() && other.started_by == flow.started_by;
                self.flows.values().filter(of_user).count() >= Self::MAX_OF_USER
            }
        };
        if full {
            return Err(FlowLimit);
        }
        self.flows.insert(flow.id.clone(), flow);
        Ok(())
    }

    /// Adds a reauthentication of an entry, unless there is one, or a reconfiguration of it is open: then nothing
    /// happens. Looking and adding are one, so that ten refusals at once make one flow.
    pub fn start_reauth(&mut self, flow: FlowRecord) -> bool {
        let about = |id: &String| self.reauth_or_reconfigure_of(id).is_some();
        if flow.source != Source::Reauth || flow.entry_ids.is_empty() || flow.entry_ids.iter().any(about) {
            return false;
        }
        self.flows.insert(flow.id.clone(), flow);
        true
    }

    /// Has a reauthentication that is under way count for another entry of the same account as well.
    pub fn join_reauth(&mut self, flow_id: &str, entry_id: &str) -> bool {
        match self.flows.get_mut(flow_id).filter(|flow| flow.source == Source::Reauth) {
            Some(flow) if !flow.entry_ids.iter().any(|id| id == entry_id) => {
                flow.entry_ids.push(entry_id.to_owned());
                true
            }
            _ => false,
        }
    }

    /// Returns a flow.
    pub fn get(&self, flow_id: &str) -> Option<&FlowRecord> {
        self.flows.get(flow_id)
    }

    /// Returns a flow to be changed.
    pub fn get_mut(&mut self, flow_id: &str) -> Option<&mut FlowRecord> {
        self.flows.get_mut(flow_id)
    }

    /// Iterates over the flows.
    pub fn iter(&self) -> impl Iterator<Item = &FlowRecord> {
        self.flows.values()
    }

    /// Takes a flow out: it has ended, or is aborted.
    pub fn end(&mut self, flow_id: &str) -> Option<FlowRecord> {
        self.flows.shift_remove(flow_id)
    }

    /// Returns the reauthentication that an entry is part of.
    pub fn reauth_of(&self, entry_id: &str) -> Option<&FlowRecord> {
        self.flows.values().find(|flow| flow.source == Source::Reauth && flow.is_about(entry_id))
    }

    /// Returns the reauthentication or reconfiguration that an entry is part of.
    pub(crate) fn reauth_or_reconfigure_of(&self, entry_id: &str) -> Option<&FlowRecord> {
        let source = |flow: &FlowRecord| matches!(flow.source, Source::Reauth | Source::Reconfigure);
        // Changing a part of the entry does not help it to sign in.
        let is_such = |flow: &FlowRecord| source(flow) && flow.kind == FlowKind::Config;
        self.flows.values().find(|flow| is_such(flow) && flow.is_about(entry_id))
    }

    /// Returns the flows about an entry: those that end with it.
    pub fn about(&self, entry_id: &str) -> Vec<FlowId> {
        self.flows.values().filter(|flow| flow.is_about(entry_id)).map(|flow| flow.id.clone()).collect()
    }

    /// Returns the other flows of a domain that are to make an entry with this unique id.
    pub fn rivals(&self, flow_id: &str, domain: &str, unique_id: &str) -> Vec<FlowId> {
        let rival = |flow: &&FlowRecord| {
            flow.id != flow_id
                && flow.domain == domain
                && flow.kind == FlowKind::Config
                && !matches!(flow.source, Source::Reauth | Source::Reconfigure)
                && flow.unique_id.as_deref() == Some(unique_id)
        };
        self.flows.values().filter(rival).map(|flow| flow.id.clone()).collect()
    }

    /// Takes out the flows that users have left alone for too long.
    pub fn expire(&mut self, now: Timestamp) -> Vec<FlowRecord> {
        let idle = |flow: &FlowRecord| flow.is_asked_for() && now.secs_since(flow.touched_at) >= Self::IDLE_SECS;
        let ids: Vec<_> = self.flows.values().filter(|flow| idle(flow)).map(|flow| flow.id.clone()).collect();
        ids.iter().filter_map(|id| self.end(id)).collect()
    }
}

impl FlowRecord {
    /// What stands in for the unique id of a discovery that has none, so that there is one such flow at a time.
    pub const NO_UNIQUE_ID: &str = "default_discovery_unique_id";

    /// Tells whether the flow is about an entry.
    pub fn is_about(&self, entry_id: &str) -> bool {
        self.entry_ids.iter().any(|id| id == entry_id)
    }

    /// Tells whether somebody asked for it, rather than that the hub started it.
    pub const fn is_asked_for(&self) -> bool {
        !self.source.is_announced()
    }

    /// Tells whether a user may go on with it: whoever started it, and everybody with what the hub started.
    pub fn belongs_to(&self, user: Option<&UserId>) -> bool {
        self.started_by.is_none() || self.started_by.as_ref() == user
    }

    /// Returns what a client knows the flow by: the domain, the entry, or the entry and the kind of part.
    pub fn handler(&self) -> Value {
        match &self.kind {
            FlowKind::Config => Value::from(self.domain.clone()),
            FlowKind::Options { entry_id } => Value::from(entry_id.clone()),
            FlowKind::Subentry { entry_id, subentry_type, .. } => {
                Value::from(vec![entry_id.clone(), subentry_type.clone()])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(id: &str, source: Source, by: Option<&str>, entries: &[&str]) -> FlowRecord {
        FlowRecord {
            id: id.to_owned(),
            kind: FlowKind::Config,
            domain: "mqtt".to_owned(),
            source,
            started_by: by.map(UserId::from),
            answered_by: by.map(UserId::from),
            entry_ids: entries.iter().map(|id| (*id).to_owned()).collect(),
            unique_id: None,
            title_placeholders: Map::new(),
            discovery_key: None,
            step_id: None,
            touched_at: Timestamp::from_secs(100),
            is_finishing: false,
        }
    }

    #[test]
    fn an_entry_has_one_reauth_or_reconfigure() {
        let mut book = FlowBook::default();
        assert!(book.start_reauth(flow("1", Source::Reauth, None, &["a"])));
        assert!(!book.start_reauth(flow("2", Source::Reauth, None, &["a"])));
        assert!(book.join_reauth("1", "b") && !book.join_reauth("1", "b"));
        assert!(!book.start_reauth(flow("3", Source::Reauth, None, &["b"])), "it is part of the first");
        book.start(flow("4", Source::Reconfigure, Some("u"), &["c"])).unwrap();
        assert!(!book.start_reauth(flow("5", Source::Reauth, None, &["c"])));
        assert!(!book.start_reauth(flow("6", Source::Reauth, None, &[])), "a reauth is about an entry");
        assert!(!book.start_reauth(flow("7", Source::User, None, &["d"])));
        assert_eq!(book.iter().count(), 2);
        book.end("1");
        assert!(book.start_reauth(flow("8", Source::Reauth, None, &["b"])));
    }

    #[test]
    fn flows_are_bounded_and_idle_ones_end() {
        let mut book = FlowBook::default();
        for n in 0..FlowBook::MAX_OF_USER {
            book.start(flow(&n.to_string(), Source::User, Some("u"), &[])).unwrap();
        }
        assert_eq!(book.start(flow("x", Source::User, Some("u"), &[])), Err(FlowLimit));
        assert_eq!(book.start(flow("y", Source::User, Some("v"), &[])), Ok(()));
        assert!(book.start_reauth(flow("z", Source::Reauth, None, &["a"])));
        assert_eq!(book.expire(Timestamp::from_secs(100 + 3599)).len(), 0);
        assert_eq!(book.expire(Timestamp::from_secs(100 + 3600)).len(), FlowBook::MAX_OF_USER + 1);
        assert_eq!(book.iter().count(), 1, "the reauthentication waits");
    }

    #[test]
    fn flows_belong_to_who_started_them() {
        let user = UserId::from("u");
        assert!(flow("1", Source::User, Some("u"), &[]).belongs_to(Some(&user)));
        assert!(!flow("1", Source::User, Some("v"), &[]).belongs_to(Some(&user)));
        assert!(flow("1", Source::Reauth, None, &["a"]).belongs_to(Some(&user)));
    }
}
