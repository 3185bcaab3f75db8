//! Error texts.

use serde_json::Map;
use templates::Options;

use crate::{check_error, render_with};

#[test]
fn syntax_errors() {
    check_error("{{ }}", "TemplateSyntaxError: unexpected 'end of print statement'");
    check_error("{% nope %}", "TemplateSyntaxError: Encountered unknown tag 'nope'.");
    check_error("{{ 1 2 }}", "TemplateSyntaxError: expected token 'end of print statement', got 'integer'");
    check_error("{{ (1 }}", "TemplateSyntaxError: unexpected '}', expected ')'");
    check_error("{{ x | nope }}", "TemplateAssertionError: No filter named 'nope'.");
    check_error("{{ x is nope }}", "TemplateAssertionError: No test named 'nope'.");
    check_error("{% include 'x' %}", "TemplateSyntaxError: other templates cannot be used here");
    check_error("{{ _dw_context }}", "TemplateSyntaxError: the name '_dw_context' is reserved");
    check_error("{% set _dw_calculate = 1 %}", "TemplateSyntaxError: the name '_dw_calculate' is reserved");
    for source in [
        "{{",
        "{{ 'a",
        "{% if",
        "{% if x %}",
        "{% for x in %}",
        "{#",
        "{{ a. }}",
        "{{ [1, }}",
        "{{ {1} }}",
        "{{ 1 | }}",
    ] {
        assert!(templates::Template::parse(source).is_err() || source == "{% if x %}", "{source}");
    }
}

#[test]
fn strict_errors() {
    let options = Options { strict: true, ..Options::default() };
    for (source, expected) in [
        ("{{ nope }}", "UndefinedError: 'nope' is undefined"),
        ("{{ 'a' ~ nope }}", "UndefinedError: 'nope' is undefined"),
        ("{% for x in nope %}{% endfor %}", "UndefinedError: 'nope' is undefined"),
        ("{% if nope %}{% endif %}", "UndefinedError: 'nope' is undefined"),
        ("{{ nope == 1 }}", "UndefinedError: 'nope' is undefined"),
        ("{{ 1 in nope }}", "UndefinedError: 'nope' is undefined"),
        ("{{ nope | float }}", "UndefinedError: 'nope' is undefined"),
        ("{{ {}.a }}", "UndefinedError: 'dict object' has no attribute 'a'"),
    ] {
        let rendered = render_with(source, &Map::new(), &options);
        assert_eq!(rendered.result.unwrap_err().to_string(), expected, "{source}");
    }
    assert!(render_with("{{ nope is defined }}{{ nope | default(1) }}", &Map::new(), &options).result.is_ok());
}

#[test]
fn missing_arguments() {
    check_error("{{ states() }}", "TypeError: states() missing 1 required positional argument: 'entity_id'");
    check_error("{{ state_attr('a.b') }}", "TypeError: state_attr() missing 1 required positional argument: 'name'");
    check_error("{{ 1() }}", "TypeError: value of type number is not callable");
}
