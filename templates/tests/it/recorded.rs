//! Exchanges recorded with a real Home Assistant (`ws-core.jsonl`, `rest-core.jsonl`), with this house's entities.

use serde_json::{Value, json};
use templates::{Options, Template};

use crate::{check, check_error, render, render_with};

#[test]
fn a_state_and_a_list() {
    check(
        "{{ states('lock.front_door') }} {{ states.light | map(attribute='entity_id') | list }}",
        "locked ['light.bed', 'light.ceiling', 'light.lights']",
    );
}

#[test]
fn variables_are_substituted() {
    let variables = json!({"x": 5, "user": "Admin"});
    let variables = variables.as_object().unwrap();
    let options = Options::default();
    assert_eq!(render_with("{{ x }}", variables, &options).result, Ok(json!(5)));
    assert_eq!(render_with("## Welcome {{ user }}", variables, &options).result, Ok(json!("## Welcome Admin")));
}

#[test]
fn syntax_error() {
    check_error("{{ 1 + }}", "TemplateSyntaxError: unexpected 'end of print statement'");
}

#[test]
fn undefined_is_an_error_only_if_strict() {
    let strict = Options { strict: true, ..Options::default() };
    let rendered = render_with("{{ nope }}", &serde_json::Map::new(), &strict);
    assert_eq!(rendered.result.unwrap_err().to_string(), "UndefinedError: 'nope' is undefined");
    let rendered = render("{{ nope }}");
    assert_eq!(rendered.result, Ok(json!("")));
    assert_eq!(
        rendered.warnings,
        ["Template variable warning: 'nope' is undefined when rendering '{{ nope }}'".to_owned()]
    );
}

#[test]
fn a_conversion_names_value_and_template() {
    check_error(
        "{{ int(states('lock.front_door')) }}",
        "ValueError: Template error: int got invalid input 'locked' when rendering template \
         '{{ int(states('lock.front_door')) }}' but no default was specified",
    );
}

#[test]
fn reserved_variables_are_dropped() {
    let variables = json!({"_dw_context": 1, "_dw_calculate": 2, "states": "mine"});
    let template = Template::parse("{{ 1 + 1 }}{{ states }}").unwrap();
    let rendered = template.render(crate::home::house(), variables.as_object().unwrap(), &Options::default());
    assert_eq!(rendered.result, Ok(Value::from("2mine")));
}
