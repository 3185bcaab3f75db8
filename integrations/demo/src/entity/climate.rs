//! Heating and cooling.

use components::feature::climate as feature;
use serde_json::{Map, Value, json};
use service_bus::HandlerError;

use super::{Answer, Ask, Model, Tick, convert::rounded, invalid, keyed, members};

/// A thermostat or an air conditioner. The room's temperature follows what it aims at, step by step.
#[derive(Clone)]
pub(crate) struct Climate {
    modes: &'static [&'static str],
    mode: &'static str,
    /// What it goes back to when it is turned on.
    last_mode: &'static str,
    current: f64,
    outside: f64,
    target: f64,
    /// Low and high, while it heats and cools.
    range: Option<[f64; 2]>,
    fan: Option<Choice>,
    preset: Option<Choice>,
    swing: Option<Choice>,
    humidity: Option<i64>,
}

/// One of a few words.
#[derive(Clone)]
struct Choice {
    known: &'static [&'static str],
    chosen: &'static str,
}

impl Climate {
    pub(crate) const fn new(modes: &'static [&'static str], mode: &'static str, current: f64, target: f64) -> Self {
        Self {
            modes,
            mode,
            last_mode: "heat",
            current,
            outside: current - 4.0,
            target,
            range: None,
            fan: None,
            preset: None,
            swing: None,
            humidity: None,
        }
    }

    pub(crate) const fn with_range(self, low: f64, high: f64) -> Self {
        Self { range: Some([low, high]), last_mode: "heat_cool", ..self }
    }

    pub(crate) const fn with_fan(self, known: &'static [&'static str], chosen: &'static str) -> Self {
        Self { fan: Some(Choice { known, chosen }), ..self }
    }

    pub(crate) const fn with_presets(self, known: &'static [&'static str], chosen: &'static str) -> Self {
        Self { preset: Some(Choice { known, chosen }), ..self }
    }

    pub(crate) const fn with_swing(self, known: &'static [&'static str], chosen: &'static str) -> Self {
        Self { swing: Some(Choice { known, chosen }), ..self }
    }

    pub(crate) const fn with_humidity(self, humidity: i64) -> Self {
        Self { humidity: Some(humidity), ..self }
    }

    fn set_mode(&mut self, ask: &Ask<'_>) -> Result<(), HandlerError> {
        if let Some(mode) = ask.word("hvac_mode", self.modes)? {
            self.switch_to(mode);
        }
        Ok(())
    }

    fn switch_to(&mut self, mode: &'static str) {
        if self.mode != "off" {
            self.last_mode = self.mode;
        }
        self.mode = mode;
    }

    fn set_temperature(&mut self, ask: &Ask<'_>) -> Result<(), HandlerError> {
        let (low, high) = (ask.float("target_temp_low"), ask.float("target_temp_high"));
        for degrees in [ask.float("temperature"), low, high].into_iter().flatten() {
            if !(MIN..=MAX).contains(&degrees) {
                let text = format!("Provided temperature {degrees} is not valid. Accepted range is {MIN} to {MAX}");
                let placeholders = vec![
                    ("check_temp", degrees.to_string()),
                    ("min_temp", MIN.to_string()),
                    ("max_temp", MAX.to_string()),
                ];
                return Err(keyed("climate", "temp_out_of_range", text, placeholders));
            }
        }
        match (low, high, self.range) {
            (None, None, _) => {}
            (Some(low), Some(high), _) if low > high => {
                let text = "target_temp_low must not be above target_temp_high";
                return Err(keyed("climate", "low_temp_higher_than_high_temp", text, Vec::new()));
            }
            (Some(low), Some(high), Some(_)) => self.range = Some([low, high]),
            (_, _, None) => return Err(invalid(format!("{} has no range of temperatures", ask.entity_id))),
            _ => return Err(invalid("target_temp_low and target_temp_high go together")),
        }
        if let Some(target) = ask.float("temperature") {
            self.target = target;
        } else if low.is_none() {
            return Err(invalid("must contain at least one of temperature, target_temp_high, target_temp_low."));
        }
        self.set_mode(ask)
    }

    /// Returns what it is doing just now.
    fn action(&self) -> &'static str {
        let (low, high) = match (self.mode, self.range) {
            ("off", _) => return "off",
            ("dry", _) => return "drying",
            ("fan_only", _) => return "fan",
            ("heat_cool", Some([low, high])) => (low, high),
            ("heat", _) => (self.target, f64::MAX),
            ("cool", _) => (f64::MIN, self.target),
            _ => (self.target, self.target),
        };
        if self.current < low {
            "heating"
        } else if self.current > high {
            "cooling"
        } else {
            "idle"
        }
    }
}

