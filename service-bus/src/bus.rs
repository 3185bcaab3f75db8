//! The bus: states, events, services and the present world, joined.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use arc_swap::ArcSwapOption;
use auth_core::{Action, Authorized, Context, EntityId, PolicyEpoch, Principal, Unauthorized, UserId};
use registries::Change;
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::{
    Entity, Event, EventData, FireError, FireEvent, Handler, Manages, Observer, Origin, ReadState, ReadStates,
    RegisterError, RemoveState, ServiceAccess, ServiceSpec, SetState, SetStateError, State, UseLog, Viewer, World,
    WorldWriter,
    machine::{Machine, Write},
    new_context_id, now,
    world::SharedWorld,
};

/// The one road. Cheap to clone; all clones are the same bus.
#[derive(Clone, Debug)]
pub struct Bus {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) machine: Machine,
    pub(crate) world: Arc<SharedWorld>,
    services: RwLock<BTreeMap<String, BTreeMap<String, Arc<ServiceSpec>>>>,
    entities: RwLock<HashMap<EntityId, Arc<dyn Entity>>>,
    /// Who is watched, if somebody is.
    use_log: ArcSwapOption<UseLog>,
    /// Who is told of what was refused and of what was done.
    pub(crate) observer: OnceLock<Arc<dyn Observer>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bus").finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn entities(&self) -> RwLockReadGuard<'_, HashMap<EntityId, Arc<dyn Entity>>> {
        self.entities.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn entities_mut(&self) -> RwLockWriteGuard<'_, HashMap<EntityId, Arc<dyn Entity>>> {
        self.entities.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what was granted, if somebody is watched.
    pub(crate) fn note<R: Action>(&self, authorized: &Authorized<R>) {
        if let Some(log) = &*self.use_log.load() {
            log.note(authorized.principal(), authorized.request().need());
        }
    }

    pub(crate) fn service(&self, domain: &str, name: &str) -> Option<Arc<ServiceSpec>> {
        let services = self.services.read().unwrap_or_else(PoisonError::into_inner);
        services.get(domain)?.get(name).cloned()
    }
}

impl Bus {
    /// Returns a bus with nothing on it, and the right to change its world.
    pub fn new() -> (Self, WorldWriter) {
        let shared = Arc::<Shared>::default();
        let writer = WorldWriter::new(Arc::clone(&shared.world));
        (Self { shared }, writer)
    }

    /// Returns the present world.
    pub fn world(&self) -> Arc<World> {
        self.shared.world.load_full()
    }

    /// Returns what tells that the world has changed.
    pub fn epochs(&self) -> watch::Receiver<PolicyEpoch> {
        self.shared.world.epochs()
    }

    /// Decides a request in the present world.
    ///
    /// # Errors
    /// [`Unauthorized`], with what was missing.
    pub fn authorize<R: Action>(&self, principal: &Principal, request: R) -> Result<Authorized<R>, Unauthorized> {
        let decided = self.shared.world.load().auth.authorize(principal.clone(), request);
        let authorized = decided.inspect_err(|refusal| self.tell_denied(principal, R::NAME, None, refusal))?;
        self.shared.note(&authorized);
        Ok(authorized)
    }

