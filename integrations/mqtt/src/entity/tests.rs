use std::sync::Arc;

use config_entries::hub::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::router::Listener;

/// What a described entity hears, says and sends.
struct Bench {
    model: Box<dyn Model>,
    domain: String,
}

impl Bench {
    #[track_caller]
    fn new(domain: &str, fields: Value) -> Self {
        let model = model(domain, Fields::new(fields.as_object().unwrap())).unwrap();
        Self { model, domain: domain.to_owned() }
    }

    #[track_caller]
    fn hear(&mut self, topic: &str, payload: &str) -> &mut Self {
        let nth = self.model.topics().iter().position(|heard| heard == topic).unwrap();
        self.model.hear(nth, payload).unwrap();
        self
    }

    fn is_deaf(&mut self, topic: &str, payload: &str) -> bool {
        let nth = self.model.topics().iter().position(|heard| heard == topic).unwrap();
        self.model.hear(nth, payload).is_err()
    }

    #[track_caller]
    fn state(&mut self, expected: &str) -> &mut Self {
        assert_eq!(self.model.state().as_deref().unwrap_or("unknown"), expected);
        self
    }

    #[track_caller]
    fn has(&mut self, name: &str, expected: Value) -> &mut Self {
        let mut all = self.model.attributes();
        all.extend(self.model.capabilities());
        assert_eq!(all.get(name), Some(&expected), "{name}: {all:?}");
        self
    }

    /// Calls a service; returns what is sent, or why nothing is.
    fn call(&mut self, service: &str, data: Value) -> Result<Vec<(String, String)>, String> {
        let id = format!("{}.x", self.domain).parse().unwrap();
        let now = Timestamp::from_secs(1_795_331_000);
        let ask = Ask { service, entity_id: &id, data: data.as_object().unwrap(), now };
        let orders = self.model.order(&ask).map_err(|error| error.to_string())?;
        self.model.assume(&ask);
        Ok(orders.into_iter().map(|order| (order.topic, order.payload)).collect())
    }

    #[track_caller]
    fn sends(&mut self, service: &str, data: Value, expected: &[(&str, &str)]) -> &mut Self {
        let sent = self.call(service, data).unwrap();
        let sent: Vec<_> = sent.iter().map(|(topic, payload)| (topic.as_str(), payload.as_str())).collect();
        assert_eq!(sent, expected, "{service}");
        self
    }

    #[track_caller]
    fn refuses(&mut self, service: &str, data: Value) -> &mut Self {
        self.call(service, data).unwrap_err();
        self
    }
}

#[track_caller]
fn check_wrong(domain: &str, fields: Value, field: &str) {
    let Err(problem) = model(domain, Fields::new(fields.as_object().unwrap())) else { panic!("{fields} is taken") };
    assert!(problem.to_string().contains(&format!("`{field}`")), "{problem}");
}

