//! The merge of many policies against one pass over their rules as numbers.

use std::hint::black_box;

use auth_core::{Group, GroupId, Policy, User, UserId};
use engine_bench::{rng::Rng, world::World};
use policy_merge::{Names, Permissions, Rule, Rules, merge};

use crate::{Figure, figure::both};

const POLICIES: usize = 50;
const RULES: usize = 200;

pub(crate) fn run() -> Vec<Figure> {
    let world = World::new(10_000);
    let mut rng = Rng::new(3);
    let mut numbers: Vec<(u32, u8)> = Vec::new();
    let mut policies = Vec::new();
    for _ in 0..POLICIES {
        let mut names = Names::new();
        while names.len() < RULES {
            let n = rng.below(world.names.len());
            let bits = 1 + rng.below(7) as u8;
            if let Some(name) = world.names.get(n)
                && names.insert(name.as_str().into(), Rule::Only(Permissions::from_bits(bits))).is_none()
            {
                numbers.push((n as u32, bits));
            }
        }
        policies.push(Policy::from(Rules { entity_ids: Some(Rule::Only(names)), ..Rules::default() }));
    }
    // A table for each policy, then one for all of them: what a user in fifty groups has.
    let mut edit = world.snapshot.edit();
    for (n, policy) in policies.iter().enumerate() {
        let id = GroupId::from(format!("g{n}"));
        edit.set_group(Group::new(id.clone(), id.as_str(), policy.clone()));
        edit.set_user(User { group_ids: vec![id], ..User::new(format!("u{n}"), "U") });
    }
    let snapshot = edit.finish();
    let users: Vec<UserId> = (0..POLICIES).map(|n| format!("u{n}").into()).collect();
    let (ours, bare) =
        both(|| _ = black_box(snapshot.joined_table(&users)), || _ = black_box(pass(&numbers, world.names.len() + 1)));
    let (texts, _) = both(|| _ = black_box(merge(&policies)), || {});
    vec![
        Figure {
            key: "merge_50x200",
            question: "merge of 50 policies of 200 rules, compiled",
            ours: ours / 1e3,
            against: "one pass over the rules as numbers",
            limit: bare / 1e3,
            unit: "us",
            aim: 2.0,
        },
        Figure {
            key: "merge_values_50x200",
            question: "the same as values, by name",
            ours: texts / 1e3,
            against: "one pass over the rules as numbers",
            limit: bare / 1e3,
            unit: "us",
            aim: f64::INFINITY,
        },
    ]
}

/// A function of its own: what stands around it would decide how it is compiled.
#[inline(never)]
fn pass(numbers: &[(u32, u8)], n_names: usize) -> Vec<u8> {
    let mut merged = vec![0; n_names];
    for (no, bits) in black_box(numbers) {
        if let Some(place) = merged.get_mut(*no as usize) {
            *place |= bits;
        }
    }
    merged
}
