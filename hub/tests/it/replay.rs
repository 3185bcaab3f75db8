//! Exchanges with a real Home Assistant 2026.11, sent again to a hub of ours.
//!
//! Ids, tokens and times differ and are matched as they come up. Where we differ on purpose, the exchange is in a table of
//! the replay, with what we answer, and in `docs/differences.md` with the reason.

mod auth;
mod entries;

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::support::{Request, Server, testdata};

/// Returns the exchanges of a file, in order.
fn recorded(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(testdata(&format!("transcripts/{file}.jsonl"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn is_id(text: &str) -> bool {
    let ulid = text.len() == 26 && text.starts_with("01");
    ulid || is_hex(text, 32)
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase())
}

fn is_jwt(text: &str) -> bool {
    let parts: Vec<_> = text.split('.').collect();
    let plain = |part: &&str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    parts.len() == 3 && parts.iter().all(|part| part.len() > 20 && plain(part))
}

fn is_time(text: &str) -> bool {
    text.len() == 32 && text.ends_with("+00:00") && text.as_bytes()[10] == b'T'
}

/// Which thing of ours is which of the reference's.
struct Reference {
    /// The exchange that is being compared.
    n: u64,
    ids: HashMap<String, String>,
    /// Its words that are other words here.
    words: &'static [(&'static str, &'static str)],
    /// Members that are not compared, by where they are, their name and value.
    passes: fn(&str, &str, &Value) -> bool,
}

impl Reference {
    /// Returns a reference's text with our ids and words in it.
    fn ours(&self, text: &str) -> String {
        let ids = self.ids.iter().fold(text.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours));
        self.words.iter().fold(ids, |text, (theirs, ours)| text.replace(theirs, ours))
    }

    /// Returns a reference's JSON with our ids and words in it.
    fn ours_in(&self, value: &Value) -> Value {
        serde_json::from_str(&self.ours(&value.to_string())).unwrap()
    }

    /// Returns a recorded request, for a hub of ours; who sends it is not said yet.
    fn request(&self, server: &Server, recorded: &Value) -> Request {
        let path = self.ours(recorded["path"].as_str().unwrap());
        let sent = server.request(recorded["method"].as_str().unwrap(), &path);
        match (&recorded["json"], &recorded["raw"]) {
            (Value::Null, Value::String(raw)) => {
                let kind = recorded["headers"]["Content-Type"].as_str().unwrap_or("application/json");
                sent.body(kind, raw.as_bytes())
            }
            (Value::Null, _) => sent,
            (body, _) => sent.json(&self.ours_in(body)),
        }
    }

    /// Compares an answer with the recorded one; learns ids by the way.
    #[track_caller]
    fn same(&mut self, at: &str, theirs: &Value, ours: &Value) {
        let n = self.n;
        match (theirs, ours) {
            (Value::Object(theirs), Value::Object(ours)) => {
                assert_eq!(names(theirs), names(ours), "{n}: {at}: other members");
                for (name, value) in theirs {
                    if !(self.passes)(at, name, value) {
                        self.same(&format!("{at}.{name}"), value, &ours[name]);
                    }
                }
            }
            (Value::Array(theirs), Value::Array(ours)) => {
                assert_eq!(theirs.len(), ours.len(), "{n}: {at}: {ours:?}");
                for (k, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
                    self.same(&format!("{at}[{k}]"), theirs, ours);
                }
            }
            (Value::String(theirs), Value::String(ours)) if is_id(theirs) => {
                let known = self.ids.entry(theirs.clone()).or_insert_with(|| ours.clone());
                assert_eq!(known, ours, "{n}: {at}: another thing");
            }
            (Value::String(theirs), Value::String(ours)) if theirs == "<hex128>" => {
                assert!(is_hex(ours, 128), "{n}: {at}: {ours}");
            }
            (Value::String(theirs), Value::String(ours)) if theirs.ends_with("<jwt>") => {
                let before = theirs.strip_suffix("<jwt>").unwrap();
                let token = ours.strip_prefix(before).unwrap_or_else(|| panic!("{n}: {at}: {ours}"));
                assert!(is_jwt(token), "{n}: {at}: {ours}");
            }
            (Value::String(theirs), Value::String(ours)) if is_time(theirs) => {
                assert!(is_time(ours), "{n}: {at}: {ours}");
            }
            (Value::String(theirs), Value::String(ours)) => assert_eq!(&self.ours(theirs), ours, "{n}: {at}"),
            (theirs, ours) => assert_eq!(theirs, ours, "{n}: {at}"),
        }
    }
}

fn names(map: &Map<String, Value>) -> Vec<&String> {
    let mut names: Vec<_> = map.keys().collect();
    names.sort();
    names
}
