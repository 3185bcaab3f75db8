//! The demo home on a bus, with some users.

use std::{collections::BTreeMap, sync::Arc};

use auth_core::{Context, EntityId, Group, Policy, Timestamp, User, principal::danger};
use demo::{Demo, furnish};
use serde_json::{Map, Value};
use service_bus::{
    Bus, CallError, CallRequest, HandlerError, Outcome, ReadStates, ResponseMode, State, World, WorldWriter,
    WriteStates, new_context_id, now,
};

pub(crate) struct Home {
    pub(crate) bus: Bus,
    pub(crate) demo: Demo,
    pub(crate) world: WorldWriter,
}

pub(crate) const MOMENT: Timestamp = Timestamp::from_secs(1_795_331_367);

/// What an entity shows: its state, and its attributes in order.
pub(crate) type Shown = (String, Map<String, Value>);

impl Home {
    /// A home with an administrator, and a user for each policy.
    pub(crate) fn with(policies: &[(&str, &str)]) -> Self {
        let (bus, mut world) = Bus::new();
        let registries = furnish(MOMENT);
        let mut edit = world.current().auth.edit();
        Group::system_groups().into_iter().for_each(|group| edit.set_group(group));
        edit.set_user(User { group_ids: vec![Group::ADMIN.into()], ..User::new("admin", "Admin") });
        for (name, policy) in policies {
            edit.set_group(Group::new(*name, name, Policy::parse(policy).unwrap()));
            edit.set_user(User { group_ids: vec![(*name).into()], ..User::new(*name, name) });
        }
        registries.place_all(&mut edit);
        world.replace(World { auth: edit.finish(), registries: Arc::new(registries) });
        let demo = start(&bus);
        Self { bus, demo, world }
    }

    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    pub(crate) async fn call(&self, who: &str, service: &str, data: Value) -> Result<Outcome, CallError> {
        let (domain, name) = service.split_once('.').unwrap();
        let Value::Object(data) = data else { panic!("an object") };
        let context = Context::new(new_context_id(now()), Some(who.into()));
        let services = self.bus.services();
        let spec = services.get(domain).and_then(|services| services.get(name));
        let return_response = spec.is_some_and(|spec| spec.response == ResponseMode::Only);
        let request = CallRequest { return_response, ..CallRequest::new(domain, name, data) };
        self.bus.call(danger::user_principal(&who.into(), None), request, context).await
    }

    pub(crate) fn states(&self) -> Vec<Arc<State>> {
        let system = danger::system_principal("test");
        self.bus.read_states(&self.bus.authorize(&system, ReadStates).unwrap())
    }

    /// Returns what every entity shows.
    pub(crate) fn shown(&self) -> BTreeMap<EntityId, Shown> {
        let shown = |state: Arc<State>| (state.state.to_string(), Map::clone(&state.attributes));
        self.states().into_iter().map(|state| (state.entity_id.clone(), shown(state))).collect()
    }

    #[track_caller]
    pub(crate) fn state(&self, entity_id: &str) -> Arc<State> {
        let found = self.states().into_iter().find(|state| state.entity_id.as_str() == entity_id);
        found.unwrap_or_else(|| panic!("{entity_id} has no state"))
    }
}

pub(crate) fn start(bus: &Bus) -> Demo {
    let request = WriteStates { integration: "demo".into() };
    let writer = bus.state_writer(bus.authorize(&danger::integration_principal("demo"), request).unwrap());
    Demo::start(bus, writer).unwrap()
}

#[track_caller]
pub(crate) fn outcome(result: &Result<Outcome, CallError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(CallError::Unauthorized(_) | CallError::Handler(HandlerError::Unauthorized(_))) => "unauthorized",
        Err(CallError::Handler(HandlerError::Validation { .. })) => "refused",
        Err(CallError::Invalid(_)) => "invalid",
        Err(other) => panic!("{other}"),
    }
}
