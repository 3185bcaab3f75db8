//! The visible set of a user, as a set and as a list.

use std::hint::black_box;

use auth_core::{Group, Permission};
use engine_bench::world::World;

use crate::{Figure, figure::both};

const N: usize = 100_000;

pub(crate) fn run() -> Vec<Figure> {
    let world = World::new(N);
    let rights = world.snapshot.rights(&world.principal);
    let visible = rights.visible(Permission::Read);
    let words: Vec<u64> = (0..N as u64 / 64 + 1).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    let (set, copy) = both(
        || (0..100).for_each(|_| _ = black_box(rights.visible(Permission::Read))),
        || (0..100).for_each(|_| _ = black_box(black_box(&words).clone())),
    );
    // As many numbers, taken from as many words by the shortest loop.
    let mut dense = vec![0u64; N / 64 + 2];
    for no in visible.iter().zip(0u32..).map(|(_, n)| n * (N as u32) / visible.len().max(1) as u32) {
        if let Some(word) = dense.get_mut(no as usize / 64) {
            *word |= 1 << (no % 64);
        }
    }
    let (list, bare_list) = both(
        || _ = black_box(rights.visible(Permission::Read).to_vec()),
        || {
            let mut numbers: Vec<u64> = Vec::new();
            for (word, start) in black_box(&dense).iter().zip((0..).step_by(64)) {
                let mut word = *word;
                while word != 0 {
                    numbers.push(start + u64::from(word.trailing_zeros()));
                    word &= word - 1;
                }
            }
            black_box(numbers);
        },
    );
    let first = first_build(&world);
    vec![
        Figure {
            key: "visible_100k",
            question: "visible set, 100,000 entities, known",
            ours: set / 100.0,
            against: "copying the words of the set",
            limit: copy / 100.0,
            unit: "ns",
            aim: 2.0,
        },
        Figure {
            key: "visible_list_100k",
            question: "the same as a list of numbers",
            ours: list / 1e3,
            against: "listing as many bits",
            limit: bare_list / 1e3,
            unit: "us",
            aim: 2.0,
        },
        Figure {
            key: "visible_first_100k",
            question: "the same, first build",
            ours: first / 1e3,
            against: "a bound",
            limit: 500.0,
            unit: "us",
            aim: 1.0,
        },
    ]
}

/// Times the first question after a change of policy, which makes a new table that knows no lists.
fn first_build(world: &World) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..crate::figure::ROUNDS {
        let mut edit = world.snapshot.edit();
        edit.set_group(Group::new("cooks", "Cooks", world.policies.first().cloned().unwrap_or_default()));
        let snapshot = edit.finish();
        let rights = snapshot.rights(&world.principal);
        let start = std::time::Instant::now();
        black_box(rights.visible(Permission::Read));
        best = best.min(start.elapsed().as_secs_f64() * 1e9);
    }
    best
}
