//! Entities and devices as an integration offers them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use auth_core::{Context, EntityId};
use serde_json::{Map, Value};
use service_bus::{Entity, StateWriter};

/// An entity as an integration offers it.
#[derive(Clone)]
pub struct NewEntity {
    /// Its domain, such as `light`.
    pub domain: String,
    /// What tells it from the integration's other entities of that domain, for ever.
    pub unique_id: String,
    /// The object id to take if it is free; else one is made of the names.
    pub object_id: Option<String>,
    /// What it is called; with a device, its part of the name (`None`: the device itself).
    pub name: Option<String>,
    /// Where it is.
    pub device: Option<NewDevice>,
    /// What kind of thing it is.
    pub device_class: Option<String>,
    /// An icon's name.
    pub icon: Option<String>,
    /// Of a sensor or number.
    pub unit_of_measurement: Option<String>,
    /// `config` or `diagnostic`.
    pub entity_category: Option<String>,
    /// Disabled until somebody enables it.
    pub disabled: bool,
    /// Bits whose meaning depends on the domain.
    pub supported_features: u64,
    /// Where its states are written.
    pub slot: EntitySlot,
    /// What it does.
    pub behaviour: Arc<dyn Entity>,
}

/// A device as an integration describes it. It is the one that has one of these identifiers or connections already.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewDevice {
    /// What tells it from the integration's other devices.
    pub identifiers: Vec<String>,
    /// Pairs of kind and address, such as `mac`.
    pub connections: Vec<(String, String)>,
    /// For display.
    pub name: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// What it is.
    pub model: Option<String>,
    /// The maker's name for the model.
    pub model_id: Option<String>,
    /// Version of the hardware.
    pub hw_version: Option<String>,
    /// Version of the software.
    pub sw_version: Option<String>,
    /// The maker's number for this piece.
    pub serial_number: Option<String>,
    /// A page to configure it.
    pub configuration_url: Option<String>,
    /// The identifier of the device that connects it.
    pub via_device: Option<String>,
    /// The name of the area to put a new device in; made if there is none.
    pub suggested_area: Option<String>,
}

/// Where an entity writes its states. Cheap to clone; made before the entity is known to the home, which puts it in
/// place. What is written while it is out of place (not registered yet, disabled, unloaded) is kept and shown when it
/// comes back into place.
#[derive(Clone, Debug, Default)]
pub struct EntitySlot {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    place: Option<Place>,
    last: Option<(String, Map<String, Value>)>,
}

#[derive(Debug)]
struct Place {
    entity_id: EntityId,
    /// What the registry says of the entity; put over what the integration writes.
    attributes: Map<String, Value>,
    writer: StateWriter,
}

impl EntitySlot {
    /// Returns a slot out of place.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the entity's id, if it is in place.
    pub fn entity_id(&self) -> Option<EntityId> {
        self.lock().place.as_ref().map(|place| place.entity_id.clone())
    }

    /// Writes the state, that nobody asked for.
    pub fn write(&self, state: &str, attributes: Map<String, Value>) {
        self.put(state, attributes, None);
    }

    /// Writes the state as the outcome of the action of `context`.
    pub fn write_in(&self, state: &str, attributes: Map<String, Value>, context: &Context) {
        self.put(state, attributes, Some(context.clone()));
    }

    /// Puts the slot in place: what was written last is shown. For the home.
    pub fn place(&self, entity_id: EntityId, attributes: Map<String, Value>, writer: StateWriter) {
        let mut inner = self.lock();
        inner.place = Some(Place { entity_id, attributes, writer });
        let (state, attributes) = inner.last.clone().unwrap_or_else(|| ("unknown".to_owned(), Map::new()));
        inner.show(&state, attributes, None);
    }

    /// Takes the slot out of place: nothing more is shown. For the home.
    pub fn displace(&self) {
        self.lock().place = None;
    }

    /// Tells whether two slots are one.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    fn put(&self, state: &str, attributes: Map<String, Value>, context: Option<Context>) {
        let mut inner = self.lock();
        inner.last = Some((state.to_owned(), attributes.clone()));
        inner.show(state, attributes, context);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn show(&self, state: &str, mut attributes: Map<String, Value>, context: Option<Context>) {
        let Some(place) = &self.place else { return };
        attributes.extend(place.attributes.clone());
        // A device may say what it likes: a state that is too long is no state.
        let state = if state.chars().count() > service_bus::State::MAX_LEN { "unknown" } else { state };
        let written = match context {
            Some(context) => place.writer.set_in(&place.entity_id, state, attributes, context),
            None => place.writer.set(&place.entity_id, state, attributes),
        };
        if let Err(error) = written {
            tracing::warn!(entity = %place.entity_id, %error, "a state was not written");
        }
    }
}

impl std::fmt::Debug for NewEntity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewEntity({} {})", self.domain, self.unique_id)
    }
}

impl NewEntity {
    /// Returns an entity with nothing but what it must have.
    pub fn new(domain: &str, unique_id: &str, slot: EntitySlot, behaviour: Arc<dyn Entity>) -> Self {
        Self {
            domain: domain.to_owned(),
            unique_id: unique_id.to_owned(),
            object_id: None,
            name: None,
            device: None,
            device_class: None,
            icon: None,
            unit_of_measurement: None,
            entity_category: None,
            disabled: false,
            supported_features: 0,
            slot,
            behaviour,
        }
    }
}
