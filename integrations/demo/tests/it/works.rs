//! What services do.

use auth_core::Context;
use serde_json::{Value, json};
use service_bus::{CallRequest, new_context_id, now};

use crate::home::{Home, outcome};

/// Calls services one after another as the administrator, then compares the state and some attributes of `entity_id`.
async fn check(entity_id: &str, calls: &[(&str, Value)], state: &str, attributes: Value) {
    let home = Home::new();
    for (service, data) in calls {
        let data = targeted(entity_id, data);
        let result = home.call("admin", service, data.clone()).await;
        assert_eq!(outcome(&result), "ok", "{service} {data}: {:?}", result.err());
    }
    compare(&home, entity_id, state, &attributes);
}

fn compare(home: &Home, entity_id: &str, state: &str, attributes: &Value) {
    let shown = home.state(entity_id);
    if state != "*" {
        assert_eq!(&*shown.state, state, "{entity_id}");
    }
    for (name, value) in attributes.as_object().unwrap() {
        assert_eq!(shown.attributes.get(name).unwrap_or(&Value::Null), value, "{entity_id} {name}");
    }
}

/// Calls a service that must be refused; nothing changes.
async fn refuse(entity_id: &str, service: &str, data: Value) {
    let home = Home::new();
    let before = home.shown();
    let result = home.call("admin", service, targeted(entity_id, &data)).await;
    assert_eq!(outcome(&result), "refused", "{service} {data}");
    assert_eq!(home.shown(), before, "{service} {data}");
}

fn targeted(entity_id: &str, data: &Value) -> Value {
    let mut data = data.clone();
    data.as_object_mut().unwrap().insert("entity_id".into(), json!(entity_id));
    data
}

#[tokio::test]
async fn lights() {
    let on = "light.turn_on";
    let kitchen = "light.kitchen_lights";
    check(kitchen, &[(on, json!({}))], "on", json!({"brightness": 180, "color_mode": "color_temp"})).await;
    check(
        kitchen,
        &[(on, json!({})), ("light.turn_off", json!({"transition": 3}))],
        "off",
        json!({"brightness": null, "rgb_color": null}),
    )
    .await;
    check(kitchen, &[("light.toggle", json!({"brightness_pct": 50}))], "on", json!({"brightness": 128})).await;
    check(kitchen, &[("light.toggle", json!({})), ("light.toggle", json!({}))], "off", json!({})).await;
    let step = |by: i64| (on, json!({"brightness_step": by}));
    check(kitchen, &[step(20), step(30)], "on", json!({"brightness": 50})).await;
    check(kitchen, &[step(20), step(-30)], "off", json!({})).await;
    check(kitchen, &[(on, json!({"brightness": 0}))], "off", json!({})).await;
    let step = json!({"brightness_step_pct": 10});
    check(kitchen, &[(on, json!({"brightness": 100})), (on, step)], "on", json!({"brightness": 126})).await;
    let red = json!({"color_mode": "hs", "hs_color": [0.0, 100.0], "rgb_color": [255, 0, 0], "xy_color": [0.701, 0.299], "color_temp_kelvin": null});
    for color in [json!({"rgb_color": [255, 0, 0]}), json!({"hs_color": [0, 100]}), json!({"color_name": "red"})] {
        check(kitchen, &[(on, color)], "on", red.clone()).await;
    }
    check(kitchen, &[(on, json!({"xy_color": [0.701, 0.299]}))], "on", json!({"rgb_color": [255, 0, 0]})).await;
    check(
        kitchen,
        &[(on, json!({"color_temp_kelvin": 9000}))],
        "on",
        json!({"color_temp_kelvin": 6535, "color_mode": "color_temp"}),
    )
    .await;
    check(
        "light.office_lamp",
        &[(on, json!({"rgb_color": [255, 127, 127]}))],
        "on",
        json!({"color_mode": "rgbw", "rgbw_color": [255, 0, 0, 127]}),
    )
    .await;
    check(
        "light.kitchen_counter",
        &[(on, json!({"rgb_color": [255, 0, 0]}))],
        "on",
        json!({"color_mode": "color_temp"}),
    )
    .await;
    check(
        "light.hall_lights",
        &[(on, json!({"brightness": 3}))],
        "on",
        json!({"color_mode": "onoff", "brightness": null}),
    )
    .await;
    check("light.bed_light", &[(on, json!({"effect": "rainbow"}))], "on", json!({"effect": "rainbow"})).await;
    refuse("light.bed_light", on, json!({"effect": "disco"})).await;
    refuse(kitchen, on, json!({"brightness": 3, "brightness_pct": 3})).await;
    refuse(kitchen, on, json!({"hs_color": [1, 1], "color_temp_kelvin": 3000})).await;
}

