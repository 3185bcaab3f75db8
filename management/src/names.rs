//! What there is to name in a policy, with the names that people know.

use std::collections::{BTreeMap, BTreeSet};

use auth_core::Principal;
use home::{Home, ReadRights};
use schemars::JsonSchema;
use serde::Serialize;
use service_bus::{ReadStates, World};

use crate::{
    Call,
    operation::{Nothing, Outcome},
};

/// Everything a rule may name, each list by name.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Names {
    areas: Vec<Named>,
    floors: Vec<Named>,
    labels: Vec<Named>,
    devices: Vec<Named>,
    /// By entity id.
    entities: Vec<Named>,
    domains: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Named {
    id: String,
    name: String,
    /// The area that it is in: of devices and entities.
    area_id: Option<String>,
}

pub(crate) async fn list(call: Call, _: Nothing) -> Outcome<Names> {
    let world = call.home.rights_of_all(&call.authorize(ReadRights {})?);
    let registries = &world.registries;
    let plain = |id: &str, name: &str| Named { id: id.to_owned(), name: name.to_owned(), area_id: None };
    let entities = entity_names(&call.home, &call.principal, &world);
    let domains: BTreeSet<_> = entities.keys().filter_map(|id| id.split('.').next()).map(str::to_owned).collect();
    let devices = registries.devices().map(|device| Named {
        area_id: registries.area_of_device(&device.id).map(str::to_owned),
        ..plain(&device.id, device.display_name().unwrap_or(&device.id))
    });
    let named = entities.iter().map(|(id, name)| Named { area_id: area_of(&world, id), ..plain(id, name) });
    Ok(Names {
        areas: by_name(registries.areas().map(|area| plain(&area.id, &area.name))),
        floors: by_name(registries.floors().map(|floor| plain(&floor.id, &floor.name))),
        labels: by_name(registries.labels().map(|label| plain(&label.id, &label.name))),
        devices: by_name(devices),
        entities: named.collect(),
        domains: domains.into_iter().collect(),
    })
}

fn by_name(named: impl Iterator<Item = Named>) -> Vec<Named> {
    let mut named: Vec<_> = named.collect();
    named.sort_by(|a, b| (a.name.to_lowercase(), &a.id).cmp(&(b.name.to_lowercase(), &b.id)));
    named
}

/// Returns every entity that is registered or has a state, with the name that it is shown by, as far as the caller may read
/// it; else with its id.
pub(crate) fn entity_names(home: &Home, principal: &Principal, world: &World) -> BTreeMap<String, String> {
    let registered = world.registries.entities().filter(|entry| entry.is_enabled()).map(|entry| {
        let name = entry.name.as_ref().or(entry.original_name.as_ref()).map(String::as_str);
        (entry.entity_id.to_string(), name.unwrap_or(entry.entity_id.as_str()).to_owned())
    });
    let mut names: BTreeMap<_, _> = registered.collect();
    if let Ok(asked) = home.bus().authorize(principal, ReadStates) {
        let shown = home.bus().read_states(&asked);
        names.extend(shown.iter().map(|state| (state.entity_id.to_string(), state.name())));
    }
    names
}

/// Returns the area that an entity is in, as permissions see it.
pub(crate) fn area_of(world: &World, entity_id: &str) -> Option<String> {
    let entry = world.registries.entity(entity_id)?;
    world.registries.area_of_entry(entry).map(str::to_owned)
}
