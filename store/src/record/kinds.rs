//! The table of kinds: what is kept, where, and since which version of the tables.

use auth_core::User;
use auth_login::{refresh_token::StoredRefreshToken, second_factor::StoredFactor, single_sign_on::Identity};
use config_entries::{ConfigEntry, oauth2::ApplicationCredential};
use registries::{AreaEntry, DeviceEntry, EntityEntry, FloorEntry, LabelEntry};

use super::{
    AuditSettings, BanRecord, CoreConfig, GroupRecord, IgnoredIssue, LoginRecord, PasskeyRecord, Person,
    SecuritySettings, SystemData, UserData,
};

/// How [`Stored`] holds records of a kind: all, or the one that there is.
trait Held<T> {
    fn hold(&mut self, record: T);
}

impl<T> Held<T> for Vec<T> {
    fn hold(&mut self, record: T) {
        self.push(record);
    }
}

impl<T> Held<T> for Option<T> {
    fn hold(&mut self, record: T) {
        *self = Some(record);
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident($record:ty) in $table:literal since $since:literal as $field:ident: $held:ty, id $id:expr;)*) => {
        /// A record of any kind.
        #[derive(Clone, Debug)]
        #[expect(
            clippy::large_enum_variant,
            reason = "records are read and written one by one; entities, the largest, are the most"
        )]
        pub enum Record {
            $($(#[$doc])* $kind($record),)*
        }

        /// Says which kind a record is of; one table each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the variants of Record")]
        pub enum RecordKind {
            $($kind,)*
        }

        /// Everything that a store keeps.
        #[derive(Clone, Debug, Default)]
        pub struct Stored {
            $($(#[$doc])* pub $field: $held,)*
        }

        impl RecordKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// Returns the version of the tables with which this one came.
            pub const fn since(self) -> i64 {
                match self {
                    $(Self::$kind => $since,)*
                }
            }

            /// Returns the table's name.
            pub const fn table(self) -> &'static str {
                match self {
                    $(Self::$kind => $table,)*
                }
            }
        }

        impl Record {
            /// Returns its kind.
            pub const fn kind(&self) -> RecordKind {
                match self {
                    $(Self::$kind(_) => RecordKind::$kind,)*
                }
            }

            /// Returns its id within its kind.
            pub fn id(&self) -> &str {
                /// Helps the compiler see the types.
                fn id<T>(record: &T, of: impl Fn(&T) -> &str) -> &str {
                    of(record)
                }
                match self {
                    $(Self::$kind(record) => id(record, $id),)*
                }
            }

            /// Returns its stored form, secrets included.
            pub(crate) fn body(&self) -> Result<String, serde_json::Error> {
                match self {
                    $(Self::$kind(record) => serde_json::to_string(record),)*
                }
            }
        }

        impl Stored {
            /// Adds a record from its stored form.
            pub(crate) fn add(&mut self, kind: RecordKind, body: &str) -> Result<(), serde_json::Error> {
                match kind {
                    $(RecordKind::$kind => self.$field.hold(serde_json::from_str::<$record>(body)?),)*
                }
                Ok(())
            }
        }
    };
}

kinds! {
    /// Users.
    User(User) in "users" since 1 as users: Vec<User>, id |user| user.id.as_str();
    /// Groups that are not one of the three fixed ones.
    Group(GroupRecord) in "groups" since 1 as groups: Vec<GroupRecord>, id |group| &group.id;
    /// Credentials and their passwords.
    Login(LoginRecord) in "logins" since 1 as logins: Vec<LoginRecord>, id |login| login.credential.id.as_str();
    /// Refresh tokens.
    Token(StoredRefreshToken) in "tokens" since 1 as tokens: Vec<StoredRefreshToken>, id |token| token.id.as_str();
    /// Registered entities.
    Entity(EntityEntry) in "entities" since 1 as entities: Vec<EntityEntry>, id |entity| &entity.id;
    /// Devices.
    Device(DeviceEntry) in "devices" since 1 as devices: Vec<DeviceEntry>, id |device| &device.id;
    /// Areas in their order.
    Area(AreaEntry) in "areas" since 1 as areas: Vec<AreaEntry>, id |area| &area.id;
    /// Floors in their order.
    Floor(FloorEntry) in "floors" since 1 as floors: Vec<FloorEntry>, id |floor| &floor.id;
    /// Labels.
    Label(LabelEntry) in "labels" since 1 as labels: Vec<LabelEntry>, id |label| &label.id;
    /// Config entries.
    Entry(ConfigEntry) in "config_entries" since 1 as entries: Vec<ConfigEntry>, id |entry| &entry.entry_id;
    /// What the hub calls itself at authorization servers.
    Credential(ApplicationCredential) in "application_credentials" since 2 as credentials: Vec<ApplicationCredential>,
        id |credential| &credential.id;
    /// Repair issues that somebody wants to see no more.
    IgnoredIssue(IgnoredIssue) in "ignored_issues" since 2 as ignored_issues: Vec<IgnoredIssue>, id |issue| &issue.id;
    /// Persons.
    Person(Person) in "persons" since 1 as persons: Vec<Person>, id |person| &person.id;
    /// What the home is called and where it is, if it was ever set.
    Core(CoreConfig) in "core" since 1 as core: Option<CoreConfig>, id |_| "core";
    /// What is recorded and how long it is kept, if it was ever set.
    Audit(AuditSettings) in "audit_settings" since 4 as audit: Option<AuditSettings>, id |_| "audit";
    /// Second factors.
    Factor(StoredFactor) in "second_factors" since 4 as factors: Vec<StoredFactor>, id |factor| factor.user_id.as_str();
    /// How much must be shown for what, if it was ever set.
    Security(SecuritySettings) in "security_settings" since 5 as security: Option<SecuritySettings>, id |_| "security";
    /// Passkeys.
    Passkey(PasskeyRecord) in "passkeys" since 5 as passkeys: Vec<PasskeyRecord>, id |passkey| &passkey.id;
    /// Addresses that are shut out.
    Ban(BanRecord) in "bans" since 5 as bans: Vec<BanRecord>, id |ban| &ban.network;
    /// Links to accounts at identity providers.
    Identity(Identity) in "identities" since 5 as identities: Vec<Identity>, id |identity| identity.id.as_str();
    /// What frontends keep for users.
    UserData(UserData) in "user_data" since 6 as user_data: Vec<UserData>, id |data| data.user_id.as_str();
    /// What frontends keep for everybody, if they ever did.
    SystemData(SystemData) in "system_data" since 6 as system_data: Option<SystemData>, id |_| "system";
}

impl Stored {
    /// Tells whether nothing is kept at all.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.entities.is_empty() && self.areas.is_empty() && self.core.is_none()
    }
}
