//! A running home: accounts, registries, config entries, bus and store joined.
//!
//! Every change goes the same way: authorized, worked out on a copy, committed to the store, and only then made visible
//! and announced. So whatever was acknowledged is on disk, and whatever was refused has changed nothing. Changes are
//! made one after the other; reading never waits for them.

mod entropy;

mod error;
pub use error::{AccountError, ChangeError, SignInError};

mod request;
pub use request::*;

mod turn;

mod accounts;
mod audit;
mod backup;
mod condition;
mod core_config;
mod counts;
mod entries;
mod groups;
mod history;
mod home;
mod import;
mod moment;
mod notifications;
mod onboarding;
mod persons;
mod provided;
mod registry;
mod render;
mod restored;
mod shown;
mod slots;
mod template;
mod translations;
mod user_data;

pub use auth_login::single_sign_on::Identity;

pub use self::audit::{AuditFound, AuditQuery, AuditState, TrailState};
pub use accounts::MAX_NAME;
pub use accounts::bans::Ban;
pub use accounts::passkeys::{
    MAX_PASSKEYS, PasskeyChallenge, PasskeyInfo, PasskeyRefused, PasskeyUser, PasskeyVerifier, Pending, ShownPasskey,
};
pub use accounts::second_factor::FactorSetUp;
pub use accounts::session::{NotAdmitted, Session};
pub use accounts::sign_in::LoginStep;
pub use accounts::single_sign_on::{
    Arrival, ComingBack, Departure, IdentityProvider, ProviderError, SignOnError, SignOnProvider, Vouched,
};
pub use accounts::step_up::StepUpState;
pub use accounts::token_endpoint::MAX_SESSIONS;
pub use accounts::tokens::{AccessTokens, AnyToken, MAX_TOKENS, TokenInfo};
pub use accounts::users::{UserInfo, UserPatch};
pub use backup::UNFINISHED;
pub use condition::{Condition, Look, Seen};
pub use core_config::CorePatch;
pub use counts::{Counts, OpenSocket};
pub use history::shown::{LineForm, Shape, full_states, history_states, line, live_state};
pub use history::{History, Logbook};
pub use home::{Home, Options};
pub use import::{ImportProgress, ImportReport, ImportStep, Importer};
pub use notifications::{MAX_NOTIFICATIONS, Notification, notification_change};
pub use persons::PersonPatch;
pub use render::render_with_time_out;
pub use shown::{HA_VERSION, components_for, config_value};
pub use slots::{Slot, Slots};
pub use translations::translations;
pub use user_data::{MAX_USER_DATA, MAX_USER_DATA_KEYS};
