//! Lights, switches, sirens.

use service_bus::{Field, Kind};

use crate::{
    COLOR_NAMES,
    feature::siren,
    table::{Domain, may},
};

pub(crate) fn domains() -> Vec<Domain> {
    vec![
        Domain::new("light")
            .acts("turn_on", 0, light_turn_on())
            .acts("turn_off", 0, vec![may("transition", TRANSITION), may("flash", FLASH)])
            .acts("toggle", 0, light_turn_on()),
        Domain::new("switch").acts("turn_on", 0, vec![]).acts("turn_off", 0, vec![]).acts("toggle", 0, vec![]),
        Domain::new("siren")
            .acts("turn_on", siren::TURN_ON, siren_turn_on())
            .acts("turn_off", siren::TURN_OFF, vec![])
            .acts("toggle", siren::TURN_ON | siren::TURN_OFF, vec![]),
    ]
}

fn light_turn_on() -> Vec<Field> {
    vec![
        may("transition", TRANSITION),
        may("brightness", BYTE),
        may("brightness_pct", Kind::Float(0.0, 100.0)),
        may("brightness_step", Kind::Int(-255, 255)),
        may("brightness_step_pct", Kind::Float(-100.0, 100.0)),
        may("color_temp_kelvin", Kind::Int(1, 100_000)),
        may("rgb_color", Kind::Floats(3, 0.0, 255.0)),
        may("rgbw_color", Kind::Floats(4, 0.0, 255.0)),
        may("rgbww_color", Kind::Floats(5, 0.0, 255.0)),
        may("hs_color", Kind::Floats(2, 0.0, 360.0)),
        may("xy_color", Kind::Floats(2, 0.0, 1.0)),
        may("color_name", Kind::Choice(&COLOR_NAMES)),
        may("white", BYTE),
        may("profile", Kind::Text),
        may("flash", FLASH),
        may("effect", Kind::Text),
    ]
}

fn siren_turn_on() -> Vec<Field> {
    vec![may("tone", Kind::Text), may("duration", Kind::Int(1, 86_400)), may("volume_level", Kind::Float(0.0, 1.0))]
}

const BYTE: Kind = Kind::Int(0, 255);
const TRANSITION: Kind = Kind::Float(0.0, 6553.0);
const FLASH: Kind = Kind::Choice(&["short", "long"]);
