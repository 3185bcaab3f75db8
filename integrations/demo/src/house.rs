//! What all entities share: the bus, how a state is written, and the groups that follow their members.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use auth_core::{Context, EntityId};
use serde_json::{Map, Value, json};
use service_bus::{Bus, HandlerError, SetStateError, StateWriter};

/// What all entities share.
pub(crate) struct House {
    bus: Bus,
    pub(crate) writer: StateWriter,
    groups: Vec<Group>,
    /// Places in `groups`, by member.
    by_member: HashMap<EntityId, Vec<usize>>,
}

/// How an entity shows itself.
#[derive(Clone, Debug)]
pub(crate) struct Face {
    pub(crate) entity_id: EntityId,
    pub(crate) name: String,
    pub(crate) device_class: Option<&'static str>,
    pub(crate) icon: Option<&'static str>,
    /// Shown where the domain has such bits.
    pub(crate) features: Option<u64>,
}

/// A state that follows the states of others.
pub(crate) struct Group {
    pub(crate) face: Face,
    pub(crate) members: Vec<EntityId>,
    pub(crate) follow: Follow,
    /// Held while members are read and the group is written, so that the last to write has read last.
    pub(crate) writing: Mutex<()>,
}

/// How a group follows its members: what it writes, given their states' words and attributes.
pub(crate) type Follow =
    Box<dyn Fn(&[EntityId], &[Arc<service_bus::State>]) -> (String, Map<String, Value>) + Send + Sync>;

impl House {
    pub(crate) fn new(bus: Bus, writer: StateWriter, groups: Vec<Group>) -> Self {
        let mut by_member: HashMap<EntityId, Vec<usize>> = HashMap::new();
        for (n, group) in groups.iter().enumerate() {
            for member in &group.members {
                by_member.entry(member.clone()).or_default().push(n);
            }
        }
        Self { bus, writer, groups, by_member }
    }

    /// Writes a state as the outcome of `context`, and those of the groups that follow it. An identical state is no
    /// event.
    pub(crate) fn write(
        &self,
        face: &Face,
        state: &str,
        attributes: Map<String, Value>,
        context: &Context,
    ) -> Result<(), SetStateError> {
        self.write_one(face, state, attributes, context)?;
        for n in self.by_member.get(&face.entity_id).into_iter().flatten() {
            self.write_group(self.groups.get(*n), context)?;
        }
        Ok(())
    }

    /// Writes every group for the first time.
    pub(crate) fn write_groups(&self, context: &Context) -> Result<(), SetStateError> {
        self.groups.iter().try_for_each(|group| self.write_group(Some(group), context))
    }

    fn write_group(&self, group: Option<&Group>, context: &Context) -> Result<(), SetStateError> {
        let Some(Group { face, members, follow, writing }) = group else { return Ok(()) };
        let _guard = writing.lock().unwrap_or_else(PoisonError::into_inner);
        let states: Vec<_> = members.iter().filter_map(|member| self.writer.state(member)).collect();
        let (state, attributes) = follow(members, &states);
        self.write_one(face, &state, attributes, context)
    }

    fn write_one(
        &self,
        face: &Face,
        state: &str,
        mut attributes: Map<String, Value>,
        context: &Context,
    ) -> Result<(), SetStateError> {
        // What people have set in the registry goes first.
        let world = self.bus.world();
        let entry = world.registries.entity(face.entity_id.as_str());
        let device_class = entry.and_then(|entry| entry.device_class.as_deref()).or(face.device_class);
        let icon = entry.and_then(|entry| entry.icon.as_deref()).or(face.icon);
        let name = entry.and_then(|entry| entry.name.as_deref()).unwrap_or(&face.name);
        for (key, value) in [("device_class", device_class), ("icon", icon), ("friendly_name", Some(name))] {
            if let Some(value) = value {
                attributes.insert(key.to_owned(), json!(value));
            }
        }
        if let Some(features) = face.features {
            attributes.insert("supported_features".to_owned(), json!(features));
        }
        self.writer.set_in(&face.entity_id, state, attributes, context.clone()).map(|_| ())
    }
}

/// Returns why a service failed whose outcome could not be written.
pub(crate) fn not_written(error: SetStateError) -> HandlerError {
    HandlerError::validation(error.to_string())
}
