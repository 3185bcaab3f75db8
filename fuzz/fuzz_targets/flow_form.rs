//! Input that passed a form passes it again unchanged, and every field of it holds what it may. What did not pass names
//! fields, and never what was entered.
#![no_main]

use std::sync::LazyLock;

use config_entries::{Field, FieldKind, Schema};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

static FORM: LazyLock<Schema> = LazyLock::new(|| {
    let words = || ["on", "off"].map(|word| (word.to_owned(), word.to_uppercase())).to_vec();
    let settings = |multiple: bool| Map::from_iter([("multiple".to_owned(), Value::Bool(multiple))]);
    Schema::new()
        .with(Field::required("t", FieldKind::Text))
        .with(Field::optional("p", FieldKind::Secret))
        .with(Field::required("i", FieldKind::Integer(Some(-5), Some(255))).default(7))
        .with(Field::optional("f", FieldKind::Float))
        .with(Field::optional("b", FieldKind::Boolean))
        .with(Field::optional("s", FieldKind::Select(words())))
        .with(Field::optional("m", FieldKind::MultiSelect(words())))
        .with(Field::optional("e", FieldKind::Selector("entity".to_owned(), settings(true))))
        .with(Field::optional("n", FieldKind::Selector("number".to_owned(), settings(false))))
        .with(Field::section("more", Schema::new().with(Field::optional("x", FieldKind::Integer(Some(0), None)))))
});

fn fits(name: &str, value: &Value) -> bool {
    let word = |value: &Value| value == "on" || value == "off";
    match name {
        "t" | "p" => value.is_string(),
        "i" => value.as_i64().is_some_and(|number| (-5..=255).contains(&number)),
        "f" | "n" => value.is_number(),
        "b" => value.is_boolean(),
        "s" => word(value),
        "m" => value.as_array().is_some_and(|list| list.iter().all(word)),
        "e" => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
        "more" => value.as_object().is_some_and(|more| {
            more.iter().all(|(name, value)| name == "x" && value.as_i64().is_some_and(|number| number >= 0))
        }),
        _ => false,
    }
}

fuzz_target!(|text: &str| {
    let Ok(Value::Object(input)) = service_bus::parse_json(text.as_bytes()) else { return };
    match FORM.check(&input) {
        Ok(checked) => {
            assert!(checked.contains_key("t") && checked.contains_key("i"), "what is required is there");
            assert!(input.keys().all(|name| checked.contains_key(name)), "nothing is lost");
            for (name, value) in &checked {
                assert!(fits(name, value), "{name}: {value}");
            }
            assert_eq!(FORM.check(&checked).as_ref(), Ok(&checked), "again");
            let shown = FORM.clone().suggest(&checked).to_wire().to_string();
            if let Some(Value::String(secret)) = checked.get("p").filter(|secret| secret.to_string().len() > 12) {
                let elsewhere = checked.iter().any(|(name, value)| name != "p" && value.to_string().contains(secret));
                assert!(elsewhere || !shown.contains(secret.as_str()), "a secret is given back");
            }
        }
        Err(wrong) => {
            assert!(wrong.to_wire().as_object().is_some_and(|errors| !errors.is_empty()));
            assert!(wrong.fields.iter().all(|(name, _)| FORM.fields().iter().any(|field| field.name == *name)));
            assert!(wrong.base.iter().all(|text| text.len() < 700), "an error as long as the input");
        }
    }
});
