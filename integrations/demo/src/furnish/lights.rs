//! Lights, switches and what plugs into them.

use crate::{
    entity::{Binary, Light, Meter, Palette, Press, Switch, Update},
    item::Item,
};

pub(super) fn items() -> Vec<Item> {
    vec![
        Item::main("kitchen_lights", "light.kitchen_lights", Light::new(Palette::Full)).labels(&["night_light"]),
        Item::main("kitchen_counter", "light.kitchen_counter", Light::new(Palette::White).lit(200)),
        Item::main("living_room_lights", "light.living_room_lights", Light::new(Palette::Dimmed).lit(160)),
        Item::main("floor_lamp", "light.floor_lamp", Light::new(Palette::Full).hued(28.0, 65.0).lit(120)),
        Item::main("hall_lights", "light.hall_lights", Light::new(Palette::Plain)).labels(&["night_light"]),
        Item::main(
            "bed_light",
            "light.bed_light",
            Light::new(Palette::Full).with_effects(&["rainbow", "candle", "off"]),
        ),
        Item::main("bathroom_mirror", "light.bathroom_mirror", Light::new(Palette::White)),
        Item::main("office_lamp", "light.office_lamp", Light::new(Palette::Rgbw)),
        Item::main("garden_lights", "light.garden_lights", Light::new(Palette::Plain).lit(255)),
        // The spare bulb of the bedroom's hub lies in the garage: its own area counts.
        Item::part("bed_light", "light.bed_light_spare", "Spare", Light::new(Palette::Dimmed)).area("garage"),
        Item::part(
            "bed_light",
            "update.bed_light_firmware",
            "Firmware",
            Update::new("Lamp firmware", "1.93.3", "1.94.2"),
        )
        .class("firmware")
        .config(),
        Item::part("hub", "update.hub_software", "Software", Update::new("Hub software", "2.0.0", "2.0.0")).config(),
        Item::part("hub", "button.hub_restart", "Restart", Press::default()).class("restart").config(),
        Item::part("hub", "binary_sensor.hub_connection", "Connection", Binary::fixed(true))
            .class("connectivity")
            .diagnostic(),
        Item::part("hub", "sensor.hub_signal", "Signal", Meter::wave("dBm", -58.0, 6.0, 2.0).whole())
            .class("signal_strength")
            .diagnostic()
            .disabled(),
        Item::part("power_strip", "switch.power_strip_led", "LED", Switch::new(true)).config(),
        Item::main("outlet_1", "switch.outlet_1", Switch::new(true)).class("outlet"),
        Item::part("outlet_1", "sensor.outlet_1_power", "Power", Meter::wave("W", 62.0, 20.0, 6.0).seed(2))
            .class("power"),
        Item::main("outlet_2", "switch.outlet_2", Switch::new(false)).class("outlet"),
        Item::part("outlet_2", "sensor.outlet_2_power", "Power", Meter::wave("W", 3.0, 1.0, 0.5).seed(3))
            .class("power"),
        Item::main("coffee_maker", "switch.coffee_maker", Switch::new(false)).icon("mdi:coffee-maker"),
        Item::lone("switch.holiday_lights", "Holiday Lights", Switch::assumed(false))
            .area("garden")
            .icon("mdi:string-lights"),
    ]
}
