//! Fans.

use config_entries::hub::HandlerError;
use serde_json::{Map, Value, json};

use super::{
    Ask, Inlets, Model, Order, Outlet,
    channel::{NONE, number, plain, whole},
    choice,
    feature::{bits, fan as feature},
};
use crate::discovery::{Fields, Problem};

/// A fan.
#[derive(Clone)]
pub(crate) struct Fan {
    inlets: Inlets<Kind>,
    outlet: Outlet,
    percentage_out: Option<Outlet>,
    preset_out: Option<Outlet>,
    oscillation_out: Option<Outlet>,
    direction_out: Option<Outlet>,
    payloads: [String; 2],
    oscillations: [String; 2],
    resets: [String; 2],
    /// What the device calls its slowest and fastest.
    range: (f64, f64),
    presets: Vec<String>,
    /// Of on, percentage, preset, oscillation, direction: nobody says so.
    assumed: [bool; 5],
    now: Now,
}

#[derive(Clone, Default)]
struct Now {
    on: Option<bool>,
    percentage: Option<i64>,
    preset: Option<String>,
    oscillating: Option<bool>,
    direction: Option<String>,
}

#[derive(Clone, Copy)]
enum Kind {
    On,
    Percentage,
    Preset,
    Oscillation,
    Direction,
}

impl Fan {
    pub(crate) fn parse(fields: Fields<'_>) -> Result<Self, Problem> {
        let mut inlets = Inlets::new();
        let optimistic = fields.flag("optimistic")?.unwrap_or(false);
        let mut silent =
            |topic: &str, template: &str, kind| Ok(!inlets.add(fields, topic, template, kind)? || optimistic);
        let assumed = [
            silent("state_topic", "state_value_template", Kind::On)?,
            silent("percentage_state_topic", "percentage_value_template", Kind::Percentage)?,
            silent("preset_mode_state_topic", "preset_mode_value_template", Kind::Preset)?,
            silent("oscillation_state_topic", "oscillation_value_template", Kind::Oscillation)?,
            silent("direction_state_topic", "direction_value_template", Kind::Direction)?,
        ];
        let outlet = Outlet::parse(fields, "command_topic", "command_template")?;
        let range =
            (fields.number("speed_range_min")?.unwrap_or(1.0), fields.number("speed_range_max")?.unwrap_or(100.0));
        if range.0 < 1.0 || range.0 >= range.1 {
            return Err(Problem::new("speed_range_max", "is not above speed_range_min"));
        }
        let on_off = ["oscillate_on", "oscillate_off"];
        Ok(Self {
            inlets,
            outlet: fields.required("command_topic", outlet)?,
            percentage_out: Outlet::parse(fields, "percentage_command_topic", "percentage_command_template")?,
            preset_out: Outlet::parse(fields, "preset_mode_command_topic", "preset_mode_command_template")?,
            oscillation_out: Outlet::parse(fields, "oscillation_command_topic", "oscillation_command_template")?,
            direction_out: Outlet::parse(fields, "direction_command_topic", "direction_command_template")?,
            payloads: [fields.text_or("payload_on", "ON")?, fields.text_or("payload_off", "OFF")?],
            oscillations: [
                fields.text_or("payload_oscillation_on", on_off[0])?,
                fields.text_or("payload_oscillation_off", on_off[1])?,
            ],
            resets: [
                fields.text_or("payload_reset_percentage", NONE)?,
                fields.text_or("payload_reset_preset_mode", NONE)?,
            ],
            range,
            presets: fields.texts("preset_modes")?.unwrap_or_default(),
            assumed,
            now: Now::default(),
        })
    }

    fn steps(&self) -> f64 {
        self.range.1 - self.range.0 + 1.0
    }

    /// Returns the device's speed for a percentage above zero.
    fn speed(&self, percentage: i64) -> f64 {
        let percentage = f64::from(i32::try_from(percentage).unwrap_or(100));
        (percentage * self.steps() / 100.0 + self.range.0 - 1.0).ceil()
    }

    fn percentage_of(&self, speed: f64) -> i64 {
        whole(((speed - self.range.0 + 1.0) * 100.0 / self.steps()).floor()).clamp(0, 100)
    }

    /// Returns the percentage that a call asks for.
    fn wanted_percentage(&self, ask: &Ask<'_>) -> Option<i64> {
        let now = self.now.percentage.unwrap_or(0);
        let step = ask.float("percentage_step").map_or_else(|| whole((100.0 / self.steps()).max(1.0)), whole);
        match ask.service {
            "increase_speed" => Some((now + step).min(100)),
            "decrease_speed" => Some((now - step).max(0)),
            _ => ask.float("percentage").map(whole),
        }
    }

    fn power(&self, on: bool) -> Result<Order, HandlerError> {
        let [payload_on, payload_off] = &self.payloads;
        self.outlet.order(if on { payload_on.as_str() } else { payload_off.as_str() })
    }

    fn set_percentage(&self, percentage: i64, ask: &Ask<'_>) -> Result<Order, HandlerError> {
        let outlet = self.percentage_out.as_ref().ok_or_else(|| ask.unsupported())?;
        outlet.order(if percentage > 0 { plain(self.speed(percentage)) } else { plain(0.0) })
    }

    fn set_preset(&self, ask: &Ask<'_>) -> Result<Order, HandlerError> {
        let outlet = self.preset_out.as_ref().ok_or_else(|| ask.unsupported())?;
        outlet.order(choice(ask, "preset_mode", &self.presets)?)
    }

    fn is_turning_on(&self, ask: &Ask<'_>) -> Option<bool> {
        match ask.service {
            "turn_on" => Some(true),
            "turn_off" => Some(false),
            "toggle" => Some(self.now.on != Some(true)),
            _ => None,
        }
    }
}

