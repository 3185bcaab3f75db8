use std::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use crate::{Dialect, Policy, PolicyErrors};

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let errors = match Policy::parse(text) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(errors, expected, "{text}");
}

#[test]
fn empty_objects_pass_at_every_level() {
    for text in ["{}", r#"{"entities":{}}"#, r#"{"entities":{"domains":{}}}"#, r#"{"entities":{"all":{}}}"#] {
        check(text, &[]);
    }
}

#[test]
fn null_may_stand_for_true_below_the_root() {
    check(r#"{"entities":null}"#, &[]);
    check(r#"{"entities":{"domains":null,"all":{"read":null}}}"#, &[]);
    check("null", &["policy: null where only an object may stand"]);
}

#[test]
fn false_is_refused_at_every_level() {
    let hint = "`true`, `null` or an object";
    check(
        r#"{"entities":false}"#,
        &[&format!("entities: `false` cannot be granted or denied; leave it out, or write {hint}")],
    );
    check(
        r#"{"entities":{"all":{"read":false}}}"#,
        &["entities.all.read: `false` cannot be granted or denied; leave it out, or write `true` or `null`"],
    );
}

#[test]
fn every_error_is_reported_in_document_order() {
    check(
        r#"{"entities":{"rooms":{},"domains":{"light":1,"a.b":[]},"all":{"write":true}},"config_entries":null}"#,
        &[
            "entities.rooms: no such name here; allowed: entity_ids, device_ids, area_ids, label_ids, floor_ids, domains, all, except, any_of",
            "entities.domains.light: the number 1 where only `true`, `null` or an object of read, control and edit may stand",
            r#"entities.domains."a.b": an array where only `true`, `null` or an object of read, control and edit may stand"#,
            "entities.all.write: no such name here; allowed: read, control, edit",
            "config_entries: no such name here; allowed: entities",
        ],
    );
}

#[test]
fn mistakes_are_printed_one_a_line() {
    let errors = Policy::parse(r#"{"entities":{"all":1,"domains":2}}"#).unwrap_err();
    let text = errors.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with("entities.all: ") && lines[1].starts_with("entities.domains: "), "{text}");
}

#[test]
fn a_name_given_twice_is_refused() {
    check(
        r#"{"entities":{"domains":{"light":true,"light":{"read":true}}}}"#,
        &["entities.domains.light: named more than once; keep one of them"],
    );
}

#[test]
fn broken_text_names_line_and_column() {
    check("{\"entities\":\n tru}", &["policy: not JSON at line 2 column 5: expected ident"]);
    let deep = "[".repeat(200);
    check(&deep, &["policy: not JSON at line 1 column 128: recursion limit exceeded"]);
}

#[test]
fn exceptions_stand_beside_what_they_are_taken_from() {
    check(
        r#"{"entities":{"all":true,"except":{"domains":{"lock":true},"label_ids":{"private":{"control":true}}}}}"#,
        &[],
    );
    check(r#"{"entities":{"all":true,"except":null,"any_of":null}}"#, &[]);
    check(
        r#"{"entities":{"except":{"domains":{"lock":false},"except":{}}}}"#,
        &[
            "entities.except.domains.lock: `false` cannot be granted or denied; leave it out, or write `true`, `null` \
             or an object of read, control and edit",
            "entities.except.except: no such name here; allowed: entity_ids, device_ids, area_ids, label_ids, \
             floor_ids, domains, all",
        ],
    );
    check(r#"{"entities":{"except":true}}"#, &["entities.except: true where only `null` or an object may stand"]);
    check(
        r#"{"entities":{"any_of":[{"all":true},1,{"any_of":[]}]}}"#,
        &[
            "entities.any_of.1: the number 1 where only an object may stand",
            "entities.any_of.2.any_of: no such name here; allowed: entity_ids, device_ids, area_ids, label_ids, \
             floor_ids, domains, all, except",
        ],
    );
}

#[test]
fn parts_with_the_same_exceptions_are_one() {
    let print = |text: &str| Policy::parse(text).unwrap().to_string();
    assert_eq!(
        print(
            r#"{"entities":{"any_of":[{"domains":{"a":true},"except":{"all":true}},{"domains":{"b":true},"except":{"all":true}}]}}"#
        ),
        r#"{"entities":{"domains":{"a":true,"b":true},"except":{"all":true}}}"#
    );
    // What has no exceptions is added up, and exceptions that take out nothing are none.
    assert_eq!(
        print(r#"{"entities":{"domains":{"a":true},"any_of":[{"domains":{"b":true},"except":{"all":{}}}]}}"#),
        r#"{"entities":{"domains":{"a":true,"b":true}}}"#
    );
    assert_eq!(
        print(r#"{"entities":{"domains":{"a":true},"any_of":[{"all":true,"except":{"all":{"edit":true}}}]}}"#),
        r#"{"entities":{"domains":{"a":true},"any_of":[{"all":true,"except":{"all":{"edit":true}}}]}}"#
    );
}

#[test]
fn a_whole_subcategory_swallows_no_name_that_stands_against_an_exception() {
    let part = |grants: &str| {
        Policy::parse(&format!(r#"{{"entities":{{{grants},"except":{{"device_ids":{{"d":true}}}}}}}}"#)).unwrap()
    };
    let both = crate::merge([&part(r#""entity_ids":true"#), &part(r#""entity_ids":{"light.a":true}"#)]);
    assert_eq!(
        both.to_string(),
        r#"{"entities":{"entity_ids":{"light.a":true},"all":true,"except":{"device_ids":{"d":true}}}}"#
    );
}

#[test]
fn home_assistants_dialect_has_its_names_only() {
    for (text, words) in [
        (r#"{"entities":{"label_ids":{"x":true}}}"#, "no label_ids"),
        (r#"{"entities":{"all":true,"except":{"domains":{"lock":true}}}}"#, "no except"),
        (r#"{"entities":{"floor_ids":{"x":true},"except":{"all":true}}}"#, "no except, no floor_ids"),
    ] {
        assert!(Policy::parse_as(Dialect::HomeAssistant, text).is_err(), "{text}");
        let refused = Policy::parse(text).unwrap().to_home_assistant().unwrap_err();
        assert_eq!(refused.to_string(), format!("Home Assistant's policies have {words}"));
    }
    let errors = Policy::parse_as(Dialect::HomeAssistant, r#"{"entities":{"any_of":[]}}"#).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "entities.any_of: no such name here; allowed: entity_ids, device_ids, area_ids, domains, all"
    );
    let plain = Policy::parse(r#"{"entities":{"all":{"read":true}}}"#).unwrap();
    assert_eq!(plain.to_home_assistant().unwrap().to_string(), plain.to_string());
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let long = " ".repeat(Policy::MAX_TEXT + 1);
    let refused = Policy::parse(&long).unwrap_err().to_string();
    assert_eq!(refused, "policy: 4194305 bytes, where at most 4194304 are read");
    // One byte less is read, and found to be nothing.
    let refused = Policy::parse(&" ".repeat(Policy::MAX_TEXT)).unwrap_err().to_string();
    assert!(refused.starts_with("policy: not JSON"), "{refused}");
    // A hundred thousand rules are read.
    let rules: Vec<String> = (0..100_000).map(|n| format!(r#""light.{n}":{{"read":true}}"#)).collect();
    assert!(Policy::parse(&format!(r#"{{"entities":{{"entity_ids":{{{}}}}}}}"#, rules.join(","))).is_ok());
    let deep = format!("{}1{}", r#"{"entities":"#.repeat(10_000), "}".repeat(10_000));
    let refused = Policy::parse(&deep).unwrap_err().to_string();
    assert_eq!(refused, "policy: not JSON at line 1 column 1525: recursion limit exceeded");
    // Mistakes beyond a thousand are counted.
    let rules: Vec<String> = (0..5_000).map(|n| format!(r#""light.{n}":1"#)).collect();
    let errors = Policy::parse(&format!(r#"{{"entities":{{"entity_ids":{{{}}}}}}}"#, rules.join(","))).unwrap_err();
    assert_eq!((errors.iter().count(), errors.len()), (PolicyErrors::MAX, 5_000));
    assert!(errors.to_string().ends_with("\nand 4000 more"));
    let exactly: Vec<String> = (0..PolicyErrors::MAX).map(|n| format!(r#""light.{n}":1"#)).collect();
    let errors = Policy::parse(&format!(r#"{{"entities":{{"entity_ids":{{{}}}}}}}"#, exactly.join(","))).unwrap_err();
    assert!(!errors.to_string().contains("more"), "all of them are listed");
}

#[test]
fn many_mistakes_under_a_long_name_take_no_memory() {
    let mistakes: Vec<String> = (0..999).map(|n| format!(r#""b{n}":1"#)).collect();
    let text = format!(r#"{{"entities":{{"domains":{{"{}":{{{}}}}}}}}}"#, "x".repeat(100_000), mistakes.join(","));
    let errors = Policy::parse(&text).unwrap_err();
    assert_eq!(errors.len(), 999);
    assert!(errors.iter().count() < 20, "{}", errors.iter().count());
}

#[test]
fn mistakes_under_paths_of_a_megabyte_are_only_counted() {
    // The path is `entities`, `domains` and the name: exactly as long as may be, so that the next has no room.
    let name = "x".repeat((1 << 20) - "entities".len() - "domains".len());
    let errors = Policy::parse(&format!(r#"{{"entities":{{"domains":{{"{name}":1,"y":1}}}}}}"#)).unwrap_err();
    assert_eq!((errors.iter().count(), errors.len()), (1, 2));
}

#[test]
fn parts_have_a_bound() {
    let parts = |n: usize| {
        let part = |n| format!(r#"{{"all":true,"except":{{"domains":{{"d{n}":true}}}}}}"#);
        let parts: Vec<String> = (0..n).map(part).collect();
        Policy::parse(&format!(r#"{{"entities":{{"any_of":[{}]}}}}"#, parts.join(",")))
    };
    assert!(parts(Policy::MAX_PARTS).is_ok());
    let refused = parts(Policy::MAX_PARTS + 1).unwrap_err().to_string();
    assert_eq!(refused, "entities: 257 parts with exceptions, where at most 256 may be");
}
