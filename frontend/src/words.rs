//! What entity domains and their states are called, in English: the frontend asks the hub for these words. Which domains and
//! states there are is Home Assistant's; the words are ours.

use serde_json::{Map, Value};

/// The words of one domain, or of one class of devices in it.
type Words = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Returns the words of a domain by key, flat: `component.light.entity_component._.name`. Empty for a domain without any.
pub fn domain_words(domain: &str) -> Map<String, Value> {
    let mut texts = Map::new();
    for (_, class, name, states) in WORDS.iter().filter(|(of, ..)| *of == domain) {
        let prefix = format!("component.{domain}.entity_component.{class}");
        texts.insert(format!("{prefix}.name"), Value::from(*name));
        texts.extend(states.iter().map(|(state, word)| (format!("{prefix}.state.{state}"), Value::from(*word))));
    }
    texts
}

/// Returns what a domain is called, if it is one of the entity domains.
pub fn domain_title(domain: &str) -> Option<&'static str> {
    WORDS.iter().find(|(of, class, ..)| *of == domain && *class == "_").map(|(_, _, name, _)| *name)
}

/// Returns the words of setting up a second factor, which everybody has for their own.
pub fn second_factor_words() -> Map<String, Value> {
    let words = [
        ("title", "Authenticator app"),
        ("step.init.title", "Set up an authenticator app"),
        (
            "step.init.description",
            "Scan this code with the authenticator app on your phone:\n\n{qr_code}\n\nOr type it into the app: **`{code}`**\n\n\
             Then enter the six digits that the app shows.",
        ),
        ("error.invalid_code", "That code is not right. Is the clock of your phone?"),
    ];
    words.map(|(key, text)| (format!("component.auth.mfa_setup.totp.{key}"), Value::from(text))).into_iter().collect()
}

const ON_OFF: &[(&str, &str)] = &[("on", "On"), ("off", "Off")];
const OPEN_CLOSED: &[(&str, &str)] = &[("on", "Open"), ("off", "Closed")];
const SEEN: &[(&str, &str)] = &[("on", "Detected"), ("off", "Clear")];
const MOVING: &[(&str, &str)] =
    &[("open", "Open"), ("opening", "Opening"), ("closed", "Closed"), ("closing", "Closing"), ("stopped", "Stopped")];
const NONE: &[(&str, &str)] = &[];