    /// Says who is told of what was refused and of what was done; the first who is named stays.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        _ = self.shared.observer.set(observer);
    }

    pub(crate) fn tell_denied(
        &self,
        principal: &Principal,
        action: &str,
        service: Option<&str>,
        refusal: &Unauthorized,
    ) {
        if let Some(observer) = self.shared.observer.get() {
            observer.denied(principal, action, service, refusal);
        }
    }

    /// Begins to note what a user does, in place of anybody else.
    pub fn log_uses_of(&self, user_id: UserId) -> Arc<UseLog> {
        let log = Arc::new(UseLog::new(user_id));
        self.shared.use_log.store(Some(Arc::clone(&log)));
        log
    }

    /// Returns the states that the principal may read, in the order of first writing. O(entities).
    pub fn read_states(&self, request: &Authorized<ReadStates>) -> Vec<Arc<State>> {
        let mut states = Vec::new();
        self.shared.machine.each(|state| states.push(Arc::clone(state)));
        self.keep_readable(request.principal(), &mut states);
        states
    }

    /// Returns one state; none if the entity has none, or if the right to it was taken away since the request was
    /// authorized.
    pub fn read_state(&self, request: &Authorized<ReadState>) -> Option<Arc<State>> {
        let state = self.shared.machine.state(request.request().0.as_str())?;
        // INVARIANT: looked at after the state was read, as in `keep_readable`.
        let world = self.shared.world.load();
        let unchanged = world.epoch() == request.epoch();
        (unchanged || Viewer::new(&world, request.principal()).reads(state.entity_id.as_str())).then_some(state)
    }

    /// Keeps the states that a principal may read.
    ///
    /// INVARIANT: the world is looked at after the states were read. The other way round, a state that was written
    /// after a right was withdrawn could be shown by the right of before.
    pub(crate) fn keep_readable(&self, principal: &Principal, states: &mut Vec<Arc<State>>) {
        let world = self.shared.world.load();
        let viewer = Viewer::new(&world, principal);
        if !viewer.reads_everything() {
            states.retain(|state| viewer.reads(state.entity_id.as_str()));
        }
    }

    /// Writes a state over the API. Returns it and whether the entity is new.
    ///
    /// # Errors
    /// [`SetStateError`]; nothing is written.
    pub fn set_state(
        &self,
        request: Authorized<SetState>,
        context: Context,
    ) -> Result<(Arc<State>, bool), SetStateError> {
        let (_, SetState { entity_id, state, attributes, force }) = request.into_parts();
        let attributes = Arc::new(attributes);
        self.shared.machine.set(Write { entity_id, state, attributes, force, context }, now())
    }

    /// Removes a state over the API; tells whether there was one.
    pub fn remove_state(&self, request: Authorized<RemoveState>, context: Context) -> bool {
        let (_, RemoveState(entity_id)) = request.into_parts();
        self.shared.machine.remove(&entity_id, context, now())
    }

    /// Fires an event over the API.
    ///
    /// # Errors
    /// [`FireError`]; nothing is fired.
    pub fn fire_event(&self, request: Authorized<FireEvent>, context: Context) -> Result<(), FireError> {
        let (_, FireEvent { event_type, data, origin }) = request.into_parts();
        if event_type.chars().count() > Event::MAX_TYPE_LEN {
            return Err(FireError::TypeTooLong(event_type));
        }
        if event_type.starts_with(Event::OWN_PREFIX) {
            return Err(FireError::Reserved(event_type));
        }
        self.shared.machine.publish(&event_type, EventData::Other(data), origin, context, now());
        Ok(())
    }

    /// Announces something that the hub itself did.
    pub fn announce(&self, event_type: &'static str, data: Map<String, Value>, context: Context) {
        self.shared.machine.publish(event_type, EventData::Other(data), Origin::Local, context, now());
    }

    /// Announces a change of a registry that the present world already has. `before` is the world without it.
    pub fn announce_change(&self, change: Change, before: Arc<World>, context: Context) {
        let event_type = change.event_type();
        let data = EventData::Registry { change, before };
        self.shared.machine.publish(event_type, data, Origin::Local, context, now());
    }

    /// Counts the listeners to each type of event that the viewer may subscribe to.
    pub fn listener_counts(&self, viewer: &Viewer<'_>) -> Vec<(String, usize)> {
        let counts = self.shared.machine.listener_counts().into_iter();
        counts.filter(|(name, _)| viewer.may_subscribe((name != "*").then_some(name))).collect()
    }

    /// Registers a service, in place of the one with its name if there is one, and announces it.
    ///
    /// # Errors
    /// [`RegisterError`]; above all, a service that could make or change config entries needs administrator access or
    /// the scope of its own integration.
    pub fn register(&self, spec: ServiceSpec) -> Result<(), RegisterError> {
        let full_name = format!("{}.{}", spec.domain, spec.name);
        if !EntityId::is_domain(&spec.domain) || !EntityId::is_domain(&spec.name) {
            return Err(RegisterError::BadName(full_name));
        }
        if spec.manages == Manages::ConfigEntries {
            let narrow = match &spec.access {
                ServiceAccess::Admin | ServiceAccess::Owner => true,
                ServiceAccess::Integration(domain) => *domain == spec.domain,
                ServiceAccess::Authenticated | ServiceAccess::Entities(_) | ServiceAccess::On(..) => false,
            };
            if !narrow {
                return Err(RegisterError::EntriesNeedAdmin(full_name));
            }
        }
        let for_entities = matches!(spec.access, ServiceAccess::Entities(_));
        let takes_targets = matches!(spec.handler, Handler::EachEntity { .. } | Handler::Targets(_));
        if takes_targets != for_entities && !(takes_targets && spec.access == ServiceAccess::Admin) {
            return Err(RegisterError::AccessMismatch(full_name));
        }
        let (domain, name) = (spec.domain.clone(), spec.name.clone());
        {
            let mut services = self.shared.services.write().unwrap_or_else(PoisonError::into_inner);
            services.entry(domain.clone()).or_default().insert(name.clone(), Arc::new(spec));
        }
        let data = [("domain", domain), ("service", name)].map(|(key, value)| (key.to_owned(), Value::String(value)));
        self.announce("service_registered", Map::from_iter(data), Context::new(new_context_id(now()), None));
        Ok(())
    }

    /// Returns every service by domain and name.
    pub fn services(&self) -> BTreeMap<String, BTreeMap<String, Arc<ServiceSpec>>> {
        self.shared.services.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the services that are of use to a viewer, by domain and name: administrators see all, others those that
    /// they could call on something they can see.
    pub fn services_for(&self, viewer: &Viewer<'_>) -> BTreeMap<String, BTreeMap<String, Arc<ServiceSpec>>> {
        let mut services = self.services();
        if viewer.rights().is_admin() {
            return services;
        }
        let mut domains: Vec<String> = Vec::new();
        self.shared.machine.each(|state| {
            if !domains.iter().any(|d| d == state.entity_id.domain()) && viewer.reads(state.entity_id.as_str()) {
                domains.push(state.entity_id.domain().to_owned());
            }
        });
        for (domain, by_name) in &mut services {
            let seen = domains.contains(domain);
            by_name.retain(|_, spec| match &spec.access {
                ServiceAccess::Admin | ServiceAccess::Owner | ServiceAccess::Integration(_) => false,
                ServiceAccess::Authenticated => true,
                ServiceAccess::On(entity_id, _) => viewer.reads(entity_id.as_str()),
                ServiceAccess::Entities(_) => seen || matches!(spec.handler, Handler::Targets(_)),
            });
        }
        services.retain(|_, by_name| !by_name.is_empty());
        services
    }

    /// Tells whether an entity has a state.
    pub fn has_state(&self, entity_id: &str) -> bool {
        self.shared.machine.has(entity_id)
    }

    /// Returns the members of an entity that stands for others, as a target is expanded.
    pub fn members_of(&self, entity_id: &EntityId) -> Option<Vec<EntityId>> {
        if let Some(entity) = self.shared.entities().get(entity_id).cloned() {
            return entity.members();
        }
        if entity_id.domain() != "group" {
            return None;
        }
        // Groups of the old style say their members in their state; without a state they have none.
        let Some(state) = self.shared.machine.state(entity_id.as_str()) else { return Some(Vec::new()) };
        let members = state.attributes.get("entity_id").and_then(Value::as_array).into_iter().flatten();
        Some(members.filter_map(|id| id.as_str()?.parse().ok()).collect())
    }
}
