//! The list that clients draw a form from, as Home Assistant writes it.

use serde_json::{Map, Value, json};

use super::{Field, FieldKind, Need, Schema};

pub(super) fn schema(schema: &Schema) -> Value {
    schema.fields().iter().map(field).collect()
}

fn field(field: &Field) -> Value {
    let mut wire = kind(&field.kind);
    wire.insert("name".to_owned(), json!(field.name));
    if let Some(suggested) = &field.suggested {
        wire.insert("description".to_owned(), json!({"suggested_value": suggested}));
    }
    wire.insert("required".to_owned(), json!(field.need == Need::Required));
    if field.need == Need::Optional {
        wire.insert("optional".to_owned(), json!(true));
    }
    wire.extend(field.default.as_ref().map(|value| ("default".to_owned(), value.clone())));
    wire.into_iter().collect::<Map<_, _>>().into()
}

fn kind(kind: &FieldKind) -> Map<String, Value> {
    let wire = match kind {
        FieldKind::Text => json!({"type": "string"}),
        FieldKind::Secret => {
            json!({"selector": {"text": {"type": "password", "multiline": false, "multiple": false}}})
        }
        FieldKind::Integer(least, most) => {
            let mut wire = Map::from_iter([("type".to_owned(), json!("integer"))]);
            wire.extend(least.map(|least| ("valueMin".to_owned(), json!(least))));
            wire.extend(most.map(|most| ("valueMax".to_owned(), json!(most))));
            Value::Object(wire)
        }
        FieldKind::Float => json!({"type": "float"}),
        FieldKind::Boolean => json!({"type": "boolean"}),
        FieldKind::Select(options) => json!({"type": "select", "options": options}),
        FieldKind::MultiSelect(options) => {
            let options: Map<_, _> = options.iter().map(|(value, label)| (value.clone(), json!(label))).collect();
            json!({"type": "multi_select", "options": options})
        }
        FieldKind::Constant(value) => json!({"type": "constant", "value": value}),
        FieldKind::Selector(name, settings) => json!({"selector": {name: settings}}),
        FieldKind::Section { schema, expanded } => {
            json!({"type": "expandable", "schema": schema.to_wire(), "expanded": expanded})
        }
    };
    if let Value::Object(wire) = wire { wire } else { Map::new() }
}
