//! Lights.

use components::{color_by_name, feature::light as feature};
use serde_json::{Map, Value, json};
use service_bus::HandlerError;

use super::{
    Answer, Ask, Model,
    color::{hs_to_rgb, kelvin_to_rgb, rgb_to_hs, rgb_to_rgbw, rgb_to_xy, rgbw_to_rgb, xy_to_rgb},
    convert::byte,
    invalid,
};

/// A light. Transitions are taken and applied at once.
#[derive(Clone)]
pub(crate) struct Light {
    palette: Palette,
    on: bool,
    brightness: u8,
    color: Color,
    effects: &'static [&'static str],
    effect: Option<&'static str>,
}

/// What a light can show.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Palette {
    /// On and off.
    Plain,
    /// Brightness.
    Dimmed,
    /// White, from warm to cold.
    White,
    /// White and colours.
    Full,
    /// Colours mixed with white.
    Rgbw,
}

#[derive(Clone, Copy)]
enum Color {
    Kelvin(i64),
    Hs([f64; 2]),
    Rgbw([u8; 4]),
}

impl Light {
    pub(crate) const fn new(palette: Palette) -> Self {
        let color = match palette {
            Palette::Rgbw => Color::Rgbw([255, 180, 120, 200]),
            _ => Color::Kelvin(2_700),
        };
        Self { palette, on: false, brightness: 180, color, effects: &[], effect: None }
    }

    pub(crate) const fn lit(mut self, brightness: u8) -> Self {
        self.on = true;
        self.brightness = brightness;
        self
    }

    pub(crate) const fn hued(mut self, hue: f64, saturation: f64) -> Self {
        self.color = Color::Hs([hue, saturation]);
        self
    }

    pub(crate) const fn with_effects(mut self, effects: &'static [&'static str]) -> Self {
        self.effects = effects;
        self
    }

    fn turn_on(&mut self, ask: &Ask<'_>) -> Result<(), HandlerError> {
        at_most_one(ask, &BRIGHTNESSES)?;
        at_most_one(ask, &COLORS)?;
        let brightness = self.wanted_brightness(ask);
        if self.palette != Palette::Plain && brightness == Some(0) {
            self.on = false;
            return Ok(());
        }
        if let Some(brightness) = brightness {
            self.brightness = brightness;
        }
        if let Some(color) = self.wanted_color(ask) {
            self.color = color;
            self.effect = None;
        }
        match ask.text("effect") {
            Some("off") => self.effect = None,
            Some(_) => self.effect = ask.word("effect", self.effects)?,
            None => {}
        }
        self.on = true;
        Ok(())
    }

    /// Returns the brightness that is asked for; 0 turns a light off.
    fn wanted_brightness(&self, ask: &Ask<'_>) -> Option<u8> {
        let before = if self.on { f64::from(self.brightness) } else { 0.0 };
        if let Some(brightness) = ask.float("brightness").or_else(|| ask.float("white")) {
            return Some(byte(brightness));
        }
        if let Some(percent) = ask.float("brightness_pct") {
            return Some(byte(of_255(percent)));
        }
        if let Some(step) = ask.float("brightness_step") {
            return Some(byte(before + step));
        }
        ask.float("brightness_step_pct").map(|step| byte(before + of_255(step)))
    }

    /// Returns the colour that is asked for, in the form that this light shows it; none if it cannot.
    fn wanted_color(&self, ask: &Ask<'_>) -> Option<Color> {
        if let Some(kelvin) = ask.int("color_temp_kelvin") {
            return match self.palette {
                Palette::Plain | Palette::Dimmed => None,
                Palette::White | Palette::Full => Some(Color::Kelvin(kelvin.clamp(MIN_KELVIN, MAX_KELVIN))),
                Palette::Rgbw => Some(Color::Rgbw(rgb_to_rgbw(kelvin_to_rgb(float(kelvin))))),
            };
        }
        let rgbw = ask.floats::<4>("rgbw_color").map(|parts| parts.map(byte));
        if let (Palette::Rgbw, Some(rgbw)) = (self.palette, rgbw) {
            return Some(Color::Rgbw(rgbw));
        }
        let rgb = ask
            .floats::<3>("rgb_color")
            .map(|parts| parts.map(byte))
            .or_else(|| ask.floats("hs_color").map(hs_to_rgb))
            .or_else(|| ask.floats("xy_color").map(xy_to_rgb))
            .or_else(|| ask.text("color_name").and_then(color_by_name))
            .or_else(|| rgbw.map(rgbw_to_rgb))
            .or_else(|| {
                // Cold and warm white count as one.
                let [r, g, b, cold, warm] = ask.floats::<5>("rgbww_color")?.map(byte);
                Some(rgbw_to_rgb([r, g, b, cold.max(warm)]))
            })?;
        match self.palette {
            Palette::Plain | Palette::Dimmed | Palette::White => None,
            // What was given as hue and saturation stays exactly that.
            Palette::Full => Some(Color::Hs(ask.floats("hs_color").unwrap_or_else(|| rgb_to_hs(rgb)))),
            Palette::Rgbw => Some(Color::Rgbw(rgb_to_rgbw(rgb))),
        }
    }

    fn color_mode(&self) -> &'static str {
        match (self.palette, self.color) {
            (Palette::Plain, _) => "onoff",
            (Palette::Dimmed, _) => "brightness",
            (_, Color::Kelvin(_)) => "color_temp",
            (_, Color::Hs(_)) => "hs",
            (_, Color::Rgbw(_)) => "rgbw",
        }
    }

    fn rgb(&self) -> [u8; 3] {
        match self.color {
            Color::Kelvin(kelvin) => kelvin_to_rgb(float(kelvin)),
            Color::Hs(hs) => hs_to_rgb(hs),
            Color::Rgbw(rgbw) => rgbw_to_rgb(rgbw),
        }
    }
}

