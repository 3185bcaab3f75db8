//! A small house.

use std::sync::Arc;

use serde_json::{Value, json};
use templates::{TemplateContext, TemplateHome, TemplateState};

/// 2026-11-22T12:00:00Z, a Sunday; 13:00 in Berlin.
pub(crate) const NOON: i64 = 1_795_348_800_000_000;

struct House(Vec<Arc<TemplateState>>);

pub(crate) fn house() -> Arc<dyn TemplateHome> {
    let state = |entity_id: &str, state: &str, attributes: Value| {
        Arc::new(TemplateState {
            entity_id: entity_id.to_owned(),
            state: state.to_owned(),
            attributes: Arc::new(attributes.as_object().cloned().unwrap_or_default()),
            last_changed_micros: NOON - 3_600_000_000,
            last_updated_micros: NOON - 90_500_000,
            last_reported_micros: NOON,
            context: TemplateContext { id: "01".to_owned(), parent_id: None, user_id: Some("u1".to_owned()) },
        })
    };
    Arc::new(House(vec![
        state("group.all", "on", json!({"entity_id": ["light.lights", "sensor.temperature"]})),
        state("light.bed", "off", json!({"friendly_name": "Bed Light"})),
        state("light.ceiling", "on", json!({"friendly_name": "Ceiling", "brightness": 180, "rgb": [1, 2, 3]})),
        state("light.lights", "on", json!({"entity_id": ["light.bed", "light.ceiling"]})),
        state("lock.front_door", "locked", json!({})),
        state("sensor.broken", "unavailable", json!({})),
        state("sensor.temperature", "21.46", json!({"unit_of_measurement": "°C"})),
    ]))
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

impl TemplateHome for House {
    fn state(&self, entity_id: &str) -> Option<Arc<TemplateState>> {
        self.0.iter().find(|state| state.entity_id == entity_id).cloned()
    }
    fn entity_ids(&self, domain: Option<&str>) -> Vec<String> {
        let in_domain = |id: &str| domain.is_none_or(|domain| id.split('.').next() == Some(domain));
        self.0.iter().map(|state| state.entity_id.clone()).filter(|id| in_domain(id)).collect()
    }
    fn now_micros(&self) -> i64 {
        NOON
    }
    fn time_zone(&self) -> &str {
        "Europe/Berlin"
    }
    fn display_precision(&self, entity_id: &str) -> Option<u8> {
        (entity_id == "sensor.temperature").then_some(1)
    }
    fn areas(&self) -> Vec<String> {
        words(&["bedroom", "kitchen"])
    }
    fn area_id(&self, lookup: &str) -> Option<String> {
        matches!(lookup, "Kitchen" | "light.ceiling" | "dev1").then(|| "kitchen".to_owned())
    }
    fn area_name(&self, lookup: &str) -> Option<String> {
        (lookup == "kitchen").then(|| "Kitchen".to_owned())
    }
    fn area_entities(&self, area: &str) -> Vec<String> {
        if area == "kitchen" { words(&["light.ceiling"]) } else { Vec::new() }
    }
    fn device_id(&self, lookup: &str) -> Option<String> {
        (lookup == "light.ceiling").then(|| "dev1".to_owned())
    }
    fn device_attr(&self, lookup: &str, attribute: &str) -> Option<Value> {
        (lookup == "dev1" && attribute == "model").then(|| json!("L1"))
    }
    fn floors(&self) -> Vec<String> {
        words(&["ground"])
    }
    fn floor_areas(&self, floor: &str) -> Vec<String> {
        if floor == "ground" { self.areas() } else { Vec::new() }
    }
    fn labels(&self, lookup: Option<&str>) -> Vec<String> {
        if lookup.is_none_or(|lookup| lookup == "light.bed") { words(&["sleep"]) } else { Vec::new() }
    }
    fn label_entities(&self, label: &str) -> Vec<String> {
        if label == "sleep" { words(&["light.bed"]) } else { Vec::new() }
    }
    fn integration_entities(&self, integration: &str) -> Vec<String> {
        if integration == "demo" { words(&["light.bed"]) } else { Vec::new() }
    }
    fn is_hidden_entity(&self, entity_id: &str) -> bool {
        entity_id == "sensor.broken"
    }
}
