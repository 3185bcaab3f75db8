//! Edits of the registries: worked out, kept, then shown to permissions and to listeners.

use std::sync::Arc;

use auth_core::{Action, Authorized, Context, EntityId, Timestamp, UserId};
use registries::{Change as RegistryChange, Registries, RegistryError, Verb};
use serde_json::json;
use service_bus::{World, new_context_id, now};
use store::{Change, Record, RecordKind};

use crate::{
    ChangeError, DeleteArea, DeleteFloor, DeleteLabel, Home, PresentEntity, RemoveDevice, RemoveEntity, ReorderAreas,
    ReorderFloors, SetArea, SetFloor, SetLabel, UpdateDevice, UpdateEntity, turn::Turn,
};

impl Home {
    /// Changes how an entity is presented to people.
    ///
    /// # Errors
    /// [`ChangeError::Unauthorized`] for a change that does more, [`ChangeError::Registry`], [`ChangeError::Store`].
    pub async fn present_entity(&self, request: Authorized<PresentEntity>) -> Result<(), ChangeError> {
        if !request.request().patch.only_presents() {
            return Err(ChangeError::Unauthorized(auth_core::Unauthorized {
                user_id: request.principal().user_id().cloned(),
                entity_id: Some(request.request().entity_id.clone()),
                ..auth_core::Unauthorized::default()
            }));
        }
        let change = |PresentEntity { entity_id, patch }: PresentEntity, home: &mut Registries, now| {
            home.update_entity(&entity_id, patch, now)
        };
        self.change(request, change).await.map(drop)
    }

    /// Changes anything of an entity's entry.
    ///
    /// # Errors
    /// [`ChangeError::Registry`], [`ChangeError::Store`].
    pub async fn update_entity(&self, request: Authorized<UpdateEntity>) -> Result<Vec<RegistryChange>, ChangeError> {
        let change = |UpdateEntity { entity_id, patch }: UpdateEntity, home: &mut Registries, now| {
            let new_id = patch.new_entity_id.as_deref().and_then(|id| EntityId::parse_lenient(id).ok());
            let foreign = |id: &EntityId| home.entity(id.as_str()).is_none() && self.has_foreign_state(id.as_str());
            if let Some(taken) = new_id.filter(foreign) {
                return Err(RegistryError::EntityIdTaken(taken));
            }
            home.update_entity(&entity_id, patch, now)
        };
        self.change(request, change).await
    }

    /// Removes an entity's entry.
    ///
    /// # Errors
    /// [`ChangeError::Registry`], [`ChangeError::Store`].
    pub async fn remove_entity(&self, request: Authorized<RemoveEntity>) -> Result<(), ChangeError> {
        let change =
            |RemoveEntity { entity_id }: RemoveEntity, home: &mut Registries, _| home.remove_entity(&entity_id);
        self.change(request, change).await.map(drop)
    }

    /// Changes a device.
    ///
    /// # Errors
    /// [`ChangeError::Registry`], [`ChangeError::Store`].
    pub async fn update_device(&self, request: Authorized<UpdateDevice>) -> Result<(), ChangeError> {
        let change = |UpdateDevice { device_id, patch }: UpdateDevice, home: &mut Registries, now| {
            home.update_device(&device_id, patch, now)
        };
        self.change(request, change).await.map(drop)
    }

    /// Removes a device.
    ///
    /// # Errors
    /// [`ChangeError::Registry`], [`ChangeError::Store`].
    pub async fn remove_device(&self, request: Authorized<RemoveDevice>) -> Result<(), ChangeError> {
        let change =
            |RemoveDevice { device_id }: RemoveDevice, home: &mut Registries, now| home.remove_device(&device_id, now);
        self.change(request, change).await.map(drop)
    }

    /// Makes an area, or changes one. Returns its id.
    ///
    /// # Errors
    /// [`ChangeError::Registry`], [`ChangeError::Store`].
    pub async fn set_area(&self, request: Authorized<SetArea>) -> Result<String, ChangeError> {
        let known = request.request().area_id.clone();
        let change = |SetArea { area_id, patch }: SetArea, home: &mut Registries, now| match area_id {
            Some(id) => home.update_area(&id, patch, now),
            None => home.create_area(patch, now),
        };
        let changes = self.change(request, change).await?;
        Ok(known.or_else(|| created(&changes)).unwrap_or_default())
    }

