//! Lights with a topic for each thing that they show.

use config_entries::hub::HandlerError;
use minijinja::Value as Jinja;
use serde_json::{Map, Value};

use super::{Lamp, Silent, Skills, Wish};
use crate::{
    discovery::{Fields, Problem},
    entity::{
        Ask, Inlets, Model, Order, Outlet,
        channel::{NONE, number, plain},
        color::{Color, byte, inverse},
        feature::{bits, light as feature},
    },
};

/// A light with a topic for each thing that it shows.
pub(super) struct Basic {
    inlets: Inlets<Kind>,
    outlet: Outlet,
    brightness_out: Option<Outlet>,
    white_out: Option<Outlet>,
    rgb_out: Option<Outlet>,
    hs_out: Option<Outlet>,
    effect_out: Option<Outlet>,
    payloads: [String; 2],
    scale: f64,
    in_kelvin: bool,
    on_command: OnCommand,
    skills: Skills,
    silent: Silent,
    lamp: Lamp,
}

#[derive(Clone, Copy)]
enum Kind {
    On,
    Brightness,
    White,
    Rgb,
    Hs,
    Effect,
    ColorMode,
}

/// When "on" is sent, if something else is too.
#[derive(Clone, Copy, PartialEq)]
enum OnCommand {
    First,
    Last,
    /// A brightness turns the light on.
    Brightness,
}

impl Basic {
    pub(super) fn parse(fields: Fields<'_>) -> Result<Self, Problem> {
        let mut inlets = Inlets::new();
        let optimistic = fields.flag("optimistic")?.unwrap_or(false);
        // In early messages the template of the state was the one of values.
        let template =
            if fields.value("state_value_template").is_some() { "state_value_template" } else { "value_template" };
        let on = inlets.add(fields, "state_topic", template, Kind::On)?;
        let brightness = inlets.add(fields, "brightness_state_topic", "brightness_value_template", Kind::Brightness)?;
        let white = inlets.add(fields, "color_temp_state_topic", "color_temp_value_template", Kind::White)?;
        let rgb = inlets.add(fields, "rgb_state_topic", "rgb_value_template", Kind::Rgb)?;
        let hs = inlets.add(fields, "hs_state_topic", "hs_value_template", Kind::Hs)?;
        let effect = inlets.add(fields, "effect_state_topic", "effect_value_template", Kind::Effect)?;
        inlets.add(fields, "color_mode_state_topic", "color_mode_value_template", Kind::ColorMode)?;
        let outlet = Outlet::parse(fields, "command_topic", "command_template")?;
        let outlet = fields.required("command_topic", outlet)?;
        let brightness_out = Outlet::parse(fields, "brightness_command_topic", "brightness_command_template")?;
        let white_out = Outlet::parse(fields, "color_temp_command_topic", "color_temp_command_template")?;
        let rgb_out = Outlet::parse(fields, "rgb_command_topic", "rgb_command_template")?;
        let hs_out = Outlet::parse(fields, "hs_command_topic", "hs_command_template")?;
        let effect_out = Outlet::parse(fields, "effect_command_topic", "effect_command_template")?;
        let scale = fields.number("brightness_scale")?.unwrap_or(255.0);
        if scale < 1.0 {
            return Err(Problem::new("brightness_scale", "is below 1"));
        }
        let on_command = match fields.text("on_command_type")?.as_deref() {
            None | Some("last") => OnCommand::Last,
            Some("first") => OnCommand::First,
            Some("brightness") => OnCommand::Brightness,
            Some(_) => return Err(Problem::new("on_command_type", "is not last, first or brightness")),
        };
        let mut skills = Skills::parse(fields)?;
        skills.white = white_out.is_some() || white;
        skills.rgb = rgb_out.is_some() || rgb;
        skills.hs = hs_out.is_some() || hs;
        skills.brightness = brightness_out.is_some() || brightness || skills.rgb;
        if effect_out.is_none() && !effect {
            skills.effects = None;
        }
        Ok(Self {
            inlets,
            outlet,
            brightness_out,
            white_out,
            rgb_out,
            hs_out,
            effect_out,
            payloads: [fields.text_or("payload_on", "ON")?, fields.text_or("payload_off", "OFF")?],
            scale,
            in_kelvin: fields.flag("color_temp_kelvin")?.unwrap_or(false),
            on_command,
            skills,
            silent: Silent {
                on: optimistic || !on,
                brightness: optimistic || !brightness,
                color: optimistic || !(white || rgb || hs),
                effect: optimistic || !effect,
            },
            lamp: Lamp::default(),
        })
    }

    fn power(&self, on: bool) -> Result<Order, HandlerError> {
        let [payload_on, payload_off] = &self.payloads;
        self.outlet.order(if on { payload_on.as_str() } else { payload_off.as_str() })
    }

    fn brightness_order(&self, outlet: &Outlet, brightness: u8) -> Result<Order, HandlerError> {
        outlet.order(plain((f64::from(brightness) / 255.0 * self.scale).round().max(1.0)))
    }

    fn color_order(&self, color: Color, brightness: Option<u8>) -> Result<Option<Order>, HandlerError> {
        match color {
            Color::Kelvin(kelvin) => {
                let value = if self.in_kelvin { kelvin.round() } else { inverse(kelvin) };
                self.white_out.as_ref().map(|outlet| outlet.order(plain(value))).transpose()
            }
            Color::Rgb(rgb) => {
                // Where brightness has no topic, it is in the colour.
                let share = match (&self.brightness_out, brightness.or(self.lamp.brightness)) {
                    (None, Some(brightness)) => f64::from(brightness) / 255.0,
                    _ => 1.0,
                };
                let rgb = rgb.map(|part| byte(f64::from(part) * share));
                self.rgb_out
                    .as_ref()
                    .map(|outlet| listed(outlet, ["red", "green", "blue"], rgb.map(f64::from)))
                    .transpose()
            }
            Color::Hs(hs) => self.hs_out.as_ref().map(|outlet| listed(outlet, ["hue", "sat"], hs)).transpose(),
            Color::Xy(_) => Ok(None),
        }
    }

