//! What the book keeps, against a model that keeps everything.

use std::collections::BTreeMap;

use auth_core::Context;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::keep_newest;

fn id(text: &str) -> EntityId {
    text.parse().unwrap()
}

fn recorded(number: u64, at: i64, state: &str) -> Recorded {
    let at = Timestamp::from_secs(at);
    Recorded {
        number,
        state: state.into(),
        attributes: Arc::default(),
        last_changed: at,
        last_updated: at,
        was_other: true,
        context: Context::new(ContextId::from_parts(0, u128::from(number)), None),
        call: None,
    }
}

fn with(number: u64, at: i64, state: &str, attributes: Value) -> Recorded {
    let Value::Object(attributes) = attributes else { panic!("no object") };
    Recorded { attributes: Arc::new(attributes), ..recorded(number, at, state) }
}

/// A write of attributes alone.
fn touched(number: u64, at: i64, state: &str, changed: i64) -> Recorded {
    Recorded { last_changed: Timestamp::from_secs(changed), was_other: false, ..recorded(number, at, state) }
}

fn wide() -> Limits {
    Limits { secs: 1000, states_of_one: 100, states: 1000, bytes: 1 << 20 }
}

fn from(secs: i64) -> Period {
    Period { start: Timestamp::from_secs(secs), ..Period::default() }
}

/// Prints what was found: the state of before, a colon, the states of the period.
fn found(book: &Book, entity_id: &str, period: &Period) -> String {
    let stretch = book.stretch(entity_id, period);
    let states: Vec<_> = stretch.states.iter().map(|state| &*state.state).collect();
    format!("{}:{}", stretch.before.map_or_else(String::new, |state| state.state.to_string()), states.join(" "))
}

#[track_caller]
fn check(book: &Book, entity_id: &str, start: i64, expected: &str) {
    assert_eq!(found(book, entity_id, &from(start)), expected);
}

#[test]
fn a_period_begins_with_what_there_was_already() {
    let mut book = Book::new(wide());
    let lamp = id("light.lamp");
    for (number, at, state) in [(1, 10, "a"), (2, 20, "b"), (3, 30, "c")] {
        book.put(&lamp, recorded(number, at, state));
    }
    check(&book, "light.lamp", 0, ":a b c");
    check(&book, "light.lamp", 20, "a:b c");
    check(&book, "light.lamp", 21, "b:c");
    check(&book, "light.lamp", 99, "c:");
    check(&book, "light.none", 0, ":");
    let until = |end| Period { end: Some(Timestamp::from_secs(end)), ..from(15) };
    assert_eq!(found(&book, "light.lamp", &until(30)), "a:b");
    assert_eq!(found(&book, "light.lamp", &until(31)), "a:b c");
    assert_eq!(found(&book, "light.lamp", &Period { with_start: false, ..from(15) }), ":b c");
    assert_eq!(found(&book, "light.lamp", &Period { after: 2, with_start: false, ..from(0) }), ":c");
    assert_eq!(found(&book, "light.lamp", &Period { after: 3, with_start: false, ..from(0) }), ":");
}

#[test]
fn an_entity_that_was_removed_has_no_state_to_begin_with() {
    let mut book = Book::new(wide());
    let lamp = id("light.lamp");
    book.put(&lamp, recorded(1, 10, "a"));
    book.end(&lamp, 2, Timestamp::from_secs(20));
    book.end(&lamp, 3, Timestamp::from_secs(25));
    check(&book, "light.lamp", 0, ":a");
    check(&book, "light.lamp", 15, "a:");
    check(&book, "light.lamp", 20, "a:");
    check(&book, "light.lamp", 21, ":");
    book.put(&lamp, recorded(4, 30, "b"));
    check(&book, "light.lamp", 21, ":b");
    // What never had a state does not end.
    book.end(&id("light.none"), 5, Timestamp::from_secs(40));
    assert_eq!(book.n_states(), 3);
}