#[tokio::test]
async fn groups_follow_their_members() {
    let home = Home::new();
    let call = |service: &'static str, data: Value| home.call("admin", service, data);
    compare(&home, "light.downstairs", "on", &json!({"brightness": 160}));
    call("light.turn_off", json!({"entity_id": "light.downstairs"})).await.unwrap();
    compare(&home, "light.downstairs", "off", &json!({"brightness": null, "color_mode": null}));
    assert_eq!(&*home.state("light.floor_lamp").state, "off");
    call("light.turn_on", json!({"entity_id": "light.floor_lamp", "brightness": 99, "hs_color": [10, 20]}))
        .await
        .unwrap();
    compare(&home, "light.downstairs", "on", &json!({"brightness": 99, "hs_color": [10.0, 20.0]}));
    // Found by its place and not by its name, the group passes the call on.
    call("light.turn_off", json!({"entity_id": "all"})).await.unwrap();
    for state in home.states().iter().filter(|state| state.entity_id.domain() == "light") {
        assert_eq!(&*state.state, "off", "{}", state.entity_id);
    }
    compare(&home, "group.all_outlets", "on", &json!({"order": 0}));
    call("switch.turn_off", json!({"entity_id": "group.all_outlets"})).await.unwrap();
    compare(&home, "group.all_outlets", "off", &json!({}));
    compare(&home, "switch.outlet_1", "off", &json!({}));
    compare(&home, "group.family", "home", &json!({"entity_id": ["person.ada", "person.ben"]}));
}

#[tokio::test]
async fn switches_buttons_and_helpers() {
    check("switch.coffee_maker", &[("switch.turn_on", json!({}))], "on", json!({"icon": "mdi:coffee-maker"})).await;
    check("switch.coffee_maker", &[("homeassistant.toggle", json!({}))], "on", json!({})).await;
    check("input_boolean.guest_mode", &[("input_boolean.toggle", json!({}))], "on", json!({"editable": false})).await;
    let home = Home::new();
    home.call("admin", "button.press", json!({"entity_id": "button.hub_restart"})).await.unwrap();
    assert!(home.state("button.hub_restart").state.starts_with("20"));
    let target = "input_number.target_temperature";
    check(target, &[("input_number.set_value", json!({"value": "19.5"}))], "19.5", json!({})).await;
    check(target, &[("input_number.increment", json!({}))], "21.5", json!({})).await;
    check(
        target,
        &[("input_number.set_value", json!({"value": 15})), ("input_number.decrement", json!({}))],
        "15.0",
        json!({}),
    )
    .await;
    refuse(target, "input_number.set_value", json!({"value": 26})).await;
    check("number.coffee_cups", &[("number.set_value", json!({"value": 2}))], "2.0", json!({"max": 12.0})).await;
    refuse("number.coffee_cups", "number.set_value", json!({"value": 0})).await;
    let mode = "input_select.house_mode";
    check(mode, &[("input_select.select_option", json!({"option": "away"}))], "away", json!({})).await;
    check(mode, &[("input_select.select_previous", json!({}))], "night", json!({})).await;
    check(mode, &[("input_select.select_previous", json!({"cycle": false}))], "home", json!({})).await;
    check(mode, &[("input_select.set_options", json!({"options": ["a", "b"]}))], "a", json!({"options": ["a", "b"]}))
        .await;
    refuse(mode, "input_select.set_options", json!({"options": []})).await;
    refuse(mode, "input_select.select_option", json!({"option": "party"})).await;
    check("select.coffee_strength", &[("select.select_last", json!({}))], "strong", json!({})).await;
    check("text.doorbell_display", &[("text.set_value", json!({"value": "hello"}))], "hello", json!({})).await;
    refuse("text.doorbell_display", "text.set_value", json!({"value": "Hello"})).await;
    refuse("text.doorbell_display", "text.set_value", json!({"value": ""})).await;
    check("input_text.note", &[("input_text.set_value", json!({"value": 7}))], "7", json!({})).await;
    refuse("input_text.note", "input_text.set_value", json!({"value": "x".repeat(101)})).await;
    check("counter.visitors", &[("counter.increment", json!({})), ("counter.increment", json!({}))], "2", json!({}))
        .await;
    check("counter.visitors", &[("counter.decrement", json!({}))], "0", json!({})).await;
    refuse("counter.visitors", "counter.set_value", json!({"value": -1})).await;
    check("time.night_setback", &[("time.set_value", json!({"time": "21:15"}))], "21:15:00", json!({})).await;
    check("date.last_service", &[("date.set_value", json!({"date": "2027-01-02"}))], "2027-01-02", json!({})).await;
    refuse("date.last_service", "date.set_value", json!({"date": "2027-02-30"})).await;
}

