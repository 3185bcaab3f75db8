//! Machines that go about by themselves, and what keeps them up to date.

use service_bus::Kind;

use crate::{
    feature::{lawn_mower as mower, update, vacuum},
    table::{Domain, may, must},
};

pub(crate) fn domains() -> Vec<Domain> {
    vec![
        Domain::new("vacuum")
            .acts("start", vacuum::START, vec![])
            .acts("pause", vacuum::PAUSE, vec![])
            .acts("stop", vacuum::STOP, vec![])
            .acts("return_to_base", vacuum::RETURN_HOME, vec![])
            .acts("clean_spot", vacuum::CLEAN_SPOT, vec![])
            .acts("locate", vacuum::LOCATE, vec![])
            .acts("set_fan_speed", vacuum::FAN_SPEED, vec![must("fan_speed", Kind::Text)])
            .acts("send_command", vacuum::SEND_COMMAND, vec![must("command", Kind::Text), may("params", Kind::Any)]),
        Domain::new("lawn_mower")
            .acts("start_mowing", mower::START_MOWING, vec![])
            .acts("pause", mower::PAUSE, vec![])
            .acts("dock", mower::DOCK, vec![]),
        Domain::new("update")
            .acts("install", update::INSTALL, vec![may("version", Kind::Text), may("backup", Kind::Bool)])
            .acts("skip", 0, vec![])
            .acts("clear_skipped", 0, vec![]),
    ]
}
