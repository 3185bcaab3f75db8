//! Covers and valves. They move at once.

use components::feature::{cover, valve};
use serde_json::{Map, Value};

use super::{Answer, Ask, Model};

/// A cover: a blind, a door, an awning, with slats or without.
#[derive(Clone)]
pub(crate) struct Cover {
    /// 0 is closed, 100 is open.
    position: i64,
    /// It stops anywhere between.
    positions: bool,
    tilt: Option<i64>,
}

/// A valve.
#[derive(Clone)]
pub(crate) struct Valve {
    position: i64,
    positions: bool,
}

impl Cover {
    /// A cover that is open or closed.
    pub(crate) const fn door(open: bool) -> Self {
        Self { position: if open { 100 } else { 0 }, positions: false, tilt: None }
    }

    /// A cover that stops anywhere between.
    pub(crate) const fn blind(position: i64) -> Self {
        Self { position, positions: true, tilt: None }
    }

    pub(crate) const fn with_tilt(self, tilt: i64) -> Self {
        Self { tilt: Some(tilt), ..self }
    }

    /// Moves the slats by a service that concerns them; tells whether it does.
    fn tilt(&mut self, ask: &Ask<'_>) -> bool {
        let Some(tilt) = &mut self.tilt else { return false };
        *tilt = match ask.service {
            "open_cover_tilt" => 100,
            "close_cover_tilt" => 0,
            "stop_cover_tilt" => *tilt,
            "toggle_cover_tilt" => toggled(*tilt),
            "set_cover_tilt_position" => ask.int("tilt_position").unwrap_or(*tilt),
            _ => return false,
        };
        true
    }
}

impl Model for Cover {
    fn features(&self) -> Option<u64> {
        let mut features = cover::OPEN | cover::CLOSE;
        if self.positions {
            features |= cover::SET_POSITION | cover::STOP;
        }
        if self.tilt.is_some() {
            features |= cover::OPEN_TILT | cover::CLOSE_TILT | cover::STOP_TILT | cover::SET_TILT_POSITION;
        }
        Some(features)
    }

    fn state(&self) -> String {
        open_or_closed(self.position)
    }

    fn attributes(&self) -> Map<String, Value> {
        let mut attributes = place(self.position, self.positions);
        if let Some(tilt) = self.tilt {
            attributes.insert("current_tilt_position".to_owned(), tilt.into());
        }
        attributes
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        if self.tilt(ask) {
            return Ok(None);
        }
        self.position = match ask.service {
            "open_cover" => 100,
            "close_cover" => 0,
            "stop_cover" if self.positions => self.position,
            "toggle" => toggled(self.position),
            "set_cover_position" if self.positions => ask.int("position").unwrap_or(self.position),
            _ => return Err(ask.unsupported()),
        };
        Ok(None)
    }
}

impl Valve {
    /// A valve that is open or closed.
    pub(crate) const fn simple(open: bool) -> Self {
        Self { position: if open { 100 } else { 0 }, positions: false }
    }

    /// A valve that stops anywhere between.
    pub(crate) const fn fine(position: i64) -> Self {
        Self { position, positions: true }
    }
}

impl Model for Valve {
    fn features(&self) -> Option<u64> {
        let fine = if self.positions { valve::SET_POSITION | valve::STOP } else { 0 };
        Some(valve::OPEN | valve::CLOSE | fine)
    }

    fn state(&self) -> String {
        open_or_closed(self.position)
    }

    fn attributes(&self) -> Map<String, Value> {
        place(self.position, self.positions)
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        self.position = match ask.service {
            "open_valve" => 100,
            "close_valve" => 0,
            "stop_valve" if self.positions => self.position,
            "toggle" => toggled(self.position),
            "set_valve_position" if self.positions => ask.int("position").unwrap_or(self.position),
            _ => return Err(ask.unsupported()),
        };
        Ok(None)
    }
}

const fn toggled(position: i64) -> i64 {
    if position == 0 { 100 } else { 0 }
}

fn open_or_closed(position: i64) -> String {
    if position == 0 { "closed" } else { "open" }.to_owned()
}

fn place(position: i64, fine: bool) -> Map<String, Value> {
    let mut attributes = Map::from_iter([("is_closed".to_owned(), Value::Bool(position == 0))]);
    if fine {
        attributes.insert("current_position".to_owned(), position.into());
    }
    attributes
}