#[test]
fn attributes_alone_are_significant_where_graphs_are_made_of_them() {
    let significant = Period { significant_only: true, ..from(0) };
    for (entity_id, expected) in [
        ("light.lamp", ":a"),
        ("sensor.x", ":a"),
        ("climate.x", ":a a"),
        ("humidifier.x", ":a a"),
        ("water_heater.x", ":a a"),
        ("thermostat.x", ":a a"),
        ("device_tracker.x", ":a a"),
    ] {
        let mut book = Book::new(wide());
        book.put(&id(entity_id), recorded(1, 10, "a"));
        book.put(&id(entity_id), touched(2, 20, "a", 10));
        assert_eq!(found(&book, entity_id, &significant), expected, "{entity_id}");
        check(&book, entity_id, 0, ":a a");
    }
}

#[test]
fn what_an_entity_has_now_does_not_age() {
    let mut book = Book::new(wide());
    let (lamp, door) = (id("light.lamp"), id("lock.door"));
    book.put(&lamp, recorded(1, 0, "a"));
    book.put(&door, recorded(2, 0, "locked"));
    book.put(&lamp, recorded(3, 500, "b"));
    book.age(Timestamp::from_secs(1500));
    check(&book, "light.lamp", 0, ":a b");
    // It was over a thousand seconds ago, to the second.
    book.age(Timestamp::from_secs(1501));
    check(&book, "light.lamp", 0, ":b");
    check(&book, "lock.door", 600, "locked:");
    book.end(&door, 4, Timestamp::from_secs(1600));
    book.age(Timestamp::from_secs(2600));
    check(&book, "lock.door", 0, ":locked");
    book.age(Timestamp::from_secs(2601));
    check(&book, "lock.door", 0, ":");
    assert_eq!((book.n_states(), book.entities().count()), (1, 1));
}

#[test]
fn one_entity_has_so_many_states() {
    let mut book = Book::new(Limits { states_of_one: 3, ..wide() });
    book.put(&id("light.quiet"), recorded(1, 0, "q"));
    for n in 2..10 {
        book.put(&id("light.lamp"), recorded(n, 10, &n.to_string()));
    }
    check(&book, "light.lamp", 0, ":7 8 9");
    check(&book, "light.quiet", 0, ":q");
}

#[test]
fn beyond_the_limit_the_oldest_go_whatever_they_are_of() {
    let mut book = Book::new(Limits { states: 4, ..wide() });
    let (a, b) = (id("light.a"), id("light.b"));
    book.put(&a, recorded(1, 0, "1"));
    book.put(&b, recorded(2, 0, "2"));
    book.put(&a, recorded(3, 1, "3"));
    book.put(&b, recorded(4, 2, "4"));
    check(&book, "light.a", 0, ":1 3");
    book.put(&b, recorded(5, 3, "5"));
    check(&book, "light.a", 0, ":3");
    check(&book, "light.b", 0, ":2 4 5");
    book.put(&a, recorded(6, 4, "6"));
    check(&book, "light.a", 0, ":3 6");
    check(&book, "light.b", 0, ":4 5");
    assert_eq!(book.n_states(), 4);
}

#[test]
fn where_nothing_has_changed_those_go_that_came_first() {
    let mut book = Book::new(Limits { states: 32, ..wide() });
    for n in 0..33 {
        book.put(&id(&format!("light.n{n}")), recorded(n + 1, 0, "on"));
    }
    check(&book, "light.n0", 0, ":");
    check(&book, "light.n32", 0, ":on");
    assert!(book.n_states() <= 32 && book.n_states() >= 28, "{}", book.n_states());
}

#[test]
fn bytes_are_counted_once_where_attributes_are_shared() {
    let large = json!({"text": "x".repeat(10_000)});
    let mut book = Book::new(Limits { bytes: 60_000, ..wide() });
    let lamp = id("light.lamp");
    // As equal as they are, they came as different allocations.
    for n in 1..50 {
        book.put(&lamp, with(n, n as i64, &n.to_string(), large.clone()));
    }
    assert_eq!(book.stretch("light.lamp", &from(0)).len(), 49);
    let before = book.bytes();
    book.age(Timestamp::from_secs(1040));
    assert!(book.bytes() > 10_000 && book.bytes() < before, "{} after {before}", book.bytes());
    // Others are counted each.
    for n in 50..100 {
        book.put(&lamp, with(n, n as i64, "on", json!({"text": "x".repeat(10_000), "n": n})));
    }
    let n = book.stretch("light.lamp", &from(0)).len();
    assert!((4..=5).contains(&n) && book.bytes() <= 60_000, "{n}");
    // What is larger than everything leaves nothing.
    book.put(&lamp, with(100, 100, "on", json!({"text": "x".repeat(70_000)})));
    assert_eq!((book.n_states(), book.bytes()), (0, 0));
}

