//! Alarm panels.

use components::feature::alarm as feature;
use serde_json::{Map, Value, json};
use service_bus::HandlerError;

use super::{Answer, Ask, Model, keyed, members};

/// An alarm panel that is armed and disarmed with a code. It arms at once.
#[derive(Clone)]
pub(crate) struct Alarm {
    state: &'static str,
    code: &'static str,
}

impl Alarm {
    pub(crate) const fn new(code: &'static str) -> Self {
        Self { state: "disarmed", code }
    }

    fn check_code(&self, ask: &Ask<'_>) -> Result<(), HandlerError> {
        if ask.text("code") == Some(self.code) {
            return Ok(());
        }
        let (key, text) = match ask.text("code") {
            Some(_) => ("invalid_code", "Invalid alarm code provided"),
            None => ("code_arm_required", "Arming or disarming requires a code but none was given"),
        };
        Err(keyed("alarm_control_panel", key, text, vec![("entity_id", ask.entity_id.to_string())]))
    }
}

impl Model for Alarm {
    fn features(&self) -> Option<u64> {
        let armed = feature::ARM_HOME | feature::ARM_AWAY | feature::ARM_NIGHT | feature::ARM_VACATION;
        Some(armed | feature::ARM_CUSTOM_BYPASS | feature::TRIGGER)
    }

    fn state(&self) -> String {
        self.state.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        members(json!({
            "code_format": "number",
            "changed_by": null,
            "code_arm_required": true,
            "previous_state": null,
            "next_state": null,
        }))
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        let next = match ask.service {
            "alarm_disarm" => "disarmed",
            "alarm_arm_home" => "armed_home",
            "alarm_arm_away" => "armed_away",
            "alarm_arm_night" => "armed_night",
            "alarm_arm_vacation" => "armed_vacation",
            "alarm_arm_custom_bypass" => "armed_custom_bypass",
            "alarm_trigger" => "triggered",
            _ => return Err(ask.unsupported()),
        };
        // Whoever may control the panel may raise the alarm; only the code ends it.
        if next != "triggered" {
            self.check_code(ask)?;
        }
        self.state = next;
        Ok(None)
    }
}