    fn orders(&self, wish: &Wish) -> Result<Vec<Order>, HandlerError> {
        if !wish.on {
            return Ok(vec![self.power(false)?]);
        }
        let mut orders = Vec::new();
        let brightness = match (self.on_command, wish.brightness) {
            // Here only a brightness turns it on.
            (OnCommand::Brightness, None) => Some(self.lamp.brightness.filter(|b| *b > 0).unwrap_or(255)),
            (_, brightness) => brightness,
        };
        let color = wish.color.or(match (self.lamp.color, &self.brightness_out, brightness) {
            (Some(color @ Color::Rgb(_)), None, Some(_)) => Some(color),
            _ => None,
        });
        if let Some(color) = color {
            orders.extend(self.color_order(color, brightness)?);
        }
        if let (Some(outlet), Some(brightness)) = (&self.brightness_out, brightness) {
            orders.push(self.brightness_order(outlet, brightness)?);
        }
        if let (Some(outlet), Some(effect)) = (&self.effect_out, &wish.effect) {
            orders.push(outlet.order(effect.as_str())?);
        }
        match self.on_command {
            OnCommand::First => orders.insert(0, self.power(true)?),
            OnCommand::Last => orders.push(self.power(true)?),
            OnCommand::Brightness if self.brightness_out.is_none() => orders.push(self.power(true)?),
            OnCommand::Brightness => {}
        }
        Ok(orders)
    }
}

/// Returns a command whose value is a list, by its names for a template.
fn listed<const N: usize>(outlet: &Outlet, names: [&str; N], values: [f64; N]) -> Result<Order, HandlerError> {
    let more: Vec<(&str, Jinja)> = names.into_iter().zip(values.map(plain)).collect();
    let text: Vec<_> = values.iter().map(|value| plain(*value).to_string()).collect();
    outlet.order_with(text.join(","), &more)
}

/// Returns the numbers of a list.
fn list<const N: usize>(text: &str, field: &str) -> Result<[f64; N], Problem> {
    let text = text.trim_matches(['(', ')', '[', ']']);
    let numbers: Vec<f64> = text.split(',').map(|part| number(part, field)).collect::<Result<_, _>>()?;
    numbers.try_into().map_err(|_| Problem::new(field, "says too few or too many numbers"))
}

impl Model for Basic {
    fn topics(&self) -> Vec<String> {
        self.inlets.topics()
    }

    fn hear(&mut self, nth: usize, payload: &str) -> Result<(), Problem> {
        let Some((kind, text)) = self.inlets.read(nth, payload)? else { return Ok(()) };
        if text.is_empty() {
            return Ok(());
        }
        let [on, off] = &self.payloads;
        let lamp = &mut self.lamp;
        match kind {
            Kind::On => {
                lamp.on = match text.as_str() {
                    word if word == on => Some(true),
                    word if word == off => Some(false),
                    NONE => None,
                    _ => return Err(Problem::new("state_topic", "says neither on nor off")),
                };
            }
            Kind::Brightness => {
                let said = number(&text, "brightness_state_topic")?;
                if said > 0.0 {
                    lamp.brightness = Some(byte((said / self.scale * 255.0).clamp(1.0, 255.0)));
                }
            }
            Kind::White => {
                let said = number(&text, "color_temp_state_topic")?;
                lamp.color = Some(Color::Kelvin(if self.in_kelvin { said } else { inverse(said) }));
            }
            Kind::Rgb => {
                let rgb = list::<3>(&text, "rgb_state_topic")?.map(byte);
                // Where brightness has no topic, it is in the colour.
                if self.brightness_out.is_none() {
                    lamp.brightness = rgb.into_iter().max();
                }
                lamp.color = Some(Color::Rgb(rgb));
            }
            Kind::Hs => lamp.color = Some(Color::Hs(list::<2>(&text, "hs_state_topic")?)),
            Kind::Effect => lamp.effect = Some(text).filter(|effect| effect != NONE),
            Kind::ColorMode => {
                // Says which of the colours holds that it has said before.
                let fits = match text.as_str() {
                    "color_temp" => matches!(lamp.color, Some(Color::Kelvin(_))),
                    "hs" => matches!(lamp.color, Some(Color::Hs(_))),
                    "rgb" => matches!(lamp.color, Some(Color::Rgb(_))),
                    _ => true,
                };
                if !fits {
                    lamp.color = None;
                }
            }
        }
        Ok(())
    }

    fn state(&self) -> Option<String> {
        self.lamp.state()
    }

    fn capabilities(&self) -> Map<String, Value> {
        self.skills.capabilities()
    }

    fn attributes(&self) -> Map<String, Value> {
        self.lamp.attributes(&self.skills, self.silent.on)
    }

    fn features(&self) -> Option<u64> {
        Some(bits([(self.skills.effects.is_some(), feature::EFFECT)]))
    }

    fn order(&self, ask: &Ask<'_>) -> Result<Vec<Order>, HandlerError> {
        let wish = self.lamp.wish(ask, &self.skills)?.ok_or_else(|| ask.unsupported())?;
        self.orders(&wish)
    }

    fn assume(&mut self, ask: &Ask<'_>) -> bool {
        let Ok(Some(wish)) = self.lamp.wish(ask, &self.skills) else { return false };
        self.lamp.assume(&wish, &self.silent);
        self.silent.on || self.silent.brightness || self.silent.color || self.silent.effect
    }
}
