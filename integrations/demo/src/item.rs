//! One line of the list of entities.

use serde_json::Value;

use crate::entity::{AnyModel, Model};

/// An entity as the list has it: what the registry says of it, and what it does.
pub(crate) struct Item {
    pub(crate) entity_id: &'static str,
    /// The entity's own part of its name; none if it is the device itself.
    pub(crate) name: Option<&'static str>,
    pub(crate) device: Option<&'static str>,
    pub(crate) area: Option<&'static str>,
    pub(crate) labels: &'static [&'static str],
    pub(crate) category: Option<&'static str>,
    pub(crate) hidden: bool,
    pub(crate) disabled: bool,
    /// Has a unique id, and so an entry in the registry.
    pub(crate) registered: bool,
    pub(crate) device_class: Option<&'static str>,
    pub(crate) icon: Option<&'static str>,
    pub(crate) body: Body,
}

/// What an entity does.
pub(crate) enum Body {
    /// Something of its own.
    Model(Box<dyn AnyModel>),
    /// It stands for other lights.
    Lights(&'static [&'static str]),
    /// A group of the old style: only a state, which names its members. It has the first of two words while a member
    /// has it, else the second.
    Group(&'static [&'static str], [&'static str; 2]),
    /// Calls other services.
    Routine(Kind, Vec<Step>),
}

/// What a routine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Scene,
    Script,
    Automation,
}

/// A service that a routine calls.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) domain: &'static str,
    pub(crate) service: &'static str,
    pub(crate) data: Value,
}

impl Item {
    fn with(entity_id: &'static str, name: Option<&'static str>, body: Body) -> Self {
        Self {
            entity_id,
            name,
            device: None,
            area: None,
            labels: &[],
            category: None,
            hidden: false,
            disabled: false,
            registered: true,
            device_class: None,
            icon: None,
            body,
        }
    }

    /// An entity of a device, named by its part.
    pub(crate) fn part(
        device: &'static str,
        entity_id: &'static str,
        name: &'static str,
        model: impl Model + Clone + 'static,
    ) -> Self {
        Self { device: Some(device), ..Self::with(entity_id, Some(name), Body::Model(Box::new(model))) }
    }

    /// The entity that a device is for: it has the device's name.
    pub(crate) fn main(device: &'static str, entity_id: &'static str, model: impl Model + Clone + 'static) -> Self {
        Self { device: Some(device), ..Self::with(entity_id, None, Body::Model(Box::new(model))) }
    }

    /// An entity without a device.
    pub(crate) fn lone(entity_id: &'static str, name: &'static str, model: impl Model + Clone + 'static) -> Self {
        Self::with(entity_id, Some(name), Body::Model(Box::new(model)))
    }

    /// An entity without a device that stands for others or calls services.
    pub(crate) fn made(entity_id: &'static str, name: &'static str, body: Body) -> Self {
        Self::with(entity_id, Some(name), body)
    }

    pub(crate) fn area(self, area: &'static str) -> Self {
        Self { area: Some(area), ..self }
    }

    pub(crate) fn labels(self, labels: &'static [&'static str]) -> Self {
        Self { labels, ..self }
    }

    pub(crate) fn class(self, device_class: &'static str) -> Self {
        Self { device_class: Some(device_class), ..self }
    }

    pub(crate) fn icon(self, icon: &'static str) -> Self {
        Self { icon: Some(icon), ..self }
    }

    pub(crate) fn diagnostic(self) -> Self {
        Self { category: Some("diagnostic"), ..self }
    }

    pub(crate) fn config(self) -> Self {
        Self { category: Some("config"), ..self }
    }

    pub(crate) fn hidden(self) -> Self {
        Self { hidden: true, ..self }
    }

    pub(crate) fn disabled(self) -> Self {
        Self { disabled: true, ..self }
    }

    pub(crate) fn unregistered(self) -> Self {
        Self { registered: false, ..self }
    }

    /// Returns what the demo calls the entity, whatever people make of its entity id.
    pub(crate) fn unique_id(&self) -> String {
        self.entity_id.replace('.', "-")
    }
}

/// Returns a step of a routine.
pub(crate) const fn step(domain: &'static str, service: &'static str, data: Value) -> Step {
    Step { domain, service, data }
}