#[tokio::test]
async fn timers() {
    let tea = "timer.tea";
    check(tea, &[("timer.start", json!({}))], "active", json!({"duration": "0:05:00", "remaining": "0:05:00"})).await;
    check(tea, &[("timer.start", json!({"duration": "0:01:30"}))], "active", json!({"duration": "0:01:30"})).await;
    check(tea, &[("timer.start", json!({})), ("timer.pause", json!({}))], "paused", json!({"remaining": "0:05:00"}))
        .await;
    check(
        tea,
        &[("timer.start", json!({})), ("timer.cancel", json!({}))],
        "idle",
        json!({"last_transition": "cancelled"}),
    )
    .await;
    check(tea, &[("timer.pause", json!({}))], "idle", json!({"last_transition": null})).await;
    refuse(tea, "timer.change", json!({"duration": 5})).await;
    refuse(tea, "timer.start", json!({"duration": "soon"})).await;
    refuse(tea, "timer.start", json!({"duration": "-0:01:00"})).await;
    let home = Home::new();
    home.call("admin", "timer.start", json!({"entity_id": tea, "duration": 12})).await.unwrap();
    home.demo.step(0);
    home.demo.step(1);
    assert_eq!(&*home.state(tea).state, "active");
    home.demo.step(2);
    compare(&home, tea, "idle", &json!({"last_transition": "finished", "duration": "0:05:00"}));
}

#[tokio::test]
async fn locks_and_alarms() {
    check("lock.front_door", &[("lock.unlock", json!({}))], "unlocked", json!({})).await;
    check("lock.front_door", &[("lock.open", json!({}))], "open", json!({})).await;
    check("lock.back_door", &[("lock.lock", json!({}))], "locked", json!({})).await;
    refuse("lock.back_door", "lock.open", json!({})).await;
    check("lock.gun_safe", &[("lock.unlock", json!({"code": 4321}))], "unlocked", json!({})).await;
    refuse("lock.gun_safe", "lock.unlock", json!({"code": "0000"})).await;
    refuse("lock.gun_safe", "lock.unlock", json!({})).await;
    let alarm = "alarm_control_panel.house";
    let code = || json!({"code": "1234"});
    for mode in ["home", "away", "night", "vacation", "custom_bypass"] {
        let service = format!("alarm_control_panel.alarm_arm_{mode}");
        check(alarm, &[(&service, code())], &format!("armed_{mode}"), json!({"code_format": "number"})).await;
        refuse(alarm, &service, json!({"code": "4321"})).await;
        refuse(alarm, &service, json!({})).await;
    }
    let (trigger, disarm) = ("alarm_control_panel.alarm_trigger", "alarm_control_panel.alarm_disarm");
    check(alarm, &[(trigger, json!({}))], "triggered", json!({})).await;
    check(alarm, &[(trigger, json!({})), (disarm, code())], "disarmed", json!({})).await;
    refuse(alarm, disarm, json!({"code": "wrong"})).await;
    check("siren.house", &[("siren.turn_on", json!({"tone": "fire"}))], "on", json!({})).await;
    refuse("siren.house", "siren.turn_on", json!({"tone": "cuckoo"})).await;
}

#[tokio::test]
async fn covers_and_valves() {
    let blinds = "cover.living_room_blinds";
    check(blinds, &[("cover.close_cover", json!({}))], "closed", json!({"is_closed": true, "current_position": 0}))
        .await;
    check(blinds, &[("cover.set_cover_position", json!({"position": 30}))], "open", json!({"current_position": 30}))
        .await;
    check(
        blinds,
        &[("cover.set_cover_tilt_position", json!({"tilt_position": 5}))],
        "open",
        json!({"current_tilt_position": 5}),
    )
    .await;
    check(blinds, &[("cover.open_cover_tilt", json!({}))], "open", json!({"current_tilt_position": 100})).await;
    check(blinds, &[("cover.stop_cover", json!({}))], "open", json!({"current_position": 70})).await;
    check("cover.garage_door", &[("cover.toggle", json!({}))], "open", json!({"device_class": "garage"})).await;
    refuse("cover.garage_door", "cover.set_cover_position", json!({"position": 5})).await;
    check("valve.greenhouse", &[("valve.set_valve_position", json!({"position": 0}))], "closed", json!({})).await;
    check("valve.front_garden", &[("valve.open_valve", json!({}))], "open", json!({"is_closed": false})).await;
    refuse("valve.front_garden", "valve.set_valve_position", json!({"position": 5})).await;
}