impl Model for Climate {
    fn features(&self) -> Option<u64> {
        let optional = [
            (self.range.is_some(), feature::TARGET_TEMPERATURE_RANGE),
            (self.humidity.is_some(), feature::TARGET_HUMIDITY),
            (self.fan.is_some(), feature::FAN_MODE),
            (self.preset.is_some(), feature::PRESET_MODE),
            (self.swing.is_some(), feature::SWING_MODE),
        ];
        let always = feature::TARGET_TEMPERATURE | feature::TURN_ON | feature::TURN_OFF;
        Some(optional.into_iter().filter(|(has, _)| *has).fold(always, |features, (_, bit)| features | bit))
    }

    fn state(&self) -> String {
        self.mode.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        let mut attributes = members(json!({"hvac_modes": self.modes, "min_temp": MIN, "max_temp": MAX}));
        let mut put = |name: &str, value: Value| _ = attributes.insert(name.to_owned(), value);
        let choices = [
            ("fan_modes", "fan_mode", &self.fan),
            ("preset_modes", "preset_mode", &self.preset),
            ("swing_modes", "swing_mode", &self.swing),
        ];
        if self.humidity.is_some() {
            put("min_humidity", json!(30));
            put("max_humidity", json!(99));
        }
        for (list, _, choice) in &choices {
            if let Some(choice) = choice {
                put(list, json!(choice.known));
            }
        }
        put("current_temperature", json!(self.current));
        put("temperature_unit", json!("°C"));
        let ranges = self.mode == "heat_cool";
        put("temperature", if ranges && self.range.is_some() { Value::Null } else { json!(self.target) });
        if let Some([low, high]) = self.range {
            put("target_temp_high", if ranges { json!(high) } else { Value::Null });
            put("target_temp_low", if ranges { json!(low) } else { Value::Null });
        }
        if let Some(humidity) = self.humidity {
            put("humidity", json!(humidity));
        }
        put("hvac_action", json!(self.action()));
        for (_, name, choice) in &choices {
            if let Some(choice) = choice {
                put(name, json!(choice.chosen));
            }
        }
        attributes
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        match ask.service {
            "turn_on" if self.mode == "off" => self.mode = self.last_mode,
            "turn_on" => {}
            "turn_off" => self.switch_to("off"),
            "toggle" if self.mode == "off" => self.mode = self.last_mode,
            "toggle" => self.switch_to("off"),
            "set_hvac_mode" => self.set_mode(ask)?,
            "set_temperature" => self.set_temperature(ask)?,
            "set_humidity" if self.humidity.is_some() => {
                let humidity = ask.int("humidity").filter(|h| (30..=99).contains(h));
                self.humidity = Some(humidity.ok_or_else(|| invalid("humidity goes from 30 to 99"))?);
            }
            "set_fan_mode" => choose(&mut self.fan, ask, "fan_mode")?,
            "set_preset_mode" => choose(&mut self.preset, ask, "preset_mode")?,
            "set_swing_mode" => choose(&mut self.swing, ask, "swing_mode")?,
            _ => return Err(ask.unsupported()),
        }
        Ok(None)
    }

    fn step(&mut self, tick: Tick) -> bool {
        if !tick.n.is_multiple_of(6) {
            return false;
        }
        let before = self.current;
        self.current = match self.action() {
            "heating" => self.current + 0.1,
            "cooling" => self.current - 0.1,
            // The room loses its warmth, slowly.
            "off" if self.current > self.outside => self.current - 0.1,
            _ => self.current,
        };
        self.current = rounded(self.current, 1);
        before.to_bits() != self.current.to_bits()
    }
}

fn choose(choice: &mut Option<Choice>, ask: &Ask<'_>, field: &'static str) -> Result<(), HandlerError> {
    let Some(choice) = choice else { return Err(ask.unsupported()) };
    if let Some(word) = ask.word(field, choice.known)? {
        choice.chosen = word;
    }
    Ok(())
}

const MIN: f64 = 7.0;
const MAX: f64 = 35.0;
