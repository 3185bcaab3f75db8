//! What each entity domain offers: its services, the fields they take and who may call them.
//!
//! The catalogue is a table: one function for each domain, one line for each service. A service acts on the entities
//! that a call comes to ([`service_bus::Handler::EachEntity`]) and needs permission to control every one of them; the
//! few that only read, such as `weather.get_forecasts`, need permission to read them. What the service does is the
//! business of the entities, which integrations provide.
//!
//! Names, fields, bounds and feature bits are those of Home Assistant core 2026.11. Deliberately absent are services
//! whose data names further entities that the bus would not check (`scene.apply`, `media_player.join`, `group.set`), and
//! what changes configuration (`reload`).
//!
//! ```
//! use service_bus::Bus;
//!
//! let (bus, _world) = Bus::new();
//! components::register(&bus).unwrap();
//! assert!(bus.services()["light"].contains_key("turn_on"));
//! ```

use service_bus::{Bus, RegisterError, ServiceSpec};

mod table;

mod comfort;
mod entrance;
mod helper;
mod information;
mod lighting;
mod machine;
mod media;
mod routine;

mod homeassistant;

mod color;
pub use color::{COLOR_NAMES, color_by_name};

pub mod feature;

/// Returns every service of the catalogue, domain by domain.
pub fn specs() -> Vec<ServiceSpec> {
    let domains = [
        lighting::domains(),
        comfort::domains(),
        entrance::domains(),
        media::domains(),
        machine::domains(),
        helper::domains(),
        information::domains(),
        routine::domains(),
    ];
    let mut specs: Vec<_> = domains.into_iter().flatten().flat_map(table::Domain::into_specs).collect();
    specs.extend(homeassistant::specs());
    specs
}

/// Registers every service of the catalogue. Doing it again changes nothing.
///
/// # Errors
/// [`RegisterError`]; what came before the refused service is registered.
pub fn register(bus: &Bus) -> Result<(), RegisterError> {
    specs().into_iter().try_for_each(|spec| bus.register(spec))
}
