//! Templates from the outside, as an adapter uses them.

mod bounds;
mod errors;
mod functions;
mod home;
mod language;
mod listeners;
mod never_panics;
mod recorded;

use serde_json::{Map, Value};
use templates::{Options, Rendered, Template, TemplateError};

#[test]
fn templates_can_be_shared() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Template>();
}

/// Renders in the house of [`home`]; a template that cannot be parsed gives its error.
fn render(source: &str) -> Rendered {
    render_with(source, &Map::new(), &Options::default())
}

fn render_with(source: &str, variables: &Map<String, Value>, options: &Options) -> Rendered {
    match Template::parse(source) {
        Ok(template) => template.render(home::house(), variables, options),
        Err(error) => Rendered {
            result: Err(error),
            text: String::new(),
            listeners: templates::Listeners::default(),
            warnings: Vec::new(),
        },
    }
}

#[track_caller]
fn check(source: &str, expected: impl Into<Value>) {
    assert_eq!(render(source).result, Ok(expected.into()), "{source}");
}

#[track_caller]
fn check_text(source: &str, expected: &str) {
    let rendered = render(source);
    assert!(rendered.result.is_ok(), "{source}: {:?}", rendered.result);
    assert_eq!(rendered.text, expected, "{source}");
}

#[track_caller]
fn check_error(source: &str, expected: &str) {
    let result = render(source).result;
    assert_eq!(result.map_err(|error| error.to_string()), Err(expected.to_owned()), "{source}");
}

/// Checks that a template hits a bound. Some bombs are no bombs in Python either, but plain errors.
#[track_caller]
fn check_bound(source: &str) {
    use TemplateError::{Bound, Overflow, Runtime, Type, Value};
    let result = render(source).result;
    assert!(
        matches!(result, Err(Bound(_) | Overflow(_) | Runtime(_) | Type(_) | Value(_))),
        "{source:.200}: {result:?}"
    );
}