#[test]
fn switches() {
    let mut switch = Bench::new(
        "switch",
        json!({"command_topic": "c", "state_topic": "s", "payload_on": true,
        "payload_off": false, "value_template": "{{ value_json.on }}"}),
    );
    switch.state("unknown").hear("s", r#"{"on": true}"#).state("on");
    switch.sends("toggle", json!({}), &[("c", "False")]).state("on").hear("s", r#"{"on": false}"#).state("off");
    assert!(switch.is_deaf("s", r#"{"on": 7}"#) && switch.is_deaf("s", "x"));
    let mut blind = Bench::new("switch", json!({"command_topic": "c"}));
    blind.sends("turn_on", json!({}), &[("c", "ON")]).state("on").has("assumed_state", json!(true));
    check_wrong("switch", json!({"state_topic": "s"}), "command_topic");
    check_wrong("switch", json!({"command_topic": "c/#"}), "command_topic");
    check_wrong("switch", json!({"command_topic": "c", "value_template": "{{"}), "value_template");
}

#[test]
fn sensors() {
    let mut sensor = Bench::new(
        "sensor",
        json!({"state_topic": "s", "unit_of_measurement": "°C",
        "state_class": "measurement", "value_template": "{{ value_json.t | round(1) }}"}),
    );
    sensor.hear("s", r#"{"t": 21.55}"#).state("21.6").has("state_class", json!("measurement"));
    assert!(sensor.is_deaf("s", r#"{"t": "warm"}"#));
    let mut words = Bench::new("sensor", json!({"state_topic": "s", "device_class": "enum", "options": ["a", "b"]}));
    words.hear("s", "b").state("b").has("options", json!(["a", "b"])).hear("s", "None").state("unknown");
    assert!(words.is_deaf("s", "c"));
    check_wrong("sensor", json!({}), "state_topic");
    check_wrong("sensor", json!({"state_topic": "s", "state_class": "x"}), "state_class");
}

#[test]
fn binary_sensors() {
    let mut sensor =
        Bench::new("binary_sensor", json!({"state_topic": "s", "payload_on": "open", "payload_off": "shut"}));
    sensor.hear("s", "open").state("on").hear("s", "shut").state("off").hear("s", "None").state("unknown");
    check_wrong("binary_sensor", json!({"state_topic": 5}), "state_topic");
}

#[test]
fn buttons() {
    let mut button = Bench::new("button", json!({"command_topic": "c", "payload_press": "go"}));
    button.state("unknown").sends("press", json!({}), &[("c", "go")]).state("2026-11-22T07:03:20+00:00");
}

#[test]
fn numbers() {
    let mut number = Bench::new(
        "number",
        json!({"command_topic": "c", "state_topic": "s", "min": -5, "max": 50, "step": 0.5,
        "command_template": r#"{"v": {{ value }}}"#}),
    );
    number.hear("s", "7").state("7").hear("s", "7.5").state("7.5").has("min", json!(-5.0)).has("mode", json!("auto"));
    number.sends("set_value", json!({"value": 12.0}), &[("c", r#"{"v": 12}"#)]).state("7.5");
    number.refuses("set_value", json!({"value": 51.0}));
    assert!(number.is_deaf("s", "1000") && number.is_deaf("s", "NaN"));
    check_wrong("number", json!({"command_topic": "c", "min": 5, "max": 5}), "max");
}

#[test]
fn selects() {
    let mut select =
        Bench::new("select", json!({"command_topic": "c", "state_topic": "s", "options": ["a", "b", "c"]}));
    select.hear("s", "c").state("c").has("options", json!(["a", "b", "c"]));
    select.sends("select_option", json!({"option": "b"}), &[("c", "b")]).sends("select_next", json!({}), &[("c", "a")]);
    select
        .sends("select_next", json!({"cycle": false}), &[("c", "c")])
        .refuses("select_option", json!({"option": "d"}));
    check_wrong("select", json!({"command_topic": "c"}), "options");
}

#[test]
fn locks() {
    let mut lock = Bench::new(
        "lock",
        json!({"command_topic": "c", "state_topic": "s", "payload_open": "OPEN",
        "code_format": "^\\d{4}$", "command_template": r#"{"action": "{{ value }}", "code": "{{ code }}"}"#}),
    );
    lock.hear("s", "LOCKED").state("locked").hear("s", "JAMMED").state("jammed");
    lock.refuses("unlock", json!({}));
    lock.sends("unlock", json!({"code": "1234"}), &[("c", r#"{"action": "UNLOCK", "code": "1234"}"#)]);
    assert_eq!(lock.model.features(), Some(1));
    let mut plain = Bench::new("lock", json!({"command_topic": "c"}));
    plain.sends("lock", json!({}), &[("c", "LOCK")]).state("locked").refuses("open", json!({}));
}

#[test]
fn covers() {
    let mut blind = Bench::new(
        "cover",
        json!({"command_topic": "c", "position_topic": "p", "set_position_topic": "sp",
        "position_open": 0, "position_closed": 200, "tilt_command_topic": "t", "tilt_status_topic": "ts"}),
    );
    blind.hear("p", "50").state("open").has("current_position", json!(75)).hear("p", "200").state("closed");
    blind.sends("set_cover_position", json!({"position": 25}), &[("sp", "150")]).sends(
        "open_cover",
        json!({}),
        &[("c", "OPEN")],
    );
    blind.sends("stop_cover", json!({}), &[("c", "STOP")]).sends(
        "set_cover_tilt_position",
        json!({"tilt_position": 30}),
        &[("t", "30")],
    );
    blind.hear("ts", "40").has("current_tilt_position", json!(40));
    assert_eq!(blind.model.features(), Some(255));
    let mut door = Bench::new("cover", json!({"command_topic": "c", "state_topic": "s", "payload_stop": null}));
    door.hear("s", "opening").state("opening").hear("s", "open").state("open").refuses("stop_cover", json!({}));
    door.hear("s", "closing").hear("s", "stopped").state("closed");
    assert_eq!(door.model.features(), Some(3));
    check_wrong("cover", json!({"position_open": 1, "position_closed": 1}), "position_open");
}

#[test]
fn climates() {
    let mut climate = Bench::new(
        "climate",
        json!({"mode_command_topic": "m", "mode_state_topic": "ms",
        "modes": ["off", "heat", "auto"], "temperature_command_topic": "t", "temperature_state_topic": "ts",
        "current_temperature_topic": "ct", "action_topic": "a", "preset_mode_command_topic": "p",
        "preset_mode_state_topic": "ps", "preset_modes": ["eco"], "min_temp": 5, "max_temp": 30}),
    );
    climate.hear("ms", "heat").state("heat").hear("ts", "21.5").has("temperature", json!(21.5));
    climate
        .hear("ct", "19")
        .has("current_temperature", json!(19.0))
        .hear("a", "heating")
        .has("hvac_action", json!("heating"));
    climate.has("preset_modes", json!(["none", "eco"])).hear("ps", "eco").has("preset_mode", json!("eco"));
    climate.sends(
        "set_temperature",
        json!({"temperature": 22.0, "hvac_mode": "auto"}),
        &[("m", "auto"), ("t", "22.0")],
    );
    climate
        .refuses("set_temperature", json!({"temperature": 99.0}))
        .refuses("set_hvac_mode", json!({"hvac_mode": "cool"}));
    climate.sends("turn_off", json!({}), &[("m", "off")]).hear("ms", "off").state("off");
    climate.sends("turn_on", json!({}), &[("m", "heat")]).sends(
        "set_preset_mode",
        json!({"preset_mode": "none"}),
        &[("p", "none")],
    );
    assert_eq!(climate.model.features(), Some(1 | 16 | 128 | 256));
    check_wrong("climate", json!({"modes": ["boil"]}), "modes");
}

#[test]
fn fans() {
    let mut fan = Bench::new(
        "fan",
        json!({"command_topic": "c", "state_topic": "s", "percentage_command_topic": "p",
        "percentage_state_topic": "ps", "speed_range_max": 4, "preset_mode_command_topic": "m", "preset_modes": ["auto"],
        "oscillation_command_topic": "o", "direction_command_topic": "d"}),
    );
    fan.hear("s", "ON").state("on").hear("ps", "2").has("percentage", json!(50)).has("percentage_step", json!(25.0));
    fan.sends("turn_on", json!({"percentage": 75}), &[("c", "ON"), ("p", "3")]);
    fan.sends("increase_speed", json!({}), &[("p", "3")]).sends(
        "set_percentage",
        json!({"percentage": 0}),
        &[("c", "OFF")],
    );
    fan.sends("oscillate", json!({"oscillating": true}), &[("o", "oscillate_on")]).has("oscillating", json!(true));
    fan.sends("set_direction", json!({"direction": "reverse"}), &[("d", "reverse")])
        .refuses("set_preset_mode", json!({"preset_mode": "x"}));
    assert_eq!(fan.model.features(), Some(63));
    check_wrong("fan", json!({"command_topic": "c", "speed_range_min": 5, "speed_range_max": 5}), "speed_range_max");
}

#[test]
fn lights_with_topics() {
    let mut light = Bench::new(
        "light",
        json!({"command_topic": "c", "state_topic": "s", "brightness_command_topic": "b",
        "brightness_state_topic": "bs", "brightness_scale": 100, "color_temp_command_topic": "w",
        "color_temp_state_topic": "ws", "hs_command_topic": "h", "hs_state_topic": "hs",
        "effect_command_topic": "e", "effect_state_topic": "es", "effect_list": ["glow"]}),
    );
    light.has("supported_color_modes", json!(["color_temp", "hs"])).hear("s", "ON").state("on");
    light.hear("bs", "50").has("brightness", json!(128)).hear("ws", "250").has("color_temp_kelvin", json!(4000));
    light.has("color_mode", json!("color_temp")).hear("hs", "120,100").has("rgb_color", json!([0, 255, 0]));
    light.sends(
        "turn_on",
        json!({"brightness": 255, "hs_color": [10.0, 20.0]}),
        &[("h", "10,20"), ("b", "100"), ("c", "ON")],
    );
    light.sends("turn_on", json!({"color_temp_kelvin": 4000}), &[("w", "250"), ("c", "ON")]);
    light
        .sends("turn_on", json!({"effect": "glow"}), &[("e", "glow"), ("c", "ON")])
        .refuses("turn_on", json!({"effect": "x"}));
    light
        .sends("turn_off", json!({}), &[("c", "OFF")])
        .refuses("turn_on", json!({"hs_color": [1.0, 1.0], "rgb_color": [1.0, 1.0, 1.0]}));
    light.hear("s", "OFF").state("off").has("brightness", json!(null));
    let mut rgb =
        Bench::new("light", json!({"command_topic": "c", "rgb_command_topic": "r", "on_command_type": "first"}));
    rgb.sends(
        "turn_on",
        json!({"rgb_color": [255.0, 100.0, 0.0], "brightness_pct": 50.0}),
        &[("c", "ON"), ("r", "128,50,0")],
    );
    let mut dimmer = Bench::new(
        "light",
        json!({"command_topic": "c", "brightness_command_topic": "b", "on_command_type": "brightness"}),
    );
    dimmer.sends("turn_on", json!({}), &[("b", "255")]).state("on").sends("toggle", json!({}), &[("c", "OFF")]);
    check_wrong("light", json!({"command_topic": "c", "schema": "template"}), "schema");
    check_wrong("light", json!({"command_topic": "c", "on_command_type": "x"}), "on_command_type");
}

#[test]
fn lights_in_json() {
    let mut light = Bench::new(
        "light",
        json!({"schema": "json", "command_topic": "c", "state_topic": "s", "brightness": true,
        "supported_color_modes": ["xy", "color_temp"], "effect": true, "effect_list": ["blink"]}),
    );
    light.hear(
        "s",
        r#"{"state":"ON","brightness":254,"color_mode":"color_temp","color_temp":250,"color":{"x":0.3,"y":0.3}}"#,
    );
    light
        .state("on")
        .has("color_temp_kelvin", json!(4000))
        .has("color_mode", json!("color_temp"))
        .has("brightness", json!(254));
    light
        .hear("s", r#"{"color_mode":"xy","color":{"x":0.7,"y":0.3}}"#)
        .has("xy_color", json!([0.7, 0.3]))
        .has("color_mode", json!("xy"));
    light.sends(
        "turn_on",
        json!({"brightness": 100, "transition": 2.0, "color_temp_kelvin": 2700}),
        &[("c", r#"{"state":"ON","transition":2,"brightness":100,"color_temp":370}"#)],
    );
    light.sends(
        "turn_on",
        json!({"flash": "long", "effect": "blink"}),
        &[("c", r#"{"state":"ON","flash":10,"effect":"blink"}"#)],
    );
    light.sends("turn_on", json!({"xy_color": [0.1, 0.2]}), &[("c", r#"{"state":"ON","color":{"x":0.1,"y":0.2}}"#)]);
    light.sends("turn_off", json!({}), &[("c", r#"{"state":"OFF"}"#)]).hear("s", r#"{"state":"OFF"}"#).state("off");
    assert_eq!(light.model.features(), Some(4 | 8 | 32));
    assert!(light.is_deaf("s", "[]"));
    check_wrong(
        "light",
        json!({"schema": "json", "command_topic": "c", "supported_color_modes": ["x"]}),
        "supported_color_modes",
    );
}

fn shell(fields: Value) -> Arc<Shell> {
    let post = Arc::new(Post::new(None, "p".to_owned()));
    let fields = fields.as_object().unwrap();
    build("sensor", fields, "t", "", Some("x"), None, &post).unwrap().0
}

/// Two spare messages: without an id, and with an entity id of another domain.
#[test]
fn what_tells_an_entity_apart() {
    assert_eq!(shell(json!({"state_topic": "s"})).name(), ("sensor".to_owned(), "t".to_owned()));
    assert_eq!(shell(json!({"state_topic": "s", "unique_id": "u"})).name().1, "u");
    let fields = json!({"state_topic": "s", "default_entity_id": "light.x"});
    let fields = fields.as_object().unwrap();
    assert!(Common::parse("sensor", Fields::new(fields), "t", "", None).is_err());
}

/// Any JSON, made of the names that messages have.
fn message() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        Just("state_topic"),
        Just("command_topic"),
        Just("value_template"),
        Just("availability"),
        Just("device"),
        Just("options"),
        Just("min"),
        Just("max"),
        Just("schema"),
        Just("brightness_scale"),
        Just("effect_list"),
        Just("qos"),
        Just("modes"),
        Just("supported_color_modes"),
        Just("expire_after"),
        Just("json_attributes_topic"),
        Just("identifiers"),
        Just("topic"),
        Just("tilt_min"),
        Just("position_open"),
        Just("speed_range_max"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z/{}#+0-9 ~%.|]{0,12}".prop_map(Value::from),
        Just(json!("json")),
        Just(json!("{{ value_json.x }}")),
        Just(json!("a/b")),
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((names.clone(), inner), 0..8).prop_map(|members| {
                Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_description_and_no_payload_panics(message in message(), payload in ".{0,40}", said in message()) {
        let Value::Object(mut fields) = message else { return Ok(()) };
        fields.entry("command_topic").or_insert_with(|| json!("c"));
        fields.entry("state_topic").or_insert_with(|| json!("s"));
        for domain in DOMAINS {
            let post = Arc::new(Post::new(None, "p".to_owned()));
            if let Ok((shell, _)) = build(domain, &fields, "t", "p", Some("x"), None, &post) {
                for nth in 0..shell.topics().len() + 1 {
                    shell.hear(nth, &payload);
                    shell.hear(nth, &said.to_string());
                }
            }
        }
    }
}