impl Model for Fan {
    fn topics(&self) -> Vec<String> {
        self.inlets.topics()
    }

    fn hear(&mut self, nth: usize, payload: &str) -> Result<(), Problem> {
        let Some((kind, word)) = self.inlets.read(nth, payload)? else { return Ok(()) };
        let either = |[yes, no]: &[String; 2], field| match word.as_str() {
            word if word == yes => Ok(Some(true)),
            word if word == no => Ok(Some(false)),
            NONE => Ok(None),
            _ => Err(Problem::new(field, "says neither on nor off")),
        };
        let [reset_percentage, reset_preset] = &self.resets;
        match kind {
            _ if word.is_empty() => {}
            Kind::On => self.now.on = either(&self.payloads, "state_topic")?,
            Kind::Oscillation => self.now.oscillating = either(&self.oscillations, "oscillation_state_topic")?,
            Kind::Percentage if word == *reset_percentage => self.now.percentage = None,
            Kind::Percentage => {
                let speed = number(&word, "percentage_state_topic")?;
                self.now.percentage = Some(self.percentage_of(speed));
            }
            Kind::Preset if word == *reset_preset => self.now.preset = None,
            Kind::Preset if self.presets.contains(&word) => self.now.preset = Some(word),
            Kind::Preset => return Err(Problem::new("preset_mode_state_topic", "says none of the presets")),
            Kind::Direction if ["forward", "reverse"].contains(&word.as_str()) => self.now.direction = Some(word),
            Kind::Direction => return Err(Problem::new("direction_state_topic", "says neither forward nor reverse")),
        }
        Ok(())
    }

    fn state(&self) -> Option<String> {
        self.now.on.map(|on| if on { "on" } else { "off" }.to_owned())
    }

    fn capabilities(&self) -> Map<String, Value> {
        if self.preset_out.is_none() {
            return Map::new();
        }
        Map::from_iter([("preset_modes".to_owned(), json!(self.presets))])
    }

    fn attributes(&self) -> Map<String, Value> {
        let step = 100.0 / self.steps();
        let known = [
            (self.direction_out.is_some(), "direction", json!(self.now.direction)),
            (self.oscillation_out.is_some(), "oscillating", json!(self.now.oscillating)),
            (self.percentage_out.is_some(), "percentage", json!(self.now.percentage)),
            (self.percentage_out.is_some(), "percentage_step", json!(step)),
            (self.preset_out.is_some(), "preset_mode", json!(self.now.preset)),
            (self.assumed[0], "assumed_state", json!(true)),
        ];
        known.into_iter().filter(|(has, ..)| *has).map(|(_, name, value)| (name.to_owned(), value)).collect()
    }

    fn features(&self) -> Option<u64> {
        let always = feature::TURN_ON | feature::TURN_OFF;
        Some(
            always
                | bits([
                    (self.percentage_out.is_some(), feature::SET_SPEED),
                    (self.oscillation_out.is_some(), feature::OSCILLATE),
                    (self.direction_out.is_some(), feature::DIRECTION),
                    (self.preset_out.is_some(), feature::PRESET_MODE),
                ]),
        )
    }

    fn order(&self, ask: &Ask<'_>) -> Result<Vec<Order>, HandlerError> {
        if let Some(on) = self.is_turning_on(ask) {
            let mut orders = vec![self.power(on)?];
            if on && let Some(percentage) = self.wanted_percentage(ask) {
                orders.push(self.set_percentage(percentage, ask)?);
            }
            if on && ask.has("preset_mode") {
                orders.push(self.set_preset(ask)?);
            }
            return Ok(orders);
        }
        let [oscillate_on, oscillate_off] = &self.oscillations;
        Ok(vec![match ask.service {
            "set_percentage" | "increase_speed" | "decrease_speed" => {
                let percentage = self.wanted_percentage(ask).unwrap_or(0);
                // As Home Assistant: no speed is off.
                if percentage == 0 { self.power(false)? } else { self.set_percentage(percentage, ask)? }
            }
            "set_preset_mode" => self.set_preset(ask)?,
            "oscillate" => {
                let outlet = self.oscillation_out.as_ref().ok_or_else(|| ask.unsupported())?;
                let on = ask.flag("oscillating").unwrap_or(false);
                outlet.order(if on { oscillate_on.as_str() } else { oscillate_off.as_str() })?
            }
            "set_direction" => {
                let outlet = self.direction_out.as_ref().ok_or_else(|| ask.unsupported())?;
                outlet.order(ask.text("direction").unwrap_or("forward"))?
            }
            _ => return Err(ask.unsupported()),
        }])
    }

    fn assume(&mut self, ask: &Ask<'_>) -> bool {
        let [on, percentage, preset, oscillation, direction] = self.assumed;
        let wanted = (self.is_turning_on(ask), self.wanted_percentage(ask));
        if on {
            let by_speed = wanted.1.filter(|_| wanted.0.is_none()).map(|percentage| percentage > 0);
            self.now.on = wanted.0.or(by_speed).or(self.now.on);
        }
        if percentage && wanted.0 != Some(false) {
            self.now.percentage = wanted.1.or(self.now.percentage);
        }
        if preset {
            self.now.preset = ask.text("preset_mode").map(str::to_owned).or(self.now.preset.take());
        }
        if oscillation {
            self.now.oscillating = ask.flag("oscillating").or(self.now.oscillating);
        }
        if direction {
            self.now.direction = ask.text("direction").map(str::to_owned).or(self.now.direction.take());
        }
        self.assumed.contains(&true)
    }
}