#[test]
fn an_id_that_stands_for_something_else_has_no_past() {
    let mut book = Book::new(wide());
    let lamp = id("light.lamp");
    for n in 1..4 {
        book.put(&lamp, recorded(n, n as i64, "old"));
    }
    assert!(book.is_of_present("light.lamp", 1));
    book.forget(&lamp, 5);
    check(&book, "light.lamp", 0, ":");
    assert_eq!((book.n_states(), book.bytes()), (0, 0));
    assert!(!book.is_of_present("light.lamp", 5) && book.is_of_present("light.lamp", 6));
    assert!(book.is_of_present("light.other", 1));
    book.put(&lamp, recorded(6, 10, "new"));
    book.put(&lamp, recorded(7, 11, "newer"));
    check(&book, "light.lamp", 0, ":new newer");
    // Nothing of the old order is left to take the new one's states away.
    book.age(Timestamp::from_secs(1010));
    check(&book, "light.lamp", 0, ":new newer");
}

#[test]
fn ids_that_are_not_listed_any_more_are_on_the_safe_side() {
    let mut book = Book::new(wide());
    for n in 0..=crate::births::MAX_BIRTHS as u64 {
        book.forget(&id(&format!("light.n{n}")), n + 10);
    }
    assert!(!book.is_of_present("light.other", 10) && book.is_of_present("light.other", 11));
    assert!(!book.is_of_present("light.n5", 15) && book.is_of_present("light.n5", 16));
}

#[test]
fn lines_are_changes_of_what_does_not_measure() {
    let mut book = Book::new(wide());
    let put = |book: &mut Book, entity_id: &str, state: Recorded| book.put(&id(entity_id), state);
    put(&mut book, "light.lamp", Recorded { was_other: false, ..recorded(1, 1, "new") });
    put(&mut book, "light.lamp", recorded(2, 2, "on"));
    put(&mut book, "light.lamp", touched(3, 3, "on", 2));
    put(&mut book, "sensor.warm", with(4, 4, "21", json!({"unit_of_measurement": "°C"})));
    put(&mut book, "sensor.count", with(5, 5, "7", json!({"state_class": "total"})));
    put(&mut book, "sensor.mood", recorded(6, 6, "fine"));
    put(&mut book, "counter.x", recorded(7, 7, "1"));
    put(&mut book, "lock.door", recorded(8, 8, "locked"));
    book.end(&id("lock.door"), 9, Timestamp::from_secs(9));
    let lines = |wanted: fn(&EntityId) -> bool, most: usize, context: Option<u64>| -> Vec<String> {
        let context = context.map(|n| ContextId::from_parts(0, u128::from(n)));
        let lines = book.lines(wanted, &from(0), context, most).into_iter();
        lines.map(|(id, state)| format!("{id}={}", state.state)).collect()
    };
    assert_eq!(lines(|_| true, 9, None), ["light.lamp=on", "sensor.mood=fine", "lock.door=locked"]);
    assert_eq!(lines(|id| id.domain() == "lock", 9, None), ["lock.door=locked"]);
    assert_eq!(lines(|_| true, 2, None), ["sensor.mood=fine", "lock.door=locked"]);
    assert_eq!(lines(|_| true, 9, Some(6)), ["sensor.mood=fine"]);
}

#[test]
fn calls_are_remembered_for_a_while() {
    let mut book = Book::new(wide());
    let context = |n: usize| ContextId::from_parts(0, n as u128);
    let called = |n: usize| Called { domain: "light".into(), service: format!("turn_{n}") };
    book.called(context(0), called(0));
    book.called(context(0), called(1));
    assert_eq!(book.call_of(context(0)).as_deref(), Some(&called(0)));
    for n in 1..=crate::calls::MAX_CALLS {
        book.called(context(n), called(n));
    }
    assert_eq!((book.call_of(context(0)), book.call_of(context(1)).as_deref()), (None, Some(&called(1))));
}

