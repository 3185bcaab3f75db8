//! Data that passed a schema passes it again unchanged, and every field of it holds what it may.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use service_bus::{Field, Kind, Schema};

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    Schema::new(vec![
        Field::optional("a", Kind::Any),
        Field::optional("t", Kind::Text),
        Field::optional("c", Kind::Choice(&["on", "off"])),
        Field::required("i", Kind::Int(-5, 255)),
        Field::optional("w", Kind::Int(i64::MIN, i64::MAX)),
        Field::optional("f", Kind::Float(-0.5, 1e6)),
        Field::optional("b", Kind::Bool),
        Field::optional("n", Kind::Floats(2, 0.0, 360.0)),
        Field::optional("l", Kind::Texts),
        Field::optional("o", Kind::Object),
    ])
});

fuzz_target!(|text: &str| {
    let Ok(Value::Object(data)) = serde_json::from_str(text) else { return };
    let Ok(checked) = SCHEMA.check(data.clone()) else { return };
    assert!(checked.keys().eq(data.keys()), "no field more or less");
    assert!(checked.contains_key("i"), "what is required is there");
    for (name, value) in &checked {
        let within = |value: &Value, min, max| value.as_f64().is_some_and(|number| (min..=max).contains(&number));
        let fits = match name.as_str() {
            "a" => *value == data[name],
            "t" => value.is_string(),
            "c" => value == "on" || value == "off",
            "i" => value.as_i64().is_some_and(|number| (-5..=255).contains(&number)),
            "w" => value.as_i64().is_some(),
            "f" => within(value, -0.5, 1e6),
            "b" => value.is_boolean(),
            "n" => value.as_array().is_some_and(|n| n.len() == 2 && n.iter().all(|n| within(n, 0.0, 360.0))),
            "l" => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
            "o" => value.is_object(),
            _ => false,
        };
        assert!(fits, "{name}: {value} of {}", data[name]);
    }
    assert_eq!(SCHEMA.check(checked.clone()).as_ref(), Ok(&checked), "again");
});
