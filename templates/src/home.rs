//! What a template may read.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

/// One entity's state as templates see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TemplateState {
    /// The entity, `domain.object_id`.
    pub entity_id: String,
    /// The state text, such as `on`.
    pub state: String,
    /// The attributes, in their order.
    pub attributes: Arc<Map<String, Value>>,
    /// When the state text changed, in microseconds since the epoch (UTC).
    pub last_changed_micros: i64,
    /// When the state text or an attribute changed, in microseconds since the epoch (UTC).
    pub last_updated_micros: i64,
    /// When the state was last written, in microseconds since the epoch (UTC).
    pub last_reported_micros: i64,
    /// What caused the state.
    pub context: TemplateContext,
}

/// The context of a state: what caused it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateContext {
    /// The context's id.
    pub id: String,
    /// The context it came from.
    pub parent_id: Option<String>,
    /// The user who caused it.
    pub user_id: Option<String>,
}

/// Everything that a template may read.
///
/// An implementation has **already been limited to the caller's rights**: what the caller may not read does not
/// exist in it. This crate checks no permission; it only hands out what this trait returns.
///
/// Only [`state`](Self::state), [`entity_ids`](Self::entity_ids) and [`now_micros`](Self::now_micros) must be
/// written; the rest returns nothing by default. Lists are sorted unless said otherwise.
pub trait TemplateHome: Send + Sync + 'static {
    /// Returns the state of an entity.
    fn state(&self, entity_id: &str) -> Option<Arc<TemplateState>>;
    /// Returns the ids of all entities that have a state, or of those of one domain.
    fn entity_ids(&self, domain: Option<&str>) -> Vec<String>;
    /// Returns the time, in microseconds since the epoch (UTC).
    fn now_micros(&self) -> i64;

    /// Returns the IANA name of the home's time zone.
    fn time_zone(&self) -> &str {
        "UTC"
    }
    /// Returns how many decimals the user wants to see of a sensor.
    fn display_precision(&self, _entity_id: &str) -> Option<u8> {
        None
    }
    /// Returns whether an entity is hidden from dashboards.
    fn is_hidden_entity(&self, _entity_id: &str) -> bool {
        false
    }

    /// Returns the ids of all areas.
    fn areas(&self) -> Vec<String> {
        Vec::new()
    }
    /// Returns the area of an entity id or device id, or the area with that name.
    fn area_id(&self, _lookup: &str) -> Option<String> {
        None
    }
    /// Returns the name of an area, or of the area of an entity or device.
    fn area_name(&self, _lookup: &str) -> Option<String> {
        None
    }
    /// Returns the entities of an area, given by id or name.
    fn area_entities(&self, _area: &str) -> Vec<String> {
        Vec::new()
    }
    /// Returns the devices of an area, given by id or name.
    fn area_devices(&self, _area: &str) -> Vec<String> {
        Vec::new()
    }

    /// Returns the device of an entity, or the device with that name.
    fn device_id(&self, _lookup: &str) -> Option<String> {
        None
    }
    /// Returns the name of a device, or of the device of an entity.
    fn device_name(&self, _lookup: &str) -> Option<String> {
        None
    }
    /// Returns the entities of a device.
    fn device_entities(&self, _device: &str) -> Vec<String> {
        Vec::new()
    }
    /// Returns an attribute of a device, or of the device of an entity, such as `manufacturer`.
    fn device_attr(&self, _device_or_entity: &str, _attribute: &str) -> Option<Value> {
        None
    }

    /// Returns the ids of all floors.
    fn floors(&self) -> Vec<String> {
        Vec::new()
    }
    /// Returns the floor of an area, device or entity, or the floor with that name.
    fn floor_id(&self, _lookup: &str) -> Option<String> {
        None
    }
    /// Returns the name of a floor, or of the floor of an area, device or entity.
    fn floor_name(&self, _lookup: &str) -> Option<String> {
        None
    }
    /// Returns the areas of a floor, given by id or name.
    fn floor_areas(&self, _floor: &str) -> Vec<String> {
        Vec::new()
    }
    /// Returns the entities of a floor, given by id or name.
    fn floor_entities(&self, _floor: &str) -> Vec<String> {
        Vec::new()
    }

    /// Returns the ids of all labels, or of those on an area, device or entity.
    fn labels(&self, _lookup: Option<&str>) -> Vec<String> {
        Vec::new()
    }
    /// Returns the id of the label with that name.
    fn label_id(&self, _name: &str) -> Option<String> {
        None
    }
    /// Returns the name of a label.
    fn label_name(&self, _label: &str) -> Option<String> {
        None
    }
    /// Returns the areas with a label, given by id or name.
    fn label_areas(&self, _label: &str) -> Vec<String> {
        Vec::new()
    }
    /// Returns the devices with a label, given by id or name.
    fn label_devices(&self, _label: &str) -> Vec<String> {
        Vec::new()
    }
    /// Returns the entities with a label, given by id or name.
    fn label_entities(&self, _label: &str) -> Vec<String> {
        Vec::new()
    }

    /// Returns the entities of an integration, given by its domain or a config entry's title.
    fn integration_entities(&self, _integration: &str) -> Vec<String> {
        Vec::new()
    }
    /// Returns the config entry that an entity belongs to.
    fn config_entry_id(&self, _entity_id: &str) -> Option<String> {
        None
    }
}

impl fmt::Debug for dyn TemplateHome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TemplateHome")
    }
}
