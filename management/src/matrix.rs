//! People against rooms, and against the things in one: who may do what, at a glance.

use std::{collections::BTreeMap, sync::Arc};

use auth_core::{Permission, User};
use home::ReadRights;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use service_bus::World;

use crate::{
    Call, OperationError,
    names::{area_of, entity_names},
    operation::{Nothing, Outcome},
};

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Matrix {
    people: Vec<Person>,
    /// By name; what is in no area comes last, without id and name.
    rooms: Vec<Room>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Person {
    user_id: String,
    name: Option<String>,
    is_owner: bool,
    is_active: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Room {
    area_id: Option<String>,
    name: Option<String>,
    n_entities: usize,
    /// For each of `people`, in their order.
    may: Vec<Counts>,
}

/// Of how many entities each permission is had.
#[derive(Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Counts {
    read: usize,
    control: usize,
    edit: usize,
}

/// Counts what each user may do in each area, now. A check for each user and entity.
pub(crate) async fn show(call: Call, _: Nothing) -> Outcome<Matrix> {
    let world = call.home.rights_of_all(&call.authorize(ReadRights {})?);
    let people = people(&world);
    let mut in_area: BTreeMap<Option<String>, Vec<String>> =
        world.registries.areas().map(|area| (Some(area.id.clone()), Vec::new())).collect();
    for id in entity_names(&call.home, &call.principal, &world).into_keys() {
        in_area.entry(area_of(&world, &id)).or_default().push(id);
    }
    let count = |user: &Arc<User>, ids: &[String]| {
        let rights = world.auth.rights_of(&user.id);
        let mut counts = Counts::default();
        for id in ids {
            let granted = rights.granted(id);
            counts.read += usize::from(granted.contains(Permission::Read));
            counts.control += usize::from(granted.contains(Permission::Control));
            counts.edit += usize::from(granted.contains(Permission::Edit));
        }
        counts
    };
    let rooms = in_area.into_iter().map(|(area_id, ids)| Room {
        name: name_of_area(&world, area_id.as_deref()),
        area_id,
        n_entities: ids.len(),
        may: people.iter().map(|user| count(user, &ids)).collect(),
    });
    let mut rooms: Vec<_> = rooms.collect();
    rooms.sort_by_key(|room| (room.area_id.is_none(), room.name.as_deref().map(str::to_lowercase)));
    Ok(Matrix { people: people.iter().map(|user| Person::of(user)).collect(), rooms })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichRoom {
    /// What is in no area, if left out.
    area_id: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Things {
    name: Option<String>,
    people: Vec<Person>,
    /// By entity id.
    things: Vec<Thing>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Thing {
    entity_id: String,
    name: String,
    /// For each of `people`, in their order: what they may.
    may: Vec<Vec<&'static str>>,
}

/// Lists what each user may do with each entity of one area, now.
pub(crate) async fn room(call: Call, WhichRoom { area_id }: WhichRoom) -> Outcome<Things> {
    let world = call.home.rights_of_all(&call.authorize(ReadRights {})?);
    if let Some(id) = area_id.as_deref().filter(|id| world.registries.area(id).is_none()) {
        return Err(OperationError::NotFound(format!("there is no area `{id}`")));
    }
    let people = people(&world);
    let names = entity_names(&call.home, &call.principal, &world);
    let here = names.into_iter().filter(|(id, _)| area_of(&world, id) == area_id);
    let may = |user: &Arc<User>, id: &str| {
        world.auth.rights_of(&user.id).granted(id).iter().map(Permission::as_str).collect::<Vec<_>>()
    };
    let things = here.map(|(entity_id, name)| Thing {
        may: people.iter().map(|user| may(user, &entity_id)).collect(),
        entity_id,
        name,
    });
    Ok(Things {
        name: name_of_area(&world, area_id.as_deref()),
        things: things.collect(),
        people: people.iter().map(|user| Person::of(user)).collect(),
    })
}

impl Person {
    fn of(user: &User) -> Self {
        Self {
            user_id: user.id.to_string(),
            name: user.name.clone(),
            is_owner: user.is_owner,
            is_active: user.is_active,
        }
    }
}

/// Returns everybody but the system's own users: the owner first, then by name.
fn people(world: &World) -> Vec<Arc<User>> {
    let mut users: Vec<_> = world.auth.users().filter(|user| !user.system_generated).cloned().collect();
    users.sort_by_cached_key(|user| (!user.is_owner, user.name.as_deref().map(str::to_lowercase), user.id.clone()));
    users
}

fn name_of_area(world: &World, area_id: Option<&str>) -> Option<String> {
    world.registries.area(area_id?).map(|area| area.name.clone())
}
