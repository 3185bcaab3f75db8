use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};

use proptest::prelude::*;

use super::*;

type Table = Numbered<u32, 4>;

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
fn a_row_with_a_place_is_one_line_of_the_cache() {
    assert_eq!(size_of::<Row<[u32; 5]>>(), 64);
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
    assert_eq!((table.get(0), table.name(0)), (None, None));
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
    assert_eq!((table.get(no), table.generations().get(0)), (Some(&0), Some(&1)));
    // The copy from before is what it was.
    assert_eq!((before.name(no), before.get(no), before.generations().get(0)), (Some("a"), Some(&7), Some(&0)));
}

#[test]
fn a_number_that_had_all_its_generations_is_not_given_out_again() {
    let mut table = Table::default();
    let no = table.intern("a");
    *table.generations.get_mut(0).unwrap() = u32::MAX - 1;
    table.remove(no);
    assert_eq!(table.intern("b"), no + 1);
    assert_eq!(table.len(), 1);
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
