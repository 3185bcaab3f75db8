//! Devices.

use auth_core::Timestamp;
use registries::{DeviceEntry, Registries};

use super::{PLATFORM, hex_id};

pub(super) fn furnish(home: &mut Registries, now: Timestamp) {
    for device in DEVICES {
        home.put_device(entry(device, now));
    }
}

/// Returns the id of the device with a key.
pub(super) fn id(key: &str) -> String {
    hex_id("device", key)
}

/// Returns the name of the device with a key.
pub(super) fn name(key: &str) -> Option<&'static str> {
    DEVICES.iter().find(|device| device.key == key).map(|device| device.name)
}

struct Device {
    key: &'static str,
    name: &'static str,
    /// Empty for none.
    area: &'static str,
    model: &'static str,
    more: More,
}

/// What only some devices have.
enum More {
    Nothing,
    /// It is a part of another device, whose area it shares.
    PartOf(&'static str),
    /// It is reached over another device.
    Via(&'static str),
    Labels(&'static [&'static str]),
    /// It is no thing.
    Service,
}

fn entry(device: &Device, now: Timestamp) -> DeviceEntry {
    let mut entry = DeviceEntry {
        id: id(device.key),
        area_id: (!device.area.is_empty()).then(|| device.area.to_owned()),
        identifiers: vec![(PLATFORM.to_owned(), device.key.to_owned())],
        name: Some(device.name.to_owned()),
        manufacturer: Some("Doorward".to_owned()),
        model: Some(device.model.to_owned()),
        sw_version: Some("1.0".to_owned()),
        created_at: now,
        modified_at: now,
        ..DeviceEntry::default()
    };
    match device.more {
        More::Nothing => {}
        More::PartOf(parent) => entry.parent_device_id = Some(id(parent)),
        More::Via(hub) => entry.via_device_id = Some(id(hub)),
        More::Labels(labels) => entry.labels = labels.iter().map(|label| (*label).to_owned()).collect(),
        More::Service => entry.entry_type = Some("service".to_owned()),
    }
    entry
}

const fn device(key: &'static str, name: &'static str, area: &'static str, model: &'static str) -> Device {
    Device { key, name, area, model, more: More::Nothing }
}

const fn with(device: Device, more: More) -> Device {
    Device { more, ..device }
}

const HUB: More = More::Via("hub");
const SECURITY: More = More::Labels(&["security"]);
const OUTDOORS: More = More::Labels(&["outdoors"]);

const DEVICES: &[Device] = &[
    device("hub", "Light Hub", "hall", "Hub"),
    with(device("kitchen_lights", "Kitchen Lights", "kitchen", "Ceiling Lamp"), HUB),
    with(device("kitchen_counter", "Kitchen Counter", "kitchen", "Light Strip"), HUB),
    with(device("living_room_lights", "Living Room Lights", "living_room", "Ceiling Lamp"), HUB),
    with(device("floor_lamp", "Floor Lamp", "living_room", "Colour Lamp"), HUB),
    with(device("hall_lights", "Hall Lights", "hall", "Ceiling Lamp"), HUB),
    with(device("bed_light", "Bed Light", "bedroom", "Bedside Lamp"), HUB),
    with(device("bathroom_mirror", "Bathroom Mirror", "bathroom", "Mirror Lamp"), HUB),
    with(device("office_lamp", "Office Lamp", "office", "Desk Lamp"), HUB),
    with(device("garden_lights", "Garden Lights", "garden", "Path Lamp"), HUB),
    device("power_strip", "Power Strip", "office", "Power Strip"),
    with(device("outlet_1", "Outlet 1", "", "Outlet"), More::PartOf("power_strip")),
    with(device("outlet_2", "Outlet 2", "kitchen", "Outlet"), More::PartOf("power_strip")),
    device("coffee_maker", "Coffee Maker", "kitchen", "Smart Plug"),
    device("tv", "Television", "living_room", "TV 55"),
    device("kitchen_radio", "Kitchen Radio", "kitchen", "Speaker"),
    device("bedroom_speaker", "Bedroom Speaker", "bedroom", "Speaker"),
    device("thermostat", "Thermostat", "living_room", "Thermostat"),
    device("air_conditioner", "Air Conditioner", "bedroom", "Split 9000"),
    device("ceiling_fan", "Ceiling Fan", "living_room", "Fan"),
    device("bathroom_fan", "Bathroom Fan", "bathroom", "Fan"),
    device("humidifier", "Humidifier", "bedroom", "Mist"),
    device("boiler", "Boiler", "garage", "Heat Pump Boiler"),
    device("vacuum", "Vacuum", "living_room", "Sweeper"),
    with(device("mower", "Lawn Mower", "garden", "Mower"), OUTDOORS),
    with(device("irrigation", "Irrigation", "garden", "Two-way Valve"), OUTDOORS),
    device("kitchen_blind", "Kitchen Blind", "kitchen", "Roller Blind"),
    device("living_room_blinds", "Living Room Blinds", "living_room", "Venetian Blind"),
    device("bedroom_shutter", "Bedroom Shutter", "bedroom", "Shutter"),
    with(device("garage_door", "Garage Door", "garage", "Door Drive"), SECURITY),
    with(device("front_door", "Front Door", "hall", "Door Lock"), SECURITY),
    with(device("back_door", "Back Door", "kitchen", "Door Lock"), SECURITY),
    with(device("gun_safe", "Gun Safe", "bedroom", "Safe"), SECURITY),
    with(device("alarm", "House Alarm", "hall", "Alarm Panel"), SECURITY),
    device("climate_sensor", "Living Room", "living_room", "Climate Sensor"),
    device("bedroom_sensor", "Bedroom", "bedroom", "Climate Sensor"),
    device("hall_motion", "Hall Motion", "hall", "Motion Sensor"),
    with(device("weather_station", "Outside", "garden", "Weather Station"), OUTDOORS),
    device("meter", "Electricity Meter", "garage", "Smart Meter"),
    device("doorbell", "Doorbell", "hall", "Doorbell"),
    device("washer", "Washing Machine", "bathroom", "Washer"),
    with(device("forecast", "Weather Service", "", "Forecast"), More::Service),
];