#[tokio::test]
async fn comfort() {
    let thermostat = "climate.thermostat";
    check(
        thermostat,
        &[("climate.set_temperature", json!({"temperature": 22.5}))],
        "heat",
        json!({"temperature": 22.5, "hvac_action": "heating"}),
    )
    .await;
    check(
        thermostat,
        &[(
            "climate.set_temperature",
            json!({"target_temp_low": 18, "target_temp_high": 23, "hvac_mode": "heat_cool"}),
        )],
        "heat_cool",
        json!({"target_temp_low": 18.0, "target_temp_high": 23.0, "temperature": null}),
    )
    .await;
    check(thermostat, &[("climate.turn_off", json!({}))], "off", json!({"hvac_action": "off"})).await;
    check(thermostat, &[("climate.turn_off", json!({})), ("climate.toggle", json!({}))], "heat", json!({})).await;
    check(
        thermostat,
        &[("climate.set_preset_mode", json!({"preset_mode": "eco"}))],
        "heat",
        json!({"preset_mode": "eco"}),
    )
    .await;
    let air = "climate.air_conditioner";
    check(air, &[("climate.set_fan_mode", json!({"fan_mode": "high"}))], "cool", json!({"fan_mode": "high"})).await;
    check(air, &[("climate.set_hvac_mode", json!({"hvac_mode": "dry"}))], "dry", json!({"hvac_action": "drying"}))
        .await;
    check(air, &[("climate.set_humidity", json!({"humidity": 60}))], "cool", json!({"humidity": 60})).await;
    for (id, service, data) in [
        (thermostat, "climate.set_temperature", json!({"temperature": 90})),
        (thermostat, "climate.set_temperature", json!({})),
        (thermostat, "climate.set_temperature", json!({"target_temp_low": 25, "target_temp_high": 20})),
        (thermostat, "climate.set_temperature", json!({"temperature": 20, "hvac_mode": "dry"})),
        (air, "climate.set_temperature", json!({"target_temp_low": 18, "target_temp_high": 20})),
        (thermostat, "climate.set_hvac_mode", json!({"hvac_mode": "dry"})),
        (thermostat, "climate.set_fan_mode", json!({"fan_mode": "high"})),
        (air, "climate.set_fan_mode", json!({"fan_mode": "gale"})),
    ] {
        refuse(id, service, data).await;
    }
    let fan = "fan.ceiling_fan";
    check(fan, &[("fan.turn_on", json!({}))], "on", json!({"percentage": 67})).await;
    check(
        fan,
        &[("fan.turn_on", json!({"percentage": 33})), ("fan.increase_speed", json!({}))],
        "on",
        json!({"percentage": 66}),
    )
    .await;
    check(fan, &[("fan.set_percentage", json!({"percentage": 0}))], "off", json!({})).await;
    check(
        fan,
        &[("fan.set_preset_mode", json!({"preset_mode": "sleep"}))],
        "on",
        json!({"preset_mode": "sleep", "percentage": null}),
    )
    .await;
    check(fan, &[("fan.oscillate", json!({"oscillating": true}))], "off", json!({"oscillating": true})).await;
    check(fan, &[("fan.set_direction", json!({"direction": "reverse"}))], "off", json!({"direction": "reverse"})).await;
    refuse("fan.bathroom_fan", "fan.oscillate", json!({"oscillating": true})).await;
    check(
        "humidifier.humidifier",
        &[("humidifier.set_humidity", json!({"humidity": 40}))],
        "on",
        json!({"action": "idle"}),
    )
    .await;
    check(
        "water_heater.boiler",
        &[("water_heater.set_temperature", json!({"temperature": 55}))],
        "eco",
        json!({"temperature": 55.0}),
    )
    .await;
    check("water_heater.boiler", &[("water_heater.turn_off", json!({}))], "off", json!({})).await;
    refuse("water_heater.boiler", "water_heater.set_temperature", json!({"temperature": 99})).await;
}

