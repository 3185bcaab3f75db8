use serde_json::{Value, json};

#[track_caller]
fn check(text: &str, expected: Value) {
    assert_eq!(super::parse(text), expected, "{text:?}");
}

#[test]
fn numbers() {
    check("1", json!(1));
    check("-3", json!(-3));
    check("+1", json!(1));
    check("0", json!(0));
    check("5.", json!(5.0));
    check(".5", json!(0.5));
    check("21.50", json!(21.5));
    check("0.0", json!(0.0));
    check("18446744073709551615", json!(u64::MAX));
    check("340282366920938463463374607431768211456", json!("340282366920938463463374607431768211456"));
}

#[test]
fn not_quite_numbers() {
    for text in
        ["05", "00", "1e5", "1E5", "1_000", "0x10", "--1", "1 2", "1.2.3", ".", "-", "+", "", "1j", "nan", "inf"]
    {
        check(text, json!(text));
    }
}

#[test]
fn words_and_text() {
    check("True", json!(true));
    check("False", json!(false));
    check("None", json!(null));
    check("true", json!("true"));
    check("Truely", json!("Truely"));
    check("'quoted'", json!("'quoted'"));
    check("'a' 'b'", json!("'a' 'b'"));
    check("on", json!("on"));
    check("True False", json!("True False"));
    check("2026-11-22", json!("2026-11-22"));
    check("12:30", json!("12:30"));
    check("set", json!("set"));
    check("...", json!("..."));
}

#[test]
fn containers() {
    check("[]", json!([]));
    check("[1, 'a', None, True, 1e5]", json!([1, "a", null, true, 1e5]));
    check("[1,]", json!([1]));
    check("[,]", json!("[,]"));
    check("[1 2]", json!("[1 2]"));
    check("(1, 2)", json!([1, 2]));
    check("(1,)", json!([1]));
    check("(1)", json!("(1)"));
    check("()", json!([]));
    check("1, 2", json!([1, 2]));
    check("1,", json!([1]));
    check("{'a': 1, 2: [3]}", json!({"a": 1, "2": [3]}));
    check("{1, 2, 1}", json!([1, 2]));
    check("{}", json!({}));
    check("{'a': 1", json!("{'a': 1"));
    check("{'a'}", json!(["a"]));
    check("[\n1,\n2]", json!([1, 2]));
    check(r"['it\'s', '\x41\u00e9']", json!(["it's", "Aé"]));
    check("[on]", json!("[on]"));
}

#[test]
fn depth_is_bounded() {
    let deep = "[".repeat(5000);
    check(&deep, json!(deep));
}
