//! The kinds of record and their stored forms.

use auth_core::{Group, Policy, User};
use auth_login::{
    credential::{Credential, Login},
    password::StoredPassword,
    refresh_token::StoredRefreshToken,
    second_factor::StoredFactor,
};
use config_entries::{ConfigEntry, oauth2::ApplicationCredential};
use registries::{AreaEntry, DeviceEntry, EntityEntry, FloorEntry, LabelEntry};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A record of any kind.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "records are read and written one by one; entities, the largest, are the most"
)]
pub enum Record {
    /// A user.
    User(User),
    /// A group that is not one of the three fixed ones.
    Group(GroupRecord),
    /// A credential and its password.
    Login(LoginRecord),
    /// A refresh token.
    Token(StoredRefreshToken),
    /// A registered entity.
    Entity(EntityEntry),
    /// A device.
    Device(DeviceEntry),
    /// An area.
    Area(AreaEntry),
    /// A floor.
    Floor(FloorEntry),
    /// A label.
    Label(LabelEntry),
    /// A config entry.
    Entry(ConfigEntry),
    /// What the hub calls itself at an authorization server.
    Credential(ApplicationCredential),
    /// A repair issue that somebody wants to see no more.
    IgnoredIssue(IgnoredIssue),
    /// A person.
    Person(Person),
    /// What the home is called and where it is.
    Core(CoreConfig),
    /// What is recorded, and how long it is kept.
    Audit(AuditSettings),
    /// A second factor.
    Factor(StoredFactor),
}

/// Says which kind a record is of; one table each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants of Record")]
pub enum RecordKind {
    User,
    Group,
    Login,
    Token,
    Entity,
    Device,
    Area,
    Floor,
    Label,
    Entry,
    Credential,
    IgnoredIssue,
    Person,
    Core,
    Audit,
    Factor,
}

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

/// Everything that a store keeps.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// Users.
    pub users: Vec<User>,
    /// Groups made by people.
    pub groups: Vec<GroupRecord>,
    /// Credentials and passwords.
    pub logins: Vec<LoginRecord>,
    /// Refresh tokens.
    pub tokens: Vec<StoredRefreshToken>,
    /// Entities.
    pub entities: Vec<EntityEntry>,
    /// Devices.
    pub devices: Vec<DeviceEntry>,
    /// Areas in their order.
    pub areas: Vec<AreaEntry>,
    /// Floors in their order.
    pub floors: Vec<FloorEntry>,
    /// Labels.
    pub labels: Vec<LabelEntry>,
    /// Config entries.
    pub entries: Vec<ConfigEntry>,
    /// Application credentials.
    pub credentials: Vec<ApplicationCredential>,
    /// Repair issues that somebody wants to see no more.
    pub ignored_issues: Vec<IgnoredIssue>,
    /// Persons.
    pub persons: Vec<Person>,
    /// The home, if it was ever set.
    pub core: Option<CoreConfig>,
    /// What is recorded, if it was ever set.
    pub audit: Option<AuditSettings>,
    /// Second factors.
    pub factors: Vec<StoredFactor>,
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

impl RecordKind {
    /// Every kind.
    pub const ALL: [Self; 16] = [
        Self::User,
        Self::Group,
        Self::Login,
        Self::Token,
        Self::Entity,
        Self::Device,
        Self::Area,
        Self::Floor,
        Self::Label,
        Self::Entry,
        Self::Credential,
        Self::IgnoredIssue,
        Self::Person,
        Self::Core,
        Self::Audit,
        Self::Factor,
    ];

    /// Returns the version of the tables with which this one came.
    pub const fn since(self) -> i64 {
        match self {
            Self::Credential | Self::IgnoredIssue => 2,
            Self::Audit | Self::Factor => 4,
            _ => 1,
        }
    }

    /// Returns the table's name.
    pub const fn table(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Group => "groups",
            Self::Login => "logins",
            Self::Token => "tokens",
            Self::Entity => "entities",
            Self::Device => "devices",
            Self::Area => "areas",
            Self::Floor => "floors",
            Self::Label => "labels",
            Self::Entry => "config_entries",
            Self::Credential => "application_credentials",
            Self::IgnoredIssue => "ignored_issues",
            Self::Person => "persons",
            Self::Core => "core",
            Self::Audit => "audit_settings",
            Self::Factor => "second_factors",
        }
    }
}

