//! The short names of fields in discovery messages, and `~` in topics. The names are Home Assistant's, of its page on
//! MQTT discovery.

use serde_json::{Map, Value};

use super::MAX_TEXT;

/// Returns a message with all names in full and `~` put in.
pub(crate) fn expand(message: Map<String, Value>) -> Map<String, Value> {
    let mut full = rename(message, FIELDS);
    for (name, names) in [("device", DEVICE), ("origin", ORIGIN)] {
        if let Some(Value::Object(inner)) = full.get_mut(name) {
            *inner = rename(std::mem::take(inner), names);
        }
    }
    match full.get_mut("availability") {
        Some(Value::Array(items)) => {
            for item in items {
                if let Value::Object(item) = item {
                    *item = rename(std::mem::take(item), FIELDS);
                }
            }
        }
        Some(Value::Object(item)) => *item = rename(std::mem::take(item), FIELDS),
        _ => {}
    }
    // One that is longer than a topic may be makes no topic, and would be put in thousands of times.
    if let Some(Value::String(base)) = full.remove("~")
        && base.len() <= MAX_TEXT
    {
        put_in(&mut full, &base);
    }
    full
}

/// Puts `base` in for `~` at the beginning or end of every topic.
fn put_in(fields: &mut Map<String, Value>, base: &str) {
    for (name, value) in fields.iter_mut() {
        match value {
            Value::String(topic) if name == "topic" || name.ends_with("_topic") => {
                if let Some(rest) = topic.strip_prefix('~') {
                    *topic = format!("{base}{rest}");
                } else if let Some(rest) = topic.strip_suffix('~') {
                    *topic = format!("{rest}{base}");
                }
            }
            Value::Array(items) if name == "availability" => {
                for item in items {
                    if let Value::Object(item) = item {
                        put_in(item, base);
                    }
                }
            }
            Value::Object(item) if name == "availability" => put_in(item, base),
            _ => {}
        }
    }
}

fn rename(fields: Map<String, Value>, names: &[(&str, &str)]) -> Map<String, Value> {
    let mut renamed = Map::new();
    for (name, value) in fields {
        let full = names.iter().find(|(short, _)| *short == name).map_or(name.as_str(), |(_, full)| full);
        renamed.insert(full.to_owned(), value);
    }
    renamed
}

const DEVICE: &[(&str, &str)] = &[
    ("cns", "connections"),
    ("cu", "configuration_url"),
    ("hw", "hw_version"),
    ("ids", "identifiers"),
    ("mdl", "model"),
    ("mdl_id", "model_id"),
    ("mf", "manufacturer"),
    ("sa", "suggested_area"),
    ("sn", "serial_number"),
    ("sw", "sw_version"),
];

const ORIGIN: &[(&str, &str)] = &[("sw", "sw_version"), ("url", "support_url")];

