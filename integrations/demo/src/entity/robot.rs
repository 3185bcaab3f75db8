//! Machines that go about by themselves: vacuum cleaners and lawn mowers.

use components::feature::{lawn_mower, vacuum};
use serde_json::{Map, Value, json};

use super::{Answer, Ask, Model, Tick, members};

/// A vacuum cleaner. On its way home it arrives within a step; what it has cleaned grows while it cleans.
#[derive(Clone)]
pub(crate) struct Vacuum {
    state: &'static str,
    speed: &'static str,
    cleaned: u64,
}

impl Vacuum {
    pub(crate) const fn new() -> Self {
        Self { state: "docked", speed: "medium", cleaned: 0 }
    }
}

impl Model for Vacuum {
    fn features(&self) -> Option<u64> {
        let moves = vacuum::START | vacuum::PAUSE | vacuum::STOP | vacuum::RETURN_HOME | vacuum::CLEAN_SPOT;
        Some(moves | vacuum::FAN_SPEED | vacuum::LOCATE | vacuum::SEND_COMMAND | vacuum::STATE)
    }

    fn state(&self) -> String {
        self.state.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        members(json!({"fan_speed_list": SPEEDS, "fan_speed": self.speed, "cleaned_area": self.cleaned}))
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        self.state = match ask.service {
            "start" | "clean_spot" => "cleaning",
            "pause" if self.state == "cleaning" => "paused",
            "stop" if self.state == "cleaning" => "idle",
            "return_to_base" if self.state != "docked" => "returning",
            "set_fan_speed" => {
                self.speed = ask.word("fan_speed", SPEEDS)?.unwrap_or(self.speed);
                self.state
            }
            // Nobody hears the beep, and commands of its own are taken without a word.
            "pause" | "stop" | "return_to_base" | "locate" | "send_command" => self.state,
            _ => return Err(ask.unsupported()),
        };
        Ok(None)
    }

    fn step(&mut self, _: Tick) -> bool {
        match self.state {
            "cleaning" => self.cleaned = (self.cleaned + 1) % 1_000,
            "returning" => self.state = "docked",
            _ => return false,
        }
        true
    }
}

/// A lawn mower. On its way home it arrives within a step.
#[derive(Clone)]
pub(crate) struct Mower {
    state: &'static str,
}

impl Mower {
    pub(crate) const fn new() -> Self {
        Self { state: "docked" }
    }
}

impl Model for Mower {
    fn features(&self) -> Option<u64> {
        Some(lawn_mower::START_MOWING | lawn_mower::PAUSE | lawn_mower::DOCK)
    }

    fn state(&self) -> String {
        self.state.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        Map::new()
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        self.state = match ask.service {
            "start_mowing" => "mowing",
            "pause" if self.state == "docked" => "docked",
            "pause" => "paused",
            "dock" if self.state == "docked" => "docked",
            "dock" => "returning",
            _ => return Err(ask.unsupported()),
        };
        Ok(None)
    }

    fn step(&mut self, _: Tick) -> bool {
        let returning = self.state == "returning";
        if returning {
            self.state = "docked";
        }
        returning
    }
}

const SPEEDS: &[&str] = &["min", "medium", "high", "max"];