#[test]
fn of_several_entities_the_newest_are_kept() {
    let stretch = |numbers: &[u64]| Stretch {
        before: Some(Arc::new(recorded(0, 0, "before"))),
        states: numbers.iter().map(|n| Arc::new(recorded(*n, 0, &n.to_string()))).collect(),
    };
    let check = |most: usize, expected: &[&[u64]]| {
        let mut stretches = [(id("a.a"), stretch(&[1, 4, 6])), (id("b.b"), stretch(&[2, 3, 5]))];
        keep_newest(&mut stretches, most, 1 << 20, |_| true);
        let kept: Vec<Vec<u64>> =
            stretches.iter().map(|(_, s)| s.states.iter().map(|state| state.number).collect()).collect();
        assert_eq!(kept, expected);
        // What was before something that is left out says nothing.
        assert!(stretches.iter().all(|(_, s)| s.before.is_some() == (s.states.len() == 3)));
    };
    check(6, &[&[1, 4, 6], &[2, 3, 5]]);
    check(5, &[&[4, 6], &[2, 3, 5]]);
    check(2, &[&[6], &[5]]);
    check(0, &[&[], &[]]);
}

#[test]
fn what_the_book_holds_once_an_answer_repeats() {
    let mut book = Book::new(wide());
    let lamp = id("light.lamp");
    for n in 1..=20 {
        book.put(&lamp, with(n, n as i64, "on", json!({"text": "x".repeat(10_000)})));
    }
    let kept = |bytes: usize, with_attributes: bool| {
        let mut found = [(lamp.clone(), book.stretch("light.lamp", &from(5)))];
        keep_newest(&mut found, 1000, bytes, |_| with_attributes);
        let [(_, stretch)] = found;
        (stretch.states.len(), stretch.states.last().map(|state| state.number), stretch.before.is_some())
    };
    assert!(book.bytes() < 30_000);
    assert_eq!(kept(1 << 20, true), (16, Some(20), true));
    assert_eq!(kept(100_000, true), (9, Some(20), false));
    assert_eq!(kept(100_000, false), (16, Some(20), true));
    assert_eq!(kept(5_000, true), (0, None, false));
}

