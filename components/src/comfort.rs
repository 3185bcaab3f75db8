//! Climate, fans, humidifiers, water heaters.

use service_bus::Kind;

use crate::{
    feature::{climate, fan, humidifier, water_heater},
    table::{Domain, PERCENT, TEMPERATURE, may, must},
};

pub(crate) fn domains() -> Vec<Domain> {
    vec![
        Domain::new("climate")
            .acts("turn_on", climate::TURN_ON, vec![])
            .acts("turn_off", climate::TURN_OFF, vec![])
            .acts("toggle", climate::TURN_ON | climate::TURN_OFF, vec![])
            .acts("set_hvac_mode", 0, vec![must("hvac_mode", HVAC_MODE)])
            .acts("set_preset_mode", climate::PRESET_MODE, vec![must("preset_mode", Kind::Text)])
            .acts(
                "set_temperature",
                climate::TARGET_TEMPERATURE | climate::TARGET_TEMPERATURE_RANGE,
                vec![
                    may("temperature", TEMPERATURE),
                    may("target_temp_high", TEMPERATURE),
                    may("target_temp_low", TEMPERATURE),
                    may("hvac_mode", HVAC_MODE),
                ],
            )
            .acts("set_humidity", climate::TARGET_HUMIDITY, vec![must("humidity", PERCENT)])
            .acts("set_fan_mode", climate::FAN_MODE, vec![must("fan_mode", Kind::Text)])
            .acts("set_swing_mode", climate::SWING_MODE, vec![must("swing_mode", Kind::Text)])
            .acts(
                "set_swing_horizontal_mode",
                climate::SWING_HORIZONTAL_MODE,
                vec![must("swing_horizontal_mode", Kind::Text)],
            ),
        Domain::new("fan")
            .acts("turn_on", fan::TURN_ON, vec![may("percentage", PERCENT), may("preset_mode", Kind::Text)])
            .acts("turn_off", fan::TURN_OFF, vec![])
            .acts("toggle", fan::TURN_ON | fan::TURN_OFF, vec![])
            .acts("increase_speed", fan::SET_SPEED, vec![may("percentage_step", PERCENT)])
            .acts("decrease_speed", fan::SET_SPEED, vec![may("percentage_step", PERCENT)])
            .acts("set_percentage", fan::SET_SPEED, vec![must("percentage", PERCENT)])
            .acts("oscillate", fan::OSCILLATE, vec![must("oscillating", Kind::Bool)])
            .acts("set_direction", fan::DIRECTION, vec![must("direction", Kind::Choice(&["forward", "reverse"]))])
            .acts("set_preset_mode", fan::PRESET_MODE, vec![must("preset_mode", Kind::Text)]),
        Domain::new("humidifier")
            .acts("turn_on", 0, vec![])
            .acts("turn_off", 0, vec![])
            .acts("toggle", 0, vec![])
            .acts("set_humidity", 0, vec![must("humidity", PERCENT)])
            .acts("set_mode", humidifier::MODES, vec![must("mode", Kind::Text)]),
        Domain::new("water_heater")
            .acts("turn_on", water_heater::ON_OFF, vec![])
            .acts("turn_off", water_heater::ON_OFF, vec![])
            .acts("set_away_mode", water_heater::AWAY_MODE, vec![must("away_mode", Kind::Bool)])
            .acts(
                "set_temperature",
                water_heater::TARGET_TEMPERATURE,
                vec![must("temperature", TEMPERATURE), may("operation_mode", Kind::Text)],
            )
            .acts("set_operation_mode", water_heater::OPERATION_MODE, vec![must("operation_mode", Kind::Text)]),
    ]
}

const HVAC_MODE: Kind = Kind::Choice(&["off", "heat", "cool", "heat_cool", "auto", "dry", "fan_only"]);
