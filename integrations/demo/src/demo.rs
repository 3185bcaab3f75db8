//! The demo home at work.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use auth_core::{Context, EntityId, Permission, Timestamp};
use registries::EntityEntry;
use serde_json::{Value, json};
use service_bus::{
    Bus, Handler, Manages, RegisterError, ResponseMode, Schema, ServiceAccess, ServiceSpec, SetStateError, StateWriter,
    new_context_id, now,
};
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    entity::Tick,
    furnish::{PLATFORM, full_name, items, known_id},
    group::{Lights, follow_any, follow_lights},
    house::{Face, Group, House},
    item::{Body, Item, Kind, Step},
    routine::{Memory, Routine, RunScript},
    shell::Shell,
};

/// Entities that answer to services. Those that change by themselves do so while [`Demo::live`] runs.
pub struct Demo {
    started: Timestamp,
    n_steps: AtomicU64,
    shells: Vec<Arc<Shell>>,
}

/// Why the demo home could not start.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A service was refused.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// A first state was refused.
    #[error(transparent)]
    State(#[from] SetStateError),
}

impl fmt::Debug for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Demo").field("n_entities", &self.shells.len()).finish_non_exhaustive()
    }
}

impl Demo {
    /// Registers the catalogue's services and one for each script, provides the entities and writes their first states.
    ///
    /// An entity that people have renamed is provided under its new id; one that is disabled in the registry has no
    /// state. Later changes of ids are not followed.
    ///
    /// # Errors
    /// [`DemoError`]; what came before stays.
    pub fn start(bus: &Bus, writer: StateWriter) -> Result<Self, DemoError> {
        components::register(bus)?;
        let started = now();
        let context = Context::new(new_context_id(started), None);
        let home = Home::new(bus, items(started));
        let house = Arc::new(House::new(bus.clone(), writer, home.groups()));
        let mut demo = Self { started, n_steps: AtomicU64::new(0), shells: Vec::new() };
        for item in &home.items {
            let face = home.face(item);
            let entity_id = face.entity_id.clone();
            match &item.body {
                Body::Model(model) => {
                    let shell = Arc::new(Shell::new(Arc::clone(&house), face, model.copy()));
                    shell.show(&context)?;
                    house.writer.provide(entity_id, Arc::clone(&shell) as Arc<_>);
                    demo.shells.push(shell);
                }
                Body::Lights(members) => {
                    let lights = Lights { members: home.ids(members), house: Arc::clone(&house) };
                    house.writer.provide(entity_id, Arc::new(lights));
                }
                // The bus reads its members from its state.
                Body::Group(..) => {}
                Body::Routine(kind, steps) => {
                    let steps = steps.iter().map(|step| home.step(step)).collect();
                    let (house, memory) = (Arc::clone(&house), Mutex::new(Memory::default()));
                    let routine = Arc::new(Routine { house, face, kind: *kind, steps, memory });
                    routine.show(&context)?;
                    routine.house.writer.provide(entity_id, Arc::clone(&routine) as Arc<_>);
                    if *kind == Kind::Script {
                        bus.register(script_service(routine))?;
                    }
                }
            }
        }
        house.write_groups(&context)?;
        Ok(demo)
    }

    /// Lets time pass, for ever: one step every five seconds.
    ///
    /// # Cancel safety
    /// May be dropped at any time, and called again to go on.
    pub async fn live(&self) {
        let mut clock = interval(Duration::from_secs(u64::from(Tick::SECS)));
        clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            clock.tick().await;
            self.step(self.n_steps.fetch_add(1, Ordering::Relaxed));
        }
    }

    /// Lets everything that changes by itself do what it does in step `n`, five seconds after the step before.
    ///
    /// What a sensor then shows depends on `n` (and, where it adds up, on the steps before) alone.
    pub fn step(&self, n: u64) {
        let seconds = i64::try_from(n).unwrap_or(i64::MAX).saturating_mul(i64::from(Tick::SECS));
        let tick = Tick { n, at: self.started.plus_secs(seconds) };
        for shell in &self.shells {
            if let Err(error) = shell.step(tick) {
                tracing::warn!(%error, "a state of the demo home was not written");
            }
        }
    }
}

/// The list of entities, with the ids that people gave them.
struct Home {
    items: Vec<Item>,
    ids: HashMap<&'static str, EntityId>,
}

impl Home {
    fn new(bus: &Bus, mut items: Vec<Item>) -> Self {
        let world = bus.world();
        let ours = world.registries.entities().filter(|entry| entry.platform == PLATFORM);
        let known: HashMap<&str, &Arc<EntityEntry>> = ours.map(|entry| (entry.unique_id.as_str(), entry)).collect();
        let entry = |item: &Item| known.get(item.unique_id().as_str()).filter(|_| item.registered).copied();
        items.retain(|item| entry(item).map_or(!item.disabled, |entry| entry.is_enabled()));
        let id = |item: &Item| entry(item).map_or_else(|| known_id(item.entity_id), |entry| entry.entity_id.clone());
        let ids = items.iter().map(|item| (item.entity_id, id(item))).collect();
        Self { items, ids }
    }

    fn id(&self, entity_id: &str) -> EntityId {
        self.ids.get(entity_id).cloned().unwrap_or_else(|| known_id(entity_id))
    }

    fn ids(&self, entity_ids: &[&str]) -> Vec<EntityId> {
        entity_ids.iter().map(|id| self.id(id)).collect()
    }

    fn face(&self, item: &Item) -> Face {
        let features = match &item.body {
            Body::Model(model) => model.features(),
            Body::Lights(_) => Some(0),
            Body::Group(..) | Body::Routine(..) => None,
        };
        Face {
            entity_id: self.id(item.entity_id),
            name: full_name(item),
            device_class: item.device_class,
            icon: item.icon,
            features,
        }
    }

    fn groups(&self) -> Vec<Group> {
        let mut groups = Vec::new();
        let mut n_old = 0;
        for item in &self.items {
            let (members, follow) = match &item.body {
                Body::Lights(members) => (members, follow_lights()),
                Body::Group(members, words) => {
                    n_old += 1;
                    (members, follow_any(*words, n_old - 1))
                }
                Body::Model(_) | Body::Routine(..) => continue,
            };
            groups.push(Group { face: self.face(item), members: self.ids(members), follow, writing: Mutex::new(()) });
        }
        groups
    }

    /// Returns a step with the ids that people gave.
    fn step(&self, step: &Step) -> Step {
        let renamed = |id: &Value| match id {
            Value::String(text) => self.ids.get(text.as_str()).map_or_else(|| id.clone(), |id| json!(id.as_str())),
            other => other.clone(),
        };
        let mut step = step.clone();
        if let Some(ids) = step.data.get_mut("entity_id") {
            *ids = match &*ids {
                Value::Array(items) => items.iter().map(renamed).collect(),
                one => renamed(one),
            };
        }
        step
    }
}

/// Returns the service that has a script's own name: whoever may control the script may call it.
fn script_service(script: Arc<Routine>) -> ServiceSpec {
    let entity_id = script.face.entity_id.clone();
    ServiceSpec {
        domain: "script".to_owned(),
        name: entity_id.object_id().to_owned(),
        access: ServiceAccess::On(entity_id, Permission::Control),
        // Variables of any name.
        schema: Schema::open(),
        response: ResponseMode::Optional,
        manages: Manages::Nothing,
        handler: Handler::Plain(Arc::new(RunScript(script))),
    }
}
