//! A check by name against one bare hash look-up of the same string.

use std::{hint::black_box, sync::Arc};

use engine_bench::world::World;
use hashbrown::HashMap;

use crate::{Figure, figure::both};

pub(crate) fn run() -> Vec<Figure> {
    let mut figures = Vec::new();
    for (key, question, n) in [
        ("check_name_1k", "check by name, 1,000 entities", 1_000),
        ("check_name_100k", "check by name, 100,000 entities", 100_000),
        ("check_name_1m", "check by name, 1,000,000 entities", 1_000_000),
    ] {
        let (ours, limit) = measure(n);
        let against = "hash look-up of the same string";
        figures.push(Figure { key, question, ours, against, limit, unit: "ns", aim: 1.3 });
    }
    figures
}

fn measure(n: usize) -> (f64, f64) {
    let world = World::new(n);
    let questions = world.questions();
    let bare: HashMap<Arc<str>, usize> =
        world.names.iter().enumerate().map(|(n, name)| (Arc::from(name.as_str()), n)).collect();
    let rights = world.snapshot.rights(&world.principal);
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
