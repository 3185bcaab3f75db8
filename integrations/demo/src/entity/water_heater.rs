//! Water heaters.

use components::feature::water_heater as feature;
use serde_json::{Map, Value, json};

use super::{Answer, Ask, Model, invalid, members};

/// A water heater.
#[derive(Clone)]
pub(crate) struct WaterHeater {
    mode: &'static str,
    target: f64,
    away: bool,
}

impl WaterHeater {
    pub(crate) const fn new(mode: &'static str, target: f64) -> Self {
        Self { mode, target, away: false }
    }
}

impl Model for WaterHeater {
    fn features(&self) -> Option<u64> {
        Some(feature::TARGET_TEMPERATURE | feature::OPERATION_MODE | feature::AWAY_MODE | feature::ON_OFF)
    }

    fn state(&self) -> String {
        self.mode.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        members(json!({
            "min_temp": MIN,
            "max_temp": MAX,
            "target_temp_step": 1,
            "operation_list": MODES,
            "current_temperature": null,
            "temperature": self.target,
            "target_temp_high": null,
            "target_temp_low": null,
            "temperature_unit": "°C",
            "operation_mode": self.mode,
            "away_mode": if self.away { "on" } else { "off" },
        }))
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        match ask.service {
            "turn_on" if self.mode == "off" => self.mode = "eco",
            "turn_on" => {}
            "turn_off" => self.mode = "off",
            "set_away_mode" => self.away = ask.flag("away_mode").unwrap_or(self.away),
            "set_operation_mode" => self.mode = ask.word("operation_mode", MODES)?.unwrap_or(self.mode),
            "set_temperature" => {
                let target = ask.float("temperature").filter(|degrees| (MIN..=MAX).contains(degrees));
                self.target = target.ok_or_else(|| invalid(format!("temperature goes from {MIN} to {MAX}")))?;
                self.mode = ask.word("operation_mode", MODES)?.unwrap_or(self.mode);
            }
            _ => return Err(ask.unsupported()),
        }
        Ok(None)
    }
}

const MODES: &[&str] = &["eco", "electric", "performance", "high_demand", "heat_pump", "gas", "off"];
const MIN: f64 = 43.3;
const MAX: f64 = 60.0;