    /// Deletes an area.
    ///
    /// # Errors
    /// [`ChangeError::Registry`], [`ChangeError::Store`].
    pub async fn delete_area(&self, request: Authorized<DeleteArea>) -> Result<(), ChangeError> {
        let change = |DeleteArea { area_id }: DeleteArea, home: &mut Registries, now| home.delete_area(&area_id, now);
        self.change(request, change).await.map(drop)
    }

    /// Puts the areas in order.
    ///
    /// # Errors
    /// [`ChangeError::Registry`], [`ChangeError::Store`].
    pub async fn reorder_areas(&self, request: Authorized<ReorderAreas>) -> Result<(), ChangeError> {
        let change = |ReorderAreas { area_ids }: ReorderAreas, home: &mut Registries, _| home.reorder_areas(&area_ids);
        self.change(request, change).await.map(drop)
    }

    /// Makes a floor, or changes one. Returns its id.
    ///
    /// # Errors
    /// [`ChangeError::Registry`], [`ChangeError::Store`].
    pub async fn set_floor(&self, request: Authorized<SetFloor>) -> Result<String, ChangeError> {
        let known = request.request().floor_id.clone();
        let change = |SetFloor { floor_id, patch }: SetFloor, home: &mut Registries, now| match floor_id {
            Some(id) => home.update_floor(&id, patch, now),
            None => home.create_floor(patch, now),
        };
        let changes = self.change(request, change).await?;
        Ok(known.or_else(|| created(&changes)).unwrap_or_default())
    }

    /// Deletes a floor.
    ///
    /// # Errors
    /// [`ChangeError::Registry`], [`ChangeError::Store`].
    pub async fn delete_floor(&self, request: Authorized<DeleteFloor>) -> Result<(), ChangeError> {
        let change =
            |DeleteFloor { floor_id }: DeleteFloor, home: &mut Registries, now| home.delete_floor(&floor_id, now);
        self.change(request, change).await.map(drop)
    }

    /// Puts the floors in order.
    ///
    /// # Errors
    /// [`ChangeError::Registry`], [`ChangeError::Store`].
    pub async fn reorder_floors(&self, request: Authorized<ReorderFloors>) -> Result<(), ChangeError> {
        let change =
            |ReorderFloors { floor_ids }: ReorderFloors, home: &mut Registries, _| home.reorder_floors(&floor_ids);
        self.change(request, change).await.map(drop)
    }

    /// Makes a label, or changes one. Returns its id.
    ///
    /// # Errors
    /// [`ChangeError::Registry`], [`ChangeError::Store`].
    pub async fn set_label(&self, request: Authorized<SetLabel>) -> Result<String, ChangeError> {
        let known = request.request().label_id.clone();
        let change = |SetLabel { label_id, patch }: SetLabel, home: &mut Registries, now| match label_id {
            Some(id) => home.update_label(&id, patch, now),
            None => home.create_label(patch, now),
        };
        let changes = self.change(request, change).await?;
        Ok(known.or_else(|| created(&changes)).unwrap_or_default())
    }

    /// Deletes a label.
    ///
    /// # Errors
    /// [`ChangeError::Registry`], [`ChangeError::Store`].
    pub async fn delete_label(&self, request: Authorized<DeleteLabel>) -> Result<(), ChangeError> {
        let change =
            |DeleteLabel { label_id }: DeleteLabel, home: &mut Registries, now| home.delete_label(&label_id, now);
        self.change(request, change).await.map(drop)
    }

    /// Puts everything that `furniture` holds into this home's registries, beside what is there. For integrations at
    /// start, before anybody can log in.
    ///
    /// # Errors
    /// [`ChangeError::Store`].
    pub async fn furnish(&self, furniture: Registries) -> Result<(), ChangeError> {
        let put = |home: &mut Registries, _: Timestamp| {
            let mut changes = Vec::new();
            furniture.floors().for_each(|entry| changes.extend(home.put_floor((**entry).clone())));
            furniture.labels().for_each(|entry| changes.extend(home.put_label((**entry).clone())));
            furniture.areas().for_each(|entry| changes.extend(home.put_area((**entry).clone())));
            furniture.devices().for_each(|entry| changes.extend(home.put_device((**entry).clone())));
            furniture.entities().for_each(|entry| changes.extend(home.put_entity((**entry).clone())));
            Ok(changes)
        };
        let mut turn = self.quiet_turn().await;
        self.apply(&mut turn, None, Vec::new(), put).await.map(drop)
    }

    /// Waits for the request's turn, then makes its change.
    async fn change<R: Action>(
        &self,
        request: Authorized<R>,
        change: impl FnOnce(R, &mut Registries, Timestamp) -> Result<Vec<RegistryChange>, RegistryError>,
    ) -> Result<Vec<RegistryChange>, ChangeError> {
        let (mut turn, principal, request) = self.begin(request).await?;
        let by = principal.user_id().cloned();
        self.apply(&mut turn, by, Vec::new(), |registries, now| change(request, registries, now)).await
    }

