//! Lights: what they are, and what is asked of them. The two ways to talk to them are in files of their own.

mod basic;
mod json;

use config_entries::hub::HandlerError;
use serde_json::{Map, Value, json};

use super::{
    Ask, Model,
    channel::whole,
    choice,
    color::{Color, byte, inverse},
};
use crate::discovery::{Fields, Problem};

/// Reads a light, in either way.
pub(crate) fn parse(fields: Fields<'_>) -> Result<Box<dyn Model>, Problem> {
    match fields.text("schema")?.as_deref() {
        None | Some("basic" | "default") => Ok(Box::new(basic::Basic::parse(fields)?)),
        Some("json") => Ok(Box::new(json::Json::parse(fields)?)),
        Some(_) => Err(Problem::new("schema", "is neither basic nor json")),
    }
}

/// What a light can show.
#[derive(Clone, Debug, Default, PartialEq)]
struct Skills {
    brightness: bool,
    white: bool,
    hs: bool,
    rgb: bool,
    xy: bool,
    /// In kelvin.
    whites: (f64, f64),
    effects: Option<Vec<String>>,
}

/// What a light shows now.
#[derive(Clone, Debug, Default, PartialEq)]
struct Lamp {
    on: Option<bool>,
    brightness: Option<u8>,
    color: Option<Color>,
    effect: Option<String>,
}

/// What is asked of a light. What it cannot show is left out.
#[derive(Clone, Debug, PartialEq)]
struct Wish {
    on: bool,
    brightness: Option<u8>,
    color: Option<Color>,
    effect: Option<String>,
}

impl Skills {
    /// Reads the bounds of white and the effects.
    fn parse(fields: Fields<'_>) -> Result<Self, Problem> {
        let kelvin = |kelvin: &str, mireds: &str, default: f64| {
            let of_mireds = fields.number(mireds)?.map(inverse);
            Ok(fields.number(kelvin)?.or(of_mireds).filter(|kelvin| *kelvin >= 1.0).unwrap_or(default))
        };
        let whites = (kelvin("min_kelvin", "max_mireds", 2_000.0)?, kelvin("max_kelvin", "min_mireds", 6_535.0)?);
        if whites.0 > whites.1 {
            return Err(Problem::new("max_kelvin", "is below min_kelvin"));
        }
        Ok(Self { whites, effects: fields.texts("effect_list")?, ..Self::default() })
    }

    const fn has_color(&self) -> bool {
        self.hs || self.rgb || self.xy
    }

    fn modes(&self) -> Vec<&'static str> {
        let modes = [(self.white, "color_temp"), (self.hs, "hs"), (self.rgb, "rgb"), (self.xy, "xy")];
        let modes: Vec<_> = modes.into_iter().filter(|(has, _)| *has).map(|(_, mode)| mode).collect();
        match (modes.is_empty(), self.brightness) {
            (false, _) => modes,
            (true, true) => vec!["brightness"],
            (true, false) => vec!["onoff"],
        }
    }

    /// Returns a colour in a form that the light can show.
    fn fit(&self, color: Color) -> Option<Color> {
        match color {
            Color::Kelvin(kelvin) if self.white => Some(Color::Kelvin(kelvin.clamp(self.whites.0, self.whites.1))),
            Color::Hs(_) if self.hs => Some(color),
            Color::Rgb(_) if self.rgb => Some(color),
            Color::Xy(_) if self.xy => Some(color),
            _ if self.hs => Some(Color::Hs(color.hs())),
            _ if self.rgb => Some(Color::Rgb(color.rgb())),
            _ if self.xy => Some(Color::Xy(color.xy())),
            _ => None,
        }
    }

    fn capabilities(&self) -> Map<String, Value> {
        let known = [
            (self.white, "min_color_temp_kelvin", json!(whole(self.whites.0))),
            (self.white, "max_color_temp_kelvin", json!(whole(self.whites.1))),
            (self.effects.is_some(), "effect_list", json!(self.effects)),
            (true, "supported_color_modes", json!(self.modes())),
        ];
        known.into_iter().filter(|(has, ..)| *has).map(|(_, name, value)| (name.to_owned(), value)).collect()
    }
}

impl Lamp {
    fn state(&self) -> Option<String> {
        self.on.map(|on| if on { "on" } else { "off" }.to_owned())
    }