impl Record {
    /// Returns its kind.
    pub const fn kind(&self) -> RecordKind {
        match self {
            Self::User(_) => RecordKind::User,
            Self::Group(_) => RecordKind::Group,
            Self::Login(_) => RecordKind::Login,
            Self::Token(_) => RecordKind::Token,
            Self::Entity(_) => RecordKind::Entity,
            Self::Device(_) => RecordKind::Device,
            Self::Area(_) => RecordKind::Area,
            Self::Floor(_) => RecordKind::Floor,
            Self::Label(_) => RecordKind::Label,
            Self::Entry(_) => RecordKind::Entry,
            Self::Credential(_) => RecordKind::Credential,
            Self::IgnoredIssue(_) => RecordKind::IgnoredIssue,
            Self::Person(_) => RecordKind::Person,
            Self::Core(_) => RecordKind::Core,
            Self::Audit(_) => RecordKind::Audit,
            Self::Factor(_) => RecordKind::Factor,
        }
    }

    /// Returns its id within its kind.
    pub fn id(&self) -> &str {
        match self {
            Self::User(user) => user.id.as_str(),
            Self::Group(group) => &group.id,
            Self::Login(login) => login.credential.id.as_str(),
            Self::Token(token) => token.id.as_str(),
            Self::Entity(entity) => &entity.id,
            Self::Device(device) => &device.id,
            Self::Area(area) => &area.id,
            Self::Floor(floor) => &floor.id,
            Self::Label(label) => &label.id,
            Self::Entry(entry) => &entry.entry_id,
            Self::Credential(credential) => &credential.id,
            Self::IgnoredIssue(issue) => &issue.id,
            Self::Person(person) => &person.id,
            Self::Core(_) => "core",
            Self::Audit(_) => "audit",
            Self::Factor(factor) => factor.user_id.as_str(),
        }
    }

    /// Returns its stored form, secrets included.
    pub(crate) fn body(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::User(record) => serde_json::to_string(record),
            Self::Group(record) => serde_json::to_string(record),
            Self::Login(record) => serde_json::to_string(record),
            Self::Token(record) => serde_json::to_string(record),
            Self::Entity(record) => serde_json::to_string(record),
            Self::Device(record) => serde_json::to_string(record),
            Self::Area(record) => serde_json::to_string(record),
            Self::Floor(record) => serde_json::to_string(record),
            Self::Label(record) => serde_json::to_string(record),
            Self::Entry(record) => serde_json::to_string(record),
            Self::Credential(record) => serde_json::to_string(record),
            Self::IgnoredIssue(record) => serde_json::to_string(record),
            Self::Person(record) => serde_json::to_string(record),
            Self::Core(record) => serde_json::to_string(record),
            Self::Audit(record) => serde_json::to_string(record),
            Self::Factor(record) => serde_json::to_string(record),
        }
    }
}

impl Stored {
    /// Adds a record from its stored form.
    pub(crate) fn add(&mut self, kind: RecordKind, body: &str) -> Result<(), serde_json::Error> {
        match kind {
            RecordKind::User => self.users.push(serde_json::from_str(body)?),
            RecordKind::Group => self.groups.push(serde_json::from_str(body)?),
            RecordKind::Login => self.logins.push(serde_json::from_str(body)?),
            RecordKind::Token => self.tokens.push(serde_json::from_str(body)?),
            RecordKind::Entity => self.entities.push(serde_json::from_str(body)?),
            RecordKind::Device => self.devices.push(serde_json::from_str(body)?),
            RecordKind::Area => self.areas.push(serde_json::from_str(body)?),
            RecordKind::Floor => self.floors.push(serde_json::from_str(body)?),
            RecordKind::Label => self.labels.push(serde_json::from_str(body)?),
            RecordKind::Entry => self.entries.push(serde_json::from_str(body)?),
            RecordKind::Credential => self.credentials.push(serde_json::from_str(body)?),
            RecordKind::IgnoredIssue => self.ignored_issues.push(serde_json::from_str(body)?),
            RecordKind::Person => self.persons.push(serde_json::from_str(body)?),
            RecordKind::Core => self.core = Some(serde_json::from_str(body)?),
            RecordKind::Audit => self.audit = Some(serde_json::from_str(body)?),
            RecordKind::Factor => self.factors.push(serde_json::from_str(body)?),
        }
        Ok(())
    }

    /// Tells whether nothing is kept at all.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.entities.is_empty() && self.areas.is_empty() && self.core.is_none()
    }
}
