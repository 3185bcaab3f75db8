//! Templates, read with the rights of the caller.

use std::sync::Arc;

use auth_core::{Authorized, EntityId, Principal};
use registries::{EntityEntry, Registries};
use serde_json::{Map, Value, json};
use service_bus::{Bus, ReadState, ReadStates, State, Viewer, World, now};
use templates::{Options, Rendered, Template, TemplateContext, TemplateError, TemplateHome, TemplateState};

use crate::{Home, RenderTemplate};

impl Home {
    /// Renders a template as the caller sees the home: what they may not read does not exist in it.
    ///
    /// Runs on the caller's thread and may take the whole of the options' bounds: use a thread of its own.
    ///
    /// # Errors
    /// [`TemplateError`] for a template that cannot be parsed; what goes wrong while rendering is in the outcome.
    pub fn render(
        &self,
        request: &Authorized<RenderTemplate>,
        variables: &Map<String, Value>,
        options: &Options,
    ) -> Result<Rendered, TemplateError> {
        let template = Template::parse(&request.request().template)?;
        let seen = Seen {
            bus: self.inner.bus.clone(),
            world: self.inner.bus.world(),
            principal: request.principal().clone(),
            time_zone: self.inner.core.load().time_zone.clone(),
            at: now().as_micros(),
        };
        Ok(template.render(Arc::new(seen), variables, options))
    }
}

/// The home as one principal sees it at one moment.
struct Seen {
    bus: Bus,
    world: Arc<World>,
    principal: Principal,
    time_zone: String,
    at: i64,
}

impl Seen {
    fn viewer(&self) -> Viewer<'_> {
        Viewer::new(&self.world, &self.principal)
    }

    fn registries(&self) -> &Registries {
        &self.world.registries
    }

    fn readable(&self) -> Vec<Arc<State>> {
        let request = self.bus.authorize(&self.principal, ReadStates);
        request.map(|request| self.bus.read_states(&request)).unwrap_or_default()
    }

    fn entry(&self, entity_id: &str) -> Option<&Arc<EntityEntry>> {
        self.registries().entity(entity_id).filter(|entry| self.viewer().sees_entity(entry))
    }

    fn entries(&self, wanted: impl Fn(&EntityEntry) -> bool) -> Vec<String> {
        let viewer = self.viewer();
        let entries = self.registries().entities().filter(|e| e.is_enabled() && wanted(e) && viewer.sees_entity(e));
        let mut ids: Vec<_> = entries.map(|entry| entry.entity_id.to_string()).collect();
        ids.sort();
        ids
    }

    fn device(&self, id: &str) -> Option<&Arc<registries::DeviceEntry>> {
        self.registries().device(id).filter(|_| self.viewer().sees_device(id))
    }

    fn area_of(&self, lookup: &str) -> Option<&str> {
        match self.entry(lookup) {
            Some(entry) => self.registries().area_of_entry(entry),
            None => {
                let area = self.device(lookup).and_then(|device| self.registries().area_of_device(&device.id));
                // What is seen of the device may be somewhere else.
                area.filter(|area| self.viewer().sees_area(area))
            }
        }
    }

    fn area(&self, lookup: &str) -> Option<&Arc<registries::AreaEntry>> {
        let viewer = self.viewer();
        let seen = |area: &&Arc<registries::AreaEntry>| viewer.sees_area(&area.id);
        let by_name = || self.registries().areas().filter(seen).find(|area| area.name == lookup);
        self.registries().area(lookup).filter(seen).or_else(by_name)
    }

    fn floor(&self, lookup: &str) -> Option<&Arc<registries::FloorEntry>> {
        let viewer = self.viewer();
        let seen = |floor: &&Arc<registries::FloorEntry>| viewer.sees_floor(&floor.id);
        let by_name = || self.registries().floors().filter(seen).find(|floor| floor.name == lookup);
        self.registries().floor(lookup).filter(seen).or_else(by_name)
    }

    fn label(&self, lookup: &str) -> Option<&Arc<registries::LabelEntry>> {
        let viewer = self.viewer();
        let seen = |label: &&Arc<registries::LabelEntry>| viewer.sees_label(&label.id);
        let by_name = || self.registries().labels().filter(seen).find(|label| label.name == lookup);
        self.registries().label(lookup).filter(seen).or_else(by_name)
    }
}

