//! Heating and cooling.

use config_entries::hub::HandlerError;
use serde_json::{Map, Value, json};

use super::{
    Ask, Inlets, Model, Order, Outlet,
    channel::{NONE, number, plain},
    choice,
    feature::{bits, climate as feature},
};
use crate::discovery::{Fields, Problem};

/// A thermostat or an air conditioner.
#[derive(Clone)]
pub(crate) struct Climate {
    inlets: Inlets<Kind>,
    /// Of mode, fan mode, preset, swing mode.
    words: [Word; 4],
    /// Of the one temperature, the high one, the low one, the humidity.
    targets: [Target; 4],
    power: Option<(Outlet, [String; 2])>,
    temperatures: (f64, f64),
    humidities: (f64, f64),
    step: Option<f64>,
    unit: &'static str,
    has_action: bool,
    current_temperature: Option<f64>,
    current_humidity: Option<f64>,
    action: Option<String>,
    /// What it was before it was turned off.
    last_mode: Option<String>,
}

/// One of a few words that can be chosen.
#[derive(Clone)]
struct Word {
    outlet: Option<Outlet>,
    is_there: bool,
    assumed: bool,
    known: Vec<String>,
    now: Option<String>,
}

/// A number that can be aimed at.
#[derive(Clone)]
struct Target {
    outlet: Option<Outlet>,
    is_there: bool,
    assumed: bool,
    now: Option<f64>,
}

#[derive(Clone, Copy)]
enum Kind {
    Word(usize),
    Target(usize),
    CurrentTemperature,
    CurrentHumidity,
    Action,
}

/// Fields of the words: their start, what lists them, what is known without a list.
const WORDS: [(&str, &str, &[&str]); 4] = [
    ("mode", "modes", &["auto", "off", "cool", "heat", "dry", "fan_only"]),
    ("fan_mode", "fan_modes", &["auto", "low", "medium", "high"]),
    ("preset_mode", "preset_modes", &[]),
    ("swing_mode", "swing_modes", &["on", "off"]),
];
const TARGETS: [&str; 4] = ["temperature", "temperature_high", "temperature_low", "target_humidity"];
const MODES: [&str; 7] = ["auto", "off", "cool", "heat", "heat_cool", "dry", "fan_only"];
const ACTIONS: [&str; 9] =
    ["off", "heating", "cooling", "drying", "idle", "fan", "preheating", "defrosting", "humidifying"];

