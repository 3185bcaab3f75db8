//! The registries: listed as far as the caller may read, changed by administrators, and the looks of an entity by
//! whoever may edit it.

use auth_core::EntityId;
use home::{
    DeleteArea, DeleteFloor, DeleteLabel, PresentEntity, RemoveDevice, RemoveEntity, ReorderAreas, ReorderFloors,
    SetArea, SetFloor, SetLabel, UpdateDevice, UpdateEntity,
};
use registries::{AreaPatch, DevicePatch, EntityPatch, FloorPatch, LabelPatch};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use service_bus::Viewer;

use super::{Call, Reply, no_members, registry_views as views};
use crate::{CommandError, connection::Connection};

type Data = Map<String, Value>;

pub(crate) fn list_entities(connection: &mut Connection, _: u64, data: Data) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.view(|_, viewer| {
        let entries = viewer.world().registries.entities().filter(|entry| viewer.sees_entity(entry));
        Ok(Reply::Result(entries.map(|entry| views::entity(entry)).collect()))
    })
}

pub(crate) fn list_for_display(connection: &mut Connection, _: u64, data: Data) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.view(|_, viewer| {
        let entries = viewer.world().registries.entities().filter(|e| e.is_enabled() && viewer.sees_entity(e));
        let entities: Value = entries.map(|entry| views::entity_for_display(entry)).collect();
        Ok(Reply::Result(json!({"entity_categories": {"0": "config", "1": "diagnostic"}, "entities": entities})))
    })
}

pub(crate) fn get_entity(connection: &mut Connection, _: u64, mut data: Data) -> Result<Reply, CommandError> {
    let entity_id = take_text(&mut data, "entity_id")?;
    no_members(&data)?;
    connection.view(|_, viewer| {
        let entry = viewer.world().registries.entity(&entity_id).filter(|entry| viewer.sees_entity(entry));
        let entry = entry.ok_or_else(|| CommandError::new("not_found", "Entity not found"))?;
        Ok(Reply::Result(views::entity_in_full(entry)))
    })
}

pub(crate) fn get_entities(connection: &mut Connection, _: u64, mut data: Data) -> Result<Reply, CommandError> {
    let entity_ids: Vec<String> = take(&mut data, "entity_ids")?;
    no_members(&data)?;
    connection.view(|_, viewer| {
        let found = entity_ids.iter().map(|id| {
            let entry = viewer.world().registries.entity(id).filter(|entry| viewer.sees_entity(entry));
            (id.clone(), entry.map_or(Value::Null, |entry| views::entity_in_full(entry)))
        });
        Ok(Reply::Result(Value::Object(found.collect())))
    })
}

pub(crate) async fn update_entity(mut call: Call) -> Result<Reply, CommandError> {
    let entity_id = take_text(&mut call.data, "entity_id")?;
    let entity_id: EntityId = entity_id.parse().map_err(|_| CommandError::new("not_found", "Entity not found"))?;
    let patch: EntityPatch = call.read()?;
    if patch.disabled_by.as_ref().is_some_and(|by| by.as_deref().is_some_and(|by| by != "user")) {
        return Err(CommandError::format("value must be one of user, null @ data['disabled_by']"));
    }
    let renamed = patch.new_entity_id.clone();
    let enables = patch.disabled_by == Some(None);
    let is_admin = call.world().auth.rights(&call.session.principal).is_admin();
    let mut changed = true;
    if patch.only_presents() && !is_admin {
        let asked = call.authorize(PresentEntity { entity_id: entity_id.clone(), patch })?;
        call.home.present_entity(asked).await?;
    } else {
        let asked = call.authorize(UpdateEntity { entity_id: entity_id.clone(), patch })?;
        changed = !call.home.update_entity(asked).await?.is_empty();
    }
    let now = renamed.and_then(|id| EntityId::parse_lenient(&id).ok()).unwrap_or(entity_id);
    let world = call.world();
    let viewer = Viewer::new(&world, &call.session.principal);
    // Whoever may edit what they may not read learns nothing of it.
    let seen = world.registries.entity(now.as_str()).filter(|entry| viewer.sees_entity(entry));
    let mut result = json!({"entity_entry": seen.map(|entry| views::entity_in_full(entry))});
    if let (true, true, Value::Object(members)) = (enables, changed, &mut result) {
        members.insert("require_restart".to_owned(), json!(true));
    }
    Ok(Reply::Result(result))
}