impl TemplateHome for Seen {
    fn state(&self, entity_id: &str) -> Option<Arc<TemplateState>> {
        let id = entity_id.parse::<EntityId>().ok()?;
        // By the rights of now, not of when the render began: a long one shows nothing from after a withdrawal.
        let request = self.bus.authorize(&self.principal, ReadState(id)).ok()?;
        let state = self.bus.read_state(&request)?;
        let viewer = self.viewer();
        let shown = |user_id: &&auth_core::UserId| viewer.knows(user_id);
        Some(Arc::new(TemplateState {
            entity_id: entity_id.to_owned(),
            state: state.state.to_string(),
            attributes: Arc::new(viewer.attributes(&state)),
            last_changed_micros: state.last_changed.as_micros(),
            last_updated_micros: state.last_updated.as_micros(),
            last_reported_micros: state.last_reported.as_micros(),
            context: TemplateContext {
                id: state.context.id.to_string(),
                parent_id: state.context.parent_id.as_ref().map(ToString::to_string),
                user_id: state.context.user_id.as_ref().filter(shown).map(ToString::to_string),
            },
        }))
    }

    fn entity_ids(&self, domain: Option<&str>) -> Vec<String> {
        let states = self.readable();
        let wanted = states.iter().filter(|state| domain.is_none_or(|domain| state.entity_id.domain() == domain));
        let mut ids: Vec<_> = wanted.map(|state| state.entity_id.to_string()).collect();
        ids.sort();
        ids
    }

    fn now_micros(&self) -> i64 {
        self.at
    }

    fn time_zone(&self) -> &str {
        &self.time_zone
    }

    fn is_hidden_entity(&self, entity_id: &str) -> bool {
        self.entry(entity_id).is_some_and(|entry| entry.hidden_by.is_some())
    }

    fn areas(&self) -> Vec<String> {
        let viewer = self.viewer();
        self.registries().areas().filter(|area| viewer.sees_area(&area.id)).map(|area| area.id.clone()).collect()
    }

    fn area_id(&self, lookup: &str) -> Option<String> {
        self.area(lookup).map(|area| area.id.clone()).or_else(|| self.area_of(lookup).map(str::to_owned))
    }

    fn area_name(&self, lookup: &str) -> Option<String> {
        let area = self.area(lookup).or_else(|| self.area(self.area_of(lookup)?))?;
        Some(area.name.clone())
    }

    fn area_entities(&self, area: &str) -> Vec<String> {
        let Some(area) = self.area(area) else { return Vec::new() };
        self.entries(|entry| self.registries().area_of_entry(entry) == Some(area.id.as_str()))
    }

    fn area_devices(&self, area: &str) -> Vec<String> {
        let (Some(area), viewer) = (self.area(area), self.viewer()) else { return Vec::new() };
        let here = |id: &str| self.registries().area_of_device(id) == Some(area.id.as_str());
        let devices = self.registries().devices().filter(|device| here(&device.id) && viewer.sees_device(&device.id));
        devices.map(|device| device.id.clone()).collect()
    }

    fn device_id(&self, lookup: &str) -> Option<String> {
        if let Some(entry) = self.entry(lookup) {
            return entry.device_id.clone();
        }
        let viewer = self.viewer();
        let mut named = self.registries().devices().filter(|device| device.display_name() == Some(lookup));
        named.find(|device| viewer.sees_device(&device.id)).map(|device| device.id.clone())
    }

    fn device_name(&self, lookup: &str) -> Option<String> {
        let own = self.entry(lookup).and_then(|entry| entry.device_id.clone());
        let device = self.device(own.as_deref().unwrap_or(lookup))?;
        device.display_name().map(str::to_owned)
    }

    fn device_entities(&self, device: &str) -> Vec<String> {
        self.entries(|entry| entry.device_id.as_deref() == Some(device))
    }

