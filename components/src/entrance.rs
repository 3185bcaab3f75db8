//! What opens, closes and guards: covers, valves, locks, alarms.

use service_bus::Kind;

use crate::{
    feature::{alarm, cover, lock, valve},
    table::{Domain, PERCENT, may, must},
};

pub(crate) fn domains() -> Vec<Domain> {
    let code = || vec![may("code", Kind::Text)];
    vec![
        Domain::new("cover")
            .acts("open_cover", cover::OPEN, vec![])
            .acts("close_cover", cover::CLOSE, vec![])
            .acts("set_cover_position", cover::SET_POSITION, vec![must("position", PERCENT)])
            .acts("stop_cover", cover::STOP, vec![])
            .acts("toggle", cover::OPEN | cover::CLOSE, vec![])
            .acts("open_cover_tilt", cover::OPEN_TILT, vec![])
            .acts("close_cover_tilt", cover::CLOSE_TILT, vec![])
            .acts("stop_cover_tilt", cover::STOP_TILT, vec![])
            .acts("set_cover_tilt_position", cover::SET_TILT_POSITION, vec![must("tilt_position", PERCENT)])
            .acts("toggle_cover_tilt", cover::OPEN_TILT | cover::CLOSE_TILT, vec![]),
        Domain::new("valve")
            .acts("open_valve", valve::OPEN, vec![])
            .acts("close_valve", valve::CLOSE, vec![])
            .acts("set_valve_position", valve::SET_POSITION, vec![must("position", PERCENT)])
            .acts("stop_valve", valve::STOP, vec![])
            .acts("toggle", valve::OPEN | valve::CLOSE, vec![]),
        Domain::new("lock").acts("lock", 0, code()).acts("unlock", 0, code()).acts("open", lock::OPEN, code()),
        Domain::new("alarm_control_panel")
            .acts("alarm_disarm", 0, code())
            .acts("alarm_arm_home", alarm::ARM_HOME, code())
            .acts("alarm_arm_away", alarm::ARM_AWAY, code())
            .acts("alarm_arm_night", alarm::ARM_NIGHT, code())
            .acts("alarm_arm_vacation", alarm::ARM_VACATION, code())
            .acts("alarm_arm_custom_bypass", alarm::ARM_CUSTOM_BYPASS, code())
            .acts("alarm_trigger", alarm::TRIGGER, code()),
    ]
}
