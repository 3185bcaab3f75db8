//! A home in which everything comes and goes: numbers are given out again many times, tables made anew, and snapshots of
//! earlier moments go on answering as they did.

use std::{collections::BTreeMap, fmt::Write};

use auth_core::{AuthSnapshot, Group, GroupId, Permission, Policy, User, Whereabouts, reference};

use crate::{differential::setting, rng::Rng};

/// Where an entity is: device, area, floor and label.
type Spot = (String, String, String, String);

#[derive(Clone, Default)]
struct Home {
    snapshot: AuthSnapshot,
    places: BTreeMap<String, Spot>,
    policies: BTreeMap<String, Policy>,
}

const GROUPS: [&str; 3] = ["g0", "g1", "g2"];
const SUBCATEGORIES: [&str; 5] = ["entity_ids", "device_ids", "area_ids", "label_ids", "floor_ids"];

/// Devices and labels never come again, so that their numbers are needed for others.
fn spot(rng: &mut Rng, n: usize) -> Spot {
    (
        format!("device-{}", n / 3),
        format!("area-{}", rng.below(12)),
        format!("floor-{}", rng.below(3)),
        format!("label-{n}"),
    )
}

fn entity(rng: &mut Rng, n: usize) -> String {
    let long = if rng.one_in(6) { "_with_a_name_that_does_not_fit_into_a_row" } else { "" };
    // Some come again, most do not.
    let no = if rng.one_in(3) { rng.below(80) } else { n };
    format!("{}.thing_{no}{long}", ["light", "lock", "sensor"].get(no % 3).unwrap())
}

/// Rules about what is there now, and about what was or may be.
fn rules(rng: &mut Rng, home: &Home, n: usize) -> String {
    let mut text = String::from("{");
    for subcategory in SUBCATEGORIES {
        let mut names = BTreeMap::new();
        for _ in 0..rng.below(4) {
            let picked = home.places.iter().nth(rng.below(home.places.len().max(1)));
            let name = match (picked, subcategory) {
                (Some((entity, _)), "entity_ids") => entity.clone(),
                (Some((_, spot)), "device_ids") => spot.0.clone(),
                (Some((_, spot)), "area_ids") => spot.1.clone(),
                (Some((_, spot)), "label_ids") => spot.3.clone(),
                (_, "entity_ids") => entity(rng, n),
                (_, "floor_ids") => format!("floor-{}", rng.below(3)),
                _ => format!("device-{}", rng.below(n + 1)),
            };
            let what = rng.pick(&["true", r#"{"read":true}"#, r#"{"control":true,"edit":true}"#]);
            names.insert(name, what);
        }
        let names: Vec<_> = names.iter().map(|(name, what)| format!("{name:?}:{what}")).collect();
        _ = write!(text, "{subcategory:?}:{{{}}},", names.join(","));
    }
    text.push_str(rng.pick(&["\"all\":null", "\"all\":{\"read\":true}", "\"domains\":{\"light\":true}"]));
    text
}

fn policy(rng: &mut Rng, home: &Home, n: usize) -> Policy {
    let mut text = format!("{{\"entities\":{}", rules(rng, home, n));
    if rng.one_in(2) {
        _ = write!(text, ",\"except\":{}}}", rules(rng, home, n));
    }
    text.push_str("}}");
    Policy::parse(&text).unwrap()
}

impl Home {
    fn change(&mut self, rng: &mut Rng, n: usize) {
        let mut edit = self.snapshot.edit();
        for _ in 0..=rng.below(6) {
            let id = entity(rng, n);
            if rng.one_in(2) {
                let spot = spot(rng, n);
                let labels = [spot.3.as_str()];
                let at = Whereabouts {
                    device_id: Some(&spot.0),
                    area_id: Some(&spot.1),
                    floor_id: Some(&spot.2),
                    label_ids: &labels,
                };
                edit.place_entity(&id, at);
                self.places.insert(id, spot);
            } else {
                let id = self.places.keys().nth(rng.below(self.places.len().max(1))).cloned().unwrap_or(id);
                edit.remove_entity(&id);
                self.places.remove(&id);
            }
        }
        if rng.one_in(8) {
            let group = rng.pick(&GROUPS);
            let policy = policy(rng, self, n);
            edit.set_group(Group::new(group, group, policy.clone()));
            self.policies.insert(group.to_owned(), policy);
        }
        self.snapshot = edit.finish();
    }

    /// Asks about some entities, and compares the whole list.
    fn check(&self, rng: &mut Rng) {
        let rights = self.snapshot.rights_of(&"u".into());
        let directory = self.snapshot.directory();
        assert_eq!(directory.n_entities(), self.places.len());
        let expected = |id: &str, permission| {
            let spot = self.places.get(id);
            let labels: Vec<&str> = spot.iter().map(|spot| spot.3.as_str()).collect();
            let at = Whereabouts {
                device_id: spot.map(|spot| spot.0.as_str()),
                area_id: spot.map(|spot| spot.1.as_str()),
                floor_id: spot.map(|spot| spot.2.as_str()),
                label_ids: &labels,
            };
            self.policies.values().any(|policy| reference::check(policy, id, at, permission))
        };
        let permission = *rng.pick(&Permission::ALL.each_ref());
        let listed: Vec<&str> = rights.visible(permission).iter().map(|no| directory.entity_id(no).unwrap()).collect();
        let mut wanted: Vec<&str> =
            self.places.keys().map(String::as_str).filter(|id| expected(id, permission)).collect();
        let mut sorted = listed;
        sorted.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(sorted, wanted, "{permission}");
        for _ in 0..10 {
            let id = entity(rng, 10_000);
            for permission in Permission::ALL {
                assert_eq!(rights.check(&id, permission), expected(&id, permission), "{permission} on {id}");
                assert_eq!(rights.explain(&id, permission).is_granted(), expected(&id, permission));
            }
        }
    }
}

#[test]
fn numbers_go_round_and_rights_do_not() {
    let rounds = if setting("DOORWARD_CHECKS", 0) >= 10_000_000 { 40_000 } else { 3_000 };
    let mut rng = Rng::new(setting("DOORWARD_SEED", 1));
    let mut home = Home::default();
    let mut edit = home.snapshot.edit();
    edit.set_user(User { group_ids: GROUPS.into_iter().map(GroupId::from).collect(), ..User::new("u", "U") });
    home.snapshot = edit.finish();
    let mut kept: Vec<Home> = Vec::new();
    for n in 0..rounds {
        home.change(&mut rng, n);
        if n % 3 == 0 {
            home.check(&mut rng);
        }
        if n % 50 == 0 {
            kept.push(home.clone());
        }
        if kept.len() > 6 {
            kept.remove(rng.below(6)).check(&mut rng);
        }
        if rng.one_in(10) {
            // A change that comes to nothing.
            let mut fork = home.clone();
            fork.change(&mut rng, n + 100_000);
            fork.check(&mut rng);
        }
    }
    kept.iter().for_each(|home| home.check(&mut rng));
}
