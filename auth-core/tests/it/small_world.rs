//! Few names, so that policies and places meet, and policies made of them at random.

use auth_core::Whereabouts;
use policy_merge::{Entities, Join, Names, Permissions, Policy, Rule, Rules, Subcategory};

use crate::rng::Rng;

pub(crate) const ENTITIES: [&str; 9] = [
    "light.a",
    "lock.a",
    "nodot",
    ".x",
    // As long as most are, which are compared in parts.
    "light.bedroom_left",
    "sensor.temperature_in_the_1_of_two_rooms",
    "sensor.temperature_in_the_2_of_two_rooms",
    // Longer than a row has room for.
    "sensor.a_very_long_name_of_some_sensor_in_the_garden_behind_the_house",
    "sensor.a_very_long_name_of_some_sensor_in_the_garden_behind_the_barn",
];
const DEVICES: [&str; 3] = ["d1", "d2", ""];
const AREAS: [&str; 3] = ["kitchen", "hall", "attic"];
const FLOORS: [&str; 2] = ["ground", "first"];
const LABELS: [&str; 3] = ["private", "guest", ""];
const DOMAINS: [&str; 5] = ["light", "lock", "nodot", "", "sensor"];

/// Where an entity is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Spot {
    pub(crate) device: Option<&'static str>,
    pub(crate) area: Option<&'static str>,
    pub(crate) floor: Option<&'static str>,
    pub(crate) labels: Vec<&'static str>,
}

impl Spot {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let some = |rng: &mut Rng, from: &[&'static str]| (!rng.one_in(3)).then(|| rng.pick(from));
        let n_labels = rng.below(4).saturating_sub(1);
        Self {
            device: some(rng, &DEVICES),
            area: some(rng, &AREAS),
            floor: some(rng, &FLOORS),
            labels: (0..n_labels).map(|_| rng.pick(&LABELS)).collect(),
        }
    }

    pub(crate) fn whereabouts(&self) -> Whereabouts<'_> {
        let Self { device, area, floor, labels } = self;
        Whereabouts { device_id: *device, area_id: *area, floor_id: *floor, label_ids: labels }
    }
}

pub(crate) const fn names_of(subcategory: Subcategory) -> &'static [&'static str] {
    match subcategory {
        Subcategory::EntityIds => &ENTITIES,
        Subcategory::DeviceIds => &DEVICES,
        Subcategory::AreaIds => &AREAS,
        Subcategory::LabelIds => &LABELS,
        Subcategory::FloorIds => &FLOORS,
        Subcategory::Domains => &DOMAINS,
        Subcategory::All => &[],
    }
}

fn permissions(rng: &mut Rng) -> Rule<Permissions> {
    if rng.one_in(8) { Rule::Everything } else { Rule::Only(Permissions::from_bits(rng.below(8) as u8)) }
}

pub(crate) fn rules(rng: &mut Rng) -> Rules {
    let mut rules = Rules::default();
    for subcategory in Subcategory::NAMED {
        if rng.one_in(2) {
            continue;
        }
        let said = if rng.one_in(25) {
            Rule::Everything
        } else {
            let n_names = rng.below(3);
            let said = |rng: &mut Rng| (rng.pick(names_of(subcategory)).into(), permissions(rng));
            Rule::Only((0..n_names).map(|_| said(rng)).collect::<Names>())
        };
        *rules.names_mut(subcategory).unwrap() = Some(said);
    }
    rules.all = rng.one_in(4).then(|| permissions(rng));
    rules
}

/// A policy of the kind that nearly every group has: neither labels nor floors nor exceptions.
pub(crate) fn plain_policy(rng: &mut Rng) -> Policy {
    Rules { label_ids: None, floor_ids: None, ..rules(rng) }.into()
}

/// A policy that names so many areas and domains that what is numbered after them may be beyond those that are at hand.
pub(crate) fn policy_of_a_crowd(rng: &mut Rng) -> Policy {
    let names = |n: usize| Some(Rule::Only((0..n).map(|n| (format!("crowd_{n}").into(), Rule::Everything)).collect()));
    Rules { area_ids: names(508 + rng.below(5)), domains: names(123 + rng.below(6)), ..Rules::default() }.into()
}

/// A policy that names so many entities that nobody has heard of that the big table of their names is made anew.
pub(crate) fn policy_of_strangers(rng: &mut Rng) -> Policy {
    let first = rng.below(10_000);
    let names = (first..first + 300).map(|n| (format!("light.stranger_number_{n}").into(), Rule::Everything));
    Rules { entity_ids: Some(Rule::Only(names.collect())), ..Rules::default() }.into()
}

/// A policy, with exceptions half of the time.
pub(crate) fn policy(rng: &mut Rng) -> Policy {
    match rng.below(20) {
        0 => Policy::default(),
        1 => Policy::everything(),
        2..11 => rules(rng).into(),
        _ => {
            let mut entities = Entities::new(rules(rng), rules(rng));
            if rng.one_in(3) {
                entities.join(&Entities::new(rules(rng), if rng.one_in(2) { rules(rng) } else { Rules::default() }));
            }
            Policy { entities: Some(Rule::Only(entities)) }
        }
    }
}