/// What happens to a book.
#[derive(Clone, Debug)]
enum Step {
    Put { entity: u8, secs: i64, state: u8, only_attributes: bool, attributes: u8 },
    End { entity: u8, secs: i64 },
    Forget { entity: u8 },
    Age { secs: i64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let entity = 0..6_u8;
    // Mostly forwards, now and then backwards: clocks are set.
    let secs = -3..20_i64;
    let put = (entity.clone(), secs.clone(), any::<u8>(), any::<bool>(), 0..4_u8).prop_map(
        |(entity, secs, state, only_attributes, attributes)| Step::Put {
            entity,
            secs,
            state,
            only_attributes,
            attributes,
        },
    );
    let one = prop_oneof![
        12 => put,
        2 => (entity.clone(), secs.clone()).prop_map(|(entity, secs)| Step::End { entity, secs }),
        1 => entity.prop_map(|entity| Step::Forget { entity }),
        1 => secs.prop_map(|secs| Step::Age { secs }),
    ];
    prop::collection::vec(one, 0..120)
}

const DOMAINS: [&str; 3] = ["light", "climate", "sensor"];

fn name(entity: u8) -> EntityId {
    id(&format!("{}.e{entity}", DOMAINS[usize::from(entity) % DOMAINS.len()]))
}

/// Everything that ever was, by entity: none where it was removed.
type Everything = BTreeMap<EntityId, Vec<(Timestamp, Option<Recorded>)>>;

/// Takes the steps in a book; returns what it would hold without limits.
fn take(book: &mut Book, steps: &[Step], mut after_each: impl FnMut(&Book, &Everything)) -> Everything {
    let mut all = Everything::new();
    let mut clock = 1000;
    for (n, step) in steps.iter().enumerate() {
        let number = n as u64 + 1;
        match step {
            Step::Put { entity, secs, state, only_attributes, attributes } => {
                clock += secs;
                let entity_id = name(*entity);
                let attributes = json!({"n": attributes, "text": "x".repeat(usize::from(*attributes) * 50)});
                let mut recorded = with(number, clock, &state.to_string(), attributes);
                if *only_attributes {
                    recorded.last_changed = Timestamp::from_secs(0);
                }
                all.entry(entity_id.clone()).or_default().push((recorded.last_updated, Some(recorded.clone())));
                book.put(&entity_id, recorded);
            }
            Step::End { entity, secs } => {
                clock += secs;
                let (entity_id, at) = (name(*entity), Timestamp::from_secs(clock));
                if let Some(past) = all.get_mut(&entity_id).filter(|past| past.last().is_some_and(|l| l.1.is_some())) {
                    past.push((at, None));
                }
                book.end(&entity_id, number, at);
            }
            Step::Forget { entity } => {
                all.remove(&name(*entity));
                book.forget(&name(*entity), number);
            }
            Step::Age { secs } => {
                clock += secs;
                book.age(Timestamp::from_secs(clock));
            }
        }
        after_each(book, &all);
    }
    all
}

/// Counts anew what a book holds.
fn counted(book: &Book) -> (usize, usize) {
    let rows = book.pasts.values().map(|past| past.rows.len()).sum();
    (rows, book.pasts.values().map(|past| past.bytes() + ENTITY_BYTES).sum())
}

proptest! {
    #[test]
    fn limits_hold_after_every_step(
        steps in steps(),
        secs in 0..60_i64,
        states_of_one in 1..8_usize,
        states in 1..20_usize,
        bytes in 0..20_000_usize,
    ) {
        let limits = Limits { secs, states_of_one, states, bytes };
        let mut book = Book::new(limits);
        take(&mut book, &steps, |book, all| {
            assert_eq!((book.n_states(), book.bytes()), counted(book));
            assert!(book.n_states() <= states && book.bytes() <= bytes);
            assert!(book.pasts.values().all(|past| (1..=states_of_one).contains(&past.rows.len())));
            assert!(book.ended.len() <= 2 * book.n_states() + 65);
            // What there is is the end of what there was, and nothing of what was forgotten.
            for (entity_id, past) in &book.pasts {
                let was = &all[entity_id];
                let kept: Vec<_> = past.rows.iter().map(|row| (row.at, row.state.as_deref().cloned())).collect();
                assert_eq!(&was[was.len() - kept.len()..], kept);
            }
        });
    }

    #[test]
    fn what_is_found_is_what_there_was(
        steps in steps(),
        start in 900..2000_i64,
        length in prop::option::of(0..500_i64),
        with_start: bool,
        significant_only: bool,
        after in prop_oneof![Just(0_u64), 0..100_u64],
    ) {
        let mut book = Book::new(Limits { secs: 1 << 40, states_of_one: 1000, states: 10_000, bytes: 1 << 30 });
        let all = take(&mut book, &steps, |_, _| {});
        let start = Timestamp::from_secs(start);
        let end = length.map(|length| start.plus_secs(length));
        let period = Period { start, end, with_start: with_start && after == 0, significant_only, after };
        for entity in 0..6 {
            let entity_id = name(entity);
            let was = all.get(&entity_id).cloned().unwrap_or_default();
            let before = was.iter().rfind(|(at, _)| *at < start).and_then(|(_, state)| state.clone());
            let states = was.into_iter().filter_map(|(at, state)| Some((at, state?))).filter(|(at, state)| {
                *at >= start
                    && end.is_none_or(|end| *at < end)
                    && state.number > after
                    && (!significant_only || state.last_changed == state.last_updated || entity_id.domain() == "climate")
            });
            let found = book.stretch(entity_id.as_str(), &period);
            let found_states: Vec<_> = found.states.iter().map(|state| (**state).clone()).collect();
            assert_eq!(found_states, states.map(|(_, state)| state).collect::<Vec<_>>());
            let wanted = before.filter(|_| period.with_start);
            assert_eq!(found.before.as_deref().cloned(), wanted);
        }
    }
}

#[test]
fn a_state_costs_at_least_what_it_takes() {
    let attributes: Map<String, Value> = (0..10).map(|n| (format!("name_{n}"), json!("value"))).collect();
    // Each member is a key, a value, a hash and a place in the table, and two texts.
    assert!(crate::limits::bytes_of(&attributes) >= 10 * (size_of::<(String, Value, u64, usize)>() + 6 + 5));
}
