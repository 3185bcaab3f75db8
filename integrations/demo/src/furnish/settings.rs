//! Helpers, lists and settings.

use crate::{
    entity::{Counter, Dated, Format, Number, Press, Select, Switch, Text, Timer, Todo},
    item::Item,
};

pub(super) fn items() -> Vec<Item> {
    vec![
        Item::lone("input_boolean.guest_mode", "Guest mode", Switch::helper(false)).icon("mdi:account-multiple"),
        Item::lone("input_boolean.vacation", "Vacation", Switch::helper(false)).icon("mdi:beach"),
        Item::lone("input_number.target_temperature", "Target temperature", {
            Number::new(21.0, 15.0, 25.0, 0.5).helper().in_unit("°C")
        }),
        Item::lone("input_select.house_mode", "House mode", Select::new(&["home", "away", "night"], 0).helper()),
        Item::lone("input_button.ring_for_tea", "Ring for tea", Press::helper()).icon("mdi:bell"),
        Item::lone("input_text.note", "Note", Text::new("Milk is in the door", 0, 100).helper()),
        Item::lone("timer.tea", "Tea", Timer::new(300)),
        Item::lone("timer.laundry", "Laundry", Timer::new(5_400)),
        Item::lone("counter.visitors", "Visitors", Counter::new(0, 1, 1_000)),
        Item::lone("todo.shopping_list", "Shopping list", Todo::new(&["Milk", "Bread", "Light bulbs"], &["Coffee"])),
        Item::lone("todo.chores", "Chores", Todo::new(&["Water the plants", "Oil the hinges"], &[])),
        Item::part("coffee_maker", "select.coffee_strength", "Strength", Select::new(&["mild", "normal", "strong"], 1))
            .config(),
        Item::part("coffee_maker", "number.coffee_cups", "Cups", Number::new(4.0, 1.0, 12.0, 1.0)),
        Item::part("coffee_maker", "button.coffee_descale", "Descale", Press::default()).config(),
        Item::part("doorbell", "text.doorbell_display", "Display", Text::new("welcome", 1, 20).plain()),
        Item::part("doorbell", "button.doorbell_test", "Test", Press::default()).class("identify").diagnostic(),
        Item::part("thermostat", "time.night_setback", "Night setback", Dated::new(Format::Time, "22:30:00")).config(),
        Item::part("boiler", "date.last_service", "Last service", Dated::new(Format::Date, "2026-03-14")).config(),
        Item::lone("notify.hall_display", "Hall display", Press::notifier()).area("hall"),
    ]
}
