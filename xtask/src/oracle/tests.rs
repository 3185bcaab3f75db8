use std::{env, fs, path::PathBuf, process};

use super::*;
use crate::workspace::Workspace;

/// Runs lines from a file of any name in a folder of its own, beside a `registries.jsonl`.
fn tally(test: &str, lines: &[&str]) -> Tally {
    let folder = env::temp_dir().join(format!("xtask-oracle-{test}-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("registries.jsonl"), format!("{HOME}\n")).unwrap();
    let file = folder.join("anything.jsonl");
    fs::write(&file, lines.join("\n")).unwrap();
    let tally = run(&[file]);
    fs::remove_dir_all(&folder).unwrap();
    tally
}

const HOME: &str = r#"{"id":"h","entities":{"light.a":{"device_id":"c","area_id":"own"},"light.b.c":{"device_id":"p"}},"devices":{"c":{"parent_device_id":"p"},"p":{"area_id":"hall"}},"areas":[]}"#;

/// Runs each line alone: `right` must pass, and each of `wrong` fail.
#[track_caller]
fn check(test: &str, beside: &[&str], right: &str, wrong: &[(&str, &str)]) {
    let run = |line: &str| {
        let tally = tally(test, &[beside, &[line]].concat());
        (tally.passed - (beside.len() - tally.failed.saturating_sub(1)), tally.failed)
    };
    assert_eq!(run(right), (1, 0), "{right}");
    for (from, to) in wrong {
        let line = right.replace(from, to);
        assert_ne!(line, right, "{from}");
        assert_eq!(run(&line).1, 1, "{line}");
    }
}

#[test]
fn verdicts_and_errors_are_compared() {
    check(
        "accept",
        &[],
        r#"{"id":"1","policy":{"entities":null},"docs":true,"errors":[["value",["entities"]]],"docs_errors":[]}"#,
        &[("true", "false"), ("null", "1")],
    );
    check(
        "reject",
        &[],
        r#"{"id":"1","policy":{"rooms":true,"entities":{"all":false}},"docs":false,"errors":[["value",["entities","all"]],["key",["rooms"]]]}"#,
        &[
            (r#""key""#, r#""value""#),
            (r#","all"]"#, "]"),
            (r#"],["key",["rooms"]]"#, "]"),
            (r#"]]}"#, r#"]],"errors_total":3}"#),
        ],
    );
    check(
        "cut",
        &[],
        r#"{"id":"1","policy":{"a":1,"b":1},"docs":false,"errors":[["key",["b"]]],"errors_total":2}"#,
        &[(r#"["b"]"#, r#"["c"]"#), ("2", "3")],
    );
    check(
        "text",
        &[],
        r#"{"id":"1","text":"{\"entities\":true,\"entities\":true}","parses":true,"depth":1,"duplicate_keys":true,"docs":true,"errors":[]}"#,
        &[(r#"keys":true"#, r#"keys":false"#)],
    );
}

#[test]
fn merges_are_compared() {
    let line = r#"{"id":"1","class":"null","policies":[{},{"entities":{"all":{"read":true}}},{"entities":null}],"merged":{"entities":{"all":{"read":true}}}}"#;
    check(
        "merge",
        &[],
        line,
        &[
            (r#""merged":{"entities":{"all":{"read":true}}}"#, r#""merged":{}"#),
            (r#"[{},"#, r#"[{"entities":true},"#),
            ("null}", "false}"),
        ],
    );
    let line = r#"{"id":"1","class":"generic","policies":[{},{"rooms":true}],"merged":{"rooms":true}}"#;
    check("generic", &[], line, &[("{\"rooms\":true}]", "{}]")]);
    let line = r#"{"id":"1","policies":[{},{"entities":1}],"all_valid":false,"error":"AssertionError"}"#;
    check("unvalidated", &[], line, &[("1}]", "true}]")]);
}

#[test]
fn checks_are_compared() {
    // The child device is in its parent's area; the entity's own area counts for nothing; `fly` is refused.
    let line = r#"{"id":"1","class":"valid","registry":"h","policy":{"entities":{"area_ids":{"hall":{"read":true}}}},"queries":[["light.a","read"],["light.a","edit"],["light.b.c","read"],["light","read"],["light.a","fly"]],"expect":[true,false,true,false,true],"access_all":{"read":false}}"#;
    check(
        "check",
        &[],
        line,
        &[
            ("[true,false,true,false", "[false,false,true,false"),
            ("[true,false,true,false", "[true,false,false,false"),
            ("{\"read\":false}", "{\"read\":true}"),
            ("hall", "own"),
            ("\"h\"", "\"elsewhere\""),
            (",\"expect\":[true", ",\"expect\":[true,true"),
        ],
    );
    let line = r#"{"id":"1","docs_valid":false,"registry":"h","policy":{"entities":false},"queries":[],"expect":[],"access_all":{}}"#;
    check("check-unvalidated", &[], line, &[("false}", "true}")]);
}

#[test]
fn users_and_filters_are_compared() {
    let user = r#"{"id":"u","registry":"h","user":{"is_owner":false,"is_active":false,"group_ids":["a","system-admin"]},"groups":{"a":{},"system-admin":{"entities":true}},"is_admin":false,"merged":{"entities":true},"queries":[["light.a","edit"]],"expect":[true],"access_all":{"edit":true}}"#;
    check(
        "user",
        &[],
        user,
        &[
            ("\"is_active\":false", "\"is_active\":true"),
            ("\"system-admin\":{\"entities\":true}", "\"system-admin\":{}"),
            ("\"merged\":{\"entities\":true}", "\"merged\":{}"),
            ("[true]", "[false]"),
            ("{\"edit\":true}", "{\"edit\":false}"),
            ("\"group_ids\":[\"a\"", "\"group_ids\":[\"b\""),
        ],
    );
    let filter = r#"{"id":"f","user_case":"u","key":"read","entity_ids":["light.a","nothing"],"keep":[true,true]}"#;
    check("filter", &[user], filter, &[("[true,true]", "[true,false]"), ("\"u\"", "\"nobody\"")]);
}

#[test]
fn quirks_are_compared() {
    let home = HOME.replace(r#""id":"h""#, r#""id":"registry","kind":"registry""#);
    let beside = &[home.as_str()];
    let check = |right, wrong| check("quirks", beside, right, &[wrong]);
    check(r#"{"id":"1","kind":"validate","input":[],"recommended":"reject"}"#, ("reject", "accept"));
    check(r#"{"id":"1","kind":"merge","input":[{"entities":false}],"recommended":"reject"}"#, ("false", "true"));
    check(
        r#"{"id":"1","kind":"check","input":[{"entities":true},"light.a","read"],"recommended":true}"#,
        (":true}", ":false}"),
    );
    check(r#"{"id":"1","kind":"access_all","input":[{"entities":true},"read"],"recommended":true}"#, ("read", "fly"));
    check(
        r#"{"id":"1","kind":"user","input":{"is_owner":true,"is_active":true,"groups":{"a":{"entities":1}}},"recommended":{"is_admin":true,"read":true}}"#,
        ("\"is_owner\":true", "\"is_owner\":false"),
    );
    check(r#"{"id":"1","kind":"validate","input":{},"recommended":"accept"}"#, ("validate", "guess"));
}

#[test]
fn what_is_not_understood_fails() {
    assert_eq!(tally("odd", &["{", "[]", r#"{"id":"x"}"#, r#"{"id":"x","policy":{}}"#, ""]).failed, 4);
    assert!(!tally("empty", &[]).is_success());
    assert_eq!(run(&[PathBuf::from("/no/such/folder")]).failed, 1);
}

#[test]
fn the_vectors_in_the_repository_pass() {
    let tally = run(&[Workspace::new().root().join("testdata/oracle")]);
    assert!(tally.is_success() && tally.passed > 300, "{tally}");
}