#[tokio::test]
async fn media_and_machines() {
    let radio = "media_player.kitchen_radio";
    check(radio, &[("media_player.media_pause", json!({}))], "paused", json!({})).await;
    check(radio, &[("media_player.media_play_pause", json!({}))], "paused", json!({})).await;
    check(
        radio,
        &[("media_player.volume_set", json!({"volume_level": 0.25})), ("media_player.volume_up", json!({}))],
        "playing",
        json!({"volume_level": 0.35}),
    )
    .await;
    check(
        radio,
        &[("media_player.volume_mute", json!({"is_volume_muted": true}))],
        "playing",
        json!({"is_volume_muted": true}),
    )
    .await;
    check(
        radio,
        &[("media_player.media_next_track", json!({}))],
        "playing",
        json!({"media_track": 2, "media_title": "Threshold"}),
    )
    .await;
    check(radio, &[("media_player.media_previous_track", json!({}))], "playing", json!({"media_track": 4})).await;
    check(
        radio,
        &[("media_player.play_media", json!({"media_content_type": "music", "media_content_id": "x"}))],
        "playing",
        json!({"media_content_id": "x"}),
    )
    .await;
    check(radio, &[("media_player.turn_off", json!({}))], "off", json!({"volume_level": null})).await;
    check(radio, &[("media_player.repeat_set", json!({"repeat": "one"}))], "playing", json!({"repeat": "one"})).await;
    let tv = "media_player.television";
    check(tv, &[("media_player.select_source", json!({"source": "console"}))], "playing", json!({"source": "console"}))
        .await;
    refuse(tv, "media_player.select_source", json!({"source": "vhs"})).await;
    refuse(tv, "media_player.media_next_track", json!({})).await;
    check(
        "remote.television",
        &[("remote.turn_on", json!({"activity": "watch"}))],
        "on",
        json!({"current_activity": "watch"}),
    )
    .await;
    let vacuum = "vacuum.vacuum";
    check(vacuum, &[("vacuum.start", json!({})), ("vacuum.pause", json!({}))], "paused", json!({})).await;
    check(vacuum, &[("vacuum.start", json!({})), ("vacuum.return_to_base", json!({}))], "returning", json!({})).await;
    check(vacuum, &[("vacuum.set_fan_speed", json!({"fan_speed": "max"}))], "docked", json!({"fan_speed": "max"}))
        .await;
    check("lawn_mower.mower", &[("lawn_mower.start_mowing", json!({}))], "mowing", json!({})).await;
    let update = "update.bed_light_firmware";
    check(update, &[("update.skip", json!({}))], "off", json!({"skipped_version": "1.94.2"})).await;
    check(update, &[("update.skip", json!({})), ("update.clear_skipped", json!({}))], "on", json!({})).await;
    refuse("update.hub_software", "update.install", json!({})).await;
    let home = Home::new();
    home.call("admin", "update.install", json!({"entity_id": update})).await.unwrap();
    compare(&home, update, "on", &json!({"in_progress": true, "update_percentage": 0}));
    (0..4).for_each(|n| home.demo.step(n));
    compare(&home, update, "off", &json!({"in_progress": false, "installed_version": "1.94.2"}));
}

