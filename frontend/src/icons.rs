//! Icons of entity domains, as the frontend asks the hub for them: names of Material Design icons, which it has itself.

use serde_json::{Map, Value, json};

/// The icons of one domain or class of devices: the usual one, and those of states that have another.
type Icons = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Returns a domain's icons by class, `_` for what has none; nothing for a domain without any.
pub fn domain_icons(domain: &str) -> Option<Value> {
    let of_domain = ICONS.iter().filter(|(of, ..)| *of == domain);
    let by_class: Map<_, _> = of_domain
        .map(|(_, class, default, states)| {
            let mut icons = Map::from_iter([("default".to_owned(), json!(format!("mdi:{default}")))]);
            if !states.is_empty() {
                let states = states.iter().map(|(state, icon)| ((*state).to_owned(), json!(format!("mdi:{icon}"))));
                icons.insert("state".to_owned(), states.collect());
            }
            ((*class).to_owned(), Value::Object(icons))
        })
        .collect();
    (!by_class.is_empty()).then_some(Value::Object(by_class))
}

const NONE: &[(&str, &str)] = &[];

#[rustfmt::skip]
const ICONS: &[Icons] = &[
    ("alarm_control_panel", "_", "shield", &[("disarmed", "shield-off"), ("triggered", "bell-ring")]),
    ("automation", "_", "robot", &[("off", "robot-off")]),
    ("binary_sensor", "_", "radiobox-blank", &[("on", "checkbox-marked-circle")]),
    ("binary_sensor", "battery", "battery", &[("on", "battery-outline")]),
    ("binary_sensor", "connectivity", "close-network-outline", &[("on", "check-network-outline")]),
    ("binary_sensor", "door", "door-closed", &[("on", "door-open")]),
    ("binary_sensor", "garage_door", "garage", &[("on", "garage-open")]),
    ("binary_sensor", "moisture", "water-off", &[("on", "water")]),
    ("binary_sensor", "motion", "motion-sensor-off", &[("on", "motion-sensor")]),
    ("binary_sensor", "occupancy", "home-outline", &[("on", "home")]),
    ("binary_sensor", "presence", "home-outline", &[("on", "home")]),
    ("binary_sensor", "problem", "check-circle", &[("on", "alert-circle")]),
    ("binary_sensor", "smoke", "smoke-detector-variant", &[("on", "smoke-detector-variant-alert")]),
    ("binary_sensor", "window", "window-closed", &[("on", "window-open")]),
    ("button", "_", "button-pointer", NONE),
    ("calendar", "_", "calendar", &[("on", "calendar-check"), ("off", "calendar-blank")]),
    ("camera", "_", "video", &[("off", "video-off")]),
    ("climate", "_", "thermostat", NONE),
    ("counter", "_", "counter", NONE),
    ("cover", "_", "window-open", &[("closed", "window-closed")]),
    ("cover", "garage", "garage-open", &[("closed", "garage")]),
    ("cover", "shutter", "window-shutter-open", &[("closed", "window-shutter")]),
    ("date", "_", "calendar", NONE),
    ("datetime", "_", "calendar-clock", NONE),
    ("device_tracker", "_", "account", &[("not_home", "account-arrow-right")]),
    ("event", "_", "eye-check", NONE),
    ("fan", "_", "fan", &[("off", "fan-off")]),
    ("group", "_", "google-circles-communities", NONE),
    ("humidifier", "_", "air-humidifier", &[("off", "air-humidifier-off")]),
    ("image", "_", "image", NONE),
    ("input_boolean", "_", "check-circle-outline", &[("off", "close-circle-outline")]),
    ("input_button", "_", "button-pointer", NONE),
    ("input_number", "_", "ray-vertex", NONE),
    ("input_select", "_", "format-list-bulleted", NONE),
    ("input_text", "_", "form-textbox", NONE),
    ("lawn_mower", "_", "robot-mower", NONE),
    ("light", "_", "lightbulb", &[("off", "lightbulb-outline")]),
    ("lock", "_", "lock", &[("jammed", "lock-alert"), ("open", "lock-open"), ("unlocked", "lock-open-variant")]),
    ("media_player", "_", "cast", &[("off", "cast-off"), ("paused", "pause"), ("playing", "cast-connected")]),
    ("notify", "_", "message", NONE),
    ("number", "_", "ray-vertex", NONE),
    ("person", "_", "account", &[("not_home", "account-arrow-right")]),
    ("remote", "_", "remote", &[("off", "remote-off")]),
    ("scene", "_", "palette", NONE),
    ("script", "_", "script-text", &[("on", "script-text-play")]),
    ("select", "_", "format-list-bulleted", NONE),
    ("sensor", "_", "eye", NONE),
    ("sensor", "battery", "battery", NONE),
    ("sensor", "energy", "lightning-bolt", NONE),
    ("sensor", "humidity", "water-percent", NONE),
    ("sensor", "illuminance", "brightness-5", NONE),
    ("sensor", "power", "flash", NONE),
    ("sensor", "pressure", "gauge", NONE),
    ("sensor", "signal_strength", "wifi", NONE),
    ("sensor", "temperature", "thermometer", NONE),
    ("sensor", "timestamp", "clock", NONE),
    ("siren", "_", "bullhorn", &[("off", "bullhorn-outline")]),
    ("sun", "_", "white-balance-sunny", &[("below_horizon", "weather-night")]),
    ("switch", "_", "toggle-switch-variant", &[("off", "toggle-switch-variant-off")]),
    ("switch", "outlet", "power-plug", &[("off", "power-plug-off")]),
    ("text", "_", "form-textbox", NONE),
    ("time", "_", "clock", NONE),
    ("timer", "_", "timer-outline", NONE),
    ("todo", "_", "clipboard-list", NONE),
    ("update", "_", "package-up", &[("off", "package")]),
    ("vacuum", "_", "robot-vacuum", &[("error", "robot-vacuum-alert")]),
    ("valve", "_", "valve-open", &[("closed", "valve-closed")]),
    ("water_heater", "_", "water-boiler", &[("off", "water-boiler-off")]),
    ("weather", "_", "weather-partly-cloudy", &[
        ("clear-night", "weather-night"), ("cloudy", "weather-cloudy"), ("fog", "weather-fog"), ("hail", "weather-hail"),
        ("lightning", "weather-lightning"), ("lightning-rainy", "weather-lightning-rainy"), ("pouring", "weather-pouring"),
        ("rainy", "weather-rainy"), ("snowy", "weather-snowy"), ("snowy-rainy", "weather-snowy-rainy"),
        ("sunny", "weather-sunny"), ("windy", "weather-windy"), ("windy-variant", "weather-windy-variant"),
    ]),
    ("zone", "_", "map-marker-radius", NONE),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icons_are_by_class_and_state() {
        let door = domain_icons("binary_sensor").unwrap();
        assert_eq!(door["door"], json!({"default": "mdi:door-closed", "state": {"on": "mdi:door-open"}}));
        assert_eq!(domain_icons("scene"), Some(json!({"_": {"default": "mdi:palette"}})));
        assert_eq!(domain_icons("none"), None);
    }
}
