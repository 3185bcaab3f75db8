//! What a viewer shows: bytes without anything that may not be read.

use auth_core::{Context, ContextId};
use serde_json::{Map, Value, json};
use service_bus::Viewer;

use crate::home::{Home, id, principal};

fn shown(home: &Home, who: &str, entity_id: &str) -> Value {
    let world = home.bus.world();
    let principal = principal(who);
    let state = home.writer.state(&id(entity_id)).unwrap();
    let viewer = Viewer::new(&world, &principal);
    let text = viewer.state_json(&state);
    assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), viewer.state_value(&state));
    serde_json::from_slice(&text).unwrap()
}

#[test]
fn attributes_do_not_name_hidden_entities() {
    let home = Home::new();
    let attributes = json!({
        "entity_id": ["light.a", "lock.safe"], "one": "lock.safe", "host": "example.com",
        "deep": {"lock.safe": 1, "x": [["lock.safe"]]}, "friendly_name": "Group",
    });
    let Value::Object(attributes) = attributes else { panic!("an object") };
    home.writer.set(&id("light.a"), "on", attributes.clone()).unwrap();
    assert_eq!(shown(&home, "admin", "light.a")["attributes"], Value::Object(attributes));
    let ann = shown(&home, "ann", "light.a");
    assert_eq!(ann["attributes"]["entity_id"], json!(["light.a"]));
    assert_eq!(ann["attributes"]["friendly_name"], "Group");
    assert!(!ann.to_string().contains("lock.safe"), "{ann}");
    // An attribute's own name can be an id as well.
    home.writer.set(&id("light.a"), "on", Map::from_iter([("lock.safe".to_owned(), json!(1))])).unwrap();
    assert_eq!(shown(&home, "ann", "light.a")["attributes"], json!({}));
}

#[test]
fn only_oneself_and_administrators_learn_who_asked() {
    let home = Home::new();
    for (user, known) in [("ann", true), ("admin", false)] {
        let context = Context::new(ContextId::from_parts(1, 1), Some(user.into()));
        home.writer.set_in(&id("light.a"), user, Map::new(), context).unwrap();
        let expected = if known { json!(user) } else { Value::Null };
        assert_eq!(shown(&home, "ann", "light.a")["context"]["user_id"], expected);
        assert_eq!(shown(&home, "admin", "light.a")["context"]["user_id"], json!(user));
    }
}

#[test]
fn differences_are_exact() {
    let home = Home::new();
    let write = |state: &str, attributes: Value, parent: Option<u128>, user: Option<&str>, n: u128| {
        let Value::Object(attributes) = attributes else { panic!("an object") };
        let parent_id = parent.map(|p| ContextId::from_parts(0, p));
        let context = Context { id: ContextId::from_parts(0, n), parent_id, user_id: user.map(Into::into) };
        home.writer.set_in(&id("light.a"), state, attributes, context).unwrap()
    };
    let world = home.bus.world();
    let admin = principal("admin");
    let viewer = Viewer::new(&world, &admin);
    let first = write("off", json!({"b": 1, "c": 2}), None, None, 1);
    let second = write("on", json!({"b": 9}), None, Some("u"), 2);
    let diff = Value::Object(viewer.diff(&first, &second).unwrap().0);
    assert_eq!(diff["+"]["s"], "on");
    assert_eq!(diff["+"]["a"], json!({"b": 9}));
    assert_eq!(diff["+"]["c"], json!({"user_id": "u", "id": second.context.id.as_str()}));
    assert_eq!(diff["+"]["lc"], json!(second.last_changed.as_secs_f64()));
    assert!(diff["+"].get("lu").is_none());
    assert_eq!(diff["-"], json!({"a": ["c"]}));

    let third = write("on", json!({"b": 10}), None, Some("u"), 3);
    let diff = Value::Object(viewer.diff(&second, &third).unwrap().0);
    assert_eq!(diff["+"]["lu"], json!(third.last_updated.as_secs_f64()));
    assert_eq!(diff["+"]["c"], json!(third.context.id.as_str()));
    assert!(diff["+"].get("lc").is_none() && diff["+"].get("s").is_none() && diff.get("-").is_none());
    assert!(viewer.diff(&third, &third).is_none());
}
