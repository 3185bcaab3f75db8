//! Groups, scenes, scripts and automations: what stands for other entities or acts on them.

use serde_json::json;

use crate::item::{Body, Item, Kind, Step, step};

pub(super) fn items() -> Vec<Item> {
    let routine = |entity_id, name, kind, steps| Item::made(entity_id, name, Body::Routine(kind, steps));
    vec![
        Item::made(
            "light.downstairs",
            "Downstairs",
            Body::Lights(&[
                "light.kitchen_counter",
                "light.living_room_lights",
                "light.floor_lamp",
                "light.hall_lights",
            ]),
        ),
        Item::made(
            "group.all_outlets",
            "All outlets",
            Body::Group(&["switch.outlet_1", "switch.outlet_2", "switch.coffee_maker"], ["on", "off"]),
        )
        .unregistered(),
        Item::made("group.family", "Family", Body::Group(&["person.ada", "person.ben"], ["home", "not_home"]))
            .unregistered(),
        routine("scene.evening", "Evening", Kind::Scene, evening()),
        routine("scene.bright_kitchen", "Bright kitchen", Kind::Scene, bright_kitchen()).area("kitchen"),
        routine("scene.movie", "Movie", Kind::Scene, movie()).area("living_room"),
        routine("script.good_night", "Good night", Kind::Script, good_night()),
        routine("script.everything_off", "Everything off", Kind::Script, everything_off()),
        routine("script.kitchen_flash", "Kitchen flash", Kind::Script, kitchen_flash()).area("kitchen"),
        routine("script.leave_home", "Leave home", Kind::Script, leave_home()),
        routine("automation.hall_light_on_motion", "Hall light on motion", Kind::Automation, hall_light()),
        routine("automation.guests_are_welcome", "Guests are welcome", Kind::Automation, guests()),
    ]
}

fn evening() -> Vec<Step> {
    vec![
        step(
            "light",
            "turn_on",
            json!({"entity_id": "light.kitchen_lights", "brightness": 90, "color_temp_kelvin": 2500}),
        ),
        step("light", "turn_on", json!({"entity_id": "light.floor_lamp", "brightness": 140, "hs_color": [28, 65]})),
        step("light", "turn_off", json!({"entity_id": "light.garden_lights"})),
        step("cover", "set_cover_position", json!({"entity_id": "cover.living_room_blinds", "position": 0})),
    ]
}

fn bright_kitchen() -> Vec<Step> {
    let lights = ["light.kitchen_lights", "light.kitchen_counter"];
    vec![step("light", "turn_on", json!({"entity_id": lights, "brightness": 255}))]
}

fn movie() -> Vec<Step> {
    vec![
        step("light", "turn_off", json!({"entity_id": "light.living_room_lights"})),
        step("light", "turn_on", json!({"entity_id": "light.floor_lamp", "brightness": 40})),
        step("media_player", "select_source", json!({"entity_id": "media_player.television", "source": "stick"})),
    ]
}

fn good_night() -> Vec<Step> {
    vec![
        step("light", "turn_off", json!({"floor_id": "ground_floor"})),
        step("lock", "lock", json!({"entity_id": ["lock.front_door", "lock.back_door"]})),
        step("input_select", "select_option", json!({"entity_id": "input_select.house_mode", "option": "night"})),
    ]
}

fn everything_off() -> Vec<Step> {
    vec![
        step("light", "turn_off", json!({"entity_id": "all"})),
        step("media_player", "turn_off", json!({"entity_id": "all"})),
        step("fan", "turn_off", json!({"entity_id": "all"})),
    ]
}

fn kitchen_flash() -> Vec<Step> {
    vec![
        step("light", "turn_on", json!({"entity_id": "light.kitchen_lights", "flash": "short"})),
        step("light", "turn_off", json!({"entity_id": "light.kitchen_lights"})),
    ]
}

fn leave_home() -> Vec<Step> {
    vec![
        step("script", "everything_off", json!({})),
        step("scene", "turn_on", json!({"entity_id": "scene.bright_kitchen"})),
        step("cover", "close_cover", json!({"entity_id": "cover.garage_door"})),
    ]
}

fn hall_light() -> Vec<Step> {
    vec![step("light", "turn_on", json!({"entity_id": "light.hall_lights"}))]
}

fn guests() -> Vec<Step> {
    vec![
        step("input_boolean", "turn_on", json!({"entity_id": "input_boolean.guest_mode"})),
        step("lock", "unlock", json!({"entity_id": "lock.front_door"})),
    ]
}