    fn color_mode(&self, skills: &Skills) -> Option<&'static str> {
        Some(match self.color {
            Some(Color::Kelvin(_)) => "color_temp",
            Some(Color::Hs(_)) => "hs",
            Some(Color::Rgb(_)) => "rgb",
            Some(Color::Xy(_)) => "xy",
            None => match skills.modes().as_slice() {
                [one] => one,
                _ => return None,
            },
        })
    }

    fn attributes(&self, skills: &Skills, assumed: bool) -> Map<String, Value> {
        // What only a light that is on has is null while it is off.
        let lit = |value: Value| if self.on == Some(true) { value } else { Value::Null };
        let colors = skills.white || skills.has_color();
        let kelvin = if let Some(Color::Kelvin(kelvin)) = self.color { Some(whole(kelvin)) } else { None };
        let known = [
            (skills.effects.is_some(), "effect", lit(json!(self.effect))),
            (true, "color_mode", lit(json!(self.color_mode(skills)))),
            (skills.brightness, "brightness", lit(json!(self.brightness))),
            (skills.white, "color_temp_kelvin", lit(json!(kelvin))),
            (colors, "hs_color", lit(json!(self.color.map(Color::hs)))),
            (colors, "rgb_color", lit(json!(self.color.map(Color::rgb)))),
            (colors, "xy_color", lit(json!(self.color.map(Color::xy)))),
            (assumed, "assumed_state", json!(true)),
        ];
        known.into_iter().filter(|(has, ..)| *has).map(|(_, name, value)| (name.to_owned(), value)).collect()
    }

    /// Returns what a call asks for; none if it is no call for lights.
    fn wish(&self, ask: &Ask<'_>, skills: &Skills) -> Result<Option<Wish>, HandlerError> {
        let on = match ask.service {
            "turn_on" => true,
            "turn_off" => false,
            "toggle" => self.on != Some(true),
            _ => return Ok(None),
        };
        let off = Wish { on: false, brightness: None, color: None, effect: None };
        if !on {
            return Ok(Some(off));
        }
        at_most_one(ask, &BRIGHTNESSES)?;
        at_most_one(ask, &COLORS)?;
        if ask.has("color_name") {
            return Err(HandlerError::validation(format!(
                "{} takes no names of colours: give rgb_color or hs_color",
                ask.entity_id
            )));
        }
        let brightness = self.wanted_brightness(ask).filter(|_| skills.brightness);
        if brightness == Some(0) {
            return Ok(Some(off));
        }
        let effect = match (ask.text("effect"), &skills.effects) {
            (Some(_), Some(known)) => Some(choice(ask, "effect", known)?.to_owned()),
            _ => None,
        };
        let color = wanted_color(ask).and_then(|color| skills.fit(color));
        Ok(Some(Wish { on, brightness, color, effect }))
    }

    fn wanted_brightness(&self, ask: &Ask<'_>) -> Option<u8> {
        let of_percent = |percent: f64| percent * 255.0 / 100.0;
        let before = if self.on == Some(true) { f64::from(self.brightness.unwrap_or(0)) } else { 0.0 };
        let wanted = ask
            .float("brightness")
            .or_else(|| ask.float("white"))
            .or_else(|| ask.float("brightness_pct").map(of_percent))
            .or_else(|| ask.float("brightness_step").map(|step| before + step))
            .or_else(|| ask.float("brightness_step_pct").map(|step| before + of_percent(step)));
        wanted.map(byte)
    }

    /// Takes for granted that a wish came true, where `silent` says that nobody will tell.
    fn assume(&mut self, wish: &Wish, silent: &Silent) {
        if silent.on {
            self.on = Some(wish.on);
        }
        if silent.brightness {
            self.brightness = wish.brightness.or(self.brightness);
        }
        if silent.color {
            self.color = wish.color.or(self.color);
        }
        if silent.effect {
            self.effect = wish.effect.clone().or_else(|| self.effect.take());
        }
    }
}

/// Of what nobody tells whether it came true.
#[derive(Clone, Copy, Debug, Default)]
struct Silent {
    on: bool,
    brightness: bool,
    color: bool,
    effect: bool,
}

fn wanted_color(ask: &Ask<'_>) -> Option<Color> {
    let kelvin = ask.float("color_temp_kelvin").map(Color::Kelvin);
    let rgb = || ask.floats::<3>("rgb_color").map(|rgb| Color::Rgb(rgb.map(byte)));
    // White counts as an equal share of each colour.
    let rgbw = || ask.floats::<4>("rgbw_color").map(|[r, g, b, w]| Color::Rgb([r + w, g + w, b + w].map(byte)));
    let rgbww =
        || ask.floats::<5>("rgbww_color").map(|[r, g, b, c, w]| Color::Rgb([r, g, b].map(|p| byte(p + c.max(w)))));
    kelvin
        .or_else(rgb)
        .or_else(|| ask.floats("hs_color").map(Color::Hs))
        .or_else(|| ask.floats("xy_color").map(Color::Xy))
        .or_else(rgbw)
        .or_else(rgbww)
}

/// Home Assistant refuses two ways to say the same thing.
fn at_most_one(ask: &Ask<'_>, fields: &[&str]) -> Result<(), HandlerError> {
    if fields.iter().filter(|field| ask.has(field)).count() <= 1 {
        return Ok(());
    }
    Err(HandlerError::validation(format!("two or more values in the same group of exclusion: {}", fields.join(", "))))
}

const BRIGHTNESSES: [&str; 4] = ["brightness", "brightness_pct", "brightness_step", "brightness_step_pct"];
const COLORS: [&str; 8] =
    ["color_temp_kelvin", "rgb_color", "rgbw_color", "rgbww_color", "hs_color", "xy_color", "color_name", "white"];
