//! The home and the one way in which it changes.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwap;
use auth_core::{AuthSnapshot, Context, Group, Policy, Principal, Timestamp, User};
use auth_login::{
    client::ClientRules,
    code::CodeBook,
    credential::LoginBook,
    login_flow::LoginFlows,
    signed_path::PathSigner,
    single_sign_on::{IdentityBook, Visits},
    throttle::Throttle,
    token_book::TokenBook,
};
use config_entries::Manager;
use registries::{AreaRule, Registries};
use serde_json::{Map, Value};
use service_bus::{Bus, StateWriter, World, now};
use store::{CoreConfig, GroupRecord, Person, Store, StoreError, Stored};
use tokio::sync::{Mutex as AsyncMutex, Semaphore, watch};

use crate::{
    Counts,
    accounts::{
        bans::Bans,
        passkeys::{PasskeyBook, PasskeyVerifier},
        second_factor::Factors,
        single_sign_on::SignOnProvider,
        step_up::StepUp,
    },
    audit::Audit,
    entries::EntriesHost,
    entropy::OsEntropy,
    history::Historian,
    notifications::Notifications,
    provided::Provided,
    turn::Changes,
    user_data::DisplayBook,
};

/// A running home. Cheap to clone; all clones are the same home.
#[derive(Clone, Debug)]
pub struct Home {
    pub(crate) inner: Arc<Inner>,
}

/// How a home is run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which area an entity counts as being in.
    pub area_rule: AreaRule,
    /// Where the home is kept, as the core configuration shows it to administrators.
    pub config_dir: String,
    /// What checks passkeys; without it nobody adds or shows one.
    pub passkeys: Option<Arc<dyn PasskeyVerifier>>,
}

pub(crate) struct Inner {
    pub(crate) bus: Bus,
    pub(crate) store: Arc<dyn Store>,
    /// Held for the whole of a change, from working it out to announcing it.
    pub(crate) changes: AsyncMutex<Changes>,
    books: Mutex<Books>,
    /// Runs the integrations and their flows.
    pub(crate) manager: Manager,
    /// The entities that integrations provide now.
    pub(crate) provided: Provided,
    /// What shows registered entities that nobody provides; once the hub has handed it down.
    pub(crate) restorer: OnceLock<StateWriter>,
    pub(crate) persons: ArcSwap<Vec<Person>>,
    pub(crate) core: ArcSwap<CoreConfig>,
    pub(crate) config_dir: String,
    pub(crate) passkeys: Option<Arc<dyn PasskeyVerifier>>,
    /// Moves whenever a token or a user's standing has changed: open connections look again.
    standing: watch::Sender<u64>,
    standing_now: AtomicU64,
    pub(crate) audit: Audit,
    pub(crate) bans: Bans,
    pub(crate) counts: Counts,
    pub(crate) history: Historian,
    pub(crate) notifications: Notifications,
    /// Password checks at once: each takes 20 MB and a whole core for a while.
    pub(crate) password_checks: Arc<Semaphore>,
    /// Another home was written where this one is kept: this one changes nothing any more.
    pub(crate) is_replaced: AtomicBool,
    /// Where people can sign in besides; once the hub has said so.
    pub(crate) sign_on: OnceLock<Vec<SignOnProvider>>,
}

/// What decides who somebody is. Locked for moments, never across an await.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) logins: LoginBook,
    pub(crate) tokens: TokenBook,
    pub(crate) codes: CodeBook,
    pub(crate) flows: LoginFlows,
    pub(crate) throttle: Throttle,
    pub(crate) clients: ClientRules,
    pub(crate) signer: PathSigner,
    pub(crate) factors: Factors,
    pub(crate) step_up: StepUp,
    pub(crate) passkeys: PasskeyBook,
    pub(crate) identities: IdentityBook,
    pub(crate) visits: Visits,
    pub(crate) display: DisplayBook,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Home").finish_non_exhaustive()
    }
}

impl Home {
    /// Opens the home that `store` keeps. Nothing is written.
    ///
    /// A group whose policy cannot be read grants nothing, a token that cannot be used is left out; both are logged.
    ///
    /// # Errors
    /// [`StoreError`], if the store cannot be read.
    pub async fn open(store: Arc<dyn Store>, options: Options) -> Result<Self, StoreError> {
        let stored = store.load().await?;
        let (bus, mut world) = Bus::new();
        let registries = registries_of(&stored, options.area_rule);
        let auth = snapshot_of(&stored, &registries);
        world.replace(World { auth, registries: Arc::new(registries) });
        let (entries, credentials) = (stored.entries.clone(), stored.credentials.clone());
        let ignored =
            stored.ignored_issues.iter().map(|issue| (issue.domain.clone(), issue.issue_id.clone())).collect();
        let audit = stored.audit.unwrap_or_default();
        let bans = Bans::new(stored.bans.clone());
        let inner = Arc::new_cyclic(|inner| Inner {
            manager: Manager::new(Arc::new(EntriesHost::new(bus.clone(), inner.clone())), entries, ignored),
            provided: Provided::default(),
            restorer: OnceLock::new(),
            bus,
            store,
            changes: AsyncMutex::new(Changes { world }),
            persons: ArcSwap::from_pointee(stored.persons.clone()),
            core: ArcSwap::from_pointee(stored.core.clone().unwrap_or_default()),
            config_dir: options.config_dir,
            passkeys: options.passkeys,
            books: Mutex::new(books_of(stored)),
            standing: watch::Sender::new(0),
            standing_now: AtomicU64::new(0),
            audit: Audit::new(audit),
            bans,
            counts: Counts::default(),
            history: Historian::default(),
            notifications: Notifications::default(),
            password_checks: Arc::new(Semaphore::new(2)),
            is_replaced: AtomicBool::new(false),
            sign_on: OnceLock::new(),
        });
        inner.manager.restore_credentials(credentials);
        let home = Self { inner };
        home.watch_bus();
        home.record_unreadable_groups();
        Ok(home)
    }

