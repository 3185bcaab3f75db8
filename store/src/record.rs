//! The forms in which records are stored that are not those of the crates they come from.

use auth_core::{Group, Policy, Timestamp, UserId};
use auth_login::{
    credential::{Credential, Login},
    password::StoredPassword,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

mod kinds;
pub use kinds::{Record, RecordKind, Stored};

/// A group as it is stored. The policy is kept as its author wrote it; one that cannot be read grants nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupRecord {
    /// The group's id.
    pub id: String,
    /// For display.
    pub name: String,
    /// The policy's JSON.
    pub policy: Value,
}

/// A credential with its password hash.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoginRecord {
    /// Who signs in.
    pub credential: Credential,
    /// The hash, as [`StoredPassword`] gives it for storage.
    password: Hash,
}

/// A password hash that `Debug` does not show.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Hash(String);

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

/// Somebody who lives here, as Home Assistant's person registry has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    /// The slug of the first name.
    pub id: String,
    /// For display.
    pub name: String,
    /// The user they log in as.
    pub user_id: Option<String>,
    /// Entities that say where they are.
    pub device_trackers: Vec<String>,
    /// An image's address.
    pub picture: Option<String>,
}

/// A repair issue that somebody wants to see no more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IgnoredIssue {
    /// `<domain>/<issue_id>`.
    pub id: String,
    /// Who raised it.
    pub domain: String,
    /// Tells it from the domain's other issues.
    pub issue_id: String,
}

/// What the home is called and where it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CoreConfig {
    /// For display.
    pub location_name: String,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Metres above the sea.
    pub elevation: i64,
    /// Metres around the home that count as home.
    pub radius: i64,
    /// `metric` or `us_customary`.
    pub unit_system: String,
    /// An IANA name.
    pub time_zone: String,
    /// ISO 4217.
    pub currency: String,
    /// ISO 3166, two letters.
    pub country: Option<String>,
    /// BCP 47.
    pub language: String,
    /// Where the hub is reached from outside.
    pub external_url: Option<String>,
    /// Where the hub is reached at home.
    pub internal_url: Option<String>,
}

/// What a frontend keeps for a user: how that user likes its pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserData {
    /// Whose.
    pub user_id: UserId,
    /// By key, such as `sidebar`.
    pub values: Map<String, Value>,
}

/// What a frontend keeps for everybody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SystemData {
    /// By key, such as `home`.
    pub values: Map<String, Value>,
}

/// What is recorded in the audit trail, and how long it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditSettings {
    /// Service calls are recorded that were let through.
    pub control: bool,
    /// Records are kept for so many days.
    pub keep_days: u32,
    /// At most so many records are kept of each trail, the newest.
    pub keep_lines: u64,
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self { control: false, keep_days: 2 * 365, keep_lines: 100_000 }
    }
}

impl AuditSettings {
    /// The longest time in days.
    pub const MAX_DAYS: u32 = 100 * 365;
    /// The fewest lines.
    pub const MIN_LINES: u64 = 1_000;
    /// The most lines.
    pub const MAX_LINES: u64 = 10_000_000;
}

/// How much must be shown for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SecuritySettings {
    /// Whoever does something dangerous showed their second factor at most so many minutes ago. None if that is not asked.
    pub step_up_minutes: Option<u32>,
}

/// A passkey of a user's: what is public of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PasskeyRecord {
    /// The credential's id in base64url, as authenticators and browsers call it.
    pub id: String,
    /// Whose it is.
    pub user_id: UserId,
    /// What its user calls it.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last shown.
    pub last_used_at: Option<Timestamp>,
    /// The public key and its counter, as whoever checks it keeps them.
    pub key: Value,
}

/// An address, or a range of them, that is shut out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BanRecord {
    /// Such as `203.0.113.9/32` or `2001:db8::/64`.
    pub network: String,
    /// What is shut.
    pub scope: BanScope,
    /// Until when; for good if left out.
    pub until: Option<Timestamp>,
    /// For people.
    pub reason: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
    /// Who did it; the hub itself if left out.
    pub by: Option<UserId>,
}

/// What is shut to whom is banned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BanScope {
    /// Logging in, but to accounts that logged in from there before.
    Logins,
    /// Everything.
    Everything,
}

impl SecuritySettings {
    /// The longest time in minutes.
    pub const MAX_MINUTES: u32 = 60;
    /// The time where the home asks for none and what is changed needs one all the same.
    pub const DEFAULT_MINUTES: u32 = 10;

    /// Returns how long a proof counts, in minutes.
    pub fn minutes(&self) -> u32 {
        self.step_up_minutes.unwrap_or(Self::DEFAULT_MINUTES)
    }
}

impl Default for CoreConfig {
    fn default() -> Self {
        Self {
            location_name: "Home".to_owned(),
            latitude: 0.0,
            longitude: 0.0,
            elevation: 0,
            radius: 100,
            unit_system: "metric".to_owned(),
            time_zone: "UTC".to_owned(),
            currency: "EUR".to_owned(),
            country: None,
            language: "en".to_owned(),
            external_url: None,
            internal_url: None,
        }
    }
}

impl GroupRecord {
    /// Returns the record of a group.
    pub fn of(group: &Group) -> Self {
        Self { id: group.id.to_string(), name: group.name.clone(), policy: group.policy.to_value() }
    }

    /// Returns the group. If its policy cannot be read, the group says so and grants nothing.
    pub fn to_group(&self) -> Group {
        let group = |policy| Group::new(self.id.as_str(), &self.name, policy);
        match Policy::from_value(&self.policy) {
            Ok(policy) => group(policy),
            Err(errors) => Group { unreadable: Some(errors.to_string()), ..group(Policy::default()) },
        }
    }
}

impl IgnoredIssue {
    /// Returns the record of an issue.
    pub fn of(domain: &str, issue_id: &str) -> Self {
        Self { id: format!("{domain}/{issue_id}"), domain: domain.to_owned(), issue_id: issue_id.to_owned() }
    }
}

impl LoginRecord {
    /// Returns the record of a login.
    pub fn of(login: &Login) -> Self {
        Self { credential: login.credential.clone(), password: Hash(login.password.expose_for_storage().to_owned()) }
    }

    /// Returns the login.
    pub fn into_login(self) -> Login {
        Login { credential: self.credential, password: StoredPassword::from_stored(self.password.0) }
    }
}
