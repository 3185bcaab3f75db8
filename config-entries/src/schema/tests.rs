use serde_json::{Map, Value, json};

use super::{Field, FieldKind, Schema};

fn schema() -> Schema {
    let modes = [("a", "Label A"), ("b", "Label B")].map(|(value, label)| (value.to_owned(), label.to_owned()));
    Schema::new()
        .with(Field::required("host", FieldKind::Text))
        .with(Field::required("port", FieldKind::Integer(Some(1), Some(65_535))).default(80))
        .with(Field::optional("mode", FieldKind::Select(modes.to_vec())).suggested("a"))
        .with(Field::optional("some", FieldKind::MultiSelect(modes.to_vec())))
        .with(Field::required("ssl", FieldKind::Boolean).default(false))
        .with(Field::section("more", Schema::new().with(Field::optional("x", FieldKind::Integer(Some(0), None)))))
}

#[track_caller]
fn check(input: Value, expected: Result<Value, Value>) {
    let input: Map<String, Value> = serde_json::from_value(input).unwrap();
    let got = schema().check(&input).map(Value::Object).map_err(|wrong| wrong.to_wire());
    assert_eq!(got, expected, "{input:?}");
}

#[test]
fn good_input_gets_its_defaults() {
    let all = json!({"host": "h", "port": 80, "ssl": false, "more": {}});
    check(json!({"host": "h"}), Ok(all));
    let all = json!({"host": "h", "port": 1, "mode": "b", "some": ["a"], "ssl": true, "more": {"x": 0}});
    check(all.clone(), Ok(all));
}

/// The texts are those of the recorded exchanges.
#[test]
fn bad_input_names_every_field() {
    check(json!({}), Err(json!({"host": "required key not provided"})));
    check(json!({"host": 5, "port": "x"}), Err(json!({"host": "expected str", "port": "expected int"})));
    check(json!({"host": "h", "port": 0}), Err(json!({"port": "value must be at least 1"})));
    check(json!({"host": "h", "port": 70_000}), Err(json!({"port": "value must be at most 65535"})));
    check(json!({"host": "h", "port": 1.5}), Err(json!({"port": "expected int"})));
    check(json!({"host": "h", "mode": "c"}), Err(json!({"mode": "value must be one of ['a', 'b']"})));
    check(json!({"host": "h", "some": ["c"]}), Err(json!({"some": "is not a valid option"})));
    check(json!({"host": "h", "ssl": 1}), Err(json!({"ssl": "expected bool"})));
    check(json!({"host": "h", "more": {"x": -5}}), Err(json!({"base": ["value must be at least 0 at 'more.x'"]})));
    check(json!({"host": "h", "more": 1}), Err(json!({"more": "expected a dictionary"})));
    check(
        json!({"host": "h", "extra": 1, "more": {"y": 1}}),
        Err(json!({"base": ["not a valid option at 'more.y'", "not a valid option at 'extra'"]})),
    );
}

#[test]
fn the_wire_form_is_home_assistants() {
    let fields = schema().to_wire();
    assert_eq!(fields[0], json!({"type": "string", "name": "host", "required": true}));
    let port =
        json!({"type": "integer", "valueMin": 1, "valueMax": 65535, "name": "port", "required": true, "default": 80});
    assert_eq!(fields[1], port);
    let mode = json!({"type": "select", "options": [["a", "Label A"], ["b", "Label B"]], "name": "mode",
        "description": {"suggested_value": "a"}, "required": false, "optional": true});
    assert_eq!(fields[2], mode);
    assert_eq!(fields[3]["options"], json!({"a": "Label A", "b": "Label B"}));
    let more = json!({"type": "expandable", "schema": [{"type": "integer", "valueMin": 0, "name": "x",
        "required": false, "optional": true}], "expanded": false, "name": "more", "required": true});
    assert_eq!(fields[5], more);
}

#[test]
fn secrets_are_not_suggested() {
    let schema = Schema::new().with(Field::required("password", FieldKind::Secret));
    let values = json!({"password": "hunter2"});
    let schema = schema.suggest(values.as_object().unwrap());
    assert!(!schema.to_wire().to_string().contains("hunter2"));
}

#[test]
fn a_flood_of_unknown_names_is_not_sent_back() {
    let input: Map<String, Value> = (0..100_000).map(|n| (format!("x{n}"), json!("hunter2"))).collect();
    let wrong = schema().check(&input).unwrap_err().to_wire();
    assert_eq!(wrong["base"].as_array().unwrap().len(), 32);
    assert!(!wrong.to_string().contains("hunter2"));
    let inner = json!({"host": "h", "more": input});
    let wrong = schema().check(inner.as_object().unwrap()).unwrap_err().to_wire();
    assert_eq!(wrong["base"].as_array().unwrap().len(), 32);
}
