use crate::Policy;

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
            "entities.rooms: no such name here; allowed: entity_ids, device_ids, area_ids, domains, all",
            "entities.domains.light: the number 1 where only `true`, `null` or an object of read, control and edit may stand",
            r#"entities.domains."a.b": an array where only `true`, `null` or an object of read, control and edit may stand"#,
            "entities.all.write: no such name here; allowed: read, control, edit",
            "config_entries: no such name here; allowed: entities",
        ],
    );
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
