//! Lights that say and hear everything as one JSON object (`schema: json`).

use config_entries::hub::{HandlerError, parse_json};
use serde_json::{Map, Value, json};

use super::{Lamp, Silent, Skills, Wish};
use crate::{
    discovery::{Fields, Problem},
    entity::{
        Ask, Inlets, Model, Order, Outlet,
        channel::whole,
        color::{Color, byte, inverse, rounded},
        feature::{bits, light as feature},
    },
};

/// A light that says and hears everything as one JSON object.
pub(super) struct Json {
    inlets: Inlets<()>,
    outlet: Outlet,
    scale: f64,
    in_kelvin: bool,
    flashes: [i64; 2],
    can_flash: bool,
    can_fade: bool,
    skills: Skills,
    silent: Silent,
    lamp: Lamp,
}

impl Json {
    pub(super) fn parse(fields: Fields<'_>) -> Result<Self, Problem> {
        let mut inlets = Inlets::new();
        let heard = inlets.add(fields, "state_topic", "value_template", ())?;
        // A template of the command would have to write the whole object: there is none in this form.
        let outlet = Outlet::parse(fields, "command_topic", "")?;
        let outlet = fields.required("command_topic", outlet)?;
        let silent = fields.flag("optimistic")?.unwrap_or(false) || !heard;
        let mut skills = Skills::parse(fields)?;
        skills.brightness = fields.flag("brightness")?.unwrap_or(false);
        for mode in fields.texts("supported_color_modes")?.unwrap_or_default() {
            match mode.as_str() {
                "onoff" => {}
                "brightness" => skills.brightness = true,
                "color_temp" => skills.white = true,
                "hs" => skills.hs = true,
                "rgb" => skills.rgb = true,
                "xy" => skills.xy = true,
                _ => return Err(Problem::new("supported_color_modes", "has a mode that is not known")),
            }
        }
        skills.brightness |= skills.white || skills.has_color();
        if !fields.flag("effect")?.unwrap_or(false) {
            skills.effects = None;
        }
        let scale = fields.number("brightness_scale")?.unwrap_or(255.0);
        if scale < 1.0 {
            return Err(Problem::new("brightness_scale", "is below 1"));
        }
        let seconds = |name: &str, default: f64| Ok(whole(fields.number(name)?.unwrap_or(default)));
        Ok(Self {
            inlets,
            outlet,
            scale,
            in_kelvin: fields.flag("color_temp_kelvin")?.unwrap_or(false),
            flashes: [seconds("flash_time_short", 2.0)?, seconds("flash_time_long", 10.0)?],
            can_flash: fields.flag("flash")?.unwrap_or(true),
            can_fade: fields.flag("transition")?.unwrap_or(true),
            skills,
            silent: Silent { on: silent, brightness: silent, color: silent, effect: silent },
            lamp: Lamp::default(),
        })
    }

    fn command(&self, wish: &Wish, ask: &Ask<'_>) -> Map<String, Value> {
        let mut command = Map::new();
        let mut put = |name: &str, value: Value| _ = command.insert(name.to_owned(), value);
        put("state", json!(if wish.on { "ON" } else { "OFF" }));
        if let Some(seconds) = ask.float("transition").filter(|_| self.can_fade) {
            put("transition", number(seconds));
        }
        if let Some(flash) = ask.text("flash").filter(|_| self.can_flash) {
            let [short, long] = self.flashes;
            put("flash", json!(if flash == "long" { long } else { short }));
        }
        if let Some(brightness) = wish.brightness {
            put("brightness", json!(whole(f64::from(brightness) / 255.0 * self.scale).max(1)));
        }
        match wish.color {
            Some(Color::Kelvin(kelvin)) => {
                put("color_temp", json!(whole(if self.in_kelvin { kelvin } else { inverse(kelvin) })));
            }
            Some(Color::Hs([hue, saturation])) => put("color", json!({"h": number(hue), "s": number(saturation)})),
            Some(Color::Rgb([red, green, blue])) => put("color", json!({"r": red, "g": green, "b": blue})),
            Some(Color::Xy([x, y])) => put("color", json!({"x": x, "y": y})),
            None => {}
        }
        if let Some(effect) = &wish.effect {
            put("effect", json!(effect));
        }
        command
    }

