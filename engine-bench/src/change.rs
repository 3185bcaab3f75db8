//! From the beginning of a change to the first right answer after it.

use std::{hint::black_box, time::Instant};

use auth_core::{AuthSnapshot, Group, GroupId, Permission, Policy, User, UserId};
use engine_bench::world::{World, area_of, at, device_of};
use policy_merge::{Names, Rule, Rules};

use crate::{Figure, figure::ROUNDS};

/// What a change may cost, in microseconds.
const BOUND: f64 = 5.0;

pub(crate) fn run() -> Vec<Figure> {
    let figure =
        |key, question, ours| Figure { key, question, ours, against: "a bound", limit: BOUND, unit: "us", aim: 1.0 };
    let (small, large) = (World::new(1_000), World::new(100_000));
    let (one, device, mend) = moves(&large);
    vec![
        figure("policy_change_1k", "a group's policy changes, 1,000 entities", policy(&small)),
        figure("policy_change_100k", "a group's policy changes, 100,000", policy(&large)),
        figure("move_area_100k", "one entity moves, 100,000, 1,000 sets", one),
        figure("move_device_100k", "a device of 50 entities moves, the same", device),
        figure("mend_set_100k", "the same, a visible set is mended", mend),
    ]
}

/// Gives a group another policy of as many rules, back and forth, and asks about an entity that this decides.
fn policy(world: &World) -> f64 {
    let first = world.policies.first().cloned().unwrap_or_default();
    let asked = world.names.get(world.names.len() / 2).cloned().unwrap_or_default();
    let rule = Names::from([(asked.as_str().into(), Rule::Everything)]);
    let with = policy_merge::merge([&first, &Rules { entity_ids: Some(Rule::Only(rule)), ..Rules::default() }.into()]);
    let mut best = f64::MAX;
    let mut snapshot = world.snapshot.clone();
    for n in 0..ROUNDS * 10 {
        let group = Group::new("cooks", "Cooks", if n % 2 == 0 { with.clone() } else { first.clone() });
        let start = Instant::now();
        let mut edit = snapshot.edit();
        edit.set_group(group);
        let next = edit.finish();
        let granted = next.rights(&world.principal).check(black_box(&asked), Permission::Edit);
        best = best.min(start.elapsed().as_secs_f64() * 1e6);
        assert_eq!(granted, n % 2 == 0, "the first answer is right");
        snapshot = next;
    }
    best
}

/// Moves an entity, then all of a device, between two areas of which one is readable, with a thousand sets of groups.
fn moves(world: &World) -> (f64, f64, f64) {
    let mut edit = world.snapshot.edit();
    for n in 0..1_000 {
        let area = Names::from([(format!("area_{}", n % world.n_areas).into(), Rule::Everything)]);
        let policy: Policy = Rules { area_ids: Some(Rule::Only(area)), ..Rules::default() }.into();
        edit.set_group(Group::new(format!("g{n}"), "G", policy));
        edit.set_user(User { group_ids: vec![GroupId::from(format!("g{n}"))], ..User::new(format!("u{n}"), "U") });
    }
    let snapshot = edit.finish();
    let ids: Vec<_> = (0..1_000).map(|n| UserId::from(format!("u{n}"))).collect();
    for id in &ids {
        black_box(snapshot.rights_of(id).visible(Permission::Read));
    }
    let (mut one, mut device, mut mend) = (f64::MAX, f64::MAX, f64::MAX);
    let Some(reader) = ids.first() else { return (one, device, mend) };
    let names: Vec<&str> = world.names.iter().skip(50_000).take(50).map(String::as_str).collect();
    let move_all = |snapshot: &AuthSnapshot, names: &[&str], area: &str| {
        let device = device_of(50_000);
        let start = Instant::now();
        let mut edit = snapshot.edit();
        names.iter().for_each(|name| edit.place_entity(name, at(&device, area)));
        let next = edit.finish();
        let granted = names.iter().take(1).all(|name| next.rights_of(reader).check(name, Permission::Read));
        (start.elapsed().as_secs_f64() * 1e6, granted, next)
    };
    let mut snapshot = snapshot;
    for n in 0..ROUNDS * 10 {
        let area = area_of(if n % 2 == 0 { 0 } else { 4 }, world.n_areas);
        let (took, granted, next) = move_all(&snapshot, names.get(..1).unwrap_or_default(), &area);
        assert_eq!(granted, n % 2 == 0, "the first answer is right");
        one = one.min(took);
        let (took, granted, next) = move_all(&next, &names, &area);
        assert_eq!(granted, n % 2 == 0, "the first answer is right");
        device = device.min(took);
        let start = Instant::now();
        black_box(next.rights_of(reader).visible(Permission::Read));
        mend = mend.min(start.elapsed().as_secs_f64() * 1e6);
        snapshot = next;
    }
    (one, device, mend)
}
