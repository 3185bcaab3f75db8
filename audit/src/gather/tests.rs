use serde_json::json;

use super::*;

fn denied(at: i64, on: &str) -> Record {
    Record::new(Timestamp::from_secs(at), "call_service", Outcome::Denied, Actor::Nobody).on(on)
}

#[test]
fn like_records_are_one() {
    let mut gatherer = Gatherer::default();
    assert!(gatherer.is_empty());
    assert!(gatherer.add(Trail::Access, denied(1, "lock.front")));
    assert!(gatherer.add(Trail::Access, denied(2, "light.hall")));
    assert!(!gatherer.add(Trail::Access, denied(3, "lock.front").with(json!({"x": 1}))));
    assert!(!gatherer.add(Trail::Access, denied(4, "lock.front")));
    assert!(gatherer.add(Trail::Control, denied(5, "lock.front")), "another trail");
    let taken = gatherer.take();
    assert!(gatherer.is_empty());
    let shown: Vec<_> = taken.iter().map(|(trail, r)| (*trail, r.on.as_deref().unwrap(), r.count, r.last_at)).collect();
    let last = Some(Timestamp::from_secs(4));
    assert_eq!(
        shown,
        [
            (Trail::Access, "lock.front", 3, last),
            (Trail::Access, "light.hall", 1, None),
            (Trail::Control, "lock.front", 1, None)
        ]
    );
    assert_eq!(taken[0].1.at, Timestamp::from_secs(1));
}

#[test]
fn what_differs_in_anything_that_matters_stays_apart() {
    let mut gatherer = Gatherer::default();
    let plain = denied(1, "x");
    let variants = [
        plain.clone(),
        Record { action: "y".into(), ..plain.clone() },
        Record { outcome: Outcome::Failed, ..plain.clone() },
        Record { by: Actor::System { role: "r".into() }, ..plain.clone() },
        Record { asked_by: Some("u".into()), ..plain.clone() },
        Record { from: Some(IpAddr::from([1, 2, 3, 4])), ..plain.clone() },
        Record { on: None, ..plain.clone() },
        Record { reason: Some("r".into()), ..plain },
    ];
    for variant in &variants {
        assert!(gatherer.add(Trail::Access, variant.clone()), "{variant:?}");
    }
    assert_eq!(gatherer.take().len(), variants.len());
}

/// A refusal of a user of its own.
fn by_many(n: usize) -> Record {
    let by = Actor::User { id: format!("u{n}").as_str().into(), token: None };
    Record { by, ..denied(n as i64, "x") }
}

#[test]
fn a_flood_is_counted() {
    let mut gatherer = Gatherer::default();
    for n in 0..Gatherer::MAX + 10 {
        gatherer.add(Trail::Access, by_many(n));
    }
    let taken = gatherer.take();
    assert_eq!(taken.len(), Gatherer::MAX + 1);
    let (trail, last) = taken.last().unwrap();
    assert_eq!((*trail, last.action.as_str(), last.count), (Trail::Access, "audit_overflow", 10));
    assert_eq!(last.at, Timestamp::from_secs(Gatherer::MAX as i64));
    assert!(gatherer.is_empty());
}

#[test]
fn what_could_not_be_written_comes_again() {
    let mut gatherer = Gatherer::default();
    gatherer.add(Trail::Access, denied(1, "x"));
    gatherer.add(Trail::Access, denied(1, "x"));
    let taken = gatherer.take();
    gatherer.add(Trail::Access, denied(2, "y"));
    gatherer.add(Trail::Access, denied(3, "x"));
    gatherer.put_back(taken);
    let taken = gatherer.take();
    let shown: Vec<_> = taken.iter().map(|(_, record)| (record.on.as_deref().unwrap(), record.count)).collect();
    assert_eq!(shown, [("x", 3), ("y", 1)]);
    // However long the disk is full.
    gatherer.put_back((0..Gatherer::MAX + 7).map(|n| (Trail::Access, by_many(n))).collect());
    let taken = gatherer.take();
    assert_eq!((taken.len(), taken.last().unwrap().1.count), (Gatherer::MAX + 1, 7));
}

#[test]
fn one_source_pushes_nobody_out() {
    let mut gatherer = Gatherer::default();
    let stranger =
        |n: u16| Record { from: Some(format!("2001:db8::{n:x}").parse().unwrap()), ..denied(1, &n.to_string()) };
    for n in 0..1000 {
        gatherer.add(Trail::Access, stranger(n));
        gatherer.add(Trail::Access, Record { on: Some(n.to_string()), ..by_many(7) });
    }
    gatherer.add(Trail::Access, by_many(8));
    gatherer.add(Trail::Control, by_many(7));
    let taken = gatherer.take();
    let rest: Vec<_> = taken.iter().filter(|(_, record)| record.action == "audit_overflow").collect();
    assert_eq!(taken.len(), 2 * Gatherer::MAX_OF_SOURCE + 2 + 2);
    let left = 1000 - Gatherer::MAX_OF_SOURCE as u32;
    assert_eq!(rest.iter().map(|(_, record)| record.count).collect::<Vec<_>>(), [left, left]);
    assert_eq!(rest[1].1.by, by_many(7).by);
    // Together, nothing is uncounted.
    assert_eq!(taken.iter().map(|(_, record)| record.count).sum::<u32>(), 2002);
    // The next second begins anew.
    assert!(gatherer.is_empty() && gatherer.add(Trail::Access, stranger(1)));
}
