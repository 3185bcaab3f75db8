//! A check by number against a bare bit test of the same number.

use std::hint::black_box;

use auth_core::{EntityNo, EntitySet, Permission, Rights};
use engine_bench::world::World;

use crate::{Figure, figure::both};

pub(crate) fn run() -> Vec<Figure> {
    let mut figures = Vec::new();
    for (keys, questions, n) in [
        (["check_id_1k", "check_masks_1k"], ["check by number, 1,000", "check by number, 1,000, masks"], 1_000),
        (
            ["check_id_100k", "check_masks_100k"],
            ["check by number, 100,000", "check by number, 100,000, masks"],
            100_000,
        ),
    ] {
        let [(set, bare), (masks, _)] = measure(n);
        let ([key, masks_key], [question, masks_question]) = (keys, questions);
        figures.push(Figure { key, question, ours: set, against: "bit test", limit: bare, unit: "ns", aim: 1.5 });
        figures.push(Figure {
            key: masks_key,
            question: masks_question,
            ours: masks,
            against: "a bound",
            limit: 6.0,
            unit: "ns",
            aim: 1.0,
        });
    }
    figures
}

fn measure(n: usize) -> [(f64, f64); 2] {
    let world = World::new(n);
    let directory = world.snapshot.directory();
    let rights = world.snapshot.rights(&world.principal);
    let numbers: Vec<_> = world.questions().iter().filter_map(|(name, _)| directory.entity(name)).collect();
    let visible = rights.visible(Permission::Read);
    // The same bits and numbers with nothing around them.
    let mut indexes: Vec<u32> = Vec::new();
    let mut words = vec![0u64; n / 64 + 2];
    let of_name: std::collections::HashMap<_, _> = world.names.iter().map(String::as_str).zip(0u32..).collect();
    for (name, _) in world.questions() {
        let index = of_name.get(name).copied().unwrap_or_default();
        indexes.push(index);
        if rights.check(name, Permission::Read)
            && let Some(word) = words.get_mut(index as usize / 64)
        {
            *word |= 1 << (index % 64);
        }
    }
    let per = |(ours, other): (f64, f64)| (ours / numbers.len() as f64, other / numbers.len() as f64);
    let by_set = both(|| _ = black_box(in_set(&visible, &numbers)), || _ = black_box(in_words(&words, &indexes)));
    let by_masks = both(|| _ = black_box(by_masks(&rights, &numbers)), || _ = black_box(in_words(&words, &indexes)));
    [per(by_set), per(by_masks)]
}

// Each loop is a function of its own: what stands around it would decide how it is compiled.

#[inline(never)]
fn in_set(visible: &EntitySet, numbers: &[EntityNo]) -> usize {
    numbers.iter().filter(|no| visible.contains(**black_box(no))).count()
}

#[inline(never)]
fn by_masks(rights: &Rights<'_>, numbers: &[EntityNo]) -> usize {
    let read = |no: &&EntityNo| rights.granted_by_number(**black_box(no)).contains(Permission::Read);
    numbers.iter().filter(read).count()
}

#[inline(never)]
fn in_words(words: &[u64], indexes: &[u32]) -> usize {
    let set =
        |index: &&u32| words.get(black_box(**index) as usize / 64).is_some_and(|word| word >> (**index % 64) & 1 != 0);
    indexes.iter().filter(set).count()
}
