//! Entities that are registered and that nobody provides.

use serde_json::{Map, Value, json};
use service_bus::StateWriter;

use crate::Home;

impl Home {
    /// Gives every enabled registered entity without a state one: `unavailable`, with `restored: true`, as Home
    /// Assistant shows entities whose integration is not there. Returns how many.
    pub fn restore_unprovided(&self, writer: &StateWriter) -> usize {
        let world = self.inner.bus.world();
        let mut n = 0;
        for entry in world.registries.entities().filter(|entry| entry.is_enabled()) {
            if self.inner.bus.has_state(entry.entity_id.as_str()) {
                continue;
            }
            let mut attributes = Map::from_iter([("restored".to_owned(), Value::Bool(true))]);
            let device = entry.device_id.as_deref().and_then(|id| world.registries.device(id));
            let own = entry.name.as_deref().or(entry.original_name.as_deref());
            let device = device.and_then(|device| device.display_name()).filter(|_| entry.has_entity_name);
            let name = match (device, own) {
                (Some(device), Some(own)) => Some(format!("{device} {own}")),
                (Some(name), None) | (None, Some(name)) => Some(name.to_owned()),
                (None, None) => None,
            };
            attributes.extend(name.map(|name| ("friendly_name".to_owned(), json!(name))));
            attributes.insert("supported_features".to_owned(), json!(entry.supported_features));
            let class = entry.device_class.as_ref().or(entry.original_device_class.as_ref());
            attributes.extend(class.map(|class| ("device_class".to_owned(), json!(class))));
            if let Err(error) = writer.set(&entry.entity_id, "unavailable", attributes) {
                tracing::warn!(entity = %entry.entity_id, %error, "a registered entity has no state");
                continue;
            }
            n += 1;
        }
        n
    }
}
