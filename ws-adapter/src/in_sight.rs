//! What comes into sight and goes out of it when rights change. To whoever looks, things appeared and vanished, so they are told
//! as of any other change of a registry; an open page then asks for its lists anew.

use std::{collections::BTreeSet, sync::Arc};

use auth_core::{EntityNo, EntitySet, Permission};
use registries::Registries;
use serde_json::{Value, json};
use service_bus::{Viewer, new_context_id, now};

/// The events of registries that are told.
pub(crate) const REGISTRY_EVENTS: [&str; 4] =
    ["entity_registry_updated", "device_registry_updated", "area_registry_updated", "floor_registry_updated"];

/// The most entities that are named for one change of rights. A page asks anew at the first.
const MAX_NAMED: usize = 256;

/// The registered entities that a listener could read, and the registries of that moment.
#[derive(Clone, Debug)]
pub(crate) struct InSight {
    entities: EntitySet,
    registries: Arc<Registries>,
}

impl InSight {
    /// Returns what a viewer sees.
    pub(crate) fn of(viewer: &Viewer<'_>) -> Self {
        let entities = viewer.rights().visible(Permission::Read);
        Self { entities, registries: Arc::clone(&viewer.world().registries) }
    }

    /// Looks again, and returns what to tell: the event's type, and the event. What was made or removed itself is told as that
    /// and not here. O(entities that came or went), and what it takes to know the set ([`auth_core::Rights::visible`]).
    pub(crate) fn look(&mut self, viewer: &Viewer<'_>) -> Vec<(&'static str, Value)> {
        let before = std::mem::replace(self, Self::of(viewer));
        let directory = viewer.world().auth.directory();
        // Both before and now: else it is told as made or removed. Where it is, is said as it was while it could be read: where
        // it came from, or went to, may be out of sight.
        let entry = |number: EntityNo, seen: &Self, other: &Self| {
            let id = directory.entity_id(number)?;
            other.registries.entity(id).and(seen.registries.entity(id)).cloned()
        };
        let came = self.entities.difference(&before.entities).filter_map(|number| entry(number, self, &before));
        let went = before.entities.difference(&self.entities).filter_map(|number| entry(number, &before, self));
        let (came, went): (Vec<_>, Vec<_>) = (came.take(MAX_NAMED).collect(), went.take(MAX_NAMED).collect());

        let mut events = Vec::new();
        let mut tell = |event_type: &'static str, action: &str, member: &str, id: &str| {
            let data = json!({"action": action, member: id, "changes": {}});
            events.push((event_type, event(event_type, data)));
        };
        let (mut devices, mut areas, mut floors) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (action, entries, registries) in
            [("create", &came, &self.registries), ("remove", &went, &before.registries)]
        {
            for entry in entries {
                tell("entity_registry_updated", action, "entity_id", entry.entity_id.as_str());
                devices.extend(entry.device_id.as_deref());
                let area = registries.area_of_entry(entry);
                areas.extend(area);
                floors.extend(area.and_then(|id| registries.area(id)).and_then(|area| area.floor_id.as_deref()));
            }
        }
        for id in devices {
            tell("device_registry_updated", if viewer.sees_device(id) { "update" } else { "remove" }, "device_id", id);
        }
        for id in areas {
            tell("area_registry_updated", if viewer.sees_area(id) { "update" } else { "remove" }, "area_id", id);
        }
        for id in floors {
            tell("floor_registry_updated", if viewer.sees_floor(id) { "update" } else { "remove" }, "floor_id", id);
        }
        events
    }
}

fn event(event_type: &str, data: Value) -> Value {
    json!({
        "event_type": event_type,
        "data": data,
        "origin": "LOCAL",
        "time_fired": now().to_string(),
        "context": {"id": new_context_id(now()).to_string(), "parent_id": null, "user_id": null},
    })
}
