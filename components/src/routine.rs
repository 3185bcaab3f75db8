//! What people have set up to happen: scenes, scripts, automations.
//!
//! Whatever such an entity does in turn it does through [`service_bus::ServiceCall::call_service`], where the caller's
//! rights are checked again: permission to control a scene is permission to activate it, not to control its members.

use service_bus::Kind;

use crate::table::{Domain, may};

pub(crate) fn domains() -> Vec<Domain> {
    vec![
        Domain::new("scene").acts("turn_on", 0, vec![may("transition", Kind::Float(0.0, 6553.0))]),
        Domain::new("script")
            .acts("turn_on", 0, vec![may("variables", Kind::Object)])
            .acts("turn_off", 0, vec![])
            .acts("toggle", 0, vec![]),
        Domain::new("automation")
            .acts("turn_on", 0, vec![])
            .acts("turn_off", 0, vec![may("stop_actions", Kind::Bool)])
            .acts("toggle", 0, vec![])
            .acts("trigger", 0, vec![may("skip_condition", Kind::Bool)]),
    ]
}