const FIELDS: &[(&str, &str)] = &[
    ("act_t", "action_topic"),
    ("act_tpl", "action_template"),
    ("avty", "availability"),
    ("avty_mode", "availability_mode"),
    ("avty_t", "availability_topic"),
    ("avty_tpl", "availability_template"),
    ("bri_cmd_t", "brightness_command_topic"),
    ("bri_cmd_tpl", "brightness_command_template"),
    ("bri_scl", "brightness_scale"),
    ("bri_stat_t", "brightness_state_topic"),
    ("bri_val_tpl", "brightness_value_template"),
    ("clr_temp_cmd_t", "color_temp_command_topic"),
    ("clr_temp_cmd_tpl", "color_temp_command_template"),
    ("clr_temp_k", "color_temp_kelvin"),
    ("clr_temp_stat_t", "color_temp_state_topic"),
    ("clr_temp_val_tpl", "color_temp_value_template"),
    ("clrm", "color_mode"),
    ("clrm_stat_t", "color_mode_state_topic"),
    ("clrm_val_tpl", "color_mode_value_template"),
    ("cmd_t", "command_topic"),
    ("cmd_tpl", "command_template"),
    ("cmps", "components"),
    ("cod_arm_req", "code_arm_required"),
    ("cod_form", "code_format"),
    ("curr_hum_t", "current_humidity_topic"),
    ("curr_hum_tpl", "current_humidity_template"),
    ("curr_temp_t", "current_temperature_topic"),
    ("curr_temp_tpl", "current_temperature_template"),
    ("def_ent_id", "default_entity_id"),
    ("dev", "device"),
    ("dev_cla", "device_class"),
    ("dir_cmd_t", "direction_command_topic"),
    ("dir_cmd_tpl", "direction_command_template"),
    ("dir_stat_t", "direction_state_topic"),
    ("dir_val_tpl", "direction_value_template"),
    ("e", "encoding"),
    ("en", "enabled_by_default"),
    ("ent_cat", "entity_category"),
    ("ent_pic", "entity_picture"),
    ("exp_aft", "expire_after"),
    ("fan_mode_cmd_t", "fan_mode_command_topic"),
    ("fan_mode_cmd_tpl", "fan_mode_command_template"),
    ("fan_mode_stat_t", "fan_mode_state_topic"),
    ("fan_mode_stat_tpl", "fan_mode_state_template"),
    ("fx_cmd_t", "effect_command_topic"),
    ("fx_cmd_tpl", "effect_command_template"),
    ("fx_list", "effect_list"),
    ("fx_stat_t", "effect_state_topic"),
    ("fx_val_tpl", "effect_value_template"),
    ("flsh", "flash"),
    ("flsh_tlng", "flash_time_long"),
    ("flsh_tsht", "flash_time_short"),
    ("frc_upd", "force_update"),
    ("hs_cmd_t", "hs_command_topic"),
    ("hs_cmd_tpl", "hs_command_template"),
    ("hs_stat_t", "hs_state_topic"),
    ("hs_val_tpl", "hs_value_template"),
    ("hum_cmd_t", "target_humidity_command_topic"),
    ("hum_cmd_tpl", "target_humidity_command_template"),
    ("hum_stat_t", "target_humidity_state_topic"),
    ("hum_state_tpl", "target_humidity_state_template"),
    ("ic", "icon"),
    ("init", "initial"),
    ("json_attr_t", "json_attributes_topic"),
    ("json_attr_tpl", "json_attributes_template"),
    ("l_ver_t", "latest_version_topic"),
    ("lrst_t", "last_reset_topic"),
    ("lrst_val_tpl", "last_reset_value_template"),
    ("max_hum", "max_humidity"),
    ("max_k", "max_kelvin"),
    ("max_mirs", "max_mireds"),
    ("min_hum", "min_humidity"),
    ("min_k", "min_kelvin"),
    ("min_mirs", "min_mireds"),
    ("mode_cmd_t", "mode_command_topic"),
    ("mode_cmd_tpl", "mode_command_template"),
    ("mode_stat_t", "mode_state_topic"),
    ("mode_stat_tpl", "mode_state_template"),
    ("o", "origin"),
    ("obj_id", "object_id"),
    ("off_dly", "off_delay"),
    ("on_cmd_type", "on_command_type"),
    ("ops", "options"),
    ("opt", "optimistic"),
    ("osc_cmd_t", "oscillation_command_topic"),
    ("osc_cmd_tpl", "oscillation_command_template"),
    ("osc_stat_t", "oscillation_state_topic"),
    ("osc_val_tpl", "oscillation_value_template"),
    ("p", "platform"),
    ("pct_cmd_t", "percentage_command_topic"),
    ("pct_cmd_tpl", "percentage_command_template"),
    ("pct_stat_t", "percentage_state_topic"),
    ("pct_val_tpl", "percentage_value_template"),
    ("pl_avail", "payload_available"),
    ("pl_cls", "payload_close"),
    ("pl_lock", "payload_lock"),
    ("pl_not_avail", "payload_not_available"),
    ("pl_off", "payload_off"),
    ("pl_on", "payload_on"),
    ("pl_open", "payload_open"),
    ("pl_osc_off", "payload_oscillation_off"),
    ("pl_osc_on", "payload_oscillation_on"),
    ("pl_prs", "payload_press"),
    ("pl_rst", "payload_reset"),
    ("pl_rst_pct", "payload_reset_percentage"),
    ("pl_rst_pr_mode", "payload_reset_preset_mode"),
    ("pl_stop", "payload_stop"),
    ("pl_stop_tilt", "payload_stop_tilt"),
    ("pl_unlk", "payload_unlock"),
    ("pos_clsd", "position_closed"),
    ("pos_open", "position_open"),
    ("pos_t", "position_topic"),
    ("pos_tpl", "position_template"),
    ("pow_cmd_t", "power_command_topic"),
    ("pow_cmd_tpl", "power_command_template"),
    ("pr_mode_cmd_t", "preset_mode_command_topic"),
    ("pr_mode_cmd_tpl", "preset_mode_command_template"),
    ("pr_mode_stat_t", "preset_mode_state_topic"),
    ("pr_mode_val_tpl", "preset_mode_value_template"),
    ("pr_modes", "preset_modes"),
    ("ret", "retain"),
    ("rgb_cmd_t", "rgb_command_topic"),
    ("rgb_cmd_tpl", "rgb_command_template"),
    ("rgb_stat_t", "rgb_state_topic"),
    ("rgb_val_tpl", "rgb_value_template"),
    ("set_pos_t", "set_position_topic"),
    ("set_pos_tpl", "set_position_template"),
    ("spd_rng_max", "speed_range_max"),
    ("spd_rng_min", "speed_range_min"),
    ("stat_cla", "state_class"),
    ("stat_clsd", "state_closed"),
    ("stat_closing", "state_closing"),
    ("stat_jam", "state_jammed"),
    ("stat_locked", "state_locked"),
    ("stat_locking", "state_locking"),
    ("stat_off", "state_off"),
    ("stat_on", "state_on"),
    ("stat_open", "state_open"),
    ("stat_opening", "state_opening"),
    ("stat_stopped", "state_stopped"),
    ("stat_t", "state_topic"),
    ("stat_tpl", "state_template"),
    ("stat_unlocked", "state_unlocked"),
    ("stat_unlocking", "state_unlocking"),
    ("stat_val_tpl", "state_value_template"),
    ("stype", "subtype"),
    ("sug_dsp_prc", "suggested_display_precision"),
    ("sup_clrm", "supported_color_modes"),
    ("swing_mode_cmd_t", "swing_mode_command_topic"),
    ("swing_mode_cmd_tpl", "swing_mode_command_template"),
    ("swing_mode_stat_t", "swing_mode_state_topic"),
    ("swing_mode_stat_tpl", "swing_mode_state_template"),
    ("t", "topic"),
    ("temp_cmd_t", "temperature_command_topic"),
    ("temp_cmd_tpl", "temperature_command_template"),
    ("temp_hi_cmd_t", "temperature_high_command_topic"),
    ("temp_hi_cmd_tpl", "temperature_high_command_template"),
    ("temp_hi_stat_t", "temperature_high_state_topic"),
    ("temp_hi_stat_tpl", "temperature_high_state_template"),
    ("temp_lo_cmd_t", "temperature_low_command_topic"),
    ("temp_lo_cmd_tpl", "temperature_low_command_template"),
    ("temp_lo_stat_t", "temperature_low_state_topic"),
    ("temp_lo_stat_tpl", "temperature_low_state_template"),
    ("temp_stat_t", "temperature_state_topic"),
    ("temp_stat_tpl", "temperature_state_template"),
    ("temp_unit", "temperature_unit"),
    ("tilt_clsd_val", "tilt_closed_value"),
    ("tilt_cmd_t", "tilt_command_topic"),
    ("tilt_cmd_tpl", "tilt_command_template"),
    ("tilt_opnd_val", "tilt_opened_value"),
    ("tilt_opt", "tilt_optimistic"),
    ("tilt_status_t", "tilt_status_topic"),
    ("tilt_status_tpl", "tilt_status_template"),
    ("uniq_id", "unique_id"),
    ("unit_of_meas", "unit_of_measurement"),
    ("val_tpl", "value_template"),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(message: Value, expected: Value) {
        let Value::Object(message) = message else { panic!("an object") };
        assert_eq!(Value::Object(expand(message)), expected);
    }

    #[test]
    fn short_names_become_full() {
        check(
            json!({"~": "home/x", "stat_t": "~/s", "cmd_t": "set/~", "pl_on": "~", "uniq_id": "u",
                "avty": [{"t": "~/a", "pl_avail": "1"}], "dev": {"ids": ["d"], "mf": "M", "sw": "1"}, "o": {"sw": "2"}}),
            json!({"state_topic": "home/x/s", "command_topic": "set/home/x", "payload_on": "~", "unique_id": "u",
                "availability": [{"topic": "home/x/a", "payload_available": "1"}],
                "device": {"identifiers": ["d"], "manufacturer": "M", "sw_version": "1"},
                "origin": {"sw_version": "2"}}),
        );
        check(json!({"unknown": 1, "state_topic": "~"}), json!({"unknown": 1, "state_topic": "~"}));
    }

    #[test]
    fn a_base_that_is_no_topic_is_not_put_in() {
        let sources = vec![json!({"t": "~"}); 10_000];
        let message = json!({"~": "x".repeat(100_000), "avty": sources, "stat_t": "~"});
        let Value::Object(message) = message else { panic!("an object") };
        assert!(Value::Object(expand(message)).to_string().len() < 300_000);
    }

    #[test]
    fn every_short_name_is_there_once() {
        for (n, (short, _)) in FIELDS.iter().enumerate() {
            assert!(!FIELDS[..n].iter().any(|(other, _)| other == short), "{short}");
        }
    }
}
