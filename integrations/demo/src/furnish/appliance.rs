//! Comfort, media and machines.

use crate::{
    entity::{
        Binary, Climate, Cover, Fan, Humidifier, Meter, Mower, Number, Player, Remote, Track, Vacuum, Valve,
        WaterHeater,
    },
    item::Item,
};

pub(super) fn items() -> Vec<Item> {
    vec![
        Item::main(
            "thermostat",
            "climate.thermostat",
            Climate::new(&["off", "heat", "cool", "heat_cool"], "heat", 20.4, 21.0)
                .with_range(19.0, 24.0)
                .with_presets(&["home", "eco", "away"], "home"),
        ),
        Item::main(
            "air_conditioner",
            "climate.air_conditioner",
            Climate::new(&["off", "heat", "cool", "auto", "dry", "fan_only"], "cool", 24.5, 23.0)
                .with_fan(&["low", "medium", "high"], "low")
                .with_swing(&["auto", "1", "2", "3", "off"], "off")
                .with_humidity(55),
        ),
        Item::part("air_conditioner", "sensor.air_conditioner_filter", "Filter", Meter::drain(64.0)).diagnostic(),
        Item::main("ceiling_fan", "fan.ceiling_fan", Fan::full(0, &["auto", "sleep", "breeze"])),
        Item::main("bathroom_fan", "fan.bathroom_fan", Fan::new(33)),
        Item::main("humidifier", "humidifier.humidifier", Humidifier::new(45, 55).with_modes(&["home", "eco"], "home"))
            .class("humidifier"),
        Item::lone("humidifier.dehumidifier", "Dehumidifier", Humidifier::new(62, 54).drying())
            .area("bathroom")
            .class("dehumidifier"),
        Item::main("boiler", "water_heater.boiler", WaterHeater::new("eco", 48.0)),
        Item::main("vacuum", "vacuum.vacuum", Vacuum::new()),
        Item::part("vacuum", "sensor.vacuum_battery", "Battery", Meter::drain(88.0)).class("battery").diagnostic(),
        Item::main("mower", "lawn_mower.mower", Mower::new()),
        Item::part("irrigation", "valve.front_garden", "Front Garden", Valve::simple(false)).class("water"),
        Item::part("irrigation", "valve.greenhouse", "Greenhouse", Valve::fine(30)).class("water"),
        Item::main("kitchen_blind", "cover.kitchen_blind", Cover::blind(100)).class("blind"),
        Item::main("living_room_blinds", "cover.living_room_blinds", Cover::blind(70).with_tilt(50)).class("blind"),
        Item::main("bedroom_shutter", "cover.bedroom_shutter", Cover::blind(0)).class("shutter"),
        Item::main("garage_door", "cover.garage_door", Cover::door(false)).class("garage"),
        Item::part("garage_door", "binary_sensor.garage_door_obstruction", "Obstruction", Binary::fixed(false))
            .class("problem")
            .diagnostic(),
        Item::main("tv", "media_player.television", {
            Player::new("playing", &SHOWS).with_sources(&["antenna", "console", "stick"], "stick")
        })
        .class("tv"),
        Item::part("tv", "remote.television", "Remote", Remote::new(&["watch", "play"])),
        Item::part(
            "tv",
            "number.television_backlight",
            "Backlight",
            Number::new(60.0, 0.0, 100.0, 5.0).shown_as("slider"),
        )
        .config(),
        Item::main("kitchen_radio", "media_player.kitchen_radio", Player::new("playing", &SONGS)).class("speaker"),
        Item::main("bedroom_speaker", "media_player.bedroom_speaker", Player::new("off", &SONGS)).class("speaker"),
    ]
}

const SHOWS: [Track; 1] = [track("Fireplace", "Unknown", "Slow Television", 10_800)];

const SONGS: [Track; 4] = [
    track("Morning on the Canal", "The Lock Keepers", "Water Levels", 213),
    track("Threshold", "Door & Ward", "Keys", 187),
    track("Letterbox", "Door & Ward", "Keys", 241),
    track("Last Bus", "The Lock Keepers", "Water Levels", 176),
];

const fn track(title: &'static str, artist: &'static str, album: &'static str, duration: u32) -> Track {
    Track { title, artist, album, duration }
}