impl Climate {
    pub(crate) fn parse(fields: Fields<'_>) -> Result<Self, Problem> {
        let mut inlets = Inlets::new();
        let optimistic = fields.flag("optimistic")?.unwrap_or(false);
        let mut words = Vec::new();
        for (n, (start, list, default)) in WORDS.into_iter().enumerate() {
            let template =
                if n == 2 { "preset_mode_value_template".to_owned() } else { format!("{start}_state_template") };
            let heard = inlets.add(fields, &format!("{start}_state_topic"), &template, Kind::Word(n))?;
            let outlet =
                Outlet::parse(fields, &format!("{start}_command_topic"), &format!("{start}_command_template"))?;
            let known = fields.texts(list)?.unwrap_or_else(|| default.iter().map(|word| (*word).to_owned()).collect());
            if n == 0 && !known.iter().all(|mode| MODES.contains(&mode.as_str())) {
                return Err(Problem::new("modes", "has a mode that is not known"));
            }
            let is_there = heard || outlet.is_some();
            words.push(Word { outlet, is_there, assumed: optimistic || !heard, known, now: None });
        }
        let mut targets = Vec::new();
        let initial = fields.number("initial")?;
        for (n, start) in TARGETS.into_iter().enumerate() {
            let template = format!("{start}_state_template");
            let heard = inlets.add(fields, &format!("{start}_state_topic"), &template, Kind::Target(n))?;
            let outlet =
                Outlet::parse(fields, &format!("{start}_command_topic"), &format!("{start}_command_template"))?;
            let is_there = heard || outlet.is_some();
            let now = initial.filter(|_| n == 0 && !heard && is_there);
            targets.push(Target { outlet, is_there, assumed: optimistic || !heard, now });
        }
        inlets.add(fields, "current_temperature_topic", "current_temperature_template", Kind::CurrentTemperature)?;
        inlets.add(fields, "current_humidity_topic", "current_humidity_template", Kind::CurrentHumidity)?;
        let has_action = inlets.add(fields, "action_topic", "action_template", Kind::Action)?;
        let payloads = [fields.text_or("payload_on", "ON")?, fields.text_or("payload_off", "OFF")?];
        let power = Outlet::parse(fields, "power_command_topic", "power_command_template")?;
        let fahrenheit = fields.text("temperature_unit")?.is_some_and(|unit| unit == "F");
        let (least, most) = if fahrenheit { (45.0, 95.0) } else { (7.0, 35.0) };
        let bounds = |min: &str, max: &str, (least, most)| {
            let bounds = (fields.number(min)?.unwrap_or(least), fields.number(max)?.unwrap_or(most));
            if bounds.0 < bounds.1 { Ok(bounds) } else { Err(Problem::new(max, "is not above the least")) }
        };
        let wrong = |_| Problem::new("modes", "cannot be read");
        Ok(Self {
            inlets,
            words: words.try_into().map_err(wrong)?,
            targets: targets.try_into().map_err(|_| Problem::new("targets", "cannot be read"))?,
            power: power.map(|outlet| (outlet, payloads)),
            temperatures: bounds("min_temp", "max_temp", (least, most))?,
            humidities: bounds("min_humidity", "max_humidity", (30.0, 99.0))?,
            step: fields.number("temp_step")?,
            unit: if fahrenheit { "°F" } else { "°C" },
            has_action,
            current_temperature: None,
            current_humidity: None,
            action: None,
            last_mode: None,
        })
    }

    /// Returns the mode that turning on or off comes to.
    fn switched(&self, ask: &Ask<'_>) -> Option<String> {
        let [mode, ..] = &self.words;
        let on = match ask.service {
            "turn_on" => true,
            "turn_off" => false,
            "toggle" => mode.now.as_deref() == Some("off"),
            _ => return None,
        };
        if !on {
            return Some("off".to_owned());
        }
        let choices = ["heat_cool", "heat", "cool"].map(str::to_owned);
        let usual = choices.into_iter().find(|choice| mode.known.contains(choice));
        let any = mode.known.iter().find(|mode| *mode != "off").cloned();
        self.last_mode.clone().or(usual).or(any)
    }

    /// Returns which word a service is about, and its field.
    fn word_of(service: &str) -> Option<(usize, &'static str)> {
        Some(match service {
            "set_hvac_mode" => (0, "hvac_mode"),
            "set_fan_mode" => (1, "fan_mode"),
            "set_preset_mode" => (2, "preset_mode"),
            "set_swing_mode" => (3, "swing_mode"),
            _ => return None,
        })
    }

    fn set_temperature(&self, ask: &Ask<'_>) -> Result<Vec<Order>, HandlerError> {
        let mut orders = Vec::new();
        if ask.has("hvac_mode") {
            orders.push(self.choose(0, "hvac_mode", ask)?);
        }
        for (target, field) in self.targets.iter().zip(TEMPERATURE_FIELDS) {
            let Some(degrees) = ask.float(field) else { continue };
            let (min, max) = self.temperatures;
            if !(min..=max).contains(&degrees) {
                let text = format!("Provided temperature {degrees} is not valid. Accepted range is {min} to {max}");
                return Err(HandlerError::validation(text));
            }
            let outlet = target.outlet.as_ref().ok_or_else(|| ask.unsupported())?;
            orders.push(outlet.order(plain_float(degrees))?);
        }
        if orders.is_empty() {
            return Err(HandlerError::validation(
                "must contain at least one of temperature, target_temp_high, target_temp_low.",
            ));
        }
        Ok(orders)
    }