#[rustfmt::skip]
const WORDS: &[Words] = &[
    ("alarm_control_panel", "_", "Alarm panel", &[
        ("armed_away", "Armed, away"), ("armed_custom_bypass", "Armed, with exceptions"), ("armed_home", "Armed, at home"),
        ("armed_night", "Armed, night"), ("armed_vacation", "Armed, holiday"), ("arming", "Arming"), ("disarmed", "Disarmed"),
        ("disarming", "Disarming"), ("pending", "Pending"), ("triggered", "Triggered"),
    ]),
    ("automation", "_", "Automation", ON_OFF),
    ("binary_sensor", "_", "Binary sensor", ON_OFF),
    ("binary_sensor", "battery", "Battery", &[("on", "Low"), ("off", "Normal")]),
    ("binary_sensor", "battery_charging", "Charging", &[("on", "Charging"), ("off", "Not charging")]),
    ("binary_sensor", "carbon_monoxide", "Carbon monoxide", SEEN),
    ("binary_sensor", "cold", "Cold", &[("on", "Cold"), ("off", "Normal")]),
    ("binary_sensor", "connectivity", "Connection", &[("on", "Connected"), ("off", "Disconnected")]),
    ("binary_sensor", "door", "Door", OPEN_CLOSED),
    ("binary_sensor", "garage_door", "Garage door", OPEN_CLOSED),
    ("binary_sensor", "gas", "Gas", SEEN),
    ("binary_sensor", "heat", "Heat", &[("on", "Hot"), ("off", "Normal")]),
    ("binary_sensor", "light", "Light", &[("on", "Bright"), ("off", "Dark")]),
    ("binary_sensor", "lock", "Lock", &[("on", "Unlocked"), ("off", "Locked")]),
    ("binary_sensor", "moisture", "Moisture", &[("on", "Wet"), ("off", "Dry")]),
    ("binary_sensor", "motion", "Motion", SEEN),
    ("binary_sensor", "moving", "Movement", &[("on", "Moving"), ("off", "Still")]),
    ("binary_sensor", "occupancy", "Occupancy", &[("on", "Occupied"), ("off", "Empty")]),
    ("binary_sensor", "opening", "Opening", OPEN_CLOSED),
    ("binary_sensor", "plug", "Plug", &[("on", "Plugged in"), ("off", "Unplugged")]),
    ("binary_sensor", "power", "Power", &[("on", "Powered"), ("off", "No power")]),
    ("binary_sensor", "presence", "Presence", &[("on", "Home"), ("off", "Away")]),
    ("binary_sensor", "problem", "Problem", &[("on", "Problem"), ("off", "Fine")]),
    ("binary_sensor", "running", "Running", &[("on", "Running"), ("off", "Not running")]),
    ("binary_sensor", "safety", "Safety", &[("on", "Unsafe"), ("off", "Safe")]),
    ("binary_sensor", "smoke", "Smoke", SEEN),
    ("binary_sensor", "sound", "Sound", SEEN),
    ("binary_sensor", "tamper", "Tampering", SEEN),
    ("binary_sensor", "update", "Update", &[("on", "Update available"), ("off", "Up to date")]),
    ("binary_sensor", "vibration", "Vibration", SEEN),
    ("binary_sensor", "window", "Window", OPEN_CLOSED),
    ("button", "_", "Button", NONE),
    ("calendar", "_", "Calendar", &[("on", "Active"), ("off", "Inactive")]),
    ("camera", "_", "Camera", &[("idle", "Idle"), ("recording", "Recording"), ("streaming", "Streaming")]),
    ("climate", "_", "Climate", &[
        ("auto", "Automatic"), ("cool", "Cooling"), ("dry", "Drying"), ("fan_only", "Fan only"), ("heat", "Heating"),
        ("heat_cool", "Heating and cooling"), ("off", "Off"),
    ]),
    ("counter", "_", "Counter", NONE),
    ("cover", "_", "Cover", MOVING),
    ("cover", "awning", "Awning", NONE),
    ("cover", "blind", "Blind", NONE),
    ("cover", "curtain", "Curtain", NONE),
    ("cover", "door", "Door", NONE),
    ("cover", "garage", "Garage door", NONE),
    ("cover", "gate", "Gate", NONE),
    ("cover", "shade", "Shade", NONE),
    ("cover", "shutter", "Shutter", NONE),
    ("cover", "window", "Window", NONE),
    ("date", "_", "Date", NONE),
    ("datetime", "_", "Date and time", NONE),
    ("device_tracker", "_", "Device tracker", &[("home", "Home"), ("not_home", "Away")]),
    ("event", "_", "Event", NONE),
    ("fan", "_", "Fan", ON_OFF),
    ("group", "_", "Group", &[
        ("closed", "Closed"), ("home", "Home"), ("locked", "Locked"), ("not_home", "Away"), ("off", "Off"), ("ok", "Fine"),
        ("on", "On"), ("open", "Open"), ("problem", "Problem"), ("unlocked", "Unlocked"),
    ]),
    ("humidifier", "_", "Humidifier", ON_OFF),
    ("humidifier", "dehumidifier", "Dehumidifier", NONE),
    ("image", "_", "Image", NONE),
    ("input_boolean", "_", "Switch helper", ON_OFF),
    ("input_button", "_", "Button helper", NONE),
    ("input_datetime", "_", "Time helper", NONE),
    ("input_number", "_", "Number helper", NONE),
    ("input_select", "_", "Choice helper", NONE),
    ("input_text", "_", "Text helper", NONE),
    ("lawn_mower", "_", "Lawn mower", &[
        ("docked", "Docked"), ("error", "Error"), ("mowing", "Mowing"), ("paused", "Paused"), ("returning", "Returning"),
    ]),
    ("light", "_", "Light", ON_OFF),
    ("lock", "_", "Lock", &[
        ("jammed", "Jammed"), ("locked", "Locked"), ("locking", "Locking"), ("open", "Open"), ("opening", "Opening"),
        ("unlocked", "Unlocked"), ("unlocking", "Unlocking"),
    ]),
    ("media_player", "_", "Media player", &[
        ("buffering", "Buffering"), ("idle", "Idle"), ("off", "Off"), ("on", "On"), ("paused", "Paused"),
        ("playing", "Playing"), ("standby", "Standby"),
    ]),
    ("notify", "_", "Notifier", NONE),
    ("number", "_", "Number", NONE),
    ("person", "_", "Person", &[("home", "Home"), ("not_home", "Away")]),
    ("remote", "_", "Remote", ON_OFF),
    ("scene", "_", "Scene", NONE),
    ("script", "_", "Script", ON_OFF),
    ("select", "_", "Choice", NONE),
    ("sensor", "_", "Sensor", &[("off", "Off"), ("on", "On")]),
    ("sensor", "battery", "Battery", NONE),
    ("sensor", "carbon_dioxide", "Carbon dioxide", NONE),
    ("sensor", "current", "Current", NONE),
    ("sensor", "distance", "Distance", NONE),
    ("sensor", "duration", "Duration", NONE),
    ("sensor", "energy", "Energy", NONE),
    ("sensor", "humidity", "Humidity", NONE),
    ("sensor", "illuminance", "Illuminance", NONE),
    ("sensor", "monetary", "Money", NONE),
    ("sensor", "power", "Power", NONE),
    ("sensor", "pressure", "Pressure", NONE),
    ("sensor", "signal_strength", "Signal strength", NONE),
    ("sensor", "temperature", "Temperature", NONE),
    ("sensor", "timestamp", "Time", NONE),
    ("sensor", "voltage", "Voltage", NONE),
    ("siren", "_", "Siren", ON_OFF),
    ("sun", "_", "Sun", &[("above_horizon", "Above the horizon"), ("below_horizon", "Below the horizon")]),
    ("switch", "_", "Switch", ON_OFF),
    ("switch", "outlet", "Outlet", NONE),
    ("text", "_", "Text", NONE),
    ("time", "_", "Time", NONE),
    ("timer", "_", "Timer", &[("active", "Active"), ("idle", "Idle"), ("paused", "Paused")]),
    ("todo", "_", "To-do list", NONE),
    ("update", "_", "Update", &[("on", "Update available"), ("off", "Up to date")]),
    ("vacuum", "_", "Vacuum", &[
        ("cleaning", "Cleaning"), ("docked", "Docked"), ("error", "Error"), ("idle", "Idle"), ("paused", "Paused"),
        ("returning", "Returning"),
    ]),
    ("valve", "_", "Valve", MOVING),
    ("water_heater", "_", "Water heater", &[
        ("eco", "Economy"), ("electric", "Electric"), ("gas", "Gas"), ("heat_pump", "Heat pump"),
        ("high_demand", "High demand"), ("off", "Off"), ("performance", "Performance"),
    ]),
    ("weather", "_", "Weather", &[
        ("clear-night", "Clear night"), ("cloudy", "Cloudy"), ("exceptional", "Exceptional"), ("fog", "Fog"), ("hail", "Hail"),
        ("lightning", "Lightning"), ("lightning-rainy", "Lightning and rain"), ("partlycloudy", "Partly cloudy"),
        ("pouring", "Pouring"), ("rainy", "Rain"), ("snowy", "Snow"), ("snowy-rainy", "Sleet"), ("sunny", "Sunny"),
        ("windy", "Windy"), ("windy-variant", "Windy and cloudy"),
    ]),
    ("zone", "_", "Zone", NONE),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_flat_and_of_one_domain() {
        let words = domain_words("light");
        assert_eq!(words.get("component.light.entity_component._.name"), Some(&Value::from("Light")));
        assert_eq!(words.get("component.light.entity_component._.state.on"), Some(&Value::from("On")));
        assert!(words.keys().all(|key| key.starts_with("component.light.entity_component.")));
        assert!(domain_words("none").is_empty());
        assert_eq!((domain_title("lock"), domain_title("none")), (Some("Lock"), None));
    }

    #[test]
    fn nothing_is_there_twice() {
        for (n, (domain, class, ..)) in WORDS.iter().enumerate() {
            assert!(!WORDS.iter().skip(n + 1).any(|(d, c, ..)| d == domain && c == class), "{domain}.{class}");
        }
    }
}
