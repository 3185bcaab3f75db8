use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(template: &str, payload: &str, expected: Option<&str>) {
    let read = Template::parse(template).and_then(|template| template.read(payload));
    assert_eq!(read.as_deref().ok(), expected, "{template}: {read:?}");
}

#[test]
fn what_devices_say_is_read() {
    check("{{ value }}", "21.5", Some("21.5"));
    check("{{ value_json.temperature }}", r#"{"temperature": 21.5}"#, Some("21.5"));
    check("{{ value_json['a']['b'] }}", r#"{"a": {"b": 1}}"#, Some("1"));
    check("{{ value_json.get('x', 7) }}", "{}", Some("7"));
    check("{{ value | float | round(1) }}", "21.456", Some("21.5"));
    check("{{ (value_json.x | float(0) / 10) | round(2) }}", r#"{"x": "215"}"#, Some("21.5"));
    check("{{ value | int + 1 }}", "41.9", Some("42"));
    check("{{ value_json.missing | default('none', true) }}", "{}", Some("none"));
    check("{{ value_json | tojson }}", r#"{"a":[1,2]}"#, Some(r#"{"a":[1,2]}"#));
    check("{% if value_json.on %}ON{% else %}OFF{% endif %}", r#"{"on":false}"#, Some("OFF"));
    check("{{ 'ON' if value == '1' else 'OFF' }}", "1", Some("ON"));
    check("{% set x = value_json.a %}{{ x * 2 }}", r#"{"a":4}"#, Some("8"));
    check("{{ value_json.x }}", "{}", Some(""));
    check("{{ value_json.x | is_defined }}", "{}", None);
    check("{{ value_json.a.b }}", "{}", None);
    check("{{ value_json.a }} {{ value_json.b }}", r#"{"a":[1,"x"],"b":true}"#, Some(r#"[1,"x"] True"#));
    check("{{ (value_json.a[1] * 2) | round(1, 'floor') }}, {{ 1 }}", r#"{"a":[1,2]}"#, Some("4.0, 1"));
}

#[test]
fn what_is_too_much_is_refused() {
    check("{{ value", "x", None);
    check("{{ states('light.secret') }}", "x", None);
    check(
        "{% for i in [1,2,3,4,5,6,7,8,9,10] %}{% for j in value %}{{ j }}{% endfor %}{% endfor %}",
        &"x".repeat(9_000),
        None,
    );
    check("{% macro f(x) %}{{ f(x ~ x) }}{% endmacro %}{{ f('x') }}", "x", None);
    check(&format!("{{{{ value }}}}{}", " ".repeat(5_000)), "x", None);
    check(&format!("{{% set v = value %}}{}{{{{ v }}}}", "{% set v = v ~ v %}".repeat(40)), "x", None);
    check("{{ value * 90000000 }}", "x", None);
    check("{{ [value] * 90000000 }}", "x", None);
    check("{{ (value, 1) * 90000000 }}", "x", None);
    check("{% set x = 1, 2 %}{{ x * 90000000 }}", "x", None);
    check("{{ 5 in value_json.a * 90000000 }}", r#"{"a": [1]}"#, None);
    check("{{ value * 1 * 1 * 1 * 1 * 1 }}", "1", None);
}

#[test]
fn a_command_is_made() {
    let template = Template::parse(r#"{"v": {{ value }}, "s": "{{ kind }}"}"#).unwrap();
    assert_eq!(template.command(Value::from(5), &[("kind", Value::from("x"))]).unwrap(), r#"{"v": 5, "s": "x"}"#);
}

/// Templates made of what templates are made of.
fn source() -> impl Strategy<Value = String> {
    let parts = [
        "{{ ",
        " }}",
        "{% ",
        " %}",
        "value",
        "value_json",
        ".a",
        "[0]",
        "['a']",
        " ~ ",
        " + ",
        " * ",
        " - ",
        " / ",
        " // ",
        " % ",
        " ** ",
        "(",
        ")",
        "[",
        "]",
        ",",
        "100000",
        "1.5",
        "'x'",
        " | round",
        " | float",
        " | int(0)",
        " | tojson",
        " | default(1)",
        " if ",
        " else ",
        "set x = ",
        "x",
        "for i in ",
        "endfor",
        "endif",
        " in ",
        " == ",
        ".get('a')",
        " | length",
        " | first",
        " | lower",
        "with y = ",
        "endwith",
        "{",
        "}",
        ": ",
        "not ",
        "namespace",
        "range(9)",
    ];
    proptest::collection::vec(proptest::sample::select(parts.to_vec()), 0..16).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_template_panics_or_runs_on(source in source(), payload in r#"[a-z0-9{}":,\[\]]{0,30}|\{"a":[0-9]{1,9}\}"#) {
        let started = std::time::Instant::now();
        for source in [source.clone(), format!("{{{{ {source} }}}}")] {
            if let Ok(template) = Template::parse(&source) {
                _ = template.read(&payload);
            }
        }
        prop_assert!(started.elapsed().as_secs() < 10, "{source} of {payload}");
    }
}

#[test]
fn multiplying_needs_a_number_that_is_written_there() {
    check("{{ value_json.t * 1.8 + 32 }}", r#"{"t": 20}"#, Some("68.0"));
    check("{{ value_json.t * 1000 | round(1) }}", r#"{"t": 2}"#, Some("2000.0"));
    check("{{ value_json.t * -1 }}", r#"{"t": 2}"#, Some("-2"));
    check("{{ (value | float * 0.1) | round(1) }}", "215", Some("21.5"));
    check("{{ 100 * value_json.t }} {{ 1 + 2 * value_json.t }}", r#"{"t": 2}"#, Some("200 5"));
    for source in [
        "{{ value * value_json.n }}",
        "{% set x = 99999999 %}{{ value * x }}",
        "{{ 99999999 / 1 * value }}",
        "{{ 10 ** 7 * value }}",
        "{{ value * 10 ** 7 }}",
        "{{ value * 1e7 }}",
        "{{ value * 1 | iif(99999999) }}",
        "{{ value * 1 | round(value_json.n) | iif(99999999) }}",
        "{{ value_json.9 * value }}",
        "{{ x9 * value }}",
        "{{ value * 9999 * 9999 }}",
        "{{ 9999 * 9999 * value }}",
    ] {
        assert!(Template::parse(source).and_then(|t| t.read("x")).is_err(), "{source}");
    }
}

#[test]
fn no_template_takes_long() {
    let text = "ab".repeat(128_000);
    let members = format!(r#"{{"t":"{}","l":[{}1]}}"#, "ä".repeat(50_000), "1,".repeat(50_000));
    let started = std::time::Instant::now();
    for (source, payload) in [
        ("{% set x = value * 99999999 %}{% if x[1:] == x[1:] %}{% endif %}".to_owned(), "a"),
        ("{% for i in value_json %}{% if 'a' * 99999999 == 1 %}{% endif %}{% endfor %}".to_owned(), members.as_str()),
        (format!("{{{{ (value{})|length }}}}", " ~ value".repeat(200)), text.as_str()),
        (format!("{{{{ value{}|length }}}}", "[1:]".repeat(800)), text.as_str()),
        (
            format!(
                "{{% for i in value_json.l %}}{{% if value{} == 1 %}}{{% endif %}}{{% endfor %}}",
                "[1:]".repeat(8)
            ),
            &members,
        ),
        (
            format!(
                "{{% for i in value_json.l %}}{{% if value{} == 1 %}}{{% endif %}}{{% endfor %}}",
                "|upper".repeat(8)
            ),
            &members,
        ),
        ("{% for i in value_json.l %}{% if value ~ value ~ value == 1 %}{% endif %}{% endfor %}".to_owned(), &members),
    ] {
        _ = Template::parse(&source).and_then(|template| template.read(payload));
    }
    // Some of these took minutes each.
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
