//! What one principal may see: the last thing between the bus and a caller.

use std::{borrow::Cow, collections::HashSet};

use auth_core::{EntityId, Permission, Principal, Rights, UserId};
use registries::{Change, EntityEntry};
use serde_json::{Map, Value};

use crate::{Event, EventData, State, World};

/// Shows what a principal may read in one world. Borrowed; make one for each answer or event.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    world: &'a World,
    rights: Rights<'a>,
    user_id: Option<&'a UserId>,
}

/// The events that somebody who is no administrator may subscribe to, as Home Assistant has them. What is in them is
/// shown by the same rights as everything else.
pub const NON_ADMIN_EVENTS: [&str; 19] = [
    "area_registry_updated",
    "category_registry_updated",
    "component_loaded",
    "core_config_updated",
    "device_registry_updated",
    "entity_registry_updated",
    "floor_registry_updated",
    "label_registry_updated",
    "labs_updated",
    "lovelace_updated",
    "panels_updated",
    "recorder_5min_statistics_generated",
    "recorder_hourly_statistics_generated",
    "repairs_issue_registry_updated",
    "service_registered",
    "service_removed",
    "shopping_list_updated",
    "state_changed",
    "themes_updated",
];

impl<'a> Viewer<'a> {
    /// Returns the view of `principal` in `world`.
    pub fn new(world: &'a World, principal: &'a Principal) -> Self {
        Self { world, rights: world.auth.rights(principal), user_id: principal.user_id() }
    }