    fn take(&mut self, said: &Map<String, Value>) -> Result<(), Problem> {
        let lamp = &mut self.lamp;
        match said.get("state") {
            Some(Value::String(word)) if word == "ON" => lamp.on = Some(true),
            Some(Value::String(word)) if word == "OFF" => lamp.on = Some(false),
            Some(Value::Null) => lamp.on = None,
            None => {}
            Some(_) => return Err(Problem::new("state", "is neither ON nor OFF")),
        }
        let brightness = said.get("brightness").and_then(Value::as_f64).filter(|b| self.skills.brightness && *b > 0.0);
        if let Some(brightness) = brightness {
            lamp.brightness = Some(byte((brightness / self.scale * 255.0).clamp(1.0, 255.0)));
        }
        let mode = said.get("color_mode").and_then(Value::as_str);
        let color = said.get("color").and_then(Value::as_object).and_then(|color| read_color(color, mode));
        let white = said.get("color_temp").and_then(Value::as_f64).filter(|white| *white > 0.0);
        let white = white.map(|white| Color::Kelvin(if self.in_kelvin { white } else { inverse(white) }));
        let now = match mode {
            Some("color_temp") => white,
            Some(_) => color,
            // Without a word about which of them holds: what can be shown.
            None => color.filter(|_| self.skills.has_color()).or(white),
        };
        lamp.color = now.or(lamp.color);
        match said.get("effect") {
            Some(Value::String(effect)) => lamp.effect = Some(effect.clone()),
            Some(Value::Null) => lamp.effect = None,
            _ => {}
        }
        Ok(())
    }
}

/// Returns a colour of its parts: of what `mode` says, else of what is there.
fn read_color(color: &Map<String, Value>, mode: Option<&str>) -> Option<Color> {
    let part = |name: &str| color.get(name).and_then(Value::as_f64);
    let rgb = || Some(Color::Rgb([part("r")?, part("g")?, part("b")?].map(byte)));
    let hs = || Some(Color::Hs([part("h")?, part("s")?].map(|part| rounded(part, 3))));
    let xy = || Some(Color::Xy([part("x")?, part("y")?]));
    match mode {
        Some("rgb") => rgb(),
        Some("hs") => hs(),
        Some("xy") => xy(),
        _ => rgb().or_else(xy).or_else(hs),
    }
}

/// Returns a number without a fraction of nothing.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 { json!(whole(value)) } else { json!(value) }
}

impl Model for Json {
    fn topics(&self) -> Vec<String> {
        self.inlets.topics()
    }

    fn hear(&mut self, nth: usize, payload: &str) -> Result<(), Problem> {
        let Some(((), text)) = self.inlets.read(nth, payload)? else { return Ok(()) };
        match parse_json(text.as_bytes()) {
            Ok(Value::Object(said)) => self.take(&said),
            _ => Err(Problem::new("state_topic", "says no JSON object")),
        }
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
        Some(bits([
            (self.skills.effects.is_some(), feature::EFFECT),
            (self.can_flash, feature::FLASH),
            (self.can_fade, feature::TRANSITION),
        ]))
    }

    fn order(&self, ask: &Ask<'_>) -> Result<Vec<Order>, HandlerError> {
        let wish = self.lamp.wish(ask, &self.skills)?.ok_or_else(|| ask.unsupported())?;
        let command = Value::Object(self.command(&wish, ask));
        Ok(vec![self.outlet.order(command.to_string())?])
    }

    fn assume(&mut self, ask: &Ask<'_>) -> bool {
        let Ok(Some(wish)) = self.lamp.wish(ask, &self.skills) else { return false };
        self.lamp.assume(&wish, &self.silent);
        self.silent.on
    }
}
