//! One row of a policy's form.

use serde_json::Value;

use crate::{form::Form, names::Names};

/// One row: what it is about, and what may be done there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    /// What its fields' names begin with.
    pub(crate) key: String,
    /// What was typed.
    pub(crate) what: String,
    /// What people call that.
    pub(crate) label: String,
    pub(crate) read: bool,
    pub(crate) control: bool,
    pub(crate) edit: bool,
    pub(crate) wrong: Option<String>,
}

pub(super) fn label(kind: &str, id: &str, names: &Names) -> String {
    if kind == "all" { "everything".to_owned() } else { names.label(kind, id) }
}

impl Row {
    pub(super) fn of(kind: &str, id: &str, may: &Value, names: &Names) -> Option<Self> {
        let (is_all, named) = match may {
            Value::Bool(true) => (true, None),
            Value::Object(named) => (false, Some(named)),
            _ => return None,
        };
        let has = |name: &str| is_all || named.is_some_and(|named| named.contains_key(name));
        Some(Self {
            what: if kind == "all" { "all".to_owned() } else { format!("{kind}:{id}") },
            label: label(kind, id, names),
            read: has("read"),
            control: has("control"),
            edit: has("edit"),
            ..Self::default()
        })
    }

    pub(super) fn of_form(form: &Form, key: &str) -> Self {
        let may = format!("{key}-may");
        Self {
            key: key.to_owned(),
            what: form.get(&format!("{key}-what")).to_owned(),
            read: form.ticked(&may, "read"),
            control: form.ticked(&may, "control"),
            edit: form.ticked(&may, "edit"),
            ..Self::default()
        }
    }

    /// Tells whether anything was typed or ticked: of a room, ticked.
    pub(super) fn says_anything(&self) -> bool {
        let is_room = self.key.starts_with('r');
        self.read || self.control || self.edit || !is_room && !self.what.is_empty()
    }

    /// Returns what the row is about; nothing for an empty one.
    pub(super) fn resolved(&self, names: &Names) -> Result<Option<(&'static str, String)>, String> {
        let ticked = self.read || self.control || self.edit;
        // A room's row is there whether anything is ticked or not.
        if !ticked && (self.what.is_empty() || self.key.starts_with('r')) {
            return Ok(None);
        }
        if self.what.is_empty() {
            return Err("say what this is about".to_owned());
        }
        if !ticked {
            return Err("tick what is meant: read, control or edit".to_owned());
        }
        names.resolve(&self.what).map(Some)
    }
}
