//! What measures, and what tells of the world outside.

use auth_core::Timestamp;
use serde_json::json;

use crate::{
    entity::{Binary, Calendar, Fixed, Meter, Planned, Presence, Reading, Weather},
    item::Item,
};

pub(super) fn items(now: Timestamp) -> Vec<Item> {
    vec![
        Item::part("climate_sensor", "sensor.living_room_temperature", "Temperature", temperature(20.4, 1)),
        Item::part("climate_sensor", "sensor.living_room_humidity", "Humidity", humidity(48.0, 2)),
        Item::part("climate_sensor", "sensor.living_room_carbon_dioxide", "Carbon dioxide", {
            Meter::wave("ppm", 640.0, 180.0, 20.0).whole().every(3)
        }),
        Item::part("climate_sensor", "sensor.living_room_battery", "Battery", Meter::drain(93.0)),
        Item::part("bedroom_sensor", "sensor.bedroom_temperature", "Temperature", temperature(18.2, 4)),
        Item::part("bedroom_sensor", "sensor.bedroom_humidity", "Humidity", humidity(52.0, 5)),
        Item::part("weather_station", "sensor.outside_temperature", "Temperature", temperature(9.5, 6)),
        Item::part("weather_station", "sensor.outside_humidity", "Humidity", humidity(81.0, 7)),
        Item::part(
            "weather_station",
            "sensor.outside_pressure",
            "Pressure",
            Meter::wave("hPa", 1_013.0, 8.0, 0.5).every(12),
        ),
        Item::part("weather_station", "binary_sensor.outside_rain", "Rain", Binary::changing(30, 10, 8)),
        Item::part("meter", "sensor.house_power", "Power", Meter::wave("W", 640.0, 320.0, 60.0).whole()),
        Item::part("meter", "sensor.house_energy", "Energy", Meter::total("kWh", 3_482.1, 0.01)),
        Item::part("meter", "sensor.house_voltage", "Voltage", Meter::wave("V", 230.0, 2.0, 0.8)),
        Item::part("meter", "sensor.house_gas", "Gas", Meter::total("m³", 1_204.5, 0.02).every(6)),
        Item::part("washer", "sensor.washing_machine_state", "State", {
            Reading::new(&["idle", "washing", "rinsing", "spinning", "done"], 18)
        }),
        Item::part("washer", "sensor.washing_machine_hours", "Hours", Meter::total("h", 812.0, 0.01).every(72))
            .disabled(),
        Item::main("forecast", "weather.home", Weather::new(now)),
        Item::lone("calendar.family", "Family", Calendar::new(now, &FAMILY)),
        Item::lone("calendar.waste_collection", "Waste collection", Calendar::new(now, &WASTE)).icon("mdi:trash-can"),
        Item::lone("device_tracker.ada_phone", "Ada's phone", Presence::tracker(31)),
        Item::lone("device_tracker.ben_phone", "Ben's phone", Presence::tracker(32)),
        Item::lone("person.ada", "Ada", Presence::person("ada", "device_tracker.ada_phone", 31)),
        Item::lone("person.ben", "Ben", Presence::person("ben", "device_tracker.ben_phone", 32)),
        Item::lone("zone.home", "Home", {
            let trackers = ["device_tracker.ada_phone", "device_tracker.ben_phone"];
            let place = json!({
                "latitude": 52.3731, "longitude": 4.8903, "radius": 100, "passive": false, "editable": true,
            });
            let mut attributes = crate::entity::members(place);
            attributes.insert("persons".to_owned(), json!(["person.ada", "person.ben"]));
            attributes.insert("device_trackers".to_owned(), json!(trackers));
            Fixed::new("2", json!(attributes))
        })
        .icon("mdi:home")
        .unregistered(),
    ]
    .into_iter()
    .map(classified)
    .collect()
}

/// Gives a sensor the class that its name says.
fn classified(item: Item) -> Item {
    if item.entity_id == "binary_sensor.outside_rain" {
        return item.class("moisture");
    }
    if !item.entity_id.starts_with("sensor.") {
        return item;
    }
    match item.name {
        Some("Temperature") => item.class("temperature"),
        Some("Humidity") => item.class("humidity"),
        Some("Carbon dioxide") => item.class("carbon_dioxide"),
        Some("Battery") => item.class("battery").diagnostic(),
        Some("Pressure") => item.class("atmospheric_pressure"),
        Some("Power") => item.class("power").labels(&["energy"]),
        Some("Energy") => item.class("energy").labels(&["energy"]),
        Some("Voltage") => item.class("voltage").diagnostic(),
        Some("Gas") => item.class("gas").labels(&["energy"]),
        Some("State") => item.class("enum"),
        Some("Hours") => item.class("duration").diagnostic(),
        _ => item,
    }
}

const fn temperature(middle: f64, seed: u64) -> Meter {
    Meter::wave("°C", middle, 1.6, 0.2).seed(seed)
}

const fn humidity(middle: f64, seed: u64) -> Meter {
    Meter::wave("%", middle, 6.0, 1.0).whole().every(2).seed(seed)
}

const FAMILY: [Planned; 3] = [
    planned("Piano lesson", "Music school", "Bring the blue book", -20, 60),
    planned("Dinner with the neighbours", "Home", "", 300, 150),
    planned("Dentist", "Main street 5", "Ada", 2_900, 45),
];

const WASTE: [Planned; 2] =
    [planned("Paper", "", "Blue bin", 1_200, 120), planned("Glass", "", "Green bin", 11_280, 120)];

const fn planned(
    summary: &'static str,
    location: &'static str,
    description: &'static str,
    begins_in: i64,
    lasts: i64,
) -> Planned {
    Planned { summary, location, description, begins_in, lasts }
}
