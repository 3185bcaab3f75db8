//! A check by name against one bare hash look-up of the same string.

use std::{hint::black_box, sync::Arc};

use auth_core::AuthSnapshot;
use engine_bench::world::{World, at, device_of};
use hashbrown::HashMap;

use crate::{Figure, figure::both};

pub(crate) fn run() -> Vec<Figure> {
    let mut figures = Vec::new();
    for (key, question, n) in [
        ("check_name_1k", "check by name, 1,000 entities", 1_000),
        ("check_name_100k", "check by name, 100,000 entities", 100_000),
        ("check_name_1m", "check by name, 1,000,000 entities", 1_000_000),
    ] {
        let world = World::new(n);
        figures.push(figure(key, question, measure(&world, &world.snapshot)));
        if n == 100_000 {
            let changed = measure(&world, &moved(&world));
            figures.push(figure("check_name_changed_100k", "the same, 200 of them moved since", changed));
        }
    }
    figures
}

const fn figure(key: &'static str, question: &'static str, (ours, limit): (f64, f64)) -> Figure {
    Figure { key, question, ours, against: "hash look-up of the same string", limit, unit: "ns", aim: 1.3 }
}

/// Returns the home after so many moves that its small table is nearly full.
fn moved(world: &World) -> AuthSnapshot {
    let mut snapshot = world.snapshot.clone();
    for (n, name) in world.names.iter().enumerate().step_by(world.names.len() / 200) {
        let mut edit = snapshot.edit();
        edit.place_entity(name, at(&device_of(n), "area_1"));
        snapshot = edit.finish();
    }
    snapshot
}

fn measure(world: &World, snapshot: &AuthSnapshot) -> (f64, f64) {
    let questions = world.questions();
    let bare: HashMap<Arc<str>, usize> =
        world.names.iter().enumerate().map(|(n, name)| (Arc::from(name.as_str()), n)).collect();
    let rights = snapshot.rights(&world.principal);
    let (ours, limit) = both(
        || {
            let granted = questions.iter().filter(|(name, permission)| rights.check(black_box(name), *permission));
            black_box(granted.count());
        },
        || {
            let found = questions.iter().filter(|(name, _)| bare.get(black_box(*name)).is_some_and(|n| *n > n / 2));
            black_box(found.count());
        },
    );
    (ours / questions.len() as f64, limit / questions.len() as f64)
}
