//! Locks, alarms and what watches over the house.

use crate::{
    entity::{Alarm, Binary, Event, Lock, Meter, Siren, Switch},
    item::Item,
};

pub(super) fn items() -> Vec<Item> {
    vec![
        Item::main("front_door", "lock.front_door", Lock::new(true).openable()),
        Item::part("front_door", "sensor.front_door_battery", "Battery", Meter::drain(71.0))
            .class("battery")
            .diagnostic(),
        Item::part("front_door", "binary_sensor.front_door", "Door", Binary::changing(10, 8, 21)).class("door"),
        Item::main("back_door", "lock.back_door", Lock::new(false)),
        Item::part("back_door", "binary_sensor.back_door", "Door", Binary::fixed(false)).class("door"),
        Item::main("gun_safe", "lock.gun_safe", Lock::new(true).with_code("4321")).hidden(),
        Item::main("alarm", "alarm_control_panel.house", Alarm::new("1234")),
        Item::part("alarm", "siren.house", "Siren", Siren::new(&["fire", "alarm"])),
        Item::part("alarm", "switch.alarm_chime", "Chime", Switch::new(true)).config().hidden(),
        Item::part("alarm", "binary_sensor.alarm_tamper", "Tamper", Binary::fixed(false)).class("tamper").diagnostic(),
        Item::lone("binary_sensor.smoke", "Smoke", Binary::fixed(false))
            .area("hall")
            .class("smoke")
            .labels(&["security"]),
        Item::main("hall_motion", "binary_sensor.hall_motion", Binary::changing(35, 3, 5)).class("motion"),
        Item::part("hall_motion", "sensor.hall_motion_illuminance", "Illuminance", {
            Meter::wave("lx", 180.0, 90.0, 15.0).whole().every(2)
        })
        .class("illuminance"),
        Item::part("hall_motion", "binary_sensor.kitchen_motion", "Kitchen", Binary::changing(45, 4, 6))
            .area("kitchen")
            .class("motion"),
        Item::lone("binary_sensor.garden_motion", "Garden Motion", Binary::changing(15, 5, 7))
            .area("garden")
            .class("motion")
            .labels(&["outdoors", "security"]),
        Item::main("doorbell", "event.doorbell", Event::new(&["pressed", "held"], 50)).class("doorbell"),
    ]
}