impl Model for Light {
    fn features(&self) -> Option<u64> {
        let effects = if self.effects.is_empty() { 0 } else { feature::EFFECT };
        Some(if self.palette == Palette::Plain { effects } else { effects | feature::TRANSITION })
    }

    fn state(&self) -> String {
        if self.on { "on" } else { "off" }.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        let mut attributes = Map::new();
        let mut put = |name: &str, value: Value| _ = attributes.insert(name.to_owned(), value);
        // What only a light that is on has is null while it is off.
        let lit = |value: Value| if self.on { value } else { Value::Null };
        let whites = matches!(self.palette, Palette::White | Palette::Full);
        if whites {
            put("min_color_temp_kelvin", json!(MIN_KELVIN));
            put("max_color_temp_kelvin", json!(MAX_KELVIN));
        }
        if !self.effects.is_empty() {
            put("effect_list", json!(self.effects));
        }
        put("supported_color_modes", json!(modes(self.palette)));
        if !self.effects.is_empty() {
            put("effect", lit(json!(self.effect.unwrap_or("off"))));
        }
        put("color_mode", lit(json!(self.color_mode())));
        if self.palette == Palette::Plain {
            return attributes;
        }
        put("brightness", lit(json!(self.brightness)));
        if self.palette == Palette::Dimmed {
            return attributes;
        }
        if whites {
            let kelvin = if let Color::Kelvin(kelvin) = self.color { json!(kelvin) } else { Value::Null };
            put("color_temp_kelvin", lit(kelvin));
        }
        let rgb = self.rgb();
        let hs = if let Color::Hs(hs) = self.color { hs } else { rgb_to_hs(rgb) };
        put("hs_color", lit(json!(hs)));
        put("rgb_color", lit(json!(rgb)));
        put("xy_color", lit(json!(rgb_to_xy(rgb))));
        if let Color::Rgbw(rgbw) = self.color {
            put("rgbw_color", lit(json!(rgbw)));
        }
        attributes
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        match ask.service {
            "turn_on" => self.turn_on(ask)?,
            "turn_off" => self.on = false,
            "toggle" if self.on => self.on = false,
            "toggle" => self.turn_on(ask)?,
            _ => return Err(ask.unsupported()),
        }
        Ok(None)
    }
}

const fn modes(palette: Palette) -> &'static [&'static str] {
    match palette {
        Palette::Plain => &["onoff"],
        Palette::Dimmed => &["brightness"],
        Palette::White => &["color_temp"],
        Palette::Full => &["color_temp", "hs"],
        Palette::Rgbw => &["rgbw"],
    }
}

/// Home Assistant refuses two ways to say the same thing.
fn at_most_one(ask: &Ask<'_>, fields: &[&str]) -> Result<(), HandlerError> {
    if fields.iter().filter(|field| ask.has(field)).count() <= 1 {
        return Ok(());
    }
    Err(invalid(format!("two or more values in the same group of exclusion: {}", fields.join(", "))))
}

/// Returns so many percent of 255, as Python rounds.
fn of_255(percent: f64) -> f64 {
    (percent * 255.0 / 100.0).round_ties_even()
}

fn float(kelvin: i64) -> f64 {
    f64::from(i32::try_from(kelvin).unwrap_or(i32::MAX))
}

const MIN_KELVIN: i64 = 2_000;
const MAX_KELVIN: i64 = 6_535;
const BRIGHTNESSES: [&str; 4] = ["brightness", "brightness_pct", "brightness_step", "brightness_step_pct"];
const COLORS: [&str; 9] = [
    "color_temp_kelvin",
    "rgb_color",
    "rgbw_color",
    "rgbww_color",
    "hs_color",
    "xy_color",
    "color_name",
    "white",
    "profile",
];
