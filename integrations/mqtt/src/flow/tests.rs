use serde_json::json;

use super::*;

fn texts() -> Value {
    serde_json::from_str(include_str!("../texts.json")).unwrap()
}

/// Every field has a name and a description.
#[track_caller]
fn check_texts(step: &Value, schema: &Schema) {
    for field in schema.fields() {
        if let FieldKind::Section { schema, .. } = &field.kind {
            let section = &step["sections"][&field.name];
            assert!(section["name"].is_string(), "{}", field.name);
            check_texts(section, schema);
            continue;
        }
        for of in ["data", "data_description"] {
            assert!(step[of][&field.name].is_string(), "{of} {}", field.name);
        }
    }
}

#[test]
fn every_field_has_its_texts() {
    let texts = texts();
    check_texts(&texts["config"]["step"]["user"], &broker_form(true));
    check_texts(&texts["config"]["step"]["reconfigure"], &broker_form(false));
    check_texts(&texts["options"]["step"]["init"], &option_fields(Schema::new()));
    for error in ["cannot_connect", "invalid_auth", "invalid_certificate", "invalid_prefix"] {
        assert!(texts["config"]["error"][error].is_string(), "{error}");
    }
}

#[test]
fn what_was_entered_becomes_data_and_options() {
    let input = json!({"broker": " b ", "port": 1, "username": "", "advanced": {"tls": true, "discovery": false}});
    let (data, options) = kept(input.as_object().unwrap());
    assert_eq!(data["broker"], "b");
    assert_eq!((&data["username"], &data["password"], &data["tls"]), (&Value::Null, &Value::Null, &json!(true)));
    assert_eq!(Value::Object(options), json!({"discovery": false}));
}