    fn device_attr(&self, device_or_entity: &str, attribute: &str) -> Option<Value> {
        let own = self.entry(device_or_entity).and_then(|entry| entry.device_id.clone());
        let device = self.device(own.as_deref().unwrap_or(device_or_entity))?;
        match attribute {
            "id" => Some(json!(device.id)),
            "name" => Some(json!(device.name)),
            "name_by_user" => Some(json!(device.name_by_user)),
            "manufacturer" => Some(json!(device.manufacturer)),
            "model" => Some(json!(device.model)),
            "model_id" => Some(json!(device.model_id)),
            "sw_version" => Some(json!(device.sw_version)),
            "hw_version" => Some(json!(device.hw_version)),
            "area_id" => Some(json!(device.area_id.as_deref().filter(|area| self.viewer().sees_area(area)))),
            _ => None,
        }
    }

    fn floors(&self) -> Vec<String> {
        let viewer = self.viewer();
        self.registries().floors().filter(|f| viewer.sees_floor(&f.id)).map(|floor| floor.id.clone()).collect()
    }

    fn floor_id(&self, lookup: &str) -> Option<String> {
        let of_area = || self.area(lookup).or_else(|| self.area(self.area_of(lookup)?))?.floor_id.clone();
        self.floor(lookup).map(|floor| floor.id.clone()).or_else(of_area)
    }

    fn floor_name(&self, lookup: &str) -> Option<String> {
        self.floor(&self.floor_id(lookup)?).map(|floor| floor.name.clone())
    }

    fn floor_areas(&self, floor: &str) -> Vec<String> {
        let (Some(floor), viewer) = (self.floor(floor), self.viewer()) else { return Vec::new() };
        let on = |area: &&Arc<registries::AreaEntry>| area.floor_id.as_deref() == Some(floor.id.as_str());
        self.registries().areas().filter(on).filter(|a| viewer.sees_area(&a.id)).map(|a| a.id.clone()).collect()
    }

    fn floor_entities(&self, floor: &str) -> Vec<String> {
        let areas = self.floor_areas(floor);
        self.entries(|e| self.registries().area_of_entry(e).is_some_and(|area| areas.iter().any(|a| a == area)))
    }

    fn labels(&self, lookup: Option<&str>) -> Vec<String> {
        let Some(lookup) = lookup else {
            let viewer = self.viewer();
            return self.registries().labels().filter(|l| viewer.sees_label(&l.id)).map(|l| l.id.clone()).collect();
        };
        let labels = match (self.entry(lookup), self.device(lookup), self.area(lookup)) {
            (Some(entry), ..) => &entry.labels,
            (_, Some(device), _) => &device.labels,
            (.., Some(area)) => &area.labels,
            _ => return Vec::new(),
        };
        labels.iter().cloned().collect()
    }

    fn label_id(&self, name: &str) -> Option<String> {
        self.label(name).map(|label| label.id.clone())
    }

    fn label_name(&self, label: &str) -> Option<String> {
        self.label(label).map(|label| label.name.clone())
    }

    fn label_areas(&self, label: &str) -> Vec<String> {
        let (Some(label), viewer) = (self.label(label), self.viewer()) else { return Vec::new() };
        let areas = self.registries().areas().filter(|area| area.labels.contains(&label.id));
        areas.filter(|area| viewer.sees_area(&area.id)).map(|area| area.id.clone()).collect()
    }

    fn label_devices(&self, label: &str) -> Vec<String> {
        let (Some(label), viewer) = (self.label(label), self.viewer()) else { return Vec::new() };
        let devices = self.registries().devices().filter(|device| device.labels.contains(&label.id));
        devices.filter(|device| viewer.sees_device(&device.id)).map(|device| device.id.clone()).collect()
    }

    fn label_entities(&self, label: &str) -> Vec<String> {
        let Some(label) = self.label(label) else { return Vec::new() };
        self.entries(|entry| entry.labels.contains(&label.id))
    }

    fn integration_entities(&self, integration: &str) -> Vec<String> {
        self.entries(|entry| entry.platform == integration)
    }
}
