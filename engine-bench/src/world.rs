//! A home of any size, three groups with seventy rules in all, and somebody who is in them.

use std::ops::Range;

use auth_core::{AuthSnapshot, Group, GroupId, Permission, Policy, Principal, User, Whereabouts, principal::danger};
use serde_json::{Map, Value, json};

use crate::rng::Rng;

/// A home and a user in it.
#[derive(Debug)]
pub struct World {
    /// Entity ids, those of one device together.
    pub names: Vec<String>,
    /// How many areas there are.
    pub n_areas: usize,
    /// The policies of the user's three groups.
    pub policies: Vec<Policy>,
    /// The home with the user in it.
    pub snapshot: AuthSnapshot,
    /// The user.
    pub principal: Principal,
    asked: Asked,
}

/// Questions, with the texts of all of them one behind the other in the order in which they are asked. Whoever asks has
/// just read the name from somewhere; were it fetched from where the home's own names lie, its way from memory would be
/// counted with the answer.
#[derive(Debug, Default)]
struct Asked {
    text: String,
    questions: Vec<(Range<usize>, Permission)>,
}

const DOMAINS: [&str; 10] =
    ["sensor", "binary_sensor", "light", "switch", "climate", "cover", "lock", "media_player", "update", "button"];
const THINGS: [&str; 8] = ["temperature", "power", "ceiling", "window", "battery", "link_quality", "door", "plug"];

/// How many entities a device has.
pub const ON_DEVICE: usize = 4;

impl World {
    /// Returns a home of `n` entities on `n / 4` devices in up to 400 areas.
    pub fn new(n: usize) -> Self {
        let mut rng = Rng::new(42);
        let names: Vec<String> = (0..n).map(|n| name(n, &mut rng)).collect();
        let n_areas = (n / 25).clamp(8, 400);
        let mut edit = AuthSnapshot::default().edit();
        for (n, name) in names.iter().enumerate() {
            let (device, area) = (device_of(n), area_of(n, n_areas));
            edit.place_entity(name, at(&device, &area));
        }
        let policies = policies(&names, n_areas, &mut rng);
        let group_ids: Vec<GroupId> = ["cooks", "gardeners", "helpers"].into_iter().map(GroupId::from).collect();
        for (id, policy) in group_ids.iter().zip(&policies) {
            edit.set_group(Group::new(id.clone(), id.as_str(), policy.clone()));
        }
        edit.set_user(User { group_ids, ..User::new("user", "User") });
        let principal = danger::user_principal(&"user".into(), None);
        let asked = Asked::about(&names);
        Self { names, n_areas, policies, snapshot: edit.finish(), principal, asked }
    }

    /// Returns questions about all entities, in an order that memory does not like.
    pub fn questions(&self) -> Vec<(&str, Permission)> {
        let Asked { text, questions } = &self.asked;
        let few = || questions.iter().map(|(at, permission)| (text.get(at.clone()).unwrap_or_default(), *permission));
        let mut all: Vec<_> = few().collect();
        // Small homes are asked about more than once, so that a round is long enough to time.
        while all.len() < 10_000 {
            all.extend(few());
        }
        all
    }
}

impl Asked {
    fn about(names: &[String]) -> Self {
        let permissions = [Permission::Read, Permission::Read, Permission::Control, Permission::Edit];
        let ask = |(n, name)| (name, permissions.get(n % 4).copied().unwrap_or(Permission::Read));
        let mut questions: Vec<(&String, Permission)> = names.iter().enumerate().map(ask).collect();
        Rng::new(7).shuffle(&mut questions);
        let mut asked = Self::default();
        for (name, permission) in questions {
            let start = asked.text.len();
            asked.text.push_str(name);
            asked.questions.push((start..asked.text.len(), permission));
        }
        asked
    }
}

/// Returns where an entity of the device is.
pub fn at<'a>(device: &'a str, area: &'a str) -> Whereabouts<'a> {
    Whereabouts { device_id: Some(device), area_id: Some(area), ..Whereabouts::default() }
}

/// Returns the device that the entity with an index is on.
pub fn device_of(n: usize) -> String {
    format!("{:032x}", 0x5a17_0000_0000_u128 + (n / ON_DEVICE) as u128)
}

/// Returns the area that the entity with an index is in.
pub fn area_of(n: usize, n_areas: usize) -> String {
    format!("area_{}", n / ON_DEVICE % n_areas)
}

fn name(n: usize, rng: &mut Rng) -> String {
    let (domain, thing) = (DOMAINS.get(rng.below(DOMAINS.len())), THINGS.get(rng.below(THINGS.len())));
    format!("{}.room_{}_{}_{n}", domain.unwrap_or(&"sensor"), n / 40, thing.unwrap_or(&"value"))
}

/// Seventy rules in three policies, of every kind that Home Assistant knows.
fn policies(names: &[String], n_areas: usize, rng: &mut Rng) -> Vec<Policy> {
    let read = || json!({"read": true});
    let both = || json!({"read": true, "control": true});
    let mut some = |n: usize, of: usize, name: &dyn Fn(usize) -> String, what: &dyn Fn() -> Value| {
        let mut members = Map::new();
        while members.len() < n.min(of) {
            members.insert(name(rng.below(of)), what());
        }
        Value::Object(members)
    };
    let entity = |n: usize| names.get(n).cloned().unwrap_or_default();
    let area = |n: usize| format!("area_{n}");
    let device = |n: usize| device_of(n * ON_DEVICE);
    let domain = |n: usize| DOMAINS.get(n).copied().unwrap_or_default().to_owned();
    let n_devices = names.len() / ON_DEVICE;
    let cooks = json!({"entities": {
        "area_ids": some(8, n_areas, &area, &both),
        "entity_ids": some(12, names.len(), &entity, &both),
        "domains": some(2, DOMAINS.len(), &domain, &read),
    }});
    let gardeners = json!({"entities": {
        "device_ids": some(20, n_devices, &device, &both),
        "domains": some(2, DOMAINS.len(), &domain, &both),
        "entity_ids": some(3, names.len(), &entity, &|| json!(true)),
    }});
    let helpers = json!({"entities": {
        "entity_ids": some(20, names.len(), &entity, &read),
        "area_ids": some(3, n_areas, &area, &read),
    }});
    let policies = [cooks, gardeners, helpers];
    policies.iter().map(|policy| Policy::from_value(policy).unwrap_or_default()).collect()
}

/// Returns how many names the policies' rules have.
pub fn n_rules(policies: &[Policy]) -> usize {
    fn count(value: &Value) -> usize {
        value.as_object().into_iter().flatten().map(|(_, names)| names.as_object().map_or(0, Map::len)).sum()
    }
    policies.iter().filter_map(|policy| policy.to_value().get("entities").map(count)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_seventy_rules_and_answers_both_ways() {
        let world = World::new(1_000);
        assert_eq!(n_rules(&world.policies), 70);
        let rights = world.snapshot.rights(&world.principal);
        let granted = world.questions().iter().filter(|(name, permission)| rights.check(name, *permission)).count();
        assert!((1_000..9_000).contains(&granted), "{granted}");
    }
}
