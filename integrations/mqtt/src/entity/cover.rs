//! Covers.

use config_entries::hub::HandlerError;
use minijinja::Value as Jinja;
use serde_json::{Map, Value, json};

use super::{
    Ask, Inlets, Model, Order, Outlet,
    channel::{NONE, number, plain, whole},
    feature::{bits, cover as feature},
};
use crate::discovery::{Fields, Problem};

/// A cover.
#[derive(Clone)]
pub(crate) struct Cover {
    inlets: Inlets<Kind>,
    outlet: Option<Outlet>,
    position_out: Option<Outlet>,
    tilt_out: Option<Outlet>,
    /// What is sent to open, close and stop; none if it cannot.
    payloads: [Option<String>; 3],
    payload_stop_tilt: String,
    /// What is heard, and the state that it means.
    words: [(String, &'static str); 4],
    stopped: String,
    /// What the device calls closed and open.
    positions: Range,
    tilts: Range,
    tilt_ends: Range,
    has_position: bool,
    has_tilt: bool,
    optimistic: bool,
    tilt_optimistic: bool,
    state: Option<&'static str>,
    position: Option<i64>,
    tilt: Option<i64>,
}

/// The two ends of a way.
#[derive(Clone, Copy)]
struct Range {
    closed: f64,
    open: f64,
}

#[derive(Clone, Copy)]
enum Kind {
    State,
    Position,
    Tilt,
}

impl Range {
    fn parse(fields: Fields<'_>, closed: &str, open: &str, default: Self) -> Result<Self, Problem> {
        let closed_value = fields.number(closed)?.unwrap_or(default.closed);
        let range = Self { closed: closed_value, open: fields.number(open)?.unwrap_or(default.open) };
        if (range.open - range.closed).abs() < 1e-9 {
            return Err(Problem::new(open, "is the same as the other end"));
        }
        Ok(range)
    }

    /// Returns the share of a hundred that a place is.
    fn percent(self, place: f64) -> i64 {
        whole((place - self.closed) / (self.open - self.closed) * 100.0).clamp(0, 100)
    }

    /// Returns the place that is so much of a hundred.
    fn place(self, percent: f64) -> f64 {
        (self.closed + percent / 100.0 * (self.open - self.closed)).round()
    }
}

impl Cover {
    pub(crate) fn parse(fields: Fields<'_>) -> Result<Self, Problem> {
        let mut inlets = Inlets::new();
        let has_state = inlets.add(fields, "state_topic", "value_template", Kind::State)?;
        let position_template =
            if fields.value("position_template").is_some() { "position_template" } else { "value_template" };
        let has_position = inlets.add(fields, "position_topic", position_template, Kind::Position)?;
        let has_tilt = inlets.add(fields, "tilt_status_topic", "tilt_status_template", Kind::Tilt)?;
        let payload = |name: &str, default: &str| {
            if fields.is_null(name) { Ok(None) } else { fields.text_or(name, default).map(Some) }
        };
        let outlet = Outlet::parse(fields, "command_topic", "command_template")?;
        let position_out = Outlet::parse(fields, "set_position_topic", "set_position_template")?;
        let tilt_out = Outlet::parse(fields, "tilt_command_topic", "tilt_command_template")?;
        if position_out.is_some() && !has_position && !fields.flag("optimistic")?.unwrap_or(false) && outlet.is_none() {
            return Err(Problem::new("position_topic", "is missing"));
        }
        let words = [
            (fields.text_or("state_open", "open")?, "open"),
            (fields.text_or("state_opening", "opening")?, "opening"),
            (fields.text_or("state_closed", "closed")?, "closed"),
            (fields.text_or("state_closing", "closing")?, "closing"),
        ];
        let hundred = Range { closed: 0.0, open: 100.0 };
        let tilts = Range::parse(fields, "tilt_min", "tilt_max", hundred)?;
        Ok(Self {
            inlets,
            outlet,
            position_out,
            tilt_out,
            payloads: [
                payload("payload_open", "OPEN")?,
                payload("payload_close", "CLOSE")?,
                payload("payload_stop", "STOP")?,
            ],
            payload_stop_tilt: fields.text_or("payload_stop_tilt", "STOP")?,
            words,
            stopped: fields.text_or("state_stopped", "stopped")?,
            positions: Range::parse(fields, "position_closed", "position_open", hundred)?,
            tilts,
            tilt_ends: Range::parse(fields, "tilt_closed_value", "tilt_opened_value", tilts)?,
            has_position,
            has_tilt,
            optimistic: fields.flag("optimistic")?.unwrap_or(false) || !(has_state || has_position),
            tilt_optimistic: fields.flag("tilt_optimistic")?.unwrap_or(false) || !has_tilt,
            state: None,
            position: None,
            tilt: None,
        })
    }

    fn is_closed(&self) -> Option<bool> {
        match (self.position.filter(|_| self.has_position), self.state) {
            (Some(position), _) => Some(position == 0),
            (None, Some(state)) => Some(state == "closed"),
            (None, None) => None,
        }
    }

    /// Returns the share of a hundred that a call is about: of the way, and of the slats.
    fn wanted(&self, ask: &Ask<'_>) -> (Option<f64>, Option<f64>) {
        let toggled = |is_closed: bool| if is_closed { 100.0 } else { 0.0 };
        match ask.service {
            "open_cover" => (Some(100.0), None),
            "close_cover" => (Some(0.0), None),
            "toggle" => (Some(toggled(self.is_closed() == Some(true) || self.state == Some("closing"))), None),
            "set_cover_position" => (ask.float("position"), None),
            "open_cover_tilt" => (None, Some(100.0)),
            "close_cover_tilt" => (None, Some(0.0)),
            "toggle_cover_tilt" => (None, Some(toggled(self.tilt.unwrap_or(0) == 0))),
            "set_cover_tilt_position" => (None, ask.float("tilt_position")),
            _ => (None, None),
        }
    }

    fn move_to(&self, percent: f64, ask: &Ask<'_>) -> Result<Order, HandlerError> {
        let [open, close, _] = &self.payloads;
        let payload = match ask.service {
            "set_cover_position" => None,
            _ if percent > 0.0 => open.as_ref(),
            _ => close.as_ref(),
        };
        if let (Some(outlet), Some(payload)) = (&self.outlet, payload) {
            return outlet.order(payload.as_str());
        }
        let outlet = self.position_out.as_ref().ok_or_else(|| ask.unsupported())?;
        self.place_order(outlet, self.positions.place(percent), percent)
    }

    fn place_order(&self, outlet: &Outlet, place: f64, percent: f64) -> Result<Order, HandlerError> {
        let more = [
            ("position", plain(percent)),
            ("position_open", plain(self.positions.open)),
            ("position_closed", plain(self.positions.closed)),
            ("tilt_position", plain(percent)),
            ("tilt_min", plain(self.tilts.closed)),
            ("tilt_max", plain(self.tilts.open)),
        ];
        outlet.order_with(plain(place), &more)
    }
}

impl Model for Cover {
    fn topics(&self) -> Vec<String> {
        self.inlets.topics()
    }

    fn hear(&mut self, nth: usize, payload: &str) -> Result<(), Problem> {
        let Some((kind, word)) = self.inlets.read(nth, payload)? else { return Ok(()) };
        match kind {
            _ if word.is_empty() => {}
            Kind::State if word == NONE => self.state = None,
            // Where it stopped says whether it is closed.
            Kind::State if word == self.stopped => {
                let closed = match self.position.filter(|_| self.has_position) {
                    Some(position) => position == 0,
                    None => matches!(self.state, Some("closed" | "closing")),
                };
                self.state = Some(if closed { "closed" } else { "open" });
            }
            Kind::State => {
                let found = self.words.iter().find(|(known, _)| *known == word);
                let (_, state) = found.ok_or_else(|| Problem::new("state_topic", "says no state of a cover"))?;
                self.state = Some(state);
            }
            Kind::Position => {
                // Some devices send everything about the position as one object.
                let position = self.positions.percent(number(&word, "position_topic")?);
                self.position = Some(position);
                if !matches!(self.state, Some("opening" | "closing")) {
                    self.state = Some(if position == 0 { "closed" } else { "open" });
                }
            }
            Kind::Tilt => self.tilt = Some(self.tilts.percent(number(&word, "tilt_status_topic")?)),
        }
        Ok(())
    }

    fn state(&self) -> Option<String> {
        match self.state {
            Some(moving @ ("opening" | "closing")) => Some(moving.to_owned()),
            _ => self.is_closed().map(|closed| if closed { "closed" } else { "open" }.to_owned()),
        }
    }

    fn attributes(&self) -> Map<String, Value> {
        let known = [
            (true, "is_closed", json!(self.is_closed())),
            (self.has_position || self.position.is_some(), "current_position", json!(self.position)),
            (self.has_tilt || self.tilt.is_some(), "current_tilt_position", json!(self.tilt)),
            (self.optimistic, "assumed_state", json!(true)),
        ];
        known.into_iter().filter(|(has, ..)| *has).map(|(_, name, value)| (name.to_owned(), value)).collect()
    }

    fn features(&self) -> Option<u64> {
        let [open, close, stop] = &self.payloads;
        let commands = self.outlet.is_some();
        let positions = self.position_out.is_some();
        let tilts = self.tilt_out.is_some();
        Some(bits([
            ((commands && open.is_some()) || positions, feature::OPEN),
            ((commands && close.is_some()) || positions, feature::CLOSE),
            (commands && stop.is_some(), feature::STOP),
            (positions, feature::SET_POSITION),
            (tilts, feature::OPEN_TILT | feature::CLOSE_TILT | feature::STOP_TILT | feature::SET_TILT_POSITION),
        ]))
    }

    fn order(&self, ask: &Ask<'_>) -> Result<Vec<Order>, HandlerError> {
        let order = match (ask.service, self.wanted(ask)) {
            (_, (Some(percent), _)) => self.move_to(percent, ask)?,
            ("open_cover_tilt" | "close_cover_tilt" | "toggle_cover_tilt", (_, Some(percent))) => {
                let outlet = self.tilt_out.as_ref().ok_or_else(|| ask.unsupported())?;
                let end = if percent > 0.0 { self.tilt_ends.open } else { self.tilt_ends.closed };
                self.place_order(outlet, end, percent)?
            }
            (_, (_, Some(percent))) => {
                let outlet = self.tilt_out.as_ref().ok_or_else(|| ask.unsupported())?;
                self.place_order(outlet, self.tilts.place(percent), percent)?
            }
            ("stop_cover", _) => match (&self.outlet, &self.payloads) {
                (Some(outlet), [_, _, Some(stop)]) => outlet.order(stop.as_str())?,
                _ => return Err(ask.unsupported()),
            },
            ("stop_cover_tilt", _) => {
                let outlet = self.tilt_out.as_ref().ok_or_else(|| ask.unsupported())?;
                outlet.order(Jinja::from(self.payload_stop_tilt.as_str()))?
            }
            _ => return Err(ask.unsupported()),
        };
        Ok(vec![order])
    }

    fn assume(&mut self, ask: &Ask<'_>) -> bool {
        let (way, slats) = self.wanted(ask);
        if let Some(percent) = way.filter(|_| self.optimistic) {
            self.state = Some(if percent > 0.0 { "open" } else { "closed" });
            if self.position_out.is_some() || self.has_position {
                self.position = Some(whole(percent));
            }
        }
        if let Some(percent) = slats.filter(|_| self.tilt_optimistic) {
            self.tilt = Some(whole(percent));
        }
        (way.is_some() && self.optimistic) || (slats.is_some() && self.tilt_optimistic)
    }
}
