//! A bus with the catalogue and entities that note what reaches them.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use auth_core::{Context, EntityId, Group, Policy, User, principal::danger};
use serde_json::{Map, Value};
use service_bus::{
    Bus, CallError, CallRequest, Entity, EntityCall, HandlerError, Outcome, StateWriter, World, WorldWriter,
    WriteStates, new_context_id, now,
};

pub(crate) struct Home {
    pub(crate) bus: Bus,
    _world: WorldWriter,
    writer: StateWriter,
    done: Arc<Mutex<Vec<String>>>,
}

struct Noter(Arc<Mutex<Vec<String>>>, Option<Vec<EntityId>>);

#[async_trait]
impl Entity for Noter {
    async fn call(&self, call: &EntityCall) -> Result<Option<Value>, HandlerError> {
        let data = Value::Object(call.call.data.clone());
        let note = format!("{}.{} {} {data}", call.call.domain, call.call.service, call.entity_id);
        self.0.lock().unwrap().push(note);
        Ok(None)
    }

    fn supported_features(&self) -> u64 {
        u64::MAX
    }

    fn members(&self) -> Option<Vec<EntityId>> {
        self.1.clone()
    }
}

impl Home {
    /// `ann` may control `light.a` and `switch.a`, and read `weather.a`.
    pub(crate) fn new() -> Self {
        let (bus, mut world) = Bus::new();
        components::register(&bus).unwrap();
        let mut edit = world.current().auth.edit();
        Group::system_groups().into_iter().for_each(|group| edit.set_group(group));
        let policy = r#"{"entities":{"entity_ids":{
            "light.a":{"read":true,"control":true},"switch.a":{"control":true},"weather.a":{"read":true}}}}"#;
        edit.set_group(Group::new("ann", "Ann", Policy::parse(policy).unwrap()));
        edit.set_user(User { group_ids: vec!["ann".into()], ..User::new("ann", "Ann") });
        edit.set_user(User { group_ids: vec![Group::ADMIN.into()], ..User::new("admin", "Admin") });
        world.replace(World { auth: edit.finish(), ..World::default() });
        let request = WriteStates { integration: "test".into() };
        let writer = bus.state_writer(bus.authorize(&danger::integration_principal("test"), request).unwrap());
        let home = Self { bus, _world: world, writer, done: Arc::default() };
        for id in ["light.a", "light.b", "switch.a", "sensor.a", "weather.a", "lock.a"] {
            home.provide(id, None);
        }
        home.provide("light.all", Some(&["light.a", "light.b"]));
        home
    }

    fn provide(&self, entity_id: &str, members: Option<&[&str]>) {
        let id: EntityId = entity_id.parse().unwrap();
        let members = members.map(|ids| ids.iter().map(|id| id.parse().unwrap()).collect());
        self.writer.provide(id.clone(), Arc::new(Noter(Arc::clone(&self.done), members)));
        self.writer.set(&id, "on", Map::new()).unwrap();
    }

    pub(crate) async fn call(&self, who: &str, service: &str, data: Value) -> Result<Outcome, CallError> {
        let (domain, name) = service.split_once('.').unwrap();
        let Value::Object(data) = data else { panic!("an object") };
        let context = Context::new(new_context_id(now()), Some(who.into()));
        let spec = self.bus.services().get(domain).and_then(|services| services.get(name)).cloned();
        let return_response = spec.is_some_and(|spec| spec.response == service_bus::ResponseMode::Only);
        let request = CallRequest { return_response, ..CallRequest::new(domain, name, data) };
        self.bus.call(danger::user_principal(&who.into(), None), request, context).await
    }

    pub(crate) fn done(&self) -> Vec<String> {
        std::mem::take(&mut self.done.lock().unwrap())
    }
}

#[track_caller]
pub(crate) fn outcome(result: &Result<Outcome, CallError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(CallError::Unauthorized(_) | CallError::Handler(HandlerError::Unauthorized(_))) => "unauthorized",
        Err(CallError::Invalid(_)) => "invalid",
        Err(CallError::Handler(_)) => "failed",
        Err(other) => panic!("{other}"),
    }
}
