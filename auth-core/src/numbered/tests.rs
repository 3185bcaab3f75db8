use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};

use proptest::prelude::*;

use super::*;

type Table = Numbered<u32>;

/// Compares a table with a plain map of name to number and value.
#[track_caller]
fn check(table: &Table, expected: &BTreeMap<String, (u32, u32)>) {
    assert_eq!(table.len(), expected.len());
    for (name, (no, value)) in expected {
        assert_eq!(table.look_up(name), Some((*no, value)), "{name}");
        assert_eq!(table.name(*no), Some(name.as_str()));
    }
    let listed: Vec<_> = table.iter().map(|(no, name, value)| (no, name.to_string(), *value)).collect();
    let mut wanted: Vec<_> = expected.iter().map(|(name, (no, value))| (*no, name.clone(), *value)).collect();
    wanted.sort_unstable();
    assert_eq!(listed, wanted);
}

#[test]
fn many_names_of_all_lengths() {
    let mut table = Table::default();
    let mut expected = BTreeMap::new();
    for n in 0..3_000u32 {
        let name = format!("{}{n}", "x".repeat(n as usize % 60));
        let no = table.intern(&name);
        *table.get_mut(no).unwrap() = n;
        expected.insert(name, (no, n));
    }
    check(&table, &expected);
    assert_eq!(table.find(""), 0);
    assert_eq!(table.find(&"x".repeat(70)), 0);
    assert_eq!(table.name(0), None);
}

/// A table of names of the usual lengths, and how many of them are where they are guessed to be.
fn usual() -> (Table, Vec<String>) {
    let names: Vec<String> = (0..1_000).map(|n| format!("sensor.{}{n}", "x".repeat(9 + n % 28))).collect();
    let mut table = Table::default();
    names.iter().for_each(|name| _ = table.intern(name));
    (table, names)
}

#[track_caller]
fn check_guesses(table: &Table, names: &[String], at_least: usize) {
    let guessed = names.iter().filter(|name| table.guess(name).is_some()).count();
    let settled = names.iter().filter(|name| table.settled(table.find(name)).is_some()).count();
    assert!(guessed >= at_least, "{guessed} of {}", names.len());
    assert!(settled >= at_least, "{settled} of {}", names.len());
    for name in names {
        let no = table.find(name);
        assert!(table.guess(name).is_none_or(|found| Some(found) == table.look_up(name)), "{name}");
        assert!(table.settled(no).is_none_or(|value| Some(value) == table.get(no)), "{name}");
    }
}

#[test]
fn most_names_are_where_they_are_guessed_to_be() {
    let (mut table, names) = usual();
    check_guesses(&table, &names, 950);
    let before = table.clone();
    for name in names.iter().step_by(20) {
        *table.get_mut(table.find(name)).unwrap() = 7;
    }
    // Those that changed are found on the other road, and so are those that share their place in the filter.
    check_guesses(&table, &names, 850);
    assert!(
        names.iter().step_by(20).all(|name| table.guess(name).is_none() && table.settled(table.find(name)).is_none())
    );
    check_guesses(&before, &names, 950);
}

#[test]
fn a_change_leaves_the_big_table_alone_until_there_are_many() {
    let (table, names) = usual();
    let mut changed = table.clone();
    for (n, name) in names.iter().enumerate() {
        let held = changed.clone();
        *changed.get_mut(changed.find(name)).unwrap() = 7;
        if n < 200 {
            assert!(Arc::ptr_eq(&table.base, &changed.base), "{n} changes");
        }
        assert!(changed.recent.len() <= 256, "{n} changes");
        assert_eq!(held.look_up(name).map(|(_, value)| *value), Some(0));
    }
    assert!(!Arc::ptr_eq(&table.base, &changed.base));
    // However much comes in one go.
    let held = changed.clone();
    (0..1_000).for_each(|n| _ = changed.intern(&format!("light.another_{n}")));
    assert!(changed.recent.len() <= 256);
    assert_eq!((held.len(), changed.len()), (1_000, 2_000));
}

/// A table takes little more than what is in it, and is not copied with each name.
#[test]
fn a_table_grows_by_little_and_not_often() {
    let mut table = Table::default();
    let (mut capacity, mut n_grown) = (0, 0);
    for n in 0..10_000 {
        table.intern(&format!("light.number_{n}"));
        if table.base.capacity() != capacity {
            (capacity, n_grown) = (table.base.capacity(), n_grown + 1);
        }
        assert!(capacity <= n + 2 + n / 32, "{capacity} for {n}");
    }
    assert!(n_grown < 400, "{n_grown}");
}

