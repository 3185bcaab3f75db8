//! Settings: buttons, numbers, selections, texts, dates, timers, counters, and the helpers that people make of them.

use service_bus::Kind;

use crate::table::{Domain, NUMBER, may, must};

pub(crate) fn domains() -> Vec<Domain> {
    vec![
        Domain::new("button").acts("press", 0, vec![]),
        Domain::new("input_button").acts("press", 0, vec![]),
        Domain::new("input_boolean").acts("turn_on", 0, vec![]).acts("turn_off", 0, vec![]).acts("toggle", 0, vec![]),
        Domain::new("number").acts("set_value", 0, vec![must("value", NUMBER)]),
        Domain::new("input_number")
            .acts("set_value", 0, vec![must("value", NUMBER)])
            .acts("increment", 0, vec![])
            .acts("decrement", 0, vec![]),
        choosing(Domain::new("select")),
        choosing(Domain::new("input_select")).acts("set_options", 0, vec![must("options", Kind::Texts)]),
        Domain::new("text").acts("set_value", 0, vec![must("value", Kind::Text)]),
        Domain::new("input_text").acts("set_value", 0, vec![must("value", Kind::Text)]),
        Domain::new("date").acts("set_value", 0, vec![must("date", Kind::Text)]),
        Domain::new("time").acts("set_value", 0, vec![must("time", Kind::Text)]),
        Domain::new("datetime").acts("set_value", 0, vec![must("datetime", Kind::Text)]),
        Domain::new("input_datetime").acts(
            "set_datetime",
            0,
            vec![
                may("date", Kind::Text),
                may("time", Kind::Text),
                may("datetime", Kind::Text),
                may("timestamp", NUMBER),
            ],
        ),
        Domain::new("timer")
            .acts("start", 0, vec![may("duration", Kind::Any)])
            .acts("pause", 0, vec![])
            .acts("cancel", 0, vec![])
            .acts("finish", 0, vec![])
            .acts("change", 0, vec![must("duration", Kind::Any)]),
        Domain::new("counter").acts("increment", 0, vec![]).acts("decrement", 0, vec![]).acts("reset", 0, vec![]).acts(
            "set_value",
            0,
            vec![must("value", Kind::Int(i64::MIN, i64::MAX))],
        ),
    ]
}

fn choosing(domain: Domain) -> Domain {
    domain
        .acts("select_option", 0, vec![must("option", Kind::Text)])
        .acts("select_next", 0, vec![may("cycle", Kind::Bool)])
        .acts("select_previous", 0, vec![may("cycle", Kind::Bool)])
        .acts("select_first", 0, vec![])
        .acts("select_last", 0, vec![])
}