    /// Works a change out on a copy, keeps it together with `others`, and only then shows it.
    pub(crate) async fn apply(
        &self,
        turn: &mut Turn<'_>,
        by: Option<UserId>,
        mut others: Vec<Change>,
        change: impl FnOnce(&mut Registries, Timestamp) -> Result<Vec<RegistryChange>, RegistryError>,
    ) -> Result<Vec<RegistryChange>, ChangeError> {
        let before = turn.world.current();
        let at = now();
        let mut registries = Registries::clone(&before.registries);
        let changes = change(&mut registries, at)?;
        others.extend(records(&before.registries, &registries, &changes));
        if let Some(first) = changes.first() {
            turn.on(subject(first));
        }
        turn.with(json!({"changes": changes.iter().map(RegistryChange::event_data).collect::<Vec<_>>()}));
        self.commit(turn, others).await?;
        if changes.is_empty() {
            return Ok(changes);
        }
        let mut edit = before.auth.edit();
        registries.place_changed(&mut edit, &changes);
        let next = World { auth: edit.finish(), registries: Arc::new(registries) };
        self.renew_past_with(&changes, || {
            turn.world.replace(next);
            for change in &changes {
                let context = Context::new(new_context_id(at), by.clone());
                self.inner.bus.announce_change(change.clone(), Arc::clone(&before), context);
            }
        });
        self.follow(&changes);
        Ok(changes)
    }
}

/// Returns the id of what has changed.
fn subject(change: &RegistryChange) -> &str {
    match change {
        RegistryChange::Entity { entity_id, .. } => entity_id.as_str(),
        RegistryChange::Device { id, .. }
        | RegistryChange::Area { id, .. }
        | RegistryChange::Floor { id, .. }
        | RegistryChange::Label { id, .. } => id,
    }
}

fn created(changes: &[RegistryChange]) -> Option<String> {
    changes.iter().find_map(|change| match change {
        RegistryChange::Area { verb: Verb::Create, id }
        | RegistryChange::Floor { verb: Verb::Create, id }
        | RegistryChange::Label { verb: Verb::Create, id } => Some(id.clone()),
        _ => None,
    })
}

/// Returns what to store for `changes` that led from `before` to `after`.
fn records(before: &Registries, after: &Registries, changes: &[RegistryChange]) -> Vec<Change> {
    let put = |record| Change::Put(Box::new(record));
    let mut stored = Vec::new();
    for change in changes {
        match change {
            RegistryChange::Entity { entity_id, .. } => match after.entity(entity_id.as_str()) {
                Some(entry) => stored.push(put(Record::Entity((**entry).clone()))),
                None => stored.extend(
                    before.entity(entity_id.as_str()).map(|e| Change::Delete(RecordKind::Entity, e.id.clone())),
                ),
            },
            RegistryChange::Device { id, .. } => match after.device(id) {
                Some(entry) => stored.push(put(Record::Device((**entry).clone()))),
                None => stored.push(Change::Delete(RecordKind::Device, id.clone())),
            },
            RegistryChange::Area { verb: Verb::Reorder, .. } => {
                // Written anew in the new order.
                stored.extend(after.areas().map(|area| Change::Delete(RecordKind::Area, area.id.clone())));
                stored.extend(after.areas().map(|area| put(Record::Area((**area).clone()))));
            }
            RegistryChange::Area { id, .. } => match after.area(id) {
                Some(entry) => stored.push(put(Record::Area((**entry).clone()))),
                None => stored.push(Change::Delete(RecordKind::Area, id.clone())),
            },
            RegistryChange::Floor { verb: Verb::Reorder, .. } => {
                stored.extend(after.floors().map(|floor| Change::Delete(RecordKind::Floor, floor.id.clone())));
                stored.extend(after.floors().map(|floor| put(Record::Floor((**floor).clone()))));
            }
            RegistryChange::Floor { id, .. } => match after.floor(id) {
                Some(entry) => stored.push(put(Record::Floor((**entry).clone()))),
                None => stored.push(Change::Delete(RecordKind::Floor, id.clone())),
            },
            RegistryChange::Label { id, .. } => match after.label(id) {
                Some(entry) => stored.push(put(Record::Label((**entry).clone()))),
                None => stored.push(Change::Delete(RecordKind::Label, id.clone())),
            },
        }
    }
    stored
}