    /// Returns the principal's rights.
    pub const fn rights(&self) -> &Rights<'a> {
        &self.rights
    }

    /// Returns the world looked at.
    pub const fn world(&self) -> &'a World {
        self.world
    }

    /// Tells whether the principal may read an entity. One hash look-up.
    pub fn reads(&self, entity_id: &str) -> bool {
        self.rights.check(entity_id, Permission::Read)
    }

    /// Tells whether the principal may read every entity there is or will be.
    pub fn reads_everything(&self) -> bool {
        self.rights.everywhere(Permission::Read)
    }

    /// Tells whether the principal may learn that `user_id` asked for something: administrators and that user.
    pub fn knows(&self, user_id: &UserId) -> bool {
        self.rights.is_admin() || self.user_id == Some(user_id)
    }

    /// Tells whether the principal has what this user has beside entities: it is them, active, and with all their rights. A
    /// token that was narrowed is to entities alone.
    pub fn is_all_of(&self, user_id: &str) -> bool {
        self.rights.is_active() && !self.rights.is_narrowed() && self.user_id.is_some_and(|own| own.as_str() == user_id)
    }

    /// Tells whether a state can be shown as it is stored, but for who asked.
    pub(crate) fn shows_whole(&self, state: &State) -> bool {
        self.reads_everything() || !state.names_entities()
    }

    /// Returns attributes, of now or of before, as this viewer may see them.
    pub fn shown_attributes<'m>(&self, attributes: &'m Map<String, Value>) -> Cow<'m, Map<String, Value>> {
        if self.reads_everything() {
            return Cow::Borrowed(attributes);
        }
        Cow::Owned(self.visible_attributes(attributes))
    }

    /// Returns attributes without the ids of entities that the principal may not read: dropped from lists and objects,
    /// `null` where they stand alone.
    pub(crate) fn visible_attributes(&self, attributes: &Map<String, Value>) -> Map<String, Value> {
        let shown = attributes.iter().filter(|(name, _)| !self.hides(name));
        shown.map(|(name, value)| (name.clone(), self.visible_value(value))).collect()
    }

    fn visible_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) if self.hides(text) => Value::Null,
            Value::Array(items) => {
                let shown = items.iter().filter(|item| !item.as_str().is_some_and(|text| self.hides(text)));
                Value::Array(shown.map(|item| self.visible_value(item)).collect())
            }
            Value::Object(members) => {
                let shown = members.iter().filter(|(name, _)| !self.hides(name));
                Value::Object(shown.map(|(name, value)| (name.clone(), self.visible_value(value))).collect())
            }
            other => other.clone(),
        }
    }

    /// Tells whether a text is the id of an entity that the principal may not read. What only looks like one (a host
    /// name, a file name) counts as well if its first part could be a domain: hiding too much is the safe side.
    fn hides(&self, text: &str) -> bool {
        text.parse::<EntityId>().is_ok() && !self.reads(text)
    }

    /// Tells whether a registered entity may be shown.
    pub fn sees_entity(&self, entry: &EntityEntry) -> bool {
        self.reads(entry.entity_id.as_str())
    }

    /// Tells whether a device may be shown: one of its entities, or of its parts' entities, may be read.
    pub fn sees_device(&self, device_id: &str) -> bool {
        if self.reads_everything() {
            return true;
        }
        let registries = &self.world.registries;
        let parts: HashSet<_> = registries.children_of(device_id).map(|child| child.id.as_str()).collect();
        registries.entities().any(|entry| {
            let device = entry.device_id.as_deref();
            device.is_some_and(|id| id == device_id || parts.contains(id)) && self.sees_entity(entry)
        })
    }

    /// Tells whether an area may be shown: an entity in it may be read.
    pub fn sees_area(&self, area_id: &str) -> bool {
        self.reads_everything()
            || self
                .world
                .registries
                .entities()
                .any(|entry| self.world.registries.area_of_entry(entry) == Some(area_id) && self.sees_entity(entry))
    }

    /// Tells whether a floor may be shown: an area on it may.
    pub fn sees_floor(&self, floor_id: &str) -> bool {
        let mut areas = self.world.registries.areas();
        self.reads_everything()
            || areas.any(|area| area.floor_id.as_deref() == Some(floor_id) && self.sees_area(&area.id))
    }

    /// Tells whether a label may be shown: something that bears it may.
    pub fn sees_label(&self, label_id: &str) -> bool {
        let registries = &self.world.registries;
        self.reads_everything()
            || registries.entities().any(|e| e.labels.contains(label_id) && self.sees_entity(e))
            || registries.devices().any(|d| d.labels.contains(label_id) && self.sees_device(&d.id))
            || registries.areas().any(|a| a.labels.contains(label_id) && self.sees_area(&a.id))
    }

    /// Tells whether the principal may subscribe to an event type at all; `None` stands for all types.
    pub fn may_subscribe(&self, event_type: Option<&str>) -> bool {
        self.rights.is_admin() || self.rights.is_active() && event_type.is_some_and(|t| NON_ADMIN_EVENTS.contains(&t))
    }

    /// Tells whether the principal may hear of an event.
    pub fn hears(&self, event: &Event) -> bool {
        let is_own = || match &event.data {
            EventData::Other(data) => {
                data.get("user_id").and_then(Value::as_str).is_some_and(|user_id| self.is_all_of(user_id))
            }
            EventData::StateChanged { .. } | EventData::Registry { .. } => false,
        };
        match &*event.event_type {
            Event::USER_DATA => return is_own(),
            Event::NOTIFICATION => return self.rights.is_admin() || is_own(),
            Event::SYSTEM_DATA => return self.rights.is_active(),
            _ => {}
        }
        if !self.may_subscribe(Some(&event.event_type)) {
            return false;
        }
        match &event.data {
            EventData::StateChanged { entity_id, .. } => self.reads(entity_id.as_str()),
            EventData::Registry { change, before } => {
                self.sees_change(change) || Viewer { world: before, ..*self }.sees_change(change)
            }
            EventData::Other(data) => match &*event.event_type {
                // What is loaded says what is in the home.
                "component_loaded" => self.sees_domain_named_by(data, "component"),
                "service_registered" | "service_removed" => self.sees_service_named_by(data),
                "repairs_issue_registry_updated" | "shopping_list_updated" => self.rights.is_admin(),
                // Fired over the API under the name of a core event: only what the core itself says is shown.
                "state_changed" | "state_reported" => self.rights.is_admin(),
                name if name.ends_with("_registry_updated") => self.rights.is_admin(),
                _ => true,
            },
        }
    }

    fn sees_domain_named_by(&self, data: &Map<String, Value>, member: &str) -> bool {
        let name = data.get(member).and_then(Value::as_str).unwrap_or_default();
        self.sees_domain(name.rsplit('.').next().unwrap_or(name))
    }

    fn sees_service_named_by(&self, data: &Map<String, Value>) -> bool {
        let text = |member: &str| data.get(member).and_then(Value::as_str).unwrap_or_default();
        // A script's own service has its script's name.
        let namesake = format!("{}.{}", text("domain"), text("service"));
        self.sees_domain(text("domain")) && (self.world.registries.entity(&namesake).is_none() || self.reads(&namesake))
    }

    /// Tells whether an entity domain may be shown: all of it may be read, or a registered entity in it.
    pub fn sees_domain(&self, domain: &str) -> bool {
        // A rule for the domain (or for all) also speaks about entities that no registry knows.
        self.reads_everything()
            || self.reads(&format!("{domain}.\u{0}"))
            || self.world.registries.entities().any(|e| e.entity_id.domain() == domain && self.sees_entity(e))
    }

    /// Returns what an event says of a change, without the places, labels and devices that the principal may not see:
    /// where a thing was before is told to whoever may know of that place now.
    pub(crate) fn visible_change(&self, change: &Change) -> Map<String, Value> {
        let mut data = change.event_data();
        if self.reads_everything() {
            return data;
        }
        for old in ["changes", "device"] {
            let Some(Value::Object(members)) = data.get_mut(old) else { continue };
            for (name, value) in members {
                let seen = |id: &str| match name.as_str() {
                    "area_id" => self.sees_area(id),
                    "labels" => self.sees_label(id),
                    "device_id" | "via_device_id" | "parent_device_id" => self.sees_device(id),
                    _ => !self.hides(id),
                };
                match value {
                    Value::String(id) if !seen(id) => *value = Value::Null,
                    Value::Array(items) => items.retain(|item| item.as_str().is_none_or(seen)),
                    _ => {}
                }
            }
        }
        data
    }

    fn sees_change(&self, change: &Change) -> bool {
        match change {
            Change::Entity { entity_id, old_entity_id, .. } => {
                // A rename shows both ids, so both must be readable.
                self.reads(entity_id.as_str()) && old_entity_id.as_ref().is_none_or(|old| self.reads(old.as_str()))
            }
            Change::Device { id, .. } => self.sees_device(id),
            Change::Area { id, .. } => id.is_empty() || self.sees_area(id),
            Change::Floor { id, .. } => id.is_empty() || self.sees_floor(id),
            Change::Label { id, .. } => self.sees_label(id),
        }
    }
}