    /// Returns the bus.
    pub fn bus(&self) -> &Bus {
        &self.inner.bus
    }

    /// Returns the manager of config entries and flows.
    pub fn manager(&self) -> &Manager {
        &self.inner.manager
    }

    /// Returns what the home is called and where it is.
    pub fn core_config(&self) -> Arc<CoreConfig> {
        self.inner.core.load_full()
    }

    /// Returns what tells that a token or a user's standing has changed.
    pub fn standing(&self) -> watch::Receiver<u64> {
        self.inner.standing.subscribe()
    }

    /// Returns the number of changes of tokens and standings so far. One load.
    pub fn standing_now(&self) -> u64 {
        self.inner.standing_now.load(Ordering::Acquire)
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.inner.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether the session behind a principal is still alive; one without a session always is.
    pub(crate) fn is_alive(&self, principal: &Principal) -> bool {
        principal.token_id().is_none_or(|token_id| self.books().tokens.get_live(token_id, now()).is_some())
    }

    /// Lets memberships begin and end that do so by now, and returns when the next one does. Sessions whose rights change
    /// learn of it as of any other change.
    pub async fn keep_time(&self) -> Option<Timestamp> {
        let is_due = |auth: &AuthSnapshot| {
            // Also where the clock went back: then what is over may not be over yet.
            auth.changes_at().is_some_and(|at| at <= now())
                || auth.has_conditions() && auth.now().is_none_or(|before| now() < before)
        };
        if is_due(&self.inner.bus.world().auth) {
            let mut changes = self.inner.changes.lock().await;
            if is_due(&changes.world.current().auth) {
                changes.change_rights(|_| ());
            }
        }
        self.inner.bus.world().auth.changes_at()
    }

    /// Tells every open connection to look again at its token and user. Called before a change is acknowledged.
    pub(crate) fn standing_changed(&self) {
        let number = self.inner.standing_now.fetch_add(1, Ordering::AcqRel) + 1;
        self.inner.standing.send_replace(number);
    }

    pub(crate) fn announce(&self, event_type: &'static str, data: Value, context: Context) {
        let data = if let Value::Object(data) = data { data } else { Map::new() };
        self.inner.bus.announce(event_type, data, context);
    }
}

fn registries_of(stored: &Stored, area_rule: AreaRule) -> Registries {
    let mut registries = Registries::new(area_rule);
    stored.floors.iter().cloned().for_each(|floor| _ = registries.put_floor(floor));
    stored.labels.iter().cloned().for_each(|label| _ = registries.put_label(label));
    stored.areas.iter().cloned().for_each(|area| _ = registries.put_area(area));
    stored.devices.iter().cloned().for_each(|device| _ = registries.put_device(device));
    stored.entities.iter().cloned().for_each(|entity| _ = registries.put_entity(entity));
    registries
}

fn snapshot_of(stored: &Stored, registries: &Registries) -> AuthSnapshot {
    let mut edit = AuthSnapshot::default().edit();
    Group::system_groups().into_iter().for_each(|group| edit.set_group(group));
    for record in stored.groups.iter().filter(|record| !Group::is_system_id(&record.id)) {
        let group = GroupRecord::to_group(record);
        if let Some(problem) = &group.unreadable {
            tracing::error!(group = record.id, %problem, "policy cannot be read: the group grants nothing");
        }
        edit.set_group(group);
    }
    registries.place_all(&mut edit);
    edit.set_time(now());
    for token in &stored.tokens {
        let Some(policy) = &token.policy else { continue };
        let policy = Policy::parse(policy).unwrap_or_else(|problem| {
            tracing::error!(token = %token.id, %problem, "policy cannot be read: nothing can be done by the token");
            Policy::default()
        });
        edit.set_token_policy(&token.id, &policy);
    }
    stored.users.iter().cloned().for_each(|user: User| edit.set_user(user));
    edit.finish()
}

fn books_of(stored: Stored) -> Books {
    let active: HashMap<_, _> = stored.users.iter().map(|user| (user.id.clone(), user.is_active)).collect();
    let mut logins = LoginBook::new();
    for login in stored.logins {
        if let Err(error) = logins.insert(login.into_login()) {
            tracing::error!(%error, "a stored credential is left out");
        }
    }
    let mut identities = IdentityBook::new();
    for identity in stored.identities {
        if let Err(error) = identities.insert(identity) {
            tracing::error!(%error, "a stored link to an account elsewhere is left out");
        }
    }
    let mut tokens = TokenBook::new(&mut OsEntropy);
    for token in stored.tokens.into_iter().filter(|token| active.contains_key(&token.user_id)) {
        let id = token.id.clone();
        let inserted = token
            .into_token()
            .map_err(|e| e.to_string())
            .and_then(|token| tokens.insert(token).map_err(|e| e.to_string()));
        if let Err(error) = inserted {
            tracing::error!(token = %id, error, "a stored token is left out");
        }
    }
    Books {
        logins,
        tokens,
        codes: CodeBook::new(),
        flows: LoginFlows::new(),
        throttle: Throttle::new(),
        clients: ClientRules::new(),
        signer: PathSigner::new(&mut OsEntropy),
        factors: Factors::new(stored.factors),
        passkeys: PasskeyBook::new(stored.passkeys),
        step_up: StepUp::new(stored.security.unwrap_or_default()),
        identities,
        visits: Visits::new(),
        display: DisplayBook::new(stored.user_data, stored.system_data),
    }
}
