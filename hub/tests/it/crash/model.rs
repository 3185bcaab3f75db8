//! What a home must hold after a power cut: for every name the values that it may have.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::Ws;

/// Something with a value, by a name that is never used for anything else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A user; the value is the groups.
    User(String),
    /// A group; the value is the policy.
    Group(String),
    /// An area; the value is the icon.
    Area(String),
    /// A config entry; the value is the title.
    Entry(String),
    /// A long-lived token; the value says nothing.
    Token(String),
}

/// A value; none for what is not there.
pub(super) type Held = Option<String>;

/// What may be found.
#[derive(Debug, Default)]
pub(super) struct Model {
    may_be: BTreeMap<Key, BTreeSet<Held>>,
}

/// What was found and should not have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Faults {
    /// Acknowledged changes that are not there.
    pub(super) lost: usize,
    /// Changes that are there in part, or that nobody made.
    pub(super) half: usize,
    /// Homes that do not open, or whose audit trail is not as it was written.
    pub(super) corrupt: usize,
}

impl Model {
    /// Returns the one value that a name has, where it is known.
    pub(super) fn now(&self, key: &Key) -> Option<&Held> {
        let may_be = self.may_be.get(key)?;
        if may_be.len() == 1 { may_be.first() } else { None }
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.may_be.keys()
    }

    /// A change was asked for: until it is answered, both may be.
    pub(super) fn asked(&mut self, key: Key, to: Held) {
        self.may_be.entry(key).or_insert_with(|| BTreeSet::from([None])).insert(to);
    }

    /// A change was acknowledged: nothing else may be.
    pub(super) fn acknowledged(&mut self, key: Key, to: Held) {
        self.may_be.insert(key, BTreeSet::from([to]));
    }

    /// Compares with what is there, and takes it for what is.
    pub(super) fn check(&mut self, found: BTreeMap<Key, String>, faults: &mut Faults) {
        for (key, may_be) in &self.may_be {
            let held = found.get(key).cloned();
            if may_be.contains(&held) {
                continue;
            }
            eprintln!("{key:?} holds {held:?}, where only {may_be:?} may be");
            if may_be.len() == 1 { faults.lost += 1 } else { faults.half += 1 }
        }
        for key in found.keys().filter(|key| !self.may_be.contains_key(key)) {
            eprintln!("{key:?} was made by nobody");
            faults.half += 1;
        }
        let keys: Vec<_> = self.may_be.keys().cloned().collect();
        self.may_be = keys.into_iter().map(|key| (key.clone(), BTreeSet::from([found.get(&key).cloned()]))).collect();
    }

    /// Takes what is there at the beginning.
    pub(super) fn begin(found: BTreeMap<Key, String>) -> Self {
        Self { may_be: found.into_iter().map(|(key, held)| (key, BTreeSet::from([Some(held)]))).collect() }
    }
}

/// Everything in a home that the model speaks of, and the ids of users, areas and tokens by their names.
pub(super) struct Read {
    pub(super) found: BTreeMap<Key, String>,
    pub(super) ids: BTreeMap<Key, String>,
}

/// Reads a home.
pub(super) fn read(owner: &mut Ws) -> Read {
    let mut read = Read { found: BTreeMap::new(), ids: BTreeMap::new() };
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    for user in owner.result("doorward/users/list", json!({})).as_array().unwrap() {
        let key = Key::User(text(user, "name"));
        read.ids.insert(key.clone(), text(user, "id"));
        read.found.insert(key, user["group_ids"].to_string());
    }
    for group in owner.result("doorward/groups/list", json!({})).as_array().unwrap() {
        read.found.insert(Key::Group(text(group, "id")), group["policy"].to_string());
    }
    for area in owner.result("config/area_registry/list", json!({})).as_array().unwrap() {
        let key = Key::Area(text(area, "name"));
        read.ids.insert(key.clone(), text(area, "area_id"));
        read.found.insert(key, text(area, "icon"));
    }
    for entry in owner.result("config_entries/get", json!({})).as_array().unwrap() {
        read.found.insert(Key::Entry(text(entry, "entry_id")), text(entry, "title"));
    }
    for token in owner.result("auth/refresh_tokens", json!({})).as_array().unwrap() {
        if token["type"] == "long_lived_access_token" {
            let key = Key::Token(text(token, "client_name"));
            read.ids.insert(key.clone(), text(token, "id"));
            read.found.insert(key, String::new());
        }
    }
    read
}

/// Looks whether the audit trail is whole, and says the same as the home: the last record of a thing is what it is.
pub(super) fn check_trail(owner: &mut Ws, read: &Read, faults: &mut Faults) {
    let state = owner.result("doorward/audit/verify", json!({}));
    if state["whole"] != true {
        eprintln!("{state}");
        faults.corrupt += 1;
    }
    let list = owner.result("doorward/audit/list", json!({"trail": "acts", "limit": 400}));
    let mut seen = BTreeSet::new();
    let user_of = |id: &str| read.ids.iter().find(|(key, own)| matches!(key, Key::User(_)) && *own == id);
    for record in list["records"].as_array().unwrap() {
        let (action, on) = (record["action"].as_str().unwrap(), record["on"].as_str().unwrap_or_default().to_owned());
        let detail = &record["detail"];
        let groups = detail["group_ids"]["to"].to_string();
        let is_so = match action {
            _ if !seen.insert((action.rsplit('_').next().unwrap().to_owned(), on.clone())) => continue,
            "set_group" => read.found.get(&Key::Group(on.clone())) == Some(&detail["policy"].to_string()),
            "remove_group" => !read.found.contains_key(&Key::Group(on.clone())),
            "create_user" => user_of(&on).is_some(),
            "delete_user" => user_of(&on).is_none(),
            "update_user" => user_of(&on).is_some_and(|(key, _)| groups == "null" || read.found[key] == groups),
            _ => continue,
        };
        if !is_so {
            eprintln!("the trail's last word on {on} is not so: {record}");
            faults.half += 1;
        }
    }
}