#[test]
fn the_highest_number_is_given_out_and_none_beyond() {
    let mut table = Table::default();
    // What is added stands beside a big table that others have, and so nothing has to reach this far.
    let held = table.clone();
    table.high = MAX - 1;
    assert_eq!((table.intern("a"), table.intern("b"), table.find("a"), table.find("b")), (MAX, 0, MAX, 0));
    assert_eq!((table.len(), held.len()), (1, 0));
}

#[test]
fn a_number_given_out_again_has_another_generation() {
    let mut table = Table::default();
    let no = table.intern("a");
    *table.get_mut(no).unwrap() = 7;
    let before = table.clone();
    table.remove(no);
    assert_eq!((table.name(no), table.find("a"), table.len()), (None, 0, 0));
    assert_eq!(table.intern("b"), no);
    assert_eq!((table.get(no), table.generations().of(no)), (Some(&0), 1));
    // The copy from before is what it was.
    assert_eq!((before.name(no), before.get(no), before.generations().of(no)), (Some("a"), Some(&7), 0));
}

#[test]
fn a_number_that_had_all_its_generations_is_not_given_out_again() {
    let mut table = Table::default();
    let no = table.intern("a");
    table.generations.set(no, u32::MAX - 1);
    table.remove(no);
    assert_eq!(table.intern("b"), no + 1);
    assert_eq!(table.len(), 1);
}

#[test]
fn the_last_generation_is_nobodys() {
    let mut table = Table::default();
    let no = table.intern("a");
    table.generations.set(no, u32::MAX - 1);
    assert!(table.generations().is_current(no, u32::MAX - 1) && !table.generations().is_current(no, 0));
    for _ in 0..2 {
        table.renew(no);
        assert_eq!(table.generations().of(no), u32::MAX);
        assert!(!table.generations().is_current(no, u32::MAX) && !table.generations().is_current(no, u32::MAX - 1));
    }
}

proptest! {
    #[test]
    fn is_a_map(steps in proptest::collection::vec((0u32..40, any::<bool>(), any::<u32>()), 1..400)) {
        let mut table = Table::default();
        let mut expected: BTreeMap<String, (u32, u32)> = BTreeMap::new();
        let mut copies = Vec::new();
        for (n, (name, keep, value)) in steps.into_iter().enumerate() {
            let name = format!("{}{name}", "n".repeat(name as usize));
            if keep {
                let no = table.intern(&name);
                *table.get_mut(no).unwrap() = value;
                prop_assert!(expected.iter().all(|(other, (taken, _))| *taken != no || *other == name));
                expected.insert(name, (no, value));
            } else if let Some((no, _)) = expected.remove(&name) {
                table.remove(no);
            }
            if n % 50 == 0 {
                copies.push((table.clone(), expected.clone()));
            }
        }
        check(&table, &expected);
        for (table, expected) in &copies {
            check(table, expected);
        }
    }
}

/// Long enough that the big table is made anew many times, with copies kept from all times.
#[test]
fn copies_stay_what_they_were() {
    let mut table = Table::default();
    let mut expected: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    let mut copies = Vec::new();
    let mut seed = 1u32;
    for step in 0..20_000u32 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let name = format!("{}{}", "n".repeat(seed as usize >> 8 & 63), seed >> 16 & 1023);
        match seed >> 27 {
            0..6 => {
                if let Some((no, _)) = expected.remove(&name) {
                    table.remove(no);
                }
            }
            6..20 => {
                let no = table.intern(&name);
                *table.get_mut(no).unwrap() = step;
                expected.insert(name, (no, step));
            }
            _ => {
                if let Some((no, value)) = expected.get_mut(&name) {
                    *table.get_mut(*no).unwrap() = step;
                    *value = step;
                }
            }
        }
        if step % 7 == 0 {
            // Held for a moment: what changes meanwhile stands beside the big table.
            copies.push((table.clone(), expected.clone()));
            if copies.len() > 12 {
                let (table, expected) = copies.remove(seed as usize % 12);
                if step % 49 == 0 {
                    check(&table, &expected);
                }
            }
        }
    }
    check(&table, &expected);
    copies.iter().for_each(|(table, expected)| check(table, expected));
    // Whatever came and went, each name that is there is there once.
    drop(copies);
    table.base_mut().unwrap();
    check(&table, &expected);
    assert_eq!(table.base.n_slots_taken(), expected.len());
}
