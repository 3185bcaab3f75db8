//! A small home on a bus.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use auth_core::{Context, EntityId, Group, Permission, Policy, Principal, Timestamp, User, principal::danger};
use registries::{AreaPatch, EntityEntry, Registries};
use serde_json::{Map, Value, json};
use service_bus::{
    Bus, CallError, CallRequest, Entity, EntityCall, Field, Handler, HandlerError, Kind, Manages, Outcome,
    ResponseMode, Schema, ServiceAccess, ServiceSpec, StateWriter, World, WorldWriter, WriteStates, new_context_id,
    now,
};

pub(crate) struct Home {
    pub(crate) bus: Bus,
    pub(crate) world: WorldWriter,
    pub(crate) writer: StateWriter,
    /// Every call that reached an entity.
    pub(crate) done: Arc<Mutex<Vec<String>>>,
}

struct Lamp {
    writer: StateWriter,
    done: Arc<Mutex<Vec<String>>>,
    members: Option<Vec<EntityId>>,
}

#[async_trait]
impl Entity for Lamp {
    async fn call(&self, call: &EntityCall) -> Result<Option<Value>, HandlerError> {
        self.done.lock().unwrap().push(format!("{} {}", call.call.service, call.entity_id));
        let context = call.call.context.clone();
        self.writer.set_in(&call.entity_id, "on", call.call.data.clone(), context).unwrap();
        Ok(Some(json!({"done": true})))
    }

    fn supported_features(&self) -> u64 {
        1
    }

    fn members(&self) -> Option<Vec<EntityId>> {
        self.members.clone()
    }
}

pub(crate) fn principal(who: &str) -> Principal {
    danger::user_principal(&who.into(), None)
}

pub(crate) fn id(text: &str) -> EntityId {
    text.parse().unwrap()
}

impl Home {
    /// Lights a, b, c and a lock; a and the lock in the kitchen. `ann` may control a and read b; `guest` has nothing.
    pub(crate) fn new() -> Self {
        let (bus, mut world) = Bus::new();
        let mut registries = Registries::default();
        registries.create_area(AreaPatch::named("Kitchen"), Timestamp::default()).unwrap();
        for (entity_id, area) in
            [("light.a", Some("kitchen")), ("light.b", None), ("light.c", None), ("lock.safe", Some("kitchen"))]
        {
            let entry = EntityEntry::new(id(entity_id), "test", entity_id, entity_id, Timestamp::default());
            registries.put_entity(EntityEntry { area_id: area.map(str::to_owned), ..entry });
        }
        let mut edit = world.current().auth.edit();
        Group::system_groups().into_iter().for_each(|group| edit.set_group(group));
        let policy = r#"{"entities":{"entity_ids":{"light.a":{"read":true,"control":true},"light.b":{"read":true}}}}"#;
        edit.set_group(Group::new("ann", "Ann", Policy::parse(policy).unwrap()));
        edit.set_user(User { group_ids: vec!["ann".into()], ..User::new("ann", "Ann") });
        edit.set_user(User { group_ids: vec![Group::ADMIN.into()], ..User::new("admin", "Admin") });
        edit.set_user(User::new("guest", "Guest"));
        registries.place_all(&mut edit);
        world.replace(World { auth: edit.finish(), registries: Arc::new(registries) });
        let integration = danger::integration_principal("test");
        let writer = bus.state_writer(bus.authorize(&integration, WriteStates { integration: "test".into() }).unwrap());
        let home = Self { bus, world, writer, done: Arc::default() };
        for entity_id in ["light.a", "light.b", "light.c", "lock.safe"] {
            home.provide(entity_id, None);
        }
        home.service(
            "light",
            "turn_on",
            ServiceAccess::Entities(Permission::Control),
            Handler::EachEntity { feature: 0 },
        );
        home.service("light", "look", ServiceAccess::Entities(Permission::Read), Handler::EachEntity { feature: 0 });
        home.service(
            "light",
            "dance",
            ServiceAccess::Entities(Permission::Control),
            Handler::EachEntity { feature: 2 },
        );
        home.service(
            "lock",
            "unlock",
            ServiceAccess::Entities(Permission::Control),
            Handler::EachEntity { feature: 0 },
        );
        home
    }

    pub(crate) fn provide(&self, entity_id: &str, members: Option<&[&str]>) {
        let members = members.map(|ids| ids.iter().map(|m| id(m)).collect());
        let lamp = Lamp { writer: self.writer.clone(), done: Arc::clone(&self.done), members };
        self.writer.provide(id(entity_id), Arc::new(lamp));
        self.writer.set(&id(entity_id), "off", Map::new()).unwrap();
    }

    pub(crate) fn service(&self, domain: &str, name: &str, access: ServiceAccess, handler: Handler) {
        let schema = Schema::new(vec![Field::optional("brightness", Kind::Int(0, 255))]);
        let (domain, name) = (domain.to_owned(), name.to_owned());
        let (response, manages) = (ResponseMode::Optional, Manages::Nothing);
        self.bus.register(ServiceSpec { domain, name, access, schema, response, manages, handler }).unwrap();
    }

    pub(crate) async fn call(&self, who: &str, service: &str, data: Value) -> Result<Outcome, CallError> {
        let (domain, name) = service.split_once('.').unwrap();
        let Value::Object(data) = data else { panic!("an object") };
        let context = Context::new(new_context_id(now()), Some(who.into()));
        let request = CallRequest { return_response: true, ..CallRequest::new(domain, name, data) };
        self.bus.call(principal(who), request, context).await
    }

    /// Changes what `ann` may do.
    pub(crate) fn set_policy(&mut self, policy: &str) {
        let current = self.world.current();
        let mut edit = current.auth.edit();
        edit.set_group(Group::new("ann", "Ann", Policy::parse(policy).unwrap()));
        self.world.replace(World { auth: edit.finish(), ..World::clone(&current) });
    }
}
