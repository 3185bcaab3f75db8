use alloc::{format, string::ToString};

use super::*;
use crate::Whereabouts;

fn home() -> AuthSnapshot {
    let mut edit = AuthSnapshot::default().edit();
    let at = |device, area| Whereabouts {
        device_id: Some(device),
        area_id: Some(area),
        floor_id: Some("ground"),
        label_ids: &["guest"],
    };
    edit.place_entity("light.sink", at("d1", "kitchen"));
    edit.place_entity("lock.front", at("d2", "hall"));
    edit.finish()
}

#[track_caller]
fn check(home: &AuthSnapshot, policy: &str, expected: &[&str]) {
    let policy = Policy::parse(policy).unwrap();
    let findings: Vec<_> = home.lint(&policy).iter().map(ToString::to_string).collect();
    assert_eq!(findings, expected, "{policy}");
}

#[test]
fn rules_that_do_something_are_not_odd() {
    check(&home(), r#"{"entities":{"area_ids":{"kitchen":true},"entity_ids":{"lock.front":{"read":true}}}}"#, &[]);
    check(&home(), r#"{"entities":{"all":true,"except":{"domains":{"lock":{"control":true,"edit":true}}}}}"#, &[]);
    check(&home(), r#"{"entities":{"label_ids":{"guest":{"read":true}}}}"#, &[]);
    check(&home(), "{}", &[]);
}

#[test]
fn names_that_nothing_has() {
    check(
        &home(),
        r#"{"entities":{"entity_ids":{"light.snik":true,"vacuum.x":true},"area_ids":{"kitchn":true},"floor_ids":{"upper":true}}}"#,
        &[
            "entities.entity_ids.light.snik: nothing in this home has this name; did you mean `light.sink`?",
            "entities.entity_ids.vacuum.x: nothing in this home has this name",
            "entities.area_ids.kitchn: nothing in this home has this name; did you mean `kitchen`?",
            "entities.floor_ids.upper: nothing in this home has this name",
        ],
    );
}

#[test]
fn what_reads_like_a_limit_and_is_none() {
    check(
        &home(),
        r#"{"entities":{"entity_ids":{"lock.front":{"read":true}},"domains":{"lock":{"read":true,"control":true}}}}"#,
        &[
            "entities.entity_ids.lock.front: limits nothing: other rules give {read, control} here; to take out there is `except`",
        ],
    );
    check(
        &home(),
        r#"{"entities":{"entity_ids":{"lock.front":{}},"all":{"read":true}}}"#,
        &[
            "entities.entity_ids.lock.front: an empty object grants nothing, and takes nothing away: for that there is `except`",
        ],
    );
    check(
        &home(),
        r#"{"entities":{"device_ids":{"d1":{"read":true}},"domains":{"light":{"read":true}}}}"#,
        &[
            "entities.device_ids.d1: grants nothing that other rules here do not grant",
            "entities.domains.light: grants nothing that other rules here do not grant",
        ],
    );
}

#[test]
fn exceptions_that_take_nothing_out() {
    check(
        &home(),
        r#"{"entities":{"domains":{"light":true},"except":{"domains":{"lock":true}}}}"#,
        &["entities.except.domains.lock: takes nothing out of what this policy grants here"],
    );
    // One part grants what the other takes out, so the other's exception has no effect.
    check(
        &home(),
        r#"{"entities":{"entity_ids":{"lock.front":true},"any_of":[{"all":true,"except":{"domains":{"lock":true}}}]}}"#,
        &["entities.any_of.0.except.domains.lock: takes nothing out of what this policy grants here"],
    );
}

#[test]
fn what_is_wider_than_it_reads() {
    let wide = "`true` here gives every permission on every entity there is or will be";
    check(&home(), r#"{"entities":true}"#, &[&format!("entities: {wide}")]);
    check(&home(), r#"{"entities":{"domains":true}}"#, &[&format!("entities.domains: {wide}")]);
}

#[test]
fn without_a_home_only_what_is_odd_everywhere() {
    let nowhere = AuthSnapshot::default();
    check(
        &nowhere,
        r#"{"entities":{"entity_ids":{"light.snik":true},"domains":{"lock":{}}}}"#,
        &["entities.domains.lock: an empty object grants nothing, and takes nothing away: for that there is `except`"],
    );
}

#[test]
fn a_policy_that_would_take_too_long_is_said_to() {
    let names: alloc::vec::Vec<_> = (0..3_000).map(|n| format!(r#""light.l{n}":true"#)).collect();
    let policy = Policy::parse(&format!(r#"{{"entities":{{"entity_ids":{{{}}}}}}}"#, names.join(","))).unwrap();
    let findings = home().lint(&policy);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].wrong, Wrong::TooMuch);
}

/// Many rules in a home of many entities are within reach, and of many wrong names the first hundred get advice.
#[test]
fn advice_is_given_for_a_hundred_names() {
    let mut edit = home().edit();
    (0..500).for_each(|n| edit.place_entity(&format!("sensor.number_{n}"), Whereabouts::default()));
    let home = edit.finish();
    let names: alloc::vec::Vec<_> = (100..=MAX_MEANT + 100).map(|n| format!(r#""sensor.numbr_{n}":true"#)).collect();
    let policy = Policy::parse(&format!(r#"{{"entities":{{"entity_ids":{{{}}}}}}}"#, names.join(","))).unwrap();
    let findings = home.lint(&policy);
    let meant = |n: usize| (n < MAX_MEANT).then(|| format!("sensor.number_{}", n + 100));
    let expected: alloc::vec::Vec<_> = (0..=MAX_MEANT).map(|n| Wrong::UnknownName { meant: meant(n) }).collect();
    assert_eq!(findings.into_iter().map(|finding| finding.wrong).collect::<alloc::vec::Vec<_>>(), expected);
}