    fn choose(&self, n: usize, field: &str, ask: &Ask<'_>) -> Result<Order, HandlerError> {
        let word = self.words.get(n).filter(|word| word.outlet.is_some());
        let (word, outlet) =
            word.and_then(|word| Some((word, word.outlet.as_ref()?))).ok_or_else(|| ask.unsupported())?;
        // "none" takes a preset away.
        let none = n == 2 && ask.text(field) == Some("none");
        outlet.order(if none { "none" } else { choice(ask, field, &word.known)? })
    }
}

const TEMPERATURE_FIELDS: [&str; 3] = ["temperature", "target_temp_high", "target_temp_low"];

/// Home Assistant sends temperatures as Python writes floats.
fn plain_float(degrees: f64) -> minijinja::Value {
    minijinja::Value::from(degrees)
}

impl Model for Climate {
    fn topics(&self) -> Vec<String> {
        self.inlets.topics()
    }

    fn hear(&mut self, nth: usize, payload: &str) -> Result<(), Problem> {
        let Some((kind, text)) = self.inlets.read(nth, payload)? else { return Ok(()) };
        if text.is_empty() {
            return Ok(());
        }
        let value = |field| if text == NONE { Ok(None) } else { number(&text, field).map(Some) };
        match kind {
            Kind::CurrentTemperature => self.current_temperature = value("current_temperature_topic")?,
            Kind::CurrentHumidity => self.current_humidity = value("current_humidity_topic")?,
            Kind::Target(n) => {
                if let Some(target) = self.targets.get_mut(n) {
                    target.now = value("temperature_state_topic")?;
                }
            }
            Kind::Action if text == NONE => self.action = None,
            Kind::Action if ACTIONS.contains(&text.as_str()) => self.action = Some(text),
            Kind::Action => return Err(Problem::new("action_topic", "says no action")),
            Kind::Word(n) => {
                let Some(word) = self.words.get_mut(n) else { return Ok(()) };
                if text == NONE || (n == 2 && text == "none") {
                    word.now = None;
                } else if word.known.contains(&text) {
                    if n == 0 && text != "off" {
                        self.last_mode = Some(text.clone());
                    }
                    word.now = Some(text);
                } else {
                    return Err(Problem::new("mode_state_topic", "says a word that is not known"));
                }
            }
        }
        Ok(())
    }

    fn state(&self) -> Option<String> {
        let [mode, ..] = &self.words;
        mode.now.clone()
    }

    fn capabilities(&self) -> Map<String, Value> {
        let [mode, fan, preset, swing] = &self.words;
        let [one, high, _, humidity] = &self.targets;
        let with_none = || std::iter::once("none").chain(preset.known.iter().map(String::as_str)).collect::<Vec<_>>();
        let degrees = one.is_there || high.is_there;
        let known = [
            (true, "hvac_modes", json!(mode.known)),
            (true, "min_temp", json!(self.temperatures.0)),
            (true, "max_temp", json!(self.temperatures.1)),
            (degrees && self.step.is_some(), "target_temp_step", json!(self.step)),
            (humidity.is_there, "min_humidity", json!(self.humidities.0)),
            (humidity.is_there, "max_humidity", json!(self.humidities.1)),
            (fan.is_there, "fan_modes", json!(fan.known)),
            (preset.is_there, "preset_modes", json!(with_none())),
            (swing.is_there, "swing_modes", json!(swing.known)),
        ];
        known.into_iter().filter(|(has, ..)| *has).map(|(_, name, value)| (name.to_owned(), value)).collect()
    }

