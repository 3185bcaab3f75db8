//! Readers of several moments at once: each gets the answer of its own moment. Explored under
//! `RUSTFLAGS="--cfg shuttle" cargo test -p auth-core --lib remembered`, and tried with threads without.

use std::{sync::Arc, vec::Vec};

use policy_merge::{Permission, Policy};

use crate::{AuthSnapshot, Group, User, Whereabouts};

/// A home in states that follow one another, one that was thrown away among them, with what is visible in each.
fn moments() -> Vec<(AuthSnapshot, Vec<&'static str>)> {
    const NAMES: [&str; 3] = ["light.a", "light.b", "light.c"];
    let place = |home: &AuthSnapshot, name: &str, area: &str| {
        let mut edit = home.edit();
        edit.place_entity(name, Whereabouts { area_id: Some(area), ..Whereabouts::default() });
        edit.finish()
    };
    let mut edit = AuthSnapshot::default().edit();
    let hall = Policy::parse(r#"{"entities":{"area_ids":{"hall":{"read":true}}}}"#).unwrap();
    edit.set_group(Group::new("g", "G", hall));
    edit.set_user(User { group_ids: ["g".into()].into(), ..User::new("u", "U") });
    let mut first = edit.finish();
    for name in NAMES {
        first = place(&first, name, "kitchen");
    }
    let second = place(&first, "light.a", "hall");
    let thrown_away = place(&second, "light.c", "hall");
    let third = place(&second, "light.b", "hall");
    let mut edit = third.edit();
    edit.remove_entity("light.a");
    let fourth = edit.finish();
    Vec::from([
        (first, Vec::new()),
        (second, ["light.a"].into()),
        (thrown_away, ["light.a", "light.c"].into()),
        (third, ["light.a", "light.b"].into()),
        (fourth, ["light.b"].into()),
    ])
}

fn check((home, expected): &(AuthSnapshot, Vec<&'static str>)) {
    let set = home.rights_of(&"u".into()).visible(Permission::Read);
    let seen: Vec<_> = set.iter().map(|no| home.directory().entity_id(no).unwrap()).collect();
    assert_eq!(seen, *expected);
}

#[cfg(shuttle)]
#[test]
fn every_reader_gets_the_answer_of_its_moment() {
    shuttle::check_random(
        || {
            let moments = Arc::new(moments());
            let readers: Vec<_> = (0..3)
                .map(|reader| {
                    let moments = Arc::clone(&moments);
                    shuttle::thread::spawn(move || (0..5).for_each(|n| check(&moments[(reader * 2 + n) % 5])))
                })
                .collect();
            readers.into_iter().for_each(|reader| reader.join().unwrap());
        },
        2_000,
    );
}

#[cfg(not(shuttle))]
#[test]
#[expect(clippy::disallowed_methods, reason = "several readers at once are what is tried")]
fn every_reader_gets_the_answer_of_its_moment() {
    for _ in 0..200 {
        let moments = Arc::new(moments());
        std::thread::scope(|scope| {
            for reader in 0..4 {
                let moments = Arc::clone(&moments);
                scope.spawn(move || (0..40).for_each(|n| check(&moments[(reader * 3 + n * 2) % 5])));
            }
        });
    }
}

/// What is remembered is given again, and mended where it is when nobody else has it.
#[cfg(not(shuttle))]
#[test]
fn a_list_is_worked_out_once() {
    let (first, _) = moments().remove(0);
    let mut edit = first.edit();
    (0..40).for_each(|n| edit.place_entity(&std::format!("light.number_{n}"), Whereabouts::default()));
    let mut homes = Vec::from([edit.finish()]);
    for n in 0..3 {
        let mut edit = homes[n].edit();
        edit.place_entity(
            "light.a",
            Whereabouts { area_id: Some("hall").filter(|_| n != 1), ..Whereabouts::default() },
        );
        homes.push(edit.finish());
    }
    let list = |n: usize| homes[n].rights_of(&"u".into()).visible(Permission::Read).words;
    let first = list(0);
    assert!(Arc::ptr_eq(&first, &list(0)), "asked again");
    assert!(!Arc::ptr_eq(&first, &list(1)), "somebody has the first, which stays what it was");
    let at = list(1).as_ptr();
    assert_eq!(at, list(3).as_ptr(), "nobody had the second");
    // Of a moment before: made for it, and nothing is lost of the later one.
    assert_ne!(at, list(1).as_ptr());
    assert_eq!(at, list(3).as_ptr());
}