pub(crate) async fn remove_entity(mut call: Call) -> Result<Reply, CommandError> {
    let entity_id = take_text(&mut call.data, "entity_id")?;
    no_members(&call.data)?;
    let entity_id: EntityId = entity_id.parse().map_err(|_| CommandError::new("not_found", "Entity not found"))?;
    let asked = call.authorize(RemoveEntity { entity_id })?;
    call.home.remove_entity(asked).await?;
    Ok(Reply::Result(Value::Null))
}

pub(crate) fn list_devices(connection: &mut Connection, _: u64, data: Data) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.view(|_, viewer| Ok(Reply::Result(views::devices(&viewer.world().registries, viewer))))
}

/// Lists the other devices that are the same thing, as other entries see it: those with an identifier or a connection in
/// common, as far as the caller sees them.
pub(crate) fn list_linked_devices(connection: &mut Connection, _: u64, mut data: Data) -> Result<Reply, CommandError> {
    let device_id = take_text(&mut data, "device_id")?;
    no_members(&data)?;
    connection.view(|_, viewer| {
        let registries = &viewer.world().registries;
        let device = registries.device(&device_id).filter(|device| viewer.sees_device(&device.id));
        let device = device.ok_or_else(|| CommandError::new("not_found", "Device not found"))?;
        let linked = registries.linked_to(device).filter(|other| viewer.sees_device(&other.id));
        Ok(Reply::Result(json!({"linked_devices": linked.map(|other| other.id.as_str()).collect::<Vec<_>>()})))
    })
}

pub(crate) async fn update_device(mut call: Call) -> Result<Reply, CommandError> {
    let device_id = take_text(&mut call.data, "device_id")?;
    let patch: DevicePatch = call.read()?;
    let asked = call.authorize(UpdateDevice { device_id: device_id.clone(), patch })?;
    call.home.update_device(asked).await?;
    let world = call.world();
    let viewer = Viewer::new(&world, &call.session.principal);
    Ok(Reply::Result(world.registries.device(&device_id).map_or(Value::Null, |entry| views::device(entry, &viewer))))
}

pub(crate) async fn remove_device(mut call: Call) -> Result<Reply, CommandError> {
    let device_id = take_text(&mut call.data, "device_id")?;
    no_members(&call.data)?;
    let asked = call.authorize(RemoveDevice { device_id })?;
    call.home.remove_device(asked).await?;
    Ok(Reply::Result(Value::Null))
}

pub(crate) fn list_areas(connection: &mut Connection, _: u64, data: Data) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.view(|_, viewer| {
        let areas = viewer.world().registries.areas().filter(|area| viewer.sees_area(&area.id));
        Ok(Reply::Result(areas.map(|area| views::area(area, viewer)).collect()))
    })
}

pub(crate) async fn create_area(mut call: Call) -> Result<Reply, CommandError> {
    let patch: AreaPatch = call.read()?;
    set_area(call, None, patch).await
}

pub(crate) async fn update_area(mut call: Call) -> Result<Reply, CommandError> {
    let area_id = take_text(&mut call.data, "area_id")?;
    let patch: AreaPatch = call.read()?;
    set_area(call, Some(area_id), patch).await
}

async fn set_area(call: Call, area_id: Option<String>, patch: AreaPatch) -> Result<Reply, CommandError> {
    let asked = call.authorize(SetArea { area_id, patch })?;
    let id = call.home.set_area(asked).await?;
    let world = call.world();
    let viewer = Viewer::new(&world, &call.session.principal);
    Ok(Reply::Result(world.registries.area(&id).map_or(Value::Null, |entry| views::area(entry, &viewer))))
}

pub(crate) async fn delete_area(mut call: Call) -> Result<Reply, CommandError> {
    let area_id = take_text(&mut call.data, "area_id")?;
    no_members(&call.data)?;
    let asked = call.authorize(DeleteArea { area_id })?;
    call.home.delete_area(asked).await?;
    Ok(Reply::Result(json!("success")))
}

