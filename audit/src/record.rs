//! What one record says.

use std::net::IpAddr;

use auth_core::{Principal, Timestamp, TokenId, UserId, Who};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Something that somebody did, or was refused.
///
/// Holds no secret: no password, token, code or key, and no data of config entries. Texts and details are cut to bounds
/// (see [`Record::bounded`]), since strangers choose some of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When; for several like ones (see `count`), the first.
    pub at: Timestamp,
    /// What: the name of the request, such as `create_user`, or of the command, route or service.
    pub action: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Who acted: whose rights counted.
    pub by: Actor,
    /// Who asked for it, where that is somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<UserId>,
    /// From which address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<IpAddr>,
    /// On what: the id of a user, group, token, entity, area, config entry, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// What changed, or more of what was asked.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub detail: Map<String, Value>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many like it this stands for.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: u32,
    /// When the last of them was, if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Timestamp>,
}

/// What came of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused for want of rights. Nothing happened.
    Denied,
    /// It did not succeed: a wrong password, a code that does not fit.
    Failed,
}

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Somebody who has not proved who they are.
    Nobody,
    /// A user.
    User {
        /// Their id.
        id: UserId,
        /// The refresh token behind their session.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<TokenId>,
    },
    /// The hub, or whoever sits at its machine.
    System {
        /// In which role.
        role: String,
    },
    /// An integration.
    Integration {
        /// Its domain.
        domain: String,
    },
}

impl Record {
    /// The longest text of one member, in bytes.
    pub const MAX_TEXT: usize = 512;

    /// The longest detail, in bytes of JSON.
    pub const MAX_DETAIL: usize = 16 << 10;

    /// Returns a record with nothing but this.
    pub fn new(at: Timestamp, action: impl Into<String>, outcome: Outcome, by: Actor) -> Self {
        Self {
            at,
            action: action.into(),
            outcome,
            by,
            asked_by: None,
            from: None,
            on: None,
            detail: Map::new(),
            reason: None,
            count: 1,
            last_at: None,
        }
    }

    /// Returns a record of what a principal did or was refused.
    pub fn of(at: Timestamp, action: impl Into<String>, outcome: Outcome, principal: &Principal) -> Self {
        Self { from: principal.from(), ..Self::new(at, action, outcome, Actor::of(principal)) }
    }

    /// Says on what.
    #[must_use]
    pub fn on(self, on: impl Into<String>) -> Self {
        Self { on: Some(on.into()), ..self }
    }

    /// Says what changed. Anything but an object becomes its member `value`.
    #[must_use]
    pub fn with(mut self, detail: Value) -> Self {
        match detail {
            Value::Object(members) => self.detail.extend(members),
            Value::Null => {}
            other => _ = self.detail.insert("value".to_owned(), other),
        }
        self
    }

    /// Says why.
    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    /// Returns the record with every text and the detail cut to their bounds.
    ///
    /// Of the detail the largest members go first, and only as many as must: in place of each stand how long it was as
    /// JSON, the SHA-256 of that JSON, and its beginning. So a long text hides nothing of what stands beside it, and what
    /// was cut can still be compared with what is claimed.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        cut(&mut self.action);
        self.on.as_mut().map(cut);
        self.reason.as_mut().map(cut);
        let mut excess = length_of(&self.detail).saturating_sub(Self::MAX_DETAIL);
        let mut largest: Vec<_> = self.detail.iter().map(|(name, value)| (length_of(value), name.clone())).collect();
        largest.sort_by(|a, b| b.cmp(a));
        for (length, name) in largest.into_iter().take_while(|(length, _)| *length > Self::MAX_TEXT) {
            if excess == 0 {
                return self;
            }
            let cut = self.detail.get(&name).map_or(Value::Null, in_place_of);
            excess = excess.saturating_sub(length.saturating_sub(length_of(&cut)));
            self.detail.insert(name, cut);
        }
        // Names, or a great many small members.
        if excess > 0 {
            let whole = in_place_of(&Value::Object(std::mem::take(&mut self.detail)));
            self.detail.insert("cut".to_owned(), whole);
        }
        self
    }
}

/// Returns the name of an action as records have it: `create_user` for the request `CreateUser`.
pub fn action_name(request: &str) -> String {
    let mut name = String::with_capacity(request.len() + 4);
    for c in request.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

fn length_of(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(usize::MAX, |text| text.len())
}

/// Returns what stands in a record where something was too long.
fn in_place_of(value: &Value) -> Value {
    let mut text = value.to_string();
    let (length, hash) = (text.len(), Sha256::digest(&text));
    cut(&mut text);
    let digits = hash.iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"));
    json!({"cut": true, "length": length, "sha256": digits, "begins": text})
}

fn cut(text: &mut String) {
    if text.len() > Record::MAX_TEXT {
        let end = (0..=Record::MAX_TEXT - '…'.len_utf8()).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
}

impl Actor {
    /// Returns who acts as a principal.
    pub fn of(principal: &Principal) -> Self {
        match principal.who() {
            Who::User { user_id, token_id } => Self::User { id: user_id.clone(), token: token_id.clone() },
            Who::System { role } => Self::System { role: (*role).to_owned() },
            Who::Integration { domain } => Self::Integration { domain: domain.to_string() },
        }
    }

    /// Returns the user, if it is one.
    pub const fn user_id(&self) -> Option<&UserId> {
        match self {
            Self::User { id, .. } => Some(id),
            Self::Nobody | Self::System { .. } | Self::Integration { .. } => None,
        }
    }
}

impl Outcome {
    /// Returns the word in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
}

const fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_one(count: &u32) -> bool {
    *count == 1
}

#[cfg(test)]
mod tests;