#[tokio::test]
async fn lists_forecasts_and_calendars_answer() {
    let home = Home::new();
    let list = "todo.shopping_list";
    let call = |service: &'static str, data: Value| home.call("admin", service, data);
    let ask = |service: &'static str, id: &'static str, data: Value| {
        let (home, data) = (&home, targeted(id, &data));
        async move { home.call("admin", service, data).await.unwrap().response.unwrap()[id].clone() }
    };
    compare(&home, list, "3", &json!({}));
    call("todo.add_item", json!({"entity_id": list, "item": "Cheese", "due_date": "2026-12-01"})).await.unwrap();
    call("todo.update_item", json!({"entity_id": list, "item": "Milk", "status": "completed"})).await.unwrap();
    call("todo.remove_item", json!({"entity_id": list, "item": ["Bread"]})).await.unwrap();
    compare(&home, list, "2", &json!({}));
    let items = ask("todo.get_items", list, json!({"status": "needs_action"})).await;
    let expected = json!({"items": [
        {"summary": "Light bulbs", "uid": "item-3", "status": "needs_action"},
        {"summary": "Cheese", "uid": "item-5", "status": "needs_action", "due": "2026-12-01"},
    ]});
    assert_eq!(items, expected);
    call("todo.remove_completed_items", json!({"entity_id": list})).await.unwrap();
    assert_eq!(ask("todo.get_items", list, json!({})).await, expected);
    refuse(list, "todo.remove_item", json!({"item": "Caviar"})).await;
    refuse(list, "todo.remove_item", json!({"item": ["Milk", "Caviar"]})).await;
    refuse(list, "todo.add_item", json!({"item": "x", "due_date": "soon"})).await;
    for (kind, n) in [("daily", 7), ("hourly", 24), ("twice_daily", 10)] {
        let answer = ask("weather.get_forecasts", "weather.home", json!({"type": kind})).await;
        let forecast = answer["forecast"].as_array().unwrap();
        assert_eq!(forecast.len(), n, "{kind}");
        assert!(forecast[0]["temperature"].is_f64() && forecast[0]["condition"].is_string());
        assert_eq!(forecast[0].get("templow").is_some(), kind != "hourly");
    }
    compare(&home, "calendar.family", "on", &json!({"message": "Piano lesson"}));
    let events = ask("calendar.get_events", "calendar.family", json!({"duration": {"hours": 12}})).await;
    let summaries: Vec<_> = events["events"].as_array().unwrap().iter().map(|event| event["summary"].clone()).collect();
    assert_eq!(summaries, ["Piano lesson", "Dinner with the neighbours"]);
    let past = json!({"start_date_time": "2020-01-01 00:00:00", "end_date_time": "2020-01-02T00:00:00+01:00"});
    assert_eq!(ask("calendar.get_events", "calendar.family", past).await, json!({"events": []}));
    refuse("calendar.family", "calendar.create_event", json!({"summary": "x"})).await;
    let result = call("calendar.get_events", json!({"entity_id": "calendar.family"})).await;
    assert_eq!(outcome(&result), "refused");
}

#[tokio::test]
async fn scenes_and_scripts_do_what_they_say() {
    let home = Home::new();
    home.call("admin", "scene.turn_on", json!({"entity_id": "scene.evening", "transition": 2})).await.unwrap();
    compare(&home, "light.kitchen_lights", "on", &json!({"brightness": 90, "color_temp_kelvin": 2500}));
    compare(&home, "light.garden_lights", "off", &json!({}));
    compare(&home, "cover.living_room_blinds", "closed", &json!({}));
    assert!(home.state("scene.evening").state.starts_with("20"));
    home.call("admin", "script.good_night", json!({"any_variable": 1})).await.unwrap();
    compare(&home, "lock.back_door", "locked", &json!({}));
    compare(&home, "light.kitchen_lights", "off", &json!({}));
    compare(&home, "input_select.house_mode", "night", &json!({}));
    assert!(home.state("script.good_night").attributes["last_triggered"].is_string());
    home.call("admin", "script.turn_on", json!({"entity_id": "script.leave_home"})).await.unwrap();
    compare(&home, "media_player.television", "off", &json!({}));
    compare(&home, "light.kitchen_lights", "on", &json!({"brightness": 255}));
    let guests = "automation.guests_are_welcome";
    home.call("admin", "automation.trigger", json!({"entity_id": guests})).await.unwrap();
    compare(&home, "input_boolean.guest_mode", "on", &json!({}));
    compare(&home, "lock.front_door", "unlocked", &json!({}));
    home.call("admin", "automation.turn_off", json!({"entity_id": guests})).await.unwrap();
    compare(&home, guests, "off", &json!({}));
}

#[tokio::test]
async fn states_say_which_call_wrote_them() {
    let home = Home::new();
    let who = auth_core::principal::danger::user_principal(&"admin".into(), None);
    let context = Context::new(new_context_id(now()), Some("admin".into()));
    let data = json!({"entity_id": ["light.floor_lamp", "light.bed_light"], "brightness": 33});
    let Value::Object(data) = data else { panic!("an object") };
    let request = CallRequest::new("light", "turn_on", data);
    let (_, changed) = home.bus.call_collecting(who.clone(), request.clone(), context.clone()).await.unwrap();
    let ids: Vec<_> = changed.iter().map(|state| state.entity_id.as_str()).collect();
    assert_eq!(ids, ["light.floor_lamp", "light.downstairs", "light.bed_light"]);
    assert!(changed.iter().all(|state| state.context == context));
    // What changes nothing is no event.
    let (_, changed) = home.bus.call_collecting(who, request, context).await.unwrap();
    assert!(changed.is_empty());
}