    fn attributes(&self) -> Map<String, Value> {
        let [mode, fan, preset, swing] = &self.words;
        let [one, high, low, humidity] = &self.targets;
        let known = [
            (true, "current_temperature", json!(self.current_temperature)),
            (true, "temperature_unit", json!(self.unit)),
            (self.current_humidity.is_some(), "current_humidity", json!(self.current_humidity)),
            (one.is_there, "temperature", json!(one.now)),
            (high.is_there, "target_temp_high", json!(high.now)),
            (low.is_there, "target_temp_low", json!(low.now)),
            (humidity.is_there, "humidity", json!(humidity.now)),
            (self.has_action, "hvac_action", json!(self.action)),
            (fan.is_there, "fan_mode", json!(fan.now)),
            (preset.is_there, "preset_mode", json!(preset.now.as_deref().unwrap_or("none"))),
            (swing.is_there, "swing_mode", json!(swing.now)),
            (mode.assumed, "assumed_state", json!(true)),
        ];
        known.into_iter().filter(|(has, ..)| *has).map(|(_, name, value)| (name.to_owned(), value)).collect()
    }

    fn features(&self) -> Option<u64> {
        let [mode, fan, preset, swing] = self.words.each_ref().map(|word| word.is_there);
        let [one, high, low, humidity] = self.targets.each_ref().map(|target| target.is_there);
        let [modes, ..] = &self.words;
        let switches = self.power.is_some() || (mode && modes.known.iter().any(|mode| mode == "off"));
        Some(bits([
            (one, feature::TARGET_TEMPERATURE),
            (high || low, feature::TARGET_TEMPERATURE_RANGE),
            (humidity, feature::TARGET_HUMIDITY),
            (fan, feature::FAN_MODE),
            (preset, feature::PRESET_MODE),
            (swing, feature::SWING_MODE),
            (switches, feature::TURN_ON | feature::TURN_OFF),
        ]))
    }

    fn order(&self, ask: &Ask<'_>) -> Result<Vec<Order>, HandlerError> {
        if let Some((n, field)) = Self::word_of(ask.service) {
            return Ok(vec![self.choose(n, field, ask)?]);
        }
        if let Some(wanted) = self.switched(ask) {
            if let Some((outlet, [on, off])) = &self.power {
                return Ok(vec![outlet.order(if wanted == "off" { off.as_str() } else { on.as_str() })?]);
            }
            let [mode, ..] = &self.words;
            let outlet = mode.outlet.as_ref().filter(|_| mode.known.contains(&wanted));
            return Ok(vec![outlet.ok_or_else(|| ask.unsupported())?.order(wanted)?]);
        }
        match ask.service {
            "set_temperature" => self.set_temperature(ask),
            "set_humidity" => {
                let [.., humidity] = &self.targets;
                let (outlet, wanted) = (humidity.outlet.as_ref(), ask.float("humidity").unwrap_or(0.0));
                let outlet = outlet.ok_or_else(|| ask.unsupported())?;
                let (min, max) = self.humidities;
                if !(min..=max).contains(&wanted) {
                    return Err(HandlerError::validation(format!(
                        "Provided humidity {wanted} is not valid. Accepted range is {min} to {max}"
                    )));
                }
                Ok(vec![outlet.order(plain(wanted))?])
            }
            _ => Err(ask.unsupported()),
        }
    }

    fn assume(&mut self, ask: &Ask<'_>) -> bool {
        let switched = self.switched(ask);
        let mut changed = false;
        let [mode, ..] = &mut self.words;
        let asked = ask.text("hvac_mode").map(str::to_owned);
        if let Some(wanted) = switched.or(asked).filter(|_| mode.assumed) {
            if wanted != "off" {
                self.last_mode = Some(wanted.clone());
            }
            mode.now = Some(wanted);
            changed = true;
        }
        if let Some((n, field)) = Self::word_of(ask.service).filter(|(n, _)| *n > 0)
            && let Some(word) = self.words.get_mut(n).filter(|word| word.assumed)
        {
            word.now = ask.text(field).filter(|word| *word != "none").map(str::to_owned);
            changed = true;
        }
        let fields = TEMPERATURE_FIELDS.into_iter().chain(["humidity"]);
        for (target, field) in self.targets.iter_mut().zip(fields).filter(|(target, _)| target.assumed) {
            if let Some(wanted) = ask.float(field) {
                target.now = Some(wanted);
                changed = true;
            }
        }
        changed
    }
}
