use proptest::prelude::*;
use serde_json::json;

use super::*;

#[track_caller]
fn check_place(topic: &str, expected: Option<Place<'_>>) {
    assert_eq!(place("homeassistant", topic), expected, "{topic}");
}

#[test]
fn places_are_home_assistants() {
    let light = Place::Entity { component: "light", object_id: "x" };
    check_place("homeassistant/light/x/config", Some(light));
    check_place("homeassistant/light/node/x/config", Some(light));
    check_place("homeassistant/device/x/config", Some(Place::Device));
    check_place("homeassistant/device/node/x/config", Some(Place::Device));
    for wrong in [
        "homeassistant/light/config",
        "homeassistant/light/a/b/c/config",
        "homeassistant/light/x/state",
        "homeassistant/light/ö/config",
        "homeassistant/status",
        "homeassistant2/light/x/config",
        "other/light/x/config",
    ] {
        check_place(wrong, None);
    }
}

#[test]
fn a_device_shares_what_its_parts_do_not_say() {
    let message = json!({"dev": {"ids": ["d"]}, "o": {"name": "maker"}, "qos": 1, "stat_t": "shared", "name": "not shared",
        "cmps": {"a": {"p": "sensor", "uniq_id": "a", "stat_t": "own"}, "b": {"p": "sensor", "uniq_id": "b"},
        "gone": {"p": "sensor"}}});
    let found = read(Place::Device, message.to_string().as_bytes()).unwrap();
    let parts: Vec<_> = found.iter().map(|found| found.part.as_str()).collect();
    assert_eq!(parts, ["a", "b"]);
    assert_eq!(found[0].fields["state_topic"], "own");
    assert_eq!(found[1].fields["state_topic"], "shared");
    assert_eq!(found[1].fields["qos"], 1);
    assert_eq!(found[1].fields.get("name"), None);
}

#[test]
fn a_device_is_not_copied_without_end() {
    let parts: Map<String, Value> =
        (0..1_000).map(|n| (n.to_string(), json!({"p": "sensor", "stat_t": "s"}))).collect();
    let message = |ids: usize| json!({"dev": {"ids": vec!["x".repeat(1_000); ids]}, "cmps": parts}).to_string();
    assert_eq!(read(Place::Device, message(5).as_bytes()).unwrap().len(), 1_000);
    let problem = read(Place::Device, message(200).as_bytes()).unwrap_err();
    assert!(problem.to_string().contains("`device`"), "{problem}");
}

#[test]
fn an_empty_message_takes_all_away() {
    assert_eq!(read(Place::Device, b""), Ok(Vec::new()));
}

#[test]
fn what_is_wrong_is_named() {
    for (message, field) in [
        ("nothing", "payload"),
        ("[]", "payload"),
        (r#"{"dev": {"ids": ["d"]}}"#, "components"),
        (r#"{"cmps": {}}"#, "device"),
        (r#"{"dev": {}, "cmps": {"a": 1}}"#, "components.a"),
        (r#"{"dev": {}, "cmps": {"a": {"name": "x"}}}"#, "components.a.platform"),
    ] {
        let problem = read(Place::Device, message.as_bytes()).unwrap_err();
        assert!(problem.to_string().contains(&format!("`{field}`")), "{message}: {problem}");
    }
}

#[test]
fn devices_are_read() {
    let message = json!({"device": {"identifiers": "one", "connections": [["mac", "AA-BB"]], "name": "N", "sw_version": 2,
        "configuration_url": "javascript:alert(1)"}});
    let found = device(Fields::new(message.as_object().unwrap())).unwrap().unwrap();
    assert_eq!((found.identifiers, found.sw_version), (vec!["one".to_owned()], Some("2".to_owned())));
    assert_eq!(found.connections, [("mac".to_owned(), "aa:bb".to_owned())]);
    assert_eq!(found.configuration_url, None);
    let nobody = json!({"device": {"name": "N"}});
    device(Fields::new(nobody.as_object().unwrap())).unwrap_err();
}

proptest! {
    #[test]
    fn no_message_panics(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        _ = read(Place::Device, &payload);
        _ = read(Place::Entity { component: "light", object_id: "x" }, &payload);
    }

    #[test]
    fn no_topic_panics(topic in "[a-z/+#]{0,40}") {
        _ = place("homeassistant", &topic);
    }
}

#[test]
fn topics_are_what_every_broker_takes_for_one() {
    let long = "a/".repeat(100);
    let map = json!({"share": "$share/group", "queue": "$queue/x", "not": "a\u{ffff}", "nor": "a\u{fdd0}", "long": long,
        "control": "$CONTROL/dynamic-security/v1", "sys": "$SYS/broker/uptime", "fine": "ä/$share/x"});
    let fields = Fields::new(map.as_object().unwrap());
    for name in ["share", "queue", "not", "nor", "long"] {
        assert!(fields.topic_in(name).is_err(), "{name}");
    }
    for name in ["not", "nor", "long", "control", "sys"] {
        assert!(fields.topic_out(name).is_err(), "{name}");
    }
    assert!(fields.topic_in("sys").is_ok() && fields.topic_in("fine").is_ok() && fields.topic_out("fine").is_ok());
}