pub(crate) async fn reorder_areas(mut call: Call) -> Result<Reply, CommandError> {
    let area_ids = take(&mut call.data, "area_ids")?;
    no_members(&call.data)?;
    let asked = call.authorize(ReorderAreas { area_ids })?;
    call.home.reorder_areas(asked).await?;
    Ok(Reply::Result(Value::Null))
}

pub(crate) fn list_floors(connection: &mut Connection, _: u64, data: Data) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.view(|_, viewer| {
        let floors = viewer.world().registries.floors().filter(|floor| viewer.sees_floor(&floor.id));
        Ok(Reply::Result(floors.map(|floor| views::floor(floor)).collect()))
    })
}

pub(crate) async fn create_floor(mut call: Call) -> Result<Reply, CommandError> {
    let patch: FloorPatch = call.read()?;
    set_floor(call, None, patch).await
}

pub(crate) async fn update_floor(mut call: Call) -> Result<Reply, CommandError> {
    let floor_id = take_text(&mut call.data, "floor_id")?;
    let patch: FloorPatch = call.read()?;
    set_floor(call, Some(floor_id), patch).await
}

async fn set_floor(call: Call, floor_id: Option<String>, patch: FloorPatch) -> Result<Reply, CommandError> {
    let asked = call.authorize(SetFloor { floor_id, patch })?;
    let id = call.home.set_floor(asked).await?;
    Ok(Reply::Result(call.world().registries.floor(&id).map_or(Value::Null, |entry| views::floor(entry))))
}

pub(crate) async fn delete_floor(mut call: Call) -> Result<Reply, CommandError> {
    let floor_id = take_text(&mut call.data, "floor_id")?;
    no_members(&call.data)?;
    let asked = call.authorize(DeleteFloor { floor_id })?;
    call.home.delete_floor(asked).await?;
    Ok(Reply::Result(Value::Null))
}

pub(crate) async fn reorder_floors(mut call: Call) -> Result<Reply, CommandError> {
    let floor_ids = take(&mut call.data, "floor_ids")?;
    no_members(&call.data)?;
    let asked = call.authorize(ReorderFloors { floor_ids })?;
    call.home.reorder_floors(asked).await?;
    Ok(Reply::Result(Value::Null))
}

pub(crate) fn list_labels(connection: &mut Connection, _: u64, data: Data) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.view(|_, viewer| {
        let labels = viewer.world().registries.labels().filter(|label| viewer.sees_label(&label.id));
        Ok(Reply::Result(labels.map(|label| views::label(label)).collect()))
    })
}

pub(crate) async fn create_label(mut call: Call) -> Result<Reply, CommandError> {
    let patch: LabelPatch = call.read()?;
    set_label(call, None, patch).await
}

pub(crate) async fn update_label(mut call: Call) -> Result<Reply, CommandError> {
    let label_id = take_text(&mut call.data, "label_id")?;
    let patch: LabelPatch = call.read()?;
    set_label(call, Some(label_id), patch).await
}

async fn set_label(call: Call, label_id: Option<String>, patch: LabelPatch) -> Result<Reply, CommandError> {
    let asked = call.authorize(SetLabel { label_id, patch })?;
    let id = call.home.set_label(asked).await?;
    Ok(Reply::Result(call.world().registries.label(&id).map_or(Value::Null, |entry| views::label(entry))))
}

pub(crate) async fn delete_label(mut call: Call) -> Result<Reply, CommandError> {
    let label_id = take_text(&mut call.data, "label_id")?;
    no_members(&call.data)?;
    let asked = call.authorize(DeleteLabel { label_id })?;
    call.home.delete_label(asked).await?;
    Ok(Reply::Result(Value::Null))
}

fn take<T: DeserializeOwned>(data: &mut Data, name: &'static str) -> Result<T, CommandError> {
    let value =
        data.remove(name).ok_or_else(|| CommandError::format(format!("required key not provided @ data['{name}']")))?;
    serde_json::from_value(value).map_err(|error| CommandError::format(format!("{error} @ data['{name}']")))
}

fn take_text(data: &mut Data, name: &'static str) -> Result<String, CommandError> {
    take(data, name)
}
