//! The entities that integrations provide: registered, put in place, and moved with the registry.

mod register;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use auth_core::{EntityId, Principal};
use config_entries::{ConfigEntry, EntitySlot, HostError, NewEntity};
use registries::{Change, Registries, Verb};
use service_bus::{Entity, StateWriter, WriteStates};

use crate::{
    Home,
    restored::{registered_attributes, restored_attributes},
};

/// What integrations provide now, by entity.
#[derive(Default)]
pub(crate) struct Provided {
    by_entity: Mutex<HashMap<EntityId, One>>,
}

struct One {
    entry_id: String,
    slot: EntitySlot,
    behaviour: Arc<dyn Entity>,
    writer: StateWriter,
}

impl Provided {
    fn lock(&self) -> MutexGuard<'_, HashMap<EntityId, One>> {
        self.by_entity.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Home {
    /// Registers what an integration offers, and provides what is enabled of it.
    pub(crate) async fn provide(
        &self,
        entry: &ConfigEntry,
        principal: &Principal,
        offered: Vec<NewEntity>,
    ) -> Result<(), HostError> {
        let wish = WriteStates { integration: entry.domain.clone() };
        let asked = self.bus().authorize(principal, wish).map_err(|error| HostError(error.to_string()))?;
        let writer = self.bus().state_writer(asked);
        let mut turn = self.quiet_turn().await;
        let mut ids = Vec::new();
        let register = |registries: &mut Registries, now| {
            let (changes, registered) =
                register::all(registries, entry, &offered, now, &|id| self.has_foreign_state(id));
            ids = registered;
            Ok(changes)
        };
        self.apply(&mut turn, None, Vec::new(), register).await.map_err(|error| HostError(error.to_string()))?;
        let world = self.bus().world();
        for (entity_id, offer) in ids.into_iter().zip(offered) {
            let Some(entity_id) = entity_id else { continue };
            let Some(registered) = world.registries.entity(entity_id.as_str()).filter(|e| e.is_enabled()) else {
                continue;
            };
            let attributes = registered_attributes(&world.registries, registered);
            writer.provide(entity_id.clone(), Arc::clone(&offer.behaviour));
            offer.slot.place(entity_id.clone(), attributes, writer.clone());
            let (slot, behaviour, writer) = (offer.slot, offer.behaviour, writer.clone());
            let before = self
                .inner
                .provided
                .lock()
                .insert(entity_id, One { entry_id: entry.entry_id.clone(), slot: slot.clone(), behaviour, writer });
            // An entity that is offered anew has a new slot: the old one shows nothing any more.
            if let Some(before) = before.filter(|before| !before.slot.is_same(&slot)) {
                before.slot.displace();
            }
        }
        Ok(())
    }

    /// Tells whether an entity that is in no registry has this id, such as a group or one written over the API.
    pub(crate) fn has_foreign_state(&self, entity_id: &str) -> bool {
        self.bus().has_state(entity_id)
    }

    /// Takes back what an entry provided: unavailable until it is provided again.
    pub(crate) async fn withdraw(&self, entry_id: &str) {
        // Whoever registers at this moment comes first.
        let _turn = self.quiet_turn().await;
        let gone: Vec<_> = {
            let mut provided = self.inner.provided.lock();
            let ids: Vec<_> =
                provided.iter().filter(|(_, one)| one.entry_id == entry_id).map(|(id, _)| id.clone()).collect();
            ids.into_iter().filter_map(|id| provided.remove(&id).map(|one| (id, one))).collect()
        };
        let world = self.bus().world();
        for (entity_id, one) in gone {
            one.slot.displace();
            one.writer.retract(&entity_id);
            let Some(registered) = world.registries.entity(entity_id.as_str()) else { continue };
            _ = one.writer.set(&entity_id, "unavailable", restored_attributes(&world.registries, registered));
        }
    }

    /// Removes entities of an entry for good, and devices that have none left.
    pub(crate) async fn forget(&self, entry: &ConfigEntry, unique_ids: &[(String, String)]) -> Result<(), HostError> {
        let mut turn = self.quiet_turn().await;
        let change = |registries: &mut Registries, _| Ok(register::forget(registries, entry, unique_ids));
        self.apply(&mut turn, None, Vec::new(), change).await.map(drop).map_err(|error| HostError(error.to_string()))
    }

    /// Moves what is provided with a change of the registry, that is shown already: renamed, disabled, removed.
    pub(crate) fn follow(&self, changes: &[Change]) {
        let world = self.bus().world();
        let registries = &world.registries;
        for change in changes {
            match change {
                Change::Entity { verb, entity_id, old_entity_id, old } => {
                    let before = old_entity_id.as_ref().unwrap_or(entity_id);
                    let after = registries.entity(entity_id.as_str()).filter(|_| *verb != Verb::Remove);
                    let enabled = after.filter(|entry| entry.is_enabled());
                    let one = {
                        let mut provided = self.inner.provided.lock();
                        if enabled.is_some() && old_entity_id.is_none() {
                            provided.get(before).map(|one| (one.slot.clone(), one.writer.clone()))
                        } else {
                            let one = provided.remove(before);
                            one.map(|one| {
                                let shown = (one.slot.clone(), one.writer.clone());
                                one.slot.displace();
                                one.writer.withdraw(before);
                                if enabled.is_some() {
                                    one.writer.provide(entity_id.clone(), Arc::clone(&one.behaviour));
                                    provided.insert(entity_id.clone(), one);
                                }
                                shown
                            })
                        }
                    };
                    match (one, enabled) {
                        (Some((slot, writer)), Some(entry)) => {
                            slot.place(entity_id.clone(), registered_attributes(registries, entry), writer);
                        }
                        (None, Some(entry)) => {
                            if old_entity_id.is_some() {
                                self.unrestore(before);
                                self.restore(registries, entry);
                            }
                            // Its integration does not know yet that it is wanted again.
                            if old.get("disabled_by").is_some_and(|by| !by.is_null()) {
                                self.restore(registries, entry);
                                entry.config_entry_id.iter().for_each(|id| self.inner.manager.entity_enabled(id));
                            }
                        }
                        (None, None) => self.unrestore(before),
                        (Some(_), None) => {}
                    }
                }
                Change::Device { verb: Verb::Update, id, .. } => self.rename_with_device(registries, id),
                Change::Device { .. } | Change::Area { .. } | Change::Floor { .. } | Change::Label { .. } => {}
            }
        }
    }

    fn rename_with_device(&self, registries: &Registries, device_id: &str) {
        let provided = self.inner.provided.lock();
        if provided.is_empty() {
            return;
        }
        for entry in registries.entities().filter(|entry| entry.device_id.as_deref() == Some(device_id)) {
            if let Some(one) = provided.get(&entry.entity_id) {
                let attributes = registered_attributes(registries, entry);
                one.slot.place(entry.entity_id.clone(), attributes, one.writer.clone());
            }
        }
    }
}
