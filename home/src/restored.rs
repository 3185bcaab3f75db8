//! Entities that are registered and that nobody provides.

use auth_core::EntityId;
use registries::{EntityEntry, Registries};
use serde_json::{Map, Value, json};
use service_bus::StateWriter;

use crate::Home;

impl Home {
    /// Gives every enabled registered entity without a state one: `unavailable`, with `restored: true`, as Home
    /// Assistant shows entities whose integration is not there. Returns how many.
    pub fn restore_unprovided(&self, writer: &StateWriter) -> usize {
        _ = self.inner.restorer.set(writer.clone());
        let world = self.inner.bus.world();
        let enabled = world.registries.entities().filter(|entry| entry.is_enabled());
        enabled.filter(|entry| self.restore(&world.registries, entry)).count()
    }

    /// Shows a registered entity that nobody provides, unless it has a state; tells whether it had none.
    pub(crate) fn restore(&self, registries: &Registries, entry: &EntityEntry) -> bool {
        let Some(writer) = self.inner.restorer.get() else { return false };
        if self.inner.bus.has_state(entry.entity_id.as_str()) {
            return false;
        }
        match writer.set(&entry.entity_id, "unavailable", restored_attributes(registries, entry)) {
            Ok(_) => true,
            Err(error) => {
                tracing::warn!(entity = %entry.entity_id, %error, "a registered entity has no state");
                false
            }
        }
    }

    /// Takes the state away that [`Home::restore`] gave an entity.
    pub(crate) fn unrestore(&self, entity_id: &EntityId) {
        let Some(writer) = self.inner.restorer.get() else { return };
        let is_restored = |state: std::sync::Arc<service_bus::State>| state.attributes.contains_key("restored");
        if writer.state(entity_id).is_some_and(is_restored) {
            writer.withdraw(entity_id);
        }
    }
}

/// Returns the attributes of an entity that nobody provides.
pub(crate) fn restored_attributes(registries: &Registries, entry: &EntityEntry) -> Map<String, Value> {
    let mut attributes = registered_attributes(registries, entry);
    attributes.insert("restored".to_owned(), Value::Bool(true));
    attributes.insert("supported_features".to_owned(), json!(entry.supported_features));
    attributes
}

/// Returns the attributes of an entity's state that the registry decides: its name, and what kind of thing it is.
pub(crate) fn registered_attributes(registries: &Registries, entry: &EntityEntry) -> Map<String, Value> {
    let device = entry.device_id.as_deref().and_then(|id| registries.device(id));
    let device = device.and_then(|device| device.display_name()).filter(|_| entry.has_entity_name);
    let name = match (device, entry.name.as_deref(), entry.original_name.as_deref()) {
        // A name that a person gave to a part of a device still follows the device's.
        (Some(device), Some(own), _) | (Some(device), None, Some(own)) => Some(format!("{device} {own}")),
        (Some(name), None, None) | (None, Some(name), _) | (None, None, Some(name)) => Some(name.to_owned()),
        (None, None, None) => None,
    };
    let class = entry.device_class.as_ref().or(entry.original_device_class.as_ref());
    let icon = entry.icon.as_ref().or(entry.original_icon.as_ref());
    let unit = entry.unit_of_measurement.as_ref();
    let members =
        [("friendly_name", name.as_ref()), ("device_class", class), ("icon", icon), ("unit_of_measurement", unit)];
    members.into_iter().filter_map(|(member, text)| Some((member.to_owned(), json!(text?)))).collect()
}
